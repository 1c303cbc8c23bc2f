"""Which passages replies answer, by what they quote and name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.core.conversation.passage_refs import find_answered_passages, may_refer_to_passages
from storage.db.writer import Transaction

__all__ = ["Naming", "name_passages"]


@dataclass(frozen=True, slots=True)
class Naming:
    """A reply that may quote or name passages. ``text`` None: it was edited; the row has it."""

    discussion_id: int
    text: str | None


async def name_passages(tx: Transaction, replies: Mapping[int, Naming]) -> None:
    """Note the passages that each of ``replies`` answers.

    They are those of the revision that was there to be read when the reply was written.
    """
    essays: dict[tuple[int, int], dict[int, str]] = {}
    for reply_id, naming in replies.items():
        text = naming.text
        if text is None:
            row = await tx.row(
                "SELECT text FROM replies WHERE id = :id AND deleted_at IS NULL", {"id": reply_id}
            )
            if row is None:
                continue
            text = row["text"]
        revision = await _revision(tx, reply_id)
        found: Sequence[int] = await _carried(tx, reply_id, revision)
        if may_refer_to_passages(text):
            essay = naming.discussion_id, revision
            if essay not in essays:
                essays[essay] = await _passages(tx, *essay)
            found = find_answered_passages(text, essays[essay], found)
        await tx.run("DELETE FROM reply_passages WHERE reply_id = :id", {"id": reply_id})
        await tx.run_many(
            """
            INSERT INTO reply_passages (reply_id, revision, number)
            VALUES (:id, :revision, :number)
            """,
            [{"id": reply_id, "revision": revision, "number": number} for number in found],
        )


async def _revision(tx: Transaction, reply_id: int) -> int:
    """The newest revision of the essay when a reply to it was written."""
    row = await tx.row(
        """
        SELECT max(number) AS number
        FROM replies JOIN revisions ON revisions.discussion_id = replies.discussion_id
        WHERE replies.id = :id AND revisions.created_at <= replies.written_at
        """,
        {"id": reply_id},
    )
    return 1 if row is None or row["number"] is None else row["number"]


async def _carried(tx: Transaction, reply_id: int, revision: int) -> list[int]:
    rows = await tx.rows(
        """
        SELECT number FROM replies JOIN planned_message_passages ON
            planned_message_passages.planned_message_id = replies.planned_message_id
        WHERE replies.id = :id AND revision = :revision ORDER BY number
        """,
        {"id": reply_id, "revision": revision},
    )
    return [row["number"] for row in rows]


async def _passages(tx: Transaction, discussion_id: int, revision: int) -> dict[int, str]:
    rows = await tx.rows(
        "SELECT number, text FROM passages WHERE discussion_id = :id AND revision = :revision",
        {"id": discussion_id, "revision": revision},
    )
    return {row["number"]: row["text"] for row in rows}
