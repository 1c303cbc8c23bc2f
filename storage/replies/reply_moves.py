"""Rows of reply moves: replies in a channel that belong into a thread, to be linked or moved.

A reply is moved in steps, each recorded before the next: its copy is requested (``copying``),
exists and is recorded (``copied``), and only then the original is deleted (``deleting``). From
``copied`` on the copy is the reply's message. Its text is that of the archive, and the copy
follows (``stale``).
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from bot.core.shards import UNSHARDED, Shards
from bot.core.text.coded_text import CodedText
from storage.db.shard_parameters import make_shard_parameters
from storage.db.writer import Row, Transaction
from storage.replies import reply_changes

__all__ = [
    "NEXT_DUE",
    "UNDECIDED",
    "CopyTakenError",
    "DueLink",
    "MovedCopy",
    "ReplyMove",
    "erase_moved_reply",
    "get_due",
    "get_due_links",
    "get_move",
    "get_recorded_copies",
    "give_up_impossible",
    "is_first_copy",
    "link_instead",
    "mark_copied",
    "mark_copy_edited",
    "mark_copying",
    "mark_deleting",
    "mark_done",
    "mark_failed",
    "mark_linked",
    "mark_not_copied",
    "mark_not_deleted",
    "postpone",
]


class CopyTakenError(Exception):
    """The message found is recorded as the copy of another reply."""


@dataclass(frozen=True, slots=True)
class ReplyMove:
    """A reply that is moved into a thread, as it is in the archive.

    sizes:      of its files, in bytes
    deleted:    it was deleted meanwhile
    signature:  of the copy that was requested (bot.core.conversation.reply_copy.hash_copy)
    passage, link, asks_author:  of an answer from a form; see storage.replies.answers.Answer
    """

    reply_id: int
    server_id: int
    discussion_id: int
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
    passage: int | None = None
    link: str | None = None
    asks_author: bool = False

    @property
    def is_answer(self) -> bool:
        """Whether it is an answer from a form: it was never anywhere else."""
        return self.copy_id == self.reply_id


@dataclass(frozen=True, slots=True)
class DueLink:
    """A reply whose thread is to be linked below it."""

    reply_id: int
    server_id: int
    discussion_id: int
    channel_id: int
    thread_id: int


async def give_up_impossible(tx: Transaction, shards: Shards = UNSHARDED) -> None:
    """Give up the moves in these shards whose reply was deleted or whose thread won't exist."""
    parameters = make_shard_parameters(shards)
    await tx.run(_GIVE_UP, parameters)
    for statement in _STAY:
        await tx.run(statement, parameters)


async def get_due_links(tx: Transaction, now_ms: int, shards: Shards = UNSHARDED) -> list[DueLink]:
    """The replies in these shards to be linked now, since their thread exists; oldest first.

    Those that can't be copied, and all where the server has chosen links.
    """
    rows = await tx.rows(
        """
        SELECT reply_moves.reply_id, reply_moves.server_id, reply_moves.discussion_id,
               reply_moves.channel_id, reply_moves.thread_id
        FROM reply_moves
        JOIN threads ON threads.id = reply_moves.thread_id
        LEFT JOIN server_settings ON server_settings.server_id = reply_moves.server_id
        WHERE reply_moves.state = 'planned' AND reply_moves.due_at <= :now
            AND threads.state IN ('open', 'ready')
            AND (reply_moves.server_id >> 22) % :shard_count IN (
                SELECT CAST(value AS BIGINT) FROM json_each(:shard_ids)
            )
            AND (
                reply_moves.copyable = 0
                OR COALESCE(server_settings.channel_replies, 'link') = 'link'
            )
        ORDER BY reply_moves.reply_id
        """,
        {"now": now_ms, **make_shard_parameters(shards)},
    )
    return [
        DueLink(
            reply_id=row["reply_id"],
            server_id=row["server_id"],
            discussion_id=row["discussion_id"],
            channel_id=row["channel_id"],
            thread_id=row["thread_id"],
        )
        for row in rows
    ]


