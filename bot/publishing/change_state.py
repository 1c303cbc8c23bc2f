"""Closing, reopening and withdrawing a discussion: the rows that change, and the planned edits."""

from __future__ import annotations

from collections.abc import Sequence

from bot.core.conversation.styles import FORUM, THREADS
from bot.core.layout.withdraw import make_withdrawn_body
from bot.core.text.coded_text import make_coded
from bot.core.text.translate import use_language
from bot.languages import get_discussion_language
from bot.publishing.pinned_card import pin_card, unpin_card
from storage.db.writer import Transaction
from storage.delivery import alerts, message_edits, messages, notifications, threads
from storage.delivery.message_edits import NewMessageEdit
from storage.delivery.messages import PostedMessage
from storage.essays import discussions, posted_essays
from storage.prompts import claimed_prompts

__all__ = ["change_state", "plan_withdrawal", "withdraw"]

_SKIPPED_PROMPT = make_coded("discussion-withdrawn")
_UNSENT = make_coded("essay-withdrawn")


async def change_state(
    tx: Transaction, discussion_id: int, *, before: str, after: str, now_ms: int
) -> int | None:
    """Close an open discussion, or open a closed one; its server, or None if it isn't ``before``.

    The essay's own thread or forum post, if it has one, is locked or unlocked; its card is unpinned
    or pinned, if the server pins cards.
    """
    changed = await discussions.change_state(tx, discussion_id, before=before, after=after)
    if changed is None:
        return None
    if after == "open":
        # Members were informed once that it is closed; they are again when it closes again.
        await alerts.clear(tx, changed.server_id, alerts.make_closed_key(discussion_id))
        await pin_card(tx, discussion_id, now_ms)
    else:
        await unpin_card(tx, discussion_id, now_ms)
    if changed.style != THREADS and changed.thread_id is not None:
        kind = "lock" if after == "closed" else "unlock"
        await message_edits.plan(
            tx,
            server_id=changed.server_id,
            discussion_id=discussion_id,
            edits=[NewMessageEdit(kind, changed.thread_id)],
            now_ms=now_ms,
        )
    return changed.server_id


async def withdraw(tx: Transaction, discussion_id: int, now_ms: int) -> int | None:
    """Withdraw an essay; its server, or None if it was neither publishing, open nor closed.

    What isn't sent yet is cancelled; for the rest see :func:`plan_withdrawal`.
    """
    withdrawn = await discussions.mark_withdrawn(tx, discussion_id)
    if withdrawn is None:
        return None
    await posted_essays.erase_withdrawn(tx, discussion_id, now_ms)
    await claimed_prompts.skip_unsent(tx, discussion_id, reason=_SKIPPED_PROMPT)
    await messages.cancel_unsent(tx, discussion_id, last_error=_UNSENT)
    # A planned thread may exist: Discord may have opened it without its response reaching the bot.
    thread_ids = await threads.get_possibly_open(tx, discussion_id)
    await threads.cancel_unopened(tx, discussion_id, last_error=_UNSENT)
    posted = await messages.get_posted(tx, discussion_id)
    unpublished = await notifications.cancel_crosspost(tx, discussion_id)
    with use_language(await get_discussion_language(tx, withdrawn.server_id, discussion_id)):
        edits = plan_withdrawal(withdrawn.style, posted, thread_ids, keeps_news=not unpublished)
    await message_edits.plan(
        tx,
        server_id=withdrawn.server_id,
        discussion_id=discussion_id,
        edits=edits,
        now_ms=now_ms,
    )
    return withdrawn.server_id


def plan_withdrawal(
    style: str,
    posted: Sequence[PostedMessage],
    thread_ids: Sequence[int],
    *,
    keeps_news: bool = False,
) -> list[NewMessageEdit]:
    """The edits that withdraw an essay: delete the bot's messages and lock the threads.

    Members' messages stay. In a forum post the bot's messages are emptied instead, because it would
    lose its first message; so is what was published to followers, whose copies follow the edit.
    """
    locks = [NewMessageEdit("lock", thread_id) for thread_id in thread_ids]
    if style == FORUM:
        # Lock it at once, and again after the edits, which unarchive it.
        return [*locks, *(_empty(message) for message in posted), *locks]
    deletions = [
        _empty(message)
        if keeps_news and message.purpose == "announcement"
        else NewMessageEdit("delete", message.channel_id, message.message_id)
        for message in posted
    ]
    return deletions + locks


def _empty(message: PostedMessage) -> NewMessageEdit:
    body = make_withdrawn_body(message.purpose, message.payload)
    return NewMessageEdit(
        "delete" if body is None else "edit", message.channel_id, message.message_id, body
    )
