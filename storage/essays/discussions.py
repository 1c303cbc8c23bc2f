"""Discussions: essays as hosted in a channel."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from bot.core.conversation.styles import THREADS
from bot.core.essay.essay import Essay
from bot.core.layout.withdrawn import make_withdrawn_body
from bot.errors import UnknownEssay
from storage.db.writer import Transaction
from storage.delivery import alerts, message_edits
from storage.delivery.message_edits import NewMessageEdit
from storage.delivery.messages import NewMessage
from storage.essays import apply_revision, drafts
from storage.essays.revisions import NewRevision, digest
from storage.essays.submissions import Submission

__all__ = ["Listed", "find", "listed", "same_essay", "start", "turn", "withdraw"]


@dataclass(frozen=True, slots=True)
class Listed:
    """A discussion as ``/essay list`` shows it.

    ``card_id``: the message id of its opening card, unless that was deleted. ``stopped``: the error
    that stopped its publishing. ``thread_id``: its own thread or forum post, once the card is sent;
    ``thread_gone``: that was deleted or couldn't be opened. ``revision``: the newest.
    """

    id: int
    server_id: int
    channel_id: int
    title: str
    state: str
    scheduled_for: int | None
    published_at: int | None
    card_id: int | None
    stopped: str | None
    style: str
    thread_id: int | None
    thread_gone: bool
    revision: int


async def same_essay(
    tx: Transaction, channel_id: int, essay: Essay, besides: int = 0
) -> Listed | None:
    """Find the newest discussion of exactly this text in a channel that isn't withdrawn.

    ``besides``: the id of a discussion to ignore.
    """
    row = await tx.row(
        """
        SELECT discussions.id
        FROM discussions JOIN revisions ON revisions.discussion_id = discussions.id
        WHERE discussions.channel_id = :channel_id AND discussions.state <> 'withdrawn'
            AND revisions.content_hash = :content_hash AND discussions.id <> :besides
            AND revisions.number = (
                SELECT max(number) FROM revisions AS r WHERE r.discussion_id = discussions.id
            )
        ORDER BY discussions.id DESC
        """,
        {"channel_id": channel_id, "content_hash": digest(essay), "besides": besides},
    )
    return None if row is None else await _listed_one(tx, row["id"])


async def same_drafts(tx: Transaction, channel_id: int, essay: Essay) -> list[int]:
    """The drafts of exactly this text for a channel, the newest first."""
    rows = await tx.rows(
        """
        SELECT discussions.id
        FROM discussions JOIN revisions ON revisions.discussion_id = discussions.id
        WHERE discussions.channel_id = :channel_id AND discussions.state = 'draft'
            AND revisions.content_hash = :content_hash
        ORDER BY discussions.id DESC
        """,
        {"channel_id": channel_id, "content_hash": digest(essay)},
    )
    return [row["id"] for row in rows]


async def start(
    tx: Transaction,
    *,
    submission: Submission,
    essay: Essay,
    source: bytes,
    planned: Sequence[NewMessage],
    now_ms: int,
    style: str = THREADS,
) -> int:
    """Create a draft of an essay and start publishing it; the discussion's id."""
    discussion_id = await drafts.create(
        tx,
        submission=submission,
        revision=NewRevision(essay, source, submission.file_name, None, ()),
        planned=planned,
        style=style,
        now_ms=now_ms,
    )
    await drafts.publish(
        tx,
        discussion_id,
        member_id=submission.member_id,
        member_name=submission.member_name,
        after_id=submission.id,
        now_ms=now_ms,
    )
    return discussion_id


_LISTED = """
SELECT discussions.id, discussions.server_id, discussions.channel_id, discussions.state,
       discussions.scheduled_for, discussions.published_at, revisions.title,
       discussions.style, discussions.thread_id,
       EXISTS (SELECT 1 FROM threads
               WHERE threads.id = discussions.thread_id AND threads.state = 'failed'
       ) AS thread_gone,
       revisions.number AS revision,
       (SELECT message_id FROM planned_messages
        WHERE planned_messages.discussion_id = discussions.id AND purpose = 'card'
            AND deleted_at IS NULL) AS card_id,
       (SELECT max(last_error) FROM planned_messages
        WHERE planned_messages.discussion_id = discussions.id AND discussions.state = 'publishing'
            AND planned_messages.state = 'failed') AS stopped
FROM discussions JOIN revisions ON revisions.discussion_id = discussions.id
WHERE revisions.number = (
    SELECT max(number) FROM revisions AS r WHERE r.discussion_id = discussions.id
)
"""
_LISTED_ONE = _LISTED + "AND discussions.id = :id"
_LISTED_BY_TITLE = _LISTED + "AND revisions.title = :title ORDER BY discussions.id"
_LISTED_BY_SERVER = _LISTED + "AND discussions.server_id = :server_id ORDER BY discussions.id DESC"


async def _some(tx: Transaction, sql: str, parameters: dict[str, object]) -> list[Listed]:
    return [
        Listed(
            id=row["id"],
            server_id=row["server_id"],
            channel_id=row["channel_id"],
            title=row["title"],
            state=row["state"],
            scheduled_for=row["scheduled_for"],
            published_at=row["published_at"],
            card_id=row["card_id"],
            stopped=row["stopped"],
            style=row["style"],
            thread_id=row["thread_id"],
            thread_gone=bool(row["thread_gone"]),
            revision=row["revision"],
        )
        for row in await tx.rows(sql, parameters)
    ]


