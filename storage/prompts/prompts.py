"""Prompts: what brings a discussion back, from planned to sent, skipped or failed."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.clock import from_milliseconds, to_milliseconds
from bot.core.conversation.events import Message
from bot.core.prompts.local_time import WeeklyTime
from bot.core.prompts.plan import parse_plan, schedule_steps
from bot.core.prompts.policy import PromptKind
from storage.db.writer import Transaction
from storage.replies.record import Changes
from storage.servers import settings as settings_module

__all__ = [
    "Prompt",
    "add",
    "cancel",
    "change",
    "claimed",
    "due",
    "find",
    "has_blocked_nudge",
    "mark_blocked",
    "mark_failed",
    "mark_sent",
    "move",
    "next_due",
    "plan_digest",
    "plan_nudge",
    "plan_steps",
    "skip",
    "wait",
]

_PLAN_NUDGE = """
INSERT INTO prompts (server_id, discussion_id, kind, thread_id, channel_id, content, condition,
    planned_for, late_from, due_at, state)
SELECT server_id, :discussion_id, 'nudge', :id, :id, '', '', at, at, at, 'planned'
FROM (
    SELECT servers.id AS server_id, COALESCE(nudge_hours, 48) AS hours,
           :written_at + 3600000 * COALESCE(nudge_hours, 48) AS at
    FROM servers LEFT JOIN server_settings ON server_settings.server_id = servers.id
    WHERE servers.id = :server_id
) AS nudge
WHERE hours > 0
ON CONFLICT (thread_id) DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt as it stands. Moments are aware, in UTC.

    ``what`` and ``condition`` are as admins write them (bot.core.prompts.plan). ``channel_id``:
    where it goes, None of a step that is not claimed yet. ``local_at``: the wall-clock time that
    was meant. ``queued_since``: since when it waits for its turn in the channel. ``blocked_since``:
    since when somebody has to mend something before it can be sent. ``failures``: attempts that
    failed of themselves.
    """

    id: int
    server_id: int
    discussion_id: int | None
    kind: PromptKind
    thread_id: int | None
    channel_id: int | None
    what: str
    condition: str
    anyway: bool
    planned_for: datetime
    local_at: str | None
    late_from: datetime
    queued_since: datetime
    due_at: datetime
    blocked_since: datetime | None
    failures: int
    state: str
    reason: str | None
    planned_message_id: int | None


_COLUMNS = """
SELECT id, server_id, discussion_id, kind, thread_id, channel_id, content, condition, forced,
       planned_for, local_at, late_from, COALESCE(queued_since, planned_for) AS queued_since,
           due_at,
       blocked_since, failures, state, reason, planned_message_id
FROM prompts
"""
_FIND = _COLUMNS + "WHERE id = :id"
_DUE = (
    _COLUMNS
    + """
WHERE state = 'planned' AND due_at <= :now
ORDER BY due_at, id
LIMIT :most
"""
)


def _prompt(row: sqlite3.Row) -> Prompt:
    return Prompt(
        id=row["id"],
        server_id=row["server_id"],
        discussion_id=row["discussion_id"],
        kind=PromptKind(row["kind"]),
        thread_id=row["thread_id"],
        channel_id=row["channel_id"],
        what=row["content"],
        condition=row["condition"],
        anyway=bool(row["forced"]),
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
        reason=row["reason"],
        planned_message_id=row["planned_message_id"],
    )


async def add(
    tx: Transaction,
    *,
    server_id: int,
    discussion_id: int | None,
    kind: PromptKind,
    at: datetime,
    what: str = "",
    condition: str = "",
    anyway: bool = False,
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
        """,
        {
            "server_id": server_id,
            "discussion_id": discussion_id,
            "kind": kind.value,
            "channel_id": channel_id,
            "content": what,
            "condition": condition,
            "forced": int(anyway),
            "at": to_milliseconds(at),
            "local_at": None if local_at is None else local_at.isoformat(),
        },
    )


