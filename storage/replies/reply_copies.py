"""Copies of moved replies, as their authors see to them: taken away, or corrected."""

from __future__ import annotations

from dataclasses import dataclass

from storage.db.writer import Transaction
from storage.replies import reply_moves
from storage.replies import statements as sql
from storage.replies.passage_refs import Naming, name_passages

__all__ = ["Copy", "correct", "find", "take_away"]


@dataclass(frozen=True, slots=True)
class Copy:
    """A moved reply. ``files``: how many there are on it; ``deleted``: it was taken away."""

    reply_id: int
    discussion_id: int
    author_id: int
    author_name: str
    text: str
    files: int
    deleted: bool


async def find(tx: Transaction, server_id: int, message_id: int) -> Copy | None:
    """The moved reply that stands as this message in the server."""
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
    )


async def correct(tx: Transaction, copy: Copy, text: str, now_ms: int) -> bool:
    """The reply says ``text`` from now on, and its copy is to; False where it was taken away."""
    parameters = {"id": copy.reply_id, "text": text, "edited_at": now_ms, "now": now_ms}
    if not await tx.run(
        """
        UPDATE replies SET text = :text, edited_at = :edited_at
        WHERE id = :id AND deleted_at IS NULL
        """,
        parameters,
    ):
        return False
    await name_passages(tx, {copy.reply_id: Naming(copy.discussion_id, text)})
    await tx.run(sql.REWRITE_COPY, parameters)
    return True


async def take_away(tx: Transaction, copy: Copy, now_ms: int) -> None:
    """The reply is deleted: erased in the archive, and its copy is owed its deletion."""
    await reply_moves.taken_back(tx, copy.reply_id, now_ms)
