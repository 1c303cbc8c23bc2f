"""Writer: runs every write through one queue, in order of arrival, many to a transaction.

This is group commit, which makes ``synchronous=FULL`` cheap: writes that arrive while a transaction
is being committed are queued, and the next transaction commits all of them.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Awaitable, Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from contextvars import Context, copy_context
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar, runtime_checkable

from aiosqlite.context import Result

from storage.db.errors import WriteWithdrawn
from storage.db.multi_row_insert import SIZES, make_multi_row_insert

__all__ = ["Connection", "Parameters", "Row", "Transaction", "Work", "Writer"]

T = TypeVar("T")
Parameters = Mapping[str, Any]

#: Most units of work in one transaction; limits how long the first of them waits.
_MOST_PER_COMMIT = 500


class Row(Protocol):
    """A row of a query: its values by the names of the columns, or by their positions from 0."""

    def __getitem__(self, key: int | str, /) -> Any: ...

    def __iter__(self) -> Iterator[Any]: ...

    def __len__(self) -> int: ...

    def keys(self) -> Iterable[str]:
        """The names of the columns."""
        ...


class Connection(Protocol):
    """What is used of a connection: the methods of aiosqlite's, on either database."""

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        ...

    @property
    def total_changes(self) -> int:
        """How many rows were changed since it was opened."""
        ...

    def execute(self, sql: str, parameters: Any = None) -> Result[Any]:
        """Execute a statement; the cursor has its ``rowcount``."""
        ...

    def executemany(self, sql: str, rows: Any, /) -> Result[Any]:
        """Execute a statement for each of these rows of parameters."""
        ...

    def execute_fetchall(self, sql: str, parameters: Any = None) -> Result[Any]:
        """All rows of a query."""
        ...

    async def interrupt(self) -> None:
        """End the statement that is being executed."""
        ...


@runtime_checkable
class Pipelining(Protocol):
    """A connection that can be sent statements without waiting for each."""

    def pipeline(self) -> AbstractAsyncContextManager[None]:
        """Within the block, nothing is waited for; an error is raised at its end at the latest."""
        ...

    def fetch_each(self, statements: Sequence[str]) -> Awaitable[list[list[Row]]]:
        """All rows of each query."""
        ...


@runtime_checkable
class ServerConnection(Pipelining, Protocol):
    """A connection to a server, which is also sent rows together."""

    def insert_many(self, sql: str, rows: Sequence[Parameters]) -> Result[bool]:
        """Insert ``rows`` with one statement; False if this INSERT can't be made to."""
        ...

    async def execute_later(self, sql: str, parameters: Parameters | None = None) -> None:
        """Execute a statement together with the next one; then its errors are raised."""
        ...


