"""Database: opens and migrates the archive; one writer and two readers."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import aiosqlite

from bot.clock import Clock
from bot.core.shards import UNSHARDED, Shards
from bot.errors import DamagedDatabase, DatabaseError, DatabaseInUse, ForeignDatabase
from storage.db import checkpoint_and_vacuum, erasure_log
from storage.db.backups import BEFORE_UPGRADE, back_up, measure_size
from storage.db.connection import connect, lock_archive
from storage.db.erasure_log import EraseMember, Erasure
from storage.db.errors import ReadAbandoned
from storage.db.folded_texts import fold_pending
from storage.db.integrity import (
    CHECK_SECONDS,
    check_integrity,
    describe_damage,
    find_damage,
    read_version,
)
from storage.db.migrate import load_migrations, migrate
from storage.db.processes import Process, ProcessGroup
from storage.db.timeouts import get_timeout, without_timeout
from storage.db.writer import Connection, Transaction, Work, Writer

__all__ = ["Database", "open_database", "open_for_reading", "retry_until_available"]

T = TypeVar("T")
_READERS = 2
#: Seconds in which a command such as ``forget`` or ``doctor`` has to release the archive.
_LOCK_SECONDS = 2.0
#: Seconds between two looks at the erasure log's file.
_LOG_LOOK = 1.0
#: Page cache of each reader, in KiB.
_READERS_CACHE = 512
#: Seconds after which a read transaction is ended: the write-ahead log can't be truncated while it
#: lasts.
_LONGEST_READ = 30.0
#: Seconds after an erasure in which somebody else has to truncate the write-ahead log, before it
#: is done here; and seconds between two attempts while readers are busy.
_LATEST_TRUNCATION, _TRUNCATION_RETRY = 20.0, 1.0
#: Attempts after which a warning is logged.
_MANY_ATTEMPTS = 60
#: Shortest and longest backoff in seconds while the archive can't be used (for example: full disk).
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 30.0

_log = logging.getLogger(__name__)


class Database:
    """The open archive. Writes go through one :class:`Writer`; reads see committed data.

    ``connection``: the writer's; None if the archive is open for reading only. After an erasure
    the write-ahead log is truncated within seconds, by whoever subscribes to erasures or else here.
    """

    def __init__(
        self,
        path: Path,
        connection: Connection | None,
        readers: Sequence[Connection],
    ) -> None:
        self.path = path
        self._writer: Writer | None = None
        if connection is not None:
            self._writer = Writer(connection, on_erasure=self.note_erasure)
        self._readers: asyncio.Queue[Connection] = asyncio.Queue()
        for reader in readers:
            self._readers.put_nowait(reader)
        self._erasure_callbacks: list[Callable[[], None]] = []
        self._truncation: asyncio.Task[None] | None = None
        #: Whether the write-ahead log may have words that were erased.
        self.log_has_erased_words = False

    @property
    def name(self) -> str:
        """What the archive is called in messages."""
        return str(self.path)

    def start(self) -> None:
        """Start the writer."""
        if self._writer is not None:
            self._writer.start()

    def begin_stop(self) -> None:
        """The process is about to stop; a file is always there."""

    async def close(self) -> None:
        """Finish what is queued to be written, then stop writing."""
        if self._writer is not None:
            await self._writer.close()
        # Only now: what the writer finished may have erased words, and started it again.
        if self._truncation is not None:
            self._truncation.cancel()
            await asyncio.gather(self._truncation, return_exceptions=True)

    async def write(self, work: Work[T]) -> T:
        """Run ``work`` in a write transaction; its value, once it is committed.

        Raises WriteWithdrawn if it can't begin within the task's timeout; then nothing is saved.
        """
        timeout = get_timeout()
        if timeout is None:
            return await self._get_writer().write(work)
        with timeout.wait_for_archive():
            return await self._get_writer().write(work, begin_within=timeout.write_seconds)

    def _get_writer(self) -> Writer:
        if self._writer is None:
            raise RuntimeError("the archive was opened for reading")
        return self._writer

    @property
    def changes(self) -> int:
        """How many rows were changed since the archive was opened."""
        return self._get_writer().changes

    def on_erasure(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call ``callback`` after words were erased; returns a function that ends that."""
        self._erasure_callbacks.append(callback)
        return lambda: self._erasure_callbacks.remove(callback)

    def note_erasure(self) -> None:
        """Words were erased: the write-ahead log has to be truncated."""
        self.log_has_erased_words = True
        if self._truncation is None or self._truncation.done():
            self._truncation = asyncio.create_task(self._truncate_later(), name="truncate-log")
        for callback in tuple(self._erasure_callbacks):
            callback()

    async def truncate_log(self) -> bool:
        """Truncate the write-ahead log; False if a reader still needs it: then try again."""

        async def truncate(connection: Connection) -> bool:
            done = await checkpoint_and_vacuum.truncate_log(connection)
            if done:
                self.log_has_erased_words = False
            return done

        return await self._get_writer().maintain(truncate)

    async def vacuum(self, now_ms: int) -> None:
        """Write the archive's file again, without remains of erased words."""
        await self._get_writer().maintain(
            lambda connection: checkpoint_and_vacuum.vacuum(connection, now_ms)
        )
        self.note_erasure()

    async def _truncate_later(self) -> None:
        await asyncio.sleep(_LATEST_TRUNCATION)
        attempts = 0
        while self.log_has_erased_words and not self._get_writer().is_closed:
            attempts += 1
            try:
                if await self.truncate_log():
                    return
            except sqlite3.Error as error:
                _log.error("The write-ahead log can't be truncated (%s); trying again.", error)
            if attempts == _MANY_ATTEMPTS:
                _log.warning(
                    "Another program is reading %s, so erased words stay in the write-ahead log "
                    "until it has finished.",
                    self.name,
                )
            await asyncio.sleep(_TRUNCATION_RETRY)

    async def read(self, work: Work[T]) -> T:
        """Run ``work`` on a consistent, read-only snapshot of the committed data.

        Raises ReadAbandoned if it doesn't end within the task's timeout.
        """
        timeout = get_timeout()
        if timeout is None:
            return await self._read_within(work, None)
        with timeout.wait_for_archive():
            return await self._read_within(work, timeout.read_seconds)

    async def _read_within(self, work: Work[T], seconds: float | None) -> T:
        # In a task of its own: cancelling the caller must not leave a reader inside a transaction,
        # and a statement runs to its end even if the await on it is cancelled.
        reading = asyncio.ensure_future(self._read(work))
        try:
            await asyncio.wait((reading,), timeout=seconds)
        finally:
            if not reading.done():
                reading.add_done_callback(_ignore_outcome)
        if not reading.done():
            raise ReadAbandoned(f"a read did not end within {seconds:.1f} s")
        return reading.result()

    async def check_integrity(self) -> str:
        """Run a time-limited integrity check; the problem found, or "" if there is none."""
        reader = await self._readers.get()
        try:
            assert isinstance(reader, aiosqlite.Connection)
            return await check_integrity(reader)
        except sqlite3.DatabaseError as error:
            return str(error)
        finally:
            self._readers.put_nowait(reader)

    async def is_running(self) -> bool:
        """Whether a process runs on the archive, this one included."""
        try:
            with lock_archive(self.path):
                return False
        except DatabaseInUse:
            return True

    async def measure_size(self) -> int:
        """The size of the archive in bytes."""
        return await asyncio.to_thread(measure_size, self.path)

    async def log_erasures(self, erasures: Iterable[Erasure]) -> None:
        """Write erasures to the erasure log. Raises OSError, or an error of the database."""
        path = erasure_log.get_log_path(self.path)
        await asyncio.to_thread(erasure_log.append_to_log, path, list(erasures))

    async def read_erasures(self) -> list[Erasure]:
        """The newest erasure of each member in the erasure log. Raises OSError, too."""
        return await asyncio.to_thread(erasure_log.read_log, erasure_log.get_log_path(self.path))

    async def watch_erasures(self) -> AsyncGenerator[None]:
        """Yield at first, and each time the erasure log may have changed; for a second at most.

        Another process may write it. Raises OSError, or an error of the database.
        """
        path, seen = erasure_log.get_log_path(self.path), object()
        while True:
            found = erasure_log.get_log_state(path)
            if found != seen:
                seen = found
                yield
            await asyncio.sleep(_LOG_LOOK)

    @property
    def processes(self) -> ProcessGroup | None:
        """The processes that may run on the archive beside this one; None if there are none."""
        return None

    async def get_processes(self) -> list[Process]:
        """The processes that run on an archive that several can use, or ran last."""
        return []

    async def get_running_shards(self) -> Shards | None:
        """The shards that processes serve, this one included; None if no process runs."""
        return UNSHARDED if await self.is_running() else None

    async def finish_reading(self, readers: int) -> None:
        """Wait until no read is in progress. ``readers``: the number of readers."""
        for _ in range(readers):
            await self._readers.get()

    async def _read(self, work: Work[T]) -> T:
        reader = await self._readers.get()
        try:
            return await self._read_with(reader, work)
        finally:
            self._readers.put_nowait(reader)

    async def _read_with(self, reader: Connection, work: Work[T]) -> T:
        try:
            # Even if the await on it is cancelled, it is executed; then it is rolled back below.
            await reader.execute("BEGIN")
            async with asyncio.timeout(_LONGEST_READ):
                return await work(Transaction(reader))
        except TimeoutError as error:
            await reader.interrupt()  # a statement goes on after the await on it has ended
            raise sqlite3.OperationalError(
                f"a read took longer than {_LONGEST_READ:.0f} s"
            ) from error
        finally:
            with contextlib.suppress(sqlite3.OperationalError):  # it didn't begin
                await reader.execute("ROLLBACK")


