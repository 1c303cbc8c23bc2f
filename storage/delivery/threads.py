"""Threads: planned → open → ready, once the author of the reply they are on is in them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from bot.core.shards import UNSHARDED, Shards
from bot.core.text.coded_text import CodedText
from storage.db.shard_parameters import make_shard_parameters
from storage.db.writer import Transaction
from storage.delivery import essay_threads
from storage.delivery.essay_threads import NO_AUTHOR

__all__ = [
    "ERASED_MEMBER",
    "NEXT_DUE",
    "OpenedThread",
    "Thread",
    "ThreadName",
    "WithdrawnThread",
    "cancel_unopened",
    "find_name",
    "find_withdrawn",
    "get_due",
    "get_possibly_open",
    "get_ready_reply_threads",
    "mark_failed",
    "mark_opened",
    "mark_ready",
    "postpone",
    "rename",
]

#: When the next thread is to be opened or completed.
NEXT_DUE = """
SELECT min(due_at) FROM threads
WHERE state IN ('planned', 'open')
    AND (server_id >> 22) % :shard_count IN (
        SELECT CAST(value AS BIGINT) FROM json_each(:shard_ids)
    )
"""


#: In the place of a reply's author whose data was erased; no Discord user has this id.
ERASED_MEMBER = -1


@dataclass(frozen=True, slots=True)
class Thread:
    """A thread to be opened, or to which the reply's author is to be added.

    ``is_proxied``: an app reposted the reply for its author, which adding them would show.
    """

    id: int
    server_id: int
    channel_id: int
    member_id: int
    name: str
    state: str
    attempts: int
    is_proxied: bool = False

    @property
    def is_essays_own(self) -> bool:
        """Whether it is an essay's own thread or forum post."""
        return self.member_id == NO_AUTHOR


async def get_due(
    tx: Transaction,
    *,
    busy: Collection[int],
    now_ms: int,
    most: int,
    shards: Shards = UNSHARDED,
) -> list[Thread]:
    """The first ``most`` threads that are to be opened or completed now, the oldest first.

    Those of a member who floods the channel come after everyone else's
    (:mod:`bot.core.conversation.member_limits`). ``busy``: the ids of those under way.
    """
    rows = await tx.rows(
        """
        SELECT id, server_id, channel_id, member_id, name, state, attempts, EXISTS (
                SELECT 1 FROM proxied_replies WHERE reply_id = threads.id
            ) AS is_proxied
        FROM threads
        WHERE state IN ('planned', 'open') AND due_at <= :now
            AND (server_id >> 22) % :shard_count IN (
                SELECT CAST(value AS BIGINT) FROM json_each(:shard_ids)
            )
        ORDER BY priority, id
        LIMIT :most
        """,
        {"now": now_ms, "most": most + len(busy), **make_shard_parameters(shards)},
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
            is_proxied=bool(row["is_proxied"]),
        )
        for row in rows
        if row["id"] not in busy
    ]
    return found[:most]


@dataclass(frozen=True, slots=True)
class OpenedThread:
    """A thread that has just been recorded as open."""

    server_id: int
    discussion_id: int
    member_id: int
    name: str


async def mark_opened(tx: Transaction, thread_id: int) -> OpenedThread | None:
    """Record that a planned thread is open; None if it wasn't planned any more.

    Its watermark starts at the thread's creation, so that no message is missed. If it is an
    essay's own thread, the essay's pending messages are sent to it.
    """
    row = await tx.row(
        """
        UPDATE threads SET state = 'open', attempts = 0, last_error = NULL
        WHERE id = :id AND state = 'planned'
        RETURNING server_id, discussion_id, member_id, name
        """,
        {"id": thread_id},
    )
    if row is None:
        return None
    await essay_threads.redirect_unsent(tx, thread_id)
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
    return OpenedThread(row["server_id"], row["discussion_id"], row["member_id"], row["name"])


@dataclass(frozen=True, slots=True)
class WithdrawnThread:
    """A thread whose essay was withdrawn before it was opened."""

    server_id: int
    discussion_id: int


