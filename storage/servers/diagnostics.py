"""Diagnostics: the work that is pending or has failed, and the channels that are used."""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.text.coded_text import CodedText, read_coded
from storage.db.writer import Transaction

__all__ = [
    "PendingCounts",
    "Problem",
    "UsedChannel",
    "count_pending",
    "get_problems",
    "get_used_channels",
]


@dataclass(frozen=True, slots=True)
class Problem:
    """Work of one kind that failed or is delayed in one channel for one reason.

    ``kind``: 'message', 'prompt', 'thread', 'edit' or 'move' (of a reply). ``reason``: the last
    error, None if none is known.
    """

    kind: str
    failed: bool
    server_id: int
    channel_id: int | None
    count: int
    reason: CodedText | None


@dataclass(frozen=True, slots=True)
class PendingCounts:
    """How many messages, threads and edits are to be made in Discord now, and prompts later."""

    messages: int
    threads: int
    edits: int
    prompts: int


@dataclass(frozen=True, slots=True)
class UsedChannel:
    """A channel, and what it is used for: 'threads', 'thread', 'forum', or 'notices'.

    ``moves``: replies in the channel that belong in a thread are moved there. ``pins``: cards are
    pinned.
    """

    server_id: int
    server_name: str
    channel_id: int
    use: str
    moves: bool
    pins: bool = False


async def get_used_channels(tx: Transaction, server_id: int | None = None) -> list[UsedChannel]:
    """Channels with live or scheduled essays, and those chosen in ``/setup``."""
    rows = await tx.rows(
        """
        SELECT DISTINCT used.server_id, servers.name, used.channel_id, used.use,
               COALESCE(server_settings.channel_replies, 'link') AS channel_replies,
               COALESCE(server_settings.pins_cards, 0) AS pins_cards
        FROM (
            SELECT server_id, channel_id, style AS use FROM discussions
            WHERE state IN ('scheduled', 'publishing', 'open')
            UNION SELECT server_id, channel_id, style FROM server_settings
            WHERE channel_id IS NOT NULL
            UNION SELECT server_id, alerts_channel_id, 'notices' FROM server_settings
            WHERE alerts_channel_id IS NOT NULL
            UNION SELECT server_id, digest_channel_id, 'notices' FROM server_settings
            WHERE digest_channel_id IS NOT NULL
        ) AS used
        JOIN servers ON servers.id = used.server_id
        LEFT JOIN server_settings ON server_settings.server_id = used.server_id
        WHERE CAST(:server_id AS BIGINT) IS NULL OR used.server_id = :server_id
        ORDER BY used.server_id, used.channel_id, used.use
        """,
        {"server_id": server_id},
    )
    return [
        UsedChannel(
            row["server_id"],
            row["name"],
            row["channel_id"],
            row["use"],
            row["channel_replies"] == "move",
            bool(row["pins_cards"]),
        )
        for row in rows
    ]


async def count_pending(tx: Transaction, server_id: int | None = None) -> PendingCounts:
    """How much work is pending, in one server or in all."""
    if server_id is None:
        row = await tx.row(_COUNT_PENDING)
    else:
        row = await tx.row(_COUNT_PENDING_IN_SERVER, {"server_id": server_id})
    assert row is not None
    return PendingCounts(*row)


async def get_problems(
    tx: Transaction, since_ms: int, server_id: int | None = None
) -> list[Problem]:
    """What is delayed by an error, and what failed since ``since_ms``; the most frequent first."""
    rows = await tx.rows(_PROBLEMS, {"server_id": server_id, "since": since_ms})
    return [
        Problem(
            kind=row["kind"],
            failed=bool(row["failed"]),
            server_id=row["server_id"],
            channel_id=row["channel_id"],
            count=row["count"],
            reason=read_coded(row["reason"]),
        )
        for row in rows
    ]


_COUNT_PENDING = """
SELECT
    (SELECT count(*) FROM planned_messages WHERE state IN ('planned', 'claimed')),
    (SELECT count(*) FROM threads WHERE state IN ('planned', 'open')),
    (SELECT count(*) FROM message_edits WHERE state = 'planned'),
    (SELECT count(*)
     FROM servers CROSS JOIN prompts WHERE prompts.server_id = servers.id AND state = 'planned')
"""
# The + keeps the query planner from the index by server: few rows are pending, a server has many.
_COUNT_PENDING_IN_SERVER = """
SELECT
    (SELECT count(*) FROM planned_messages
     WHERE state IN ('planned', 'claimed') AND +server_id = :server_id),
    (SELECT count(*) FROM threads WHERE state IN ('planned', 'open') AND +server_id = :server_id),
    (SELECT count(*) FROM message_edits WHERE state = 'planned' AND +server_id = :server_id),
    (SELECT count(*) FROM prompts WHERE state = 'planned' AND server_id = :server_id)
"""
_PROBLEMS = """
SELECT kind, failed, server_id, channel_id, reason, count(*) AS count FROM (
    SELECT 'message' AS kind, 0 AS failed, server_id, channel_id, last_error AS reason
    FROM planned_messages WHERE state IN ('planned', 'claimed') AND last_error IS NOT NULL
    UNION ALL
    SELECT 'message', 1, server_id, channel_id, COALESCE(last_error, '')
    FROM planned_messages WHERE state = 'failed' AND planned_at > :since
    UNION ALL
    SELECT 'prompt', 0, server_id, channel_id, reason
    FROM prompts WHERE state = 'claimed' AND reason IS NOT NULL
    UNION ALL
    SELECT 'prompt', 1, server_id, channel_id, COALESCE(reason, '')
    FROM prompts WHERE state = 'failed' AND due_at > :since
    UNION ALL
    SELECT 'thread', 0, server_id, channel_id, last_error
    FROM threads WHERE state IN ('planned', 'open') AND last_error IS NOT NULL
    UNION ALL
    SELECT 'thread', 1, server_id, channel_id, COALESCE(last_error, '')
    FROM threads WHERE state = 'failed' AND due_at > :since
    UNION ALL
    SELECT 'edit', 0, server_id, channel_id, last_error
    FROM message_edits WHERE state = 'planned' AND last_error IS NOT NULL
    UNION ALL
    SELECT 'edit', 1, server_id, channel_id, COALESCE(last_error, '')
    FROM message_edits WHERE state = 'failed' AND due_at > :since
    UNION ALL
    -- The first condition is that of the partial index reply_moves_pending.
    SELECT 'move', 0, server_id, channel_id, last_error
    FROM reply_moves
    WHERE (state IN ('planned', 'copying', 'copied', 'deleting') OR stale = 1)
        AND state IN ('planned', 'copying', 'copied', 'deleting') AND last_error IS NOT NULL
    UNION ALL
    SELECT 'move', 1, server_id, channel_id, COALESCE(last_error, '')
    FROM reply_moves WHERE state = 'failed' AND due_at > :since
) AS found
WHERE CAST(:server_id AS BIGINT) IS NULL OR server_id = :server_id
GROUP BY kind, failed, server_id, channel_id, reason
ORDER BY failed DESC, count DESC, server_id, channel_id, kind
"""
