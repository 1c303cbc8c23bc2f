"""Connections to the archive on PostgreSQL, with the methods of aiosqlite's that Salon uses.

Errors are those of :mod:`sqlite3`, which the rest of Salon knows by the names in
:mod:`storage.db.errors`. A connection that was lost is opened again for the next transaction.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import sqlite3
import weakref
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from decimal import Decimal
from typing import Any

import psycopg
from aiosqlite.context import contextmanager
from psycopg.pq import TransactionStatus
from psycopg.types.numeric import Int8BinaryDumper, NumericBinaryLoader
from psycopg.types.string import StrDumperUnknown

from storage.db.postgresql.record_insert import dump_records, make_record_insert
from storage.db.postgresql.statements import translate

__all__ = [
    "SCHEMA",
    "Connections",
    "PostgresConnection",
    "Result",
    "Row",
    "connect",
    "convert_errors",
    "limit_wait",
    "open_connection",
]

#: The schema with the archive's tables.
SCHEMA = "salon"
#: Seconds in which a connection has to be made.
_CONNECT_SECONDS = 10
#: TCP keepalives: seconds until the first, between two, and how many may be lost.
_KEEPALIVE_IDLE, _KEEPALIVE_INTERVAL, _KEEPALIVE_COUNT = 10, 5, 3
#: Milliseconds after which a connection is lost whose data aren't acknowledged; keepalives aren't
#: sent then (docs: tcp(7) › TCP_USER_TIMEOUT).
_UNACKNOWLEDGED_MS = 25_000
#: Seconds in which a statement has to be answered. What is between, such as a proxy, may
#: acknowledge the data and never pass them on, which no TCP option notices.
_ANSWER_SECONDS = 60.0
#: Seconds after which PostgreSQL ends a session that waits within a transaction: longer than
#: anybody here waits.
_IDLE_SECONDS = 120
#: Prepared statements of a connection; there are fewer than a thousand statements.
_PREPARED_MOST, _PREPARE_AFTER = 1000, 1
#: Shortest and longest backoff in seconds until it is known whether a transaction was committed.
_FIRST_WAIT, _LONGEST_WAIT = 0.1, 5.0

_log = logging.getLogger(__name__)

_Parameters = Mapping[str, Any] | Sequence[Any]

_BEGIN_WRITING = "BEGIN; SELECT pg_current_xact_id()::text"
#: What a transaction's units of work begin and end with (storage.db.writer).
_UNIT_BOUNDARIES = ("SAVEPOINT unit", "RELEASE unit")
_BEGIN_READING = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
#: The session's settings. The archive is in memory or on a disk without a head, and statements read
#: a few rows of large tables: without these, PostgreSQL reads whole tables where an index would do.
#: Those of TCP let the server free the locks of a machine that has vanished; they are ignored on a
#: socket.
_SETTINGS = f"""
SET search_path TO {SCHEMA};
SET client_min_messages TO warning;
SET tcp_keepalives_idle = {_KEEPALIVE_IDLE};
SET tcp_keepalives_interval = {_KEEPALIVE_INTERVAL};
SET tcp_keepalives_count = {_KEEPALIVE_COUNT};
SET tcp_user_timeout = {_UNACKNOWLEDGED_MS};
SET idle_in_transaction_session_timeout = '{_IDLE_SECONDS}s';
SET random_page_cost = 1.1;
SET jit = off
"""
# A process id may be another session's meanwhile; with the start it is unique.
_GET_SESSION = """
SELECT pid, backend_start::text FROM pg_stat_activity WHERE pid = pg_backend_pid()
"""
_END_SESSION = """
SELECT pg_terminate_backend(pid, %s) FROM pg_stat_activity
WHERE pid = %s AND backend_start = %s::timestamptz
"""


class Row(Sequence[Any]):
    """A row, like :class:`sqlite3.Row`: values by name or position; the first of equal names."""

    __slots__ = ("_positions", "_values")

    def __init__(self, positions: Mapping[str, int], values: Sequence[Any]) -> None:
        self._positions = positions
        self._values = values

    def __getitem__(self, key: Any, /) -> Any:
        if isinstance(key, str):
            try:
                return self._values[self._positions[key]]
            except KeyError:
                raise IndexError(f"no column is named {key}") from None
        return self._values[key]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def keys(self) -> Iterable[str]:
        """The names of the columns."""
        return self._positions.keys()


def _make_rows(cursor: psycopg.AsyncCursor[Any]) -> Callable[[Sequence[Any]], Row]:
    """psycopg's row factory for :class:`Row` (docs: psycopg › Row factories)."""
    positions: dict[str, int] = {}
    for position, column in enumerate(cursor.description or ()):
        positions.setdefault(column.name, position)
    return lambda values: Row(positions, values)