def _ignore_outcome(reading: asyncio.Future[Any]) -> None:
    """Retrieve the error of a read that nobody waits for any more, so that it isn't logged."""
    if not reading.cancelled():
        reading.exception()


@contextlib.asynccontextmanager
async def open_database(
    path: Path,
    *,
    backups: Path | None = None,
    clock: Clock | None = None,
    erase_member: EraseMember | None = None,
    migrations: Sequence[str] | None = None,
    look: float = CHECK_SECONDS,
) -> AsyncIterator[Database]:
    """Open the archive at ``path`` for this process only; it is created if there is none.

    ``backups``: the folder for a backup before an older archive is migrated; None: no backup.
    ``erase_member``: erases the members who are in the erasure log but not recorded as erased in
    the archive, which may be a restored backup; None: only the log is completed.
    ``migrations``: SQL to use instead of the packaged migrations.
    ``look``: the time limit of the integrity check, in seconds; 0: no check.

    Raises DatabaseInUse if another process has it open, ForeignDatabase if the file isn't Salon's,
    NewerDatabase if a newer Salon wrote it, DamagedDatabase if it is damaged, BackupError if it has
    to be migrated and can't be backed up, DatabaseError if it can't be opened. A file that is
    refused isn't changed.
    """
    with lock_archive(path, wait=_LOCK_SECONDS):
        async with contextlib.AsyncExitStack() as stack:
            connection = await stack.enter_async_context(connect(path, "rwc"))
            steps = load_migrations() if migrations is None else migrations
            await _prepare(connection, path, backups, clock or Clock(), steps, look)
            readers = [
                await stack.enter_async_context(connect(path, "ro")) for _ in range(_READERS)
            ]
            for reader in readers:
                # The queries are short, and the operating system caches the file's pages anyway.
                await reader.execute(f"PRAGMA cache_size = -{_READERS_CACHE}")
            database = Database(path, connection, readers)
            database.start()
            stack.push_async_callback(database.close)
            stack.push_async_callback(database.finish_reading, len(readers))
            if not await database.truncate_log():
                database.note_erasure()  # a crash may have left erased words in the log
            await _compare_with_log(database, clock or Clock(), erase_member)
            if migrations is None:
                while await database.write(fold_pending):
                    pass
            yield database


