"""What follows once an essay is posted: its card is pinned, and a channel's followers are told.

docs: Message Resource › Pin Message, Crosspost Message.
"""

from __future__ import annotations

from bot.core.layout.announcement import make_announcement
from bot.core.layout.card import remove_ping
from bot.core.message_link import make_message_link
from bot.publishing.pinned_card import pin_card
from storage.db.writer import Transaction
from storage.delivery import message_edits, messages, notifications
from storage.delivery.message_edits import NewMessageEdit
from storage.delivery.messages import NewMessage, SentMessage

__all__ = ["follow_up", "tell_followers"]


async def follow_up(
    tx: Transaction,
    sent: SentMessage,
    *,
    planned_message_id: int,
    message_id: int | None,
    now_ms: int,
) -> None:
    """Plan what follows a message that was just sent.

    A card that mentions a role doesn't mention it again when it is edited or posted again. The card
    of an open discussion, which was posted again, is pinned. What announces an essay is published
    to the channel's followers.
    """
    if sent.discussion_id is None or message_id is None:
        return
    if sent.purpose == "card":
        pinging = await notifications.find_pinged_card(tx, planned_message_id)
        if pinging is not None:
            await notifications.set_card_payload(tx, planned_message_id, remove_ping(pinging))
        await pin_card(tx, sent.discussion_id, now_ms)
    elif sent.purpose == "announcement" and not await _is_withdrawn(tx, sent.discussion_id):
        await message_edits.plan(
            tx,
            server_id=sent.server_id,
            discussion_id=sent.discussion_id,
            edits=[NewMessageEdit("crosspost", sent.channel_id, message_id)],
            now_ms=now_ms,
        )


async def _is_withdrawn(tx: Transaction, discussion_id: int) -> bool:
    return await notifications.get_state(tx, discussion_id) == "withdrawn"


async def tell_followers(tx: Transaction, discussion_id: int, now_ms: int) -> None:
    """Plan the message that announces an essay to the followers of its channel, if they are told.

    It is a message of its own, since published copies lose a card's components.
    """
    news = await notifications.find_news(tx, discussion_id)
    if news is None:
        return
    card = news.card
    credit = news.byline or news.author or ""
    if news.byline and news.author and news.author not in news.byline:
        credit = f"{news.byline} · {news.author}"
    link = make_message_link(card.server_id, card.channel_id, card.message_id)
    payload = make_announcement(news.title, credit, link)
    await messages.plan(
        tx,
        server_id=card.server_id,
        discussion_id=discussion_id,
        channel_id=card.channel_id,
        after_id=await messages.get_newest_id(tx, card.channel_id, discussion_id),
        messages=[NewMessage("announcement", payload)],
        now_ms=now_ms,
    )
