"""Edits and deletions of moved replies by their authors, who can't change a copy in Discord.

What they enter is recorded like an edit; the copy follows the archive.
"""

from __future__ import annotations

from bot import quotations
from bot.ingest.answered_passages import ReplyText, save_answered_passages
from storage.db.writer import Transaction
from storage.delivery import message_edits
from storage.delivery.message_edits import NewMessageEdit
from storage.replies import reply_copies, reply_moves
from storage.replies.reply_copies import Copy

__all__ = ["delete_moved_reply", "edit_moved_reply"]


async def edit_moved_reply(tx: Transaction, copy: Copy, text: str, now_ms: int) -> bool:
    """Change what a moved reply says; False if it was deleted."""
    before = await quotations.read(tx, {copy.reply_id})
    if not await reply_copies.edit_copied_reply(tx, copy.reply_id, text, now_ms):
        return False
    await quotations.erase(tx, before, now_ms)
    await save_answered_passages(tx, {copy.reply_id: ReplyText(copy.discussion_id, text)})
    return True


async def delete_moved_reply(tx: Transaction, reply_id: int, now_ms: int) -> None:
    """Erase a moved reply that was deleted, and plan to delete its copy."""
    before = await quotations.read(tx, {reply_id})
    copy = await reply_moves.erase_moved_reply(tx, reply_id, now_ms)
    await quotations.erase(tx, before, now_ms)
    if copy is not None:
        await message_edits.plan(
            tx,
            server_id=copy.server_id,
            discussion_id=copy.discussion_id,
            edits=[NewMessageEdit("delete", copy.thread_id, copy.message_id)],
            now_ms=now_ms,
        )
