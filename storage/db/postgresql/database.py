"""Opens and migrates an archive on PostgreSQL; one writer and two readers, as on SQLite.

The writer's connection holds an advisory lock for each shard of this process. If the connection is
lost, so are the locks, and nothing is written, and therefore nothing new sent, until they are held
again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Sequence
from pathlib import Path
from typing import Any

import psycopg
import psycopg.sql

from bot.clock import Clock
from bot.core.shards import UNSHARDED, Shards
from bot.errors import DatabaseError, DatabaseInUse
from storage.db import checkpoint_and_vacuum, erasure_log
from storage.db.database import Database
from storage.db.erasure_log import EraseMember, Erasure
from storage.db.folded_texts import fold_pending
from storage.db.postgresql.connection import (
    SCHEMA,
    Connections,
    PostgresConnection,
    convert_errors,
    limit_wait,
    open_connection,
)
from storage.db.postgresql.migrate import Migration, get_version, load_migrations, migrate
from storage.db.postgresql.processes import (
    PostgresProcessGroup,
    create_tables,
    get_processes,
)
from storage.db.postgresql_address import describe_address
from storage.db.processes import Process, ProcessGroup
from storage.db.writer import Transaction

__all__ = [
    "PostgresDatabase",
    "log_erasures",
    "open_for_reading",
    "open_postgresql",
]

_READERS = 2
#: Seconds between two looks at the erasure log if no notification arrives.
_LOG_LOOK = 30.0
#: Keys of the advisory locks of the shards of a process, and of the total ("Sals",
#: "Salt" in ASCII).
_SHARD_LOCK, _TOTAL_LOCK = 0x53616C73, 0x53616C74
#: Seconds in which PostgreSQL has to notice that a connection was lost and free its locks, at the
#: start and later; and seconds between two attempts.
_FIRST_LOCK_SECONDS, _LOCK_SECONDS, _LOCK_RETRY = 2.0, 5.0, 0.1
#: Seconds for which a process that stops waits for a database that can't be reached, and between
#: two looks whether it can.
_STOP_SECONDS, _STOP_LOOK = 5.0, 0.5
#: Seconds that the VACUUM of a table may take.
_VACUUM_SECONDS = 3600.0

_log = logging.getLogger(__name__)


class PostgresDatabase(Database):
    """The open archive on PostgreSQL. ``name``: its address without a password."""

    def __init__(
        self,
        address: str,
        connections: Connections,
        connection: PostgresConnection | None,
        readers: list[PostgresConnection],
        processes: PostgresProcessGroup | None = None,
    ) -> None:
        super().__init__(Path(), connection, list(readers))
        self._address = address
        self._connections = connections
        self._processes = processes
        self._giving_up: asyncio.Task[None] | None = None

    @property
    def name(self) -> str:
        """The address, as far as it isn't secret."""
        return describe_address(self._address)

    def begin_stop(self) -> None:
        """The process is about to stop: don't wait long for a database that can't be reached.

        What isn't saved by then is lost, as in a crash.
        """
        if self._giving_up is None and self._processes is not None:
            work = self._give_up_if_unreachable(self._processes)
            self._giving_up = asyncio.create_task(work, name="give-up")

    async def end_stop(self) -> None:
        """Nothing waits for the database any more."""
        if self._giving_up is not None:
            self._giving_up.cancel()
            await asyncio.gather(self._giving_up, return_exceptions=True)

    async def _give_up_if_unreachable(self, processes: PostgresProcessGroup) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + _STOP_SECONDS
        while True:
            await asyncio.sleep(_STOP_LOOK)
            if await processes.is_reachable():
                until = loop.time() + _STOP_SECONDS  # whatever takes longer there is waited for
            elif loop.time() >= until:
                break
        _log.error("%s can't be reached; Salon stops without it.", self.name)
        self._connections.give_up()

    async def truncate_log(self) -> bool:
        """Remove the old versions of rows, which have the words that were erased.

        PostgreSQL keeps them until a VACUUM (docs: PostgreSQL › Routine Vacuuming), and its
        write-ahead log keeps what was written until it is recycled. False if words were erased
        meanwhile, which it may have left. Raises sqlite3.Error.
        """
        self.log_has_erased_words, is_clean = False, False
        try:
            await self._vacuum()
            is_clean = not self.log_has_erased_words
        finally:
            self.log_has_erased_words = not is_clean
        return is_clean

    async def vacuum(self, now_ms: int) -> None:
        """The same, once a day; and note that it was done."""
        erasures = await self.read(checkpoint_and_vacuum.count_erasures)
        await self._vacuum()
        await self.write(lambda tx: checkpoint_and_vacuum.mark_vacuumed(tx, erasures, now_ms))

    async def _vacuum(self) -> None:
        # On a connection of its own, since the writer would have to wait.
        with convert_errors():
            async with await self._connections.connect() as raw:
                with limit_wait(raw):
                    cursor = await raw.execute(
                        """
                        SELECT relname FROM pg_stat_user_tables
                        WHERE schemaname = %s AND n_dead_tup > 0
                        """,
                        (SCHEMA,),
                    )
                    tables = await cursor.fetchall()
                for (table,) in tables:
                    statement = psycopg.sql.SQL("VACUUM {}").format(
                        psycopg.sql.Identifier(SCHEMA, table)
                    )
                    with limit_wait(raw, _VACUUM_SECONDS):
                        await raw.execute(statement, prepare=False)

    async def check_integrity(self) -> str:
        """PostgreSQL checks its files itself; whether the archive can be read."""
        try:
            await self.read(lambda tx: tx.rows("SELECT count(*) FROM servers"))
        except sqlite3.Error as error:
            return str(error)
        return ""

    @property
    def processes(self) -> ProcessGroup | None:
        """The processes that may run on the archive beside this one."""
        return self._processes

    async def get_processes(self) -> list[Process]:
        """The processes that run on the archive, or ran last; none before the first start."""
        return await self.read(get_processes)

    async def is_running(self) -> bool:
        """Whether a process runs on the archive: it holds the lock of a shard."""
        return await self.get_running_shards() is not None

    async def get_running_shards(self) -> Shards | None:
        """The shards whose locks processes hold, this one included; None if no process runs."""
        parameters = {"shard": _SHARD_LOCK, "total": _TOTAL_LOCK}
        rows = await self.read(lambda tx: tx.rows(_HELD_LOCKS, parameters))
        counts = [row["number"] for row in rows if row["class"] == _TOTAL_LOCK]
        ids = frozenset(row["number"] for row in rows if row["class"] == _SHARD_LOCK)
        return Shards(counts[0], ids) if counts and ids else None

    async def measure_size(self) -> int:
        """The size of the whole PostgreSQL database in bytes."""
        row = await self.read(
            lambda tx: tx.row("SELECT pg_database_size(current_database()) AS size")
        )
        assert row is not None
        return int(row["size"])

    async def log_erasures(self, erasures: Iterable[Erasure]) -> None:
        """Write erasures to the erasure log, a schema that a restore of the archive leaves alone.

        Raises sqlite3.Error.
        """
        rows = [_make_log_row(one) for one in erasures]
        await self.write(lambda tx: tx.run_many(_LOG_ERASURE, rows))

    async def read_erasures(self) -> list[Erasure]:
        """The newest erasure of each member in the erasure log."""
        rows = await self.read(lambda tx: tx.rows(_LOGGED_ERASURES))
        return [Erasure(*row) for row in rows]

    async def watch_erasures(self) -> AsyncGenerator[None]:
        """Yield at first, and each time the erasure log may have changed; at intervals, too.

        Another process may write it. Raises sqlite3.Error.
        """
        with convert_errors():
            async with await self._connections.connect() as raw:
                with limit_wait(raw):
                    await raw.execute(f"LISTEN {_ERASURES}", prepare=False)
                while True:
                    yield
                    async for _ in raw.notifies(timeout=_LOG_LOOK, stop_after=1):
                        pass


