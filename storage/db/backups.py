"""Backups: whole copies of the archive, taken while it is in use, and checked by opening them.

A copy is taken of one moment, in small steps, on a connection of its own that only reads, so the
writer goes on meanwhile; it bears its final name only once it has been found whole.
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
    "copy",
    "fault_of",
    "listed",
    "newest_good",
    "size_of",
    "superfluous",
    "thin_out",
]

#: Pages copied in one step, and the seconds that the disk is left to others between two steps.
_PAGES, _PAUSE = 256, 0.005
_DAYS, _WEEKS = 7, 4
_NAME = re.compile(
    r"(?P<stem>.+)-(?P<at>[0-9]{8}-[0-9]{6})(?P<kind>|-by-hand|-before-upgrade)\.sqlite3"
)
_TIME = "%Y%m%d-%H%M%S"

#: Kinds: by the clock; asked for by the operator; taken before the tables are changed.
#: How the name of a copy ends until it is whole.
_UNFINISHED = ".unfinished"
DAILY, BY_HAND, BEFORE_UPGRADE = "", "-by-hand", "-before-upgrade"


@dataclass(frozen=True, slots=True)
class Backup:
    """A copy of the archive, of the moment ``at`` (UTC, to the second), of one of the kinds."""

    path: Path
    at: datetime
    kind: str


def size_of(database: Path) -> int:
    """The bytes that an archive takes, with what is written and not moved into it yet."""
    size = 0
    for path in (database, database.with_name(f"{database.name}-wal")):
        with contextlib.suppress(FileNotFoundError):
            size += path.stat().st_size
    return size


def listed(folder: Path, stem: str) -> list[Backup]:
    """The backups in a folder of the database called ``stem``, the newest first."""
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
    """Copy the archive into ``folder``, which is made where it is missing; blocks meanwhile.

    Raises BackupError, with the sentence why, where that does not succeed; then nothing is left
    of it.
    """
    at = now.astimezone(UTC).replace(microsecond=0)
    path = folder / f"{database.stem}-{at.strftime(_TIME)}{kind}.sqlite3"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        copy(database, path)
    except OSError as error:
        raise BackupError(f"No backup could be made in {folder}: {error.strerror}.") from error
    except sqlite3.Error as error:
        raise BackupError(f"No backup could be made in {folder}: {error}.") from error
    return Backup(path, at, kind)


def copy(database: Path, path: Path) -> None:
    """Copy the archive of this moment to ``path``, and check the copy; blocks meanwhile.

    Raises OSError, sqlite3.Error, BackupError where the copy is not whole.
    """
    unfinished = path.with_name(f"{path.name}{_UNFINISHED}")
    unfinished.unlink(missing_ok=True)
    try:
        with (
            contextlib.closing(sqlite3.connect(_address(database, "ro"), uri=True)) as source,
            contextlib.closing(sqlite3.connect(unfinished)) as target,
        ):
            # While a reading is under way, what is copied stays the archive of one moment, and a
            # write in between does not make the copying begin anew (SQLite: sqlite3_backup_step).
            source.execute("PRAGMA busy_timeout = 5000")
            source.execute("BEGIN")
            source.execute("SELECT count(*) FROM sqlite_master").fetchone()
            source.backup(target, pages=_PAGES, sleep=_PAUSE)
            target.execute("PRAGMA journal_mode = DELETE")
        fault = fault_of(unfinished)
        if fault:
            raise BackupError(f"The copy of {database} is not whole: {fault}.")
        with unfinished.open("rb") as file:
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def fault_of(path: Path) -> str:
    """What is wrong with a copy that nobody writes to; "" where it is whole and ours; blocks."""
    try:
        with contextlib.closing(
            sqlite3.connect(f"{_address(path, 'ro')}&immutable=1", uri=True)
        ) as connection:
            application = connection.execute("PRAGMA application_id").fetchone()[0]
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if application == DEVELOPMENT_APPLICATION_ID:
                return "it is of a development version of Salon"
            if application != APPLICATION_ID:
                return "it is not of Salon"
            if version > len(load_migrations()):
                return "it is of a newer Salon"
            found: str = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.Error as error:
        return str(error)
    return "" if found == "ok" else found.splitlines()[-1]


def newest_good(folder: Path, stem: str) -> Backup | None:
    """The newest backup that opens and is whole; blocks while it looks."""
    return next((one for one in listed(folder, stem) if not fault_of(one.path)), None)


def superfluous(backups: Iterable[Backup], now: datetime) -> list[Backup]:
    """Those that need not be kept.

    Kept are the newest of each of the last 7 days that have one, the newest of each of the 4 weeks
    before those days, and for 7 days what was taken by hand or before an upgrade.
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


def thin_out(folder: Path, stem: str, now: datetime) -> int:
    """Remove what need not be kept; how many backups that were.

    What a backup left that was killed on its way goes too, a day after it.
    """
    removed = 0
    for left in folder.glob(f"{stem}-*{_UNFINISHED}"):
        with contextlib.suppress(OSError):
            if left.stat().st_mtime < (now - timedelta(days=1)).timestamp():
                left.unlink()
    for one in superfluous(listed(folder, stem), now):
        with contextlib.suppress(OSError):
            one.path.unlink()
            removed += 1
    return removed


def _address(path: Path, mode: str) -> str:
    return f"{path.absolute().as_uri()}?mode={mode}"
