"""Permission changes: which channels members can see that they couldn't see before.

docs: Gateway Events › Thread List Sync.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bot.emulator.world.events import ThreadListSynced
from bot.emulator.world.world import World

__all__ = ["access_may_change"]


@contextmanager
def access_may_change(world: World, guild_id: int) -> Iterator[None]:
    """Wrap a permission change: members who gain access to channels get their active threads."""
    guild = world.guilds[guild_id]
    places = list(world.channels_of(guild_id))
    seen = {(u, c.id) for u in guild.members for c in places if world.can_view(u, c.id)}
    yield
    for user_id in guild.members:
        gained = tuple(
            place
            for place in places
            if (user_id, place.id) not in seen and world.can_view(user_id, place.id)
        )
        if gained:
            world.emit(ThreadListSynced(guild, user_id, gained))
