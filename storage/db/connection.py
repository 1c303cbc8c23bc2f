"""Connections to the archive's file: opened for writing or reading, and locked for one process."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiosqlite
from filelock import FileLock, Timeout

from bot.errors import DatabaseError, DatabaseInUse
from storage.db.file_access import describe_os_error, find_access_problem

__all__ = ["connect", "lock_archive", "read_pragma"]

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


@contextlib.asynccontextmanager
async def connect(path: Path, mode: str) -> AsyncIterator[aiosqlite.Connection]:
    """Open a connection, and close it in the end. ``mode``: as in SQLite's URIs ("ro", "rwc").

    Raises DatabaseError if the file can't be opened.
    """
    address = f"{path.absolute().as_uri()}?mode={mode}"
    try:
        connection = await aiosqlite.connect(address, uri=True, isolation_level=None)
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
