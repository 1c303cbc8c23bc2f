"""Gateway events: hands them to the recorder in order of arrival.

Every handler hands its event on before its first await: discord.py gives each event a task of its
own, and handlers that await finish out of order.
"""

from __future__ import annotations

import discord
from discord.ext import commands

from bot.core.conversation.events import (
    ChannelDeletion,
    Deletion,
    Reaction,
    ReactionsCleared,
    ThreadSeen,
)
from bot.discord_api import parse
from bot.services import Services
from cogs.ui.bot import SalonBot

__all__ = ["GatewayEvents"]


class GatewayEvents(commands.Cog):
    """Hands events to the recorder; new messages come from the client itself."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._recorder = services.recorder

    @commands.Cog.listener()
    async def on_raw_message_edit(self, event: discord.RawMessageUpdateEvent) -> None:
        """A message was edited."""
        # Without permission to read its content, a message looks as if it had been emptied.
        if event.guild_id is not None and not parse.has_hidden_content(event.data):
            self._recorder.put((parse.parse_edit(event.data),))

    @commands.Cog.listener()
    async def on_raw_message_delete(self, event: discord.RawMessageDeleteEvent) -> None:
        """A message was deleted."""
        self._deleted((event.message_id,), event.channel_id)

    @commands.Cog.listener()
    async def on_raw_bulk_message_delete(self, event: discord.RawBulkMessageDeleteEvent) -> None:
        """Several messages were deleted at once."""
        self._deleted(tuple(sorted(event.message_ids)), event.channel_id)

    def _deleted(self, message_ids: tuple[int, ...], channel_id: int) -> None:
        self._recorder.put((Deletion(message_ids, channel_id, self._services.clock.now()),))

    @commands.Cog.listener()
    async def on_raw_reaction_add(self, event: discord.RawReactionActionEvent) -> None:
        """Somebody reacted."""
        self._reacted(event, 1)

    @commands.Cog.listener()
    async def on_raw_reaction_remove(self, event: discord.RawReactionActionEvent) -> None:
        """Somebody removed a reaction."""
        self._reacted(event, -1)

    def _reacted(self, event: discord.RawReactionActionEvent, change: int) -> None:
        if event.guild_id is not None:
            where = event.message_id, event.channel_id, event.guild_id
            self._recorder.put((Reaction(*where, _emoji(event.emoji), change),))

    @commands.Cog.listener()
    async def on_raw_reaction_clear(self, event: discord.RawReactionClearEvent) -> None:
        """All reactions of a message were removed."""
        if event.guild_id is not None:
            where = event.message_id, event.channel_id, event.guild_id
            self._recorder.put((ReactionsCleared(*where, None),))

    @commands.Cog.listener()
    async def on_raw_reaction_clear_emoji(self, event: discord.RawReactionClearEmojiEvent) -> None:
        """All reactions with one emoji were removed."""
        if event.guild_id is not None:
            where = event.message_id, event.channel_id, event.guild_id
            self._recorder.put((ReactionsCleared(*where, _emoji(event.emoji)),))

    @commands.Cog.listener()
    async def on_thread_create(self, thread: discord.Thread) -> None:
        """A thread was created, by a member or by the bot."""
        self._recorder.put_new_thread(
            ThreadSeen(
                id=thread.id,
                server_id=thread.guild.id,
                channel_id=thread.parent_id,
                owner_id=thread.owner_id,
                name=thread.name,
                is_new=True,
            )
        )

    @commands.Cog.listener()
    async def on_raw_app_command_permissions_update(
        self, event: discord.RawAppCommandPermissionsUpdateEvent
    ) -> None:
        """An admin changed who may use a command, under *Integrations*."""
        self._services.command_permissions.forget(event.guild.id)

    @commands.Cog.listener()
    async def on_raw_thread_delete(self, event: discord.RawThreadDeleteEvent) -> None:
        """A thread was deleted with everything in it."""
        now = self._services.clock.now()
        self._recorder.put((ChannelDeletion(event.thread_id, event.guild_id, now),))

    @commands.Cog.listener()
    async def on_guild_channel_delete(self, channel: discord.abc.GuildChannel) -> None:
        """A channel was deleted with everything in it."""
        now = self._services.clock.now()
        self._recorder.put((ChannelDeletion(channel.id, channel.guild.id, now),))

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
        await self._catch_up(guild.id)

    @commands.Cog.listener()
    async def on_guild_join(self, guild: discord.Guild) -> None:
        """The bot was invited, perhaps again."""
        await self._catch_up(guild.id)

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

    async def _catch_up(self, server_id: int) -> None:
        with self._services.active_work.track():
            await self._services.catch_up.catch_up_server(server_id)


async def setup(bot: SalonBot) -> None:
    """Add the cog."""
    await bot.add_cog(GatewayEvents(bot.services))


def _emoji(emoji: discord.PartialEmoji) -> str:
    return parse.make_emoji_name({"id": emoji.id, "name": emoji.name})
