"""The replies of a discussion with everything that was saved with them, read in slices.

For books and exports. A discussion may have a hundred thousand replies: between two slices the
event loop does other work, and what isn't kept takes no memory.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass

from bot.core.conversation.anchors import Anchor
from bot.core.conversation.forwards_polls_stickers import NO_EXTRAS, Extras, extras_from_columns
from storage.db.erasure_log import ERASED_AUTHOR_ID
from storage.db.writer import Row, Transaction

__all__ = ["FullReply", "ReplyFile", "read_replies"]

#: Replies in a slice: a few milliseconds of work.
_SLICE = 500


@dataclass(frozen=True, slots=True)
class ReplyFile:
    """A file attached to a reply; ``size`` in bytes, ``type`` as Discord gave it."""

    name: str
    type: str | None
    size: int


@dataclass(frozen=True, slots=True)
class FullReply:
    """A reply. Times are milliseconds since 1970.

    author_id:  None: somebody who was erased
    is_named:   False: they want to appear as a reader
    by_author:  one of the essay's authors wrote it; asks_author: it is a question to them
    passages:   revision and number of each passage it is about
    quotes:     the words of the essay that it quotes, each with the revision
    purpose:    of the bot's message that it answers: 'part', 'closing', 'prompt' …; None if none
    prompt_id:  the prompt that it answers; None if none
    is_deleted: deleted, erased, or in a channel that was deleted; then it has no content
    """

    id: int
    parent_id: int | None
    channel_id: int
    thread_id: int | None
    author_id: int | None
    author_name: str
    is_named: bool
    written_at: int
    edited_at: int | None
    text: str
    passages: tuple[tuple[int, int], ...]
    quotes: tuple[tuple[int, Anchor], ...]
    purpose: str | None
    prompt_id: int | None
    files: tuple[ReplyFile, ...]
    reactions: tuple[tuple[str, int], ...]
    extras: Extras
    is_deleted: bool
    by_author: bool = False
    asks_author: bool = False


async def read_replies(
    tx: Transaction, discussion_id: int, *, at_once: int = _SLICE
) -> AsyncIterator[list[FullReply]]:
    """The replies in the order of their ids, ``at_once`` at a time."""
    after = -1
    while True:
        parameters = {"id": discussion_id, "after": after, "most": at_once}
        rows = await tx.rows(_REPLIES, parameters)
        if not rows:
            return
        parameters = {"id": discussion_id, "first": rows[0]["id"], "last": rows[-1]["id"]}
        passages: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for row in await tx.rows(_PASSAGES, parameters):
            passages[row["reply_id"]].append((row["revision"], row["number"]))
        quotes: dict[int, list[tuple[int, Anchor]]] = defaultdict(list)
        for row in await tx.rows(_QUOTES, parameters):
            quotes[row["reply_id"]].append((row["revision"], _make_anchor(row)))
        files: dict[int, list[ReplyFile]] = defaultdict(list)
        for row in await tx.rows(_FILES, parameters):
            files[row["reply_id"]].append(ReplyFile(row["name"], row["type"], row["size"]))
        reactions: dict[int, list[tuple[str, int]]] = defaultdict(list)
        for row in await tx.rows(_REACTIONS, parameters):
            reactions[row["reply_id"]].append((row["emoji"], row["count"]))
        extras = {
            row["reply_id"]: extras_from_columns(dict(row))
            for row in await tx.rows(_EXTRAS, parameters)
        }
        replies = []
        for row in rows:
            key = row["id"]
            deleted = row["deleted_at"] is not None or bool(row["hidden"])
            erased = row["author_id"] == ERASED_AUTHOR_ID
            replies.append(
                FullReply(
                    id=key,
                    parent_id=row["parent_id"],
                    channel_id=row["channel_id"],
                    thread_id=row["thread_id"],
                    author_id=None if erased else row["author_id"],
                    author_name=row["author_name"],
                    is_named=row["unnamed_id"] is None,
                    written_at=row["written_at"],
                    edited_at=row["edited_at"],
                    text="" if deleted else row["text"],
                    passages=tuple(passages.get(key, ())),
                    quotes=() if deleted else tuple(quotes.get(key, ())),
                    purpose=row["purpose"],
                    prompt_id=row["prompt_id"],
                    files=() if deleted else tuple(files.get(key, ())),
                    reactions=() if deleted else tuple(reactions.get(key, ())),
                    extras=NO_EXTRAS if deleted else extras.get(key, NO_EXTRAS),
                    is_deleted=deleted,
                    by_author=bool(row["by_author"]),
                    asks_author=bool(row["asks_author"]),
                )
            )
        yield replies
        after = rows[-1]["id"]


def _make_anchor(row: Row) -> Anchor:
    return Anchor(
        row["number"], row["start_at"], row["end_at"], row["exact"], row["before"], row["after"]
    )


_REPLIES = """
SELECT replies.id, replies.parent_id, replies.channel_id, replies.thread_id, replies.author_id,
       replies.author_name, replies.written_at, replies.edited_at, replies.deleted_at,
       replies.text, planned_messages.purpose, prompts.id AS prompt_id,
       unnamed_members.member_id AS unnamed_id,
       deleted_channels.channel_id IS NOT NULL AS hidden,
       essay_authors.member_id IS NOT NULL AS by_author,
       author_questions.reply_id IS NOT NULL AS asks_author
FROM replies
LEFT JOIN planned_messages ON planned_messages.id = replies.planned_message_id
LEFT JOIN prompts ON prompts.planned_message_id = replies.planned_message_id
LEFT JOIN deleted_channels ON deleted_channels.channel_id = replies.channel_id
LEFT JOIN unnamed_members ON unnamed_members.member_id = replies.author_id
    AND unnamed_members.server_id = replies.server_id
LEFT JOIN essay_authors ON essay_authors.discussion_id = replies.discussion_id
    AND essay_authors.member_id = replies.author_id
LEFT JOIN author_questions ON author_questions.reply_id = replies.id
WHERE replies.discussion_id = :id AND replies.id > :after ORDER BY replies.id LIMIT :most
"""
_PASSAGES = """
SELECT reply_passages.reply_id, reply_passages.revision, reply_passages.number
FROM reply_passages JOIN replies ON replies.id = reply_passages.reply_id
WHERE replies.discussion_id = :id AND replies.id BETWEEN :first AND :last
ORDER BY reply_passages.reply_id, reply_passages.revision, reply_passages.number
"""
_QUOTES = """
SELECT reply_anchors.* FROM reply_anchors JOIN replies ON replies.id = reply_anchors.reply_id
WHERE replies.discussion_id = :id AND replies.id BETWEEN :first AND :last
ORDER BY reply_anchors.reply_id, reply_anchors.position
"""
_FILES = """
SELECT attachments.reply_id, attachments.name, attachments.type, attachments.size
FROM attachments JOIN replies ON replies.id = attachments.reply_id
WHERE replies.discussion_id = :id AND replies.id BETWEEN :first AND :last
ORDER BY attachments.reply_id, attachments.position
"""
_REACTIONS = """
SELECT reactions.reply_id, reactions.emoji, reactions.count
FROM reactions JOIN replies ON replies.id = reactions.reply_id
WHERE replies.discussion_id = :id AND replies.id BETWEEN :first AND :last
ORDER BY reactions.reply_id, reactions.emoji
"""
_EXTRAS = """
SELECT reply_extras.* FROM reply_extras JOIN replies ON replies.id = reply_extras.reply_id
WHERE replies.discussion_id = :id AND replies.id BETWEEN :first AND :last
"""
