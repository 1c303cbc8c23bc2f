"""An operator's day: run, look, back up, lose the disk, restore elsewhere; nothing is lost."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from bot.rehearsal.bot_process import BotProcess, bot_environment
from bot.rehearsal.controls import LINK
from tests.staging import Stage, staged
from tests.test_process import command

OPEN = "[ do ]"


def environment(stage: Stage, folder: Path) -> dict[str, str]:
    """The settings of a bot whose archive lies in ``folder``."""
    inherited = {n: v for n, v in os.environ.items() if not n.startswith(("SALON_", "DISCORD_"))}
    return bot_environment(
        inherited,
        token=stage.standin.world.bot.token,
        api=stage.standin.api,
        gateway=stage.standin.gateway,
        clock_link=stage.standin.page.replace("http://", "ws://", 1) + LINK,
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

        # The disk is damaged: the start says so, and what to do.
        database = first / "salon.sqlite3"
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
            await stage.standin.gateway_hub.bot_ready()
            status, told = await asked(moved, "backup")
            assert status == 0, told
            status, told = await asked(moved, "doctor")
            assert to_do(told) == [], told
        finally:
            await other.stop()
        assert [line for line in log if " ERROR " in line or "Traceback" in line] == []
