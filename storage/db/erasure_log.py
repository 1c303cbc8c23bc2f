"""Erasure log: a file beside the archive that names the members who had their data erased.

A backup from before an erasure doesn't know of it; after a restore the log is applied to the
archive. The file holds no content: one line of JSON for each erasure, with the server, the member
and the time. It is written after the archive, and completed at every start; of the lines about a
member, the one with the latest time counts. ``python -m bot forget`` writes it first, for running
bots to apply.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bot.core.conversation.thread_names import ERASED_THREAD_NAME
from storage.db.writer import Transaction

__all__ = [
    "CLAIM_PROXIED",
    "ERASED_AUTHOR_ID",
    "ERASE_MEMBER_ROWS",
    "EraseMember",
    "Erasure",
    "append_to_log",
    "apply_log",
    "erase_in_backup",
    "find_pending",
    "get_erasures",
    "get_log_path",
    "get_log_state",
    "get_newest_reply_time",
    "get_replaced_erasures",
    "get_servers_of_member",
    "read_log",
    "record_erasure",
]

#: The author of an erased reply; no Discord user has this id.
ERASED_AUTHOR_ID = 0


@dataclass(frozen=True, slots=True)
class Erasure:
    """A member of a server who asked to be erased. Times are milliseconds since 1970 in UTC.

    erased_at:     nothing they wrote up to then is stored
    opted_out_at:  nothing they wrote from then on is stored; None: they didn't opt out
    """

    server_id: int
    member_id: int
    erased_at: int
    opted_out_at: int | None


class EraseMember(Protocol):
    """Erases what a member wrote in a server up to a time, and plans the edits in Discord."""

    async def __call__(
        self, tx: Transaction, server_id: int, member_id: int, *, until_ms: int, now_ms: int
    ) -> None: ...


def get_log_path(database: Path) -> Path:
    """The path of an archive's erasure log."""
    return database.with_name(f"{database.name}.forgotten")


def read_log(path: Path) -> list[Erasure]:
    """Read the newest erasure of each member from the file; none if there is no file.

    A line that was cut off by a crash is ignored: the erasure is still in the archive.
    """
    found: dict[tuple[int, int], Erasure] = {}
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    for line in text.splitlines():
        with contextlib.suppress(ValueError, KeyError, TypeError):
            fields = json.loads(line)
            since = fields["opted_out_at"]
            one = Erasure(
                int(fields["server_id"]),
                int(fields["member_id"]),
                int(fields["erased_at"]),
                None if since is None else int(since),
            )
            before = found.get((one.server_id, one.member_id))
            if before is None or before.erased_at <= one.erased_at:
                found[one.server_id, one.member_id] = one
    return list(found.values())


def append_to_log(path: Path, erasures: Iterable[Erasure]) -> None:
    """Append the erasures that aren't in the file yet, and flush to disk. Raises OSError.

    Another process may append at the same time, so a line may be older than the one before it.
    """
    known = {(one.server_id, one.member_id): one for one in read_log(path)}
    lines = [
        json.dumps(
            {
                "server_id": str(one.server_id),
                "member_id": str(one.member_id),
                "erased_at": one.erased_at,
                "opted_out_at": one.opted_out_at,
            }
        )
        for one in erasures
        if _is_news(one, known.get((one.server_id, one.member_id)))
    ]
    if not lines:
        return
    with path.open("a+b") as file:
        if file.tell():
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":
                lines.insert(0, "")  # a crash cut off the last line
        file.write(("\n".join(lines) + "\n").encode())
        file.flush()
        os.fsync(file.fileno())


