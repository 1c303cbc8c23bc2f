"""Backups: complete copies of the archive, made while it is in use and checked by opening them.

A copy is a snapshot of one moment. It is made in small steps on a read-only connection of its own,
so the writer isn't blocked. It gets its final name only after its check has passed.
"""

from __future__ import annotations

import contextlib
import os
import re
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.errors import BackupError
from storage.db.migrate import (
    APPLICATION_ID,
    DEVELOPMENT_APPLICATION_ID,
    load_migrations,
)

__all__ = [
    "BEFORE_UPGRADE",
    "BY_HAND",
    "DAILY",
    "Backup",
    "back_up",
    "copy_archive",
    "delete_superfluous",
    "find_fault",
    "find_newest_good",
    "list_backups",
    "list_superfluous",
    "measure_size",
]

#: Pages copied in one step, and the pause in seconds between two steps, for other disk access.
_PAGES, _PAUSE = 256, 0.005
_DAYS, _WEEKS = 7, 4
_NAME = re.compile(
    r"(?P<stem>.+)-(?P<at>[0-9]{8}-[0-9]{6})(?P<kind>|-by-hand|-before-upgrade)\.sqlite3"
)
_TIME = "%Y%m%d-%H%M%S"

#: Suffix of a copy's name until the copy is complete and checked.
_UNFINISHED = ".unfinished"
#: Kinds of backups: scheduled; requested by the operator; made before a migration.
DAILY, BY_HAND, BEFORE_UPGRADE = "", "-by-hand", "-before-upgrade"


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup of the archive at the time ``at`` (UTC, to the second). ``kind``: as above."""

    path: Path
    at: datetime
    kind: str


def measure_size(database: Path) -> int:
    """The size of an archive in bytes, including its write-ahead log."""
    size = 0
    for path in (database, database.with_name(f"{database.name}-wal")):
        with contextlib.suppress(FileNotFoundError):
            size += path.stat().st_size
    return size


def list_backups(folder: Path, stem: str) -> list[Backup]:
    """List the backups in a folder of the database named ``stem``, the newest first."""
    found: list[Backup] = []
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            match = _NAME.fullmatch(path.name)
            if match is not None and match["stem"] == stem:
                with contextlib.suppress(ValueError):
                    at = datetime.strptime(match["at"], _TIME).replace(tzinfo=UTC)
                    found.append(Backup(path, at, match["kind"]))
    return sorted(found, key=lambda backup: (backup.at, backup.kind), reverse=True)


def back_up(database: Path, folder: Path, now: datetime, kind: str = DAILY) -> Backup:
    """Copy the archive into ``folder``, which is created if it is missing. Blocking.

    Raises BackupError, with a sentence that says why, if that fails; then no partial copy is left.
    """
    at = now.astimezone(UTC).replace(microsecond=0)
    path = folder / f"{database.stem}-{at.strftime(_TIME)}{kind}.sqlite3"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        copy_archive(database, path)
    except OSError as error:
        raise BackupError(f"Salon couldn't make a backup in {folder}: {error.strerror}.") from error
    except sqlite3.Error as error:
        raise BackupError(f"Salon couldn't make a backup in {folder}: {error}.") from error
    return Backup(path, at, kind)


def copy_archive(database: Path, path: Path) -> None:
    """Copy a snapshot of the archive to ``path``, and check the copy. Blocking.

    Raises OSError, sqlite3.Error, or BackupError if the copy fails its check.
    """
    unfinished = path.with_name(f"{path.name}{_UNFINISHED}")
    _delete_unfinished(unfinished)
    try:
        with (
            contextlib.closing(sqlite3.connect(_address(database, "ro"), uri=True)) as source,
            contextlib.closing(sqlite3.connect(unfinished)) as target,
        ):
            # An open read transaction keeps the copy a snapshot of one moment; without it, a write
            # in between would restart the backup (SQLite: sqlite3_backup_step).
            source.execute("PRAGMA busy_timeout = 5000")
            source.execute("BEGIN")
            source.execute("SELECT count(*) FROM sqlite_master").fetchone()
            source.backup(target, pages=_PAGES, sleep=_PAUSE)
            target.execute("PRAGMA journal_mode = DELETE")
        fault = find_fault(unfinished)
        if fault:
            raise BackupError(f"The copy of {database} failed its check: {fault}.")
        with unfinished.open("rb") as file:
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        _delete_unfinished(unfinished)


def _delete_unfinished(path: Path) -> None:
    """Delete an unfinished copy, and the journal that SQLite leaves if it can't roll back."""
    for one in (path, path.with_name(f"{path.name}-journal")):
        one.unlink(missing_ok=True)


def find_fault(path: Path) -> str:
    """Check a copy that nobody writes to; the problem found, or "" if there is none. Blocking."""
    try:
        with contextlib.closing(
            sqlite3.connect(f"{_address(path, 'ro')}&immutable=1", uri=True)
        ) as connection:
            application = connection.execute("PRAGMA application_id").fetchone()[0]
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if application == DEVELOPMENT_APPLICATION_ID:
                return "it was written by a development version of Salon"
            if application != APPLICATION_ID:
                return "it isn't a Salon database"
            if version > len(load_migrations()):
                return "it was written by a newer Salon"
            found: str = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.Error as error:
        return str(error)
    return "" if found == "ok" else found.splitlines()[-1]


def find_newest_good(folder: Path, stem: str) -> Backup | None:
    """Find the newest backup that opens and passes its check. Blocking."""
    return next((one for one in list_backups(folder, stem) if not find_fault(one.path)), None)


def list_superfluous(backups: Iterable[Backup], now: datetime) -> list[Backup]:
    """Select the backups that the retention policy doesn't keep.

    It keeps the newest backup of each of the last 7 days that have one, the newest of each of the
    4 weeks before those days, and for 7 days all backups made by hand or before an upgrade.
    """
    ordered: Sequence[Backup] = sorted(backups, key=lambda one: one.at, reverse=True)
    days: dict[object, Backup] = {}
    weeks: dict[object, Backup] = {}
    for one in ordered:
        days.setdefault(one.at.date(), one)
        weeks.setdefault(one.at.isocalendar()[:2], one)
    kept = list(days.values())[:_DAYS]
    covered = {one.at.isocalendar()[:2] for one in kept}
    older = [one for week, one in weeks.items() if week not in covered]
    kept += older[:_WEEKS]
    young = now - timedelta(days=_DAYS)
    kept += [one for one in ordered if one.kind and one.at > young]
    return [one for one in ordered if one not in kept]


def delete_superfluous(folder: Path, stem: str, now: datetime) -> int:
    """Delete the backups that the retention policy doesn't keep; the number deleted.

    Unfinished copies of backups that were killed are deleted too, once they are a day old.
    """
    removed = 0
    for left in folder.glob(f"{stem}-*{_UNFINISHED}*"):
        with contextlib.suppress(OSError):
            if left.stat().st_mtime < (now - timedelta(days=1)).timestamp():
                left.unlink()
    for one in list_superfluous(list_backups(folder, stem), now):
        with contextlib.suppress(OSError):
            one.path.unlink()
            removed += 1
    return removed


def _address(path: Path, mode: str) -> str:
    return f"{path.absolute().as_uri()}?mode={mode}"
