"""The bot as a process: what it says and how it ends when something is wrong, or when told to."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import sqlite3
import sys
import time
from pathlib import Path

import pytest

from bot.emulator.faults.steps import Step
from storage.db.migrate import load_migrations
from tests.support.spawned_bot import SpawnedBot, spawned_bot

ROOT = Path(__file__).parents[2]
SOON = 30.0


async def command(
    *arguments: str, cwd: Path | None = None, **environment: str
) -> tuple[int, str, str]:
    """Run ``python -m bot``; its status, and what it wrote on both outputs."""
    kept = {n: v for n, v in os.environ.items() if not n.startswith(("SALON_", "DISCORD_"))}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", *arguments),
        env=kept | {"PYTHONPATH": str(ROOT)} | environment,
        cwd=cwd or ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await asyncio.wait_for(process.communicate(), SOON)
    assert process.returncode is not None
    return process.returncode, output.decode(), errors.decode()


async def ended(spawned: SpawnedBot) -> tuple[int, str]:
    """Start the bot and wait for its end; its status and its log."""
    await spawned.bot.start()
    await asyncio.wait_for(spawned.bot.ended.wait(), SOON)
    return status_of(spawned), "\n".join(spawned.log)


def status_of(spawned: SpawnedBot) -> int:
    """The exit status with which the bot has ended by itself."""
    found = re.findall(r"ended by itself with status (-?\d+)", "\n".join(spawned.log))
    assert len(found) == 1, spawned.log
    return int(found[0])


async def test_a_missing_token_ends_it_with_a_sentence(tmp_path: Path) -> None:
    status, _, errors = await command("run", cwd=tmp_path)
    assert status == 78
    assert "DISCORD_TOKEN is missing" in errors
    assert "Traceback" not in errors
    assert list(tmp_path.iterdir()) == []


async def test_an_address_that_is_not_loopback_is_refused_before_anything_is_sent(
    tmp_path: Path,
) -> None:
    status, _, errors = await command(
        cwd=tmp_path,
        DISCORD_TOKEN="a.b.c",
        DISCORD_API_BASE="http://192.0.2.1/api/v10",
        DISCORD_GATEWAY_URL="ws://192.0.2.1/gateway",
    )
    assert status == 78
    assert errors.count("must be an address on this machine") == 2
    assert "a.b.c" not in errors


async def test_a_wrong_token_ends_it_with_a_sentence(tmp_path: Path) -> None:
    async with spawned_bot(tmp_path) as spawned:
        token = "never.given.out"
        spawned.set_environment(DISCORD_TOKEN=token)
        status, log = await ended(spawned)
    assert status == 77
    assert "Discord refuses the token" in log
    assert "Traceback" not in log
    assert token not in log


async def test_an_intent_that_is_not_enabled_ends_it_with_a_sentence(tmp_path: Path) -> None:
    async with spawned_bot(tmp_path) as spawned:
        spawned.emulator.world.application.flags = 0
        status, log = await ended(spawned)
    assert status == 77
    assert "Message Content Intent" in log
    assert "Traceback" not in log


async def test_a_newer_database_ends_it_with_a_sentence(tmp_path: Path) -> None:
    async with spawned_bot(tmp_path) as spawned:
        with contextlib.closing(sqlite3.connect(spawned.database)) as newer:
            newer.execute("PRAGMA application_id = 1398893679")
            newer.execute(f"PRAGMA user_version = {len(load_migrations()) + 1}")
        status, log = await ended(spawned)
    assert status == 74
    assert "newer Salon" in log
    assert "Traceback" not in log


async def registered(spawned: SpawnedBot) -> None:
    """Wait until the bot has registered its commands."""
    async with asyncio.timeout(SOON):
        while not spawned.emulator.world.commands:  # noqa: ASYNC110 - the world tells no event
            await asyncio.sleep(0.02)


async def test_a_second_process_on_the_same_database_says_so_and_stops(tmp_path: Path) -> None:
    async with spawned_bot(tmp_path) as spawned:
        await spawned.bot.start()
        await registered(spawned)
        status, _, errors = await command(
            "run",
            DISCORD_TOKEN=spawned.emulator.world.bot.token,
            DISCORD_API_BASE=spawned.emulator.api,
            DISCORD_GATEWAY_URL=spawned.emulator.gateway,
            SALON_DATABASE=str(spawned.database),
            SALON_ENV_FILE="",
        )
    assert status == 75
    assert "Another Salon is running" in errors
    assert "Traceback" not in errors


async def test_sigterm_ends_it_cleanly_in_the_middle_of_a_publishing(tmp_path: Path) -> None:
    essay = tmp_path / "long.md"
    essay.write_text("# Long\n\n" + "\n\n".join("It takes time. " * 90 for _ in range(9)))
    async with spawned_bot(tmp_path) as spawned:
        third = asyncio.Event()
        seen = 0

        async def third_part(step: Step) -> None:
            nonlocal seen
            if step.moment == "after" and step.what == "POST /channels/{id}/messages":
                seen += 1
                if seen == 3:
                    third.set()

        spawned.emulator.steps.hook = third_part
        await spawned.bot.start()
        play = asyncio.create_task(spawned.play(essay, None))
        await asyncio.wait_for(third.wait(), SOON)
        assert spawned.bot.pid is not None
        began = time.monotonic()
        os.kill(spawned.bot.pid, signal.SIGTERM)
        await asyncio.wait_for(spawned.bot.ended.wait(), SOON)
        took = time.monotonic() - began
        assert status_of(spawned) == 0
        assert took < 5
        assert "Traceback" not in "\n".join(spawned.log)
        await spawned.bot.start()
        assert await asyncio.wait_for(play, 90), "\n".join([*spawned.narration, *spawned.log])


async def test_a_missing_file_is_status_66(tmp_path: Path) -> None:
    status, _, errors = await command("preview", str(tmp_path / "none.md"), "--json")
    assert status == 66
    assert "can't be read" in errors


@pytest.mark.parametrize("content", [b"", b"   \n", bytes(range(256)) * 8])
async def test_a_file_without_text_is_one_sentence_and_status_65(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "essay.txt"
    path.write_bytes(content)
    status, output, errors = await command("preview", str(path), "--json")
    assert status == 65
    assert output == ""
    assert len(errors.strip().splitlines()) == 1


async def test_an_unknown_essay_gets_a_sentence(tmp_path: Path) -> None:
    database = str(tmp_path / "salon.sqlite3")
    status, _, errors = await command("export", "1", SALON_DATABASE=database)
    assert status == 74
    assert "There is no database" in errors
    async with spawned_bot(tmp_path) as spawned:
        await spawned.bot.start()
        await registered(spawned)
        status, _, errors = await command("export", "Slow bread", SALON_DATABASE=database)
    assert status == 65
    assert "No essay has" in errors


async def test_an_unknown_command_is_a_usage_error() -> None:
    status, _, errors = await command("dance")
    assert status == 2
    assert "usage" in errors
