"""Rows of prompts, the scheduled follow-up messages: planned, claimed, sent, skipped or failed."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.clock import from_milliseconds, to_milliseconds
from bot.core.prompts.policy import PromptKind
from bot.core.shards import UNSHARDED, Shards
from bot.core.text.coded_text import CodedText, read_coded
from storage.db.shard_parameters import make_shard_parameters
from storage.db.writer import Row, Transaction

__all__ = [
    "NEXT_DUE",
    "LocalPrompt",
    "Prompt",
    "add",
    "change",
    "claim",
    "find_prompt",
    "get_due",
    "get_local",
    "get_prompts",
    "make_due",
    "make_immediate",
    "mark_blocked",
    "mark_failed",
    "mark_sent",
    "postpone",
    "reschedule",
    "skip",
]

#: When the next planned prompt is to be decided.
NEXT_DUE = """
SELECT min(due_at) FROM prompts
WHERE state = 'planned'
    AND (server_id >> 22) % :shard_count IN (
        SELECT CAST(value AS BIGINT) FROM json_each(:shard_ids)
    )
"""


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt as it is in the archive. Moments are aware, in UTC.

    channel_id:     where it is sent; None for a step that isn't claimed yet
    content, condition: as admins write them (bot.core.prompts.plan)
    forced:         an admin wants it however many prompts the channel has had
    local_at:       the wall-clock time that was meant
    late_from:      its lateness is counted from here
    queued_since:   since when it waits for its turn in the channel
    blocked_since:  since when somebody has to fix something before it can be sent
    failures:       attempts that failed, other than for a missing permission
    """

    id: int
    server_id: int
    discussion_id: int | None
    kind: PromptKind
    thread_id: int | None
    channel_id: int | None
    content: str
    condition: str
    forced: bool
    planned_for: datetime
    local_at: str | None
    late_from: datetime
    queued_since: datetime
    due_at: datetime
    blocked_since: datetime | None
    failures: int
    state: str
    reason: CodedText | None
    planned_message_id: int | None


_COLUMNS = """
SELECT id, server_id, discussion_id, kind, thread_id, channel_id, content, condition, forced,
       planned_for, local_at, late_from, COALESCE(queued_since, planned_for) AS queued_since,
       due_at, blocked_since, failures, state, reason, planned_message_id
FROM prompts
"""
_FIND = _COLUMNS + "WHERE id = :id"
_WITH_IDS = """
WHERE id IN (SELECT CAST(value AS BIGINT) FROM json_each(:ids))
"""
_GET = _COLUMNS + _WITH_IDS
_IN_SHARDS = """
(server_id >> 22) % :shard_count IN (SELECT CAST(value AS BIGINT) FROM json_each(:shard_ids))
"""
_DUE = (
    _COLUMNS
    + "WHERE state = 'planned' AND due_at <= :now AND "
    + _IN_SHARDS
    + "ORDER BY due_at, id LIMIT :most"
)


def _prompt(row: Row) -> Prompt:
    return Prompt(
        id=row["id"],
        server_id=row["server_id"],
        discussion_id=row["discussion_id"],
        kind=PromptKind(row["kind"]),
        thread_id=row["thread_id"],
        channel_id=row["channel_id"],
        content=row["content"],
        condition=row["condition"],
        forced=bool(row["forced"]),
        planned_for=from_milliseconds(row["planned_for"]),
        local_at=row["local_at"],
        late_from=from_milliseconds(row["late_from"]),
        queued_since=from_milliseconds(row["queued_since"]),
        due_at=from_milliseconds(row["due_at"]),
        blocked_since=None
        if row["blocked_since"] is None
        else from_milliseconds(row["blocked_since"]),
        failures=row["failures"],
        state=row["state"],
        reason=read_coded(row["reason"]),
        planned_message_id=row["planned_message_id"],
    )


