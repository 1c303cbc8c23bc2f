"""Search in a server's replies and essays, newest first, piece by piece; no index holds the words.

A piece is a range of ids, so that a search can stop after each. What was deleted, erased or
hidden isn't found. Whether somebody may read what was found is for the caller to check.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from bot.core.conversation.forwards_polls_stickers import NO_EXTRAS, Extras, extras_from_columns
from storage.db.writer import Transaction

__all__ = [
    "FoundReply",
    "SearchedEssay",
    "SearchedPassage",
    "find_replies",
    "get_essays",
    "get_floor",
    "get_passages",
]


@dataclass(frozen=True, slots=True)
class FoundReply:
    """A reply that was found. ``message_id``: its copy's, if it was moved. Times: milliseconds.

    passages:  the numbers of the passages it is about
    """

    id: int
    message_id: int
    channel_id: int
    author_id: int
    author_name: str
    written_at: int
    text: str
    thread_name: str | None
    discussion_id: int
    title: str
    passages: tuple[int, ...]
    extras: Extras


@dataclass(frozen=True, slots=True)
class SearchedEssay:
    """A published essay. ``card_id``: of its opening card, which says when it was posted."""

    discussion_id: int
    revision: int
    channel_id: int
    card_id: int
    title: str
    author: str | None
    published_at: int | None


@dataclass(frozen=True, slots=True)
class SearchedPassage:
    """A passage of an essay, and the message that has it; that of the card if there is none."""

    number: int
    text: str
    channel_id: int
    message_id: int


async def get_floor(
    tx: Transaction, server_id: int, discussion_id: int | None, before_id: int, count: int
) -> int:
    """The id of the last of the ``count`` newest replies before an id; 0 if there are fewer.

    ``discussion_id``: only of this discussion; None: of the whole server.
    """
    parameters = {
        "server_id": server_id,
        "discussion_id": discussion_id,
        "before": before_id,
        "offset": count - 1,
    }
    sql = _SERVER_FLOOR if discussion_id is None else _DISCUSSION_FLOOR
    row = await tx.row(sql, parameters)
    return 0 if row is None else int(row["id"])


async def find_replies(
    tx: Transaction,
    *,
    server_id: int,
    words: Sequence[str],
    before_id: int,
    from_id: int,
    most: int,
    discussion_id: int | None = None,
    author_id: int | None = None,
    passage: int | None = None,
) -> list[FoundReply]:
    """The replies from ``from_id`` up to ``before_id`` with all of the folded ``words``.

    In their text, forwarded message, poll or stickers. The newest first, at most ``most``.
    """
    # What was recorded has no NUL, and JSON with one can't be read by PostgreSQL.
    first, *others = [word.replace("\0", "\ufffd") for word in words]
    parameters = {
        "server_id": server_id,
        "discussion_id": discussion_id,
        "author_id": author_id,
        "passage": passage,
        "before": before_id,
        "from": from_id,
        "first": first,
        "others": json.dumps(others),
        "most": most,
    }
    sql = _FIND_IN_SERVER if discussion_id is None else _FIND_IN_DISCUSSION
    return [
        FoundReply(
            id=row["id"],
            message_id=row["message_id"],
            channel_id=row["channel_id"],
            author_id=row["author_id"],
            author_name=row["author_name"],
            written_at=row["written_at"],
            text=row["text"],
            thread_name=row["thread_name"],
            discussion_id=row["discussion_id"],
            title=row["title"],
            passages=tuple(json.loads(row["passages"])),
            extras=NO_EXTRAS if row["stickers"] is None else extras_from_columns(dict(row)),
        )
        for row in await tx.rows(sql, parameters)
    ]


async def get_essays(
    tx: Transaction, server_id: int, discussion_id: int | None
) -> list[SearchedEssay]:
    """The published essays of a server, or one of them, the newest first."""
    rows = await tx.rows(_ESSAYS, {"server_id": server_id, "discussion_id": discussion_id})
    return [
        SearchedEssay(
            discussion_id=row["discussion_id"],
            revision=row["revision"],
            channel_id=row["channel_id"],
            card_id=row["card_id"],
            title=row["title"],
            author=row["author"],
            published_at=row["published_at"],
        )
        for row in rows
    ]


async def get_passages(tx: Transaction, essay: SearchedEssay) -> list[SearchedPassage]:
    """An essay's passages in their order."""
    rows = await tx.rows(
        _PASSAGES, {"discussion_id": essay.discussion_id, "revision": essay.revision}
    )
    return [
        SearchedPassage(
            number=row["number"],
            text=row["text"],
            channel_id=row["channel_id"] or essay.channel_id,
            message_id=row["message_id"] or essay.card_id,
        )
        for row in rows
    ]


