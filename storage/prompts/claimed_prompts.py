"""Claimed prompts: those that have a planned message which isn't sent yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.core.prompts.policy import PromptKind
from bot.core.text.coded_text import CodedText
from storage.db.writer import Transaction

__all__ = [
    "UNSENT",
    "ClaimedPrompt",
    "UnsentMessage",
    "cancel_message",
    "find_claimed",
    "get_unsent",
    "plan_again",
    "skip_claimed",
    "skip_unsent",
    "stop_sending",
]


@dataclass(frozen=True, slots=True)
class UnsentMessage:
    """The planned message of a claimed prompt.

    planned_at:         in milliseconds
    was_never_created:  it is certain that no attempt has made a message
    """

    planned_message_id: int
    prompt_id: int
    server_id: int
    planned_at: int
    was_never_created: bool


@dataclass(frozen=True, slots=True)
class ClaimedPrompt:
    """A claimed prompt. ``blocked_since``: since when somebody has to fix something, in ms."""

    id: int
    server_id: int
    kind: PromptKind
    blocked_since: int | None


UNSENT = """
SELECT planned_messages.id, planned_messages.planned_at, prompts.id AS prompt_id, prompts.server_id,
       planned_messages.attempts = planned_messages.attempts_without_effect AS was_never_created
FROM planned_messages JOIN prompts ON prompts.planned_message_id = planned_messages.id
WHERE planned_messages.state IN ('planned', 'claimed') AND planned_messages.due_at <= :now
    AND COALESCE(planned_messages.expires_at, :now) >= :now AND prompts.state = 'claimed'
"""


async def get_unsent(tx: Transaction, now_ms: int) -> Sequence[UnsentMessage]:
    """The messages of claimed prompts that are due to be sent (again) and haven't expired."""
    return [
        UnsentMessage(
            row["id"],
            row["prompt_id"],
            row["server_id"],
            row["planned_at"],
            bool(row["was_never_created"]),
        )
        for row in await tx.rows(UNSENT, {"now": now_ms})
    ]


async def find_claimed(tx: Transaction, planned_message_id: int) -> ClaimedPrompt | None:
    """The claimed prompt that has this message; None if it was skipped meanwhile."""
    row = await tx.row(
        """
        SELECT id, server_id, kind, blocked_since FROM prompts
        WHERE planned_message_id = :id AND state = 'claimed'
        """,
        {"id": planned_message_id},
    )
    if row is None:
        return None
    return ClaimedPrompt(row["id"], row["server_id"], PromptKind(row["kind"]), row["blocked_since"])


async def stop_sending(tx: Transaction, planned_message_id: int, now_ms: int) -> None:
    """Let a message expire: from now on it is only looked for."""
    await tx.run(
        "UPDATE planned_messages SET expires_at = :before WHERE id = :id",
        {"id": planned_message_id, "before": now_ms - 1},
    )


async def cancel_message(tx: Transaction, planned_message_id: int, last_error: CodedText) -> None:
    """Give up a message whose prompt is no longer claimed; it keeps an error that it has."""
    await tx.run(
        """
        UPDATE planned_messages SET state = 'failed',
            last_error = COALESCE(last_error, :last_error)
        WHERE id = :id AND state IN ('planned', 'claimed')
        """,
        {"id": planned_message_id, "last_error": last_error.stored},
    )


async def plan_again(
    tx: Transaction,
    prompt_id: int,
    planned_message_id: int,
    *,
    due_at: int,
    reason: CodedText | None,
    blocked_since: int | None,
) -> None:
    """Delete a claimed prompt's message and plan the prompt again; moments in milliseconds.

    The failed attempts are kept. While it is blocked, time doesn't make it late.
    """
    await tx.run(
        """
        UPDATE prompts SET state = 'planned', planned_message_id = NULL, asked_questions = '',
            decided_at = NULL,
            channel_id = CASE WHEN kind IN ('step', 'now') THEN NULL ELSE channel_id END,
            failures = (SELECT failures FROM planned_messages
                        WHERE planned_messages.id = :planned_message_id),
            due_at = :at, reason = :reason, blocked_since = :since,
            late_from = CASE WHEN CAST(:since AS BIGINT) IS NULL OR kind = 'now'
                THEN late_from ELSE :at END,
            queued_since = CASE WHEN CAST(:since AS BIGINT) IS NULL THEN queued_since ELSE :at END
        WHERE id = :id
        """,
        {
            "id": prompt_id,
            "planned_message_id": planned_message_id,
            "at": due_at,
            "reason": None if reason is None else reason.stored,
            "since": blocked_since,
        },
    )
    await _delete_message(tx, planned_message_id)


async def skip_claimed(
    tx: Transaction, prompt_id: int, planned_message_id: int, *, reason: CodedText, at_ms: int
) -> None:
    """Delete a claimed prompt's message and skip the prompt."""
    await tx.run(
        """
        UPDATE prompts SET state = 'skipped', planned_message_id = NULL, decided_at = :at,
            reason = :reason
        WHERE id = :id
        """,
        {"id": prompt_id, "at": at_ms, "reason": reason.stored},
    )
    await _delete_message(tx, planned_message_id)


async def skip_unsent(tx: Transaction, discussion_id: int, *, reason: CodedText) -> None:
    """Skip the prompts of a discussion whose message was planned and not attempted yet."""
    await tx.run(
        """
        UPDATE prompts SET state = 'skipped', reason = :reason
        WHERE state = 'claimed' AND planned_message_id IN (
            SELECT id FROM planned_messages WHERE discussion_id = :id AND state = 'planned'
        )
        """,
        {"id": discussion_id, "reason": reason.stored},
    )


async def _delete_message(tx: Transaction, planned_message_id: int) -> None:
    await tx.run("DELETE FROM planned_messages WHERE id = :id", {"id": planned_message_id})
