"""Export of an essay and the tree of its replies as JSON, for people and other programs.

It is written piece by piece, a reply on each line, so that its size doesn't matter.
"""

from __future__ import annotations

import json
import mimetypes
from collections.abc import AsyncIterator
from typing import Any

from bot.clock import from_milliseconds
from bot.core.conversation.anchors import Anchor
from bot.core.conversation.forwards_polls_stickers import Extras, export_extras
from bot.core.essay.blocks import Picture
from bot.core.essay.serialize import essay_from_json
from storage.db.writer import Transaction
from storage.essays.discussions import ListedDiscussion
from storage.replies.full_replies import FullReply, read_replies

__all__ = ["count_replies", "export_discussion"]


async def export_discussion(tx: Transaction, found: ListedDiscussion) -> AsyncIterator[str]:
    """The export of a discussion in the format that docs/operators.md documents, in pieces.

    Ids are strings, times ISO 8601 in UTC; replies are ordered by id.
    """
    essay = {
        "id": str(found.id),
        "title": found.title,
        "state": found.state,
        "channel_id": str(found.channel_id),
        "published_at": _time(found.published_at),
        **await _export_text(tx, found),
    }
    shown = _to_json(essay, indent=2).replace("\n", "\n  ")
    yield f'{{\n  "essay": {shown},\n  "replies": ['
    separator = "\n"
    async for replies in read_replies(tx, found.id):
        yield separator + ",\n".join(f"    {_to_json(_export_reply(one))}" for one in replies)
        separator = ",\n"
    yield "]\n}" if separator == "\n" else "\n  ]\n}"


async def count_replies(tx: Transaction, discussion_id: int) -> int:
    """How many replies an export of a discussion has, deleted ones included."""
    row = await tx.row(
        "SELECT count(*) AS replies FROM replies WHERE discussion_id = :id", {"id": discussion_id}
    )
    assert row is not None
    return int(row["replies"])


def _to_json(value: object, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent)


def _export_reply(reply: FullReply) -> dict[str, Any]:
    author = None
    if reply.author_id is not None:
        author = {"id": str(reply.author_id), "name": reply.author_name}
    return {
        "id": str(reply.id),
        "parent": _id(reply.parent_id),
        "author": author,
        "by_author": reply.by_author,
        "asks_author": reply.asks_author,
        "written_at": _time(reply.written_at),
        "edited_at": _time(reply.edited_at),
        "text": reply.text,
        "thread_id": _id(reply.thread_id),
        "passages": sorted(number for _revision, number in reply.passages),
        "quotes": [_export_quote(revision, anchor) for revision, anchor in reply.quotes],
        "attachments": [
            {"name": one.name, "type": one.type, "size": one.size} for one in reply.files
        ],
        "reactions": [{"emoji": emoji, "count": count} for emoji, count in reply.reactions],
        "deleted": reply.is_deleted,
        "kind": _get_kind(reply.extras, reply.text),
        **export_extras(reply.extras),
    }


def _export_quote(revision: int, anchor: Anchor) -> dict[str, Any]:
    return {
        "revision": revision,
        "passage": anchor.number,
        "start": anchor.start,
        "end": anchor.end,
        "exact": anchor.exact,
        "before": anchor.before,
        "after": anchor.after,
    }


def _time(milliseconds: int | None) -> str | None:
    return None if milliseconds is None else from_milliseconds(milliseconds).isoformat()


def _id(number: int | None) -> str | None:
    return None if number is None else str(number)


async def _export_text(tx: Transaction, found: ListedDiscussion) -> dict[str, Any]:
    """Author, source, passages and pictures of the essay's newest revision."""
    parameters = {"id": found.id, "revision": found.revision}
    facts = await tx.row(
        """
        SELECT author, source_url FROM revisions
        WHERE discussion_id = :id AND number = :revision
        """,
        parameters,
    )
    passages = await tx.rows(
        """
        SELECT number, text FROM passages
        WHERE discussion_id = :id AND revision = :revision ORDER BY number
        """,
        parameters,
    )
    pictures = await tx.rows(
        """
        SELECT pictures.name, length(pictures.content) AS size
        FROM discussion_pictures JOIN pictures ON pictures.name = discussion_pictures.name
        WHERE discussion_pictures.discussion_id = :id ORDER BY pictures.name
        """,
        parameters,
    )
    content = await tx.row(
        """
        SELECT essay FROM revision_contents
        WHERE discussion_id = :id AND number = :revision
        """,
        parameters,
    )
    described: dict[str, str] = {}
    if content is not None and pictures:
        for one in essay_from_json(json.loads(content["essay"])).body:
            if isinstance(one.block, Picture) and one.block.file:
                described.setdefault(one.block.file, one.block.alt)
    return {
        "author": None if facts is None else facts["author"],
        "source_url": None if facts is None else facts["source_url"],
        "passages": [{"number": row["number"], "text": row["text"]} for row in passages],
        "attachments": [
            {
                "name": row["name"],
                "type": mimetypes.guess_type(row["name"])[0],
                "size": row["size"],
                "description": described.get(row["name"], ""),
            }
            for row in pictures
        ],
    }


def _get_kind(extras: Extras, text: str) -> str:
    """What a reply is: a forward, a poll, a sticker without words, or else a message."""
    if extras.forward is not None:
        return "forward"
    if extras.poll is not None:
        return "poll"
    return "sticker" if extras.stickers and not text else "message"