class Transaction:
    """A database transaction, as a unit of work sees it: runs statements with named parameters.

    A unit of work may await only the database.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        #: Set by a unit that erases words (:mod:`storage.db.checkpoint_and_vacuum`).
        self.has_erased = False

    async def run(self, sql: str, parameters: Parameters | None = None) -> int:
        """Execute a statement; the number of rows it changed."""
        # Not closed: it has no rows left, and closing it is another wait for the database.
        cursor = await self._connection.execute(sql, parameters or {})
        changed: int = cursor.rowcount
        return changed

    async def run_later(self, sql: str, parameters: Parameters | None = None) -> None:
        """Execute a statement before the next one, of which it isn't known how much it changes.

        Where a statement is a message to a server, the two are sent together.
        """
        if isinstance(self._connection, ServerConnection):
            await self._connection.execute_later(sql, parameters)
        else:
            await self.run(sql, parameters)

    async def insert(self, sql: str, parameters: Parameters) -> int:
        """Execute an INSERT that ends with ``RETURNING id``; the new row's id."""
        (row,) = await self.rows(sql, parameters)
        return int(row["id"])

    async def run_many(self, sql: str, rows: Iterable[Parameters]) -> None:
        """Execute a statement for each of ``rows``; many rows are inserted with few statements."""
        rows = list(rows)
        if isinstance(self._connection, ServerConnection):
            if len(rows) > 1 and await self._connection.insert_many(sql, rows):
                return
        else:
            for size in SIZES:
                if len(rows) >= size and (insert := make_multi_row_insert(sql, size)) is not None:
                    await self._connection.executemany(insert.sql, insert.split(rows))
                    rows = rows[len(rows) - len(rows) % size :]
        if rows:
            await self._connection.executemany(sql, rows)

    @property
    def is_remote(self) -> bool:
        """Whether a server executes the statements, while this process can go on."""
        return isinstance(self._connection, ServerConnection)

    def pipeline(self) -> AbstractAsyncContextManager[None]:
        """A block in which only :meth:`run_many` is called, many times.

        The statements are sent in order, and are waited for at the end only.
        """
        if isinstance(self._connection, Pipelining):
            return self._connection.pipeline()
        return contextlib.nullcontext()

    async def rows(self, sql: str, parameters: Parameters | None = None) -> list[Row]:
        """All rows of a query."""
        return list(await self._connection.execute_fetchall(sql, parameters or {}))

    async def rows_of_each(self, *statements: str) -> list[list[Row]]:
        """All rows of each of these queries, which have no parameters; asked for together."""
        if isinstance(self._connection, Pipelining):
            return await self._connection.fetch_each(statements)
        return [await self.rows(sql) for sql in statements]

    async def row(self, sql: str, parameters: Parameters | None = None) -> Row | None:
        """The first row of a query, or None."""
        found = await self.rows(sql, parameters)
        return found[0] if found else None


Work = Callable[[Transaction], Awaitable[T]]
#: Work outside of a transaction, on the writer's own connection.
Maintenance = Callable[[Connection], Awaitable[T]]


class _Queued:
    """A unit in the queue: it begins, or is withdrawn before that."""

    def __init__(self, work: Work[Any]) -> None:
        self.work = work
        self.context = copy_context()
        self.outcome: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.is_withdrawn = False
        self._has_begun = False

    def begin(self) -> None:
        """From now on it can't be withdrawn."""
        self._has_begun = True

    def withdraw(self) -> bool:
        """Withdraw it; False if it has begun."""
        self.is_withdrawn = not self._has_begun
        return self.is_withdrawn


@dataclass(frozen=True)
class _QueuedMaintenance:
    work: Maintenance[Any]
    outcome: asyncio.Future[Any]