class _NumberLoader(NumericBinaryLoader):
    """The sum of integers is NUMERIC; it is an integer here."""

    def load(self, data: Any) -> Any:
        number: Decimal = super().load(data)
        return int(number) if number == number.to_integral_value() else float(number)


class Result:
    """What a statement did. ``rowcount``: the rows it changed or found."""

    def __init__(self, rowcount: int) -> None:
        self.rowcount = rowcount

    async def close(self) -> None:
        """Nothing is left open."""


@contextlib.contextmanager
def convert_errors() -> Iterator[None]:
    """Raise psycopg's errors as those of :mod:`sqlite3` with the same meaning."""
    try:
        yield
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        raise sqlite3.OperationalError(_describe(error)) from error
    except psycopg.IntegrityError as error:
        raise sqlite3.IntegrityError(_describe(error)) from error
    except psycopg.ProgrammingError as error:
        raise sqlite3.ProgrammingError(_describe(error)) from error
    except psycopg.Error as error:
        raise sqlite3.DatabaseError(_describe(error)) from error


def _clean(parameters: _Parameters) -> _Parameters:
    """The parameters without NUL in texts, which PostgreSQL refuses."""
    values = parameters.values() if isinstance(parameters, Mapping) else parameters
    for value in values:
        if type(value) is str and "\0" in value:
            break
    else:
        return parameters
    if isinstance(parameters, Mapping):
        return {name: _replace_nul(value) for name, value in parameters.items()}
    return [_replace_nul(value) for value in parameters]


def _replace_nul(value: Any) -> Any:
    return value.replace("\0", "\ufffd") if isinstance(value, str) else value


def _describe(error: psycopg.Error) -> str:
    """The error on a line, without the values that PostgreSQL adds as details."""
    message = error.diag.message_primary or str(error)
    return " ".join(message.split())


class Connections:
    """Opens connections to a database, until it is given up: then nothing waits for it any more.

    ``address``: the database's.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        self._given_up = asyncio.Event()
        self._opening: set[asyncio.Timeout] = set()
        self._open = weakref.WeakSet[psycopg.AsyncConnection[Any]]()

    @property
    def are_given_up(self) -> bool:
        """Whether none can be used or opened any more."""
        return self._given_up.is_set()

    async def connect(self) -> psycopg.AsyncConnection[Any]:
        """:func:`connect`. Raises psycopg.OperationalError once they are given up, too."""
        try:
            async with asyncio.timeout(0 if self.are_given_up else None) as limit:
                self._opening.add(limit)
                try:
                    return await connect(self._address, on_open=self._open.add)
                finally:
                    self._opening.discard(limit)
        except TimeoutError:
            raise psycopg.OperationalError("PostgreSQL isn't waited for any more") from None

    async def rest(self, seconds: float) -> None:
        """Wait before another attempt; only until they are given up."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._given_up.wait()

    def give_up(self) -> None:
        """Cut all connections: whatever waits for one of them raises psycopg.Error."""
        self._given_up.set()
        for limit in self._opening:
            limit.reschedule(0)
        for raw in self._open:
            _cut(raw)


