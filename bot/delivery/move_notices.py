"""Notices of moved replies: below a member's first one, for a day, how to edit or delete it."""

from __future__ import annotations

from bot.core.payload import make_plain_message
from bot.core.text.translate import gettext as _
from bot.core.text.translate import use_language
from bot.languages import get_discussion_language
from storage.db.writer import Transaction
from storage.delivery import messages, temporary_messages
from storage.delivery.messages import NewMessage
from storage.replies import reply_moves
from storage.replies.reply_moves import ReplyMove

__all__ = ["plan_move_notice"]

#: Milliseconds after which a notice is deleted.
_KEPT_FOR = 24 * 3_600_000


async def plan_move_notice(tx: Transaction, move: ReplyMove, copy_id: int, now_ms: int) -> None:
    """Plan the notice below a copy, if none of its author's replies was moved before.

    It names nobody.
    """
    if not await reply_moves.is_first_copy(tx, move):
        return
    with use_language(await get_discussion_language(tx, move.server_id, move.discussion_id)):
        text = _(
            "-# I moved this reply here from the channel. Its author can change it: open its menu, "
            "then *Apps › Edit my reply* or *Apps › Delete my reply*."
        )
    payload = make_plain_message(text, silent=True)
    payload["message_reference"] = {"message_id": str(copy_id), "fail_if_not_exists": False}
    (planned_message_id,) = await messages.plan(
        tx,
        server_id=move.server_id,
        discussion_id=move.discussion_id,
        channel_id=move.thread_id,
        after_id=copy_id,
        messages=[NewMessage("notice", payload)],
        now_ms=now_ms,
    )
    await temporary_messages.add(
        tx, planned_message_id, reply_id=move.reply_id, delete_at=now_ms + _KEPT_FOR
    )