async def retry_until_available(work: Callable[[], Awaitable[T]]) -> T:
    """Run ``work``, and retry with backoff while the archive can't be used; its value.

    For work that nothing else would retry, of a command too. Everything ``work`` does outside its
    transactions has to be idempotent.
    """
    wait = _FIRST_WAIT
    while True:
        try:
            with without_timeout():
                return await work()
        except sqlite3.OperationalError as error:
            _log.error("The archive can't be used (%s); trying again in %.1f s.", error, wait)
            await asyncio.sleep(wait)
            wait = min(wait * 2, _LONGEST_WAIT)


async def _compare_with_log(
    database: Database, clock: Clock, erase_member: EraseMember | None
) -> None:
    """Apply the erasure log to the archive, which may be a backup, and complete the log."""
    path = erasure_log.get_log_path(database.path)
    try:
        erasures = erasure_log.read_log(path)
        if erasures and erase_member is not None:
            erase, now_ms = erase_member, clock.now_ms()
            count = await database.write(
                lambda tx: erasure_log.apply_log(tx, erasures, erase, now_ms)
            )
            if count:
                _log.warning("Members in the erasure log were erased (again): %d.", count)
        erasure_log.append_to_log(path, await database.read(erasure_log.get_erasures))
    except OSError as error:
        raise DatabaseError(
            f"{path}, the list of members who had their data erased, can't be used: "
            f"{error.strerror}."
        ) from error


