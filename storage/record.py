"""The record: what happened, in order of arrival, written a batch at a time.

A batch is one unit of work. What the archive knows of the channels and messages that the batch
speaks of is asked once for all of it, each event is then decided by
:func:`bot.discussion.routing.route` on top of the ones before it, and the rows are written
together, so that the cost of a message does not hang on visits to the database's thread.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.clock import to_milliseconds
from bot.discussion.naming import thread_name
from bot.discussion.routing import (
    Answered,
    AnsweredPost,
    AnsweredReply,
    Ignore,
    Record,
    ThreadPlace,
    route,
)
from bot.discussion.talk import (
    Attachment,
    Deletion,
    Edit,
    Event,
    Message,
    Reaction,
    ReactionsCleared,
)
from storage import posts
from storage.prompts import PLAN_NUDGE
from storage.writer import Transaction

__all__ = ["Recorded", "record"]


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a batch led to: whether there is something new for the outbox to do."""

    threads_wanted: int
    posts_confirmed: int


@dataclass(slots=True)
class _Known:
    """What the archive knows of the ids in a batch, kept current while the batch is decided."""

    threads: dict[int, ThreadPlace] = field(default_factory=dict)
    answered: dict[int, Answered] = field(default_factory=dict)


class _Changes:
    """The changes a batch has led to, in order; neighbours of one kind are written together."""

    def __init__(self) -> None:
        self._changes: list[tuple[str, dict[str, Any]]] = []

    def add(self, sql: str, row: dict[str, Any]) -> None:
        """One more change, after all that were added before."""
        self._changes.append((sql, row))

    async def write(self, tx: Transaction) -> None:
        """Run them all."""
        for sql, changes in itertools.groupby(self._changes, key=lambda change: change[0]):
            await tx.run_many(sql, [row for _, row in changes])


async def record(
    tx: Transaction, events: Sequence[Event], *, proven: frozenset[int], now_ms: int
) -> Recorded:
    """Write what ``events`` tell, in their order.

    ``proven``: the channels whose record had no gap when these events arrived; only for them
    does a live message move the watermark (design: the record is complete).
    """
    confirmed = 0
    for event in events:
        if isinstance(event, Message) and event.own:
            confirmed += await posts.recognise(tx, event, now_ms)
    known = await _ask(tx, events)
    changes = _Changes()
    watermarks: dict[int, int] = {}
    wanted = 0
    for event in events:
        match event:
            case Message():
                wanted += _message(event, known, changes, now_ms)
                if event.channel_id in proven:
                    newest = watermarks.get(event.channel_id, 0)
                    watermarks[event.channel_id] = max(newest, event.id)
            case Edit():
                _edit(event, known, changes)
            case Deletion():
                _deletion(event, changes)
            case Reaction():
                row = {"id": event.message_id, "emoji": event.emoji, "change": event.change}
                changes.add(_COUNT_REACTION, row)
                changes.add(_DROP_UNCOUNTED, {"id": event.message_id})
            case ReactionsCleared():
                changes.add(_CLEAR_REACTIONS, {"id": event.message_id, "emoji": event.emoji})
    for channel_id, message_id in watermarks.items():
        changes.add(_MOVE_WATERMARK, {"channel_id": channel_id, "message_id": message_id})
    await changes.write(tx)
    return Recorded(wanted, confirmed)


