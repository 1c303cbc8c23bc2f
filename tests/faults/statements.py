"""The statements with which the archive is changed, each of which can be struck.

The writer's connection is listened to; where it is to fail, SQLite itself says so: it is asked for
more pages than ``max_page_count`` allows, or the lock is held by another connection.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sqlite3
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiosqlite
import pytest
from aiosqlite.context import contextmanager

import storage.db.database
from storage.db.writer import Writer
from tests.faults.injection import Moment

__all__ = [
    "BEGIN",
    "COMMIT",
    "STATEMENT_FAULTS",
    "Statements",
    "listening",
    "may_be_struck",
    "told",
]

#: What befalls a statement. ``killed`` strikes before it, ``killed-after`` behind it.
STATEMENT_FAULTS = ("full", "locked", "killed", "killed-after")
BEGIN, COMMIT = "BEGIN IMMEDIATE", "COMMIT"
_CHANGES = ("INSERT", "UPDATE", "DELETE", "REPLACE", "WITH")
_MOST_PAGES = 1_073_741_823
#: More than is ever free within the file.
_TOO_MUCH = "CREATE TABLE too_much AS SELECT zeroblob(20000000) AS content"


def may_be_struck(fault: str, statement: Moment) -> bool:
    """Whether a fault can befall a statement, and says anything new of it.

    The lock is asked for where a transaction begins, which takes no room. Whichever of its
    statements a process is killed at, what is left of a transaction is what is left before its end.
    """
    begins, ends = statement.what == BEGIN, statement.what == COMMIT
    return {"full": not begins, "locked": begins, "killed": ends, "killed-after": ends}[fault]


@dataclass
class Statements:
    """Listens to what the writer executes, and strikes at one statement.

    Only what changes something counts. That shows when it is executed, so a statement within a
    transaction is struck behind its execution, which comes to the same: it is undone. ``seen``:
    the statements in order. ``mark``: a file that is made when the process is about to be killed,
    so that the next one is not.
    """

    at: Moment | None = None
    fault: str = ""
    mark: Path | None = None
    seen: list[Moment] = field(default_factory=list)
    struck: bool = False
    _count: Counter[str] = field(default_factory=Counter)
    _changes: int = 0

    async def begin(self, connection: aiosqlite.Connection) -> None:
        """A transaction is about to begin."""
        self._changes = connection.total_changes
        self._count[BEGIN] += 1
        if self._is_meant(Moment(BEGIN, self._count[BEGIN])):
            await _lock_out(connection)

    async def executed(self, connection: aiosqlite.Connection, sql: str, before: int) -> None:
        """A statement was executed; ``before``: the changes until then."""
        plain = " ".join(sql.split())
        if plain.startswith(_CHANGES) and connection.total_changes > before:
            moment = self._next(told(plain))
            self.seen.append(moment)
            if self._is_meant(moment):
                await self._fail(connection)

    async def commit(self, connection: aiosqlite.Connection) -> bool:
        """What a transaction changed is about to be committed; whether the process ends then."""
        if connection.total_changes == self._changes:
            return False
        self.seen.append(Moment(BEGIN, self._count[BEGIN]))
        moment = self._next(COMMIT)
        self.seen.append(moment)
        if not self._is_meant(moment):
            return False
        if self.fault == "killed-after":
            return True
        await self._fail(connection)
        return False

    def _next(self, what: str) -> Moment:
        self._count[what] += 1
        return Moment(what, self._count[what])

    def _is_meant(self, moment: Moment) -> bool:
        if self.struck or moment != self.at:
            return False
        self.struck = True
        return True

    async def _fail(self, connection: aiosqlite.Connection) -> None:
        if self.fault == "killed":
            self.kill()
        await _fill(connection)

    def keep(self, path: Path) -> None:
        """Keep the count for the next process, which goes on with it."""
        path.write_text(json.dumps(self._count), encoding="utf-8")

    def go_on(self, path: Path) -> None:
        """Go on with what the process before has counted, if there was one."""
        if path.exists():
            self._count.update(json.loads(path.read_text(encoding="utf-8")))

    def kill(self) -> None:
        """End this process as a power cut does."""
        if self.mark is not None:
            self.mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)


def told(plain: str) -> str:
    """A statement as it is told of, without line breaks: its beginning, and what tells it apart."""
    return f"{plain[:50]}… {zlib.crc32(plain.encode()):08x}"


async def _fill(connection: aiosqlite.Connection) -> None:
    """Raise what SQLite raises where the disk is full, in the place of a statement."""
    (row,) = await connection.execute_fetchall("PRAGMA page_count")
    await connection.execute_fetchall(f"PRAGMA max_page_count = {row[0]}")
    try:
        await connection.execute_fetchall(_TOO_MUCH)
        raise AssertionError("the disk was not full")
    finally:
        await connection.execute_fetchall(f"PRAGMA max_page_count = {_MOST_PAGES}")


async def _lock_out(connection: aiosqlite.Connection) -> None:
    """Raise what SQLite raises where another connection keeps the lock."""
    rows = await connection.execute_fetchall("PRAGMA database_list")
    path = next(row[2] for row in rows if row[1] == "main")
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute(BEGIN)
        await connection.execute_fetchall("PRAGMA busy_timeout = 50")
        try:
            await connection.execute(BEGIN)
            raise AssertionError("the lock was not held")
        finally:
            await connection.execute_fetchall("PRAGMA busy_timeout = 5000")


class _Listened:
    """The writer's connection, with somebody who listens."""

    def __init__(self, connection: aiosqlite.Connection, statements: Statements) -> None:
        self._connection = connection
        self._statements = statements

    @property
    def in_transaction(self) -> bool:
        return self._connection.in_transaction

    @contextmanager
    async def execute(self, sql: str, parameters: Any = None) -> Any:
        ends, before = False, self._connection.total_changes
        if sql == BEGIN:
            await self._statements.begin(self._connection)
        elif sql == COMMIT:
            ends = await self._statements.commit(self._connection)
        found = await self._connection.execute(sql, parameters)
        if ends:
            self._statements.kill()
        await self._statements.executed(self._connection, sql, before)
        return found

    @contextmanager
    async def executemany(self, sql: str, rows: Any) -> Any:
        before = self._connection.total_changes
        found = await self._connection.executemany(sql, rows)
        await self._statements.executed(self._connection, sql, before)
        return found

    @contextmanager
    async def execute_fetchall(self, sql: str, parameters: Any = None) -> Any:
        before = self._connection.total_changes
        found = await self._connection.execute_fetchall(sql, parameters)
        await self._statements.executed(self._connection, sql, before)
        return found


@contextlib.contextmanager
def listening(statements: Statements) -> Iterator[None]:
    """Listen to the writer of each archive that is opened in the block."""

    class Listened(Writer):
        def __init__(self, connection: aiosqlite.Connection) -> None:
            listened: Any = _Listened(connection, statements)
            super().__init__(listened)

    with pytest.MonkeyPatch.context() as changed:
        changed.setattr(storage.db.database, "Writer", Listened)
        yield
