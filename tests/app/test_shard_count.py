"""How many shards the process connects, and when: as Discord recommends, allows and requires."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.emulator.server import Emulator
from tests.support.running_bot import wait_until
from tests.support.shards import add_servers
from tests.support.spawned_bot import SpawnedBot, spawned_bot

SOON = 60.0
Shard = tuple[int, int] | None


def get_shards(emulator: Emulator) -> set[Shard]:
    return {session.shard for session in emulator.dispatcher.bot_sessions()}


async def wait_for_shards(spawned: SpawnedBot, wanted: set[Shard]) -> None:
    async def there() -> bool:
        return get_shards(spawned.emulator) == wanted

    await wait_until(there, f"the shards {wanted}")


def all_of(count: int) -> set[Shard]:
    return {(number, count) for number in range(count)}


@pytest.mark.parametrize(
    ("recommended", "setting", "shards"),
    [
        (1, "", {None}),
        (3, "", all_of(3)),
        (3, "auto", all_of(3)),
        (3, "1", {None}),
        (1, "2", all_of(2)),
        (8, "2-3/8", {(2, 8), (3, 8)}),
    ],
)
async def test_the_shards_are_those_that_discord_recommends_or_the_setting_names(
    recommended: int, setting: str, shards: set[Shard], tmp_path: Path
) -> None:
    async with spawned_bot(tmp_path, forked=True, SALON_SHARDS=setting) as spawned:
        sharding = spawned.emulator.world.sharding
        sharding.shards, sharding.max_concurrency = recommended, recommended
        await spawned.bot.start()
        await wait_for_shards(spawned, shards)


async def test_invalid_shards_end_the_process_with_a_sentence(tmp_path: Path) -> None:
    async with spawned_bot(tmp_path, forked=True, SALON_SHARDS="4-9/8") as spawned:
        await spawned.bot.start()
        await asyncio.wait_for(spawned.bot.ended.wait(), SOON)
        assert any("ended by itself with status 78" in line for line in spawned.log)
        assert any("SALON_SHARDS: of 8 shards, the last is 7." in line for line in spawned.log)


async def test_shards_identify_in_their_buckets_five_seconds_apart(tmp_path: Path) -> None:
    """An identify that comes too early is refused with opcode 9 (docs: Gateway › Sharding)."""
    async with spawned_bot(tmp_path, rates=True, forked=True, SALON_SHARDS="4") as spawned:
        world = spawned.emulator.world
        world.sharding.max_concurrency = 2
        await spawned.bot.start()
        await wait_for_shards(spawned, all_of(4))
        started = 1000 - world.sharding.describe(world.bot.id, world.now())["remaining"]
        assert started == 4
        assert not any("has lost its connection" in line for line in spawned.log), spawned.log


async def test_a_shard_that_others_were_too_early_for_tries_again(tmp_path: Path) -> None:
    """Another process has just identified in the same bucket."""
    async with spawned_bot(tmp_path, rates=True, forked=True, SALON_SHARDS="1-1/2") as spawned:
        world = spawned.emulator.world
        assert spawned.emulator.dispatcher.can_identify(world.bot, 0)
        await spawned.bot.start()
        await wait_for_shards(spawned, {(1, 2)})


async def test_a_connection_with_too_many_servers_becomes_several(tmp_path: Path) -> None:
    async with spawned_bot(tmp_path, forked=True) as spawned:
        world = spawned.emulator.world
        add_servers(world)
        await spawned.bot.start()
        await wait_for_shards(spawned, {None})
        world.sharding.shards, world.sharding.max_concurrency = 4, 4
        world.sharding.servers_a_shard = 1
        spawned.emulator.dispatcher.invalidate_bots(resumable=False)
        await wait_for_shards(spawned, all_of(4))
        assert not any("Traceback" in line for line in spawned.log), spawned.log


async def test_too_few_shards_that_the_setting_names_end_the_process(tmp_path: Path) -> None:
    async with spawned_bot(tmp_path, forked=True, SALON_SHARDS="2") as spawned:
        world = spawned.emulator.world
        add_servers(world)
        world.sharding.shards, world.sharding.servers_a_shard = 4, 1
        await spawned.bot.start()
        await asyncio.wait_for(spawned.bot.ended.wait(), SOON)
        assert any("ended by itself with status 77" in line for line in spawned.log)
        assert any("Leave SALON_SHARDS out, or set it to a higher" in x for x in spawned.log)


async def test_a_token_that_is_revoked_for_one_shard_ends_the_process(tmp_path: Path) -> None:
    async with spawned_bot(tmp_path, forked=True, SALON_SHARDS="2") as spawned:
        spawned.emulator.world.sharding.max_concurrency = 2
        await spawned.bot.start()
        await wait_for_shards(spawned, all_of(2))
        session = next(spawned.emulator.dispatcher.bot_sessions())
        assert session.connection is not None
        session.connection.close(4004)
        await asyncio.wait_for(spawned.bot.ended.wait(), SOON)
        assert any("ended by itself with status 77" in line for line in spawned.log)
        assert not any("Traceback" in line for line in spawned.log), spawned.log


async def test_no_session_is_started_that_would_cost_the_token(tmp_path: Path) -> None:
    async with spawned_bot(tmp_path, rates=True, forked=True, SALON_SHARDS="2") as spawned:
        world = spawned.emulator.world
        world.sharding.starts_a_day = 1
        await spawned.bot.start()
        await _wait_for_line(spawned, lambda line: "Discord allows 1 more connections" in line)
        assert get_shards(spawned.emulator) == set()


async def _wait_for_line(spawned: SpawnedBot, is_wanted: Callable[[str], bool]) -> None:
    async def there() -> bool:
        return any(is_wanted(line) for line in spawned.log)

    await wait_until(there, "a line of the log")
