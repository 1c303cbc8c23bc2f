"""Temporary messages: planned messages that are deleted after a while.

Times are milliseconds since 1970.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.shards import UNSHARDED, Shards
from storage.db.shard_parameters import make_shard_parameters
from storage.db.writer import Transaction

__all__ = [
    "NEXT_DUE",
    "TemporaryMessage",
    "add",
    "get_due",
    "mark_deleted",
    "postpone",
]

#: When the next message is to be deleted.
NEXT_DUE = """
SELECT min(delete_at)
FROM temporary_messages JOIN planned_messages ON planned_messages.id =
    temporary_messages.planned_message_id
WHERE planned_messages.state IN ('sent', 'failed')
    AND (planned_messages.server_id >> 22) % :shard_count IN (
        SELECT CAST(value AS BIGINT) FROM json_each(:shard_ids)
    )
"""


async def add(tx: Transaction, planned_message_id: int, *, reply_id: int, delete_at: int) -> None:
    """Have a planned message deleted at ``delete_at``. ``reply_id``: the reply it is below."""
    await tx.run(
        """
        INSERT INTO temporary_messages (planned_message_id, reply_id, delete_at)
        VALUES (:planned_message_id, :reply_id, :delete_at)
        """,
        {
            "planned_message_id": planned_message_id,
            "reply_id": reply_id,
            "delete_at": delete_at,
        },
    )


@dataclass(frozen=True, slots=True)
class TemporaryMessage:
    """A message that is due to be deleted. ``message_id`` None: it was never sent."""

    planned_message_id: int
    channel_id: int
    message_id: int | None


async def get_due(
    tx: Transaction, now_ms: int, shards: Shards = UNSHARDED
) -> list[TemporaryMessage]:
    """The messages that are to be deleted now, the earliest first."""
    rows = await tx.rows(
        """
        SELECT planned_messages.id, planned_messages.channel_id, planned_messages.message_id
        FROM temporary_messages JOIN planned_messages ON planned_messages.id =
            temporary_messages.planned_message_id
        WHERE temporary_messages.delete_at <= :now AND planned_messages.state IN ('sent', 'failed')
            AND (planned_messages.server_id >> 22) % :shard_count IN (
                SELECT CAST(value AS BIGINT) FROM json_each(:shard_ids)
            )
        ORDER BY temporary_messages.delete_at
        """,
        {"now": now_ms, **make_shard_parameters(shards)},
    )
    return [TemporaryMessage(row["id"], row["channel_id"], row["message_id"]) for row in rows]


async def mark_deleted(tx: Transaction, planned_message_id: int) -> None:
    """Record that a message was deleted in Discord, and delete its text here.

    Recorded replies to it stay as they are; there can be no more of them.
    """
    await tx.run(
        """
        UPDATE planned_messages SET payload = '{}' WHERE id = :id AND state IN ('sent', 'failed')
        """,
        {"id": planned_message_id},
    )
    await tx.run(
        "DELETE FROM temporary_messages WHERE planned_message_id = :id", {"id": planned_message_id}
    )


async def postpone(tx: Transaction, planned_message_id: int, delete_at: int) -> None:
    """Retry a deletion that failed at ``delete_at``."""
    await tx.run(
        "UPDATE temporary_messages SET delete_at = :at WHERE planned_message_id = :id",
        {"id": planned_message_id, "at": delete_at},
    )
