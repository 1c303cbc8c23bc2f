"""Everything that a book of a discussion is made of, as plain rows."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field

from bot.core.conversation.extras import NO_EXTRAS, Extras, extras_from_columns
from bot.core.essay.essay import Essay
from bot.core.essay.serialize import essay_from_json
from storage.db.erasure_log import ERASED_AUTHOR_ID
from storage.db.writer import Transaction
from storage.essays.discussions import ListedDiscussion

__all__ = ["BookFile", "BookReply", "BookRevision", "BookRows", "get_book_rows"]


@dataclass(frozen=True, slots=True)
class BookFile:
    """A file attached to a reply; ``size`` in bytes."""

    name: str
    size: int


@dataclass(frozen=True, slots=True)
class BookReply:
    """A reply. Times are milliseconds since 1970.

    author_id:  None: somebody who was erased
    is_named:   False: they want to appear as a reader
    passages:   revision and number of each passage it is about
    purpose:    of the bot's message that it answers: 'part', 'closing', 'prompt' …; None if none
    question:   the position of the essay's question that this prompt asked; None if none
    is_deleted: deleted, erased, or in a channel that was deleted; then it has no content
    """

    id: int
    parent_id: int | None
    channel_id: int
    author_id: int | None
    author_name: str
    is_named: bool
    written_at: int
    is_edited: bool
    text: str
    passages: tuple[tuple[int, int], ...]
    purpose: str | None
    question: int | None
    files: tuple[BookFile, ...]
    reactions: tuple[tuple[str, int], ...]
    extras: Extras
    is_deleted: bool


@dataclass(frozen=True, slots=True)
class BookRevision:
    """A version of the essay. ``closing``: the closing question an admin chose."""

    number: int
    created_at: int
    essay: Essay
    closing: str | None


@dataclass(frozen=True, slots=True)
class BookRows:
    """A discussion; replies in the order of their ids, revisions in their order."""

    discussion: ListedDiscussion
    server_name: str
    revisions: tuple[BookRevision, ...]
    replies: tuple[BookReply, ...]
    pictures: dict[str, bytes] = field(default_factory=dict)


async def get_book_rows(tx: Transaction, found: ListedDiscussion) -> BookRows:
    """Read what a book of a discussion is made of."""
    parameters = {"id": found.id, "server_id": found.server_id}
    server = await tx.row("SELECT name FROM servers WHERE id = :server_id", parameters)
    revisions = tuple(
        BookRevision(
            row["number"],
            row["created_at"],
            essay_from_json(json.loads(row["essay"])),
            row["closing_question"],
        )
        for row in await tx.rows(_REVISIONS, parameters)
    )
    pictures = {row["name"]: row["content"] for row in await tx.rows(_PICTURES, parameters)}
    return BookRows(
        discussion=found,
        server_name="" if server is None else server["name"],
        revisions=revisions,
        replies=await _get_replies(tx, parameters),
        pictures=pictures,
    )


async def _get_replies(tx: Transaction, parameters: dict[str, int]) -> tuple[BookReply, ...]:
    passages: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for row in await tx.rows(_PASSAGES, parameters):
        passages[row["reply_id"]].append((row["revision"], row["number"]))
    files: dict[int, list[BookFile]] = defaultdict(list)
    for row in await tx.rows(_FILES, parameters):
        files[row["reply_id"]].append(BookFile(row["name"], row["size"]))
    reactions: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for row in await tx.rows(_REACTIONS, parameters):
        reactions[row["reply_id"]].append((row["emoji"], row["count"]))
    extras = {
        row["reply_id"]: extras_from_columns(dict(row))
        for row in await tx.rows(_EXTRAS, parameters)
    }
    replies = []
    for row in await tx.rows(_REPLIES, parameters):
        deleted = row["deleted_at"] is not None or bool(row["hidden"])
        asked = [one for one in (row["asked_questions"] or "").split() if one.isdigit()]
        erased = row["author_id"] == ERASED_AUTHOR_ID
        key = row["id"]
        replies.append(
            BookReply(
                id=key,
                parent_id=row["parent_id"],
                channel_id=row["channel_id"],
                author_id=None if erased else row["author_id"],
                author_name=row["author_name"],
                is_named=row["unnamed_id"] is None,
                written_at=row["written_at"],
                is_edited=row["edited_at"] is not None,
                text="" if deleted else row["text"],
                passages=tuple(passages.get(key, ())),
                purpose=row["purpose"],
                question=int(asked[0]) if asked else None,
                files=() if deleted else tuple(files.get(key, ())),
                reactions=() if deleted else tuple(reactions.get(key, ())),
                extras=NO_EXTRAS if deleted else extras.get(key, NO_EXTRAS),
                is_deleted=deleted,
            )
        )
    return tuple(replies)


_REVISIONS = """
SELECT revisions.number, revisions.created_at, revisions.closing_question, revision_contents.essay
FROM revisions JOIN revision_contents USING (discussion_id, number)
WHERE revisions.discussion_id = :id ORDER BY revisions.number
"""
_PICTURES = """
SELECT pictures.name, pictures.content
FROM discussion_pictures JOIN pictures ON pictures.name = discussion_pictures.name
WHERE discussion_pictures.discussion_id = :id ORDER BY pictures.name
"""
_REPLIES = """
SELECT replies.id, replies.parent_id, replies.channel_id, replies.author_id, replies.author_name,
       replies.written_at, replies.edited_at, replies.deleted_at, replies.text,
       planned_messages.purpose, prompts.asked_questions,
       unnamed_members.member_id AS unnamed_id,
       deleted_channels.channel_id IS NOT NULL AS hidden
FROM replies
LEFT JOIN planned_messages ON planned_messages.id = replies.planned_message_id
LEFT JOIN prompts ON prompts.planned_message_id = replies.planned_message_id
LEFT JOIN deleted_channels ON deleted_channels.channel_id = replies.channel_id
LEFT JOIN unnamed_members ON unnamed_members.member_id = replies.author_id
    AND unnamed_members.server_id = replies.server_id
WHERE replies.discussion_id = :id ORDER BY replies.id
"""
_PASSAGES = """
SELECT reply_passages.reply_id, reply_passages.revision, reply_passages.number
FROM reply_passages JOIN replies ON replies.id = reply_passages.reply_id
WHERE replies.discussion_id = :id
ORDER BY reply_passages.reply_id, reply_passages.revision, reply_passages.number
"""
_FILES = """
SELECT attachments.reply_id, attachments.name, attachments.size
FROM attachments JOIN replies ON replies.id = attachments.reply_id
WHERE replies.discussion_id = :id ORDER BY attachments.reply_id, attachments.position
"""
_REACTIONS = """
SELECT reactions.reply_id, reactions.emoji, reactions.count
FROM reactions JOIN replies ON replies.id = reactions.reply_id
WHERE replies.discussion_id = :id ORDER BY reactions.reply_id, reactions.emoji
"""
_EXTRAS = """
SELECT reply_extras.* FROM reply_extras JOIN replies ON replies.id = reply_extras.reply_id
WHERE replies.discussion_id = :id
"""