async def _ask(tx: Transaction, events: Iterable[Event]) -> _Known:
    """Everything the archive knows of the channels and messages named in ``events``."""
    asked: set[int] = set()
    for event in events:
        match event:
            case Message():
                asked.add(event.id)
                asked.add(event.channel_id)
                if event.reference_id is not None:
                    asked.add(event.reference_id)
            case Edit():
                asked.add(event.message_id)
            case _:
                pass
    known = _Known()
    if not asked:
        return known
    # One statement for all of them: a statement for each would be half of what recording costs.
    await tx.run(
        "INSERT INTO asked (id) SELECT value FROM json_each(:ids)",
        {"ids": json.dumps(sorted(asked))},
    )
    for row in await tx.rows(
        "SELECT threads.id, threads.discussion_id FROM threads JOIN asked USING (id)"
    ):
        known.threads[row["id"]] = ThreadPlace(row["discussion_id"], row["id"])
    for row in await tx.rows(
        """
        SELECT posts.message_id, posts.id, posts.discussion_id,
               discussions.state IN ('publishing', 'open') AS open
        FROM posts
        JOIN asked ON asked.id = posts.message_id
        JOIN discussions ON discussions.id = posts.discussion_id
        """
    ):
        # A thread that a member opens on one of our messages bears that message's id.
        known.threads.setdefault(row["message_id"], ThreadPlace(row["discussion_id"], None))
        known.answered[row["message_id"]] = AnsweredPost(
            row["discussion_id"], row["id"], bool(row["open"])
        )
    for row in await tx.rows(
        "SELECT replies.id, replies.discussion_id FROM replies JOIN asked USING (id)"
    ):
        known.answered[row["id"]] = AnsweredReply(row["discussion_id"], row["id"])
    await tx.run("DELETE FROM asked")
    return known


def _message(message: Message, known: _Known, changes: _Changes, now_ms: int) -> int:
    """Add what one message leads to; the number of threads that are wanted for it."""
    before = known.answered.get(message.id)
    if before is not None:  # by the gateway, by an earlier reading, or our own
        if isinstance(before, AnsweredReply) and message.reactions is not None:
            _reactions_as_told(message, changes)
        return 0
    answered = None if message.reference_id is None else known.answered.get(message.reference_id)
    decided = route(message, known.threads.get(message.channel_id), answered)
    if isinstance(decided, Ignore):
        return 0
    known.answered[message.id] = AnsweredReply(decided.discussion_id, message.id)
    changes.add(_INSERT_REPLY, _reply_row(message, decided))
    _attachments(message.id, message.attachments, changes)
    if decided.post_id is not None:
        changes.add(_INSERT_PASSAGES, {"id": message.id, "post_id": decided.post_id})
    if message.reactions:
        _reactions_as_told(message, changes)
    if not decided.opens_thread:
        return 0
    known.threads[message.id] = ThreadPlace(decided.discussion_id, message.id)
    changes.add(_WANT_THREAD, _thread_row(message, decided, now_ms))
    changes.add(PLAN_NUDGE, _nudge_row(message, decided))
    return 1


def _reply_row(message: Message, decided: Record) -> dict[str, Any]:
    return {
        "id": message.id,
        "server_id": message.server_id,
        "discussion_id": decided.discussion_id,
        "channel_id": message.channel_id,
        "parent_id": decided.parent_id,
        "thread_id": decided.thread_id,
        "post_id": decided.post_id,
        "author_id": message.author_id,
        "author_name": message.author_name,
        "text": message.text,
        "written_at": to_milliseconds(message.written_at),
        "edited_at": None if message.edited_at is None else to_milliseconds(message.edited_at),
    }


def _thread_row(message: Message, decided: Record, now_ms: int) -> dict[str, Any]:
    return {
        "id": message.id,
        "server_id": message.server_id,
        "discussion_id": decided.discussion_id,
        "channel_id": message.channel_id,
        "member_id": message.author_id,
        "name": thread_name(message.author_name, message.text),
        "due_at": now_ms,
    }


def _nudge_row(message: Message, decided: Record) -> dict[str, Any]:
    return {
        "id": message.id,
        "server_id": message.server_id,
        "discussion_id": decided.discussion_id,
        "written_at": to_milliseconds(message.written_at),
    }


def _attachments(reply_id: int, attachments: tuple[Attachment, ...], changes: _Changes) -> None:
    for position, file in enumerate(attachments):
        row = {"id": reply_id, "position": position}
        changes.add(
            _INSERT_ATTACHMENT, row | {"name": file.name, "type": file.type, "size": file.size}
        )


