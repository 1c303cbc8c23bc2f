"""Database: opens, locks, checks and migrates the archive; one writer and two readers."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import aiosqlite
from filelock import FileLock, Timeout

from bot.clock import Clock
from bot.errors import (
    DamagedDatabase,
    DatabaseError,
    DatabaseInUse,
    ForeignDatabase,
    NewerDatabase,
)
from storage.db import cleanup, erasure_log
from storage.db.backups import BEFORE_UPGRADE, back_up, listed, newest_good
from storage.db.erasure_log import EraseMember
from storage.db.errors import ReadAbandoned
from storage.db.migrate import (
    APPLICATION_ID,
    DEVELOPMENT_APPLICATION_ID,
    load_migrations,
    migrate,
)
from storage.db.patience import be_patient, get_patience
from storage.db.writer import Transaction, Work, Writer

__all__ = ["Database", "lock_archive", "open_database", "open_for_reading", "retry_until_available"]

T = TypeVar("T")
_READERS = 2
#: Page cache of each reader, in KiB.
_READERS_CACHE = 512
#: Seconds after which a read transaction is ended: the write-ahead log can't be truncated while it
#: lasts.
_LONGEST_READ = 30.0
#: Seconds after an erasure in which somebody else has to truncate the write-ahead log, before it
#: is done here; and seconds between two attempts while readers are busy.
_LATEST_TRUNCATION, _TRUNCATION_RETRY = 20.0, 1.0
#: Attempts after which the operator is told.
_MANY_ATTEMPTS = 60
#: Most seconds that the integrity check at a start may take, and the number of SQLite's virtual
#: machine instructions between two looks at the clock. A gigabyte takes a few seconds; an archive
#: of several years takes less.
_LOOK_SECONDS, _LOOK_STEPS = 15.0, 100_000
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
        connection: aiosqlite.Connection | None,
        readers: list[aiosqlite.Connection],
    ) -> None:
        self.path = path
        self._writer: Writer | None = None
        if connection is not None:
            self._writer = Writer(connection, on_erasure=self.note_erasure)
        self._readers: asyncio.Queue[aiosqlite.Connection] = asyncio.Queue()
        for reader in readers:
            self._readers.put_nowait(reader)
        self._erasure_callbacks: list[Callable[[], None]] = []
        self._truncation: asyncio.Task[None] | None = None
        #: Whether the write-ahead log may have words that were erased.
        self.log_has_erased_words = False

    def start(self) -> None:
        """Start the writer."""
        if self._writer is not None:
            self._writer.start()

    async def close(self) -> None:
        """Finish what is queued to be written, then stop writing."""
        if self._truncation is not None:
            self._truncation.cancel()
            await asyncio.gather(self._truncation, return_exceptions=True)
        if self._writer is not None:
            await self._writer.close()

    async def write(self, work: Work[T]) -> T:
        """Run ``work`` in a write transaction; its value, once it is committed.

        Raises WriteWithdrawn if it can't begin within the task's patience; then nothing is saved.
        """
        patience = get_patience()
        seconds = None if patience is None else patience.get_write_seconds()
        return await self._get_writer().write(work, begin_within=seconds)

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

        async def truncate(connection: aiosqlite.Connection) -> bool:
            done = await cleanup.truncate_log(connection)
            if done:
                self.log_has_erased_words = False
            return done

        return await self._get_writer().maintain(truncate)

    async def vacuum(self, now_ms: int) -> None:
        """Write the archive's file again, without remains of erased words."""
        await self._get_writer().maintain(lambda connection: cleanup.vacuum(connection, now_ms))
        self.note_erasure()

    async def _truncate_later(self) -> None:
        await asyncio.sleep(_LATEST_TRUNCATION)
        attempts = 0
        while self.log_has_erased_words:
            attempts += 1
            try:
                if await self.truncate_log():
                    return
            except sqlite3.Error as error:
                _log.error("The write-ahead log can't be truncated (%s); trying again.", error)
            if attempts == _MANY_ATTEMPTS:
                _log.warning(
                    "Another program reads %s, so erased words stay in its write-ahead log until "
                    "it has finished.",
                    self.path,
                )
            await asyncio.sleep(_TRUNCATION_RETRY)

    async def read(self, work: Work[T]) -> T:
        """Run ``work`` on a consistent, read-only snapshot of the committed data.

        Raises ReadAbandoned if it doesn't end within the task's patience.
        """
        patience = get_patience()
        seconds = None if patience is None else patience.get_read_seconds()
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

    async def fault(self) -> str:
        """Run a time-limited integrity check; the problem found, or "" if there is none."""
        reader = await self._readers.get()
        try:
            return await _fault(reader)
        except sqlite3.DatabaseError as error:
            return str(error)
        finally:
            self._readers.put_nowait(reader)

    async def finish_reading(self, readers: int) -> None:
        """Wait until no read is in progress. ``readers``: the number of readers."""
        for _ in range(readers):
            await self._readers.get()

    async def _read(self, work: Work[T]) -> T:
        reader = await self._readers.get()
        try:
            await reader.execute("BEGIN")
            try:
                async with asyncio.timeout(_LONGEST_READ):
                    return await work(Transaction(reader))
            except TimeoutError as error:
                await reader.interrupt()  # a statement goes on after the await on it has ended
                raise sqlite3.OperationalError(
                    f"a read took longer than {_LONGEST_READ:.0f} s"
                ) from error
            finally:
                await reader.execute("ROLLBACK")
        finally:
            self._readers.put_nowait(reader)


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
    look: float = _LOOK_SECONDS,
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
    with lock_archive(path):
        async with contextlib.AsyncExitStack() as stack:
            connection = await stack.enter_async_context(_connect(path, "rwc"))
            steps = load_migrations() if migrations is None else migrations
            await _prepare(connection, path, backups, clock or Clock(), steps, look)
            readers = [
                await stack.enter_async_context(_connect(path, "ro")) for _ in range(_READERS)
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
            yield database


async def retry_until_available(work: Callable[[], Awaitable[T]]) -> T:
    """Run ``work``, and retry with backoff while the archive can't be used; its value.

    For work that nothing else would retry, of a command too. Everything ``work`` does outside its
    transactions has to be idempotent.
    """
    wait = _FIRST_WAIT
    while True:
        try:
            with be_patient():
                return await work()
        except sqlite3.OperationalError as error:
            _log.error("The archive can't be used (%s); next attempt in %.1f s.", error, wait)
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
                _log.warning("%d members were erased again, after a backup was restored.", count)
        erasure_log.append_to_log(path, await database.read(erasure_log.get_erasures))
    except OSError as error:
        raise DatabaseError(
            f"{path}, which says who asked to be forgotten, cannot be used: {error.strerror}."
        ) from error


@contextlib.contextmanager
def lock_archive(path: Path) -> Iterator[None]:
    """Lock the archive for this process. Raises DatabaseInUse if another process has the lock.

    Raises DatabaseError if it can't be locked, or its folder doesn't exist.
    """
    if not path.absolute().parent.is_dir():
        raise DatabaseError(f"The database {path} cannot be made: there is no such folder.")
    # The lock is beside the resolved file, so that a symbolic link leads to the same lock.
    lock = FileLock(f"{path.resolve()}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise DatabaseInUse(
            f"Another Salon is running on {path}; stop it first, or set SALON_DATABASE to "
            "another file."
        ) from None
    except OSError as error:
        raise DatabaseError(f"The database {path} cannot be locked: {error.strerror}.") from error
    try:
        yield
    finally:
        lock.release()


@contextlib.asynccontextmanager
async def open_for_reading(path: Path) -> AsyncIterator[Database]:
    """Open an existing archive read-only, while another process may be writing to it.

    Raises the same errors as :func:`open_database`, except DatabaseInUse.
    """
    if not path.is_file():
        raise DatabaseError(f"There is no database at {path}; SALON_DATABASE says where it lies.")
    async with _connect(path, "ro") as reader:
        version = await _version(reader, path)
        if version == 0:
            raise ForeignDatabase(f"{path} is not a Salon database.")
        if version < len(load_migrations()):
            raise DatabaseError(
                f"{path} is of an older Salon; start the bot once, which brings it up to date."
            )
        yield Database(path, None, [reader])


@contextlib.asynccontextmanager
async def _connect(path: Path, mode: str) -> AsyncIterator[aiosqlite.Connection]:
    address = f"{path.absolute().as_uri()}?mode={mode}"
    try:
        connection = await aiosqlite.connect(address, uri=True, isolation_level=None)
    except sqlite3.Error as error:
        raise DatabaseError(f"The database {path} cannot be opened: {error}.") from error
    try:
        connection.row_factory = sqlite3.Row
        if mode == "ro":
            await connection.execute("PRAGMA query_only = ON")
        await connection.execute("PRAGMA busy_timeout = 5000")
        yield connection
    finally:
        await connection.close()


async def _pragma(connection: aiosqlite.Connection, sql: str) -> int:
    rows = list(await connection.execute_fetchall(sql))
    return int(rows[0][0])


async def _fault(connection: aiosqlite.Connection, seconds: float = _LOOK_SECONDS) -> str:
    """Run an integrity check of at most ``seconds``; the problem found, or "" if there is none.

    The check of the daily backup has no time limit.
    """
    until = time.monotonic() + seconds
    await connection.set_progress_handler(lambda: time.monotonic() > until, _LOOK_STEPS)
    try:
        rows = list(await connection.execute_fetchall("PRAGMA quick_check(1)"))
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
            raise
        return ""
    finally:
        await connection.set_progress_handler(None, _LOOK_STEPS)  # type: ignore[arg-type]
    found = str(rows[0][0])
    return "" if found == "ok" else found.splitlines()[-1]


async def _damage(error: ForeignDatabase, path: Path, backups: Path | None) -> str:
    """Decide whether an unreadable file is a damaged archive; SQLite's error, or "" if it isn't.

    The first page says whose file it is. If that is unreadable, the existence of backups decides.
    """
    cause = error.__cause__
    if isinstance(cause, sqlite3.DatabaseError):
        corrupt = cause.sqlite_errorcode == sqlite3.SQLITE_CORRUPT
        if corrupt or (backups is not None and listed(backups, path.stem)):
            return str(cause)
    return ""


def _damaged(path: Path, backups: Path | None, fault: str) -> str:
    """The error sentence for a damaged archive, with the newest good backup. Blocking."""
    good = None if backups is None else newest_good(backups, path.stem)
    sentence = f"The database {path} is damaged ({fault}); it was left alone."
    if good is None:
        return f"{sentence} There is no good backup{'' if backups is None else f' in {backups}'}."
    return (
        f"{sentence} The newest good backup is {good.path}, of {good.at:%Y-%m-%d %H:%M} UTC: "
        "`python -m bot restore` puts it in place and keeps the damaged file."
    )


async def _version(connection: aiosqlite.Connection, path: Path, newest: int | None = None) -> int:
    """The archive's schema version; 0 if the file is empty.

    Raises ForeignDatabase, NewerDatabase, or DatabaseError for a development version's archive.
    """
    try:
        application = await _pragma(connection, "PRAGMA application_id")
        version = await _pragma(connection, "PRAGMA user_version")
        tables = await _pragma(connection, "SELECT count(*) FROM sqlite_master")
    except sqlite3.DatabaseError as error:
        raise ForeignDatabase(f"{path} is not a Salon database: {error}.") from error
    newest = len(load_migrations()) if newest is None else newest
    if application == DEVELOPMENT_APPLICATION_ID:
        raise DatabaseError(
            f"{path} is an archive of a development version of Salon, from before the first "
            "release. It can't be upgraded; it was left alone. Set SALON_DATABASE to another file."
        )
    if application != APPLICATION_ID and (application or version or tables):
        raise ForeignDatabase(f"{path} is a database, but not one of Salon's; it was left alone.")
    if version > newest:
        raise NewerDatabase(
            f"{path} was written by a newer Salon (version {version}; this one knows "
            f"{newest}); it was left alone. Install the newer Salon again."
        )
    return version


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
        version = await _version(connection, path, len(migrations))
        fault = await _fault(connection, look) if version and look else ""
    except ForeignDatabase as error:
        fault = await _damage(error, path, backups)
        if not fault:
            raise
    except sqlite3.DatabaseError as error:
        fault = str(error)
    if fault:
        raise DamagedDatabase(await asyncio.to_thread(_damaged, path, backups, fault))
    if backups is not None and 0 < version < len(migrations):
        made = await asyncio.to_thread(back_up, path, backups, clock.now(), BEFORE_UPGRADE)
        _log.info("Migrating the database; a backup was made at %s.", made.path)
    try:
        await connection.execute("PRAGMA journal_mode = WAL")
        await connection.execute("PRAGMA synchronous = FULL")
        # Overwrite deleted content with zeros instead of only freeing its pages.
        await connection.execute("PRAGMA secure_delete = ON")
        await connection.execute("PRAGMA foreign_keys = ON")
        await migrate(connection, migrations)
        # The ids that a batch of events refers to; see storage.replies.lookup.
        await connection.execute("CREATE TEMP TABLE lookup_ids (id INTEGER PRIMARY KEY)")
    except sqlite3.Error as error:
        if connection.in_transaction:
            await connection.execute("ROLLBACK")
        raise DatabaseError(f"The database {path} cannot be used: {error}.") from error
