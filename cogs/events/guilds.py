"""Servers that the bot joins and leaves: greets once, and keeps the data for a while."""

from __future__ import annotations

import functools
import logging

import discord
from discord.ext import commands

from bot.services import Services
from cogs.events.joined_servers import describe_server, greet
from cogs.ui.salon_bot import SalonBot
from storage.db.database import retry_until_available
from storage.db.writer import Transaction, Work
from storage.servers import servers as servers_module
from storage.servers.servers import PresentServer

__all__ = ["Guilds"]

_log = logging.getLogger(__name__)


class Guilds(commands.Cog):
    """Records which servers the bot is in."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._available: dict[int, PresentServer] = {}
        self._is_recording = False

    @commands.Cog.listener()
    async def on_guild_join(self, server: discord.Guild) -> None:
        """The bot was invited; it says nothing where it was before."""
        now_ms = self._services.clock.now_ms()

        async def record_joined(tx: Transaction) -> None:
            if await servers_module.record_joined(tx, describe_server(server), now_ms):
                await greet(tx, server, now_ms)

        with self._services.active_work.track():
            await self._write(record_joined)
            self._services.scheduler.wake()

    @commands.Cog.listener()
    async def on_guild_available(self, server: discord.Guild) -> None:
        """A server is available: the bot may have been invited back during an outage.

        docs: Gateway Events › Guild Create: sent for a joined server, and for one that is
        available again. At a start thousands come at once: the first handler writes for all.
        """
        await self._record_present(describe_server(server))

    @commands.Cog.listener()
    async def on_guild_update(self, before: discord.Guild, after: discord.Guild) -> None:
        """A server's preferred locale may have changed (docs: Gateway Events › Guild Update)."""
        del before
        await self._record_present(describe_server(after))

    async def _record_present(self, server: PresentServer) -> None:
        self._available[server.id] = server
        if self._is_recording:
            return
        self._is_recording = True
        try:
            with self._services.active_work.track():
                while self._available:
                    some = tuple(self._available.values())
                    self._available.clear()
                    await self._write(
                        functools.partial(servers_module.record_present, present=some)
                    )
                self._services.scheduler.wake()
        finally:
            self._is_recording = False

    @commands.Cog.listener()
    async def on_guild_remove(self, server: discord.Guild) -> None:
        """The bot was removed from a server."""
        now_ms = self._services.clock.now_ms()
        _log.info(
            "Removed from server %d; its data will be erased after the retention period.", server.id
        )
        with self._services.active_work.track():
            await self._write(lambda tx: servers_module.record_left(tx, server.id, now_ms))
            self._services.scheduler.wake()

    async def _write(self, work: Work[None]) -> None:
        """Write until it succeeds: the event doesn't come again before the next connection."""
        await retry_until_available(lambda: self._services.database.write(work))


async def setup(bot: SalonBot) -> None:
    """Add the cog."""
    await bot.add_cog(Guilds(bot.services))
