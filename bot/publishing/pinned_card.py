"""Pinning the card of a discussion while it is open (docs: Message Resource › Pin Message)."""

from __future__ import annotations

from storage.db.writer import Transaction
from storage.delivery import message_edits, notifications
from storage.delivery.message_edits import NewMessageEdit
from storage.delivery.notifications import PostedCard

__all__ = ["pin_card", "unpin_card"]


async def pin_card(tx: Transaction, discussion_id: int, now_ms: int) -> None:
    """Plan that the card of an open discussion is pinned, if the server's settings say so."""
    card = await notifications.find_card_to_pin(tx, discussion_id)
    if card is not None:
        await _plan(tx, "pin", card, now_ms)


async def unpin_card(tx: Transaction, discussion_id: int, now_ms: int) -> None:
    """Plan that the card of a discussion is unpinned, if the bot pinned it."""
    card = await notifications.find_pinned_card(tx, discussion_id)
    if card is not None:
        await _plan(tx, "unpin", card, now_ms)


async def _plan(tx: Transaction, kind: str, card: PostedCard, now_ms: int) -> None:
    await notifications.set_pinned(tx, card.discussion_id, pinned=kind == "pin")
    await message_edits.plan(
        tx,
        server_id=card.server_id,
        discussion_id=card.discussion_id,
        edits=[NewMessageEdit(kind, card.channel_id, card.message_id)],
        now_ms=now_ms,
    )
