"""Joining, leaving and unarchiving threads.

docs: Topics › Threads; Gateway Events › Threads.
"""

from __future__ import annotations

from bot.emulator.world.events import ChannelUpdated, ThreadJoined, ThreadMembersUpdated
from bot.emulator.world.models import Channel, ChannelType, ThreadMember
from bot.emulator.world.world import World

__all__ = ["is_full", "join", "leave", "unarchive"]

MAX_MEMBERS = 1000
"""docs: JSON Error Codes (30033)."""


def is_full(channel: Channel) -> bool:
    """Whether a thread has as many members as it can have."""
    return channel.thread is not None and len(channel.thread.members) >= MAX_MEMBERS


def unarchive(world: World, channel: Channel) -> None:
    """Open an archived thread; the time until it is archived again starts over."""
    thread = channel.thread
    assert thread is not None
    thread.archived = False
    thread.archive_timestamp = thread.active_at = world.now()
    world.emit(ChannelUpdated(channel))


def join(world: World, channel: Channel, user_id: int) -> bool:
    """Make a user a member of a thread; False if they already were, or can't be.

    They have to be in the server, and a full thread takes no more members.
    A private thread becomes visible to them. docs: Gateway Events › Thread Create.
    """
    thread = channel.thread
    assert thread is not None
    if user_id in thread.members or world.member(channel.guild_id, user_id) is None:
        return False
    if is_full(channel):
        return False
    thread.members[user_id] = ThreadMember(user_id, world.now())
    world.emit(ThreadMembersUpdated(channel, added=(user_id,)))
    if channel.type is ChannelType.PRIVATE_THREAD:
        world.emit(ThreadJoined(channel, user_id))
    return True


def leave(world: World, channel: Channel, user_id: int) -> bool:
    """Remove a user from a thread; False if they weren't in it."""
    thread = channel.thread
    assert thread is not None
    if user_id not in thread.members:
        return False
    del thread.members[user_id]
    world.emit(ThreadMembersUpdated(channel, removed=(user_id,)))
    return True