def _reactions_as_told(message: Message, changes: _Changes) -> None:
    changes.add(_CLEAR_REACTIONS, {"id": message.id, "emoji": None})
    for emoji, count in message.reactions or ():
        changes.add(_SET_REACTION, {"id": message.id, "emoji": emoji, "count": count})


def _edit(event: Edit, known: _Known, changes: _Changes) -> None:
    if not isinstance(known.answered.get(event.message_id), AnsweredReply):
        return
    edited_at = None if event.edited_at is None else to_milliseconds(event.edited_at)
    changes.add(_EDIT_REPLY, {"id": event.message_id, "text": event.text, "edited_at": edited_at})
    changes.add(_DROP_ATTACHMENTS, {"id": event.message_id})
    _attachments(event.message_id, event.attachments, changes)


def _deletion(event: Deletion, changes: _Changes) -> None:
    # What a member deletes is gone: the text and files are erased, the place in the tree stays.
    at = to_milliseconds(event.at)
    for message_id in event.message_ids:
        changes.add(_DELETE_REPLY, {"id": message_id, "at": at})
        changes.add(_DROP_ATTACHMENTS, {"id": message_id})
        changes.add(_CLEAR_REACTIONS, {"id": message_id, "emoji": None})


_INSERT_REPLY = """
INSERT INTO replies (id, server_id, discussion_id, channel_id, parent_id, thread_id,
    post_id, author_id, author_name, text, written_at, edited_at)
VALUES (:id, :server_id, :discussion_id, :channel_id, :parent_id, :thread_id,
    :post_id, :author_id, :author_name, :text, :written_at, :edited_at)
ON CONFLICT (id) DO NOTHING
"""
_INSERT_PASSAGES = """
INSERT INTO reply_passages (reply_id, revision, number)
SELECT :id, revision, number FROM post_passages WHERE post_id = :post_id
ON CONFLICT DO NOTHING
"""
_INSERT_ATTACHMENT = """
INSERT INTO attachments (reply_id, position, name, type, size)
SELECT :id, :position, :name, :type, :size
FROM replies WHERE id = :id AND deleted_at IS NULL
ON CONFLICT DO NOTHING
"""
_WANT_THREAD = """
INSERT INTO threads (id, server_id, discussion_id, channel_id, member_id, name, state, due_at)
VALUES (:id, :server_id, :discussion_id, :channel_id, :member_id, :name, 'wanted', :due_at)
ON CONFLICT (id) DO NOTHING
"""
# An older telling never replaces a newer one, and what was deleted stays gone.
_EDIT_REPLY = """
UPDATE replies SET text = :text, edited_at = :edited_at
WHERE id = :id AND deleted_at IS NULL AND (edited_at IS NULL OR edited_at <= :edited_at)
"""
_DELETE_REPLY = """
UPDATE replies SET text = '', deleted_at = :at WHERE id = :id AND deleted_at IS NULL
"""
_DROP_ATTACHMENTS = "DELETE FROM attachments WHERE reply_id = :id"
_CLEAR_REACTIONS = """
DELETE FROM reactions WHERE reply_id = :id AND (:emoji IS NULL OR emoji = :emoji)
"""
_SET_REACTION = """
INSERT INTO reactions (reply_id, emoji, count)
SELECT :id, :emoji, :count FROM replies WHERE id = :id AND deleted_at IS NULL
ON CONFLICT (reply_id, emoji) DO UPDATE SET count = excluded.count
"""
_COUNT_REACTION = """
INSERT INTO reactions (reply_id, emoji, count)
SELECT :id, :emoji, :change FROM replies WHERE id = :id AND deleted_at IS NULL
ON CONFLICT (reply_id, emoji) DO UPDATE SET count = count + excluded.count
"""
_DROP_UNCOUNTED = "DELETE FROM reactions WHERE reply_id = :id AND count <= 0"
_MOVE_WATERMARK = """
UPDATE watermarks SET message_id = :message_id
WHERE channel_id = :channel_id AND message_id < :message_id
"""
