"""Replies written in the channel that belong into a thread: pointed at, or moved.

A reply is moved in steps, each written down before the next is taken: its copy is asked for
(``copying``), stands and is recorded (``copied``), and only then the original goes
(``removing``). From ``copied`` on the reply stands where its copy does; what it says is led by
the archive, and the copy follows (``stale``).
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from bot.core.conversation.reply_copy import hash_copy
from storage.db.writer import Transaction
from storage.delivery import message_edits, temporary_messages
from storage.delivery.message_edits import NewMessageEdit
from storage.replies import record

__all__ = [
    "Bringing",
    "CopyTakenError",
    "copied",
    "copying",
    "fail",
    "moved",
    "next_due",
    "not_copied",
    "not_removed",
    "point_due",
    "point_instead",
    "put_off",
    "recorded_copies",
    "removing",
    "rewritten",
    "taken_back",
    "waiting",
]


class CopyTakenError(Exception):
    """The message found is recorded as the copy of another reply."""


@dataclass(frozen=True, slots=True)
class Bringing:
    """A reply on its way into its thread, as it stands in the archive.

    ``sizes``: of its files, in bytes. ``deleted``: it was deleted meanwhile.
    """

    reply_id: int
    server_id: int
    channel_id: int
    thread_id: int
    state: str
    attempts: int
    webhook_id: int | None
    signature: str | None
    copy_id: int | None
    stale: bool
    author_id: int
    author_name: str
    text: str
    sizes: tuple[int, ...]
    deleted: bool


async def point_due(tx: Transaction, now_ms: int) -> int:
    """Plan the line that points into the thread under every reply whose thread stands by now.

    Those that are to be moved are the outbox's. A reply whose thread will never be, or that was
    deleted meanwhile, is left alone. The number of lines planned.
    """
    await tx.run(_GIVE_UP)
    for statement in _STAY:
        await tx.run(statement)
    rows = await tx.rows(
        """
        SELECT reply_moves.reply_id, reply_moves.server_id, reply_moves.discussion_id,
               reply_moves.channel_id, reply_moves.thread_id
        FROM reply_moves
        JOIN threads ON threads.id = reply_moves.thread_id
        LEFT JOIN server_settings ON server_settings.server_id = reply_moves.server_id
        WHERE reply_moves.state = 'planned' AND reply_moves.due_at <= :now
            AND threads.state IN ('open', 'ready')
            AND (
                reply_moves.copyable = 0
                OR COALESCE(server_settings.channel_replies, 'link') = 'link'
            )
        ORDER BY reply_moves.reply_id
        """,
        {"now": now_ms},
    )
    for row in rows:
        await temporary_messages.point(
            tx,
            row["server_id"],
            discussion_id=row["discussion_id"],
            channel_id=row["channel_id"],
            reply_id=row["reply_id"],
            thread_id=row["thread_id"],
            now_ms=now_ms,
        )
        await tx.run(
            "UPDATE reply_moves SET state = 'done' WHERE reply_id = :id", {"id": row["reply_id"]}
        )
    return len(rows)


_GIVE_UP = """
UPDATE reply_moves SET state = 'failed'
WHERE state = 'planned' AND (
    EXISTS (SELECT 1 FROM replies
            WHERE replies.id = reply_moves.reply_id AND deleted_at IS NOT NULL)
    OR EXISTS (SELECT 1 FROM threads
               WHERE threads.id = reply_moves.thread_id AND state = 'failed')
    OR EXISTS (SELECT 1 FROM deleted_channels
               WHERE deleted_channels.channel_id IN (reply_moves.thread_id, reply_moves.channel_id))
)
"""
# Where the thread was deleted with the copy in it while the original still stood, the reply
# stands where it was written.
_STAY = (
    """
    UPDATE replies SET thread_id = NULL, channel_id = (
        SELECT channel_id FROM reply_moves WHERE reply_id = replies.id
    )
    WHERE id IN (
        SELECT reply_id
        FROM reply_moves
        JOIN deleted_channels ON deleted_channels.channel_id = reply_moves.thread_id
        WHERE reply_moves.state = 'copied'
    )
    """,
    """
    UPDATE reply_moves SET state = 'failed', copy_id = NULL, signature = NULL, stale = 0
    WHERE state = 'copied' AND thread_id IN (SELECT channel_id FROM deleted_channels)
    """,
)
_WAITING = """
FROM reply_moves
JOIN replies ON replies.id = reply_moves.reply_id
LEFT JOIN threads ON threads.id = reply_moves.thread_id
LEFT JOIN server_settings ON server_settings.server_id = reply_moves.server_id
WHERE (reply_moves.state IN ('planned', 'copying', 'copied', 'deleting') OR reply_moves.stale = 1)
    AND (
        reply_moves.state <> 'planned'
        OR (reply_moves.copyable = 1 AND server_settings.channel_replies = 'move'
            AND threads.state IN ('open', 'ready'))
    )