async def find_withdrawn(tx: Transaction, thread_id: int) -> WithdrawnThread | None:
    """The thread, if its essay was withdrawn before it was opened."""
    row = await tx.row(
        """
        SELECT threads.server_id, threads.discussion_id
        FROM threads JOIN discussions ON discussions.id = threads.discussion_id
        WHERE threads.id = :id AND threads.state = 'failed' AND discussions.state = 'withdrawn'
        """,
        {"id": thread_id},
    )
    return None if row is None else WithdrawnThread(row["server_id"], row["discussion_id"])


async def mark_ready(tx: Transaction, thread_id: int) -> None:
    """Mark a thread as ready: the reply's author is in it, and nothing is left to do."""
    await tx.run(
        "UPDATE threads SET state = 'ready', last_error = NULL WHERE id = :id AND state = 'open'",
        {"id": thread_id},
    )


async def postpone(tx: Transaction, *, thread_id: int, due_at: int, last_error: CodedText) -> None:
    """Try again at ``due_at`` (milliseconds since 1970)."""
    await tx.run(
        """
        UPDATE threads SET due_at = :due_at, attempts = attempts + 1, last_error = :last_error
        WHERE id = :id
        """,
        {"id": thread_id, "due_at": due_at, "last_error": last_error.stored},
    )


@dataclass(frozen=True, slots=True)
class ThreadName:
    """A thread's name, and the essay it belongs to, with its title."""

    name: str
    title: str
    discussion_id: int


async def find_name(tx: Transaction, thread_id: int) -> ThreadName | None:
    """The name a thread has or is to get."""
    row = await tx.row(
        """
        SELECT threads.name, revisions.title, threads.discussion_id
        FROM threads JOIN revisions ON revisions.discussion_id = threads.discussion_id
        WHERE threads.id = :id
        ORDER BY revisions.number DESC LIMIT 1
        """,
        {"id": thread_id},
    )
    return None if row is None else ThreadName(row["name"], row["title"], row["discussion_id"])


async def rename(tx: Transaction, thread_id: int, name: str) -> None:
    """Give a thread that isn't open yet another name."""
    await tx.run(
        "UPDATE threads SET name = :name, last_error = NULL WHERE id = :id AND state = 'planned'",
        {"id": thread_id, "name": name},
    )


async def mark_failed(tx: Transaction, *, thread_id: int, last_error: CodedText) -> None:
    """Mark a thread as failed: it won't be opened, for instance because its reply was deleted."""
    await tx.run(
        "UPDATE threads SET state = 'failed', last_error = :last_error WHERE id = :id",
        {"id": thread_id, "last_error": last_error.stored},
    )
    await tx.run("UPDATE replies SET thread_id = NULL WHERE id = :id", {"id": thread_id})
    await essay_threads.mark_thread_lost(tx, thread_id, last_error)


async def get_ready_reply_threads(tx: Transaction, server_id: int) -> set[int]:
    """A server's open threads of replies, whether the bot or somebody else opened them."""
    rows = await tx.rows(
        """
        SELECT id FROM threads
        WHERE server_id = :server_id AND state = 'ready' AND member_id <> :nobody
        """,
        {"server_id": server_id, "nobody": NO_AUTHOR},
    )
    return {row["id"] for row in rows}


async def get_possibly_open(tx: Transaction, discussion_id: int) -> list[int]:
    """The threads of a discussion that are open, or may be because opening them was attempted."""
    rows = await tx.rows(
        """
        SELECT id FROM threads
        WHERE discussion_id = :id AND state IN ('planned', 'open', 'ready')
        """,
        {"id": discussion_id},
    )
    return [row["id"] for row in rows]


async def cancel_unopened(tx: Transaction, discussion_id: int, *, last_error: CodedText) -> None:
    """Mark the planned threads of a discussion as failed."""
    await tx.run(
        """
        UPDATE threads SET state = 'failed', last_error = :last_error
        WHERE discussion_id = :id AND state = 'planned'
        """,
        {"id": discussion_id, "last_error": last_error.stored},
    )