async def plan_steps(
    tx: Transaction, *, server_id: int, discussion_id: int, published_at: datetime
) -> None:
    """Plan what the server's plan has for an essay published then."""
    settings = await settings_module.read(tx, server_id)
    steps = parse_plan(settings.plan_text)
    for step, at in zip(steps, schedule_steps(steps, published_at, settings.zone), strict=True):
        local = None
        if isinstance(step.when, WeeklyTime):
            local = datetime.combine(at.astimezone(settings.zone).date(), step.when.at)
        await add(
            tx,
            server_id=server_id,
            discussion_id=discussion_id,
            kind=PromptKind.STEP,
            at=at,
            what=str(step.content),
            condition=str(step.condition),
            local_at=local,
        )


async def plan_digest(tx: Transaction, server_id: int, after: datetime) -> None:
    """Plan the server's next digest later than ``after``, where it wants one and has none."""
    settings = await settings_module.read(tx, server_id)
    planned = await tx.row(
        """
        SELECT 1 FROM prompts
        WHERE server_id = :server_id AND kind = 'digest' AND state = 'planned'
        """,
        {"server_id": server_id},
    )
    if settings.digest is None or planned is not None:
        return
    at = settings.digest.next_after(after, settings.zone)
    await add(
        tx,
        server_id=server_id,
        discussion_id=None,
        kind=PromptKind.DIGEST,
        at=at,
        channel_id=settings.digest_channel,
        local_at=datetime.combine(at.astimezone(settings.zone).date(), settings.digest.at),
    )


def plan_nudge(changes: Changes, message: Message, discussion_id: int) -> None:
    """Plan the one nudge of the thread that a reply opens, unless the server wants no nudges.

    It is due once the thread has been unanswered for as long as the server has set.
    """
    row = {
        "id": message.id,
        "server_id": message.server_id,
        "discussion_id": discussion_id,
        "written_at": to_milliseconds(message.written_at),
    }
    changes.add(_PLAN_NUDGE, row)


async def due(tx: Transaction, now_ms: int, most: int) -> Sequence[Prompt]:
    """The first ``most`` planned prompts that are to be looked at by now, the earliest first."""
    return [_prompt(row) for row in await tx.rows(_DUE, {"now": now_ms, "most": most})]


async def find(tx: Transaction, prompt_id: int) -> Prompt | None:
    """The prompt with this id."""
    row = await tx.row(_FIND, {"id": prompt_id})
    return None if row is None else _prompt(row)