_HELD_LOCKS = """
SELECT DISTINCT CAST(classid AS BIGINT) AS class, CAST(objid AS BIGINT) AS number FROM pg_locks
WHERE locktype = 'advisory' AND CAST(classid AS BIGINT) IN (:shard, :total) AND granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
#: The channel on which processes are notified of a change of the erasure log.
_ERASURES = "salon_erasures"
_LOG_ERASURE = """
INSERT INTO salon_erasure_log.erasures (server_id, member_id, erased_at, opted_out_at)
VALUES (:server_id, :member_id, :erased_at, :since)
ON CONFLICT (server_id, member_id) DO UPDATE
SET erased_at = excluded.erased_at, opted_out_at = excluded.opted_out_at
WHERE excluded.erased_at >= erasures.erased_at
"""
_LOGGED_ERASURES = """
SELECT server_id, member_id, erased_at, opted_out_at FROM salon_erasure_log.erasures
"""


async def log_erasures(address: str, erasures: Iterable[Erasure]) -> None:
    """Append to the erasure log of an archive that another process may have open.

    Raises DatabaseError.
    """
    try:
        async with open_connection(
            Connections(address), reads_only=False, prepare=_prepare_nothing
        ) as one:
            await one.executemany(_LOG_ERASURE, [_make_log_row(erasure) for erasure in erasures])
            await one.execute(f"NOTIFY {_ERASURES}")
    except sqlite3.Error as error:
        raise DatabaseError(
            f"The erasure log of {describe_address(address)} can't be written: {error}. Nothing "
            "was changed."
        ) from error


def _make_log_row(erasure: Erasure) -> dict[str, int | None]:
    return {
        "server_id": erasure.server_id,
        "member_id": erasure.member_id,
        "erased_at": erasure.erased_at,
        "since": erasure.opted_out_at,
    }


@contextlib.asynccontextmanager
async def open_postgresql(
    address: str,
    *,
    clock: Clock | None = None,
    erase_member: EraseMember | None = None,
    migrations: Sequence[Migration] | None = None,
    shards: Shards = UNSHARDED,
) -> AsyncIterator[PostgresDatabase]:
    """Open the archive at ``address`` (``postgresql://…``); it is created if there is none.

    ``erase_member``: erases the members who are in the erasure log but not recorded as erased in
    the archive, which may be a restored dump; None: only the log is completed.
    ``shards``: those of this process; no other process may serve the same ones, nor have another
    total.

    Raises DatabaseInUse, ForeignDatabase, NewerDatabase, or DatabaseError if it can't be opened.
    """
    lock, connections = _Lock(shards, describe_address(address)), Connections(address)
    async with contextlib.AsyncExitStack() as stack:
        try:
            connection = await stack.enter_async_context(
                open_connection(connections, reads_only=False, prepare=lock.prepare)
            )
            raw = await connection.open()
            with convert_errors():
                await migrate(raw, migrations)
                await create_tables(raw)
            await _create_temporary_tables(raw)
            lock.is_ready = True
            readers = [
                await stack.enter_async_context(
                    open_connection(connections, reads_only=True, prepare=_prepare_nothing)
                )
                for _ in range(_READERS)
            ]
        except sqlite3.Error as error:
            raise DatabaseError(
                f"The database {describe_address(address)} can't be used: {error}."
            ) from error
        processes = PostgresProcessGroup(address, shards, _TOTAL_LOCK)
        stack.push_async_callback(processes.close)
        database = PostgresDatabase(address, connections, connection, readers, processes)
        database.start()
        stack.push_async_callback(database.end_stop)
        stack.push_async_callback(database.close)
        stack.push_async_callback(database.finish_reading, len(readers))
        stack.callback(database.begin_stop)
        await _compare_with_log(database, clock or Clock(), erase_member, shards)
        if migrations is None:
            if (await database.read(checkpoint_and_vacuum.get_state)).erased_at is not None:
                database.note_erasure()  # the process that erased may have ended before the VACUUM
            while await database.write(fold_pending):
                pass
        yield database


@contextlib.asynccontextmanager
async def open_for_reading(address: str) -> AsyncIterator[PostgresDatabase]:
    """Open an existing archive read-only, while other processes may be writing to it.

    Raises DatabaseError, NewerDatabase.
    """
    name, connections = describe_address(address), Connections(address)
    async with contextlib.AsyncExitStack() as stack:
        try:
            reader = await stack.enter_async_context(
                open_connection(connections, reads_only=True, prepare=_prepare_nothing)
            )
            raw = await reader.open()
            with convert_errors(), limit_wait(raw):
                version = await get_version(raw)
        except sqlite3.Error as error:
            raise DatabaseError(f"The database {name} can't be used: {error}.") from error
        if version == 0:
            raise DatabaseError(f"There is no archive at {name} yet.")
        if version < load_migrations()[-1][0]:
            raise DatabaseError(
                f"{name} was written by an older Salon. Start the bot once to upgrade it."
            )
        yield PostgresDatabase(address, connections, None, [reader])


class _Lock:
    """The advisory locks of the writer's connection, taken again with each new connection."""

    def __init__(self, shards: Shards, name: str) -> None:
        self._shards = shards
        self._name = name
        #: Set once the archive has its tables.
        self.is_ready = False

    async def prepare(self, raw: psycopg.AsyncConnection[Any]) -> None:
        """Take the locks. Raises DatabaseInUse at the first time, later sqlite3.OperationalError.

        A lost connection's locks may be held for a while, so it is tried for some seconds.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + (_LOCK_SECONDS if self.is_ready else _FIRST_LOCK_SECONDS)
        while True:
            problem = await self._acquire(raw)
            if not problem:
                break
            if loop.time() > until:
                if self.is_ready:
                    raise sqlite3.OperationalError(problem)
                raise DatabaseInUse(problem)
            await asyncio.sleep(_LOCK_RETRY)
        if self.is_ready:
            await _create_temporary_tables(raw)
            _log.warning("The connection to %s was opened again.", self._name)

    async def _acquire(self, raw: psycopg.AsyncConnection[Any]) -> str:
        """Take all locks or none; why not, or ""."""
        await raw.execute(
            "SELECT pg_advisory_lock_shared(%s::int, %s::int)", (_TOTAL_LOCK, self._shards.count)
        )
        cursor = await raw.execute(
            """
            SELECT objid FROM pg_locks
            WHERE locktype = 'advisory' AND classid = %s AND objid <> %s AND granted
                AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
            LIMIT 1
            """,
            (_TOTAL_LOCK, self._shards.count),
        )
        other = await cursor.fetchone()
        if other is not None:
            await raw.execute("SELECT pg_advisory_unlock_all()")
            return (
                f"Another Salon is running on {self._name} with {other[0]} shards in all, this one "
                f"with {self._shards.count}. Stop it first."
            )
        for shard in sorted(self._shards.ids):
            cursor = await raw.execute(
                "SELECT pg_try_advisory_lock(%s::int, %s::int)", (_SHARD_LOCK, shard)
            )
            row = await cursor.fetchone()
            assert row is not None
            if not row[0]:
                await raw.execute("SELECT pg_advisory_unlock_all()")
                return (
                    f"Another Salon is running on {self._name} with shard {shard}. Stop it first, "
                    "or set SALON_DATABASE to another database."
                )
        return ""


#: The ids that a batch of events refers to; see storage.replies.batch_lookup. PostgreSQL assumes
#: thousands of rows in a table it has no statistics of, and would read all replies to join them.
_TEMPORARY_TABLES = """
BEGIN;
CREATE TEMP TABLE IF NOT EXISTS lookup_ids (id BIGINT PRIMARY KEY) ON COMMIT DELETE ROWS;
INSERT INTO lookup_ids (id)
SELECT 180000000000000000 * n FROM generate_series(1, 50) AS ids (n) ON CONFLICT DO NOTHING;
ANALYZE lookup_ids;
COMMIT
"""


async def _create_temporary_tables(raw: psycopg.AsyncConnection[Any]) -> None:
    await raw.execute(_TEMPORARY_TABLES, prepare=False)


async def _prepare_nothing(_: psycopg.AsyncConnection[Any]) -> None:
    """For connections that need no locks and no tables of their own."""


async def _compare_with_log(
    database: PostgresDatabase, clock: Clock, erase_member: EraseMember | None, shards: Shards
) -> None:
    """Apply the erasure log to the archive, which may be a restored dump, and complete the log.

    Only in the servers of these shards: another process may be writing in the others.
    """
    logged = await database.read_erasures()
    erasures = [one for one in logged if shards.has_server(one.server_id)]
    if erasures and erase_member is not None:
        erase, now_ms = erase_member, clock.now_ms()

        async def apply(tx: Transaction) -> int:
            return await erasure_log.apply_log(tx, erasures, erase, now_ms)

        count = await database.write(apply)
        if count:
            _log.warning("Members in the erasure log were erased (again): %d.", count)
    await database.log_erasures(await database.read(erasure_log.get_erasures))
