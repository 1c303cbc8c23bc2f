"""What is new for one member in a discussion, from a reply or a time on.

Deleted, erased and hidden replies aren't in it. Whether the member may read the rest is for the
caller to check.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from storage.db.writer import Transaction

__all__ = [
    "ActiveThread",
    "FreshThread",
    "News",
    "NewsReply",
    "Since",
    "TextChange",
    "UnansweredQuestion",
    "get_news",
    "get_own_newest",
]

#: Rows of each kind at most.
_MOST = 100


@dataclass(frozen=True, slots=True)
class Since:
    """From when on something is new: later than a reply, and than a time in milliseconds."""

    reply_id: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class NewsReply:
    """A reply. ``message_id``: its copy's, if it was moved."""

    id: int
    channel_id: int
    message_id: int
    author_id: int
    author_name: str
    text: str


@dataclass(frozen=True, slots=True)
class ActiveThread:
    """A thread the member has written in. ``replies``: new ones; ``first``: of these."""

    thread_id: int
    replies: int
    first: NewsReply


@dataclass(frozen=True, slots=True)
class FreshThread:
    """A thread that is new. ``replies``: besides its first message, which is ``first``."""

    thread_id: int
    replies: int
    is_unanswered: bool
    first: NewsReply | None


@dataclass(frozen=True, slots=True)
class UnansweredQuestion:
    """A prompt that nobody has answered, and where it is."""

    prompt_content: str
    asked_questions: str
    channel_id: int
    message_id: int


@dataclass(frozen=True, slots=True)
class TextChange:
    """The text was changed. ``passages``: how many are different; ``message_id``: with the first.

    Where no passage was changed or the message was deleted: the card; None if that was, too.
    """

    at_ms: int
    passages: int
    channel_id: int | None
    message_id: int | None


@dataclass(frozen=True, slots=True)
class News:
    """What is new.

    by_authors: replies of the essay's authors, besides those to the member
    own_thread: new replies in the essay's own thread, if it has one
    """

    replies: tuple[NewsReply, ...] = ()
    by_authors: tuple[NewsReply, ...] = ()
    own_thread: ActiveThread | None = None
    active: tuple[ActiveThread, ...] = ()
    fresh: tuple[FreshThread, ...] = ()
    newcomers: tuple[NewsReply, ...] = ()
    questions: tuple[UnansweredQuestion, ...] = ()
    change: TextChange | None = None


async def get_own_newest(tx: Transaction, discussion_id: int, member_id: int) -> int:
    """The newest reply that the member wrote in a discussion; 0 if there is none."""
    row = await tx.row(_OWN_NEWEST, {"id": discussion_id, "me": member_id})
    return 0 if row is None else row["id"] or 0


async def get_news(
    tx: Transaction, discussion_id: int, *, member_id: int, since: Since, own_thread_id: int | None
) -> News:
    """What is new for a member; ``own_thread_id``: the essay's own thread or forum post, if any."""
    own = await tx.rows(_OWN, {"id": discussion_id, "me": member_id})
    joined = {row["thread_id"] for row in own if row["thread_id"] is not None}
    parameters = {
        "id": discussion_id,
        "me": member_id,
        "since": since.reply_id,
        "since_ms": since.at_ms,
        "most": _MOST,
        "own": json.dumps([row["id"] for row in own]),
        "joined": json.dumps(sorted(joined | ({own_thread_id} - {None}))),
        "own_thread_id": own_thread_id,
    }
    in_threads = await tx.rows(_ANSWERS_IN_THREADS, parameters)
    in_channel = await tx.rows(_ANSWERS_IN_CHANNEL, parameters)
    heading = await tx.rows(_ANSWERS_HEADING_THREADS, parameters)
    answers = sorted(row["id"] for row in (*in_threads, *in_channel, *heading))[:_MOST]
    by_authors = [
        row["id"] for row in await tx.rows(_BY_AUTHORS, parameters) if row["id"] not in set(answers)
    ]
    talking = await tx.rows(_JOINED_THREADS, parameters)
    newcomers = [row["first_id"] for row in await tx.rows(_NEWCOMERS, parameters)]
    fresh = await tx.rows(_FRESH_THREADS, parameters)
    replies = await _get_replies(
        tx,
        [
            *answers,
            *by_authors,
            *newcomers,
            *(row["first_id"] for row in talking),
            *(row["thread_id"] for row in fresh),
        ],
    )
    active = {
        row["thread_id"]: ActiveThread(row["thread_id"], row["replies"], replies[row["first_id"]])
        for row in talking
        if row["first_id"] in replies
    }
    own_thread = active.pop(own_thread_id, None) if own_thread_id is not None else None
    return News(
        replies=tuple(replies[one] for one in answers if one in replies),
        by_authors=tuple(replies[one] for one in by_authors if one in replies),
        own_thread=own_thread,
        active=tuple(active.values()),
        fresh=tuple(
            FreshThread(
                thread_id=row["thread_id"],
                replies=row["messages"] - (row["thread_id"] in replies),
                is_unanswered=row["first_author"] == row["last_author"]
                and row["thread_id"] in replies,
                first=replies.get(row["thread_id"]),
            )
            for row in fresh
        ),
        newcomers=tuple(replies[one] for one in newcomers if one in replies),
        questions=tuple(
            UnansweredQuestion(
                row["content"], row["asked_questions"], row["channel_id"], row["message_id"]
            )
            for row in await tx.rows(_QUESTIONS, parameters)
        ),
        change=await _find_change(tx, discussion_id, since.at_ms),
    )


