"""What the bot can see and may do in its servers, from the gateway's data; no API calls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import discord

from bot.core.conversation.styles import FORUM, THREADS, Tag, TargetChannel
from bot.core.text.coded_text import CodedText, make_coded
from bot.discord_api import required_permissions
from bot.discord_api.errors import describe_error
from bot.discord_api.required_permissions import TO_ATTACH, TO_PIN, Permission

__all__ = ["CachedPermissions", "Permissions", "explain_forbidden"]


class Permissions(Protocol):
    """What the bot may do and see; the client implements it."""

    #: The bot's user id; 0 before the login.
    own_id: int

    def can_read_history(self, server_id: int, channel_id: int) -> bool:
        """Whether the bot has View Channel and Read Message History in the channel.

        Only then does an empty history prove that the channel is empty.
        """
        ...

    def has_channel(self, server_id: int, channel_id: int) -> bool | None:
        """Whether the server has the channel; None while the server isn't available."""
        ...

    def is_locked(self, server_id: int, thread_id: int) -> bool | None:
        """Whether a thread is locked; None if only Discord knows, as of an archived one."""
        ...

    def get_target_channel(self, server_id: int, channel_id: int) -> TargetChannel | None:
        """The channel's type, and what a post in it needs; None for one the bot can't see."""
        ...

    def explain_cannot_host(self, server_id: int, channel_id: int) -> CodedText | None:
        """What keeps the bot from hosting a discussion in the channel; None if nothing is known."""
        ...

    def explain_cannot_attach(self, server_id: int, channel_id: int) -> CodedText | None:
        """What keeps the bot from posting pictures in the channel; None if nothing is known."""
        ...

    def explain_cannot_move(self, server_id: int, channel_id: int) -> CodedText | None:
        """What keeps the bot from moving replies out of the channel; None if nothing is known."""
        ...

    def explain_cannot_ping(
        self, server_id: int, channel_id: int, role_id: int
    ) -> CodedText | None:
        """What keeps a role from being mentioned in the channel; None if nothing is known."""
        ...

    def explain_cannot_pin(self, server_id: int, channel_id: int) -> CodedText | None:
        """What keeps the bot from pinning messages in the channel; None if nothing is known."""
        ...


def explain_forbidden(
    permissions: Permissions,
    server_id: int,
    channel_id: int,
    error: discord.HTTPException,
    *,
    with_files: bool = False,
) -> CodedText:
    """Why Discord answered 403 in a channel: the missing permission, else Discord's own words.

    with_files: to a message with attachments
    """
    missing = permissions.explain_cannot_host(server_id, channel_id)
    if missing is None and with_files:
        missing = permissions.explain_cannot_attach(server_id, channel_id)
    return missing or make_coded("discord-forbids-with", error=describe_error(error))


def _explain_missing(code: str, channel_id: int, missing: Sequence[Permission]) -> CodedText:
    return make_coded(code, channel=channel_id, permissions=tuple(one.key for one in missing))


