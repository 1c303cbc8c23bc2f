"""Rows of questions to an essay's authors: replies that their writers marked as such.

A question counts as answered when an author of the essay replied to it, or wrote in the thread that
it heads. That isn't stored, so it follows what is deleted, and who the authors are. A message in a
deleted thread is neither an answer nor a question. A question in the channel isn't hidden when the
thread that it heads or belongs to is deleted.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.clock import from_milliseconds
from bot.core.conversation.author_questions import AuthorQuestion
from storage.db.writer import Row, Transaction

__all__ = [
    "MarkableReply",
    "QuestionPlace",
    "find_markable_reply",
    "find_place",
    "find_question",
    "get_discussion_questions",
    "get_questions",
    "mark_later",
    "mark_question",
    "plan_thread",
    "separate",
    "set_same_as",
]


@dataclass(frozen=True, slots=True)
class MarkableReply:
    """A reply that its writer wants to mark as a question.

    state:        of the discussion
    has_authors:  somebody is known as the essay's author
    by_author:    its writer is one of them
    is_question:  it is marked already
    """

    id: int
    discussion_id: int
    writer_id: int
    state: str
    deleted: bool
    has_authors: bool
    by_author: bool
    is_question: bool


@dataclass(frozen=True, slots=True)
class QuestionPlace:
    """Where a question was asked, for the answer of an author.

    parent_id:               the channel of the discussion
    essay_thread_id:         the essay's own thread or forum post
    message_id, channel_id:  of the question; the copy's, if it was moved
    thread_id:               the thread it heads or is in; None: none
    thread_state:            of that thread, or of the one that was to be opened on the question;
                             None: there is no row of it
    asker_name, text:        of the question
    """

    reply_id: int
    server_id: int
    discussion_id: int
    state: str
    style: str
    parent_id: int
    essay_thread_id: int | None
    revision: int
    message_id: int
    channel_id: int
    thread_id: int | None
    thread_state: str | None
    asker_name: str
    text: str


async def find_markable_reply(
    tx: Transaction, server_id: int, message_id: int
) -> MarkableReply | None:
    """The reply that a message is, or is the copy of; None if it is none."""
    row = await tx.row(
        """
        SELECT replies.id, replies.discussion_id, replies.author_id, replies.deleted_at,
               discussions.state,
               EXISTS (
                   SELECT 1 FROM essay_authors WHERE discussion_id = discussions.id
               ) AS has_authors,
               EXISTS (
                   SELECT 1 FROM essay_authors WHERE discussion_id = discussions.id
                       AND member_id = replies.author_id
               ) AS by_author,
               EXISTS (
                   SELECT 1 FROM author_questions WHERE reply_id = replies.id
               ) AS is_question
        FROM replies JOIN discussions ON discussions.id = replies.discussion_id
        WHERE replies.server_id = :server_id AND replies.id = COALESCE(
            (SELECT reply_id FROM reply_moves WHERE copy_id = :message_id), :message_id
        )
        """,
        {"server_id": server_id, "message_id": message_id},
    )
    if row is None:
        return None
    return MarkableReply(
        id=row["id"],
        discussion_id=row["discussion_id"],
        writer_id=row["author_id"],
        state=row["state"],
        deleted=row["deleted_at"] is not None,
        has_authors=bool(row["has_authors"]),
        by_author=bool(row["by_author"]),
        is_question=bool(row["is_question"]),
    )


async def mark_question(tx: Transaction, reply_id: int) -> None:
    """Mark a reply as a question to the authors, once; not if it was deleted."""
    await tx.run(
        """
        INSERT INTO author_questions (reply_id, server_id, discussion_id)
        SELECT id, server_id, discussion_id FROM replies
        WHERE id = :id AND deleted_at IS NULL
        ON CONFLICT DO NOTHING
        """,
        {"id": reply_id},
    )


_QUESTIONS = """
SELECT asked.id, asked.discussion_id, asked.author_id, asked.author_name, asked.text,
       asked.written_at, asked.channel_id, asked.thread_id, same_as_id, later_at,
       COALESCE(reply_moves.copy_id, asked.id) AS message_id, revisions.title,
       COALESCE((
           SELECT sum(count) FROM reactions WHERE reply_id = asked.id AND emoji IN
               ('👍', '👍🏻', '👍🏼', '👍🏽', '👍🏾', '👍🏿')
       ), 0) AS thumbs,
       EXISTS (
           SELECT 1 FROM essay_authors AS writer CROSS JOIN replies AS theirs
           WHERE writer.discussion_id = asked.discussion_id
               AND theirs.discussion_id = asked.discussion_id AND theirs.thread_id = asked.id
               AND theirs.author_id = writer.member_id AND theirs.deleted_at IS NULL
               AND theirs.id <> asked.id AND NOT EXISTS (
                   SELECT 1 FROM deleted_channels
                   WHERE deleted_channels.channel_id = theirs.channel_id
               )
       ) OR EXISTS (
           SELECT 1 FROM essay_authors AS writer CROSS JOIN replies AS theirs
           WHERE writer.discussion_id = asked.discussion_id
               AND theirs.discussion_id = asked.discussion_id
               AND theirs.thread_id IN (asked.thread_id, discussions.thread_id)
               AND theirs.author_id = writer.member_id AND theirs.deleted_at IS NULL
               AND theirs.parent_id = asked.id AND NOT EXISTS (
                   SELECT 1 FROM deleted_channels
                   WHERE deleted_channels.channel_id = theirs.channel_id
               )
       ) OR EXISTS (
           SELECT 1 FROM replies AS theirs JOIN essay_authors AS writer
               ON writer.discussion_id = theirs.discussion_id
               AND writer.member_id = theirs.author_id
           WHERE theirs.parent_id = asked.id AND theirs.thread_id IS NULL
               AND theirs.deleted_at IS NULL
       ) OR EXISTS (
           -- in the channel, where somebody has opened a thread on it
           SELECT 1 FROM replies AS theirs JOIN essay_authors AS writer
               ON writer.discussion_id = theirs.discussion_id
               AND writer.member_id = theirs.author_id
           WHERE theirs.parent_id = asked.id AND theirs.thread_id = theirs.id
               AND theirs.deleted_at IS NULL
       ) AS is_answered