async def mark_linked(tx: Transaction, reply_id: int) -> None:
    """The link to the thread was planned: nothing is left to do."""
    await tx.run("UPDATE reply_moves SET state = 'done' WHERE reply_id = :id", {"id": reply_id})


_GIVE_UP = """
UPDATE reply_moves SET state = 'failed'
WHERE state = 'planned'
    AND (server_id >> 22) % :shard_count IN (
        SELECT CAST(value AS BIGINT) FROM json_each(:shard_ids)
    ) AND (
    EXISTS (SELECT 1 FROM replies
            WHERE replies.id = reply_moves.reply_id AND deleted_at IS NOT NULL)
    OR EXISTS (SELECT 1 FROM threads
               WHERE threads.id = reply_moves.thread_id AND state = 'failed')
    OR EXISTS (SELECT 1 FROM deleted_channels
               WHERE deleted_channels.channel_id IN (reply_moves.thread_id, reply_moves.channel_id))
)
"""
# If the thread was deleted with the copy in it before the original was deleted, the original is
# the reply's message again.
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
            AND (reply_moves.server_id >> 22) % :shard_count IN (
                SELECT CAST(value AS BIGINT) FROM json_each(:shard_ids)
            )
    )
    """,
    """
    UPDATE reply_moves SET state = 'failed', copy_id = NULL, signature = NULL, stale = 0
    WHERE state = 'copied' AND thread_id IN (SELECT channel_id FROM deleted_channels)
        AND (server_id >> 22) % :shard_count IN (
            SELECT CAST(value AS BIGINT) FROM json_each(:shard_ids)
        )
    """,
)
_WAITING = """
FROM reply_moves
JOIN replies ON replies.id = reply_moves.reply_id
LEFT JOIN threads ON threads.id = reply_moves.thread_id
LEFT JOIN server_settings ON server_settings.server_id = reply_moves.server_id
WHERE (reply_moves.state IN ('planned', 'copying', 'copied', 'deleting') OR reply_moves.stale = 1)
    AND (reply_moves.server_id >> 22) % :shard_count IN (
        SELECT CAST(value AS BIGINT) FROM json_each(:shard_ids)
    )
    AND (
        reply_moves.state <> 'planned'
        OR (reply_moves.copyable = 1 AND server_settings.channel_replies = 'move'
            AND threads.state IN ('open', 'ready'))
    )
"""
#: A zero if there are moves that :func:`give_up_impossible` or :func:`get_due_links` may be about.
UNDECIDED = """
SELECT 0 WHERE EXISTS (
    SELECT 1 FROM reply_moves
    WHERE state = 'planned' AND (server_id >> 22) % :shard_count IN (
        SELECT CAST(value AS BIGINT) FROM json_each(:shard_ids)
    )
) OR EXISTS (
    SELECT 1 FROM reply_moves
    WHERE state = 'copied' AND (server_id >> 22) % :shard_count IN (
        SELECT CAST(value AS BIGINT) FROM json_each(:shard_ids)
    )
)
"""
_COLUMNS = """
SELECT reply_moves.reply_id, reply_moves.server_id, reply_moves.discussion_id,
       reply_moves.channel_id, reply_moves.thread_id, reply_moves.state, reply_moves.attempts,
       reply_moves.webhook_id, reply_moves.signature, reply_moves.copy_id, reply_moves.stale,
       replies.author_id, replies.author_name, replies.text,
       replies.deleted_at,
       (SELECT passage FROM answers WHERE message_id = replies.id) AS passage,
       (SELECT link FROM answers WHERE message_id = replies.id) AS link,
       (SELECT asks_author FROM answers WHERE message_id = replies.id) AS asks_author,
       (SELECT json_group_array(size) FROM (
           SELECT size FROM attachments WHERE reply_id = replies.id ORDER BY position
       ) AS files) AS sizes
"""
_FIND = (
    _COLUMNS
    + """