class PostgresConnection:
    """A connection for writing or reading, that opens itself again after it was lost.

    It is given up if a statement isn't answered within a minute. PostgreSQL may not have noticed
    that, so the session is ended over the next connection: it has locks, and a COMMIT that is
    still on its way must not arrive later.

    ``prepare``: called with each connection that is opened, before it is used.
    """

    def __init__(
        self,
        connections: Connections,
        *,
        reads_only: bool,
        prepare: Callable[[psycopg.AsyncConnection[Any]], Awaitable[None]],
    ) -> None:
        self._connections = connections
        self._reads_only = reads_only
        self._prepare = prepare
        self._raw: psycopg.AsyncConnection[Any] | None = None
        self._session: tuple[int, str] | None = None
        self._transaction_id = ""
        # Statements that are sent together with the next one.
        self._later: list[tuple[str, Mapping[str, Any] | None]] = []
        self._is_pipelining = False
        #: Rows changed by statements since the start, about: without what triggers change.
        self.total_changes = 0

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open, a failed one included."""
        return self._raw is not None and self._raw.info.transaction_status in (
            TransactionStatus.ACTIVE,
            TransactionStatus.INTRANS,
            TransactionStatus.INERROR,
        )

    async def open(self) -> psycopg.AsyncConnection[Any]:
        """The open connection; it is opened if it isn't. Raises sqlite3.OperationalError."""
        if self._raw is not None and not self._raw.closed:
            return self._raw
        with convert_errors():
            raw = await self._connections.connect()
            try:
                await self._end_lost_session(raw)
                with limit_wait(raw):
                    cursor = await raw.execute(_GET_SESSION)
                    session = await cursor.fetchone()
                with limit_wait(raw):
                    await self._prepare(raw)
            except BaseException:
                await raw.close()
                raise
        self._raw, self._session = raw, session
        return raw

    async def _end_lost_session(self, raw: psycopg.AsyncConnection[Any]) -> None:
        if self._session is not None:
            with limit_wait(raw):
                await raw.execute(_END_SESSION, (int(_CONNECT_SECONDS * 1000), *self._session))

    async def close(self) -> None:
        """Close it."""
        if self._raw is not None:
            await self._raw.close()

    @contextmanager
    async def execute(self, sql: str, parameters: Mapping[str, Any] | None = None) -> Result:
        """Execute a statement; as in aiosqlite, it can be awaited or entered."""
        if sql.startswith("BEGIN"):
            await self._begin()
            return Result(-1)
        if sql == "COMMIT" and not self._reads_only:
            await self._commit()
            return Result(-1)
        if self._can_wait(sql):
            self._later.append((sql, None))
            return Result(-1)
        if sql.startswith("ROLLBACK"):
            self._drop_later(sql)
        async with self._send() as raw:
            cursor = await _execute(raw, sql, parameters)
        return Result(self._count(cursor))

    def _can_wait(self, sql: str) -> bool:
        """Whether it begins or ends a unit of work, and can't fail but with the connection.

        Nor can what is sent with it: its error would be that of the next unit.
        """
        return (
            sql in _UNIT_BOUNDARIES
            and all(one in _UNIT_BOUNDARIES for one, _ in self._later)
            and self._raw is not None
            and self._raw.info.transaction_status == TransactionStatus.INTRANS
        )

    def _drop_later(self, rollback: str) -> None:
        """Drop what would be rolled back, but for the savepoint that a rollback goes to."""
        begins = [place for place, (sql, _) in enumerate(self._later) if sql.startswith("SAVE")]
        del self._later[begins[-1] + 1 if begins and rollback != "ROLLBACK" else 0 :]

    async def execute_later(self, sql: str, parameters: Mapping[str, Any] | None = None) -> None:
        """Execute a statement together with the next one; then its errors are raised."""
        self._later.append((sql, parameters or {}))

    @contextlib.asynccontextmanager
    async def _send(self, *, together: bool = False) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
        """The connection for a statement, which is sent together with those from before it.

        ``together``: for several statements. Their results are there at the end of the block.
        """
        raw = self._get_raw()
        with convert_errors(), limit_wait(raw):
            if self._is_pipelining or not (together or self._later):
                yield raw
                return
            later, self._later = self._later, []
            async with raw.pipeline():
                for sql, parameters in later:
                    await _execute(raw, sql, parameters)
                yield raw

    @contextmanager
    async def executemany(
        self, sql: str, rows: Iterable[Mapping[str, Any] | Sequence[Any]]
    ) -> Result:
        """Execute a statement for each of ``rows``, without waiting for each answer."""
        given = list(rows)
        if not given:
            return Result(0)
        query = translate(sql).encode()
        # psycopg's executemany would wait for the answers to what was sent before it.
        async with self._send(together=len(given) > 1) as raw:
            for row in given:
                await raw.cursor(binary=True).execute(query, _clean(row))
        self.total_changes += len(given)  # or fewer: the answers may come later
        return Result(-1)

    @contextmanager
    async def insert_many(self, sql: str, rows: Sequence[Mapping[str, Any]]) -> bool:
        """Insert ``rows`` with one statement; False if this INSERT can't be made to."""
        insert = make_record_insert(sql)
        document = None if insert is None else dump_records(insert, rows)
        if insert is None or document is None:
            return False
        async with self._send() as raw:
            await raw.cursor(binary=True).execute(insert.sql.encode(), (document,))
        self.total_changes += len(rows)  # or fewer: the answer may come later
        return True

    @contextlib.asynccontextmanager
    async def pipeline(self) -> AsyncIterator[None]:
        """Send statements without waiting for each answer (docs: psycopg › Pipeline mode)."""
        async with self._send(together=True):
            self._is_pipelining = True
            try:
                yield
            finally:
                self._is_pipelining = False

    @contextmanager
    async def fetch_each(self, statements: Sequence[str]) -> list[list[Any]]:
        """All rows of each query."""
        async with self._send(together=True) as raw:
            cursors = []
            for sql in statements:
                cursor = raw.cursor(binary=True, row_factory=_make_rows)
                cursors.append(await cursor.execute(translate(sql).encode(), {}))
        with convert_errors():
            return [await cursor.fetchall() for cursor in cursors]

    @contextmanager
    async def execute_fetchall(
        self, sql: str, parameters: Mapping[str, Any] | None = None
    ) -> list[Any]:
        """Execute a statement; all of its rows."""
        async with self._send() as raw:
            cursor = raw.cursor(binary=True, row_factory=_make_rows)
            await cursor.execute(translate(sql).encode(), _clean(parameters or {}))
        with convert_errors():
            rows = await cursor.fetchall()
        self._count(cursor)
        return rows

    async def interrupt(self) -> None:
        """End the statement that is being executed."""
        if self._raw is not None:
            with contextlib.suppress(psycopg.Error):
                await self._raw.cancel_safe(timeout=_CONNECT_SECONDS)

    def _get_raw(self) -> psycopg.AsyncConnection[Any]:
        if self._raw is None or self._raw.closed:
            raise sqlite3.OperationalError("the connection to PostgreSQL was lost")
        return self._raw

    def _count(self, cursor: psycopg.AsyncCursor[Any]) -> int:
        if (cursor.statusmessage or "").startswith(("INSERT", "UPDATE", "DELETE")):
            self.total_changes += max(0, cursor.rowcount)
        return cursor.rowcount

    async def _begin(self) -> None:
        self._later.clear()
        raw = await self.open()
        try:
            await self._begin_on(raw)
        except sqlite3.OperationalError:
            if not raw.closed:
                raise
            await self._begin_on(await self.open())  # it was lost since it was used last

    async def _begin_on(self, raw: psycopg.AsyncConnection[Any]) -> None:
        with convert_errors(), limit_wait(raw):
            if self._reads_only:
                await raw.execute(_BEGIN_READING, prepare=False)
                return
            cursor = await raw.execute(_BEGIN_WRITING, prepare=False)
            cursor.nextset()
            row = await cursor.fetchone()
        assert row is not None
        self._transaction_id = row[0]

    async def _commit(self) -> None:
        raw = self._get_raw()
        try:
            with limit_wait(raw):
                if self._later:
                    later, self._later = self._later, []
                    async with raw.pipeline():
                        for sql, parameters in later:
                            await _execute(raw, sql, parameters)
                        cursor = await _execute(raw, "COMMIT", None)
                else:
                    cursor = await _execute(raw, "COMMIT", None)
        except psycopg.OperationalError as error:
            if not raw.closed and not raw.broken:
                raise sqlite3.OperationalError(_describe(error)) from error
            if not await self._settle(_describe(error)):
                raise sqlite3.OperationalError(_describe(error)) from error
            return
        except psycopg.Error:
            with convert_errors():
                raise
        if cursor.statusmessage != "COMMIT":
            raise sqlite3.OperationalError("PostgreSQL rolled the transaction back")

    async def _settle(self, reason: str) -> bool:
        """Whether a transaction was committed whose COMMIT got no answer.

        Ends the session first, so that the outcome is final. Asks until it is known: nothing else
        can be written meanwhile. Raises sqlite3.OperationalError if PostgreSQL is given up.
        """
        _log.warning("PostgreSQL didn't answer a COMMIT (%s).", reason)
        wait = _FIRST_WAIT
        while not self._connections.are_given_up:
            try:
                async with await self._connections.connect() as other:
                    await self._end_lost_session(other)
                    with limit_wait(other):
                        cursor = await other.execute(
                            "SELECT pg_xact_status(%s::xid8)", (self._transaction_id,)
                        )
                        row = await cursor.fetchone()
                if row is not None and row[0] != "in progress":
                    return bool(row[0] == "committed")
            except psycopg.errors.InvalidParameterValue:
                return False  # it is in the future of a server that was restored to before it
            except psycopg.Error as error:
                _log.warning("What became of the COMMIT isn't known yet: %s.", _describe(error))
            await self._connections.rest(wait)
            wait = min(wait * 2, _LONGEST_WAIT)
        raise sqlite3.OperationalError("it isn't known whether the transaction was committed")


