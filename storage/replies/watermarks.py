"""Watermarks: up to which message the record of each watched channel or thread is complete."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from storage.db.writer import Row, Transaction

__all__ = [
    "WatchedChannel",
    "get_expected_messages",
    "get_posted_channels",
    "get_servers",
    "get_watched",
    "get_watched_by_server",
    "is_recorded",
    "mark_verified",
    "move_watermark",
]


@dataclass(frozen=True, slots=True)
class WatchedChannel:
    """A channel or thread whose messages are recorded.

    message_id:   the record is complete up to this message
    parent_id:    the channel of a thread; a channel's own id
    first_id:     nothing of a discussion is at or before this id
    verified_at:  when the record last was known to be complete and current, in milliseconds
    """

    channel_id: int
    parent_id: int
    server_id: int
    message_id: int
    first_id: int
    verified_at: int

    @property
    def is_thread(self) -> bool:
        """Whether it is a thread."""
        return self.channel_id != self.parent_id


_WATCHED = """
SELECT watermarks.channel_id, watermarks.server_id, watermarks.message_id,
       watermarks.verified_at,
       COALESCE(threads.channel_id, replies.channel_id, heads.channel_id,
           watermarks.channel_id) AS parent_id,
       CASE WHEN COALESCE(threads.channel_id, replies.channel_id, heads.channel_id,
           watermarks.channel_id) = watermarks.channel_id THEN 0 ELSE 1 END AS is_thread,
       CASE WHEN COALESCE(threads.id, replies.id, heads.id) IS NULL THEN COALESCE(
           (SELECT min(after_id) FROM planned_messages
            JOIN discussions ON discussions.id = planned_messages.discussion_id
            WHERE discussions.channel_id = watermarks.channel_id
                AND planned_messages.channel_id = watermarks.channel_id),
           watermarks.message_id
       ) ELSE watermarks.channel_id END AS first_id