async def _listed_one(tx: Transaction, discussion_id: int) -> Listed | None:
    found = await _some(tx, _LISTED_ONE, {"id": discussion_id})
    return found[0] if found else None


async def listed(tx: Transaction, server_id: int) -> list[Listed]:
    """List a server's discussions, the newest first."""
    return await _some(tx, _LISTED_BY_SERVER, {"server_id": server_id})


async def find(tx: Transaction, essay: str) -> Listed:
    """Find the discussion with this number or exact title; UnknownEssay unless exactly one matches.

    A number that no discussion has is searched as a title.
    """
    if essay.strip().isascii() and essay.strip().isdigit() and len(essay.strip()) < 19:
        found = await _listed_one(tx, int(essay.strip()))
        if found is not None:
            return found
    matching = await _some(tx, _LISTED_BY_TITLE, {"title": essay})
    if not matching:
        raise UnknownEssay(f"No essay has the number or the title “{essay}”.")
    if len(matching) > 1:
        numbers = ", ".join(str(found.id) for found in matching)
        raise UnknownEssay(
            f"Several essays are titled “{essay}”: name one by its number ({numbers})."
        )
    return matching[0]


async def turn(
    tx: Transaction, discussion_id: int, *, before: str, after: str, now_ms: int
) -> int | None:
    """Change a discussion's state from ``before`` to ``after``; its server.

    None if its state wasn't ``before``. The essay's own thread or forum post, if it has one, is
    locked when the discussion is closed, and unlocked when it is opened again.
    """
    row = await tx.row(
        """
        UPDATE discussions SET state = :after
        WHERE id = :id AND state = :before RETURNING server_id, style, thread_id
        """,
        {"id": discussion_id, "before": before, "after": after},
    )
    if row is None:
        return None
    if after == "open":
        # The notice that it is closed was posted once; it may be posted again when it closes again.
        await alerts.clear(tx, row["server_id"], f"closed discussion {discussion_id}")
    if row["style"] != "threads" and row["thread_id"] is not None:
        await message_edits.plan(
            tx,
            server_id=row["server_id"],
            discussion_id=discussion_id,
            edits=[NewMessageEdit("lock" if after == "closed" else "unlock", row["thread_id"])],
            now_ms=now_ms,
        )
    server_id: int = row["server_id"]
    return server_id


async def withdraw(tx: Transaction, discussion_id: int, now_ms: int) -> int | None:
    """Withdraw an essay; its server, or None if it was neither publishing, open nor closed.

    Plans to delete the bot's messages and to lock the threads; members' messages stay. In a forum
    post the bot's messages are emptied instead, because it would lose its first message.
    """
    key = {"id": discussion_id}
    row = await tx.row(
        """
        UPDATE discussions SET state = 'withdrawn'
        WHERE id = :id AND state IN ('publishing', 'open', 'closed') RETURNING server_id, style
        """,
        key,
    )
    if row is None:
        return None
    await apply_revision.stop(tx, discussion_id)
    await tx.run(
        """
        UPDATE prompts SET state = 'skipped', reason = 'the discussion is withdrawn'
        WHERE state = 'claimed' AND planned_message_id IN (
            SELECT id FROM planned_messages WHERE discussion_id = :id AND state = 'planned'
        )
        """,
        key,
    )
    await tx.run(
        """
        UPDATE planned_messages SET state = 'failed', last_error = 'The essay was withdrawn.'
        WHERE discussion_id = :id AND state = 'planned'
        """,
        key,
    )
    # A planned thread may exist: Discord may have opened it without its response reaching the bot.
    threads = await tx.rows(
        """
        SELECT id FROM threads
        WHERE discussion_id = :id AND state IN ('planned', 'open', 'ready')
        """,
        key,
    )
    await tx.run(
        """
        UPDATE threads SET state = 'failed', last_error = 'The essay was withdrawn.'
        WHERE discussion_id = :id AND state = 'planned'
        """,
        key,
    )
    posted = await tx.rows(
        """
        SELECT purpose, channel_id, message_id, payload FROM planned_messages
        WHERE discussion_id = :id AND state = 'sent' AND message_id IS NOT NULL
        ORDER BY id
        """,
        key,
    )
    locks = [NewMessageEdit("lock", thread["id"]) for thread in threads]
    if row["style"] == "forum":
        # Lock it at once, and again after the edits, which unarchive it.
        edits = [
            *locks,
            *(_empty(message) for message in posted),
            *locks,
        ]
    else:
        edits = [
            NewMessageEdit("delete", message["channel_id"], message["message_id"])
            for message in posted
        ]
        edits += locks
    await message_edits.plan(
        tx,
        server_id=row["server_id"],
        discussion_id=discussion_id,
        edits=edits,
        now_ms=now_ms,
    )
    server_id: int = row["server_id"]
    return server_id


def _empty(message: sqlite3.Row) -> NewMessageEdit:
    body = make_withdrawn_body(message["purpose"], json.loads(message["payload"]))
    return NewMessageEdit(
        "delete" if body is None else "edit", message["channel_id"], message["message_id"], body
    )
