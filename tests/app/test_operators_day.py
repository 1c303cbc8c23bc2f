"""An operator's day: run, look, upgrade, back up, lose the disk, restore elsewhere.

Nothing is lost on the way.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import aiosqlite

from bot.emulator.faults.bot_process import BotProcess, bot_environment
from bot.emulator.faults.controls import CLOCK_LINK
from storage.db.schema import MIGRATIONS
from tests.app.test_process import command
from tests.support.bot_process import Stage, staged

OPEN = "[ do ]"


def environment(stage: Stage, folder: Path) -> dict[str, str]:
    """The settings of a bot whose archive lies in ``folder``."""
    inherited = {n: v for n, v in os.environ.items() if not n.startswith(("SALON_", "DISCORD_"))}
    return bot_environment(
        inherited,
        token=stage.emulator.world.bot.token,
        api=stage.emulator.api,
        gateway=stage.emulator.gateway,
        clock_link=stage.emulator.page.replace("http://", "ws://", 1) + CLOCK_LINK,
        database=folder / "salon.sqlite3",
    )


async def asked(settings: dict[str, str], *arguments: str) -> tuple[int, str]:
    """Run a command with the operator's settings; its status and what it said."""
    own = {n: v for n, v in settings.items() if n.startswith(("SALON_", "DISCORD_"))}
    status, output, errors = await command(*arguments, cwd=None, **own)
    return status, output + errors


def replies_in(folder: Path) -> int:
    with closing(sqlite3.connect(folder / "salon.sqlite3")) as archive:
        found: int = archive.execute("SELECT count(*) FROM replies").fetchone()[0]
        return found


async def make_older(path: Path) -> None:
    """Make of an archive the one that the first Salon would have written of the same days."""
    newer = path.with_name("newer.sqlite3")
    path.rename(newer)
    async with aiosqlite.connect(path, isolation_level=None) as older:
        await older.executescript(MIGRATIONS[0])
        await older.execute("ATTACH :newer AS newer", {"newer": str(newer)})
        names = "SELECT name FROM main.sqlite_master WHERE type = 'table' AND name <> :own"
        for (table,) in await older.execute_fetchall(names, {"own": "sqlite_sequence"}):
            told = await older.execute_fetchall(f"SELECT name FROM pragma_table_info('{table}')")
            columns = ", ".join(name for (name,) in told)
            await older.execute(
                f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM newer.{table}"
            )
    newer.unlink()


def version_of(path: Path) -> int:
    with closing(sqlite3.connect(path)) as archive:
        found: int = archive.execute("PRAGMA user_version").fetchone()[0]
        return found


def to_do(told: str) -> list[str]:
    """What the doctor says is to be done, but for what this machine is like."""
    lines = [line for line in told.splitlines() if line.startswith(OPEN)]
    return [line for line in lines if not line.startswith((f"{OPEN} folder", f"{OPEN} disk"))]


async def test_an_operators_day_ends_with_nothing_lost(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    async with staged(first) as stage:
        settings = environment(stage, first)
        status, told = await asked(settings, "doctor")
        assert status == 1, "the commands are not registered yet"
        assert any("start the bot" in line for line in to_do(told))

        await stage.bot.start()
        assert await stage.play(None, None), stage.told
        before = replies_in(first)
        assert before > 5
        status, told = await asked(settings, "backup")
        assert status == 0, told
        assert "checked" in told
        status, told = await asked(settings, "doctor")
        assert to_do(told) == [], told
        assert "a bot is running on it" in told

        status, told = await asked(settings, "restore")
        assert status == 75, "not while the bot runs"
        await stage.bot.stop()

        # A newer Salon is installed: it is started, and that is all.
        database = first / "salon.sqlite3"
        status, kept = await asked(settings, "export", "1", "--format", "json")
        assert status == 0, kept
        await make_older(database)
        assert version_of(database) == 1
        status, told = await asked(settings, "export", "1", "--format", "json")
        assert status != 0, "not before the start that upgrades it"
        assert "start the bot once" in told
        await stage.bot.start()
        await stage.emulator.dispatcher.wait_for_bot()
        assert version_of(database) == len(MIGRATIONS)
        (copied,) = (first / "salon-backups").glob("*-before-upgrade.sqlite3")
        assert version_of(copied) == 1
        assert await asked(settings, "export", "1", "--format", "json") == (0, kept)
        status, told = await asked(settings, "doctor")
        assert to_do(told) == [], told
        await stage.bot.stop()

        # The disk is damaged: the start says so, and what to do.
        data = bytearray(database.read_bytes())
        data[4096:] = b"\xa5" * (len(data) - 4096)
        database.write_bytes(data)
        status, told = await asked(settings, "run")
        assert status == 76, told
        assert "python -m bot restore" in told
        status, told = await asked(settings, "restore")
        assert status == 0, told

        # And onto another machine's folder, from the backup alone.
        (backup,) = (first / "salon-backups").glob("*-by-hand.sqlite3")
        moved = environment(stage, second)
        status, told = await asked(moved, "restore", str(backup))
        assert status == 0, told
        assert replies_in(first) == replies_in(second) == before
        log: list[str] = []
        other = BotProcess(moved, log.append)
        await other.start()
        try:
            await stage.emulator.dispatcher.wait_for_bot()
            status, told = await asked(moved, "backup")
            assert status == 0, told
            status, told = await asked(moved, "doctor")
            assert to_do(told) == [], told
        finally:
            await other.stop()
        assert [line for line in log if " ERROR " in line or "Traceback" in line] == []
