"""An operator's day: run, look, upgrade, back up, lose the disk, restore elsewhere.

Nothing is lost on the way.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

from bot.emulator.faults.bot_process import BotProcess, bot_environment
from bot.emulator.faults.controls import CLOCK_LINK
from storage.db.migrate import load_migrations
from tests.app.test_process import ROOT, command
from tests.support.spawned_bot import SpawnedBot, spawned_bot

OPEN = "[ do ]"
#: A migration that changes a table with data in it.
MORE = """
CREATE TABLE moods (reply_id INTEGER PRIMARY KEY REFERENCES replies (id), mood TEXT) STRICT;
INSERT INTO moods SELECT id, 'calm' FROM replies;
ALTER TABLE replies ADD COLUMN mood TEXT NOT NULL DEFAULT 'calm';
"""
#: Runs the bot of the checkout that PYTHONPATH names, wherever it is started.
RUN = (sys.executable, "-P", "-m", "bot", "run")


def environment(spawned: SpawnedBot, folder: Path) -> dict[str, str]:
    """The settings of a bot whose archive lies in ``folder``."""
    inherited = {n: v for n, v in os.environ.items() if not n.startswith(("SALON_", "DISCORD_"))}
    return bot_environment(
        inherited,
        token=spawned.emulator.world.bot.token,
        api=spawned.emulator.api,
        gateway=spawned.emulator.gateway,
        clock_link=spawned.emulator.page.replace("http://", "ws://", 1) + CLOCK_LINK,
        database=folder / "salon.sqlite3",
    )


async def asked(
    settings: dict[str, str], *arguments: str, checkout: Path = ROOT
) -> tuple[int, str]:
    """Run a command of a checkout with the operator's settings; its status and its output."""
    own = {n: v for n, v in settings.items() if n.startswith(("SALON_", "DISCORD_"))}
    own["PYTHONPATH"] = str(checkout)
    status, output, errors = await command(*arguments, cwd=checkout, **own)
    return status, output + errors


def replies_in(folder: Path) -> int:
    with closing(sqlite3.connect(folder / "salon.sqlite3")) as archive:
        found: int = archive.execute("SELECT count(*) FROM replies").fetchone()[0]
        return found


def make_newer_checkout(folder: Path) -> Path:
    """A checkout of a Salon that has one more migration than this one."""
    for package in ("bot", "cogs", "storage"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / package, folder / package, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", folder)
    name = f"{len(load_migrations()) + 1:04}_mood.sql"
    (folder / "storage/db/migrations/sqlite" / name).write_text(MORE)
    return folder


def moods_in(folder: Path) -> int:
    with closing(sqlite3.connect(folder / "salon.sqlite3")) as archive:
        found: int = archive.execute(
            "SELECT count(*) FROM moods JOIN replies ON id = reply_id AND replies.mood = moods.mood"
        ).fetchone()[0]
        return found


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
    async with spawned_bot(first) as spawned:
        settings = environment(spawned, first)
        status, told = await asked(settings, "doctor")
        assert status == 1, "the commands are not registered yet"
        assert any("start the bot" in line for line in to_do(told))

        await spawned.bot.start()
        assert await spawned.play(None, None), spawned.narration
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
        await spawned.bot.stop()

        # A newer Salon is installed: it is started, and that is all.
        database = first / "salon.sqlite3"
        status, kept = await asked(settings, "export", "1", "--format", "json")
        assert status == 0, kept
        version = len(load_migrations())
        assert version_of(database) == version
        newer = make_newer_checkout(tmp_path / "newer")
        export = ("export", "1", "--format", "json")
        status, told = await asked(settings, *export, checkout=newer)
        assert status != 0, "not before the start that upgrades it"
        assert "Start the bot once" in told
        log: list[str] = []
        upgraded = BotProcess(settings | {"PYTHONPATH": str(newer)}, log.append, RUN)
        await upgraded.start()
        try:
            await spawned.emulator.dispatcher.wait_for_bot()
            assert version_of(database) == version + 1
            (copied,) = (first / "salon-backups").glob("*-before-upgrade.sqlite3")
            assert version_of(copied) == version
            assert await asked(settings, *export, checkout=newer) == (0, kept)
            assert moods_in(first) == before
            status, told = await asked(settings, "doctor", checkout=newer)
            assert to_do(told) == [], told
        finally:
            await upgraded.stop()
        status, told = await asked(settings, *export)
        assert status == 74
        assert "Install the newer Salon again" in told

        # The disk is damaged: the start says so, and what to do.
        data = bytearray(database.read_bytes())
        data[4096:] = b"\xa5" * (len(data) - 4096)
        database.write_bytes(data)
        status, told = await asked(settings, "run", checkout=newer)
        assert status == 76, told
        assert "python -m bot restore" in told
        status, told = await asked(settings, "restore", checkout=newer)
        assert status == 0, told

        # And onto another machine's folder, from the backup alone.
        (backup,) = (first / "salon-backups").glob("*-by-hand.sqlite3")
        moved = environment(spawned, second)
        status, told = await asked(moved, "restore", str(backup), checkout=newer)
        assert status == 0, told
        assert replies_in(first) == replies_in(second) == before
        other = BotProcess(moved | {"PYTHONPATH": str(newer)}, log.append, RUN)
        await other.start()
        try:
            await spawned.emulator.dispatcher.wait_for_bot()
            status, told = await asked(moved, "backup", checkout=newer)
            assert status == 0, told
            status, told = await asked(moved, "doctor", checkout=newer)
            assert to_do(told) == [], told
        finally:
            await other.stop()
        assert [line for line in log if " ERROR " in line or "Traceback" in line] == []
