"""What the sharded client takes from discord.py, in the version that it was written for."""

from __future__ import annotations

import asyncio
import hashlib
import inspect
import textwrap
from collections.abc import Callable
from typing import Any

import discord
from discord.client import Client
from discord.gateway import DiscordWebSocket
from discord.shard import AutoShardedClient
from discord.state import AutoShardedConnectionState

from bot.app.sharded_client import ShardedState
from bot.discord_api.connection import get_intents
from tests.bench import frames

COUNT = 4


class Heard:
    """A state of four shards without a connection, and what it dispatches."""

    def __init__(self) -> None:
        self.events: list[tuple[str, Any]] = []
        options: dict[str, Any] = {
            "intents": get_intents(),
            "max_messages": None,
            "chunk_guilds_at_startup": False,
            "member_cache_flags": discord.MemberCacheFlags.none(),
            "guild_ready_timeout": 0.1,
        }
        self.state = ShardedState(dispatch=self._hear, handlers={}, hooks={}, http=None, **options)
        self.state.shard_ids = range(COUNT)
        self.state.shard_count = COUNT

    def _hear(self, name: str, *arguments: Any) -> None:
        self.events.append((name, arguments[0] if arguments else None))

    def receive_ready(self, shard_id: int, *server_ids: int) -> None:
        guilds = [{"id": str(server_id), "unavailable": True} for server_id in server_ids]
        ready = frames.ready() | {"shard": [shard_id, COUNT], "guilds": guilds}
        self.state.parsers["READY"](ready)

    def receive_server(self, server_id: int) -> None:
        created = frames.guild() | {"id": str(server_id), "unavailable": False}
        self.state.parsers["GUILD_CREATE"](created)

    def get(self, name: str) -> list[Any]:
        return [argument for event, argument in self.events if event == name]

    async def wait_for(self, name: str, is_enough: Callable[[list[Any]], bool]) -> list[Any]:
        async with asyncio.timeout(10):
            while not is_enough(self.get(name)):  # noqa: ASYNC110 - there is no event to wait for
                await asyncio.sleep(0.01)
        return self.get(name)


def server_of(shard_id: int, number: int = 1) -> int:
    return (number * COUNT + shard_id) << 22


async def test_a_new_session_of_one_shard_cancels_no_others_preparation() -> None:
    """The library would never announce the servers of the other shards."""
    heard = Heard()
    for shard_id in range(COUNT):
        heard.receive_ready(shard_id, server_of(shard_id))
    await asyncio.sleep(0)  # the library waits for all of them
    heard.receive_ready(0, server_of(0))
    await asyncio.sleep(0.01)
    for shard_id in range(COUNT):
        heard.receive_server(server_of(shard_id))
    ready = await heard.wait_for("shard_ready", lambda found: len(found) >= COUNT)
    assert sorted(ready) == list(range(COUNT))
    announced = {server.id for server in heard.get("guild_available")}
    assert announced == {server_of(shard_id) for shard_id in range(COUNT)}
    await heard.wait_for("ready", bool)


async def test_a_new_session_forgets_the_servers_of_its_shard_and_of_no_other() -> None:
    heard = Heard()
    heard.receive_ready(1, server_of(1), server_of(1, 2))
    heard.receive_ready(2, server_of(2))
    heard.receive_ready(1, server_of(1))
    assert {server.id for server in heard.state.guilds} == {server_of(1), server_of(2)}
    await heard.wait_for("shard_ready", lambda found: len(found) == 2)


#: What is replaced, or called in another way than the library does itself.
SOURCES = (
    Client.connect,
    AutoShardedClient.__init__,
    AutoShardedClient.connect,
    AutoShardedClient.close,
    AutoShardedClient._async_setup_hook,
    AutoShardedClient._get_websocket,
    AutoShardedConnectionState._delay_ready,
    AutoShardedConnectionState._delay_shard_ready,
    AutoShardedConnectionState.parse_ready,
    AutoShardedConnectionState.parse_resumed,
    DiscordWebSocket.from_client.__func__,  # type: ignore[attr-defined]
    DiscordWebSocket.identify,
    DiscordWebSocket.received_message,
    DiscordWebSocket.poll_event,
    DiscordWebSocket.close,
)
SOURCE_HASH = "9cd0d0ccf29e93a2"


def test_the_replaced_methods_are_those_of_the_librarys_version() -> None:
    """If this fails after an update: compare their source with that of 2.7.1."""
    source = "".join(textwrap.dedent(inspect.getsource(method)) for method in SOURCES)
    assert hashlib.sha256(source.encode()).hexdigest()[:16] == SOURCE_HASH
