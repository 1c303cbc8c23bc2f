"""Folded texts of replies, which the search compares; written with the text, erased with it.

The folded text of a reply with a forwarded message, a poll or stickers has their words, too. A
reply without a folded text is compared by its text in lower case, which for most is the same.
Triggers erase the folded text whenever something in it is changed, and note that the reply is to be
folded again.
"""

from __future__ import annotations

from bot.core.conversation.forwards_polls_stickers import extras_from_columns, list_texts
from bot.core.text.folding import fold_text, fold_unless_lower
from storage.db.writer import Transaction

__all__ = ["fold_all", "fold_pending"]

#: Replies that are folded at once.
_BATCH = 1000

_SET_FOLDED = "UPDATE replies SET folded = :folded WHERE id = :id"
_MARK_FOLDED = "DELETE FROM unfolded_replies WHERE reply_id = :id"


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
    await tx.run_many(_SET_FOLDED, folded)
    await tx.run_many(_MARK_FOLDED, [{"id": row["id"]} for row in rows])
    return len(rows) == _BATCH


async def fold_all(tx: Transaction) -> None:
    """Fold all replies that are still to be folded."""
    while await fold_pending(tx):
        pass
