"""Member data: export, erasure, and opting out of having messages saved."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from bot.clock import from_milliseconds
from bot.core.conversation.forwards_polls_stickers import (
    NO_EXTRAS,
    export_extras,
    extras_from_columns,
)
from storage.db import erasure_log
from storage.db.erasure_log import Erasure
from storage.db.writer import Row, Transaction
from storage.privacy.unnamed_members import is_unnamed
from storage.replies import attachments, author_messages

__all__ = ["NO_TIME_LIMIT", "get_member_data", "opt_in", "record_erasure"]

#: No time limit: everything recorded was written before, whatever the clock says.
NO_TIME_LIMIT = (1 << 63) - 1


def _time(milliseconds: int | None) -> str | None:
    return None if milliseconds is None else from_milliseconds(milliseconds).isoformat()


def _id(number: int | None) -> str | None:
    return None if number is None else str(number)


async def get_member_data(tx: Transaction, server_id: int, member_id: int) -> dict[str, Any]:
    """Everything stored about a member of a server, for that member to read.

    The contents of their files are read by file id (storage.replies.attachments).
    """
    parameters = {"server_id": server_id, "member_id": member_id}
    replies = await tx.rows(
        """
        SELECT replies.id, revisions.title, author_name, text, written_at, edited_at, deleted_at,
               replies.channel_id, parent_id, replies.thread_id, reply_moves.copy_id,
               author_questions.reply_id IS NOT NULL AS asks_author,
               (SELECT json_group_array(number) FROM (
                    SELECT number FROM reply_passages
                    WHERE reply_id = replies.id ORDER BY number
                ) AS quoted) AS passages
        FROM replies JOIN revisions ON revisions.discussion_id = replies.discussion_id
        LEFT JOIN reply_moves ON reply_moves.reply_id = replies.id
        LEFT JOIN author_questions ON author_questions.reply_id = replies.id
        WHERE replies.server_id = :server_id AND (author_id = :member_id OR replies.id IN (
            SELECT reply_id FROM proxied_replies
            WHERE server_id = :server_id AND author_id = :member_id
        )) AND revisions.number = (
            SELECT max(number) FROM revisions AS r
            WHERE r.discussion_id = replies.discussion_id
        )
        ORDER BY replies.id
        """,
        parameters,
    )
    quotes = _by_reply(await tx.rows(_QUOTES, parameters))
    reactions = _by_reply(await tx.rows(_REACTIONS, parameters))
    files = _by_reply(await tx.rows(_FILES, parameters))
    more = {
        row["reply_id"]: extras_from_columns(dict(row))
        for row in await tx.rows(
            """
            SELECT reply_extras.* FROM replies JOIN reply_extras ON reply_id = replies.id
            WHERE server_id = :server_id AND (author_id = :member_id OR replies.id IN (
                SELECT reply_id FROM proxied_replies
                WHERE server_id = :server_id AND author_id = :member_id
            ))
            """,
            parameters,
        )
    }
    entered = await tx.rows(
        """
        SELECT answers.id, revisions.title, member_name, answers.text, submitted_at,
               answers.channel_id, answered_id, passage
        FROM answers JOIN revisions ON revisions.discussion_id = answers.discussion_id
            AND revisions.number = answers.revision
        WHERE answers.server_id = :server_id AND member_id = :member_id
            AND answers.text <> ''
        ORDER BY answers.id
        """,
        parameters,
    )
    threads = await tx.rows(
        """
        SELECT id, name FROM threads
        WHERE server_id = :server_id AND member_id = :member_id ORDER BY id
        """,
        parameters,
    )
    actions = await tx.rows(
        """
        SELECT member_name, action, done_at FROM audit_log
        WHERE server_id = :server_id AND member_id = :member_id ORDER BY id
        """,
        parameters,
    )
    submitted = await tx.rows(
        """
        SELECT member_name, file_name, received_at FROM submissions
        WHERE server_id = :server_id AND member_id = :member_id ORDER BY id
        """,
        parameters,
    )
    essays = await tx.rows(
        """
        SELECT essay_authors.discussion_id, revisions.title
        FROM essay_authors JOIN revisions ON revisions.discussion_id = essay_authors.discussion_id
        WHERE essay_authors.server_id = :server_id AND member_id = :member_id
            AND revisions.number = (
                SELECT max(number) FROM revisions AS r
                WHERE r.discussion_id = essay_authors.discussion_id
            )
        UNION
        SELECT pending_revisions.discussion_id, revisions.title
        FROM pending_authors JOIN pending_revisions ON pending_revisions.id = revision_id
        JOIN revisions ON revisions.discussion_id = pending_revisions.discussion_id
        WHERE pending_authors.server_id = :server_id AND member_id = :member_id
            AND revisions.number = (
                SELECT max(number) FROM revisions AS r
                WHERE r.discussion_id = pending_revisions.discussion_id
            )
        ORDER BY 1
        """,
        parameters,
    )
    looked = await tx.rows(
        """
        SELECT reading_marks.reply_id, reading_marks.looked_at, (
            SELECT title FROM revisions
            WHERE revisions.discussion_id = reading_marks.discussion_id
            ORDER BY number DESC LIMIT 1
        ) AS title
        FROM reading_marks
        WHERE server_id = :server_id AND member_id = :member_id ORDER BY discussion_id
        """,
        parameters,
    )
    erased = await tx.row(_ERASURE, parameters)
    return {
        "member_id": str(member_id),
        "forgotten_at": None if erased is None else _time(erased["erased_at"]),
        "opted_out_at": None if erased is None else _time(erased["opted_out_at"]),
        "unnamed_in_books": await is_unnamed(tx, server_id, member_id),
        "replies": [
            {
                "id": str(row["id"]),
                "essay": row["title"],
                "name": row["author_name"],
                "text": row["text"],
                "written_at": _time(row["written_at"]),
                "edited_at": _time(row["edited_at"]),
                "deleted_at": _time(row["deleted_at"]),
                "channel_id": str(row["channel_id"]),
                "answers": _id(row["parent_id"]),
                "thread_id": _id(row["thread_id"]),
                "copy_id": _id(row["copy_id"]),
                "asks_author": bool(row["asks_author"]),
                "passages": json.loads(row["passages"]),
                "quotes": [
                    {
                        "revision": quote["revision"],
                        "passage": quote["number"],
                        "start": quote["start_at"],
                        "end": quote["end_at"],
                        "exact": quote["exact"],
                        "before": quote["before"],
                        "after": quote["after"],
                    }
                    for quote in quotes[row["id"]]
                ],
                "reactions": [
                    {"emoji": reaction["emoji"], "count": reaction["count"]}
                    for reaction in reactions[row["id"]]
                ],
                "attachments": [_file(file) for file in files[row["id"]]],
                **export_extras(more.get(row["id"], NO_EXTRAS)),
            }
            for row in replies
        ],
        "looked_at_news": [
            {
                "essay": row["title"],
                "at": _time(row["looked_at"]),
                "newest_reply": _id(row["reply_id"] or None),
            }
            for row in looked
        ],
        "unposted_answers": [
            {
                "id": str(row["id"]),
                "essay": row["title"],
                "name": row["member_name"],
                "text": row["text"],
                "submitted_at": _time(row["submitted_at"]),
                "channel_id": str(row["channel_id"]),
                "answers": str(row["answered_id"]),
                "passages": [] if row["passage"] is None else [row["passage"]],
            }
            for row in entered
        ],
        "threads": [{"id": str(row["id"]), "name": row["name"]} for row in threads],
        "author_of": [
            {"essay": str(row["discussion_id"]), "title": row["title"]} for row in essays
        ],
        "daily_messages": await author_messages.find_state(tx, server_id, member_id),
        "acts": [
            {"name": row["member_name"], "what": row["action"], "at": _time(row["done_at"])}
            for row in actions
        ],
        "handed_in": [
            {"name": row["member_name"], "file": row["file_name"], "at": _time(row["received_at"])}
            for row in submitted
        ],
    }


def _by_reply(rows: Iterable[Row]) -> Mapping[int, list[Row]]:
    found: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        found[row["reply_id"]].append(row)
    return found


def _file(file: Row) -> dict[str, Any]:
    """A file in the export. ``kept_as``: its name among the exported files; None: not stored."""
    kept = file["kept_as"]
    named = None if kept is None else attachments.get_export_name(kept, file["name"])
    return {"name": file["name"], "type": file["type"], "size": file["size"], "kept_as": named}


async def record_erasure(
    tx: Transaction, server_id: int, member_id: int, now_ms: int, *, opt_out: bool
) -> Erasure:
    """Record that a member was erased; the erasure, for the caller to append to the erasure log.

    ``opt_out``: from now on their replies in the server are saved without name and text. A member
    who opted out before stays opted out without it, until :func:`opt_in`.
    """
    since = await _get_opted_out_at(tx, server_id, member_id)
    if since is None and opt_out:
        since = now_ms
    return await erasure_log.record_erasure(tx, Erasure(server_id, member_id, now_ms, since))


async def opt_in(tx: Transaction, server_id: int, member_id: int, now_ms: int) -> Erasure | None:
    """Save the messages of a member who opted out from now on; None if they hadn't opted out.

    What they wrote meanwhile isn't saved. The caller appends the returned erasure to the log.
    """
    if await _get_opted_out_at(tx, server_id, member_id) is None:
        return None
    return await erasure_log.record_erasure(tx, Erasure(server_id, member_id, now_ms, None))


async def _get_opted_out_at(tx: Transaction, server_id: int, member_id: int) -> int | None:
    row = await tx.row(_ERASURE, {"server_id": server_id, "member_id": member_id})
    return None if row is None else row["opted_out_at"]


_ERASURE = """
SELECT erased_at, opted_out_at FROM erased_members
WHERE server_id = :server_id AND member_id = :member_id
"""
# What belongs to a member's replies, those included that an app reposted for them.
_QUOTES = """
SELECT reply_anchors.* FROM replies JOIN reply_anchors ON reply_anchors.reply_id = replies.id
WHERE replies.server_id = :server_id AND (author_id = :member_id OR replies.id IN (
    SELECT reply_id FROM proxied_replies
    WHERE server_id = :server_id AND author_id = :member_id
))
ORDER BY reply_anchors.reply_id, reply_anchors.position
"""
_REACTIONS = """
SELECT reactions.* FROM replies JOIN reactions ON reactions.reply_id = replies.id
WHERE replies.server_id = :server_id AND (author_id = :member_id OR replies.id IN (
    SELECT reply_id FROM proxied_replies
    WHERE server_id = :server_id AND author_id = :member_id
))
ORDER BY reactions.reply_id, reactions.emoji
"""
_FILES = """
SELECT attachments.reply_id, attachments.name, attachments.type, attachments.size,
       CASE attachment_files.state WHEN 'stored' THEN attachment_files.id END AS kept_as
FROM replies JOIN attachments ON attachments.reply_id = replies.id
LEFT JOIN attachment_files ON attachment_files.id = attachments.file_id
    AND attachment_files.reply_id = replies.id
WHERE replies.server_id = :server_id AND (author_id = :member_id OR replies.id IN (
    SELECT reply_id FROM proxied_replies
    WHERE server_id = :server_id AND author_id = :member_id
))
ORDER BY attachments.reply_id, attachments.position
"""
