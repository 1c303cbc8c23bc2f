"""Removes *Ask the author* from messages of essays of which no author is known any more."""

from __future__ import annotations

from collections.abc import Iterable

from bot.core.layout.discussion_buttons import remove_ask_button
from storage.db.writer import Transaction
from storage.delivery import message_edits, message_payloads
from storage.delivery.message_edits import NewMessageEdit
from storage.essays.authors import get_authors

__all__ = ["remove_ask_buttons"]


async def remove_ask_buttons(
    tx: Transaction, server_id: int, discussion_ids: Iterable[int], now_ms: int
) -> None:
    """Plan the edits of the messages of those discussions whose last author was removed.

    A message that is being sent at this moment keeps the button, which then says that no author is
    known.
    """
    for discussion_id in discussion_ids:
        if not await get_authors(tx, discussion_id):
            await _remove_buttons(tx, server_id, discussion_id, now_ms)


async def _remove_buttons(tx: Transaction, server_id: int, discussion_id: int, now_ms: int) -> None:
    edits = []
    for message in await message_payloads.get_payloads(tx, discussion_id):
        payload = remove_ask_button(message.payload)
        if payload is None:
            continue
        await message_payloads.set_payload(tx, message.id, payload)
        if message.message_id is None:
            continue
        for edit_id, planned in await message_payloads.get_planned_edits(tx, message):
            changed = remove_ask_button(planned)
            if changed is not None:
                await message_edits.set_payload(tx, edit_id, changed)
        body = {"components": payload["components"]}
        edits.append(NewMessageEdit("edit", message.channel_id, message.message_id, body))
    await message_edits.plan(
        tx, server_id=server_id, discussion_id=discussion_id, edits=edits, now_ms=now_ms
    )
