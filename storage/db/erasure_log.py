"""Who asked to be forgotten, beside the archive: what a restored backup is held against.

A backup is of the time before, so it cannot tell. The file beside the archive holds no content:
a line of JSON for each member, with the server, the member and the moment. It is written after
the archive itself, and made whole at every start; the newest line about a member holds.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from storage.db.writer import Transaction
from storage.privacy.erasure import ERASE, THREAD_NAME, forget

__all__ = [
    "Tombstone",
    "append",
    "beside",
    "erase",
    "honour",
    "read",
    "recorded",
    "remember",
    "replaced",
    "servers_of",
]


@dataclass(frozen=True, slots=True)
class Tombstone:
    """A member of a server who asked to be forgotten. Moments are milliseconds since 1970 UTC.

    erased_at:     of what they wrote up to then nothing is kept
    opted_out_at:  of what they write from then on nothing is kept either; None where it is
    """

    server_id: int
    member_id: int
    erased_at: int
    opted_out_at: int | None


def beside(database: Path) -> Path:
    """The file that goes with an archive."""
    return database.with_name(f"{database.name}.forgotten")


def read(path: Path) -> list[Tombstone]:
    """What the file says, the newest of each member; nothing where there is none.

    A line that was cut off by a crash is passed over: the archive still has it.
    """
    found: dict[tuple[int, int], Tombstone] = {}
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    for line in text.splitlines():
        with contextlib.suppress(ValueError, KeyError, TypeError):
            told = json.loads(line)
            since = told["opted_out_at"]
            one = Tombstone(
                int(told["server_id"]),
                int(told["member_id"]),
                int(told["erased_at"]),
                None if since is None else int(since),
            )
            found[one.server_id, one.member_id] = one
    return list(found.values())


def append(path: Path, tombstones: Iterable[Tombstone]) -> None:
    """Add what the file does not say yet; on the disk when this returns. Raises OSError."""
    known = set(read(path))
    lines = [
        json.dumps(
            {
                "server_id": str(one.server_id),
                "member_id": str(one.member_id),
                "erased_at": one.erased_at,
                "opted_out_at": one.opted_out_at,
            }
        )
        for one in tombstones
        if one not in known
    ]
    if not lines:
        return
    with path.open("a+b") as file:
        if file.tell():
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":
                lines.insert(0, "")  # a line was cut off there
        file.write(("\n".join(lines) + "\n").encode())
        file.flush()
        os.fsync(file.fileno())


async def recorded(tx: Transaction) -> list[Tombstone]:
    """What the archive itself knows."""
    return [Tombstone(*row) for row in await tx.rows(_RECORDED)]


async def servers_of(tx: Transaction, member_id: int) -> list[int]:
    """The servers of which something is kept that a member said or opened."""
    rows = await tx.rows(
        """
        SELECT server_id FROM replies WHERE author_id = :member_id
        UNION SELECT server_id FROM threads WHERE member_id = :member_id
        ORDER BY server_id
        """,
        {"member_id": member_id},
    )
    return [row["server_id"] for row in rows]


async def remember(tx: Transaction, one: Tombstone) -> Tombstone:
    """Note in the archive who asked to be forgotten, unless it knows of later. What holds now."""
    row = await tx.row(
        """
        INSERT INTO erased_members (server_id, member_id, erased_at, opted_out_at)
        VALUES (:server_id, :member_id, :erased_at, :since)
        ON CONFLICT (server_id, member_id) DO UPDATE SET
            erased_at = max(erased_at, excluded.erased_at),
            opted_out_at = CASE WHEN excluded.erased_at < erased_at THEN opted_out_at
                ELSE excluded.opted_out_at END
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
    return Tombstone(*row)


async def honour(tx: Transaction, tombstones: Iterable[Tombstone], now_ms: int) -> int:
    """Forget whoever the archive, restored from a backup, does not know to be forgotten.

    The number of members.
    """
    known = set(await recorded(tx))
    count = 0
    for one in tombstones:
        if one in known:
            continue
        await forget(tx, one.server_id, one.member_id, until_ms=one.erased_at, now_ms=now_ms)
        await remember(tx, one)
        count += 1
    return count


def erase(connection: sqlite3.Connection, tombstones: Iterable[Tombstone], now_ms: int) -> int:
    """Erase their words in a backup that is about to be put in place; how many replies.

    What else is owed is seen to by :func:`honour` when the archive is opened.
    """
    erased = 0
    for one in tombstones:
        parameters = {
            "server_id": one.server_id,
            "member_id": one.member_id,
            "until": one.erased_at,
            "now": now_ms,
            "name": THREAD_NAME,
        }
        for statement in ERASE:
            changed = connection.execute(statement, parameters).rowcount
        erased += changed  # by the last one, which empties the replies
    return erased


def replaced(connection: sqlite3.Connection) -> list[Tombstone]:
    """What an archive that is attached as ``replaced`` knows."""
    return [Tombstone(*row) for row in connection.execute(_OF_REPLACED)]


_RECORDED = "SELECT server_id, member_id, erased_at, opted_out_at FROM erased_members"
_OF_REPLACED = "SELECT server_id, member_id, erased_at, opted_out_at FROM replaced.erased_members"
