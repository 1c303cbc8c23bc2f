"""What the bot sees of its servers, and what it may do there, as the gateway has told it."""

from __future__ import annotations

import discord

from bot.core.conversation.styles import FORUM, THREADS, Tag, TargetChannel
from bot.discord_api import required_permissions
from bot.discord_api.errors import Sight

__all__ = ["Seeing"]


class Seeing(discord.Client, Sight):
    """A client that knows of its rights; nothing is asked of Discord for it."""

    def _permissions(self, channel_id: int) -> tuple[str, discord.Permissions] | None:
        channel = self.get_channel(channel_id)
        if not isinstance(channel, discord.abc.GuildChannel | discord.Thread):
            return None
        return channel.name, channel.permissions_for(channel.guild.me)

    def may_read_history(self, channel_id: int) -> bool:
        """Whether the bot holds View Channel and Read Message History there, for all it knows."""
        found = self._permissions(channel_id)
        if found is None:
            return False
        channel = self.get_channel(channel_id)
        # What is known of a server that Discord cannot reach is of before.
        if isinstance(channel, discord.abc.GuildChannel) and channel.guild.unavailable:
            return False
        return found[1].view_channel and found[1].read_message_history

    def lists(self, server_id: int, channel_id: int) -> bool | None:
        """Whether a server tells of a channel; None where the server itself cannot be seen."""
        guild = self.get_guild(server_id)
        if guild is None or guild.unavailable:
            return None
        return guild.get_channel(channel_id) is not None

    def is_locked(self, thread_id: int) -> bool | None:
        """Whether a thread is locked; None where only Discord can tell, as of an archived one."""
        thread = self.get_channel(thread_id)
        return thread.locked if isinstance(thread, discord.Thread) else None

    def target_channel(self, channel_id: int) -> TargetChannel | None:
        """What kind of channel it is, and what a post in it takes; None for one not seen."""
        channel = self.get_channel(channel_id)
        if not isinstance(channel, discord.abc.GuildChannel):
            return None
        if not isinstance(channel, discord.ForumChannel):
            return TargetChannel(channel.name, channel.type.value)
        manages = channel.permissions_for(channel.guild.me).manage_threads
        tags = tuple(Tag(tag.id, tag.name, tag.moderated) for tag in channel.available_tags)
        return TargetChannel(
            channel.name, channel.type.value, tags, channel.flags.require_tag, manages
        )

    def missing_to_write(self, channel_id: int) -> str:
        """What keeps the bot from hosting a discussion in the channel, as a sentence."""
        found = self._permissions(channel_id)
        if found is None:
            return f"I cannot see <#{channel_id}>: give me *View Channel* there."
        name, permissions = found
        target_channel = self.target_channel(channel_id)
        needed = required_permissions.to_host(
            FORUM if target_channel is not None and target_channel.is_forum else THREADS
        )
        missing = [right for right in needed if not getattr(permissions, right.key)]
        if not missing:
            return ""
        names = required_permissions.names_of(missing)
        return f"I may not host a discussion in #{name}: give me {names} there."

    def missing_to_move(self, channel_id: int) -> str:
        """What keeps the bot from moving replies out of the channel, as a sentence."""
        found = self._permissions(channel_id)
        if found is None:
            return f"I cannot see <#{channel_id}>: give me *View Channel* there."
        name, permissions = found
        missing = [
            right for right in required_permissions.TO_MOVE if not getattr(permissions, right.key)
        ]
        if not missing:
            return ""
        names = required_permissions.names_of(missing)
        return f"I may not move replies in #{name} into their threads: give me {names} there."
