"""Coming into a server and going from it: a greeting once, and nothing lost by mistake."""

from __future__ import annotations

import functools
import logging
from collections.abc import Collection

import discord
from discord.ext import commands

from bot.core.payload import make_plain_message
from bot.core.snowflake import make_snowflake_before
from bot.discord_api.required_permissions import TO_ALERT
from bot.services import Services
from storage.db.database import until_usable
from storage.db.writer import Transaction, Work
from storage.delivery import messages
from storage.delivery.messages import NewMessage
from storage.servers import servers as servers_module

__all__ = ["Arrivals"]

_log = logging.getLogger(__name__)

_GREETING = (
    "Hello! I host discussions of essays: whoever replies to an essay gets a thread of their own.\n"
    "An admin begins with `/setup`, which asks how I am to do it here and names every permission "
    "that I lack, and then with `/essay publish`.\n"
    "-# I keep what is said in these discussions; `/privacy` shows and erases it."
)


class Arrivals(commands.Cog):
    """Follows which servers the bot is in."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._seen: set[int] = set()
        self._is_noting = False

    async def take_stock(self, servers: Collection[discord.Guild]) -> None:
        """All servers the bot is in are known; those it came into meanwhile are greeted."""
        now_ms = self._services.clock.now_ms()
        by_id = {server.id: server for server in servers}

        async def stock(tx: Transaction) -> None:
            names = {server_id: server.name or "" for server_id, server in by_id.items()}
            for server_id in await servers_module.take_stock(tx, names, now_ms):
                await _greet(tx, by_id[server_id], now_ms)

        await self._write(stock)
        self._services.sweep.wake()

    @commands.Cog.listener()
    async def on_guild_join(self, server: discord.Guild) -> None:
        """The bot was invited, perhaps back; then nothing is said, and it goes on."""
        now_ms = self._services.clock.now_ms()

        async def arrive(tx: Transaction) -> None:
            if await servers_module.arrive(tx, server.id, server.name, now_ms):
                await _greet(tx, server, now_ms)

        with self._services.active_work.track():
            await self._write(arrive)
            self._services.sweep.wake()

    @commands.Cog.listener()
    async def on_guild_available(self, server: discord.Guild) -> None:
        """A server can be seen: the bot may have been invited back while it could not be.

        docs: Gateway Events › Guild Create: it tells of a joined server, and of one that is out of
        reach no more. At a start thousands come at once: who comes first notes for all.
        """
        self._seen.add(server.id)
        if self._is_noting:
            return
        self._is_noting = True
        try:
            with self._services.active_work.track():
                while self._seen:
                    some = frozenset(self._seen)
                    await self._write(functools.partial(servers_module.come_back, server_ids=some))
                    self._seen -= some
                self._services.sweep.wake()
        finally:
            self._is_noting = False

    @commands.Cog.listener()
    async def on_guild_remove(self, server: discord.Guild) -> None:
        """The bot was removed from a server."""
        now_ms = self._services.clock.now_ms()
        _log.info("Removed from server %d; what is kept of it is kept for a while.", server.id)
        with self._services.active_work.track():
            await self._write(lambda tx: servers_module.depart(tx, server.id, now_ms))
            self._services.sweep.wake()

    async def _write(self, work: Work[None]) -> None:
        """Nobody tells of it again before the next connection, so it is written in any case."""
        await until_usable(lambda: self._services.database.write(work))


async def _greet(tx: Transaction, server: discord.Guild, now_ms: int) -> None:
    """Plan the greeting, where there is a channel to give it in."""
    channel = _place_for_greeting(server)
    if channel is None:
        _log.info("In server %d there is no channel in which to greet.", server.id)
        return
    await messages.plan(
        tx,
        server_id=server.id,
        discussion_id=None,
        channel_id=channel.id,
        after_id=make_snowflake_before(now_ms),
        messages=[NewMessage("notice", make_plain_message(_GREETING, silent=True))],
        now_ms=now_ms,
    )


def _place_for_greeting(server: discord.Guild) -> discord.TextChannel | None:
    """Where the server has its own notices, else the first channel in which the bot may write."""
    system = server.system_channel
    for channel in ([] if system is None else [system]) + server.text_channels:
        held = channel.permissions_for(server.me)
        if all(getattr(held, right.key) for right in TO_ALERT):
            return channel
    return None
