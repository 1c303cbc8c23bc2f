"""A batch of events while it is decided: what is known, what it led to, the rows to write."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.clock import to_milliseconds
from bot.core.conversation.events import ChannelDeletion, Deletion, Edit, Message
from bot.core.conversation.member_limits import HOUR_MS, MAX_PER_HOUR, THREADS_PER_PRIORITY
from bot.core.conversation.routing import Record
from bot.core.conversation.thread_names import make_thread_name
from storage.db.writer import Transaction
from storage.replies.lookup import Known
from storage.replies.passage_refs import Naming

__all__ = [
    "Batch",
    "Early",
    "Found",
    "Recorded",
    "bringing_row",
    "nudge_row",
    "reply_row",
    "thread_row",
]


@dataclass(frozen=True, slots=True)
class Early:
    """What was told before the message it is about, by that message's id.

    changes:  its last edit, or its deletion
    answers:  messages that reply to it
    """

    changes: Mapping[int, Edit | Deletion]
    answers: Mapping[int, tuple[Message, ...]]


@dataclass(slots=True)
class Found:
    """What a reading of the history brought that nobody had told."""

    replies: int = 0
    edits: int = 0


@dataclass(slots=True)
class Recorded:
    """What a batch led to.

    threads_wanted, posts_confirmed, brought: whether there is something new for the outbox
    files:     how many may have to be fetched
    found:     by server, what readings brought
    early, answers: what was told before the message it is about (:class:`Early`)
    reacted:   (server, channel, message) of replies whose reactions changed
    seen:      threads of ours that were opened just now
    withheld:  channels in which Discord did not show what a message says
    """

    threads_wanted: int = 0
    posts_confirmed: int = 0
    brought: int = 0
    files: int = 0
    found: dict[int, Found] = field(default_factory=dict)
    early: dict[int, Edit | Deletion] = field(default_factory=dict)
    answers: dict[int, tuple[Message, ...]] = field(default_factory=dict)
    reacted: set[tuple[int, int, int]] = field(default_factory=set)
    seen: set[int] = field(default_factory=set)
    withheld: set[int] = field(default_factory=set)

    @property
    def has_work(self) -> bool:
        """Whether there is something to do about it now."""
        return bool(self.threads_wanted or self.posts_confirmed or self.brought or self.files)


class Batch:
    """A batch while it is decided: what is known, what it has led to, and the rows to write."""

    def __init__(self, known: Known, early: Early, now_ms: int) -> None:
        self.known = known
        self.now_ms = now_ms
        self.recorded = Recorded()
        self.naming: dict[int, Naming] = {}
        self.closed_met: dict[int, Message] = {}
        self.gone: list[ChannelDeletion] = []
        self.watched: set[int] = set()
        self._early = early
        self._changes: list[tuple[str, dict[str, Any]]] = []

    def add(self, statement: str, row: dict[str, Any]) -> None:
        """One more change, after all that were added before."""
        self._changes.append((statement, row))

    def early(self, message_id: int) -> Edit | Deletion | None:
        """What was told of a message before it came."""
        return self.recorded.early.get(message_id) or self._early.changes.get(message_id)

    def answers(self, message_id: int) -> tuple[Message, ...]:
        """Replies to a message that came before it."""
        found = self.recorded.answers.get(message_id)
        return self._early.answers.get(message_id, ()) if found is None else found

    async def write(self, tx: Transaction) -> None:
        """Write all changes, neighbours of one kind together."""
        for statement, changes in itertools.groupby(self._changes, key=lambda change: change[0]):
            await tx.run_many(statement, [row for _, row in changes])


def reply_row(message: Message, decided: Record) -> dict[str, Any]:
    return {
        "id": message.id,
        "server_id": message.server_id,
        "discussion_id": decided.discussion_id,
        "channel_id": message.channel_id,
        "parent_id": decided.parent_id,
        "thread_id": decided.thread_id,
        "planned_message_id": decided.planned_message_id,
        "author_id": message.author_id,
        "author_name": message.author_name,
        "text": message.text,
        "written_at": to_milliseconds(message.written_at),
        "edited_at": None if message.edited_at is None else to_milliseconds(message.edited_at),
    }


def thread_row(message: Message, decided: Record, now_ms: int) -> dict[str, Any]:
    return {
        "id": message.id,
        "server_id": message.server_id,
        "discussion_id": decided.discussion_id,
        "channel_id": message.channel_id,
        "member_id": message.author_id,
        "name": make_thread_name(message.author_name, message.text),
        "due_at": now_ms,
        "most": MAX_PER_HOUR,
        "span": HOUR_MS,
        "ahead": THREADS_PER_PRIORITY,
    }


def nudge_row(message: Message, decided: Record) -> dict[str, Any]:
    return {
        "id": message.id,
        "server_id": message.server_id,
        "discussion_id": decided.discussion_id,
        "written_at": to_milliseconds(message.written_at),
    }


def bringing_row(message: Message, decided: Record, now_ms: int) -> dict[str, Any]:
    return {
        "reply_id": message.id,
        "server_id": message.server_id,
        "discussion_id": decided.discussion_id,
        "channel_id": message.channel_id,
        "thread_id": decided.target_thread_id,
        "member_id": message.author_id,
        "copyable": int(message.copyable),
        "due_at": now_ms,
        "most": MAX_PER_HOUR,
        "span": HOUR_MS,
    }
