"""Export of an essay and the tree of its replies, for people and other programs."""

from __future__ import annotations

import json
import mimetypes
import sqlite3
from collections import defaultdict
from typing import Any

from bot.clock import from_milliseconds
from bot.core.conversation.extras import NO_EXTRAS, Extras, export_extras, extras_from_columns
from bot.core.essay.blocks import Picture
from bot.core.essay.serialize import essay_from_json
from storage.db.erasure_log import ERASED_AUTHOR_ID
from storage.db.writer import Transaction
from storage.essays.discussions import ListedDiscussion

__all__ = ["export_discussion"]


def _time(milliseconds: int | None) -> str | None:
    return None if milliseconds is None else from_milliseconds(milliseconds).isoformat()


def _id(number: int | None) -> str | None:
    return None if number is None else str(number)


def _author(row: sqlite3.Row) -> dict[str, str] | None:
    if row["author_id"] == ERASED_AUTHOR_ID:
        return None
    return {"id": str(row["author_id"]), "name": row["author_name"]}


async def export_discussion(tx: Transaction, found: ListedDiscussion) -> dict[str, Any]:
    """Export a discussion in the format that docs/operators.md documents.

    Ids are strings, times ISO 8601 in UTC; replies are ordered by id.
    """
    parameters = {"id": found.id}
    passages: dict[int, list[int]] = defaultdict(list)
    for row in await tx.rows(
        """
        SELECT reply_id, reply_passages.number
        FROM reply_passages JOIN replies ON replies.id = reply_id
        WHERE discussion_id = :id ORDER BY reply_id, number
        """,
        parameters,
    ):
        passages[row["reply_id"]].append(row["number"])
    attachments: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in await tx.rows(
        """
        SELECT reply_id, name, type, size
        FROM attachments JOIN replies ON replies.id = reply_id
        WHERE discussion_id = :id ORDER BY reply_id, position
        """,
        parameters,
    ):
        attachments[row["reply_id"]].append(
            {"name": row["name"], "type": row["type"], "size": row["size"]}
        )
    reactions: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in await tx.rows(
        """
        SELECT reply_id, emoji, count
        FROM reactions JOIN replies ON replies.id = reply_id
        WHERE discussion_id = :id ORDER BY reply_id, emoji
        """,
        parameters,
    ):
        reactions[row["reply_id"]].append({"emoji": row["emoji"], "count": row["count"]})
    more: dict[int, Extras] = {}
    for row in await tx.rows(
        """
        SELECT reply_extras.* FROM reply_extras JOIN replies ON replies.id = reply_id
        WHERE discussion_id = :id
        """,
        parameters,
    ):
        more[row["reply_id"]] = extras_from_columns(dict(row))
    rows = await tx.rows(
        """
        SELECT replies.id, parent_id, author_id, author_name, written_at, edited_at, text,
               thread_id, replies.deleted_at, deleted_channels.channel_id IS NOT NULL AS hidden
        FROM replies LEFT JOIN deleted_channels ON deleted_channels.channel_id = replies.channel_id
        WHERE discussion_id = :id ORDER BY replies.id
        """,
        parameters,
    )
    # Replies in a deleted channel or thread are hidden until they are erased.
    hidden = {row["id"] for row in rows if row["hidden"]}
    for reply_id in hidden:
        attachments[reply_id], reactions[reply_id] = [], []
        more[reply_id] = NO_EXTRAS
    replies = [
        {
            "id": str(row["id"]),
            "parent": _id(row["parent_id"]),
            "author": _author(row),
            "written_at": _time(row["written_at"]),
            "edited_at": _time(row["edited_at"]),
            "text": "" if row["id"] in hidden else row["text"],
            "thread_id": _id(row["thread_id"]),
            "passages": passages[row["id"]],
            "attachments": attachments[row["id"]],
            "reactions": reactions[row["id"]],
            "deleted": row["deleted_at"] is not None or row["id"] in hidden,
            "kind": _get_kind(more.get(row["id"], NO_EXTRAS), row["text"]),
            **export_extras(more.get(row["id"], NO_EXTRAS)),
        }
        for row in rows
    ]
    return {
        "essay": {
            "id": str(found.id),
            "title": found.title,
            "state": found.state,
            "channel_id": str(found.channel_id),
            "published_at": _time(found.published_at),
            **await _export_text(tx, found),
        },
        "replies": replies,
    }


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
