"""What happens once a message is sent, in the transaction that records it.

Its prompt is sent with it, alerts about its channel are cleared, a withdrawn essay's message is
deleted again, parts are linked, a card gets its thread, and with the last message of a publishing
the discussion opens, its prompts are planned, its card gets an index and is pinned, and followers
are told.
"""

from __future__ import annotations

from bot.clock import from_milliseconds, to_milliseconds
from bot.core.conversation.events import Message
from bot.core.conversation.thread_names import make_essay_thread_name
from bot.core.layout.revise import add_part_links
from bot.core.layout.withdraw import make_withdrawn_body
from bot.core.message_link import make_message_link
from bot.core.payload import is_payload_of, make_edit_body
from bot.core.snowflake import get_snowflake_time
from bot.core.text.coded_text import make_coded
from bot.core.text.translate import ENGLISH, use_language
from bot.delivery import alerts, notifications
from bot.languages import get_discussion_language
from bot.prompting import schedule
from bot.publishing.pinned_card import pin_card
from storage.db.writer import Transaction
from storage.delivery import card_indexes, essay_threads, message_edits, messages
from storage.delivery.message_edits import NewMessageEdit
from storage.essays import progress
from storage.prompts import prompts

__all__ = ["own_message", "record_sent"]


async def own_message(tx: Transaction, message: Message, now_ms: int) -> bool:
    """Record a message of our own that was seen in the gateway or the history as sent.

    It is matched by its nonce where Discord gives that, else by its payload, among the claimed
    messages of its channel, the earliest first. False where it is none of these: it was recorded
    before, or it isn't a planned message. ``now_ms``: milliseconds since 1970 UTC.

    The recorder is given this function, for a batch's own transaction.
    """
    for claimed in await messages.get_claimed(tx, message.channel_id, message.id):
        if message.nonce is not None:
            same = message.nonce == claimed.nonce
        else:
            same = is_payload_of(claimed.payload, message.signature)
        if same:
            return await record_sent(
                tx, planned_message_id=claimed.id, message_id=message.id, now_ms=now_ms
            )
    return False


async def record_sent(
    tx: Transaction, *, planned_message_id: int, message_id: int | None, now_ms: int
) -> bool:
    """Record that a planned message is in Discord as ``message_id``, and what follows from it.

    None: it was sent, and deleted before its id was known. Idempotent: the gateway, the answer
    to the call and the history may all report it. False where it was recorded before.
    """
    at = now_ms
    if message_id is not None:
        at = min(to_milliseconds(get_snowflake_time(message_id)), now_ms)
    sent = await messages.mark_sent(
        tx, planned_message_id=planned_message_id, message_id=message_id, at=at, now_ms=now_ms
    )
    if sent is None:
        return False
    await prompts.mark_sent(tx, planned_message_id)
    await alerts.clear_sent(tx, sent)
    if sent.discussion_id is not None and sent.is_essays_own:
        await alerts.clear_essay(tx, sent.server_id, sent.discussion_id)
    if message_id is not None:
        await _remove_withdrawn(tx, planned_message_id, message_id, now_ms)
        await _link_previous_part(tx, planned_message_id, message_id, now_ms)
    await _add_essay_thread(tx, planned_message_id, message_id, now_ms)
    await notifications.follow_up(
        tx, sent, planned_message_id=planned_message_id, message_id=message_id, now_ms=now_ms
    )
    opened = await progress.open_discussion(tx, planned_message_id, now_ms)
    if opened is not None:
        await card_indexes.add(tx, opened.id)
        await schedule.plan_steps(
            tx,
            server_id=opened.server_id,
            discussion_id=opened.id,
            published_at=from_milliseconds(opened.published_at),
        )
        await pin_card(tx, opened.id, now_ms)
        await notifications.tell_followers(tx, opened.id, now_ms)
    return True


async def _remove_withdrawn(
    tx: Transaction, planned_message_id: int, message_id: int, now_ms: int
) -> None:
    """Plan the deletion of a message that got through although its essay was withdrawn."""
    sent = await messages.find_withdrawn(tx, planned_message_id)
    if sent is None:
        return
    edits = [NewMessageEdit("delete", sent.channel_id, message_id)]
    if sent.in_forum:
        # A card is in the forum post that it started, which has its id.
        post_id = message_id if sent.purpose == "card" else sent.channel_id
        if sent.thread_id is not None:
            post_id = sent.thread_id
        language = ENGLISH
        if sent.discussion_id is not None:
            language = await get_discussion_language(tx, sent.server_id, sent.discussion_id)
        with use_language(language):
            body = make_withdrawn_body(sent.purpose, sent.payload)
        edits = [
            NewMessageEdit("delete" if body is None else "edit", post_id, message_id, body),
            NewMessageEdit("lock", post_id),
        ]
    await message_edits.plan(
        tx,
        server_id=sent.server_id,
        discussion_id=sent.discussion_id,
        edits=edits,
        now_ms=now_ms,
    )


async def _link_previous_part(
    tx: Transaction, planned_message_id: int, message_id: int, now_ms: int
) -> None:
    """Plan a link from the part before a new one, which is ``message_id``, to it."""
    part = await messages.find_previous_part(tx, planned_message_id)
    if part is None:
        return
    content = part.payload["content"]
    address = make_message_link(part.server_id, part.next_channel_id, message_id)
    with use_language(await get_discussion_language(tx, part.server_id, part.discussion_id)):
        linked = add_part_links(content, before=None, after=address)
    payload = part.payload | {"content": linked}
    await messages.set_linked_payload(tx, part.planned_message_id, payload, content)
    await message_edits.plan(
        tx,
        server_id=part.server_id,
        discussion_id=part.discussion_id,
        edits=[NewMessageEdit("edit", part.channel_id, part.message_id, make_edit_body(payload))],
        revision=part.revision,
        now_ms=now_ms,
    )


async def _add_essay_thread(
    tx: Transaction, planned_message_id: int, message_id: int | None, now_ms: int
) -> None:
    """With the card of an essay that gets its own thread or forum post, that place is known.

    ``message_id`` None: the card was deleted before its id was known, so there is no such place.
    """
    card = await essay_threads.find_card(tx, planned_message_id)
    if card is None:
        return
    if message_id is None:
        await essay_threads.mark_rest_failed(tx, card.discussion_id, make_coded("card-deleted"))
        return
    with use_language(await get_discussion_language(tx, card.server_id, card.discussion_id)):
        name = make_essay_thread_name(card.title)
    await essay_threads.add(tx, card, message_id, name=name, now_ms=now_ms)
