"""A bot killed around an erasure: a minute after its next start, no file has the erased words."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp
import pytest

from bot.emulator.world.seed import add_application, invite_bot
from tests.support.archive_bytes import files_with
from tests.support.running_bot import EmulatorClient, run_bot
from tests.support.samples import every_nth
from tests.support.spawned_bot import SpawnedBot, spawned_bot

pytestmark = pytest.mark.sqlite

#: Seconds of the world's clock: before the log is truncated, and from there to after it.
_BEFORE, _UNTIL_AFTER = 5, 30
#: Real seconds from when the truncation is due to a kill: it may be running, or just have run.
_DURING = 0.005


def left(folder: Path, word: str) -> list[str]:
    return files_with(folder, word.encode(), without=("salon-backups",))


async def start_again(spawned: SpawnedBot, client: EmulatorClient) -> None:
    spawned.restart()
    await asyncio.gather(*spawned.restarts)
    spawned.restarts.clear()
    await client.settle(60)


async def delete_head(client: EmulatorClient, head: int) -> None:
    path = f"/channels/{client.channel()}/messages/{head}"
    await client.call_as(client.member("Ann"), "DELETE", path)


async def test_a_bot_killed_around_an_erasure_has_no_erased_words_after_the_next_start(
    tmp_path: Path,
) -> None:
    async with spawned_bot(tmp_path, forked=True) as spawned, aiohttp.ClientSession() as session:
        spawned.is_restarted = False
        client = EmulatorClient(spawned.emulator, session)
        words = [f"heliotrope{letter}" for letter in "abc"]
        async with run_bot(tmp_path, spawned.emulator) as running:
            *_, closing = await running.publish()
            heads = [await running.write("Ann", word, to=closing["id"]) for word in words]
            await running.settle()
        await spawned.bot.start()
        await client.settle()

        # Between the erasure and the truncation.
        await delete_head(client, heads[0])
        await client.settle(_BEFORE)
        spawned.kill()
        assert left(tmp_path, words[0]), "the write-ahead log has it until then"
        await start_again(spawned, client)
        assert left(tmp_path, words[0]) == []

        # While the truncation is retried because another program reads.
        with contextlib.closing(sqlite3.connect(spawned.database, isolation_level=None)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM replies").fetchall()
            await delete_head(client, heads[1])
            await client.settle(_UNTIL_AFTER)
            spawned.kill()
            assert left(tmp_path, words[1])
            reader.execute("ROLLBACK")
        await start_again(spawned, client)
        assert left(tmp_path, words[1]) == []

        # About when it is truncated.
        await delete_head(client, heads[2])
        await client.settle(_BEFORE)
        spawned.is_restarted = True
        asyncio.get_running_loop().call_later(_DURING, spawned.kill)
        await client.settle(_UNTIL_AFTER)
        await asyncio.gather(*spawned.restarts)
        await client.settle(60)
        assert left(tmp_path, words[2]) == []
        names = [thread["name"] for thread in (await client.world())["threads"]]
        assert [name for name in names if "heliotrope" in name] == []


async def edit_head(client: EmulatorClient, head: int) -> None:
    path = f"/channels/{client.channel()}/messages/{head}"
    await client.call_as(client.member("Ann"), "PATCH", path, {"content": "Rye, then."})


async def bulk_delete(client: EmulatorClient, head: int) -> None:
    """As another bot does, the only ones that may."""
    world = client.emulator.world
    moderator = world.users[add_application(world, client.member(), "Moderator").bot_id]
    invite_bot(world, next(iter(world.guilds.values())), moderator)
    other = await client.write("Dev", "Something else.")

    async def call() -> None:
        async with client.session.post(
            f"{client.emulator.api}/channels/{client.channel()}/messages/bulk-delete",
            json={"messages": [str(head), str(other)]},
            headers={"Authorization": f"Bot {moderator.token}"},
        ) as response:
            assert response.status < 300

    try:
        await call()
    except aiohttp.ServerDisconnectedError:
        await call()  # the step at which Salon is killed was this bot's call, which never arrived


@pytest.mark.parametrize(
    ("erase", "step"),
    every_nth([(e, n) for e in (delete_head, edit_head, bulk_delete) for n in range(1, 13)], 5),
)
async def test_a_bot_killed_at_a_step_after_an_erasure_leaves_no_erased_words(
    tmp_path: Path, erase: Callable[[EmulatorClient, int], Awaitable[None]], step: int
) -> None:
    """``step``: of the bot's traffic, counted from the erasure; its event to the bot is the first.

    Plays with fewer steps than that are killed when they are over.
    """
    async with spawned_bot(tmp_path) as spawned, aiohttp.ClientSession() as session:
        client = EmulatorClient(spawned.emulator, session)
        async with run_bot(tmp_path, spawned.emulator) as running:
            *_, closing = await running.publish()
            head = await running.write("Ann", "heliotrope garden", to=closing["id"])
            await running.settle()
        await spawned.bot.start()
        await client.settle()
        assert "heliotrope" in str((await client.world())["threads"])

        steps = spawned.emulator.steps
        steps.hook = spawned.killer(steps.count + step)
        await erase(client, head)
        await client.settle(_BEFORE)
        if not spawned.restarts:
            spawned.kill()
        await asyncio.gather(*spawned.restarts)
        await client.settle(60)
        assert left(tmp_path, "heliotrope") == []
        world = await client.world()
        assert "heliotrope" not in str(world["threads"])
        kept = [one for one in await client.bot_messages() if "heliotrope" in one["content"]]
        assert kept == []
