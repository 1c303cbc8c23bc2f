"""The bot as a process with its archive on PostgreSQL: plays, kills, commands beside it."""

from __future__ import annotations

import asyncio
import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from bot.emulator.server import Emulator
from bot.settings import read_postgresql_address, read_settings
from tests.support.archives import get_postgresql_address
from tests.support.forked_bot import ForkedBot, run_forked_bot
from tests.support.postgres_server import find_programs
from tests.support.running_bot import wait_until
from tests.support.spawned_bot import SpawnedBot, spawned_bot

needs_postgresql = pytest.mark.skipif(
    find_programs() is None or find_spec("psycopg") is None,
    reason="PostgreSQL or psycopg isn't installed",
)
ESSAY = "# Chairs\n\nNobody had chosen the chair in the attic.\n\nWhere do you go to sit?\n"
SAYINGS: list[dict[str, Any]] = [
    {"id": 1, "parent": None, "author": "Ann", "text": "I go to the harbour, mostly."},
    {"id": 2, "parent": 1, "author": "Ben", "text": "Even in winter?"},
    {"id": 3, "parent": None, "author": "Cleo", "text": "Nowhere. I stay in the attic."},
]
#: Steps of the play at which the bot is killed: while it posts, records, opens threads, prompts.
KILLED_AT = (9, 21, 34, 45)


async def played(spawned: SpawnedBot, folder: Path) -> None:
    """Play an essay and its comments to the prompt; the export is what was said."""
    essay, comments = folder / "chairs.md", folder / "comments.jsonl"
    essay.write_text(ESSAY, encoding="utf-8")
    comments.write_text("".join(f"{json.dumps(one)}\n" for one in SAYINGS), encoding="utf-8")
    await spawned.bot.start()
    done = await spawned.play(essay, comments)
    assert done, "\n".join([*spawned.narration, *spawned.log])
    exported = await spawned.export()
    assert exported["essay"]["state"] == "open"
    ids = {one["text"]: one["id"] for one in exported["replies"]}
    texts = {one["id"]: one["text"] for one in SAYINGS}
    assert {(one["author"]["name"], one["text"], one["parent"]) for one in exported["replies"]} == {
        (one["author"], one["text"], one["parent"] and ids[texts[one["parent"]]]) for one in SAYINGS
    }
    world = await spawned.world()
    posted = [one for one in world["messages"] if one["author"].get("bot") and one["type"] == 0]
    contents = [one["content"] for one in posted if one["content"]]
    assert len(contents) == len(set(contents)), "nothing is posted twice"


async def wait_for_shards(emulator: Emulator, count: int) -> None:
    async def there() -> bool:
        return len({one.shard for one in emulator.dispatcher.bot_sessions()}) == count

    await wait_until(there, f"{count} shards")


@needs_postgresql
async def test_the_bot_plays_and_continues_after_kills_on_postgresql(tmp_path: Path) -> None:
    address = get_postgresql_address(tmp_path)
    async with spawned_bot(tmp_path, forked=True, SALON_DATABASE=address) as spawned:
        spawned.emulator.steps.hook = spawned.killer(*KILLED_AT)
        await played(spawned, tmp_path)
        assert len(spawned.restarts) == len(KILLED_AT)
    assert not (tmp_path / "salon.sqlite3").exists()


@needs_postgresql
async def test_the_commands_work_beside_a_bot_on_postgresql(tmp_path: Path) -> None:
    address = get_postgresql_address(tmp_path)
    async with spawned_bot(tmp_path, SALON_DATABASE=address) as spawned:
        status, output = await spawned.command("export", "1")
        assert status == 74
        assert "no archive" in output
        await played(spawned, tmp_path)
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
        assert (status, "will be erased in 1 server" in output) == (0, True)
        await spawned.bot.kill()
        status, output = await spawned.command("forget", ann)
        assert (status, "was erased in 1 server" in output) == (0, True)
        exported = await spawned.export()
        assert [one["text"] for one in exported["replies"] if one["author"] is None] == [""]


@needs_postgresql
async def test_two_processes_share_an_archive_and_one_takes_over_the_others_shards(
    tmp_path: Path,
) -> None:
    address = get_postgresql_address(tmp_path)
    async with spawned_bot(tmp_path, forked=True, SALON_DATABASE=address) as spawned:
        world = spawned.emulator.world
        world.sharding.shards, world.sharding.max_concurrency = 4, 4
        (server_id,) = world.guilds
        ranges = ["0-1/4", "2-3/4"]
        own, others = ranges if (server_id >> 22) % 4 < 2 else ranges[::-1]
        lines: list[str] = []
        beside = ForkedBot(
            run_forked_bot,
            spawned.environment | {"SALON_SHARDS": others, "SALON_CLOCK_URL": ""},
            lines.append,
        )
        try:
            await beside.start()
            await wait_for_shards(spawned.emulator, 2)
            spawned.set_environment(SALON_SHARDS=others)
            await spawned.bot.start()
            await asyncio.wait_for(spawned.bot.ended.wait(), 30)
            assert any("Another Salon is running" in line for line in spawned.log), spawned.log
            spawned.set_environment(SALON_SHARDS=own)
            spawned.emulator.steps.hook = spawned.killer(*KILLED_AT)
            await played(spawned, tmp_path)
            assert beside.is_running, lines
            await spawned.bot.kill()
            await beside.kill()
            # Another process serves all of them now.
            spawned.set_environment(SALON_SHARDS="0-3/4")
            await spawned.bot.start()
            await wait_for_shards(spawned.emulator, 4)
        finally:
            await beside.kill()


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
