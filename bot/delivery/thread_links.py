"""Links to threads: below a reply in the channel, for ten minutes, a line that links its thread."""

from __future__ import annotations

from bot.core.payload import Payload, make_plain_message
from bot.core.shards import UNSHARDED, Shards
from bot.core.text.translate import gettext as _
from bot.core.text.translate import use_language
from bot.languages import get_discussion_language
from storage.db.writer import Transaction
from storage.delivery import messages, temporary_messages
from storage.delivery.messages import NewMessage
from storage.replies import reply_moves

__all__ = ["plan_due_links"]

#: Milliseconds after which a link is deleted.
_KEPT_FOR = 10 * 60_000


async def plan_due_links(tx: Transaction, now_ms: int, shards: Shards = UNSHARDED) -> None:
    """Plan the link below every reply that isn't moved and whose thread exists by now.

    Replies that were deleted meanwhile, or whose thread will never exist, get none.
    """
    await reply_moves.give_up_impossible(tx, shards)
    for link in await reply_moves.get_due_links(tx, now_ms, shards):
        with use_language(await get_discussion_language(tx, link.server_id, link.discussion_id)):
            payload = _make_link(link.reply_id, link.thread_id)
        (planned_message_id,) = await messages.plan(
            tx,
            server_id=link.server_id,
            discussion_id=link.discussion_id,
            channel_id=link.channel_id,
            after_id=link.reply_id,
            messages=[NewMessage("notice", payload)],
            now_ms=now_ms,
        )
        await temporary_messages.add(
            tx, planned_message_id, reply_id=link.reply_id, delete_at=now_ms + _KEPT_FOR
        )
        await reply_moves.mark_linked(tx, link.reply_id)


def _make_link(reply_id: int, thread_id: int) -> Payload:
    text = _("-# This conversation continues in {thread}.", thread=f"<#{thread_id}>")
    payload = make_plain_message(text, silent=True)
    payload["message_reference"] = {"message_id": str(reply_id), "fail_if_not_exists": False}
    return payload
