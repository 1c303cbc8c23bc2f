"""Links between the parts of an essay between which other messages stand."""

from __future__ import annotations

import json

from bot.core.layout.revise import add_part_links
from bot.core.message_link import make_message_link
from bot.core.payload import make_edit_body
from storage.db.writer import Transaction
from storage.delivery import message_edits
from storage.delivery.message_edits import NewErrand

__all__ = ["link"]


async def link(tx: Transaction, planned_message_id: int, message_id: int, now_ms: int) -> None:
    """Owe the part before a new one, which now stands as ``message_id``, a link to it."""
    row = await tx.row(
        """
        SELECT before.id, before.channel_id, before.message_id, before.payload,
               planned_messages.server_id, planned_messages.discussion_id,
                   planned_messages.revision, planned_messages.channel_id AS place
        FROM planned_messages
        JOIN planned_messages AS before ON before.id = planned_messages.previous_part_id
        JOIN discussions ON discussions.id = planned_messages.discussion_id
        WHERE planned_messages.id = :id AND before.deleted_at IS NULL AND before.message_id IS NOT
            NULL
            AND discussions.state IN ('open', 'closed')
        """,
        {"id": planned_message_id},
    )
    if row is None:
        return
    payload = json.loads(row["payload"])
    address = make_message_link(row["server_id"], row["place"], message_id)
    payload["content"] = add_part_links(payload["content"], before=None, after=address)
    await tx.run(
        """
        UPDATE planned_messages
        SET payload = :payload,
            content_without_links = COALESCE(content_without_links, :content_without_links)
        WHERE id = :id
        """,
        {
            "id": row["id"],
            "payload": json.dumps(payload, ensure_ascii=False),
            "content_without_links": json.loads(row["payload"])["content"],
        },
    )
    await message_edits.plan(
        tx,
        server_id=row["server_id"],
        discussion_id=row["discussion_id"],
        errands=[NewErrand("edit", row["channel_id"], row["message_id"], make_edit_body(payload))],
        revision=row["revision"],
        now_ms=now_ms,
    )
