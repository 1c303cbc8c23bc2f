"""Payloads of stickers. docs: Sticker Resource."""

from __future__ import annotations

from typing import Any

from bot.emulator.payloads.users import user
from bot.emulator.world.models import Guild, Sticker
from bot.emulator.world.world import World

__all__ = ["sticker", "sticker_item"]


def sticker(one: Sticker, guild: Guild, world: World | None = None) -> dict[str, Any]:
    """docs: Sticker Resource › Sticker Object; with ``world``, its creator is shown."""
    data = {
        "id": str(one.id),
        "name": one.name,
        "tags": one.tags,
        "type": 2,
        "format_type": int(one.format),
        "description": one.description,
        "available": one.available,
        "guild_id": str(guild.id),
    }
    creator = world.users.get(one.creator_id or 0) if world is not None else None
    return data if creator is None else {**data, "user": user(creator)}


def sticker_item(whole: dict[str, Any]) -> dict[str, Any]:
    """docs: Sticker Resource › Sticker Item Object."""
    return {name: whole[name] for name in ("id", "name", "format_type")}
