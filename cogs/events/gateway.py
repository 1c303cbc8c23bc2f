"""Gateway events after which something may have been missed, so that the bot catches up.

What the events of messages, reactions and threads report is recorded by bot.ingest.gateway_events.
"""

from __future__ import annotations

import discord
from discord.ext import commands

from bot.services import Services
from cogs.ui.salon_bot import SalonBot

__all__ = ["ServerEvents"]


class ServerEvents(commands.Cog):
    """Catches up when servers, channels or permissions change."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @commands.Cog.listener()
    async def on_raw_app_command_permissions_update(
        self, event: discord.RawAppCommandPermissionsUpdateEvent
    ) -> None:
        """An admin changed who may use a command, under *Integrations*."""
        self._services.command_permissions.forget(event.guild.id)

    @commands.Cog.listener()
    async def on_guild_channel_update(
        self, _: discord.abc.GuildChannel, channel: discord.abc.GuildChannel
    ) -> None:
        """Its permissions may have changed: catch up with what can be read now."""
        await self._catch_up(channel.guild.id)

    @commands.Cog.listener()
    async def on_guild_role_update(self, _: discord.Role, role: discord.Role) -> None:
        """A role's permissions may have changed."""
        await self._catch_up(role.guild.id)

    @commands.Cog.listener()
    async def on_guild_role_delete(self, role: discord.Role) -> None:
        """The permissions of its members have changed."""
        await self._catch_up(role.guild.id)

    @commands.Cog.listener()
    async def on_member_update(self, _: discord.Member, member: discord.Member) -> None:
        """The bot's own roles may have changed."""
        if member.id == self._services.permissions.own_id:
            await self._catch_up(member.guild.id)

    @commands.Cog.listener()
    async def on_guild_available(self, guild: discord.Guild) -> None:
        """A server is available (again): catch up."""
        await self._catch_up(guild.id, described=True)

    @commands.Cog.listener()
    async def on_guild_join(self, guild: discord.Guild) -> None:
        """The bot was invited, perhaps again."""
        await self._catch_up(guild.id, described=True)

    @commands.Cog.listener()
    async def on_guild_channel_create(self, channel: discord.abc.GuildChannel) -> None:
        """A channel is visible that was not before."""
        await self._catch_up(channel.guild.id)

    @commands.Cog.listener()
    async def on_guild_unavailable(self, guild: discord.Guild) -> None:
        """The server is unavailable: events there are missed for now."""
        await self._services.catch_up.mark_unreachable(guild.id)

    @commands.Cog.listener()
    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """The bot was removed, or the server was deleted; the archive keeps its data."""
        await self._services.catch_up.mark_unreachable(guild.id)

    async def _catch_up(self, server_id: int, *, described: bool = False) -> None:
        with self._services.active_work.track():
            await self._services.catch_up.catch_up_server(server_id, described=described)


async def setup(bot: SalonBot) -> None:
    """Add the cog."""
    await bot.add_cog(ServerEvents(bot.services))
