"""Connections to the archive's file: opened for writing or reading, and locked for one process."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import aiosqlite
from aiosqlite.context import contextmanager
from filelock import FileLock, Timeout

from bot.errors import DatabaseError, DatabaseInUse
from storage.db.file_access import describe_os_error, find_access_problem

__all__ = ["SqliteConnection", "connect", "lock_archive", "read_pragma"]

T = TypeVar("T")
#: Seconds between two attempts to lock an archive.
_LOCK_POLL = 0.02


@contextlib.contextmanager
def lock_archive(path: Path, *, wait: float = 0.0) -> Iterator[None]:
    """Lock the archive for this process. Raises DatabaseInUse if another process has the lock.

    ``wait``: seconds in which it may release it; the event loop waits, too.
    Raises DatabaseError if it can't be locked, created or written.
    """
    problem = find_access_problem(path)
    if problem:
        raise DatabaseError(problem)
    # The lock is beside the resolved file, so that a symbolic link leads to the same lock.
    lock = FileLock(f"{path.resolve()}.lock")
    try:
        lock.acquire(timeout=wait, poll_interval=_LOCK_POLL)
    except Timeout:
        raise DatabaseInUse(
            f"Another Salon is running on {path}. Stop it first, or set SALON_DATABASE to "
            "another file."
        ) from None
    except OSError as error:
        raise DatabaseError(
            f"The database {path} can't be locked: {describe_os_error(error)}."
        ) from error
    try:
        yield
    finally:
        lock.release()


class SqliteConnection(aiosqlite.Connection):
    """A connection of aiosqlite's that can be sent many statements without waiting for each.

    Each statement that is waited for costs two switches between the event loop's thread and the
    database's, which is as much as inserting several rows.
    """

    def __init__(self, address: str) -> None:
        """``address``: a URI of SQLite's."""
        connector = partial(sqlite3.connect, address, uri=True, isolation_level=None)
        super().__init__(connector, iter_chunk_size=64)
        #: Errors of the open pipeline's statements; None if no pipeline is open.
        self._errors: list[Exception] | None = None

    @contextlib.asynccontextmanager
    async def pipeline(self) -> AsyncIterator[None]:
        """Within the block, ``executemany`` sends its rows and doesn't wait.

        After an error, no statement of the block is executed any more; the error is raised at the
        end of the block.
        """
        errors = self._errors = []
        try:
            yield
        finally:
            self._errors = None
            await self._run(_do_nothing)  # after all that were sent
        if errors:
            raise errors[0]

    @contextmanager
    async def executemany(self, sql: str, parameters: Iterable[Any]) -> Any:
        """Execute a statement for each of these rows of parameters."""
        if self._errors is None:
            return await super().executemany(sql, parameters)
        work = partial(self._execute_pipelined, self._errors, sql, parameters)
        self._tx.put_nowait((None, work))
        return None

    def _execute_pipelined(self, errors: list[Exception], sql: str, rows: Iterable[Any]) -> None:
        # SQLite may have rolled back with the first error, so that the next would be committed.
        if errors:
            return
        try:
            self._conn.executemany(sql, rows)
        except Exception as error:  # noqa: BLE001 - raised at the end of the pipeline
            errors.append(error)

    async def fetch_each(self, queries: Sequence[str]) -> list[list[sqlite3.Row]]:
        """The rows of each of these queries, which have no parameters."""
        return await self._run(partial(self._fetch_each, queries))

    async def _run(self, work: Callable[[], T]) -> T:
        """Run ``work`` in the database's thread."""
        run: Callable[[Callable[[], T]], Awaitable[T]] = self._execute
        return await run(work)

    def _fetch_each(self, queries: Sequence[str]) -> list[list[sqlite3.Row]]:
        return [self._conn.execute(sql).fetchall() for sql in queries]


def _do_nothing() -> None:
    """To be waited for."""


@contextlib.asynccontextmanager
async def connect(path: Path, mode: str) -> AsyncIterator[SqliteConnection]:
    """Open a connection, and close it in the end. ``mode``: as in SQLite's URIs ("ro", "rwc").

    Raises DatabaseError if the file can't be opened.
    """
    address = f"{path.absolute().as_uri()}?mode={mode}"
    try:
        connection = SqliteConnection(address)
        await connection
    except sqlite3.Error as error:
        raise DatabaseError(f"The database {path} can't be opened: {error}.") from error
    try:
        connection.row_factory = sqlite3.Row
        if mode == "ro":
            await connection.execute("PRAGMA query_only = ON")
        await connection.execute("PRAGMA busy_timeout = 5000")
        yield connection
    finally:
        await connection.close()


async def read_pragma(connection: aiosqlite.Connection, sql: str) -> int:
    """The value of a pragma, or of any query for one number."""
    rows = list(await connection.execute_fetchall(sql))
    return int(rows[0][0])
