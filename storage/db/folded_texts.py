"""Folded texts of replies, which the search compares; written with the text, erased with it.

A text without a folded one is compared in lower case, which for most texts is the same. A trigger
deletes the folded text whenever the text is changed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bot.core.text.folding import fold_unless_lower
from storage.db.writer import Transaction

__all__ = ["INSERT_FOLDED", "MARK_FOLDED", "fold_pending", "make_folded_row", "save_folded"]

#: Replies that are folded in one transaction when the archive is opened.
_BATCH = 1000

#: Saves a folded text, unless the reply says something else (an outdated edit, an erased reply).
INSERT_FOLDED = """
INSERT INTO folded_texts (reply_id, text)
SELECT id, :folded FROM replies WHERE id = :id AND text = :text
ON CONFLICT (reply_id) DO UPDATE SET text = excluded.text
"""
#: After an edit: its text is folded, or needs no folding.
MARK_FOLDED = """
DELETE FROM unfolded_replies WHERE reply_id = :id
    AND EXISTS (SELECT 1 FROM replies WHERE id = :id AND text = :text)
"""


def make_folded_row(reply_id: int, text: str) -> dict[str, Any] | None:
    """The row for :data:`INSERT_FOLDED`; None if the text needs no folding."""
    folded = fold_unless_lower(text)
    return None if folded is None else {"id": reply_id, "text": text, "folded": folded}


async def save_folded(tx: Transaction, reply_id: int, text: str) -> None:
    """Fold the text of a reply that was changed to it."""
    row = make_folded_row(reply_id, text)
    if row is not None:
        await tx.run(INSERT_FOLDED, row)
    await tx.run(MARK_FOLDED, {"id": reply_id, "text": text})


async def fold_pending(tx: Transaction) -> bool:
    """Fold some replies that are still to be folded; False if there were none."""
    rows = await tx.rows(
        """
        SELECT replies.id, replies.text
        FROM unfolded_replies JOIN replies ON replies.id = unfolded_replies.reply_id
        ORDER BY unfolded_replies.reply_id LIMIT :most
        """,
        {"most": _BATCH},
    )
    folded: Iterable[dict[str, Any] | None] = (
        make_folded_row(row["id"], row["text"]) for row in rows
    )
    await tx.run_many(INSERT_FOLDED, [row for row in folded if row is not None])
    await tx.run_many(MARK_FOLDED, [{"id": row["id"], "text": row["text"]} for row in rows])
    return bool(rows)
