"""The small changes to a thread that others lead to: joining, leaving, waking up.

docs: Topics › Threads; Gateway Events › Threads.
"""

from __future__ import annotations

from typing import Any

from bot.emulator import payloads
from bot.emulator.world.events import Event
from bot.emulator.world.models import Channel, ChannelType, ThreadMember
from bot.emulator.world.world import World

__all__ = ["join", "leave", "tell_update", "wake"]


def tell_update(world: World, channel: Channel) -> None:
    """THREAD_UPDATE for a thread, CHANNEL_UPDATE for another channel."""
    name = "THREAD_UPDATE" if channel.thread is not None else "CHANNEL_UPDATE"
    data = payloads.channel(world, channel)
    world.emit(Event(name, data, channel.guild_id, channel.id))


def wake(world: World, channel: Channel) -> None:
    """Unarchive a thread; its time until it is archived begins anew."""
    thread = channel.thread
    assert thread is not None
    thread.archived = False
    thread.archive_timestamp = thread.active_at = world.now()
    tell_update(world, channel)


def _tell_members(world: World, channel: Channel, *, added: list[int], removed: list[int]) -> None:
    """docs: Gateway Events › Thread Members Update."""
    thread = channel.thread
    assert thread is not None
    assert channel.guild_id is not None
    guild = world.guilds[channel.guild_id]
    data: dict[str, Any] = {
        "id": str(channel.id),
        "guild_id": str(channel.guild_id),
        "member_count": min(len(thread.members), 50),
    }
    if added:
        data["added_members"] = [
            {
                **payloads.thread_member(channel.id, thread.members[user_id]),
                "member": payloads.member(world, guild, user_id),
                "presence": None,
            }
            for user_id in added
            if user_id in guild.members
        ]
    if removed:
        data["removed_member_ids"] = [str(user_id) for user_id in removed]
    world.emit(Event("THREAD_MEMBERS_UPDATE", data, channel.guild_id, channel.id))


def join(world: World, channel: Channel, user_id: int) -> bool:
    """Make a user a member of a thread; False if they were one.

    Whoever comes into a private thread is told of it. docs: Gateway Events › Thread Create.
    """
    thread = channel.thread
    assert thread is not None
    if user_id in thread.members or world.member(channel.guild_id, user_id) is None:
        return False
    thread.members[user_id] = ThreadMember(user_id, world.now())
    _tell_members(world, channel, added=[user_id], removed=[])
    if channel.type is ChannelType.PRIVATE_THREAD:
        data = payloads.channel(world, channel, user_id)
        world.emit(Event("THREAD_CREATE", data, channel.guild_id, channel.id, user_id))
    return True


def leave(world: World, channel: Channel, user_id: int) -> bool:
    """Take a user out of a thread; False if they were not in it."""
    thread = channel.thread
    assert thread is not None
    if user_id not in thread.members:
        return False
    del thread.members[user_id]
    _tell_members(world, channel, added=[], removed=[user_id])
    return True
