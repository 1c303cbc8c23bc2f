"""``python -m bot forget``: the operator erases a member who left."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

from bot.cli.forget import erase_member
from bot.errors import DatabaseError
from storage.db.archive_location import Location
from tests.support.archives import get_postgresql_address
from tests.support.processes import (
    needs_postgresql,
    play_to_prompt,
    two_processes,
    wait_for_shards,
)
from tests.support.running_bot import RunningBot, run_bot, run_emulator, wait_until
from tests.support.spawned_bot import SpawnedBot, spawned_bot

WORDS = "It takes a night."
DATABASES = (
    pytest.param(False, marks=pytest.mark.sqlite),
    pytest.param(True, marks=needs_postgresql),
)


async def _said(running: RunningBot) -> tuple[str, int]:
    *_, closing = await running.publish()
    head = await running.write("Ann", WORDS, to=closing["id"])
    await running.settle(60)
    return str(head), running.member("Ann").id


async def _authors(running: RunningBot) -> list[str | None]:
    replies = (await running.export())["replies"]
    return [one["author"] and one["author"]["name"] for one in replies]


@pytest.mark.sqlite
async def test_a_member_who_left_is_erased_and_at_the_next_start_in_discord(
    tmp_path: Path,
) -> None:
    path, backups = tmp_path / "salon.sqlite3", tmp_path / "salon-backups"
    async with run_emulator() as emulator:
        async with run_bot(tmp_path, emulator) as running:
            head, ann = await _said(running)
            await running.call_as(
                running.member("Ann"), "DELETE", f"/users/@me/guilds/{running.server_id}"
            )
            await running.settle()
        told = await erase_member(Location(path, backups), ann, None, keep_out=False)
        assert "was erased in 1 server. When the bot is started" in told
        assert WORDS.encode() not in path.read_bytes()
        async with run_bot(tmp_path, emulator) as running:
            await running.settle(600)
            assert await _authors(running) == [None]
            (thread,) = (await running.world())["threads"]
            assert (thread["id"], thread["name"]) == (head, "A reply")


async def get_authors(spawned: SpawnedBot) -> list[str | None]:
    replies = (await spawned.export())["replies"]
    return [one["author"] and one["author"]["name"] for one in replies]


async def find_author(spawned: SpawnedBot, name: str) -> str:
    """The id of who wrote something."""
    authors = [one["author"] for one in (await spawned.export())["replies"]]
    return next(str(one["id"]) for one in authors if one is not None and one["name"] == name)


async def is_renamed(spawned: SpawnedBot) -> bool:
    threads = (await spawned.world())["threads"]
    return any(one["name"] == "A reply" for one in threads)


@pytest.mark.parametrize("on_postgresql", DATABASES)
async def test_a_running_bot_erases_a_member_at_once(tmp_path: Path, on_postgresql: bool) -> None:
    async with spawned_bot(tmp_path, forked=True) as spawned:
        if on_postgresql:
            spawned.set_environment(SALON_DATABASE=get_postgresql_address(tmp_path))
        await play_to_prompt(spawned, tmp_path)
        ann = await find_author(spawned, "Ann")
        status, told = await spawned.command("forget", ann)
        assert (status, "was erased in 1 server. The running bot also" in told) == (0, True), told
        assert "Ann" not in await get_authors(spawned)
        await wait_until(lambda: is_renamed(spawned), "the new name of the thread")
        assert spawned.bot.is_running
        status, told = await spawned.command("forget", ann)
        assert "Nothing is saved about member" in told
        if not on_postgresql:
            lines = (tmp_path / "salon.sqlite3.forgotten").read_text("utf-8").splitlines()
            assert {json.loads(line)["member_id"] for line in lines} == {ann}


@pytest.mark.parametrize("on_postgresql", DATABASES)
async def test_a_bot_that_hangs_erases_a_member_once_it_goes_on_or_is_started_again(
    tmp_path: Path, on_postgresql: bool
) -> None:
    location = Location(tmp_path / "salon.sqlite3", tmp_path / "salon-backups")
    async with spawned_bot(tmp_path, forked=True) as spawned:
        if on_postgresql:
            address = get_postgresql_address(tmp_path)
            location = Location(Path(), Path(), address)
            spawned.set_environment(SALON_DATABASE=address)
        await play_to_prompt(spawned, tmp_path)
        ann, ben = [await find_author(spawned, name) for name in ("Ann", "Ben")]
        assert spawned.bot.pid is not None
        os.kill(spawned.bot.pid, signal.SIGSTOP)
        told = await erase_member(location, int(ann), None, keep_out=False, patience=0.5)
        assert f"Member {ann} isn't erased in 1 server yet" in told
        assert "Ann" in await get_authors(spawned)
        os.kill(spawned.bot.pid, signal.SIGCONT)

        async def is_erased() -> bool:
            return "Ann" not in await get_authors(spawned)

        await wait_until(is_erased, "the erasure")
        os.kill(spawned.bot.pid, signal.SIGSTOP)
        told = await erase_member(location, int(ben), None, keep_out=False, patience=0.5)
        assert "isn't erased in 1 server yet" in told
        await spawned.bot.kill()
        assert "Ben" in await get_authors(spawned)
        await spawned.bot.start()

        async def is_ben_erased() -> bool:
            return "Ben" not in await get_authors(spawned)

        await wait_until(is_ben_erased, "the erasure at the start")


@needs_postgresql
async def test_each_of_two_processes_erases_in_its_servers_and_the_command_where_none_runs(
    tmp_path: Path,
) -> None:
    async with two_processes(tmp_path) as both:
        spawned, beside = both.spawned, both.beside
        await beside.start()
        await play_to_prompt(spawned, tmp_path)
        ann, ben = [await find_author(spawned, name) for name in ("Ann", "Ben")]
        status, told = await spawned.command("forget", ann)
        assert (status, "The running bot also" in told) == (0, True), told
        await wait_until(lambda: is_renamed(spawned), "the new name of the thread")
        await spawned.bot.kill()
        status, told = await spawned.command("forget", ben)
        assert (status, "When the bot is started" in told) == (0, True), told
        assert sorted(filter(None, await get_authors(spawned))) == ["Cleo"]
        assert beside.is_running, both.lines
        # Another process can still take those shards.
        await spawned.bot.start()
        await wait_for_shards(spawned.emulator, 4)


@pytest.mark.sqlite
async def test_an_opted_out_member_stays_opted_out_and_other_servers_are_unchanged(
    tmp_path: Path,
) -> None:
    path, backups = tmp_path / "salon.sqlite3", tmp_path / "salon-backups"
    async with run_emulator() as emulator:
        async with run_bot(tmp_path, emulator) as running:
            _, ann = await _said(running)
            server = running.server_id
        await erase_member(Location(path, backups), ann, server + 1, keep_out=True)
        async with run_bot(tmp_path, emulator) as running:
            assert await _authors(running) == ["Ann"]
        await erase_member(Location(path, backups), ann, server, keep_out=True)
        await erase_member(Location(path, backups), ann, server, keep_out=False)
        async with run_bot(tmp_path, emulator) as running:
            *_, closing = await running.bot_messages()
            await running.write("Ann", "Once more.", to=closing["id"])
            await running.settle(60)
            assert await _authors(running) == [None, None]
            told = await erase_member(
                Location(path, backups), running.member("Ben").id, None, keep_out=False
            )
            assert told.startswith("Nothing is saved about member")


async def test_without_an_archive_nobody_is_erased(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="There is no database"):
        await erase_member(Location(tmp_path / "none.sqlite3", tmp_path), 5, None, keep_out=False)
    assert list(tmp_path.iterdir()) == []


async def test_the_command_takes_ids(tmp_path: Path) -> None:
    async with spawned_bot(tmp_path) as spawned:
        status, told = await spawned.command("forget", "5")
        assert status == 74, told
        status, told = await spawned.command("forget", "Ann")
        assert status == 2
        assert "invalid int" in told
