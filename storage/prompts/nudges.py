"""Nudges: the one prompt of each thread whose first message nobody answered."""

from __future__ import annotations

from bot.clock import to_milliseconds
from bot.core.conversation.events import Message
from bot.core.text.coded_text import CodedText
from storage.db.writer import Transaction
from storage.replies.reply_changes import Changes
from storage.servers.settings import DEFAULT_NUDGE_HOURS

__all__ = ["has_blocked", "move_planned", "plan", "plan_skipped", "skip_planned"]

_PLAN = """
INSERT INTO prompts (server_id, discussion_id, kind, thread_id, channel_id, content, condition,
    planned_for, late_from, due_at, state)
SELECT server_id, :discussion_id, 'nudge', :id, :id, '', '', at, at, at, 'planned'
FROM (
    SELECT servers.id AS server_id, COALESCE(nudge_hours, :default) AS hours,
           :written_at + 3600000 * COALESCE(nudge_hours, :default) AS at
    FROM servers LEFT JOIN server_settings ON server_settings.server_id = servers.id
    WHERE servers.id = :server_id
) AS nudge
WHERE hours > 0
ON CONFLICT (thread_id) DO NOTHING
"""


def plan(changes: Changes, message: Message, discussion_id: int) -> None:
    """Plan the nudge of the thread that a reply opens, unless the server wants no nudges.

    It is due once the thread has been unanswered for as long as the server has set.
    """
    row = {
        "id": message.id,
        "server_id": message.server_id,
        "discussion_id": discussion_id,
        "written_at": to_milliseconds(message.written_at),
        "default": DEFAULT_NUDGE_HOURS,
    }
    changes.add(_PLAN, row)


async def has_blocked(tx: Transaction, server_id: int) -> bool:
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


async def skip_planned(tx: Transaction, server_id: int, *, reason: CodedText, now_ms: int) -> None:
    """Skip the planned nudges of a server."""
    await tx.run(
        """
        UPDATE prompts SET state = 'skipped', reason = :reason, decided_at = :now
        WHERE server_id = :server_id AND kind = 'nudge' AND state = 'planned'
        """,
        {"server_id": server_id, "reason": reason.stored, "now": now_ms},
    )


async def plan_skipped(
    tx: Transaction, server_id: int, *, reason: CodedText, after_ms: int, now_ms: int
) -> None:
    """Plan nudges again that were skipped for ``reason`` and are due later than now.

    They are due ``after_ms`` after the first message of their thread.
    """
    await tx.run(
        """
        UPDATE prompts SET state = 'planned', reason = NULL, decided_at = NULL
        WHERE server_id = :server_id AND kind = 'nudge' AND state = 'skipped' AND reason = :reason
            AND (SELECT written_at FROM replies WHERE id = prompts.thread_id) + :after > :now
        """,
        {"server_id": server_id, "reason": reason.stored, "after": after_ms, "now": now_ms},
    )


async def move_planned(tx: Transaction, server_id: int, *, after_ms: int, now_ms: int) -> None:
    """Make planned nudges due ``after_ms`` after their thread's first message, but not before now.

    Except those that somebody has to fix something for.
    """
    await tx.run(
        """
        UPDATE prompts SET planned_for = at, late_from = at, due_at = at
        FROM (
            SELECT id AS head,
                   CASE WHEN written_at + :after > :now THEN written_at + :after ELSE :now END AS at
            FROM replies WHERE server_id = :server_id
        ) AS heads
        WHERE heads.head = prompts.thread_id AND prompts.server_id = :server_id
            AND kind = 'nudge' AND state = 'planned' AND blocked_since IS NULL
        """,
        {"server_id": server_id, "after": after_ms, "now": now_ms},
    )
