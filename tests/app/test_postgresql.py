"""The bot as a process with its archive on PostgreSQL: plays, kills, commands beside it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.settings import read_postgresql_address, read_settings
from tests.support.archives import get_postgresql_address
from tests.support.processes import (
    needs_postgresql,
    play_to_prompt,
    two_processes,
    wait_for_shards,
)
from tests.support.running_bot import wait_until
from tests.support.spawned_bot import spawned_bot

#: Steps of the play at which the bot is killed: while it posts, records, opens threads, prompts.
KILLED_AT = (9, 21, 34, 45)


@needs_postgresql
async def test_the_bot_plays_and_continues_after_kills_on_postgresql(tmp_path: Path) -> None:
    address = get_postgresql_address(tmp_path)
    async with spawned_bot(tmp_path, forked=True, SALON_DATABASE=address) as spawned:
        spawned.emulator.steps.hook = spawned.killer(*KILLED_AT)
        await play_to_prompt(spawned, tmp_path)
        assert len(spawned.restarts) == len(KILLED_AT)
    assert not (tmp_path / "salon.sqlite3").exists()


@needs_postgresql
async def test_the_commands_work_beside_a_bot_on_postgresql(tmp_path: Path) -> None:
    address = get_postgresql_address(tmp_path)
    async with spawned_bot(tmp_path, SALON_DATABASE=address) as spawned:
        status, output = await spawned.command("export", "1")
        assert status == 74
        assert "no archive" in output
        await play_to_prompt(spawned, tmp_path)
        status, output = await spawned.command("doctor")
        assert "database: postgresql:///" in output
        assert "a bot is running on it" in output
        status, output = await spawned.command("book", "1", "--format", "markdown")
        assert (status, "I go to the harbour" in output) == (0, True)
        status, output = await spawned.command("backup")
        assert status == 78
        assert "pg_dump" in output
        replies = (await spawned.export())["replies"]
        ann = next(one["author"]["id"] for one in replies if one["author"]["name"] == "Ann")
        status, output = await spawned.command("forget", ann)
        assert (status, "was erased in 1 server" in output) == (0, True)
        exported = await spawned.export()
        assert [one["text"] for one in exported["replies"] if one["author"] is None] == [""]


@needs_postgresql
async def test_two_processes_share_an_archive_and_one_takes_over_the_others_shards(
    tmp_path: Path,
) -> None:
    async with two_processes(tmp_path) as both:
        spawned, beside = both.spawned, both.beside
        await beside.start()
        await wait_for_shards(spawned.emulator, 2)
        spawned.set_environment(SALON_SHARDS=both.others)
        await spawned.bot.start()
        await asyncio.wait_for(spawned.bot.ended.wait(), 30)
        assert any("Another Salon is running" in line for line in spawned.log), spawned.log
        spawned.set_environment(SALON_SHARDS=both.own)
        spawned.emulator.steps.hook = spawned.killer(*KILLED_AT)
        await play_to_prompt(spawned, tmp_path)
        assert beside.is_running, both.lines

        async def are_reported() -> bool:
            _, output = await spawned.command("doctor")
            return all(f"[ ok ] shards {shards}: " in output for shards in (both.own, both.others))

        await wait_until(are_reported, "both processes in the doctor's output")
        await spawned.bot.kill()

        async def is_missing() -> bool:
            _, output = await spawned.command("doctor")
            return f"[ do ] shards {both.own}: no process serves them." in output

        await wait_until(is_missing, "the missing process in the doctor's output")
        await beside.kill()
        # Another process serves all of them now.
        spawned.set_environment(SALON_SHARDS="0-3/4")
        await spawned.bot.start()
        await wait_for_shards(spawned.emulator, 4)


def test_an_address_of_postgresql_is_used_and_shown_nowhere(tmp_path: Path) -> None:
    address = "postgresql://me:secret@db/essays"
    settings = read_settings({"DISCORD_TOKEN": "a.b.c", "SALON_DATABASE": address})
    assert settings.postgresql == address
    assert "secret" not in repr(settings)


def test_the_address_of_a_host_is_used_unless_there_is_an_archive_or_another_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    address = "postgres://me:secret@db/essays"
    assert read_postgresql_address({"DATABASE_URL": address}) == address
    assert read_postgresql_address({"DATABASE_URL": "mysql://db"}) is None
    assert read_postgresql_address({"DATABASE_URL": address, "SALON_DATABASE": "my.db"}) is None
    (tmp_path / "salon.sqlite3").touch()
    assert read_postgresql_address({"DATABASE_URL": address}) is None
