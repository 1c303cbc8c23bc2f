"""What the bot remarks in a discussion by itself: once, or for a while."""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.payload import Payload, make_plain_message
from storage.db.writer import Transaction
from storage.delivery import messages

__all__ = ["TemporaryMessage", "get_due", "get_next_due", "mark_deleted", "point", "postpone"]

#: Milliseconds for which a line that points into a thread stands.
_POINTS_FOR = 10 * 60_000


async def point(
    tx: Transaction,
    server_id: int,
    *,
    discussion_id: int,
    channel_id: int,
    reply_id: int,
    thread_id: int,
    now_ms: int,
) -> None:
    """Plan the line under a reply in the channel that points into the thread it belongs to."""
    payload: Payload = make_plain_message(f"-# This talk goes on in <#{thread_id}>.", silent=True)
    payload["message_reference"] = {"message_id": str(reply_id), "fail_if_not_exists": False}
    (planned_message_id,) = await messages.plan(
        tx,
        server_id=server_id,
        discussion_id=discussion_id,
        channel_id=channel_id,
        after_id=reply_id,
        messages=[messages.NewMessage("notice", payload)],
        now_ms=now_ms,
    )
    await tx.run(
        """
        INSERT INTO temporary_messages (planned_message_id, reply_id, delete_at)
        VALUES (:planned_message_id, :reply_id, :delete_at)
        """,
        {
            "planned_message_id": planned_message_id,
            "reply_id": reply_id,
            "delete_at": now_ms + _POINTS_FOR,
        },
    )


@dataclass(frozen=True, slots=True)
class TemporaryMessage:
    """A message whose time is over. ``message_id`` None: it was never sent."""

    planned_message_id: int
    channel_id: int
    message_id: int | None


async def get_due(tx: Transaction, now_ms: int) -> list[TemporaryMessage]:
    """The messages that are to be deleted now, the earliest first."""
    rows = await tx.rows(
        """
        SELECT planned_messages.id, planned_messages.channel_id, planned_messages.message_id
        FROM temporary_messages JOIN planned_messages ON planned_messages.id =
            temporary_messages.planned_message_id
        WHERE temporary_messages.delete_at <= :now AND planned_messages.state IN ('sent', 'failed')
        ORDER BY temporary_messages.delete_at
        """,
        {"now": now_ms},
    )
    return [TemporaryMessage(row["id"], row["channel_id"], row["message_id"]) for row in rows]


async def mark_deleted(tx: Transaction, planned_message_id: int) -> None:
    """The remark does not stand any more.

    What replied to it is kept as it was recorded; later replies to it cannot come. What it said
    is not kept either.
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


async def get_next_due(tx: Transaction) -> int | None:
    """When there next is a remark to take away."""
    row = await tx.row(
        """
        SELECT min(delete_at) AS delete_at
        FROM temporary_messages JOIN planned_messages ON planned_messages.id =
            temporary_messages.planned_message_id
        WHERE planned_messages.state IN ('sent', 'failed')
        """
    )
    return None if row is None else row["delete_at"]


async def postpone(tx: Transaction, planned_message_id: int, delete_at: int) -> None:
    """It could not be taken away; try again at ``remove_at``."""
    await tx.run(
        "UPDATE temporary_messages SET delete_at = :at WHERE planned_message_id = :id",
        {"id": planned_message_id, "at": delete_at},
    )