FROM author_questions
JOIN replies AS asked ON asked.id = author_questions.reply_id AND asked.deleted_at IS NULL
    AND NOT EXISTS (
        SELECT 1 FROM deleted_channels WHERE deleted_channels.channel_id = asked.channel_id
    )
JOIN discussions ON discussions.id = asked.discussion_id AND discussions.state = 'open'
JOIN revisions ON revisions.discussion_id = asked.discussion_id AND revisions.number = (
    SELECT max(number) FROM revisions AS r WHERE r.discussion_id = asked.discussion_id
)
LEFT JOIN reply_moves ON reply_moves.reply_id = asked.id
"""
_OF_AUTHOR = (
    _QUESTIONS
    + """
JOIN essay_authors ON essay_authors.discussion_id = author_questions.discussion_id
WHERE essay_authors.server_id = :server_id AND essay_authors.member_id = :member_id
ORDER BY asked.id
"""
)
_OF_DISCUSSION = (
    _QUESTIONS
    + """
WHERE author_questions.discussion_id = :discussion_id
ORDER BY asked.id
"""
)
_OF_ID = (
    _QUESTIONS
    + """
WHERE author_questions.reply_id = :id AND author_questions.server_id = :server_id
"""
)


async def get_questions(tx: Transaction, server_id: int, member_id: int) -> list[AuthorQuestion]:
    """The questions about a member's essays in a server, answered ones included.

    Those in open discussions; not what was deleted, erased or hidden.
    """
    rows = await tx.rows(_OF_AUTHOR, {"server_id": server_id, "member_id": member_id})
    return [_make_question(row) for row in rows]


async def get_discussion_questions(tx: Transaction, discussion_id: int) -> list[AuthorQuestion]:
    """Like :func:`get_questions`, of one discussion."""
    rows = await tx.rows(_OF_DISCUSSION, {"discussion_id": discussion_id})
    return [_make_question(row) for row in rows]


async def find_question(tx: Transaction, server_id: int, reply_id: int) -> AuthorQuestion | None:
    """A question of the server; None if :func:`get_questions` wouldn't have it."""
    row = await tx.row(_OF_ID, {"server_id": server_id, "id": reply_id})
    return None if row is None else _make_question(row)


