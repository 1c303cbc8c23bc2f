"""Edits of moved replies by their authors, through the bot: Discord doesn't let them edit a copy.

What they enter is recorded like an edit; the copy follows the archive.
"""

from __future__ import annotations

from bot.ingest.answered_passages import ReplyText, save_answered_passages
from storage.db.writer import Transaction
from storage.replies import reply_copies
from storage.replies.reply_copies import Copy

__all__ = ["edit_moved_reply"]


async def edit_moved_reply(tx: Transaction, copy: Copy, text: str, now_ms: int) -> bool:
    """Change what a moved reply says; False if it was deleted."""
    if not await reply_copies.edit_copied_reply(tx, copy.reply_id, text, now_ms):
        return False
    await save_answered_passages(tx, {copy.reply_id: ReplyText(copy.discussion_id, text)})
    return True
