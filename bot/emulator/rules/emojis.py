"""Custom emojis: which ones a user can use.

docs: Emoji Resource; Permissions › Bitwise Permission Flags (*Use External Emojis*).
"""

from __future__ import annotations

from bot.emulator.rules.access import require
from bot.emulator.rules.errors import api_error
from bot.emulator.world.models import Channel, Emoji, User
from bot.emulator.world.permissions import Permission
from bot.emulator.world.world import World

__all__ = ["find_emoji", "require_emoji"]


def find_emoji(world: World, user: User, emoji_id: int) -> Emoji | None:
    """The emoji, if a server that the user is in has it."""
    for guild in world.guilds_of(user.id):
        if emoji_id in guild.emojis:
            return guild.emojis[emoji_id]
    return None


def require_emoji(world: World, user: User, channel: Channel, emoji_id: int) -> None:
    """Raises 10014 for an unknown emoji, 50013 for another server's without the permission."""
    if find_emoji(world, user, emoji_id) is None:
        raise api_error(10014)
    guild = world.guilds.get(channel.guild_id or 0)
    if guild is not None and emoji_id not in guild.emojis:
        require(world, user, channel, Permission.USE_EXTERNAL_EMOJIS)