def get_log_state(path: Path) -> tuple[int, int] | None:
    """Two numbers that differ after the file was written; None if there is no file."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_mtime_ns, found.st_size


async def get_erasures(tx: Transaction) -> list[Erasure]:
    """The erasures recorded in the archive."""
    return [Erasure(*row) for row in await tx.rows(_RECORDED)]


async def get_servers_of_member(tx: Transaction, member_id: int) -> list[int]:
    """The servers in which something of a member is stored that an erasure removes."""
    rows = await tx.rows(
        """
        SELECT server_id FROM replies WHERE author_id = :member_id
        UNION SELECT server_id FROM threads WHERE member_id = :member_id
        UNION SELECT server_id FROM proxied_replies WHERE author_id = :member_id
        UNION SELECT server_id FROM proxy_candidates WHERE author_id = :member_id
        UNION SELECT server_id FROM essay_authors WHERE member_id = :member_id
        UNION SELECT server_id FROM author_messages WHERE member_id = :member_id
        UNION SELECT server_id FROM pending_authors WHERE member_id = :member_id
        UNION SELECT server_id FROM answers WHERE member_id = :member_id
        UNION SELECT server_id FROM answer_hints WHERE member_id = :member_id
        UNION SELECT server_id FROM reading_marks WHERE member_id = :member_id
        UNION SELECT server_id FROM unnamed_members WHERE member_id = :member_id
        ORDER BY server_id
        """,
        {"member_id": member_id},
    )
    return [row["server_id"] for row in rows]


async def get_newest_reply_time(tx: Transaction, server_id: int, member_id: int) -> int:
    """When a member wrote their newest saved reply in a server, in milliseconds; 0 if none is."""
    row = await tx.row(
        """
        SELECT max(written_at) AS at FROM replies
        WHERE server_id = :server_id AND author_id = :member_id
        """,
        {"server_id": server_id, "member_id": member_id},
    )
    return 0 if row is None or row["at"] is None else int(row["at"])


async def record_erasure(tx: Transaction, one: Erasure) -> Erasure:
    """Record an erasure, unless a later one of the member is recorded; the recorded erasure."""
    row = await tx.row(
        """
        INSERT INTO erased_members (server_id, member_id, erased_at, opted_out_at)
        VALUES (:server_id, :member_id, :erased_at, :since)
        ON CONFLICT (server_id, member_id) DO UPDATE SET
            erased_at = CASE WHEN excluded.erased_at < erased_members.erased_at
                THEN erased_members.erased_at ELSE excluded.erased_at END,
            opted_out_at = CASE WHEN excluded.erased_at < erased_members.erased_at
                THEN erased_members.opted_out_at ELSE excluded.opted_out_at END
        RETURNING server_id, member_id, erased_at, opted_out_at
        """,
        {
            "server_id": one.server_id,
            "member_id": one.member_id,
            "erased_at": one.erased_at,
            "since": one.opted_out_at,
        },
    )
    assert row is not None
    return Erasure(*row)


async def apply_log(
    tx: Transaction, erasures: Iterable[Erasure], erase_member: EraseMember, now_ms: int
) -> int:
    """Erase the members who are in the log but not recorded as erased in the archive.

    That is so if the archive was restored from a backup, or if ``python -m bot forget`` was used
    while the bot was running or starting. Returns the number of erasures.
    """
    pending = await find_pending(tx, erasures)
    for one in pending:
        await erase_member(tx, one.server_id, one.member_id, until_ms=one.erased_at, now_ms=now_ms)
        await record_erasure(tx, one)
    return len(pending)


async def find_pending(tx: Transaction, erasures: Iterable[Erasure]) -> list[Erasure]:
    """The erasures that aren't recorded in the archive, nor a later one of the member."""
    known = {(one.server_id, one.member_id): one for one in await get_erasures(tx)}
    return [one for one in erasures if _is_news(one, known.get((one.server_id, one.member_id)))]


def _is_news(one: Erasure, known: Erasure | None) -> bool:
    """Whether an erasure isn't known, nor a later one of the same member."""
    return known is None or (known != one and known.erased_at <= one.erased_at)


def erase_in_backup(
    connection: sqlite3.Connection, erasures: Iterable[Erasure], now_ms: int
) -> int:
    """Erase the members' rows in a backup that is being restored; the number of replies.

    :func:`apply_log` does the rest when the archive is opened.
    """
    erased = 0
    for one in erasures:
        parameters = {
            "server_id": one.server_id,
            "member_id": one.member_id,
            "until": one.erased_at,
            "now": now_ms,
            "name": ERASED_THREAD_NAME,
        }
        for statement in ERASE_MEMBER_ROWS:
            changed = connection.execute(statement, parameters).rowcount
        erased += changed  # by the last one, which empties the replies
    return erased


def get_replaced_erasures(connection: sqlite3.Connection) -> list[Erasure]:
    """The erasures recorded in the archive that is attached as ``replaced``."""
    return [Erasure(*row) for row in connection.execute(_OF_REPLACED)]


