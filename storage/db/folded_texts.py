"""Folded texts of replies, which the search compares; written with the text, erased with it.

The folded text of a reply with a forwarded message, a poll or stickers has their words, too. A
reply without a folded text is compared by its text in lower case, which for most is the same.
Triggers delete the folded text whenever something in it is changed, and note that the reply is to
be folded again.
"""

from __future__ import annotations

from typing import Any

from bot.core.conversation.forwards_polls_stickers import extras_from_columns, list_texts
from bot.core.text.folding import fold_text, fold_unless_lower
from storage.db.writer import Transaction

__all__ = ["INSERT_FOLDED", "fold_pending", "make_folded_row"]

#: Replies that are folded at once.
_BATCH = 1000

#: Saves the folded text of a reply without extras, unless the reply says something else.
INSERT_FOLDED = """
INSERT INTO folded_texts (reply_id, text)
SELECT replies.id, given.column3
FROM (VALUES (:id, :text, :folded)) AS given
    JOIN replies ON replies.id = CAST(given.column1 AS BIGINT) AND replies.text = given.column2
WHERE NOT EXISTS (SELECT 1 FROM reply_extras WHERE reply_extras.reply_id = replies.id)
ON CONFLICT (reply_id) DO NOTHING
"""
_INSERT_WITH_EXTRAS = """
INSERT INTO folded_texts (reply_id, text) VALUES (:id, :folded)
ON CONFLICT (reply_id) DO UPDATE SET text = excluded.text
"""
_MARK_FOLDED = "DELETE FROM unfolded_replies WHERE reply_id = :id"


def make_folded_row(reply_id: int, text: str) -> dict[str, Any] | None:
    """The row for :data:`INSERT_FOLDED`; None if the text needs no folding."""
    folded = fold_unless_lower(text)
    return None if folded is None else {"id": reply_id, "text": text, "folded": folded}


async def fold_pending(tx: Transaction) -> bool:
    """Fold some replies that are still to be folded; False if there are no more."""
    rows = await tx.rows(
        """
        SELECT replies.id, replies.text, reply_extras.*
        FROM unfolded_replies JOIN replies ON replies.id = unfolded_replies.reply_id
        LEFT JOIN reply_extras ON reply_extras.reply_id = replies.id
        ORDER BY unfolded_replies.reply_id LIMIT :most
        """,
        {"most": _BATCH},
    )
    folded = []
    for row in rows:
        words = fold_unless_lower(row["text"])
        if row["reply_id"] is not None:
            # Each on a line of its own, so that a phrase is found only within one of them.
            texts = [row["text"], *list_texts(extras_from_columns(dict(row)))]
            words = "\n".join(one for one in map(fold_text, texts) if one)
        if words is not None:
            folded.append({"id": row["id"], "folded": words})
    await tx.run_many(_INSERT_WITH_EXTRAS, folded)
    await tx.run_many(_MARK_FOLDED, [{"id": row["id"]} for row in rows])
    return len(rows) == _BATCH