async def _execute(
    raw: psycopg.AsyncConnection[Any], sql: str, parameters: Mapping[str, Any] | None
) -> psycopg.AsyncCursor[Any]:
    """Execute a statement; one without ``parameters`` is sent as it is."""
    if parameters is None:
        return await raw.execute(sql.encode(), prepare=False)
    cursor = raw.cursor(binary=True)
    return await cursor.execute(translate(sql).encode(), _clean(parameters))


@contextlib.contextmanager
def limit_wait(raw: psycopg.AsyncConnection[Any], seconds: float | None = None) -> Iterator[None]:
    """Cut the connection if the block takes longer; what waits for an answer raises psycopg.Error.

    ``seconds``: by default as long as a statement may take.
    """
    seconds = _ANSWER_SECONDS if seconds is None else seconds

    def cut() -> None:
        _log.warning("PostgreSQL didn't answer within %.0f s.", seconds)
        _cut(raw)

    timer = asyncio.get_running_loop().call_later(seconds, cut)
    try:
        yield
    finally:
        timer.cancel()


def _cut(raw: psycopg.AsyncConnection[Any]) -> None:
    # The library only notices that a socket has ended, not that it was closed.
    with (
        contextlib.suppress(OSError, psycopg.Error),
        socket.socket(fileno=os.dup(raw.fileno())) as own,
    ):
        own.shutdown(socket.SHUT_RDWR)