FROM watermarks
LEFT JOIN threads ON threads.id = watermarks.channel_id
-- A thread has the id of the message it was opened on.
LEFT JOIN replies ON replies.id = watermarks.channel_id
LEFT JOIN planned_messages AS heads ON heads.message_id = watermarks.channel_id
"""
_ORDER = "ORDER BY is_thread, watermarks.channel_id"
_ALL_WATCHED = _WATCHED + _ORDER
_OF_SERVERS = """
WHERE watermarks.server_id IN (SELECT CAST(value AS BIGINT) FROM json_each(:server_ids))
"""
_WATCHED_BY_SERVER = _WATCHED + _OF_SERVERS + _ORDER
_WATCHED_CHANNEL = _WATCHED + "WHERE watermarks.channel_id = :channel_id"


async def get_watched(tx: Transaction, *, channel_id: int | None = None) -> list[WatchedChannel]:
    """Every watched channel and thread, or one of them; channels come first."""
    if channel_id is not None:
        rows = await tx.rows(_WATCHED_CHANNEL, {"channel_id": channel_id})
    else:
        rows = await tx.rows(_ALL_WATCHED)
    return [_make_watched(row) for row in rows]


async def get_watched_by_server(
    tx: Transaction, server_ids: Iterable[int]
) -> dict[int, list[WatchedChannel]]:
    """The watched channels and threads of servers, by server; of each, channels come first."""
    ids = json.dumps([str(server_id) for server_id in server_ids])
    watched: dict[int, list[WatchedChannel]] = {}
    for row in await tx.rows(_WATCHED_BY_SERVER, {"server_ids": ids}):
        watched.setdefault(row["server_id"], []).append(_make_watched(row))
    return watched


def _make_watched(row: Row) -> WatchedChannel:
    return WatchedChannel(
        channel_id=row["channel_id"],
        parent_id=row["parent_id"],
        server_id=row["server_id"],
        message_id=row["message_id"],
        first_id=row["first_id"],
        verified_at=row["verified_at"],
    )


async def get_servers(tx: Transaction) -> dict[int, int]:
    """The server of every watched channel and thread."""
    rows = await tx.rows("SELECT channel_id, server_id FROM watermarks")
    return {row["channel_id"]: row["server_id"] for row in rows}


async def get_posted_channels(tx: Transaction) -> set[int]:
    """The channels of discussions, and those in which a message was planned; not threads."""
    # Each channel is searched for in the index after the one before it: there are few, each with
    # many messages.
    rows = await tx.rows("""
        SELECT id FROM (
            WITH RECURSIVE posted (id) AS (
                SELECT min(channel_id) FROM planned_messages
                UNION ALL
                SELECT (SELECT min(channel_id) FROM planned_messages WHERE channel_id > posted.id)
                FROM posted WHERE posted.id IS NOT NULL
            ),
            hosting (id) AS (
                SELECT min(channel_id) FROM discussions
                UNION ALL
                SELECT (SELECT min(channel_id) FROM discussions WHERE channel_id > hosting.id)
                FROM hosting WHERE hosting.id IS NOT NULL
            )
            SELECT id FROM posted
            WHERE id IS NOT NULL
                -- A thread has the id of the message it was opened on.
                AND NOT EXISTS (SELECT 1 FROM replies WHERE replies.id = posted.id)
                AND NOT EXISTS (SELECT 1 FROM planned_messages WHERE message_id = posted.id)
            UNION SELECT id FROM hosting WHERE id IS NOT NULL
        ) AS channels
        """)
    return {row["id"] for row in rows}


async def get_expected_messages(
    tx: Transaction, server_id: int, after_id: int
) -> dict[int, list[int]]:
    """By channel, the messages that should be there, in order.

    Replies newer than ``after_id`` (a reply that was moved is there as its copy), and all messages
    of essays that are open or closed.
    """
    found: dict[int, list[int]] = defaultdict(list)
    for row in await tx.rows(
        """
        SELECT COALESCE(reply_moves.copy_id, replies.id) AS id,
               CASE WHEN reply_moves.copy_id IS NULL THEN replies.channel_id
                    ELSE reply_moves.thread_id END AS channel_id
        FROM replies LEFT JOIN reply_moves ON reply_moves.reply_id = replies.id
        WHERE replies.id > :after_id AND replies.server_id = :server_id
            AND replies.deleted_at IS NULL
        UNION ALL
        SELECT reply_moves.copy_id, reply_moves.thread_id
        FROM reply_moves JOIN replies ON replies.id = reply_moves.reply_id
        WHERE reply_moves.copy_id > :after_id AND replies.id <= :after_id
            AND replies.server_id = :server_id AND replies.deleted_at IS NULL
        UNION ALL
        SELECT planned_messages.message_id, planned_messages.channel_id
        FROM planned_messages JOIN discussions ON discussions.id = planned_messages.discussion_id
        WHERE planned_messages.server_id = :server_id AND purpose IN ('card', 'part', 'closing')
            AND message_id IS NOT NULL AND planned_messages.deleted_at IS NULL
            AND discussions.state IN ('publishing', 'open', 'closed')
        """,
        {"server_id": server_id, "after_id": after_id},
    ):
        found[row["channel_id"]].append(row["id"])
    for ids in found.values():
        ids.sort()
    return found


async def is_recorded(tx: Transaction, message_id: int) -> bool:
    """Whether a message is a recorded reply, or the copy of one."""
    row = await tx.row(
        """
        SELECT 1 FROM replies WHERE id = :id
        UNION ALL SELECT 1 FROM reply_moves WHERE copy_id = :id
        """,
        {"id": message_id},
    )
    return row is not None


async def move_watermark(tx: Transaction, channel_id: int, message_id: int) -> None:
    """The channel's record is complete up to ``message_id``; a watermark never moves back."""
    await tx.run(
        """
        UPDATE watermarks SET message_id = :message_id
        WHERE channel_id = :channel_id AND message_id < :message_id
        """,
        {"channel_id": channel_id, "message_id": message_id},
    )


async def mark_verified(tx: Transaction, channel_ids: Collection[int], now_ms: int) -> None:
    """The record of these channels and threads was complete and current at ``now_ms``."""
    await tx.run(
        """
        UPDATE watermarks SET verified_at = :now
        WHERE verified_at < :now
            AND channel_id IN (SELECT CAST(value AS BIGINT) FROM json_each(:ids))
        """,
        {"now": now_ms, "ids": json.dumps(sorted(channel_ids))},
    )
