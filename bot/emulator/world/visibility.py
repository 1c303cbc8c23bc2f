"""What changes for people when rights change: threads that they see from now on.

docs: Gateway Events › Thread List Sync.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bot.emulator import payloads
from bot.emulator.world.events import Event
from bot.emulator.world.models import Channel
from bot.emulator.world.world import World

__all__ = ["access_may_change"]


@contextmanager
def access_may_change(world: World, guild_id: int) -> Iterator[None]:
    """Around a change of rights: whoever gains sight of a channel is told its active threads."""
    guild = world.guilds[guild_id]
    places = list(world.channels_of(guild_id))
    seen = {(u, c.id) for u in guild.members for c in places if world.may_view(u, c.id)}
    yield
    for user_id in guild.members:
        gained = [
            place
            for place in places
            if (user_id, place.id) not in seen and world.may_view(user_id, place.id)
        ]
        if gained:
            _tell(world, guild_id, user_id, gained)


def _tell(world: World, guild_id: int, user_id: int, gained: list[Channel]) -> None:
    ids = {channel.id for channel in gained}
    threads = [
        thread
        for thread in world.threads_of(guild_id)
        if thread.parent_id in ids and world.may_view(user_id, thread.id)
    ]
    joined = [
        payloads.thread_member(thread.id, thread.thread.members[user_id])
        for thread in threads
        if thread.thread is not None and user_id in thread.thread.members
    ]
    data = {
        "guild_id": str(guild_id),
        "channel_ids": [str(channel_id) for channel_id in sorted(ids)],
        "threads": [payloads.channel(world, thread, user_id) for thread in threads],
        "members": joined,
    }
    world.emit(Event("THREAD_LIST_SYNC", data, guild_id, None, user_id))
