"""Rows of the passages that replies answer, and of the words in them that they quote."""

from __future__ import annotations

from collections.abc import Sequence

from bot.core.conversation.anchors import Anchor
from storage.db.writer import Transaction

__all__ = [
    "find_text",
    "get_part_passages",
    "get_passage_texts",
    "get_revision",
    "replace_passages",
]


async def find_text(tx: Transaction, reply_id: int) -> str | None:
    """A reply's current text; None if it was deleted."""
    row = await tx.row(
        "SELECT text FROM replies WHERE id = :id AND deleted_at IS NULL", {"id": reply_id}
    )
    return None if row is None else row["text"]


async def get_revision(tx: Transaction, reply_id: int) -> int:
    """The essay's revision that was current when a reply was written."""
    row = await tx.row(
        """
        SELECT max(number) AS number
        FROM replies JOIN revisions ON revisions.discussion_id = replies.discussion_id
        WHERE replies.id = :id AND revisions.created_at <= replies.written_at
        """,
        {"id": reply_id},
    )
    return 1 if row is None or row["number"] is None else row["number"]


async def get_part_passages(
    tx: Transaction, reply_id: int, revision: int
) -> tuple[list[int], bool]:
    """The passages of the part that a reply replies to, in order; whether its author chose them.

    Of an answer from a form: the passage that its author chose, if any.
    """
    chosen = await tx.row(
        "SELECT revision, passage FROM answers WHERE message_id = :id", {"id": reply_id}
    )
    if chosen is not None:
        is_about = chosen["passage"] is not None and chosen["revision"] == revision
        return ([chosen["passage"]] if is_about else []), True
    rows = await tx.rows(
        """
        SELECT number FROM replies JOIN planned_message_passages ON
            planned_message_passages.planned_message_id = replies.planned_message_id
        WHERE replies.id = :id AND revision = :revision ORDER BY number
        """,
        {"id": reply_id, "revision": revision},
    )
    return [row["number"] for row in rows], False


async def get_passage_texts(tx: Transaction, discussion_id: int, revision: int) -> dict[int, str]:
    """Number and text of all passages of a revision."""
    rows = await tx.rows(
        "SELECT number, text FROM passages WHERE discussion_id = :id AND revision = :revision",
        {"id": discussion_id, "revision": revision},
    )
    return {row["number"]: row["text"] for row in rows}


async def replace_passages(
    tx: Transaction,
    reply_id: int,
    revision: int,
    numbers: Sequence[int],
    anchors: Sequence[Anchor] = (),
) -> None:
    """Save that a reply answers these passages and no others, and the words that it quotes."""
    await tx.run("DELETE FROM reply_anchors WHERE reply_id = :id", {"id": reply_id})
    await tx.run("DELETE FROM reply_passages WHERE reply_id = :id", {"id": reply_id})
    await tx.run_many(
        """
        INSERT INTO reply_passages (reply_id, revision, number)
        VALUES (:id, :revision, :number)
        """,
        [{"id": reply_id, "revision": revision, "number": number} for number in numbers],
    )
    await tx.run_many(
        """
        INSERT INTO reply_anchors (reply_id, position, revision, number, start_at, end_at, exact,
            before, after)
        SELECT id, :position, :revision, :number, :start_at, :end_at, :exact, :before, :after
        FROM replies WHERE id = :id AND text <> '' -- not of somebody who opted out
        """,
        [
            {
                "id": reply_id,
                "position": position,
                "revision": revision,
                "number": anchor.number,
                "start_at": anchor.start,
                "end_at": anchor.end,
                "exact": anchor.exact,
                "before": anchor.before,
                "after": anchor.after,
            }
            for position, anchor in enumerate(anchors)
        ],
    )
