"""Custom emojis: which ones a user can use.

docs: Emoji Resource; Permissions › Bitwise Permission Flags (*Use External Emojis*).
"""

from __future__ import annotations

import re

from bot.emulator.rules.access import require
from bot.emulator.rules.errors import api_error
from bot.emulator.world.models import Channel, Emoji, User
from bot.emulator.world.permissions import Permission
from bot.emulator.world.world import World

__all__ = ["find_emoji", "is_unicode_emoji", "require_emoji"]

_BASE = (
    "[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u21aa\u231a-\u23ff\u24c2\u25aa-\u25fe"
    "\u2600-\u27bf\u2934\u2935\u2b05-\u2b55\u3030\u303d\u3297\u3299"
    "\U0001f004-\U0001f1e5\U0001f200-\U0001faff]"
)
_PART = _BASE + "\ufe0f?[\U0001f3fb-\U0001f3ff]?\ufe0f?[\U000e0020-\U000e007f]*"
_UNICODE = re.compile(
    f"{_PART}(?:\u200d{_PART})*|[\U0001f1e6-\U0001f1ff]{{1,2}}|[0-9#*]\ufe0f?\u20e3"
)


def is_unicode_emoji(text: str) -> bool:
    """Whether a text is one Unicode emoji, by its code points' blocks rather than a list.

    A symbol of these blocks that Discord doesn't have as an emoji counts too.
    """
    return _UNICODE.fullmatch(text) is not None


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
