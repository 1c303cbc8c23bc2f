"""Backups: whole, checked, thinned out; taken while the archive is written."""

from __future__ import annotations

import asyncio
import os
import resource
import sqlite3
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.errors import BackupError, DamagedDatabase, DatabaseError, ForeignDatabase
from storage.db import backups
from storage.db.backups import BEFORE_UPGRADE, BY_HAND, DAILY, Backup
from storage.db.database import open_database
from storage.db.migrate import load_migrations

NOW = datetime(2026, 11, 23, 4, 30, tzinfo=UTC)
SERVER = "INSERT INTO servers (id, name, joined_at) VALUES (:id, :name, 0)"


async def fill(path: Path, count: int = 3, size: int = 10, first: int = 1) -> None:
    async with open_database(path) as database:
        rows = [{"id": first + number, "name": "x" * size} for number in range(count)]
        await database.write(lambda tx: tx.run_many(SERVER, rows))


def servers_in(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        count: int = connection.execute("SELECT count(*) FROM servers").fetchone()[0]
        return count


def spoil(path: Path, *, first_page: bool = False) -> None:
    """Write nonsense over every page but the first, or over the first alone."""
    data = bytearray(path.read_bytes())
    page = 4096
    span = range(page) if first_page else range(page, len(data))
    for place in span:
        data[place] = 0xA5
    path.write_bytes(data)


async def test_a_backup_made_during_writes_is_a_snapshot_of_one_moment(
    tmp_path: Path,
) -> None:
    path = tmp_path / "salon.sqlite3"
    await fill(path, 4000, 2000)
    async with open_database(path) as database:
        done = asyncio.create_task(asyncio.to_thread(backups.back_up, path, tmp_path / "kept", NOW))

        async def write_two(number: int) -> None:
            pair = [{"id": number, "name": "one"}, {"id": number + 1, "name": "other"}]
            await database.write(lambda tx: tx.run_many(SERVER, pair))

        written = 0
        while not done.done():
            await write_two(10_000 + 2 * written)
            written += 1
        made = await done
        assert written > 5, "the writer goes on meanwhile"
    assert made.path.name == "salon-20261123-043000.sqlite3"
    assert backups.find_fault(made.path) == ""
    assert servers_in(made.path) % 2 == 0, "no transaction is in it by halves"
    assert servers_in(made.path) >= 4000
    assert sorted(one.name for one in (tmp_path / "kept").iterdir()) == [made.path.name]


async def test_a_backup_that_cannot_be_made_says_why_and_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "salon.sqlite3"
    await fill(path)
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    with pytest.raises(BackupError, match="couldn't make a backup in"):
        backups.back_up(path, blocked / "folder", NOW)
    spoil(path)
    with pytest.raises(BackupError):
        backups.back_up(path, tmp_path / "kept", NOW)
    assert list((tmp_path / "kept").iterdir()) == []


def short_of_room() -> None:
    """No file of this process may pass 64 KiB (setrlimit(2), RLIMIT_FSIZE): the disk is full."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))


async def test_a_disk_that_fills_up_during_a_backup_is_reported_and_keeps_older_ones(
    tmp_path: Path,
) -> None:
    path, folder = tmp_path / "salon.sqlite3", tmp_path / "salon-backups"
    await fill(path)
    older = backups.back_up(path, folder, NOW - timedelta(days=1))
    await fill(path, 2000, 500, first=1000)
    own = {n: v for n, v in os.environ.items() if not n.startswith(("SALON_", "DISCORD_"))}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "backup"),
        env=own | {"SALON_DATABASE": str(path), "SALON_ENV_FILE": ""},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        preexec_fn=short_of_room,
    )
    output, _ = await asyncio.wait_for(process.communicate(), 60)
    told = output.decode()
    assert process.returncode != 0
    assert told.startswith("Salon couldn't make a backup in "), told
    assert len(told.splitlines()) == 1, told
    assert list(folder.iterdir()) == [older.path]
    assert backups.find_fault(older.path) == ""


def at(days: float, kind: str = DAILY) -> Backup:
    moment = NOW - timedelta(days=days)
    return Backup(Path(f"{moment:%Y%m%d%H%M}{kind}"), moment, kind)


def test_seven_daily_and_four_weekly_backups_of_a_year_are_kept() -> None:
    daily = [at(days) for days in range(365)]
    gone = backups.list_superfluous(daily, NOW)
    kept = [one for one in daily if one not in gone]
    # The 23rd is a Monday: the days reach into last week, and four weeks before it follow.
    assert [(NOW - one.at).days for one in kept] == [0, 1, 2, 3, 4, 5, 6, 8, 15, 22, 29]
    assert backups.list_superfluous(kept, NOW) == [], "thinning out twice changes nothing"


def test_the_newest_backup_of_a_day_is_kept_and_manual_ones_for_a_week() -> None:
    taken = [at(0), at(0.1), at(0.05, BY_HAND), at(3), at(3.1, BEFORE_UPGRADE), at(9, BY_HAND)]
    newer = [at(days) for days in range(1, 8)]
    gone = backups.list_superfluous([*taken, *newer], NOW)
    assert at(0.1) in gone
    assert at(0.05, BY_HAND) not in gone
    assert at(3.1, BEFORE_UPGRADE) not in gone


def test_deleting_superfluous_backups_leaves_other_files_alone(tmp_path: Path) -> None:
    for days in range(20):
        moment = NOW - timedelta(days=days)
        (tmp_path / f"salon-{moment:%Y%m%d-%H%M%S}.sqlite3").write_text("x")
    others = {
        "salon-notes.sqlite3",
        "other-20200101-000000.sqlite3",
        "salon-20209999-000000.sqlite3",
    }
    for name in others:
        (tmp_path / name).write_text("x")
    assert backups.delete_superfluous(tmp_path, "salon", NOW) == 20 - 9
    assert others <= {path.name for path in tmp_path.iterdir()}
    assert backups.delete_superfluous(tmp_path / "nowhere", "salon", NOW) == 0


def test_unfinished_files_of_a_killed_backup_are_deleted_a_day_later(tmp_path: Path) -> None:
    left = tmp_path / "salon-20261121-043000.sqlite3.unfinished"
    under_way = tmp_path / "salon-20261123-042900.sqlite3.unfinished"
    for path, days in ((left, 2.0), (under_way, 0.1)):
        path.write_text("x")
        moment = (NOW - timedelta(days=days)).timestamp()
        os.utime(path, (moment, moment))
    assert backups.delete_superfluous(tmp_path, "salon", NOW) == 0
    assert list(tmp_path.iterdir()) == [under_way]


async def test_a_damaged_archive_is_noticed_and_the_newest_good_backup_named(
    tmp_path: Path,
) -> None:
    path, folder = tmp_path / "salon.sqlite3", tmp_path / "kept"
    await fill(path, 500, 500)
    good = backups.back_up(path, folder, NOW - timedelta(days=2))
    bad = backups.back_up(path, folder, NOW - timedelta(days=1))
    spoil(bad.path)
    spoil(path)
    before = path.read_bytes()
    with pytest.raises(DamagedDatabase, match="is damaged") as damaged:
        async with open_database(path, backups=folder):
            pass
    assert str(good.path) in str(damaged.value)
    assert "2026-11-21 04:30 UTC" in str(damaged.value)
    assert damaged.value.status == 76
    assert path.read_bytes() == before


async def test_a_damaged_archive_without_a_backup_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "salon.sqlite3"
    await fill(path, 500, 500)
    spoil(path)
    with pytest.raises(DamagedDatabase, match="There is no good backup in"):
        async with open_database(path, backups=tmp_path / "kept"):
            pass
    with pytest.raises(DamagedDatabase, match="There is no good backup"):
        async with open_database(path):
            pass


async def test_a_file_with_a_destroyed_first_page_is_a_damaged_archive_if_it_has_backups(
    tmp_path: Path,
) -> None:
    path, folder = tmp_path / "salon.sqlite3", tmp_path / "kept"
    await fill(path)
    spoil(path, first_page=True)
    with pytest.raises(ForeignDatabase):
        async with open_database(path, backups=folder):
            pass
    other = tmp_path / "other"
    other.mkdir()
    await fill(other / "salon.sqlite3")
    backups.back_up(other / "salon.sqlite3", folder, NOW)
    with pytest.raises(DamagedDatabase, match="restore"):
        async with open_database(path, backups=folder):
            pass


NEXT = "CREATE TABLE more (id INTEGER PRIMARY KEY) STRICT;"


async def test_an_older_archive_is_backed_up_before_its_tables_are_changed(tmp_path: Path) -> None:
    path, folder = tmp_path / "salon.sqlite3", tmp_path / "kept"
    await fill(path)
    async with open_database(path, backups=folder, migrations=(*load_migrations(), NEXT)):
        pass
    (made,) = backups.list_backups(folder, "salon")
    assert made.kind == BEFORE_UPGRADE
    assert servers_in(made.path) == 3
    with closing(sqlite3.connect(made.path)) as old, closing(sqlite3.connect(path)) as new:
        assert old.execute("PRAGMA user_version").fetchone()[0] == len(load_migrations())
        assert new.execute("PRAGMA user_version").fetchone()[0] == len(load_migrations()) + 1


async def test_without_room_for_a_backup_the_tables_are_not_changed(tmp_path: Path) -> None:
    path, folder = tmp_path / "salon.sqlite3", tmp_path / "kept"
    await fill(path)
    folder.write_text("in the way")
    with pytest.raises(DatabaseError, match="couldn't make a backup"):
        async with open_database(path, backups=folder, migrations=(*load_migrations(), NEXT)):
            pass
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone()[0] == len(load_migrations())


async def test_a_new_or_current_archive_is_not_backed_up_at_start(tmp_path: Path) -> None:
    path, folder = tmp_path / "salon.sqlite3", tmp_path / "kept"
    for _ in range(2):
        async with open_database(path, backups=folder):
            pass
    assert not folder.exists()