async def _find_change(tx: Transaction, discussion_id: int, since_ms: int) -> TextChange | None:
    newest = await tx.row(_REVISIONS, {"id": discussion_id, "since_ms": since_ms})
    if newest is None or newest["number"] <= newest["seen"]:
        return None
    numbers = {"id": discussion_id, "newest": newest["number"], "seen": newest["seen"]}
    changed = await tx.row(_CHANGED_PASSAGES, numbers)
    assert changed is not None
    place = await tx.row(_PLACE_OF_PASSAGE, numbers | {"number": changed["first_passage"]})
    return TextChange(
        at_ms=newest["created_at"],
        passages=changed["passages"],
        channel_id=None if place is None else place["channel_id"],
        message_id=None if place is None else place["message_id"],
    )


async def _get_replies(tx: Transaction, ids: Iterable[int]) -> dict[int, NewsReply]:
    rows = await tx.rows(_REPLIES, {"ids": json.dumps(sorted(set(ids)))})
    return {
        row["id"]: NewsReply(
            id=row["id"],
            channel_id=row["channel_id"],
            message_id=row["message_id"],
            author_id=row["author_id"],
            author_name=row["author_name"],
            text=row["text"],
        )
        for row in rows
    }


# Without a plus sign, the newest id would be searched for among the replies themselves.
_OWN_NEWEST = """
SELECT max(+id) AS id FROM replies
WHERE discussion_id = :id AND author_id = :me AND deleted_at IS NULL
"""
_OWN = """
SELECT id, thread_id FROM replies
WHERE discussion_id = :id AND author_id = :me AND deleted_at IS NULL
"""
# Whoever answers a reply does that in its thread, or else in the channel.
_ANSWERS_IN_THREADS = """
SELECT id FROM replies
WHERE discussion_id = :id AND thread_id IN (SELECT CAST(value AS BIGINT) FROM json_each(:joined))
    AND deleted_at IS NULL AND +id > :since AND author_id <> :me
    AND parent_id IN (SELECT CAST(value AS BIGINT) FROM json_each(:own))
ORDER BY +id LIMIT :most
"""
_ANSWERS_IN_CHANNEL = """
SELECT id FROM replies
WHERE discussion_id = :id AND thread_id IS NULL
    AND deleted_at IS NULL AND +id > :since AND author_id <> :me
    AND parent_id IN (SELECT CAST(value AS BIGINT) FROM json_each(:own))
ORDER BY +id LIMIT :most
"""
# In the channel, too; somebody has opened a thread on them.
_ANSWERS_HEADING_THREADS = """
SELECT id FROM replies
WHERE discussion_id = :id AND thread_id = id
    AND deleted_at IS NULL AND +id > :since AND author_id <> :me
    AND parent_id IN (SELECT CAST(value AS BIGINT) FROM json_each(:own))
ORDER BY +id LIMIT :most
"""
_BY_AUTHORS = """
SELECT replies.id FROM essay_authors CROSS JOIN replies
WHERE essay_authors.discussion_id = :id AND essay_authors.member_id <> :me
    AND replies.discussion_id = :id AND replies.author_id = essay_authors.member_id
    AND replies.deleted_at IS NULL AND +replies.id > :since
ORDER BY +replies.id LIMIT :most
"""
# Without the replies to the member, which are listed by themselves.
_JOINED_THREADS = """
SELECT talk.thread_id, talk.replies, talk.first_id
FROM (
    SELECT thread_id, count(*) AS replies, min(id) AS first_id, max(id) AS newest_id
    FROM replies
    WHERE discussion_id = :id
        AND thread_id IN (SELECT CAST(value AS BIGINT) FROM json_each(:joined))
        AND deleted_at IS NULL AND +id > :since AND author_id <> :me
        AND COALESCE(parent_id, 0) NOT IN (SELECT CAST(value AS BIGINT) FROM json_each(:own))
    GROUP BY thread_id
) AS talk
JOIN threads ON threads.id = talk.thread_id AND threads.state IN ('open', 'ready')
ORDER BY talk.newest_id DESC LIMIT :most
"""
# The newest come first, so that the index is read no further.
_FRESH_THREADS = """
SELECT talk.thread_id, talk.messages, talk.first_author, talk.last_author
FROM (
    SELECT thread_id, count(*) AS messages, min(author_id) AS first_author,
           max(author_id) AS last_author
    FROM replies
    WHERE discussion_id = :id AND thread_id > :since AND deleted_at IS NULL
        AND thread_id NOT IN (SELECT CAST(value AS BIGINT) FROM json_each(:joined))
        AND (CAST(:own_thread_id AS BIGINT) IS NULL OR thread_id <> :own_thread_id)
    GROUP BY thread_id ORDER BY thread_id DESC LIMIT :most
) AS talk
JOIN threads ON threads.id = talk.thread_id AND threads.state IN ('open', 'ready')
ORDER BY talk.thread_id DESC
"""
_NEWCOMERS = """
SELECT author_id, min(id) AS first_id FROM replies
WHERE discussion_id = :id AND deleted_at IS NULL AND author_id <> :me
GROUP BY author_id
HAVING min(id) > :since
ORDER BY first_id DESC LIMIT :most
"""
_QUESTIONS = """
SELECT prompts.content, prompts.asked_questions, planned_messages.channel_id,
       planned_messages.message_id
FROM prompts
JOIN planned_messages ON planned_messages.id = prompts.planned_message_id
JOIN discussions ON discussions.id = prompts.discussion_id
WHERE prompts.discussion_id = :id AND prompts.state = 'sent' AND prompts.kind IN ('step', 'now')
    AND prompts.sent_at > :since_ms AND discussions.state = 'open'
    AND planned_messages.message_id IS NOT NULL AND planned_messages.deleted_at IS NULL
    AND NOT EXISTS (
        SELECT 1 FROM replies
        WHERE replies.planned_message_id = planned_messages.id AND replies.deleted_at IS NULL
    )
    -- in a thread that somebody opened on it
    AND NOT EXISTS (
        SELECT 1 FROM replies
        WHERE replies.discussion_id = :id AND replies.thread_id = planned_messages.message_id
            AND replies.deleted_at IS NULL
    )
    -- in the essay's own thread, where the prompt asks to write
    AND NOT EXISTS (
        SELECT 1 FROM replies
        WHERE discussions.style <> 'threads' AND replies.discussion_id = :id
            AND replies.id > planned_messages.message_id AND replies.deleted_at IS NULL
    )
ORDER BY planned_messages.message_id DESC LIMIT :most
"""
# Of the newest revision, and the one that was the newest then.
_REVISIONS = """
SELECT revisions.number, revisions.created_at, COALESCE((
    SELECT max(before.number) FROM revisions AS before
    WHERE before.discussion_id = :id AND before.created_at <= :since_ms
), 1) AS seen
FROM revisions WHERE revisions.discussion_id = :id ORDER BY revisions.number DESC LIMIT 1
"""
_CHANGED_PASSAGES = """
SELECT count(*) AS passages, min(number) AS first_passage FROM passages
WHERE discussion_id = :id AND revision = :newest AND text NOT IN (
    SELECT text FROM passages WHERE discussion_id = :id AND revision = :seen
)
"""
# The message that has the passage; else the card.
_PLACE_OF_PASSAGE = """
SELECT planned_messages.channel_id, planned_messages.message_id
FROM planned_messages
LEFT JOIN planned_message_passages ON planned_message_id = planned_messages.id
    AND planned_message_passages.revision = :newest AND number = :number
WHERE planned_messages.discussion_id = :id AND message_id IS NOT NULL AND deleted_at IS NULL
    AND (number IS NOT NULL OR purpose = 'card')
ORDER BY number IS NULL, planned_messages.id LIMIT 1
"""
_REPLIES = """
SELECT replies.id, replies.channel_id, replies.author_id, replies.author_name, replies.text,
       COALESCE((
           SELECT copy_id FROM reply_moves WHERE reply_moves.reply_id = replies.id
       ), replies.id) AS message_id
FROM replies
WHERE replies.id IN (SELECT CAST(value AS BIGINT) FROM json_each(:ids))
    AND replies.deleted_at IS NULL
    AND replies.author_id <> 0 AND NOT EXISTS (
        SELECT 1 FROM deleted_channels WHERE deleted_channels.channel_id = replies.channel_id
    )
"""