_RECORDED = "SELECT server_id, member_id, erased_at, opted_out_at FROM erased_members"
_OF_REPLACED = "SELECT server_id, member_id, erased_at, opted_out_at FROM replaced.erased_members"
#: Makes a member the author of what an app reposted for them, so that it is erased as theirs.
CLAIM_PROXIED = (
    """
    UPDATE replies SET author_id = :member_id
    WHERE server_id = :server_id AND written_at <= :until AND id IN (
        SELECT reply_id FROM proxied_replies
        WHERE server_id = :server_id AND author_id = :member_id
    )
    """,
    """
    UPDATE proxied_replies SET author_id = 0
    WHERE server_id = :server_id AND author_id = :member_id AND reply_id IN (
        SELECT id FROM replies
        WHERE server_id = :server_id AND author_id = :member_id AND written_at <= :until
    )
    """,
    """
    UPDATE proxy_candidates SET author_id = 0
    WHERE server_id = :server_id AND author_id = :member_id
    """,
)
#: Erases a member's rows; with ``server_id``, ``member_id``, ``until``,
#: ``now`` (milliseconds) and the ``name`` of their threads.
ERASE_MEMBER_ROWS = (
    *CLAIM_PROXIED,
    """
    UPDATE answers SET state = CASE state WHEN 'done' THEN 'done' ELSE 'failed' END, member_id = 0,
        member_name = '', text = '', avatar = NULL, signature = NULL
    WHERE server_id = :server_id AND member_id = :member_id AND submitted_at <= :until
    """,
    "DELETE FROM answer_hints WHERE server_id = :server_id AND member_id = :member_id",
    "DELETE FROM essay_authors WHERE server_id = :server_id AND member_id = :member_id",
    "DELETE FROM pending_authors WHERE server_id = :server_id AND member_id = :member_id",
    "DELETE FROM author_messages WHERE server_id = :server_id AND member_id = :member_id",
    """
    DELETE FROM author_questions WHERE reply_id IN (
        SELECT id FROM replies
        WHERE server_id = :server_id AND author_id = :member_id AND written_at <= :until
    )
    """,
    "DELETE FROM reading_marks WHERE server_id = :server_id AND member_id = :member_id",
    """
    UPDATE prompts SET reason = '{"code":"cancelled-by-erased"}'
    WHERE server_id = :server_id AND state = 'skipped'
        AND json_extract(reason, '$.code') = 'cancelled'
        AND CAST(json_extract(reason, '$.member_id') AS BIGINT) = :member_id
    """,
    """
    UPDATE threads SET name = :name WHERE id IN (
        SELECT replies.id FROM replies JOIN threads AS theirs ON theirs.id = replies.id
        WHERE replies.server_id = :server_id AND replies.author_id = :member_id
            AND written_at <= :until AND (
                replace(replies.text, rtrim(theirs.name, '…'), '') <> replies.text
                OR replace(theirs.name, replies.author_name, '') <> theirs.name
            )
    )
    """,
    """
    UPDATE threads SET name = :name, member_id = -1
    WHERE server_id = :server_id AND member_id = :member_id AND NOT EXISTS (
        SELECT 1 FROM replies WHERE replies.id = threads.id AND written_at > :until
    )
    """,
    """
    DELETE FROM attachments WHERE reply_id IN (
        SELECT id FROM replies
        WHERE server_id = :server_id AND author_id = :member_id AND written_at <= :until
    )
    """,
    """
    DELETE FROM attachment_files WHERE reply_id IN (
        SELECT id FROM replies
        WHERE server_id = :server_id AND author_id = :member_id AND written_at <= :until
    )
    """,
    """
    DELETE FROM reply_extras WHERE reply_id IN (
        SELECT id FROM replies
        WHERE server_id = :server_id AND author_id = :member_id AND written_at <= :until
    )
    """,
    # What others forwarded of theirs.
    """
    DELETE FROM attachments WHERE reply_id IN (
        SELECT reply_extras.reply_id
        FROM replies JOIN reply_extras ON reply_extras.forwarded_id = replies.id
        WHERE replies.server_id = :server_id AND replies.author_id = :member_id
            AND replies.written_at <= :until
    )
    """,
    """
    DELETE FROM attachment_files WHERE reply_id IN (
        SELECT reply_extras.reply_id
        FROM replies JOIN reply_extras ON reply_extras.forwarded_id = replies.id
        WHERE replies.server_id = :server_id AND replies.author_id = :member_id
            AND replies.written_at <= :until
    )
    """,
    """
    UPDATE reply_extras SET forward_text = '', forward_stickers = '[]' WHERE forwarded_id IN (
        SELECT id FROM replies
        WHERE server_id = :server_id AND author_id = :member_id AND written_at <= :until
    )
    """,
    """
    DELETE FROM reactions WHERE reply_id IN (
        SELECT id FROM replies
        WHERE server_id = :server_id AND author_id = :member_id AND written_at <= :until
    )
    """,
    """
    DELETE FROM reply_passages WHERE reply_id IN (
        SELECT id FROM replies
        WHERE server_id = :server_id AND author_id = :member_id AND written_at <= :until
    )
    """,
    """
    DELETE FROM reply_anchors WHERE reply_id IN (
        SELECT id FROM replies
        WHERE server_id = :server_id AND author_id = :member_id AND written_at <= :until
    )
    """,
    """
    UPDATE reply_moves SET stale = 0, member_id = 0 WHERE reply_id IN (
        SELECT id FROM replies
        WHERE server_id = :server_id AND author_id = :member_id AND written_at <= :until
    )
    """,
    "DELETE FROM unnamed_members WHERE member_id = :member_id AND server_id = :server_id",
    """
    UPDATE replies SET author_id = 0, author_name = '', text = '', edited_at = NULL,
        deleted_at = COALESCE(deleted_at, :now)
    WHERE server_id = :server_id AND author_id = :member_id AND written_at <= :until
    """,
)
