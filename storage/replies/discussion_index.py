"""The numbers of a discussion, and its threads or the answered replies in its own thread."""

from __future__ import annotations

from bot.core.conversation.thread_index import IndexEntry, IndexTotals
from storage.db.writer import Row, Transaction

__all__ = ["get_entries", "get_totals"]

#: Replies in an essay's own thread that are listed although nobody has answered them.
_MAX_UNANSWERED = 500


async def get_totals(tx: Transaction, discussion_id: int) -> IndexTotals:
    """How many people and replies there are; deleted and hidden ones don't count."""
    row = await tx.row(_TOTALS, {"id": discussion_id})
    assert row is not None
    return IndexTotals(row["people"], row["replies"], row["newest_id"] or 0)


async def get_entries(tx: Transaction, discussion_id: int, style: str) -> list[IndexEntry]:
    """The entries of an index, in no order.

    ``style`` of the discussion: "threads", or one in which the essay has a thread of its own.
    """
    parameters = {"id": discussion_id, "most": _MAX_UNANSWERED}
    if style == "threads":
        return [_read_thread(row) for row in await tx.rows(_THREADS, parameters)]
    rows = await tx.rows(_ANSWERED, parameters) + await tx.rows(_NOT_ANSWERED, parameters)
    return [_read_reply(row) for row in rows]


def _read_thread(row: Row) -> IndexEntry:
    has_head = row["id"] is not None
    alone = has_head and row["first_author"] == row["last_author"] == row["author_id"]
    return IndexEntry(
        id=row["thread_id"],
        channel_id=row["thread_id"],
        replies=row["messages"] - has_head + row["in_channel"],
        people=row["people"],
        newest_id=row["newest_id"],
        is_unanswered=alone and not row["in_channel"],
        passage=row["passage"],
        has_author=bool(row["has_author"]),
    )


def _read_reply(row: Row) -> IndexEntry:
    alone = row["first_author"] == row["last_author"] == row["author_id"]
    return IndexEntry(
        id=row["id"],
        channel_id=row["channel_id"],
        replies=row["replies"],
        people=row["people"],
        newest_id=row["newest_id"],
        is_unanswered=alone or not row["replies"],
        passage=row["passage"],
        has_author=bool(row["has_author"]),
    )


_TOTALS = """
SELECT count(DISTINCT author_id) AS people, count(*) AS replies, max(id) AS newest_id
FROM replies
WHERE discussion_id = :id AND deleted_at IS NULL AND (thread_id IS NULL OR thread_id NOT IN (
    SELECT channel_id FROM deleted_channels
    WHERE server_id = (SELECT server_id FROM discussions WHERE discussions.id = :id)
))
"""
# The passage: the first of the newest revision that a reply was found to be about.
# A reply to the first message may still be in the channel.
_THREADS = """
SELECT head.id, head.author_id, (
    SELECT min(number) FROM reply_passages AS about
    WHERE about.reply_id = head.id AND about.revision = (
        SELECT max(revision) FROM reply_passages AS newest WHERE newest.reply_id = head.id
    )
) AS passage,
    EXISTS (
        SELECT 1 FROM essay_authors JOIN replies AS answer
            ON answer.discussion_id = :id AND answer.thread_id = talk.thread_id
            AND answer.author_id = essay_authors.member_id AND answer.deleted_at IS NULL
            AND answer.id <> talk.thread_id
        WHERE essay_authors.discussion_id = :id
    ) AS has_author,
    talk.thread_id, talk.messages, talk.people, talk.newest_id, talk.first_author,
    talk.last_author, (
        SELECT count(*) FROM replies AS answer
        WHERE answer.parent_id = head.id AND answer.thread_id IS NULL
            AND answer.deleted_at IS NULL AND answer.author_id <> head.author_id
    ) AS in_channel
FROM (
    SELECT thread_id, count(*) AS messages, count(DISTINCT author_id) AS people,
           max(id) AS newest_id, min(author_id) AS first_author, max(author_id) AS last_author
    FROM replies
    WHERE discussion_id = :id AND thread_id IS NOT NULL AND deleted_at IS NULL
    GROUP BY thread_id
) AS talk
JOIN threads ON threads.id = talk.thread_id AND threads.state IN ('open', 'ready')
LEFT JOIN replies AS head ON head.id = talk.thread_id AND head.deleted_at IS NULL
"""
_ANSWERED = """
SELECT head.id, head.channel_id, head.author_id, (
    SELECT min(number) FROM reply_passages AS about
    WHERE about.reply_id = head.id AND about.revision = (
        SELECT max(revision) FROM reply_passages AS newest WHERE newest.reply_id = head.id
    )
) AS passage,
    EXISTS (
        SELECT 1 FROM essay_authors JOIN replies AS answer
            ON answer.discussion_id = :id AND answer.thread_id = head.thread_id
            AND answer.author_id = essay_authors.member_id AND answer.deleted_at IS NULL
            AND answer.parent_id = head.id
        WHERE essay_authors.discussion_id = :id
    ) AS has_author,
    talk.replies, talk.people, talk.newest_id, talk.first_author, talk.last_author
FROM (
    SELECT parent_id, count(*) AS replies, count(DISTINCT author_id) AS people,
           max(id) AS newest_id, min(author_id) AS first_author, max(author_id) AS last_author
    FROM replies
    WHERE discussion_id = :id AND parent_id IS NOT NULL AND deleted_at IS NULL
    GROUP BY parent_id
) AS talk
JOIN replies AS head ON head.id = talk.parent_id AND head.deleted_at IS NULL
"""
_NOT_ANSWERED = """
SELECT head.id, head.channel_id, head.author_id, (
    SELECT min(number) FROM reply_passages AS about
    WHERE about.reply_id = head.id AND about.revision = (
        SELECT max(revision) FROM reply_passages AS newest WHERE newest.reply_id = head.id
    )
) AS passage,
    0 AS has_author, 0 AS replies, 1 AS people, head.id AS newest_id,
    NULL AS first_author, NULL AS last_author
FROM replies AS head
WHERE head.discussion_id = :id AND head.parent_id IS NULL AND head.deleted_at IS NULL
    AND head.id NOT IN (
        SELECT parent_id FROM replies
        WHERE discussion_id = :id AND parent_id IS NOT NULL AND deleted_at IS NULL
    )
ORDER BY head.id DESC LIMIT :most
"""