async def add(
    tx: Transaction,
    *,
    server_id: int,
    discussion_id: int | None,
    kind: PromptKind,
    at: datetime,
    content: str = "",
    condition: str = "",
    forced: bool = False,
    channel_id: int | None = None,
    local_at: datetime | None = None,
) -> int:
    """Plan one prompt for ``at``; its id."""
    return await tx.insert(
        """
        INSERT INTO prompts (server_id, discussion_id, kind, channel_id, content, condition, forced,
            planned_for, local_at, late_from, due_at, state)
        VALUES (:server_id, :discussion_id, :kind, :channel_id, :content, :condition, :forced,
            :at, :local_at, :at, :at, 'planned')
        RETURNING id
        """,
        {
            "server_id": server_id,
            "discussion_id": discussion_id,
            "kind": kind.value,
            "channel_id": channel_id,
            "content": content,
            "condition": condition,
            "forced": int(forced),
            "at": to_milliseconds(at),
            "local_at": None if local_at is None else local_at.isoformat(),
        },
    )


async def get_due(
    tx: Transaction, now_ms: int, most: int, shards: Shards = UNSHARDED
) -> Sequence[Prompt]:
    """The first ``most`` planned prompts of these shards that are due by now, earliest first."""
    parameters = {"now": now_ms, "most": most, **make_shard_parameters(shards)}
    return [_prompt(row) for row in await tx.rows(_DUE, parameters)]


async def find_prompt(tx: Transaction, prompt_id: int) -> Prompt | None:
    """The prompt with this id."""
    row = await tx.row(_FIND, {"id": prompt_id})
    return None if row is None else _prompt(row)


async def get_prompts(tx: Transaction, ids: Sequence[int]) -> list[Prompt]:
    """The prompts with these ids, in their order; not those that don't exist."""
    rows = await tx.rows(_GET, {"ids": json.dumps(ids)}) if ids else []
    found = {row["id"]: _prompt(row) for row in rows}
    return [found[one] for one in ids if one in found]


async def claim(
    tx: Transaction,
    *,
    prompt_id: int,
    planned_message_id: int,
    channel_id: int,
    asked_questions: Collection[str],
    now_ms: int,
) -> None:
    """Note a planned prompt's message; the prompt counts as sent when the message is sent.

    ``asked_questions``: the essay's questions that it asks, as in PromptMaterial.
    """
    await tx.run(
        """
        UPDATE prompts SET state = 'claimed', planned_message_id = :planned_message_id,
            channel_id = :channel_id, asked_questions = :asked_questions, decided_at = :now,
            reason = NULL
        WHERE id = :id AND state = 'planned'
        """,
        {
            "id": prompt_id,
            "planned_message_id": planned_message_id,
            "channel_id": channel_id,
            "asked_questions": " ".join(asked_questions),
            "now": now_ms,
        },
    )


async def mark_sent(tx: Transaction, planned_message_id: int) -> None:
    """The prompt's message was sent, and with it the prompt; after the message's own row."""
    await tx.run(
        """
        UPDATE prompts SET state = 'sent', reason = NULL,
            sent_at = (SELECT sent_at FROM planned_messages WHERE planned_messages.id = :id)
        WHERE planned_message_id = :id AND state = 'claimed'
        """,
        {"id": planned_message_id},
    )


async def mark_failed(tx: Transaction, planned_message_id: int, reason: CodedText) -> None:
    """The prompt's message will never be sent, for ``reason``."""
    await tx.run(
        """
        UPDATE prompts SET state = 'failed', reason = :reason
        WHERE planned_message_id = :id AND state = 'claimed'
        """,
        {"id": planned_message_id, "reason": reason.stored},
    )


async def mark_blocked(
    tx: Transaction, planned_message_id: int, reason: CodedText, now_ms: int
) -> None:
    """The prompt's message can't be sent until somebody fixes ``reason``."""
    await tx.run(
        """
        UPDATE prompts SET reason = :reason, blocked_since = COALESCE(blocked_since, :now)
        WHERE planned_message_id = :id AND state = 'claimed'
        """,
        {"id": planned_message_id, "reason": reason.stored, "now": now_ms},
    )