async def claimed(
    tx: Transaction,
    *,
    prompt_id: int,
    planned_message_id: int,
    channel_id: int,
    asked: str,
    now_ms: int,
) -> None:
    """The prompt is planned as a post; that the post is sent makes the prompt sent."""
    await tx.run(
        """
        UPDATE prompts SET state = 'claimed', planned_message_id = :planned_message_id, channel_id
            = :channel_id,
            asked_questions = :asked_questions, decided_at = :now, reason = NULL
        WHERE id = :id AND state = 'planned'
        """,
        {
            "id": prompt_id,
            "planned_message_id": planned_message_id,
            "channel_id": channel_id,
            "asked_questions": asked,
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


async def mark_failed(tx: Transaction, planned_message_id: int, reason: str) -> None:
    """The prompt's message will never be sent, for ``reason``."""
    await tx.run(
        """
        UPDATE prompts SET state = 'failed', reason = :reason
        WHERE planned_message_id = :id AND state = 'claimed'
        """,
        {"id": planned_message_id, "reason": reason},
    )


async def mark_blocked(tx: Transaction, planned_message_id: int, reason: str, now_ms: int) -> None:
    """The prompt's message can't be sent until somebody fixes ``reason``."""
    await tx.run(
        """
        UPDATE prompts SET reason = :reason, blocked_since = COALESCE(blocked_since, :now)
        WHERE planned_message_id = :id AND state = 'claimed'
        """,
        {"id": planned_message_id, "reason": reason, "now": now_ms},
    )


async def has_blocked_nudge(tx: Transaction, server_id: int) -> bool:
    """Whether a nudge of this server still waits until somebody fixes something."""
    row = await tx.row(
        """
        SELECT 1 FROM prompts
        WHERE server_id = :server_id AND kind = 'nudge'
            AND state IN ('planned', 'claimed') AND blocked_since IS NOT NULL
        LIMIT 1
        """,
        {"server_id": server_id},
    )
    return row is not None


async def skip(tx: Transaction, *, prompt_id: int, reason: str, now_ms: int) -> None:
    """The prompt will not be sent, for ``reason``."""
    await tx.run(
        """
        UPDATE prompts SET state = 'skipped', reason = :reason, decided_at = :now
        WHERE id = :id AND state = 'planned'
        """,
        {"id": prompt_id, "reason": reason, "now": now_ms},
    )


async def wait(
    tx: Transaction, *, prompt_id: int, until: datetime, owed: bool, reason: str
) -> None:
    """Look at the prompt again at ``until``; ``owed``: only from then on can it be late."""
    await tx.run(
        """
        UPDATE prompts SET due_at = :until, reason = :reason,
            late_from = CASE WHEN :owed = 1 THEN :until ELSE late_from END
        WHERE id = :id AND state = 'planned'
        """,
        {
            "id": prompt_id,
            # Rounded up: a millisecond early would be looked at in vain.
            "until": to_milliseconds(until) + bool(until.microsecond % 1000),
            "owed": int(owed),
            "reason": reason,
        },
    )


async def change(
    tx: Transaction, prompt: Prompt, *, what: str, condition: str, anyway: bool, now: datetime
) -> bool:
    """Change what a planned prompt says and when it may; False where it is no longer planned.

    It comes when it would have come; only one that waits for its turn need not do so any more
    when an admin asks for it anyway.
    """
    owed, due = prompt.late_from, prompt.due_at
    if anyway and not prompt.anyway and owed == due > prompt.planned_for:
        owed = due = min(due, max(now, prompt.planned_for))
    return bool(
        await tx.run(
            """
            UPDATE prompts SET content = :content, condition = :condition, forced = :forced,
                late_from = :late_from, due_at = :due_at
            WHERE id = :id AND state = 'planned'
            """,
            {
                "id": prompt.id,
                "content": what,
                "condition": condition,
                "forced": int(anyway),
                "late_from": to_milliseconds(owed),
                "due_at": to_milliseconds(due),
            },
        )
    )


async def move(tx: Transaction, prompt: Prompt, *, at: datetime, local_at: datetime | None) -> bool:
    """Plan a planned prompt for another time; False where it is no longer planned."""
    return bool(
        await tx.run(
            """
            UPDATE prompts SET planned_for = :at, late_from = :at, due_at = :at, queued_since =
                NULL,
                local_at = :local_at, reason = NULL
            WHERE id = :id AND state = 'planned'
            """,
            {
                "id": prompt.id,
                "at": to_milliseconds(at),
                "local_at": None if local_at is None else local_at.isoformat(),
            },
        )
    )


async def cancel(tx: Transaction, *, prompt_id: int, by: str, now_ms: int) -> bool:
    """Skip a planned prompt because an admin said so; False where it is no longer planned."""
    return bool(
        await tx.run(
            """
            UPDATE prompts SET state = 'skipped', reason = :reason, decided_at = :now
            WHERE id = :id AND state = 'planned'
            """,
            {"id": prompt_id, "reason": f"cancelled by {by}", "now": now_ms},
        )
    )


async def next_due(tx: Transaction) -> int | None:
    """When the next planned prompt is looked at; None where none is planned."""
    row = await tx.row("SELECT min(due_at) AS due_at FROM prompts WHERE state = 'planned'")
    return None if row is None else row["due_at"]
