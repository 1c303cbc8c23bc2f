"""Shards, and how many sessions a bot may start.

docs: Gateway › Sharding, Max Concurrency, Session Start Limit; Gateway Resource › Get Gateway Bot.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.emulator.gateway.intents import Intent
from bot.emulator.server import Emulator
from tests.emulator.gateway_client import (
    call,
    channel,
    connected,
    control,
    dispatch_message,
    identified,
    member,
)
from tests.support.limited_emulator import limited_emulator

MESSAGES = Intent.GUILDS | Intent.GUILD_MESSAGES | Intent.MESSAGE_CONTENT


@pytest.fixture
async def limited() -> AsyncIterator[Emulator]:
    async with limited_emulator() as emulator:
        yield emulator


def home_shard(emulator: Emulator, count: int = 2) -> int:
    """The shard that has the server."""
    return (emulator.world.guild.id >> 22) % count


async def gateway_bot(emulator: Emulator) -> dict[str, object]:
    status, answer = await call(emulator, "GET", "/gateway/bot", f"Bot {emulator.world.bot.token}")
    assert status == 200
    found: dict[str, object] = answer
    return found


async def test_events_of_a_server_reach_only_its_shard(emulator: Emulator) -> None:
    bot, home = emulator.world.bot, home_shard(emulator)
    async with (
        identified(emulator, bot, MESSAGES, shard=[home, 2]) as here,
        identified(emulator, bot, MESSAGES, shard=[1 - home, 2]) as there,
    ):
        essays = channel(emulator, "essays")
        dispatch_message(emulator, member(emulator, "Ann"), essays, "for one shard")
        assert (await here.event("MESSAGE_CREATE"))["content"] == "for one shard"
        await there.send(1, there.sequence)
        assert (await there.receive())["op"] == 11  # nothing came before the acknowledgement


async def test_an_outage_of_a_server_is_reported_to_its_shard(emulator: Emulator) -> None:
    bot, home = emulator.world.bot, home_shard(emulator)
    async with (
        identified(emulator, bot, MESSAGES, shard=[home, 2]) as here,
        identified(emulator, bot, MESSAGES, shard=[1 - home, 2]) as there,
    ):
        await control(emulator, "POST", "/faults", {"kind": "server_outage"})
        assert (await here.event("GUILD_DELETE"))["unavailable"] is True
        await control(emulator, "POST", "/faults", {"kind": "server_return"})
        assert (await here.event("GUILD_CREATE"))["id"] == str(emulator.world.guild.id)
        await there.send(1, there.sequence)
        assert (await there.receive())["op"] == 11


async def test_members_of_another_shards_server_cannot_be_requested(emulator: Emulator) -> None:
    bot, home = emulator.world.bot, home_shard(emulator)
    asked = {"guild_id": str(emulator.world.guild.id), "user_ids": [str(bot.id)], "limit": 1}
    async with identified(emulator, bot, MESSAGES, shard=[1 - home, 2]) as there:
        await there.send(8, asked)
        assert await there.closes() == 4002


async def test_shards_of_different_buckets_identify_at_once(limited: Emulator) -> None:
    limited.world.sharding.max_concurrency = 2
    bot = limited.world.bot
    async with (
        identified(limited, bot, 0, shard=[0, 4]),
        identified(limited, bot, 0, shard=[1, 4]),
        connected(limited) as third,
    ):
        await third.identify(bot, 0, shard=[2, 4])
        assert await third.receive() == {"t": None, "s": None, "op": 9, "d": False}


async def test_without_concurrency_shards_identify_five_seconds_apart(limited: Emulator) -> None:
    bot = limited.world.bot
    async with identified(limited, bot, 0, shard=[0, 2]), connected(limited) as second:
        await second.identify(bot, 0, shard=[1, 2])
        assert (await second.receive())["op"] == 9


async def test_too_many_servers_in_one_session_are_closed_with_4011(emulator: Emulator) -> None:
    emulator.world.sharding.servers_a_shard = 0
    bot, home = emulator.world.bot, home_shard(emulator)
    for shard in ({}, {"shard": [home, 2]}):
        async with connected(emulator) as client:
            await client.identify(bot, 0, **shard)
            assert await client.closes() == 4011
    async with connected(emulator) as client:
        await client.identify(bot, 0, shard=[1 - home, 2])
        await client.event("READY")
    async with connected(emulator) as client:
        await client.identify(member(emulator, "Ann"), 0)
        await client.event("READY")


async def test_discord_says_how_many_shards_and_sessions_there_may_be(limited: Emulator) -> None:
    limited.world.sharding.shards, limited.world.sharding.max_concurrency = 3, 2
    assert await gateway_bot(limited) == {
        "url": limited.gateway,
        "shards": 3,
        "session_start_limit": {
            "total": 1000,
            "remaining": 1000,
            "reset_after": 0,
            "max_concurrency": 2,
        },
    }
    async with identified(limited, limited.world.bot, 0):
        limit = (await gateway_bot(limited))["session_start_limit"]
    assert isinstance(limit, dict)
    assert limit["remaining"] == 999
    assert 86_000_000 < limit["reset_after"] <= 86_400_000


async def test_a_resume_is_no_session_start(limited: Emulator) -> None:
    bot = limited.world.bot
    limited.world.sharding.starts_a_day = 1
    async with identified(limited, bot, 0) as client:
        session_id, sequence = client.session_id, client.sequence
        await client.socket.close(code=4000)
    async with connected(limited) as again:
        await again.resume(bot, session_id, sequence)
        await again.event("RESUMED")


async def test_too_many_session_starts_end_all_sessions_and_the_token(limited: Emulator) -> None:
    world, bot = limited.world, limited.world.bot
    world.sharding.max_concurrency, world.sharding.starts_a_day = 2, 1
    token = bot.token
    async with identified(limited, bot, 0, shard=[0, 2]) as first, connected(limited) as second:
        await second.identify(bot, 0, shard=[1, 2])
        assert await second.closes() == 4004
        assert await first.closes() == 4004
    assert bot.token != token
    assert world.user_by_token(token) is None
    status, _ = await call(limited, "GET", "/users/@me", f"Bot {token}")
    assert status == 401


async def test_sessions_may_be_started_again_a_day_later(limited: Emulator) -> None:
    sharding, bot = limited.world.sharding, limited.world.bot
    now = limited.world.now()
    sharding.starts_a_day = 1
    assert sharding.count_start(bot.id, now)
    assert not sharding.count_start(bot.id, now + timedelta(hours=23))
    assert sharding.describe(bot.id, now + timedelta(hours=23))["remaining"] == 0
    assert sharding.count_start(bot.id, now + timedelta(hours=24))