async def connect(
    address: str, *, on_open: Callable[[psycopg.AsyncConnection[Any]], None] = lambda _: None
) -> psycopg.AsyncConnection[Any]:
    """Open a connection in autocommit mode, with Salon's types. Raises psycopg.Error.

    ``on_open``: called with it as soon as it is open, before its settings are made.
    """
    raw = await psycopg.AsyncConnection.connect(
        address,
        autocommit=True,
        connect_timeout=_CONNECT_SECONDS,
        application_name="salon",
        prepare_threshold=_PREPARE_AFTER,
        keepalives_idle=_KEEPALIVE_IDLE,
        keepalives_interval=_KEEPALIVE_INTERVAL,
        keepalives_count=_KEEPALIVE_COUNT,
        tcp_user_timeout=_UNACKNOWLEDGED_MS,
    )
    on_open(raw)
    raw.prepared_max = _PREPARED_MOST
    # Flags are integers, and integers are BIGINT, whatever their size. PostgreSQL infers the type
    # of text and of NULL.
    raw.adapters.register_dumper(int, Int8BinaryDumper)
    raw.adapters.register_dumper(bool, Int8BinaryDumper)
    raw.adapters.register_dumper(str, StrDumperUnknown)
    raw.adapters.register_loader("numeric", _NumberLoader)
    try:
        with limit_wait(raw):
            await raw.execute(_SETTINGS, prepare=False)
    except BaseException:
        await raw.close()
        raise
    return raw


@contextlib.asynccontextmanager
async def open_connection(
    connections: Connections,
    *,
    reads_only: bool,
    prepare: Callable[[psycopg.AsyncConnection[Any]], Awaitable[None]],
) -> AsyncIterator[PostgresConnection]:
    """Open a connection, and close it in the end."""
    connection = PostgresConnection(connections, reads_only=reads_only, prepare=prepare)
    await connection.open()
    try:
        yield connection
    finally:
        await connection.close()
