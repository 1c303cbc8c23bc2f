"""Payloads of planned messages, for changes of their buttons and words."""

from __future__ import annotations

import json
from dataclasses import dataclass

from bot.core.payload import Payload
from storage.db.writer import Transaction

__all__ = ["MessagePayload", "get_payloads", "get_planned_edits", "set_payload"]


@dataclass(frozen=True, slots=True)
class MessagePayload:
    """A planned message. ``message_id``: None if it isn't sent yet."""

    id: int
    channel_id: int
    message_id: int | None
    payload: Payload


async def get_payloads(tx: Transaction, discussion_id: int) -> list[MessagePayload]:
    """The messages that have buttons, sent or never attempted; not those that were deleted."""
    rows = await tx.rows(
        """
        SELECT id, channel_id, message_id, payload FROM planned_messages
        WHERE discussion_id = :id AND purpose IN ('closing', 'prompt') AND deleted_at IS NULL
            AND (message_id IS NOT NULL OR (state IN ('draft', 'planned') AND attempts = 0))
        ORDER BY id
        """,
        {"id": discussion_id},
    )
    return [
        MessagePayload(row["id"], row["channel_id"], row["message_id"], json.loads(row["payload"]))
        for row in rows
    ]


async def set_payload(tx: Transaction, planned_message_id: int, payload: Payload) -> None:
    """Save a message's new payload. To change a sent message in Discord, plan an edit, too."""
    await tx.run(
        "UPDATE planned_messages SET payload = :payload WHERE id = :id",
        {"id": planned_message_id, "payload": json.dumps(payload, ensure_ascii=False)},
    )


async def get_planned_edits(tx: Transaction, message: MessagePayload) -> list[tuple[int, Payload]]:
    """Id and payload of the edits of a message that aren't made yet."""
    rows = await tx.rows(
        """
        SELECT id, payload FROM message_edits
        WHERE channel_id = :channel_id AND message_id = :message_id AND state = 'planned'
            AND kind = 'edit' AND payload IS NOT NULL
        """,
        {"channel_id": message.channel_id, "message_id": message.message_id},
    )
    return [(row["id"], json.loads(row["payload"])) for row in rows]
