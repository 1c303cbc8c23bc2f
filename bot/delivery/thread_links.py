"""Links to threads: below a reply in the channel, for a while, a line that links its thread."""

from __future__ import annotations

from storage.db.writer import Transaction
from storage.delivery import temporary_messages
from storage.replies import reply_moves

__all__ = ["plan_due_links"]


async def plan_due_links(tx: Transaction, now_ms: int) -> None:
    """Plan the link below every reply that isn't moved and whose thread exists by now.

    Replies that were deleted meanwhile, or whose thread will never exist, get none.
    """
    await reply_moves.settle_impossible(tx)
    for link in await reply_moves.get_due_links(tx, now_ms):
        await temporary_messages.point(
            tx,
            link.server_id,
            discussion_id=link.discussion_id,
            channel_id=link.channel_id,
            reply_id=link.reply_id,
            thread_id=link.thread_id,
            now_ms=now_ms,
        )
        await reply_moves.mark_linked(tx, link.reply_id)
