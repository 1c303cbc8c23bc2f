"""Checks of the archive's file: is it Salon's, which schema version has it, is it damaged."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

import aiosqlite

from bot.errors import DatabaseError, ForeignDatabase, NewerDatabase
from storage.db.backups import find_newest_good, list_backups
from storage.db.connection import read_pragma
from storage.db.erasure_log import get_log_path
from storage.db.migrate import APPLICATION_ID, DEVELOPMENT_APPLICATION_ID, load_migrations

__all__ = ["CHECK_SECONDS", "check_integrity", "describe_damage", "find_damage", "read_version"]

#: Most seconds that the integrity check at a start may take, and the number of SQLite's virtual
#: machine instructions between two looks at the clock. A gigabyte takes a few seconds; an archive
#: of several years takes less.
CHECK_SECONDS, _CHECK_STEPS = 15.0, 100_000

#: Where the header of a database has the application id, in bytes.
_ID_OFFSET = 68


async def read_version(
    connection: aiosqlite.Connection, path: Path, newest: int | None = None
) -> int:
    """The archive's schema version; 0 if the file is empty.

    Raises ForeignDatabase, NewerDatabase, or DatabaseError if it can't be read or was written by a
    development version.
    """
    try:
        application = await read_pragma(connection, "PRAGMA application_id")
        version = await read_pragma(connection, "PRAGMA user_version")
        tables = await read_pragma(connection, "SELECT count(*) FROM sqlite_master")
    except sqlite3.OperationalError as error:
        raise DatabaseError(f"The database {path} can't be read: {error}.") from error
    except sqlite3.DatabaseError as error:
        raise ForeignDatabase(
            f"{path} isn't a Salon database, or it is damaged ({error}). Nothing was changed. Set "
            "SALON_DATABASE to another file; or, if this was Salon's, put a backup in its place "
            "with `python -m bot restore`."
        ) from error
    newest = len(load_migrations()) if newest is None else newest
    if application == DEVELOPMENT_APPLICATION_ID:
        raise DatabaseError(
            f"{path} is an archive of a development version of Salon, from before the first "
            "release. It can't be upgraded. Nothing was changed. Set SALON_DATABASE to another "
            "file."
        )
    if application != APPLICATION_ID and (application or version or tables):
        raise ForeignDatabase(
            f"{path} is another program's database, not a Salon database. Nothing was changed. Set "
            "SALON_DATABASE to another file."
        )
    if version > newest:
        raise NewerDatabase(
            f"{path} was written by a newer Salon (its schema version is {version}, this Salon's "
            f"is {newest}). Nothing was changed. Install the newer Salon again."
        )
    return version


async def check_integrity(connection: aiosqlite.Connection, seconds: float = CHECK_SECONDS) -> str:
    """Run an integrity check of at most ``seconds``; the problem found, or "" if there is none.

    The check of the daily backup has no time limit.
    """
    until = time.monotonic() + seconds
    await connection.set_progress_handler(lambda: time.monotonic() > until, _CHECK_STEPS)
    try:
        rows = list(await connection.execute_fetchall("PRAGMA quick_check(1)"))
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
            raise
        return ""
    finally:
        await connection.set_progress_handler(None, _CHECK_STEPS)  # type: ignore[arg-type]
    found = str(rows[0][0])
    return "" if found == "ok" else found.splitlines()[-1]


def find_damage(error: ForeignDatabase, path: Path, backups: Path | None) -> str:
    """Decide whether an unreadable file is a damaged archive; SQLite's error, or "" if it isn't.

    It is one if SQLite recognizes it as a database, if its first page says that it is Salon's, or
    if it has backups or an erasure log. Blocking.
    """
    cause = error.__cause__
    if not isinstance(cause, sqlite3.DatabaseError):
        return ""
    if (
        cause.sqlite_errorcode == sqlite3.SQLITE_CORRUPT
        or _has_application_id(path)
        or get_log_path(path).exists()
        or (backups is not None and list_backups(backups, path.stem))
    ):
        return str(cause)
    return ""


def _has_application_id(path: Path) -> bool:
    """Whether a file has Salon's id where SQLite keeps it (docs: Database File Format § 1.3)."""
    try:
        with path.open("rb") as file:
            header = file.read(_ID_OFFSET + 4)
    except OSError:
        return False
    return int.from_bytes(header[_ID_OFFSET:]) == APPLICATION_ID


def describe_damage(path: Path, backups: Path | None, fault: str) -> str:
    """The error sentence for a damaged archive, with the newest good backup. Blocking."""
    good = None if backups is None else find_newest_good(backups, path.stem)
    sentence = f"The database {path} is damaged ({fault}). Nothing was changed."
    if good is None:
        where = "" if backups is None else f" in {backups}"
        return (
            f"{sentence} There is no good backup{where}. If you have one elsewhere, use `python -m "
            "bot restore FILE`; otherwise set SALON_DATABASE to a new file."
        )
    return (
        f"{sentence} The newest good backup is {good.path} from {good.at:%Y-%m-%d %H:%M} UTC. "
        "`python -m bot restore` puts it in place and keeps the damaged file."
    )
