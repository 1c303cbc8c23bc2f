"""Fault injection into the statements that write to the archive.

The writer's connection is wrapped, and the database itself raises the errors. On SQLite,
``max_page_count`` is lowered, or another connection holds the lock. On PostgreSQL, a statement that
raises an error is executed, the socket is shut down, or the server is restarted.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import sqlite3
import zlib
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiosqlite
import pytest
from aiosqlite.context import contextmanager

import storage.db.database
from storage.db.writer import ServerConnection, Writer
from tests.faults.call_faults import Occurrence
from tests.support.archives import get_server, uses_postgresql

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
#: or after it. Only on PostgreSQL: the connection is cut before it, or after it without an answer;
#: the server is restarted without shutting down; the transaction is the victim of a deadlock.
STATEMENT_FAULTS = (
    *("full", "locked", "killed", "killed-after"),
    *("cut", "cut-after", "restarted", "deadlock"),
)
BEGIN, COMMIT = "BEGIN IMMEDIATE", "COMMIT"
_WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE", "WITH")
_MAX_PAGES = 1_073_741_823
#: Needs more space than is ever free within the file.
_TOO_MUCH = "CREATE TABLE too_much AS SELECT zeroblob(20000000) AS content"
#: PostgreSQL's own codes (docs: PostgreSQL › Error Codes).
_CODES = {"full": "53100", "deadlock": "40P01"}
#: For each table with numbered rows.
_CLOSE_GAPS = "".join(
    f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), coalesce(max(id), 1), "
    f"max(id) IS NOT NULL) FROM {table};"
    for table in (
        *("discussions", "audit_log", "pending_revisions", "planned_messages", "message_edits"),
        *("prompts", "author_messages"),
    )
)


def applies_to_statement(fault: str, statement: Occurrence) -> bool:
    """Whether injecting a fault into a statement tests anything new.

    On SQLite, BEGIN takes the lock and needs no disk space; the others have the lock. Killing the
    process at any statement of a transaction has the same effect as killing it before the COMMIT,
    and so has a restart of PostgreSQL.
    """
    begins, commits = statement.what == BEGIN, statement.what == COMMIT
    on_postgresql = {
        "full": not begins,
        "locked": False,
        "cut": True,
        "cut-after": commits,
        "restarted": begins or commits,
        "deadlock": not begins and not commits,
    }
    on_sqlite = {"full": not begins, "locked": begins}
    on_both = {"killed": commits, "killed-after": commits}
    return ((on_postgresql if uses_postgresql() else on_sqlite) | on_both).get(fault, False)


@dataclass
class StatementFaultInjector:
    """Records what the writer executes, and injects ``fault`` into the statement ``at``.

    Only statements that change something count. That is known after the execution, so a statement
    within a transaction fails after it, which has the same effect: it is rolled back.
    ``statements``: those in order. ``has_gaps``: whether a transaction may have been rolled back
    that had numbered its rows. ``marker``: a file created just before the process is killed, so
    that the next process isn't.
    """

    at: Occurrence | None = None
    fault: str = ""
    marker: Path | None = None
    statements: list[Occurrence] = field(default_factory=list)
    injected: bool = False
    has_gaps: bool = False
    _count: Counter[str] = field(default_factory=Counter)
    _changes: int = 0

    async def begin(self, connection: aiosqlite.Connection) -> None:
        """Called before a transaction begins."""
        if self.has_gaps and uses_postgresql():
            await _close_gaps(connection)
            self.has_gaps = False
        self._changes = connection.total_changes
        self._count[BEGIN] += 1
        if self._is_target(Occurrence(BEGIN, self._count[BEGIN])):
            await self._fail(connection)

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
        self.injected = self.has_gaps = True
        return True

    async def _fail(self, connection: aiosqlite.Connection) -> None:
        if self.fault == "killed":
            self.kill()
        elif self.fault == "locked":
            await _raise_locked(connection)
        elif self.fault == "restarted":
            # Not in another thread: the kernel stops a server with the thread that started it.
            get_server().restart()
        elif self.fault.startswith("cut"):
            await _cut(connection, hears_nothing=self.fault == "cut-after")
        elif uses_postgresql():
            await connection.execute(f"DO $$ BEGIN RAISE SQLSTATE '{_CODES[self.fault]}'; END $$")
        else:
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


async def _close_gaps(connection: Any) -> None:
    """Continue with the number after the last row's, as SQLite does.

    PostgreSQL's sequences aren't rolled back (docs: PostgreSQL › Sequence Manipulation Functions),
    so an essay would have another number than without the fault, in commands and custom ids, too.
    """
    raw = await connection.open()
    await raw.execute(_CLOSE_GAPS, prepare=False)


async def _cut(connection: Any, *, hears_nothing: bool) -> None:
    """Cut the connection to PostgreSQL, which notices it at once; or let no answer through."""
    raw = await connection.open()
    with socket.socket(fileno=os.dup(raw.fileno())) as own:
        own.shutdown(socket.SHUT_RD if hears_nothing else socket.SHUT_RDWR)


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


class _WatchedServerConnection(_WatchedConnection):
    """The same, of a connection to PostgreSQL."""

    @contextlib.asynccontextmanager
    async def pipeline(self) -> AsyncIterator[None]:
        async with self._get_server_connection().pipeline():
            yield

    @contextmanager
    async def insert_many(self, sql: str, rows: Any) -> Any:
        before = self._connection.total_changes
        found = await self._get_server_connection().insert_many(sql, rows)
        await self._injector.executed(self._connection, sql, before)
        return found

    async def execute_later(self, sql: str, parameters: Any = None) -> None:
        await self._get_server_connection().execute_later(sql, parameters)

    @contextmanager
    async def fetch_each(self, statements: Any) -> Any:
        return await self._get_server_connection().fetch_each(statements)

    def _get_server_connection(self) -> Any:
        return self._connection


@contextlib.contextmanager
def watch_writer(injector: StatementFaultInjector) -> Iterator[None]:
    """Wrap the writer of each archive that is opened in the block."""

    class WatchedWriter(Writer):
        def __init__(self, connection: aiosqlite.Connection, **options: Any) -> None:
            kind = (
                _WatchedServerConnection
                if isinstance(connection, ServerConnection)
                else _WatchedConnection
            )
            watched: Any = kind(connection, injector)
            super().__init__(watched, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(storage.db.database, "Writer", WatchedWriter)
        yield
