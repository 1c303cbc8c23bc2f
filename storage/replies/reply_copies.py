"""Copies of moved replies: found by message, edited or deleted by their authors."""

from __future__ import annotations

from dataclasses import dataclass

from storage.db.folded_texts import fold_pending
from storage.db.writer import Transaction
from storage.replies import reply_changes

__all__ = ["Copy", "edit_copied_reply", "find_copy"]


@dataclass(frozen=True, slots=True)
class Copy:
    """A moved reply, or an answer from a form. ``files``: how many are attached to it."""

    reply_id: int
    discussion_id: int
    author_id: int
    author_name: str
    text: str
    files: int
    deleted: bool
    is_answer: bool = False


async def find_copy(tx: Transaction, server_id: int, message_id: int) -> Copy | None:
    """The moved reply that this message of the server is a copy of."""
    row = await tx.row(
        """
        SELECT replies.id, replies.discussion_id, author_id, author_name, text, deleted_at,
               (SELECT count(*) FROM attachments WHERE reply_id = replies.id) AS files
        FROM reply_moves JOIN replies ON replies.id = reply_moves.reply_id
        WHERE reply_moves.copy_id = :message_id AND reply_moves.server_id = :server_id
        """,
        {"message_id": message_id, "server_id": server_id},
    )
    if row is None:
        return None
    return Copy(
        reply_id=row["id"],
        discussion_id=row["discussion_id"],
        author_id=row["author_id"],
        author_name=row["author_name"],
        text=row["text"],
        files=row["files"],
        deleted=row["deleted_at"] is not None,
        is_answer=row["id"] == message_id,
    )


async def edit_copied_reply(tx: Transaction, reply_id: int, text: str, now_ms: int) -> bool:
    """Change a moved reply's text and have its copy edited; False if it was deleted."""
    changed = await tx.run(
        """
        UPDATE replies SET text = :text, edited_at = :now
        WHERE id = :id AND deleted_at IS NULL
        """,
        {"id": reply_id, "text": text, "now": now_ms},
    )
    if changed:
        await fold_pending(tx)
        await tx.run(reply_changes.MARK_COPY_STALE, {"id": reply_id, "now": now_ms})
    return bool(changed)