class Writer:
    """Runs units of work in order of arrival; a unit is committed when :meth:`write` returns.

    If a unit raises, only that unit is rolled back: its caller gets the exception, and the other
    units in the transaction are kept. If the commit itself fails (for example on a full disk),
    every unit in the transaction is rolled back and every caller gets the exception. Cancelling a
    caller doesn't cancel its unit, which may still be committed. A unit runs in the context of its
    caller (:mod:`contextvars`), so that the caller's language holds in it.

    ``on_erasure`` is called after a transaction in which words were erased.
    """

    def __init__(
        self, connection: Connection, *, on_erasure: Callable[[], None] = lambda: None
    ) -> None:
        self._connection = connection
        self._on_erasure = on_erasure
        self._transaction = Transaction(connection)
        self._queue: asyncio.Queue[_Queued | _QueuedMaintenance | None] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    def start(self) -> None:
        """Start processing the queue, in a task of the running event loop."""
        self._task = asyncio.create_task(self._work_off(), name="writer")

    async def close(self) -> None:
        """Finish the queued units, then stop; later writes raise RuntimeError."""
        self._closed = True
        if self._task is not None:
            self._queue.put_nowait(None)
            await self._task
            self._task = None

    @property
    def is_closed(self) -> bool:
        """Whether it is closed or about to be."""
        return self._closed

    async def write(self, work: Work[T], *, begin_within: float | None = None) -> T:
        """Run ``work`` in a transaction and return its value once the transaction is committed.

        ``begin_within``: raise WriteWithdrawn, with nothing saved, if the unit hasn't begun after
        these seconds; one that has begun is waited for.
        """
        if self._closed:
            raise RuntimeError("the archive is closed")
        unit = _Queued(work)
        self._queue.put_nowait(unit)
        if begin_within is not None:
            try:
                done, _ = await asyncio.wait((unit.outcome,), timeout=begin_within)
            except asyncio.CancelledError:
                unit.outcome.cancel()  # nobody waits for it any more
                raise
            if not done and unit.withdraw():
                raise WriteWithdrawn(f"a write did not begin within {begin_within:.1f} s")
        value: T = await unit.outcome
        return value

    async def maintain(self, work: Maintenance[T]) -> T:
        """Run ``work`` outside of a transaction, in its turn; for checkpoints and VACUUM."""
        if self._closed:
            raise RuntimeError("the archive is closed")
        outcome: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._queue.put_nowait(_QueuedMaintenance(work, outcome))
        return await outcome

    @property
    def changes(self) -> int:
        """How many rows were changed since the archive was opened."""
        return self._connection.total_changes

    async def _work_off(self) -> None:
        while True:
            units: list[_Queued] = []
            one = await self._queue.get()
            while isinstance(one, _Queued):
                units.append(one)
                if len(units) == _MOST_PER_COMMIT or self._queue.empty():
                    break
                one = self._queue.get_nowait()
            if units:
                await self._commit(units)
            if isinstance(one, _QueuedMaintenance):
                await self._maintain(one)
            elif one is None:
                return

    async def _maintain(self, unit: _QueuedMaintenance) -> None:
        try:
            value = await unit.work(self._connection)
        except Exception as error:  # noqa: BLE001 - passed to the caller
            if not unit.outcome.done():
                unit.outcome.set_exception(error)
        else:
            if not unit.outcome.done():
                unit.outcome.set_result(value)

    async def _commit(self, units: list[_Queued]) -> None:
        done: list[tuple[_Queued, Any]] = []
        try:
            await self._connection.execute("BEGIN IMMEDIATE")
            run = self._run_alone if len(units) == 1 else self._run
            for unit in units:
                if unit.is_withdrawn:
                    continue
                unit.begin()
                value = await run(unit)
                if value is not _FAILED:
                    done.append((unit, value))
            await self._connection.execute("COMMIT")
        except Exception as error:  # noqa: BLE001 - passed to every caller
            with contextlib.suppress(sqlite3.Error):
                if self._connection.in_transaction:
                    await self._connection.execute("ROLLBACK")
            for unit in units:
                if not unit.is_withdrawn and not unit.outcome.done():
                    unit.outcome.set_exception(error)
            return
        if self._transaction.has_erased:
            self._transaction.has_erased = False
            self._on_erasure()
        for unit, value in done:
            if not unit.outcome.done():
                unit.outcome.set_result(value)

    async def _run_alone(self, unit: _Queued) -> Any:
        """Run the only unit of a transaction, which is rolled back with it."""
        return await _InContext(unit.context, lambda: unit.work(self._transaction))

    async def _run(self, unit: _Queued) -> Any:
        await self._connection.execute("SAVEPOINT unit")
        try:
            value = await _InContext(unit.context, lambda: unit.work(self._transaction))
            await self._connection.execute("RELEASE unit")
        except Exception as error:
            if not self._connection.in_transaction:
                raise  # SQLite has rolled everything back itself (for example on a full disk)
            await self._connection.execute("ROLLBACK TO unit")
            await self._connection.execute("RELEASE unit")
            if not unit.outcome.done():
                unit.outcome.set_exception(error)
            return _FAILED
        return value


class _InContext:
    """Awaits work of another task in that task's context, without starting a task for it."""

    def __init__(self, context: Context, work: Callable[[], Awaitable[Any]]) -> None:
        self._context = context
        self._work = work

    def __await__(self) -> Generator[Any, Any, Any]:
        run = self._context.run
        steps = run(lambda: self._work().__await__())
        step: Callable[[Any], Any] = steps.send
        value: Any = None
        while True:
            try:
                waits_for = run(step, value)
            except StopIteration as end:
                return end.value
            try:
                step, value = steps.send, (yield waits_for)
            except BaseException as error:  # noqa: BLE001 - for the work to handle, as in a task
                step, value = steps.throw, error


_FAILED = object()