class CachedPermissions(discord.Client):
    """A client that answers :class:`Permissions` from what the gateway sent."""

    def _find_channel(
        self, server_id: int, channel_id: int
    ) -> discord.abc.GuildChannel | discord.Thread | None:
        """A channel or active thread. The library's own search for one looks in every server."""
        server = self.get_guild(server_id)
        return None if server is None else server.get_channel_or_thread(channel_id)

    def _get_permissions(self, server_id: int, channel_id: int) -> discord.Permissions | None:
        channel = self._find_channel(server_id, channel_id)
        if channel is None:
            return None
        return channel.permissions_for(channel.guild.me)

    def can_read_history(self, server_id: int, channel_id: int) -> bool:
        """Whether the bot has View Channel and Read Message History in the channel."""
        channel = self._find_channel(server_id, channel_id)
        if channel is None:
            return False
        found = channel.permissions_for(channel.guild.me)
        # What is known of a server that isn't available may be out of date.
        if isinstance(channel, discord.abc.GuildChannel) and channel.guild.unavailable:
            return False
        return found.view_channel and found.read_message_history

    def has_channel(self, server_id: int, channel_id: int) -> bool | None:
        """Whether the server has the channel; None while the server isn't available."""
        guild = self.get_guild(server_id)
        if guild is None or guild.unavailable:
            return None
        return guild.get_channel(channel_id) is not None

    def is_locked(self, server_id: int, thread_id: int) -> bool | None:
        """Whether a thread is locked; None if only Discord knows, as of an archived one."""
        thread = self._find_channel(server_id, thread_id)
        return thread.locked if isinstance(thread, discord.Thread) else None

    def get_target_channel(self, server_id: int, channel_id: int) -> TargetChannel | None:
        """The channel's type, and what a post in it needs; None for one the bot can't see."""
        channel = self._find_channel(server_id, channel_id)
        if not isinstance(channel, discord.abc.GuildChannel):
            return None
        if not isinstance(channel, discord.ForumChannel):
            return TargetChannel(channel.name, channel.type.value)
        manages = channel.permissions_for(channel.guild.me).manage_threads
        tags = tuple(Tag(tag.id, tag.name, tag.moderated) for tag in channel.available_tags)
        return TargetChannel(
            channel.name, channel.type.value, tags, channel.flags.require_tag, manages
        )

    def explain_cannot_host(self, server_id: int, channel_id: int) -> CodedText | None:
        """What keeps the bot from hosting a discussion in the channel; None if nothing is known."""
        granted = self._get_permissions(server_id, channel_id)
        if granted is None:
            return make_coded("channel-not-visible", channel=channel_id)
        target_channel = self.get_target_channel(server_id, channel_id)
        needed = required_permissions.get_required_to_host(
            FORUM if target_channel is not None and target_channel.is_forum else THREADS
        )
        missing = [one for one in needed if not getattr(granted, one.key)]
        if not missing:
            return None
        return _explain_missing("cannot-host", channel_id, missing)

    def explain_cannot_attach(self, server_id: int, channel_id: int) -> CodedText | None:
        """What keeps the bot from posting pictures in the channel; None if nothing is known."""
        granted = self._get_permissions(server_id, channel_id)
        if granted is None or all(getattr(granted, one.key) for one in TO_ATTACH):
            return None
        return _explain_missing("cannot-attach", channel_id, TO_ATTACH)

    def explain_cannot_move(self, server_id: int, channel_id: int) -> CodedText | None:
        """What keeps the bot from moving replies out of the channel; None if nothing is known."""
        granted = self._get_permissions(server_id, channel_id)
        if granted is None:
            return make_coded("channel-not-visible", channel=channel_id)
        missing = [one for one in required_permissions.TO_MOVE if not getattr(granted, one.key)]
        if not missing:
            return None
        return _explain_missing("cannot-move", channel_id, missing)

    def explain_cannot_ping(
        self, server_id: int, channel_id: int, role_id: int
    ) -> CodedText | None:
        """What keeps a role from being mentioned in the channel; None if nothing is known."""
        channel = self._find_channel(server_id, channel_id)
        if not isinstance(channel, discord.abc.GuildChannel):
            return None
        granted = channel.permissions_for(channel.guild.me)
        role = channel.guild.get_role(role_id)
        if role is None:
            return make_coded("ping-role-deleted")
        # docs: Topics › Permissions, MENTION_EVERYONE: of @everyone and of all roles.
        if role.mentionable or granted.mention_everyone:
            return None
        return make_coded("cannot-ping", role=role_id, channel=channel_id)

    def explain_cannot_pin(self, server_id: int, channel_id: int) -> CodedText | None:
        """What keeps the bot from pinning messages in the channel; None if nothing is known."""
        granted = self._get_permissions(server_id, channel_id)
        if granted is None or all(getattr(granted, one.key) for one in TO_PIN):
            return None
        return _explain_missing("cannot-pin", channel_id, TO_PIN)