_SERVER_FLOOR = """
SELECT id FROM replies WHERE server_id = :server_id AND id < :before
ORDER BY id DESC LIMIT 1 OFFSET :offset
"""
_DISCUSSION_FLOOR = """
SELECT id FROM replies WHERE discussion_id = :discussion_id AND id < :before
ORDER BY id DESC LIMIT 1 OFFSET :offset
"""
_COLUMNS = """
SELECT replies.id, replies.channel_id, replies.author_id, replies.author_name, replies.written_at,
       replies.text, replies.discussion_id, revisions.title, threads.name AS thread_name,
       reply_extras.forwarded_id, reply_extras.forward_text, reply_extras.forward_stickers,
       reply_extras.poll, reply_extras.stickers,
       COALESCE((
           SELECT copy_id FROM reply_moves WHERE reply_moves.reply_id = replies.id
       ), replies.id) AS message_id,
       (SELECT json_group_array(number) FROM (
            SELECT number FROM reply_passages WHERE reply_id = replies.id ORDER BY number
       ) AS quoted) AS passages
FROM replies
LEFT JOIN threads ON threads.id = replies.channel_id
LEFT JOIN reply_extras ON reply_extras.reply_id = replies.id
JOIN revisions ON revisions.discussion_id = replies.discussion_id AND revisions.number = (
    SELECT max(number) FROM revisions AS r WHERE r.discussion_id = replies.discussion_id
)
"""
# The words come before what needs another table: most replies have none of them.
_CONDITIONS = """
    AND replies.id < :before AND replies.id >= :from AND replies.deleted_at IS NULL
    AND (CAST(:author_id AS BIGINT) IS NULL OR replies.author_id = :author_id)
    AND instr(COALESCE(replies.folded, lower(replies.text)), :first) > 0
    AND NOT EXISTS (
        SELECT 1 FROM json_each(:others)
        WHERE instr(COALESCE(replies.folded, lower(replies.text)), json_each.value) = 0
    )
    AND NOT EXISTS (
        SELECT 1 FROM deleted_channels WHERE deleted_channels.channel_id = replies.channel_id
    )
    AND (CAST(:passage AS BIGINT) IS NULL OR EXISTS (
        SELECT 1 FROM reply_passages WHERE reply_id = replies.id AND number = :passage
    ))
ORDER BY replies.id DESC LIMIT :most
"""
_FIND_IN_SERVER = _COLUMNS + "WHERE replies.server_id = :server_id" + _CONDITIONS
_FIND_IN_DISCUSSION = (
    _COLUMNS
    + "WHERE replies.discussion_id = :discussion_id AND replies.server_id = :server_id"
    + _CONDITIONS
)
_ESSAYS = """
SELECT discussions.id AS discussion_id, discussions.channel_id, discussions.published_at,
       revisions.number AS revision, revisions.title, revisions.author,
       planned_messages.message_id AS card_id
FROM discussions
JOIN revisions ON revisions.discussion_id = discussions.id AND revisions.number = (
    SELECT max(number) FROM revisions AS r WHERE r.discussion_id = discussions.id
)
JOIN planned_messages ON planned_messages.discussion_id = discussions.id
    AND planned_messages.purpose = 'card' AND planned_messages.message_id IS NOT NULL
WHERE discussions.server_id = :server_id
    AND (CAST(:discussion_id AS BIGINT) IS NULL OR discussions.id = :discussion_id)
    AND discussions.state IN ('publishing', 'open', 'closed')
    AND NOT EXISTS (
        SELECT 1 FROM deleted_channels
        WHERE deleted_channels.channel_id IN (discussions.channel_id, discussions.thread_id)
    )
ORDER BY planned_messages.message_id DESC
"""
# A passage may be in several messages, or in none that still exists.
_PASSAGES = """
SELECT passages.number, passages.text, min(planned_messages.message_id) AS message_id,
       min(planned_messages.channel_id) AS channel_id
FROM passages
LEFT JOIN planned_messages ON planned_messages.discussion_id = passages.discussion_id
    AND planned_messages.purpose = 'part' AND planned_messages.message_id IS NOT NULL
    AND planned_messages.deleted_at IS NULL
    AND EXISTS (
        SELECT 1 FROM planned_message_passages
        WHERE planned_message_passages.planned_message_id = planned_messages.id
            AND planned_message_passages.revision = passages.revision
            AND planned_message_passages.number = passages.number
    )
WHERE passages.discussion_id = :discussion_id AND passages.revision = :revision
GROUP BY passages.number, passages.text ORDER BY passages.number
"""