FROM reply_moves JOIN replies ON replies.id = reply_moves.reply_id
WHERE reply_moves.reply_id = :id
"""
)
_ALL_DUE = _COLUMNS + _WAITING + "AND reply_moves.due_at <= :now ORDER BY reply_moves.reply_id"
#: When the next reply is to be moved.
NEXT_DUE = "SELECT min(reply_moves.due_at) AS due_at " + _WAITING


def _make_move(row: Row) -> ReplyMove:
    return ReplyMove(
        reply_id=row["reply_id"],
        server_id=row["server_id"],
        discussion_id=row["discussion_id"],
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
        sizes=tuple(json.loads(row["sizes"])),
        deleted=row["deleted_at"] is not None,
        passage=row["passage"],
        link=row["link"],
        asks_author=bool(row["asks_author"]),
    )


async def get_due(tx: Transaction, now_ms: int, shards: Shards = UNSHARDED) -> list[ReplyMove]:
    """The replies to move now, and the copies to edit; in the order of writing."""
    parameters = {"now": now_ms, **make_shard_parameters(shards)}
    return [_make_move(row) for row in await tx.rows(_ALL_DUE, parameters)]


async def get_move(tx: Transaction, reply_id: int) -> ReplyMove:
    """The move of a reply that has one."""
    row = await tx.row(_FIND, {"id": reply_id})
    assert row is not None
    return _make_move(row)


async def mark_copying(tx: Transaction, reply_id: int, *, webhook_id: int, signature: str) -> bool:
    """The copy is about to be requested; False if the reply was deleted meanwhile."""
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


async def mark_not_copied(tx: Transaction, reply_id: int) -> None:
    """It is certain that no copy exists: there is none to look for."""
    await tx.run(
        """
        UPDATE reply_moves SET state = 'planned', signature = NULL
        WHERE reply_id = :id AND state = 'copying'
        """,
        {"id": reply_id},
    )


async def mark_copied(
    tx: Transaction, move: ReplyMove, copy_id: int, *, stale: bool, now_ms: int
) -> None:
    """The copy exists: from now on it is the reply's message, with the reactions it has there.

    ``stale``: the copy doesn't say what the reply says now. Raises CopyTakenError if another reply
    has this copy.
    """
    parameters = {"id": move.reply_id, "copy_id": copy_id, "now": now_ms}
    taken = await tx.row(
        "SELECT 1 FROM reply_moves WHERE copy_id = :copy_id AND reply_id <> :id", parameters
    )
    if taken is not None:
        raise CopyTakenError
    await tx.run(
        """
        UPDATE reply_moves SET state = :state, copy_id = :copy_id, signature = NULL, attempts = 0,
            due_at = :now, last_error = NULL, stale = :stale
        WHERE reply_id = :id
        """,
        parameters | {"state": "done" if move.deleted else "copied", "stale": int(stale)},
    )
    for statement in _MOVE_TO_COPY:
        await tx.run(statement, parameters)


_MOVE_TO_COPY = (
    """
    UPDATE replies SET channel_id = reply_moves.thread_id, thread_id = reply_moves.thread_id
    FROM reply_moves WHERE reply_moves.reply_id = replies.id AND replies.id = :id
    """,
    "DELETE FROM reactions WHERE reply_id = :id",
    # Replies to the copy from before it was known to be one.
    """
    UPDATE replies SET parent_id = :id
    WHERE discussion_id = (SELECT discussion_id FROM reply_moves WHERE reply_id = :id)
        AND id IN (SELECT reply_id FROM pending_parents WHERE reference_id = :copy_id)
    """,
    "DELETE FROM pending_parents WHERE reference_id = :copy_id",
)


async def is_first_copy(tx: Transaction, move: ReplyMove) -> bool:
    """Whether no other reply of its author was moved in the server."""
    row = await tx.row(
        """
        SELECT 1 FROM reply_moves
        WHERE server_id = :server_id AND member_id = :member_id AND reply_id <> :id
            AND copy_id IS NOT NULL AND copy_id <> reply_id
        LIMIT 1
        """,
        {"server_id": move.server_id, "member_id": move.author_id, "id": move.reply_id},
    )
    return row is None


async def mark_deleting(tx: Transaction, reply_id: int, shards: Shards = UNSHARDED) -> bool:
    """The original is about to be deleted: from now on its absence is the bot's own doing.

    False if its thread was deleted with the copy in it: then the original stays, as do those of
    other such copies in these shards.
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
            await tx.run(statement, make_shard_parameters(shards))
        return False
    await tx.run(
        "UPDATE reply_moves SET state = 'deleting' WHERE reply_id = :id AND state = 'copied'",
        {"id": reply_id},
    )
    return True


