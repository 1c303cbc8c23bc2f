"""Fault injection into the statements that write to the archive.

The writer's connection is wrapped. SQLite itself raises the errors: it is asked for more pages
than ``max_page_count`` allows, or another connection holds the lock.
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
from tests.faults.call_faults import Occurrence

__all__ = [
    "BEGIN",
    "COMMIT",
    "STATEMENT_FAULTS",
    "StatementFaultInjector",
    "applies_to_statement",
    "statement_label",
    "watch_writer",
]

#: The faults of a statement: the disk is full, the archive is locked, the process is killed before
#: or after it.
STATEMENT_FAULTS = ("full", "locked", "killed", "killed-after")
BEGIN, COMMIT = "BEGIN IMMEDIATE", "COMMIT"
_WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE", "WITH")
_MAX_PAGES = 1_073_741_823
#: Needs more space than is ever free within the file.
_TOO_MUCH = "CREATE TABLE too_much AS SELECT zeroblob(20000000) AS content"


def applies_to_statement(fault: str, statement: Occurrence) -> bool:
    """Whether injecting a fault into a statement tests anything new.

    BEGIN takes the lock and needs no disk space; the others have the lock. Killing the process at
    any statement of a transaction has the same effect as killing it before the COMMIT.
    """
    begins, commits = statement.what == BEGIN, statement.what == COMMIT
    return {"full": not begins, "locked": begins, "killed": commits, "killed-after": commits}[fault]


@dataclass
class StatementFaultInjector:
    """Records what the writer executes, and injects ``fault`` into the statement ``at``.

    Only statements that change something count. That is known after the execution, so a statement
    within a transaction fails after it, which has the same effect: it is rolled back.
    ``executed``: the statements in order. ``marker``: a file created just before the process is
    killed, so that the next process isn't.
    """

    at: Occurrence | None = None
    fault: str = ""
    marker: Path | None = None
    statements: list[Occurrence] = field(default_factory=list)
    injected: bool = False
    _count: Counter[str] = field(default_factory=Counter)
    _changes: int = 0

    async def begin(self, connection: aiosqlite.Connection) -> None:
        """Called before a transaction begins."""
        self._changes = connection.total_changes
        self._count[BEGIN] += 1
        if self._is_target(Occurrence(BEGIN, self._count[BEGIN])):
            await _raise_locked(connection)

    async def executed(self, connection: aiosqlite.Connection, sql: str, before: int) -> None:
        """Called after a statement; ``before``: ``total_changes`` before it."""
        line = " ".join(sql.split())
        if line.startswith(_WRITES) and connection.total_changes > before:
            occurrence = self._next(statement_label(line))
            self.statements.append(occurrence)
            if self._is_target(occurrence):
                await self._fail(connection)

    async def commit(self, connection: aiosqlite.Connection) -> bool:
        """Called before a COMMIT; whether to kill the process after it."""
        if connection.total_changes == self._changes:
            return False
        self.statements.append(Occurrence(BEGIN, self._count[BEGIN]))
        occurrence = self._next(COMMIT)
        self.statements.append(occurrence)
        if not self._is_target(occurrence):
            return False
        if self.fault == "killed-after":
            return True
        await self._fail(connection)
        return False

    def _next(self, what: str) -> Occurrence:
        self._count[what] += 1
        return Occurrence(what, self._count[what])

    def _is_target(self, occurrence: Occurrence) -> bool:
        if self.injected or occurrence != self.at:
            return False
        self.injected = True
        return True

    async def _fail(self, connection: aiosqlite.Connection) -> None:
        if self.fault == "killed":
            self.kill()
        await _raise_disk_full(connection)

    def save_counts(self, path: Path) -> None:
        """Save the counts for the next process."""
        path.write_text(json.dumps(self._count), encoding="utf-8")

    def load_counts(self, path: Path) -> None:
        """Continue with the counts of the process before, if there was one."""
        if path.exists():
            self._count.update(json.loads(path.read_text(encoding="utf-8")))

    def kill(self) -> None:
        """SIGKILL this process."""
        if self.marker is not None:
            self.marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)


def statement_label(sql: str) -> str:
    """A short unique name of a statement (on one line): its beginning and a checksum."""
    return f"{sql[:50]}… {zlib.crc32(sql.encode()):08x}"


async def _raise_disk_full(connection: aiosqlite.Connection) -> None:
    """Make SQLite raise its error for a full disk."""
    (row,) = await connection.execute_fetchall("PRAGMA page_count")
    await connection.execute_fetchall(f"PRAGMA max_page_count = {row[0]}")
    try:
        await connection.execute_fetchall(_TOO_MUCH)
        raise AssertionError("the disk was not full")
    finally:
        await connection.execute_fetchall(f"PRAGMA max_page_count = {_MAX_PAGES}")


async def _raise_locked(connection: aiosqlite.Connection) -> None:
    """Make SQLite raise its error for a lock that another connection holds."""
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


class _WatchedConnection:
    """The writer's connection, wrapped to report to an injector."""

    def __init__(self, connection: aiosqlite.Connection, injector: StatementFaultInjector) -> None:
        self._connection = connection
        self._injector = injector

    @property
    def in_transaction(self) -> bool:
        return self._connection.in_transaction

    @property
    def total_changes(self) -> int:
        return self._connection.total_changes

    @contextmanager
    async def execute(self, sql: str, parameters: Any = None) -> Any:
        kills, before = False, self._connection.total_changes
        if sql == BEGIN:
            await self._injector.begin(self._connection)
        elif sql == COMMIT:
            kills = await self._injector.commit(self._connection)
        found = await self._connection.execute(sql, parameters)
        if kills:
            self._injector.kill()
        await self._injector.executed(self._connection, sql, before)
        return found

    @contextmanager
    async def executemany(self, sql: str, rows: Any) -> Any:
        before = self._connection.total_changes
        found = await self._connection.executemany(sql, rows)
        await self._injector.executed(self._connection, sql, before)
        return found

    @contextmanager
    async def execute_fetchall(self, sql: str, parameters: Any = None) -> Any:
        before = self._connection.total_changes
        found = await self._connection.execute_fetchall(sql, parameters)
        await self._injector.executed(self._connection, sql, before)
        return found


@contextlib.contextmanager
def watch_writer(injector: StatementFaultInjector) -> Iterator[None]:
    """Wrap the writer of each archive that is opened in the block."""

    class WatchedWriter(Writer):
        def __init__(self, connection: aiosqlite.Connection, **options: Any) -> None:
            watched: Any = _WatchedConnection(connection, injector)
            super().__init__(watched, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(storage.db.database, "Writer", WatchedWriter)
        yield