async def skip(tx: Transaction, *, prompt_id: int, reason: CodedText, now_ms: int) -> bool:
    """Never send a planned prompt, for ``reason``; False if it isn't planned any more."""
    return bool(
        await tx.run(
            """
            UPDATE prompts SET state = 'skipped', reason = :reason, decided_at = :now
            WHERE id = :id AND state = 'planned'
            """,
            {"id": prompt_id, "reason": reason.stored, "now": now_ms},
        )
    )


async def postpone(
    tx: Transaction, *, prompt_id: int, until: datetime, resets_lateness: bool, reason: CodedText
) -> None:
    """Make the prompt due at ``until``; ``resets_lateness``: its lateness counts from then on."""
    await tx.run(
        """
        UPDATE prompts SET due_at = :until, reason = :reason,
            late_from = CASE WHEN :resets_lateness = 1 THEN :until ELSE late_from END
        WHERE id = :id AND state = 'planned'
        """,
        {
            "id": prompt_id,
            # Rounded up: decided a millisecond early, it would only be postponed again.
            "until": to_milliseconds(until) + bool(until.microsecond % 1000),
            "resets_lateness": int(resets_lateness),
            "reason": reason.stored,
        },
    )


async def change(
    tx: Transaction,
    prompt_id: int,
    *,
    content: str,
    condition: str,
    forced: bool,
    late_from: datetime,
    due_at: datetime,
) -> bool:
    """Change a planned prompt; False if it isn't planned any more."""
    return bool(
        await tx.run(
            """
            UPDATE prompts SET content = :content, condition = :condition, forced = :forced,
                late_from = :late_from, due_at = :due_at
            WHERE id = :id AND state = 'planned'
            """,
            {
                "id": prompt_id,
                "content": content,
                "condition": condition,
                "forced": int(forced),
                "late_from": to_milliseconds(late_from),
                "due_at": to_milliseconds(due_at),
            },
        )
    )


async def reschedule(
    tx: Transaction, prompt_id: int, *, at: datetime, local_at: datetime | None
) -> bool:
    """Plan a planned prompt for another time; False if it isn't planned any more."""
    return bool(
        await tx.run(
            """
            UPDATE prompts SET planned_for = :at, late_from = :at, due_at = :at,
                queued_since = NULL, local_at = :local_at, reason = NULL
            WHERE id = :id AND state = 'planned'
            """,
            {
                "id": prompt_id,
                "at": to_milliseconds(at),
                "local_at": None if local_at is None else local_at.isoformat(),
            },
        )
    )


async def make_immediate(tx: Transaction, prompt_id: int, now: datetime) -> bool:
    """Make a planned prompt one that an admin sends at once; False if it isn't planned any more."""
    return bool(
        await tx.run(
            """
            UPDATE prompts SET kind = 'now', planned_for = :now, late_from = :now, due_at = :now,
                queued_since = NULL, local_at = NULL, reason = NULL
            WHERE id = :id AND state = 'planned' AND kind = 'step'
            """,
            {"id": prompt_id, "now": to_milliseconds(now)},
        )
    )


@dataclass(frozen=True, slots=True)
class LocalPrompt:
    """A prompt that is planned for a wall-clock time."""

    id: int
    local_at: datetime


async def get_local(tx: Transaction, server_id: int, after: datetime) -> list[LocalPrompt]:
    """A server's prompts that are planned for a wall-clock time later than ``after``."""
    rows = await tx.rows(
        """
        SELECT id, local_at FROM prompts
        WHERE server_id = :server_id AND state = 'planned' AND local_at IS NOT NULL
            AND planned_for > :after
        """,
        {"server_id": server_id, "after": to_milliseconds(after)},
    )
    return [LocalPrompt(row["id"], datetime.fromisoformat(row["local_at"])) for row in rows]


async def make_due(tx: Transaction, server_id: int, *, reason: CodedText, now: datetime) -> None:
    """Make a server's prompts that wait for ``reason`` due now; lateness counts from now."""
    await tx.run(
        """
        UPDATE prompts SET due_at = :now, late_from = :now
        WHERE server_id = :server_id AND state = 'planned' AND reason = :reason AND due_at > :now
        """,
        {"server_id": server_id, "reason": reason.stored, "now": to_milliseconds(now)},
    )