async def mark_not_deleted(tx: Transaction, reply_id: int) -> None:
    """It is certain that the request didn't delete the original."""
    await tx.run(
        "UPDATE reply_moves SET state = 'copied' WHERE reply_id = :id AND state = 'deleting'",
        {"id": reply_id},
    )


async def mark_done(tx: Transaction, reply_id: int) -> None:
    """The original is deleted: nothing is left to do."""
    await tx.run(
        """
        UPDATE reply_moves SET state = 'done', attempts = 0, last_error = NULL
        WHERE reply_id = :id AND state IN ('copied', 'deleting')
        """,
        {"id": reply_id},
    )


@dataclass(frozen=True, slots=True)
class MovedCopy:
    """The copy of a moved reply: a message in a thread."""

    server_id: int
    discussion_id: int
    thread_id: int
    message_id: int


async def erase_moved_reply(tx: Transaction, reply_id: int, now_ms: int) -> MovedCopy | None:
    """Erase a moved reply that was deleted; its copy, which is to be deleted in Discord."""
    row = await tx.row(
        """
        SELECT server_id, discussion_id, thread_id, copy_id FROM reply_moves
        WHERE reply_id = :id AND copy_id IS NOT NULL
        """,
        {"id": reply_id},
    )
    if row is None:
        return None
    for statement in reply_changes.ERASE_REPLY:
        await tx.run(statement, {"id": reply_id, "message_id": row["copy_id"], "at": now_ms})
    await tx.run(
        """
        UPDATE reply_moves SET stale = 0, state = CASE state WHEN 'copied' THEN 'deleting'
            ELSE state END
        WHERE reply_id = :id
        """,
        {"id": reply_id},
    )
    return MovedCopy(row["server_id"], row["discussion_id"], row["thread_id"], row["copy_id"])


async def mark_copy_edited(tx: Transaction, reply_id: int, text: str) -> None:
    """The copy says ``text`` now; if the reply still says that, the copy is current."""
    await tx.run(
        """
        UPDATE reply_moves SET stale = 0, attempts = 0, last_error = NULL
        WHERE reply_id = :id AND EXISTS (
            SELECT 1 FROM replies WHERE id = :id AND (text = :text OR deleted_at IS NOT NULL)
        )
        """,
        {"id": reply_id, "text": text},
    )


async def link_instead(tx: Transaction, reply_id: int, last_error: CodedText) -> None:
    """The reply can't be moved: have its thread linked."""
    await tx.run(
        """
        UPDATE reply_moves SET state = 'planned', copyable = 0, signature = NULL,
            last_error = :last_error
        WHERE reply_id = :id AND state IN ('planned', 'copying')
        """,
        {"id": reply_id, "last_error": last_error.stored},
    )


async def postpone(tx: Transaction, *, reply_id: int, due_at: int, last_error: CodedText) -> None:
    """Try again at ``due_at``."""
    await tx.run(
        """
        UPDATE reply_moves SET due_at = :due_at, attempts = attempts + 1, last_error = :last_error
        WHERE reply_id = :id
        """,
        {"id": reply_id, "due_at": due_at, "last_error": last_error.stored},
    )


async def mark_failed(tx: Transaction, reply_id: int, last_error: CodedText) -> None:
    """Give up the move, for instance because the reply was deleted."""
    await tx.run(
        """
        UPDATE reply_moves SET state = 'failed', stale = 0, signature = NULL,
            last_error = :last_error
        WHERE reply_id = :id
        """,
        {"id": reply_id, "last_error": last_error.stored},
    )


async def get_recorded_copies(tx: Transaction, thread_id: int) -> set[int]:
    """The messages in a thread that are recorded as copies."""
    rows = await tx.rows(
        """
        SELECT copy_id FROM reply_moves
        WHERE copy_id IS NOT NULL AND thread_id = :thread_id
        """,
        {"thread_id": thread_id},
    )
    return {row["copy_id"] for row in rows}
