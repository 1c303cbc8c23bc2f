"""Which of our posts a message is, where nobody but the message itself can tell."""

from __future__ import annotations

import json

from bot.core.conversation.events import Message
from bot.core.payload import get_signature
from storage.db.writer import Transaction
from storage.delivery.messages import sent

__all__ = ["recognise", "recorded_ids"]


async def recognise(tx: Transaction, message: Message, now_ms: int) -> bool:
    """Take a message of our own, seen in gateway or history, for the post it is, if any waits.

    By its nonce where that is told; else by payload, among the posts of that channel that were
    attempted, the earliest first, and never for a message that another post is recorded as.
    """
    rows = await tx.rows(
        """
        SELECT id, payload, nonce FROM planned_messages
        WHERE channel_id = :channel_id AND state IN ('planned', 'claimed')
            AND state = 'claimed' AND after_id < :message_id -- both, so that an index answers
            AND NOT EXISTS (SELECT 1 FROM planned_messages AS other WHERE other.message_id =
                :message_id)
        ORDER BY id
        """,
        {"channel_id": message.channel_id, "message_id": message.id},
    )
    for row in rows:
        if message.nonce is not None:
            same = message.nonce == row["nonce"]
        else:
            same = message.signature == get_signature(json.loads(row["payload"]))
        if same:
            return await sent(
                tx, planned_message_id=row["id"], message_id=message.id, now_ms=now_ms
            )
    return False


async def recorded_ids(tx: Transaction, channel_id: int, after_id: int) -> set[int]:
    """The messages in a channel, after ``after_id``, that some post is recorded as."""
    rows = await tx.rows(
        """
        SELECT message_id
        FROM planned_messages
        WHERE channel_id = :channel_id
        AND message_id > :after_id
        """,
        {"channel_id": channel_id, "after_id": after_id},
    )
    return {row["message_id"] for row in rows}
