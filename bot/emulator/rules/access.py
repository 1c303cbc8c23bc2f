"""Access checks: does it exist, may the caller see it, do they have the permission.

docs: Permissions; Opcodes and Status Codes › JSON Error Codes (10003, 10008, 50001, 50013).
"""

from __future__ import annotations

from bot.emulator.rules.errors import api_error
from bot.emulator.world.models import Channel, ChannelType, Guild, Message, User
from bot.emulator.world.permissions import Permission
from bot.emulator.world.seed import GATEWAY_MEMBERS
from bot.emulator.world.world import World

__all__ = [
    "get_channel",
    "get_guild",
    "get_message",
    "get_text_channel",
    "get_thread",
    "require",
    "require_connect",
    "require_deletable",
    "require_in_guild",
    "require_members_intent",
    "require_unarchived",
    "require_unlocked",
]

_MEMBERS_FLAGS = GATEWAY_MEMBERS | GATEWAY_MEMBERS >> 1
"""docs: Application Resource › Application Flags (full and limited)."""

_WITH_MESSAGES = frozenset(ChannelType) - {
    ChannelType.CATEGORY,
    ChannelType.FORUM,
    ChannelType.MEDIA,
}


def get_channel(world: World, user: User, channel_id: int) -> Channel:
    """The channel, if the user can see it. Raises 10003 or 50001."""
    channel = world.channels.get(channel_id)
    if channel is None:
        raise api_error(10003)
    if not world.can_view(user.id, channel_id):
        raise api_error(50001)
    return channel


def require(world: World, user: User, channel: Channel, *wanted: Permission) -> None:
    """Raises 50013 unless the user has all of the permissions in the channel."""
    bits = world.permissions(user.id, channel.id)
    if any(not bits & permission for permission in wanted):
        raise api_error(50013)


def get_guild(world: World, user: User, guild_id: int) -> Guild:
    """The server, if the user is a member of it. Raises 10004."""
    guild = world.guilds.get(guild_id)
    if guild is None or user.id not in guild.members:
        raise api_error(10004)
    return guild


def require_in_guild(world: World, user: User, guild: Guild, *wanted: Permission) -> None:
    """Raises 50013 unless the user has all of the permissions in the server."""
    bits = world.guild_permissions(user.id, guild.id)
    if any(not bits & permission for permission in wanted):
        raise api_error(50013)


def get_text_channel(world: World, user: User, channel_id: int) -> Channel:
    """The channel, if it can hold messages and the user can see it. Raises 50008 for others."""
    channel = get_channel(world, user, channel_id)
    if channel.type not in _WITH_MESSAGES:
        raise api_error(50008)
    return channel


def require_connect(world: World, user: User, channel: Channel) -> None:
    """Raises 50001 in a voice channel for users without *Connect*, who can't read its messages.

    docs: Message Resource › Get Channel Messages, Get Channel Message (silent about the code).
    """
    bits = world.permissions(user.id, channel.id)
    if channel.type is ChannelType.VOICE and not bits & Permission.CONNECT:
        raise api_error(50001)


def get_message(world: World, user: User, channel_id: int, message_id: int) -> Message:
    """The message, if the user can see it. Raises 10003, 50001 or 10008."""
    get_text_channel(world, user, channel_id)
    message = world.message(channel_id, message_id)
    if message is None:
        raise api_error(10008)
    return message


def get_thread(world: World, user: User, channel_id: int) -> Channel:
    """The thread, if the user can see it. Raises 50024 for other channels."""
    channel = get_channel(world, user, channel_id)
    if channel.thread is None:
        raise api_error(50024)
    return channel


def require_members_intent(world: World, user: User) -> None:
    """Raises 50001 for a bot whose application hasn't enabled the members intent.

    docs: Guild Resource › List Guild Members; Channels Resource › List Thread Members (which don't
    name the error code).
    """
    application = world.application_of(user.id)
    if application is not None and not application.flags & _MEMBERS_FLAGS:
        raise api_error(50001)


def require_deletable(world: World, user: User, channel: Channel) -> None:
    """Raises 50013 in an archived and locked thread for users without *Manage Threads*.

    Deleting messages is the one operation that an archived thread allows; which error code the
    locked one answers with isn't documented. docs: Threads › Active & Archived Threads.
    """
    thread = channel.thread
    if thread is not None and thread.archived and thread.locked:
        require(world, user, channel, Permission.MANAGE_THREADS)


def require_unlocked(world: World, user: User, channel: Channel) -> None:
    """Raises 160005 in a locked thread for users without *Manage Threads*.

    docs: Threads › Locked Threads (creating and updating messages).
    """
    thread = channel.thread
    if thread is None or not thread.locked:
        return
    if not world.permissions(user.id, channel.id) & Permission.MANAGE_THREADS:
        raise api_error(160005)


def require_unarchived(channel: Channel) -> None:
    """Raises 50083 in an archived thread. docs: Threads › Archived threads; error 50083."""
    if channel.thread is not None and channel.thread.archived:
        raise api_error(50083)