"""
_COLUMNS = """
SELECT reply_moves.reply_id, reply_moves.server_id, reply_moves.channel_id, reply_moves.thread_id,
       reply_moves.state, reply_moves.attempts, reply_moves.webhook_id, reply_moves.signature,
       reply_moves.copy_id, reply_moves.stale, replies.author_id, replies.author_name, replies.text,
       replies.deleted_at,
       (SELECT group_concat(size) FROM (
           SELECT size FROM attachments WHERE reply_id = replies.id ORDER BY position
       )) AS sizes
"""
_ALL_DUE = _COLUMNS + _WAITING + "AND reply_moves.due_at <= :now ORDER BY reply_moves.reply_id"
_NEXT_DUE = "SELECT min(reply_moves.due_at) AS due_at " + _WAITING


def _sizes(text: str | None) -> tuple[int, ...]:
    return tuple(int(size) for size in text.split(",")) if text else ()


def _bringing(row: sqlite3.Row) -> Bringing:
    return Bringing(
        reply_id=row["reply_id"],
        server_id=row["server_id"],
        channel_id=row["channel_id"],
        thread_id=row["thread_id"],
        state=row["state"],
        attempts=row["attempts"],
        webhook_id=row["webhook_id"],
        signature=row["signature"],
        copy_id=row["copy_id"],
        stale=bool(row["stale"]),
        author_id=row["author_id"],
        author_name=row["author_name"],
        text=row["text"],
        sizes=_sizes(row["sizes"]),
        deleted=row["deleted_at"] is not None,
    )


async def waiting(tx: Transaction, now_ms: int) -> list[Bringing]:
    """Everything that is to be moved, or rewritten, now; in the order it was written."""
    return [_bringing(row) for row in await tx.rows(_ALL_DUE, {"now": now_ms})]


async def next_due(tx: Transaction) -> int | None:
    """When there next is something to move."""
    row = await tx.row(_NEXT_DUE)
    return None if row is None else row["due_at"]


async def copying(tx: Transaction, reply_id: int, *, webhook_id: int, signature: str) -> bool:
    """The copy is about to be asked for; False where the reply was deleted meanwhile."""
    return bool(
        await tx.run(
            """
            UPDATE reply_moves SET state = 'copying', webhook_id = :webhook_id,
                signature = :signature
            WHERE reply_id = :id AND state IN ('planned', 'copying') AND EXISTS (
                SELECT 1 FROM replies WHERE id = :id AND deleted_at IS NULL
            )
            """,
            {"id": reply_id, "webhook_id": webhook_id, "signature": signature},
        )
    )


async def not_copied(tx: Transaction, reply_id: int) -> None:
    """It is certain that no copy stands: nothing needs to be looked for."""
    await tx.run(
        """
        UPDATE reply_moves SET state = 'planned', signature = NULL
        WHERE reply_id = :id AND state = 'copying'
        """,
        {"id": reply_id},
    )


async def copied(tx: Transaction, reply_id: int, copy_id: int, now_ms: int) -> None:
    """The copy stands: from now on the reply stands there, with the reactions it has there.

    Where the reply was deleted meanwhile, the copy is owed its deletion; where it was edited, the
    copy is to be rewritten. Raises CopyTakenError where another reply has this copy.
    """
    parameters = {"id": reply_id, "copy_id": copy_id, "now": now_ms}
    taken = await tx.row(
        "SELECT 1 FROM reply_moves WHERE copy_id = :copy_id AND reply_id <> :id", parameters
    )
    if taken is not None:
        raise CopyTakenError
    row = await tx.row(
        """
        SELECT reply_moves.server_id, reply_moves.discussion_id, reply_moves.thread_id,
               reply_moves.signature, author_name, text, deleted_at,
               (SELECT group_concat(size) FROM (
                   SELECT size FROM attachments WHERE reply_id = :id ORDER BY position
               )) AS sizes
        FROM reply_moves JOIN replies ON replies.id = reply_id WHERE reply_id = :id
        """,
        parameters,
    )
    assert row is not None
    gone = row["deleted_at"] is not None
    said = hash_copy(row["author_name"], row["text"], _sizes(row["sizes"]))
    stale = not gone and said != row["signature"]
    await tx.run(
        """
        UPDATE reply_moves SET state = :state, copy_id = :copy_id, signature = NULL, attempts = 0,
            due_at = :now, last_error = NULL, stale = :stale
        WHERE reply_id = :id
        """,
        parameters | {"state": "done" if gone else "copied", "stale": int(stale)},
    )
    for statement in _STANDS_IN_THREAD:
        await tx.run(statement, parameters)
    if gone:
        await message_edits.plan(
            tx,
            server_id=row["server_id"],
            discussion_id=row["discussion_id"],
            edits=[NewMessageEdit("delete", row["thread_id"], copy_id)],
            now_ms=now_ms,
        )


_STANDS_IN_THREAD = (
    """
    UPDATE replies SET channel_id = reply_moves.thread_id, thread_id = reply_moves.thread_id
    FROM reply_moves WHERE reply_moves.reply_id = replies.id AND replies.id = :id
    """,
    "DELETE FROM reactions WHERE reply_id = :id",
    # What answered the copy before it was known to be one.
    """
    UPDATE replies SET parent_id = :id
    WHERE discussion_id = (SELECT discussion_id FROM reply_moves WHERE reply_id = :id)
        AND id IN (SELECT reply_id FROM pending_parents WHERE reference_id = :copy_id)
    """,
    "DELETE FROM pending_parents WHERE reference_id = :copy_id",
)


async def removing(tx: Transaction, reply_id: int) -> bool:
    """The original is about to be taken away: from now on its absence is the bot's own doing.

    False where its thread was deleted with the copy in it: then what stands in the channel is all
    there is of the reply, and it stays there.
    """
    lost = await tx.run(
        """
        UPDATE reply_moves SET state = 'copied'
        WHERE reply_id = :id AND state IN ('copied', 'deleting')
            AND thread_id IN (SELECT channel_id FROM deleted_channels)
            AND EXISTS (SELECT 1 FROM replies WHERE id = :id AND deleted_at IS NULL)
        """,
        {"id": reply_id},
    )
    if lost:
        for statement in _STAY:
            await tx.run(statement)
        return False
    await tx.run(
        "UPDATE reply_moves SET state = 'deleting' WHERE reply_id = :id AND state = 'copied'",
        {"id": reply_id},
    )
    return True


async def not_removed(tx: Transaction, reply_id: int) -> None:
    """It is certain that the original was not taken away by what was asked."""
    await tx.run(
        "UPDATE reply_moves SET state = 'copied' WHERE reply_id = :id AND state = 'deleting'",
        {"id": reply_id},
    )


async def moved(tx: Transaction, reply_id: int) -> None:
    """The original is gone: nothing is left to do."""
    await tx.run(
        """
        UPDATE reply_moves SET state = 'done', attempts = 0, last_error = NULL
        WHERE reply_id = :id AND state IN ('copied', 'deleting')
        """,
        {"id": reply_id},
    )


async def taken_back(tx: Transaction, reply_id: int, now_ms: int) -> None:
    """The reply was deleted, by whoever may: it is erased, and its copy is owed its deletion."""
    row = await tx.row(
        """
        SELECT server_id, discussion_id, thread_id, copy_id FROM reply_moves
        WHERE reply_id = :id AND copy_id IS NOT NULL
        """,
        {"id": reply_id},
    )
    if row is None:
        return
    for statement in record.ERASE_REPLY:
        await tx.run(statement, {"id": reply_id, "message_id": row["copy_id"], "at": now_ms})
    await tx.run(
        """
        UPDATE reply_moves SET stale = 0, state = CASE state WHEN 'copied' THEN 'deleting'
            ELSE state END
        WHERE reply_id = :id
        """,
        {"id": reply_id},
    )
    await message_edits.plan(
        tx,
        server_id=row["server_id"],
        discussion_id=row["discussion_id"],
        edits=[NewMessageEdit("delete", row["thread_id"], row["copy_id"])],
        now_ms=now_ms,
    )


async def rewritten(tx: Transaction, reply_id: int, text: str) -> None:
    """The copy says ``text`` now; if that is what the archive still says, it is up to date."""
    await tx.run(
        """
        UPDATE reply_moves SET stale = 0, attempts = 0, last_error = NULL
        WHERE reply_id = :id AND EXISTS (
            SELECT 1 FROM replies WHERE id = :id AND (text = :text OR deleted_at IS NOT NULL)
        )
        """,
        {"id": reply_id, "text": text},
    )


async def point_instead(tx: Transaction, reply_id: int, last_error: str) -> None:
    """The reply cannot be moved: it is pointed at."""
    await tx.run(
        """
        UPDATE reply_moves SET state = 'planned', copyable = 0, signature = NULL, last_error =
            :last_error
        WHERE reply_id = :id AND state IN ('planned', 'copying')
        """,
        {"id": reply_id, "last_error": last_error},
    )


async def put_off(tx: Transaction, *, reply_id: int, due_at: int, last_error: str) -> None:
    """Try again at ``due_at``."""
    await tx.run(
        """
        UPDATE reply_moves SET due_at = :due_at, attempts = attempts + 1, last_error = :last_error
        WHERE reply_id = :id
        """,
        {"id": reply_id, "due_at": due_at, "last_error": last_error},
    )


async def fail(tx: Transaction, reply_id: int, last_error: str) -> None:
    """It is left as it is, for instance since it was deleted."""
    await tx.run(
        """
        UPDATE reply_moves SET state = 'failed', stale = 0, signature = NULL, last_error =
            :last_error
        WHERE reply_id = :id
        """,
        {"id": reply_id, "last_error": last_error},
    )


async def recorded_copies(tx: Transaction, thread_id: int) -> set[int]:
    """The messages in a thread that are copies, as far as is recorded."""
    rows = await tx.rows(
        """
        SELECT copy_id FROM reply_moves
        WHERE copy_id IS NOT NULL AND thread_id = :thread_id
        """,
        {"thread_id": thread_id},
    )
    return {row["copy_id"] for row in rows}
