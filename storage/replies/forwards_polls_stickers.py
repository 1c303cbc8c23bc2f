"""Rows of what replies have besides text and files: forwarded messages, polls, stickers."""

from __future__ import annotations

from storage.db.writer import Transaction

__all__ = [
    "ERASE_FORWARDS",
    "INSERT_EDITED_EXTRAS",
    "INSERT_EXTRAS",
    "get_open_polls",
]


async def get_open_polls(tx: Transaction, channel_id: int, until_id: int) -> list[int]:
    """Replies up to ``until_id`` in a channel whose polls hadn't ended when they were recorded."""
    rows = await tx.rows(
        """
        SELECT replies.id FROM reply_extras JOIN replies ON replies.id = reply_extras.reply_id
        WHERE reply_extras.poll_open = 1 AND replies.channel_id = :channel_id
            AND replies.id <= :until_id AND replies.deleted_at IS NULL
        ORDER BY replies.id
        """,
        {"channel_id": channel_id, "until_id": until_id},
    )
    return [row["id"] for row in rows]


INSERT_EXTRAS = """
INSERT INTO reply_extras (reply_id, forwarded_id, poll_open, forward_text, forward_stickers, poll,
    stickers)
SELECT :reply_id, :forwarded_id, :poll_open, :forward_text, :forward_stickers, :poll, :stickers
FROM replies WHERE id = :reply_id AND deleted_at IS NULL
ON CONFLICT (reply_id) DO NOTHING
"""
# A poll that has ended stays as it is: an event from before the end may arrive later.
INSERT_EDITED_EXTRAS = """
INSERT INTO reply_extras (reply_id, forwarded_id, poll_open, forward_text, forward_stickers, poll,
    stickers)
SELECT :reply_id, :forwarded_id, :poll_open, :forward_text, :forward_stickers, :poll, :stickers
FROM replies
WHERE id = :reply_id AND deleted_at IS NULL AND (edited_at IS NULL OR edited_at <= :edited_at)
ON CONFLICT (reply_id) DO UPDATE SET forwarded_id = excluded.forwarded_id,
    poll_open = reply_extras.poll_open * excluded.poll_open, forward_text = excluded.forward_text,
    forward_stickers = excluded.forward_stickers,
    poll = CASE WHEN reply_extras.poll IS NOT NULL AND reply_extras.poll_open = 0
        THEN reply_extras.poll ELSE excluded.poll END,
    stickers = excluded.stickers
"""
#: Erases the copies of a deleted reply's words in forwards of it, with ``id``: a forward stays, but
#: it is empty.
ERASE_FORWARDS = (
    """
    DELETE FROM attachment_files WHERE reply_id IN (
        SELECT reply_extras.reply_id
        FROM reply_extras JOIN replies ON replies.id = reply_extras.forwarded_id
        WHERE reply_extras.forwarded_id = :id AND replies.deleted_at IS NOT NULL
    )
    """,
    """
    DELETE FROM attachments WHERE reply_id IN (
        SELECT reply_extras.reply_id
        FROM reply_extras JOIN replies ON replies.id = reply_extras.forwarded_id
        WHERE reply_extras.forwarded_id = :id AND replies.deleted_at IS NOT NULL
    )
    """,
    """
    UPDATE reply_extras SET forward_text = '', forward_stickers = '[]'
    WHERE forwarded_id = :id
        AND EXISTS (SELECT 1 FROM replies WHERE id = :id AND deleted_at IS NOT NULL)
    """,
)
