"""``python -m bot forget``: the operator erases a member who left."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.cli.forget import erase_member
from bot.errors import DatabaseError
from storage.db.archive_location import Location
from tests.support.running_bot import RunningBot, run_bot, run_emulator
from tests.support.spawned_bot import spawned_bot

WORDS = "It takes a night."


async def _said(running: RunningBot) -> tuple[str, int]:
    *_, closing = await running.publish()
    head = await running.write("Ann", WORDS, to=closing["id"])
    await running.settle(60)
    return str(head), running.member("Ann").id


async def _authors(running: RunningBot) -> list[str | None]:
    replies = (await running.export())["replies"]
    return [one["author"] and one["author"]["name"] for one in replies]


@pytest.mark.parametrize("is_running", [False, True])
async def test_a_member_who_left_is_erased_at_once_or_at_the_next_start(
    tmp_path: Path, is_running: bool
) -> None:
    path, backups = tmp_path / "salon.sqlite3", tmp_path / "salon-backups"
    async with run_emulator() as emulator:
        async with run_bot(tmp_path, emulator) as running:
            head, ann = await _said(running)
            await running.call_as(
                running.member("Ann"), "DELETE", f"/users/@me/guilds/{running.server_id}"
            )
            await running.settle()
            if is_running:
                told = await erase_member(Location(path, backups), ann, None, keep_out=False)
                assert "when the running bot is restarted" in told
                assert await _authors(running) == ["Ann"]
        if not is_running:
            told = await erase_member(Location(path, backups), ann, None, keep_out=False)
            assert "was erased in 1 server." in told
            assert WORDS.encode() not in path.read_bytes()
        async with run_bot(tmp_path, emulator) as running:
            await running.settle(600)
            assert await _authors(running) == [None]
            (thread,) = (await running.world())["threads"]
            assert (thread["id"], thread["name"]) == (head, "A reply")


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
