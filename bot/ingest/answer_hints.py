"""Hints on how to answer, below a member's first message in a channel that isn't a reply."""

from __future__ import annotations

from bot.core.conversation.events import Message
from bot.core.conversation.routing import JoinedDiscussion
from bot.core.payload import Payload, make_plain_message
from bot.core.text.translate import gettext as _
from bot.core.text.translate import use_language
from bot.languages import get_discussion_language
from storage.db.writer import Transaction
from storage.delivery import messages, temporary_messages
from storage.delivery.messages import NewMessage
from storage.replies import answer_hints

__all__ = ["HINT_MS", "plan_answer_hint"]

#: Milliseconds after which a hint is deleted. A message older than that gets none.
HINT_MS = 10 * 60_000


async def plan_answer_hint(
    tx: Transaction, discussion: JoinedDiscussion, message: Message, now_ms: int
) -> bool:
    """Plan the hint below a message, once for each member and discussion; whether there is one."""
    if not await answer_hints.mark_given(
        tx,
        server_id=message.server_id,
        discussion_id=discussion.discussion_id,
        member_id=message.author_id,
    ):
        return False
    language = await get_discussion_language(tx, message.server_id, discussion.discussion_id)
    with use_language(language):
        hint = _make_hint(discussion, message.id)
    (planned_message_id,) = await messages.plan(
        tx,
        server_id=message.server_id,
        discussion_id=discussion.discussion_id,
        channel_id=message.channel_id,
        after_id=message.id,
        messages=[NewMessage("notice", hint)],
        now_ms=now_ms,
    )
    await temporary_messages.add(tx, planned_message_id, reply_id=0, delete_at=now_ms + HINT_MS)
    return True


def _make_hint(discussion: JoinedDiscussion, message_id: int) -> Payload:
    hint = _(
        "To answer the essay, use *Reply* on any part of it. Other messages here aren't saved and "
        "get no thread."
    )
    if discussion.main_thread_id is not None:
        hint = _(
            "To answer the essay, write in {thread}. Messages here aren't saved.",
            thread=f"<#{discussion.main_thread_id}>",
        )
    payload = make_plain_message(f"-# {hint}", silent=True)
    payload["message_reference"] = {"message_id": str(message_id), "fail_if_not_exists": False}
    return payload
