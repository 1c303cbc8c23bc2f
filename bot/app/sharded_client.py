"""The client with several shards in one process, each with a connection of its own.

discord.py's AutoShardedBot, except for its loop, which reconnects the shards one after the other,
and for two places where it forgets servers (:class:`ShardedState`).
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Mapping
from typing import Any

from discord.ext import commands
from discord.gateway import DiscordWebSocket
from discord.state import AutoShardedConnectionState

from bot.app.client import Salon
from bot.app.identify_slots import IDENTIFY_INTERVAL, IdentifySlots
from bot.app.shard_connection import ShardConnection
from bot.app.watchdog import SILENCE_TIMEOUT
from bot.app.wiring import Options
from bot.clock import Clock
from bot.core.shards import Shards
from bot.discord_api.call_budget import CallBudget
from storage.db.database import Database
from storage.db.processes import ProcessGroup

__all__ = ["ShardedSalon", "ShardedState"]


class ShardedState(AutoShardedConnectionState[Any]):
    """The library's state of servers, which a new session of one shard leaves whole.

    ``on_socket`` is called with each new connection.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.on_socket: Callable[[DiscordWebSocket], None] = lambda _: None

    def parse_ready(self, data: Any) -> None:
        """A new session of a shard (docs: Gateway Events › Ready).

        The library keeps the servers of the session before, also those that the bot was removed
        from meanwhile.
        """
        shard_id, _ = data["shard"]
        for server in [one for one in self._guilds.values() if one.shard_id == shard_id]:
            self._remove_guild(server)
        super().parse_ready(data)

    def _update_references(self, ws: DiscordWebSocket) -> None:
        """Called with each socket as soon as it is open."""
        super()._update_references(ws)
        self.on_socket(ws)

    async def _delay_ready(self) -> None:
        """Wait until every shard is ready.

        The library gathers their tasks. If a shard begins another session meanwhile, it cancels
        this, and with it the other shards' tasks, whose servers then are never announced.
        """
        await asyncio.wait(list(self._ready_tasks.values()))
        await super()._delay_ready()


class ShardedSalon(Salon, commands.AutoShardedBot):
    """The bot with several shards.

    shards:             those that this process serves
    max_concurrency:    how many shards may identify at the same time, says Discord
    identify_interval:  seconds between two identifies of a bucket
    processes:          the other processes that serve shards of the same bot
    """

    _session_event_prefix = "shard_"

    def __init__(
        self,
        database: Database,
        clock: Clock,
        options: Options | None = None,
        *,
        shards: Shards,
        max_concurrency: int,
        on_connection: Callable[[], None] = lambda: None,
        silence_timeout: float = SILENCE_TIMEOUT,
        identify_interval: float = IDENTIFY_INTERVAL,
        call_budget: CallBudget | None = None,
        processes: ProcessGroup | None = None,
    ) -> None:
        super().__init__(
            database,
            clock,
            options,
            shards=shards,
            on_connection=on_connection,
            silence_timeout=silence_timeout,
            call_budget=call_budget,
            library_options={"shard_count": shards.count, "shard_ids": sorted(shards.ids)},
        )
        self._slots = IdentifySlots(max_concurrency, identify_interval, processes)
        self._connections = {
            shard_id: ShardConnection(self, shard_id, self._slots, silence_timeout)
            for shard_id in sorted(shards.ids)
        }
        self._connecting: list[asyncio.Task[None]] = []
        assert isinstance(self._connection, ShardedState)
        self._connection.on_socket = self._note_socket

    # -- the library's client -------------------------------------------------------------------

    def _get_state(self, **options: Any) -> AutoShardedConnectionState[Any]:
        return ShardedState(
            dispatch=self.dispatch,
            handlers=self._handlers,
            hooks=self._hooks,
            http=self.http,
            **options,
        )

    def _note_socket(self, socket: DiscordWebSocket) -> None:
        assert socket.shard_id is not None
        self._connections[socket.shard_id].note_socket(socket)

    def _get_websocket(
        self, guild_id: int | None = None, *, shard_id: int | None = None
    ) -> DiscordWebSocket:
        if shard_id is None:
            assert guild_id is not None
            shard_id = self.shards_served.get_shard(guild_id)
        socket = self._connections[shard_id].socket
        assert socket is not None
        return socket

    @property
    def latencies(self) -> list[tuple[int, float]]:
        """Of each shard, seconds between a heartbeat and its acknowledgement; nan if unknown."""
        return [(shard_id, self.get_latency(shard_id)) for shard_id in self._connections]

    @property
    def latency(self) -> float:
        """The mean of the shards' latencies that are known; nan if none is."""
        known = [latency for _, latency in self.latencies if math.isfinite(latency)]
        return sum(known) / len(known) if known else math.nan

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Wait until the shard may identify."""
        del initial
        assert shard_id is not None
        await self._slots.take(shard_id)

    async def connect(self, *, reconnect: bool = True) -> None:
        """Keep all shards connected, until closed; raises what makes Discord refuse the bot."""
        del reconnect
        self._connection.shard_ids = sorted(self._connections)
        self._connecting = [
            asyncio.create_task(one.run(), name=f"shard-{one.id}-connection")
            for one in self._connections.values()
        ]
        try:
            ended, _ = await asyncio.wait(self._connecting, return_when=asyncio.FIRST_COMPLETED)
            for one in ended:
                await one
        finally:
            await self._close_connections()

    async def _close_connections(self) -> None:
        for one in self._connecting:
            one.cancel()
        await asyncio.gather(*self._connecting, return_exceptions=True)

    def _start_watchdog(self) -> None:
        """Each connection has one of its own."""

    def _get_served_shards(self) -> Shards:
        return self.shards_served.select(
            shard_id
            for shard_id, session in self._sessions.items()
            if session.ready_generation is not None
        )

    def has_received(self, sequences: Mapping[int, int]) -> bool:
        """Whether every shard has a session that has received the events up to its number."""
        connected = self.get_connection().shards.values()
        return all(one.connected for one in connected) and super().has_received(
            {shard_id: sequences[shard_id] for shard_id in self._sessions if shard_id in sequences}
        )

    # -- what the shards report -----------------------------------------------------------------

    def _get_socket(self, shard_id: int) -> DiscordWebSocket | None:
        return self._connections[shard_id].socket

    def dispatch(self, event_name: str, /, *args: Any, **kwargs: Any) -> None:
        """Dispatch an event; a session's beginning is noted at once."""
        if event_name in ("shard_connect", "shard_resumed"):
            self._connections[args[0]].note_session()
        super().dispatch(event_name, *args, **kwargs)

    async def on_connect(self) -> None:
        """Which shard it is says ``shard_connect``; and so with the others below."""

    async def on_disconnect(self) -> None:
        """See :meth:`on_shard_disconnect`."""

    async def on_resumed(self) -> None:
        """See :meth:`on_shard_resumed`."""

    async def on_ready(self) -> None:
        """See :meth:`on_shard_ready`."""

    async def on_shard_connect(self, shard_id: int) -> None:
        """A new session of a shard."""
        self._begin_session(shard_id)

    async def on_shard_disconnect(self, shard_id: int) -> None:
        """A shard has lost its connection."""
        self._lose_session(shard_id)

    async def on_shard_resumed(self, shard_id: int) -> None:
        """A shard's session continues; events of the meantime have been replayed."""
        self._resume_session(shard_id)

    async def on_shard_ready(self, shard_id: int) -> None:
        """All servers of a shard are known."""
        await self._welcome_servers(shard_id)
