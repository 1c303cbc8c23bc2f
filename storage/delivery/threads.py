"""Threads: from wanted to standing, with the head's author in them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from storage.db.writer import Transaction
from storage.delivery import essay_threads, message_edits
from storage.delivery.essay_threads import NO_AUTHOR
from storage.delivery.message_edits import NewMessageEdit
from storage.privacy.erasure import NO_MEMBER

__all__ = [
    "Thread",
    "ThreadName",
    "find_name",
    "get_due",
    "get_next_due",
    "get_ready_reply_threads",
    "mark_failed",
    "mark_opened",
    "mark_ready",
    "postpone",
    "rename",
]


@dataclass(frozen=True, slots=True)
class Thread:
    """A thread that is the outbox's to open, or to bring its head's author into."""

    id: int
    server_id: int
    channel_id: int
    member_id: int
    name: str
    state: str
    attempts: int

    @property
    def is_essays_own(self) -> bool:
        """Whether it is the one thread of an essay or its post in a forum."""
        return self.member_id == NO_AUTHOR


async def get_due(
    tx: Transaction, *, busy: Collection[int], now_ms: int, most: int
) -> list[Thread]:
    """The first ``most`` threads that are to be opened or completed now, the oldest first.

    A member's flood waits behind everyone else (:mod:`bot.core.conversation.member_limits`).

    ``busy``: the ids of those under way.
    """
    rows = await tx.rows(
        """
        SELECT id, server_id, channel_id, member_id, name, state, attempts FROM threads
        WHERE state IN ('planned', 'open') AND due_at <= :now
        ORDER BY priority, id
        LIMIT :most
        """,
        {"now": now_ms, "most": most + len(busy)},
    )
    found = [
        Thread(
            id=row["id"],
            server_id=row["server_id"],
            channel_id=row["channel_id"],
            member_id=row["member_id"],
            name=row["name"],
            state=row["state"],
            attempts=row["attempts"],
        )
        for row in rows
        if row["id"] not in busy
    ]
    return found[:most]


async def mark_opened(tx: Transaction, thread_id: int, now_ms: int) -> None:
    """The thread stands; its record begins with it, without a gap.

    One that came to stand although its essay was withdrawn meanwhile is to be locked.
    """
    changed = await tx.run(
        """
        UPDATE threads SET state = 'open', attempts = 0, last_error = NULL
        WHERE id = :id AND state = 'planned'
        """,
        {"id": thread_id},
    )
    if not changed:
        await _lock_withdrawn(tx, thread_id, now_ms)
        return
    await essay_threads.redirect_unsent(tx, thread_id)
    await _rename_forgotten(tx, thread_id, now_ms)
    await tx.run(
        """
        INSERT INTO watermarks (channel_id, server_id, message_id, verified_at)
        SELECT threads.id, threads.server_id, threads.id, COALESCE(channels.verified_at, 0)
        FROM threads LEFT JOIN watermarks AS channels ON channels.channel_id = threads.channel_id
        WHERE threads.id = :id
        ON CONFLICT (channel_id) DO NOTHING
        """,
        {"id": thread_id},
    )


async def _rename_forgotten(tx: Transaction, thread_id: int, now_ms: int) -> None:
    """A thread may have been asked for by a name that its head's author had forgotten since."""
    row = await tx.row(
        "SELECT server_id, discussion_id, name, member_id FROM threads WHERE id = :id",
        {"id": thread_id},
    )
    if row is not None and row["member_id"] == NO_MEMBER:
        await message_edits.plan(
            tx,
            server_id=row["server_id"],
            discussion_id=row["discussion_id"],
            edits=[NewMessageEdit("rename", thread_id, payload={"name": row["name"]})],
            now_ms=now_ms,
        )


async def _lock_withdrawn(tx: Transaction, thread_id: int, now_ms: int) -> None:
    row = await tx.row(
        """
        SELECT threads.server_id, threads.discussion_id
        FROM threads JOIN discussions ON discussions.id = threads.discussion_id
        WHERE threads.id = :id AND threads.state = 'failed' AND discussions.state = 'withdrawn'
        """,
        {"id": thread_id},
    )
    if row is not None:
        await message_edits.plan(
            tx,
            server_id=row["server_id"],
            discussion_id=row["discussion_id"],
            edits=[NewMessageEdit("lock", thread_id)],
            now_ms=now_ms,
        )


async def mark_ready(tx: Transaction, thread_id: int) -> None:
    """The head's author is in the thread: nothing is left to do."""
    await tx.run(
        "UPDATE threads SET state = 'ready', last_error = NULL WHERE id = :id AND state = 'open'",
        {"id": thread_id},
    )


async def postpone(tx: Transaction, *, thread_id: int, due_at: int, last_error: str) -> None:
    """Try again at ``due_at``."""
    await tx.run(
        """
        UPDATE threads SET due_at = :due_at, attempts = attempts + 1, last_error = :last_error
        WHERE id = :id
        """,
        {"id": thread_id, "due_at": due_at, "last_error": last_error},
    )


@dataclass(frozen=True, slots=True)
class ThreadName:
    """A thread's name, and the title of its essay."""

    name: str
    title: str


async def find_name(tx: Transaction, thread_id: int) -> ThreadName | None:
    """The name a thread has or is to get."""
    row = await tx.row(
        """
        SELECT threads.name, revisions.title
        FROM threads JOIN revisions ON revisions.discussion_id = threads.discussion_id
        WHERE threads.id = :id
        ORDER BY revisions.number DESC LIMIT 1
        """,
        {"id": thread_id},
    )
    return None if row is None else ThreadName(row["name"], row["title"])


async def rename(tx: Transaction, thread_id: int, name: str) -> None:
    """Give a thread that isn't open yet another name."""
    await tx.run(
        "UPDATE threads SET name = :name, last_error = NULL WHERE id = :id AND state = 'planned'",
        {"id": thread_id, "name": name},
    )


async def mark_failed(tx: Transaction, *, thread_id: int, last_error: str) -> None:
    """There will be no such thread, for instance since its head was deleted."""
    await tx.run(
        "UPDATE threads SET state = 'failed', last_error = :last_error WHERE id = :id",
        {"id": thread_id, "last_error": last_error},
    )
    await tx.run("UPDATE replies SET thread_id = NULL WHERE id = :id", {"id": thread_id})
    await essay_threads.mark_thread_lost(tx, thread_id, last_error)


async def get_next_due(tx: Transaction) -> int | None:
    """When there next is something to do for a thread."""
    row = await tx.row(
        "SELECT min(due_at) AS due_at FROM threads WHERE state IN ('planned', 'open')"
    )
    return None if row is None else row["due_at"]


async def get_ready_reply_threads(tx: Transaction, server_id: int) -> set[int]:
    """The threads of replies, of a server's discussions, that the bot opened or took over."""
    rows = await tx.rows(
        """
        SELECT id FROM threads
        WHERE server_id = :server_id AND state = 'ready' AND member_id <> :nobody
        """,
        {"server_id": server_id, "nobody": NO_AUTHOR},
    )
    return {row["id"] for row in rows}
