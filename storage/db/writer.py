"""One writer: every change goes through one queue, in arrival order, many to a transaction.

Group commit is what makes ``synchronous=FULL`` nearly free: while one transaction is being
committed, the changes that arrive meanwhile gather, and the next transaction carries them all.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import aiosqlite

__all__ = ["Transaction", "Work", "Writer"]

T = TypeVar("T")
Parameters = Mapping[str, Any]

#: Changes that may share one transaction; bounds how long the first of them waits.
_MOST_PER_COMMIT = 500


class Transaction:
    """What a unit of work may do: statements with named parameters, nothing else.

    Nothing but the database may be awaited while one is held.
    """

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection

    async def run(self, sql: str, parameters: Parameters | None = None) -> int:
        """Execute one statement; the number of rows it changed."""
        async with self._connection.execute(sql, parameters or {}) as cursor:
            return cursor.rowcount

    async def insert(self, sql: str, parameters: Parameters) -> int:
        """Execute one INSERT; the new row's id."""
        async with self._connection.execute(sql, parameters) as cursor:
            row_id = cursor.lastrowid
        if row_id is None:
            raise sqlite3.InternalError("an INSERT gave no row id")
        return row_id

    async def run_many(self, sql: str, rows: Iterable[Parameters]) -> None:
        """Execute one statement for each of ``rows``, in one visit to the database's thread."""
        async with self._connection.executemany(sql, rows):
            pass

    async def rows(self, sql: str, parameters: Parameters | None = None) -> list[sqlite3.Row]:
        """All rows of a query."""
        return list(await self._connection.execute_fetchall(sql, parameters or {}))

    async def row(self, sql: str, parameters: Parameters | None = None) -> sqlite3.Row | None:
        """The first row of a query, or None."""
        found = await self.rows(sql, parameters)
        return found[0] if found else None


Work = Callable[[Transaction], Awaitable[T]]


@dataclass(frozen=True)
class _Queued:
    work: Work[Any]
    outcome: asyncio.Future[Any]


class Writer:
    """Runs units of work in arrival order; a unit is in the file when :meth:`write` returns.

    A unit that raises is undone alone: its caller gets the exception, its neighbours in the same
    transaction are kept. Where the commit itself fails (a full disk, say), every unit of that
    transaction is undone and every caller gets that exception. A caller that is cancelled does
    not take its unit back: it may still be committed.
    """

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection
        self._transaction = Transaction(connection)
        self._queue: asyncio.Queue[_Queued | None] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    def start(self) -> None:
        """Begin to work the queue off, in a task of this loop."""
        self._task = asyncio.create_task(self._work_off(), name="writer")

    async def close(self) -> None:
        """Finish what is queued, then stop; further writes are refused with RuntimeError."""
        self._closed = True
        if self._task is not None:
            self._queue.put_nowait(None)
            await self._task
            self._task = None

    async def write(self, work: Work[T]) -> T:
        """Run ``work`` in a transaction and return its value once that is committed."""
        if self._closed:
            raise RuntimeError("the archive is closed")
        outcome: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._queue.put_nowait(_Queued(work, outcome))
        return await outcome

    async def _work_off(self) -> None:
        last = False
        while not last:
            units: list[_Queued] = []
            first = await self._queue.get()
            if first is None:
                return
            units.append(first)
            while len(units) < _MOST_PER_COMMIT and not self._queue.empty():
                unit = self._queue.get_nowait()
                if unit is None:
                    last = True
                    break
                units.append(unit)
            await self._commit(units)

    async def _commit(self, units: list[_Queued]) -> None:
        done: list[tuple[_Queued, Any]] = []
        try:
            await self._connection.execute("BEGIN IMMEDIATE")
            for unit in units:
                value = await self._run(unit)
                if value is not _FAILED:
                    done.append((unit, value))
            await self._connection.execute("COMMIT")
        except Exception as error:  # noqa: BLE001 - handed to every caller it concerns
            with contextlib.suppress(sqlite3.Error):
                if self._connection.in_transaction:
                    await self._connection.execute("ROLLBACK")
            for unit in units:
                if not unit.outcome.done():
                    unit.outcome.set_exception(error)
            return
        for unit, value in done:
            if not unit.outcome.done():
                unit.outcome.set_result(value)

    async def _run(self, unit: _Queued) -> Any:
        await self._connection.execute("SAVEPOINT unit")
        try:
            value = await unit.work(self._transaction)
        except Exception as error:
            if not self._connection.in_transaction:
                raise  # SQLite itself has rolled everything back (disk full, say)
            await self._connection.execute("ROLLBACK TO unit")
            await self._connection.execute("RELEASE unit")
            if not unit.outcome.done():
                unit.outcome.set_exception(error)
            return _FAILED
        await self._connection.execute("RELEASE unit")
        return value


_FAILED = object()
