"""Stickers: which ones exist and which ones a user can send.

docs: Sticker Resource; Message Resource › Create Message (``sticker_ids``); Permissions ›
Bitwise Permission Flags (*Use External Stickers*); JSON Error Codes 50081, 50600.
"""

from __future__ import annotations

from typing import Any

from bot.emulator import payloads
from bot.emulator.rules.errors import api_error
from bot.emulator.rules.json_form import Form
from bot.emulator.world.models import Channel, Guild, Sticker, User
from bot.emulator.world.permissions import Permission
from bot.emulator.world.world import World

__all__ = ["MAX_IN_MESSAGE", "STANDARD_PACK", "find_guild_sticker", "read_sticker", "sent_items"]

MAX_IN_MESSAGE = 3
"""docs: Message Resource › Create Message."""

STANDARD_PACK: dict[str, Any] = {
    "id": "847199849233514549",
    "sku_id": "847199849233514547",
    "name": "Wumpus Beyond",
    "description": "Say hello to Wumpus!",
    "cover_sticker_id": "749054660769218631",
    "stickers": [
        {
            "id": "749054660769218631",
            "name": "Wave",
            "tags": "wumpus, hello, hi, greetings, welcome, wave",
            "type": 1,
            "format_type": 3,
            "description": "Wumpus waves hello",
            "pack_id": "847199849233514549",
            "sort_value": 12,
        }
    ],
}
"""The one pack of standard stickers here. docs: Sticker Resource › Example Sticker, Pack."""


def find_guild_sticker(world: World, sticker_id: int) -> tuple[Guild, Sticker] | None:
    """A server's sticker, and its server."""
    for guild in world.guilds.values():
        if sticker_id in guild.stickers:
            return guild, guild.stickers[sticker_id]
    return None


def sent_items(world: World, user: User, channel: Channel, ids: list[int]) -> list[dict[str, Any]]:
    """The ``sticker_items`` of a new message.

    Anyone can send standard stickers and those of the same server; another server's only its
    members with *Use External Stickers* (50600), and bots never can. Which sticker is invalid
    (50081) isn't documented further.
    """
    return [payloads.sticker_item(_sendable(world, user, channel, one)) for one in ids]


def _sendable(world: World, user: User, channel: Channel, sticker_id: int) -> dict[str, Any]:
    for standard in STANDARD_PACK["stickers"]:
        if standard["id"] == str(sticker_id):
            found: dict[str, Any] = standard
            return found
    known = find_guild_sticker(world, sticker_id)
    if known is None:
        raise api_error(50081)
    guild, sticker = known
    if guild.id != channel.guild_id:
        external = world.permissions(user.id, channel.id) & Permission.USE_EXTERNAL_STICKERS
        if not external:
            raise api_error(50600)
        if user.bot or user.id not in guild.members:
            raise api_error(50081)
    if not sticker.available:
        raise api_error(50081)
    return payloads.sticker(sticker, guild)


def read_sticker(form: Form, sticker: Sticker, *, new: bool) -> None:
    """Set a sticker's name, description and tags; the caller checks the form.

    docs: Sticker Resource › Create Guild Sticker, Modify Guild Sticker.
    """
    sticker.name = form.string("name", least=2, most=30, required=new) or sticker.name
    sticker.tags = form.string("tags", least=1, most=200, required=new) or sticker.tags
    if "description" in form:
        description = form.string("description", most=100) or None
        if description is not None and len(description) < 2:
            form.add_error(
                "description", "BASE_TYPE_BAD_LENGTH", "Must be between 2 and 100 in length."
            )
        sticker.description = description