def _make_question(row: Row) -> AuthorQuestion:
    return AuthorQuestion(
        id=row["id"],
        discussion_id=row["discussion_id"],
        title=row["title"],
        asker_id=row["author_id"],
        asker_name=row["author_name"],
        text=row["text"],
        written_at=from_milliseconds(row["written_at"]),
        message_id=row["message_id"],
        channel_id=row["channel_id"],
        thread_id=row["thread_id"],
        thumbs=row["thumbs"],
        same_as=row["same_as_id"],
        later_at=row["later_at"],
        is_answered=bool(row["is_answered"]),
    )


async def find_place(tx: Transaction, server_id: int, reply_id: int) -> QuestionPlace | None:
    """Where a question was asked; None if the reply isn't one, or was deleted."""
    row = await tx.row(
        """
        SELECT replies.id, replies.server_id, replies.discussion_id, replies.channel_id,
               replies.thread_id, replies.author_name, replies.text, discussions.state,
               discussions.style, discussions.channel_id AS parent_id,
               discussions.thread_id AS essay_thread_id, threads.state AS thread_state,
               COALESCE(reply_moves.copy_id, replies.id) AS message_id,
               (SELECT max(number) FROM revisions
                WHERE revisions.discussion_id = replies.discussion_id) AS revision
        FROM author_questions
        JOIN replies ON replies.id = author_questions.reply_id
        JOIN discussions ON discussions.id = replies.discussion_id
        LEFT JOIN threads ON threads.id = COALESCE(replies.thread_id, replies.id)
        LEFT JOIN reply_moves ON reply_moves.reply_id = replies.id
        WHERE author_questions.reply_id = :id AND author_questions.server_id = :server_id
            AND replies.deleted_at IS NULL
        """,
        {"id": reply_id, "server_id": server_id},
    )
    if row is None:
        return None
    return QuestionPlace(
        reply_id=row["id"],
        server_id=row["server_id"],
        discussion_id=row["discussion_id"],
        state=row["state"],
        style=row["style"],
        parent_id=row["parent_id"],
        essay_thread_id=row["essay_thread_id"],
        revision=row["revision"],
        message_id=row["message_id"],
        channel_id=row["channel_id"],
        thread_id=row["thread_id"],
        thread_state=row["thread_state"],
        asker_name=row["author_name"],
        text=row["text"],
    )


async def plan_thread(tx: Transaction, reply_id: int, *, name: str, now_ms: int) -> None:
    """Have a thread opened on a question in a channel that has none."""
    parameters = {"id": reply_id, "name": name, "now": now_ms}
    for statement in _PLAN_THREAD:
        await tx.run(statement, parameters)


_PLAN_THREAD = (
    """
    INSERT INTO threads (id, server_id, discussion_id, channel_id, member_id, name, state, due_at)
    SELECT id, server_id, discussion_id, channel_id, author_id, :name, 'planned', :now
    FROM replies WHERE id = :id AND thread_id IS NULL AND deleted_at IS NULL
    ON CONFLICT (id) DO NOTHING
    """,
    """
    UPDATE replies SET thread_id = id
    WHERE id = :id AND thread_id IS NULL AND EXISTS (
        SELECT 1 FROM threads WHERE threads.id = replies.id AND state <> 'failed'
    )
    """,
)


async def mark_later(tx: Transaction, reply_id: int, now_ms: int) -> None:
    """Put a question behind the others."""
    await tx.run(
        "UPDATE author_questions SET later_at = :now WHERE reply_id = :id",
        {"id": reply_id, "now": now_ms},
    )


async def separate(tx: Transaction, reply_id: int) -> None:
    """List the questions that were merged into this one separately again."""
    await tx.run(
        "UPDATE author_questions SET same_as_id = NULL WHERE same_as_id = :id", {"id": reply_id}
    )


async def set_same_as(tx: Transaction, reply_id: int, same_as: int) -> None:
    """Merge a question, and those that were merged into it, into another one."""
    await tx.run(
        """
        UPDATE author_questions SET same_as_id = :same_as
        WHERE (reply_id = :id OR same_as_id = :id) AND reply_id <> :same_as
        """,
        {"id": reply_id, "same_as": same_as},
    )
