"""Everything that a book of a discussion is made of, as plain rows."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from bot.core.essay.essay import Essay
from bot.core.essay.serialize import essay_from_json
from storage.db.writer import Transaction
from storage.essays.discussions import ListedDiscussion
from storage.replies.full_replies import FullReply, read_replies

__all__ = ["BookPrompt", "BookRevision", "BookRows", "get_book_rows", "get_prompts"]


@dataclass(frozen=True, slots=True)
class BookPrompt:
    """A prompt that was sent. ``sent_at``: milliseconds since 1970.

    content:  as admins write it
    asked:    the positions of the essay's questions that it asked
    """

    id: int
    sent_at: int
    content: str
    asked: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class BookRevision:
    """A version of the essay. ``closing``: the closing question an admin chose."""

    number: int
    created_at: int
    essay: Essay
    closing: str | None


@dataclass(frozen=True, slots=True)
class BookRows:
    """A discussion; replies in the order of their ids, revisions and prompts in their order."""

    discussion: ListedDiscussion
    server_name: str
    revisions: tuple[BookRevision, ...]
    replies: tuple[FullReply, ...]
    prompts: tuple[BookPrompt, ...] = ()
    pictures: dict[str, bytes] = field(default_factory=dict)


async def get_book_rows(
    tx: Transaction, found: ListedDiscussion, *, with_replies: bool = True
) -> BookRows:
    """Read what a book of a discussion is made of; without its replies if the caller has them."""
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
    replies: list[FullReply] = []
    pictures: dict[str, bytes] = {}
    if with_replies:
        pictures = {row["name"]: row["content"] for row in await tx.rows(_PICTURES, parameters)}
        async for some in read_replies(tx, found.id):
            replies += some
    return BookRows(
        discussion=found,
        server_name="" if server is None else server["name"],
        revisions=revisions,
        replies=tuple(replies),
        prompts=await get_prompts(tx, found.id),
        pictures=pictures,
    )


async def get_prompts(tx: Transaction, discussion_id: int) -> tuple[BookPrompt, ...]:
    """The prompts of a discussion that were sent, in that order; without nudges."""
    return tuple(
        BookPrompt(
            id=row["id"],
            sent_at=row["sent_at"],
            content=row["content"],
            asked=tuple(int(one) for one in row["asked_questions"].split() if one.isdigit()),
        )
        for row in await tx.rows(_PROMPTS, {"id": discussion_id})
    )


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
_PROMPTS = """
SELECT id, sent_at, content, asked_questions FROM prompts
WHERE discussion_id = :id AND state = 'sent' AND sent_at IS NOT NULL AND kind <> 'nudge'
ORDER BY sent_at, id
"""
