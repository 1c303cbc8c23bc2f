"""Slowmode: how often a member can write in a channel or start a thread in it.

docs: Channels Resource › Channel Object (``rate_limit_per_user``, which also applies to creating
threads: one message and one thread in each interval); JSON Error Codes (20016). It doesn't apply
to bots and to members with *Bypass Slowmode*; since 23 February 2026 *Manage Messages* and *Manage
Channels* exempt nobody (Change Log, 24 November 2025).
"""

from __future__ import annotations

from datetime import datetime

from bot.emulator.rules.errors import ApiError, api_error
from bot.emulator.world.models import Channel, User
from bot.emulator.world.permissions import Permission
from bot.emulator.world.world import World

__all__ = ["check_message", "check_thread"]


def check_message(world: World, user: User, channel: Channel) -> None:
    """Raises 20016 if the user has written in the channel too recently."""
    _check(world, user, channel, world.last_sent)


def check_thread(world: World, user: User, parent: Channel) -> None:
    """Raises 20016 if the user has started a thread in the channel too recently."""
    _check(world, user, parent, world.last_thread)


def _check(
    world: World, user: User, channel: Channel, last: dict[tuple[int, int], datetime]
) -> None:
    before = last.get((channel.id, user.id))
    if user.bot or not channel.rate_limit_per_user or before is None:
        return
    if world.permissions(user.id, channel.id) & Permission.BYPASS_SLOWMODE:
        return
    left = (before - world.now()).total_seconds() + channel.rate_limit_per_user
    if left > 0:
        more = {"retry_after": round(left, 3), "global": False}
        message = api_error(20016).body["message"]
        raise ApiError(429, 20016, message, more=more, headers={"Via": "1.1 google"})
