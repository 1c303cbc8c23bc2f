"""``python -m bot forget``: who left is forgotten by the operator."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.cli.erase_member import forget
from bot.errors import DatabaseError
from tests.support.bot_process import staged
from tests.support.running_bot import House, a_world, lived_in

WORDS = "It takes a night."


async def _said(house: House) -> tuple[str, int]:
    *_, closing = await house.publish()
    head = await house.write("Ann", WORDS, to=closing["id"])
    await house.settle(60)
    return str(head), house.member("Ann").id


async def _authors(house: House) -> list[str | None]:
    replies = (await house.export())["replies"]
    return [one["author"] and one["author"]["name"] for one in replies]


@pytest.mark.parametrize("running", [False, True])
async def test_who_left_is_forgotten_at_once_or_at_the_next_start(
    tmp_path: Path, running: bool
) -> None:
    path, backups = tmp_path / "salon.sqlite3", tmp_path / "salon-backups"
    async with a_world() as emulator:
        async with lived_in(tmp_path, emulator) as house:
            head, ann = await _said(house)
            await house.act(house.member("Ann"), "DELETE", f"/users/@me/guilds/{house.server_id}")
            await house.settle()
            if running:
                told = await forget(path, backups, ann, None, keep_out=False)
                assert "when the bot, which is running, is started again" in told
                assert await _authors(house) == ["Ann"]
        if not running:
            told = await forget(path, backups, ann, None, keep_out=False)
            assert "is forgotten in 1 server." in told
            assert WORDS.encode() not in path.read_bytes()
        async with lived_in(tmp_path, emulator) as house:
            await house.settle(600)
            assert await _authors(house) == [None]
            (thread,) = (await house.world())["threads"]
            assert (thread["id"], thread["name"]) == (head, "A reply")


async def test_who_is_kept_out_stays_so_and_another_server_is_left_alone(tmp_path: Path) -> None:
    path, backups = tmp_path / "salon.sqlite3", tmp_path / "salon-backups"
    async with a_world() as emulator:
        async with lived_in(tmp_path, emulator) as house:
            _, ann = await _said(house)
            server = house.server_id
        await forget(path, backups, ann, server + 1, keep_out=True)
        async with lived_in(tmp_path, emulator) as house:
            assert await _authors(house) == ["Ann"]
        await forget(path, backups, ann, server, keep_out=True)
        await forget(path, backups, ann, server, keep_out=False)
        async with lived_in(tmp_path, emulator) as house:
            *_, closing = await house.ours()
            await house.write("Ann", "Once more.", to=closing["id"])
            await house.settle(60)
            assert await _authors(house) == [None, None]
            told = await forget(path, backups, house.member("Ben").id, None, keep_out=False)
            assert told.startswith("Nothing is kept of member")


async def test_where_there_is_no_archive_nobody_is_forgotten(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="There is no database"):
        await forget(tmp_path / "none.sqlite3", tmp_path, 5, None, keep_out=False)
    assert list(tmp_path.iterdir()) == []


async def test_the_command_takes_ids(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        status, told = await stage.command("forget", "5")
        assert status == 74, told
        status, told = await stage.command("forget", "Ann")
        assert status == 2
        assert "invalid int" in told