@contextlib.asynccontextmanager
async def open_for_reading(path: Path, backups: Path | None = None) -> AsyncIterator[Database]:
    """Open an existing archive read-only, while another process may be writing to it.

    ``backups``: the folder of backups, to name the newest good one if the archive is damaged.
    Raises the same errors as :func:`open_database`, except DatabaseInUse.
    """
    missing = f"There is no database at {path} yet. If it is elsewhere, set SALON_DATABASE to it."
    if not path.is_file() or not path.stat().st_size:
        raise DatabaseError(missing)
    async with connect(path, "ro") as reader:
        try:
            version = await read_version(reader, path)
        except ForeignDatabase as error:
            fault = await asyncio.to_thread(find_damage, error, path, backups)
            if not fault:
                raise
            raise DamagedDatabase(
                await asyncio.to_thread(describe_damage, path, backups, fault)
            ) from error
        if version == 0:
            raise DatabaseError(missing)  # the first start was killed before it created the tables
        if version < len(load_migrations()):
            raise DatabaseError(
                f"{path} was written by an older Salon. Start the bot once to upgrade it."
            )
        yield Database(path, None, [reader])


async def _prepare(
    connection: aiosqlite.Connection,
    path: Path,
    backups: Path | None,
    clock: Clock,
    migrations: Sequence[str],
    look: float,
) -> None:
    """Check the archive, back it up if it has to be migrated, migrate it and set its options."""
    try:
        version = await read_version(connection, path, len(migrations))
        fault = await check_integrity(connection, look) if version and look else ""
    except ForeignDatabase as error:
        fault = await asyncio.to_thread(find_damage, error, path, backups)
        if not fault:
            raise
    except sqlite3.DatabaseError as error:
        fault = str(error)
    if fault:
        raise DamagedDatabase(await asyncio.to_thread(describe_damage, path, backups, fault))
    if backups is not None and 0 < version < len(migrations):
        made = await asyncio.to_thread(back_up, path, backups, clock.now(), BEFORE_UPGRADE)
        _log.info("Migrating the database. A backup is in %s.", made.path)
    try:
        await connection.execute("PRAGMA journal_mode = WAL")
        await connection.execute("PRAGMA synchronous = FULL")
        # Overwrite deleted content with zeros instead of only freeing its pages.
        await connection.execute("PRAGMA secure_delete = ON")
        await connection.execute("PRAGMA foreign_keys = ON")
        await migrate(connection, migrations)
        # The ids that a batch of events refers to; see storage.replies.batch_lookup.
        await connection.execute("CREATE TEMP TABLE lookup_ids (id INTEGER PRIMARY KEY)")
    except sqlite3.Error as error:
        if connection.in_transaction:
            await connection.execute("ROLLBACK")
        raise DatabaseError(f"The database {path} can't be used: {error}.") from error
