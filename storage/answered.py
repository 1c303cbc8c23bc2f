"""Which passages replies answer, by what they quote and name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.discussion.quoting import answered_passages, may_name_passages
from storage.writer import Transaction

__all__ = ["Naming", "name_passages"]


@dataclass(frozen=True, slots=True)
class Naming:
    """A reply that may quote or name passages. ``text`` None: it was edited; the row has it."""

    discussion_id: int
    text: str | None


async def name_passages(tx: Transaction, replies: Mapping[int, Naming]) -> None:
    """Note the passages that each of ``replies`` answers, of its essay's newest revision."""
    essays: dict[int, tuple[int, dict[int, str]]] = {}
    for reply_id, naming in replies.items():
        text = naming.text
        if text is None:
            row = await tx.row(
                "SELECT text FROM replies WHERE id = :id AND deleted_at IS NULL", {"id": reply_id}
            )
            if row is None:
                continue
            text = row["text"]
        carried = await _carried(tx, reply_id)
        if naming.discussion_id not in essays:
            essays[naming.discussion_id] = await _passages(tx, naming.discussion_id)
        revision, passages = essays[naming.discussion_id]
        if may_name_passages(text):
            numbers = answered_passages(text, passages, [number for _, number in carried])
            found = [(revision, number) for number in numbers]
            if set(numbers) == {number for _, number in carried}:
                found = carried
        else:
            found = carried
        await tx.run("DELETE FROM reply_passages WHERE reply_id = :id", {"id": reply_id})
        await tx.run_many(
            """
            INSERT INTO reply_passages (reply_id, revision, number)
            VALUES (:id, :revision, :number)
            """,
            [
                {"id": reply_id, "revision": revision, "number": number}
                for revision, number in found
            ],
        )


async def _carried(tx: Transaction, reply_id: int) -> list[tuple[int, int]]:
    rows = await tx.rows(
        """
        SELECT revision, number
        FROM replies JOIN post_passages ON post_passages.post_id = replies.post_id
        WHERE replies.id = :id ORDER BY number
        """,
        {"id": reply_id},
    )
    return [(row["revision"], row["number"]) for row in rows]


async def _passages(tx: Transaction, discussion_id: int) -> tuple[int, dict[int, str]]:
    rows = await tx.rows(
        """
        SELECT revision, number, text FROM passages
        WHERE discussion_id = :id AND revision = (
            SELECT max(number) FROM revisions WHERE discussion_id = :id
        )
        """,
        {"id": discussion_id},
    )
    if not rows:
        return 0, {}
    return rows[0]["revision"], {row["number"]: row["text"] for row in rows}
