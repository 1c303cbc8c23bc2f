"""Servers on several shards, and a bot in this process that serves them with a shard each."""

from __future__ import annotations

import contextlib
import functools
import time
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from pathlib import Path

from bot.app.sharded_client import ShardedSalon
from bot.core.shards import Shards
from bot.emulator.gateway.sessions import Session
from bot.emulator.server import Emulator
from bot.emulator.world.models import Guild
from bot.emulator.world.seed import MEMBERS, add_guild, invite_bot, join, put_channel
from bot.emulator.world.world import World
from tests.support.running_bot import RunningBot, ServerClient, run_bot
from tests.support.waits import shorten_guild_wait

__all__ = [
    "COUNT",
    "ServerOfShard",
    "add_servers",
    "end_session",
    "get_session",
    "run_sharded",
    "select_shards",
]

#: How many shards there are.
COUNT = 4


def select_shards(*ids: int) -> Shards:
    """Some of the shards, or all."""
    return Shards(COUNT, frozenset(ids or range(COUNT)))


def add_servers(world: World, count: int = COUNT) -> dict[int, Guild]:
    """Add servers until there is one on each shard; the first on each, by shard.

    ``count``: how many shards there are.
    """
    found = {get_shard(world.guild.id, count): world.guild}
    while len(found) < count:
        missing = next(shard for shard in range(count) if shard not in found)
        while get_shard(world.new_id(), count) != missing:
            time.sleep(0.0002)  # the next millisecond has the next shard
        guild = add_guild(world, f"Server of shard {missing}", world.users[world.guild.owner_id])
        if get_shard(guild.id, count) in found:  # its millisecond was over
            del world.guilds[guild.id]
            continue
        found[get_shard(guild.id, count)] = guild
        invite_bot(world, guild, world.bot)
        for user in list(world.users.values()):
            if user.display_name in MEMBERS:
                join(world, guild, user)
        put_channel(world, guild, "essays")
    return dict(sorted(found.items()))


def get_shard(server_id: int, count: int = COUNT) -> int:
    """The shard of a server. docs: Gateway › Sharding."""
    return (server_id >> 22) % count


def get_session(emulator: Emulator, shard_id: int) -> Session:
    """The session of a shard that is connected."""
    found = [one for one in emulator.dispatcher.bot_sessions() if one.shard == (shard_id, COUNT)]
    return found[-1]


def end_session(emulator: Emulator, shard_id: int) -> None:
    """End a shard's session, and its connection as a network failure does."""
    session = get_session(emulator, shard_id)
    connection = session.connection
    assert connection is not None
    emulator.dispatcher.end_session(session)
    connection.cut()


@dataclass
class ServerOfShard(ServerClient, RunningBot):
    """The bot and the members of one of several servers."""


@contextlib.asynccontextmanager
async def run_sharded(
    folder: Path,
    emulator: Emulator,
    guilds: Collection[Guild],
    *,
    shards: Shards | None = None,
    salon_type: type[ShardedSalon] = ShardedSalon,
    silence_timeout: float = 180.0,
    is_complete: bool = True,
) -> AsyncIterator[dict[int, ServerOfShard]]:
    """Run the bot without waits between identifies; its servers by shard.

    ``guilds``: one on each shard. ``shards``: those that the bot serves, by default all.
    ``is_complete``: whether to wait until all of them are connected.
    """
    made = functools.partial(
        salon_type,
        shards=shards or select_shards(),
        max_concurrency=1,
        identify_interval=0.0,
        silence_timeout=silence_timeout,
    )
    with shorten_guild_wait():
        async with run_bot(folder, emulator, salon_type=made, settles=is_complete) as running:
            yield {
                get_shard(guild.id): ServerOfShard(
                    running.emulator,
                    running.session,
                    running.salon,
                    running.database,
                    running.clock,
                    guild,
                )
                for guild in guilds
            }
