"""Soundboard sounds: only reading them, since servers here have none. docs: Soundboard Resource."""

from __future__ import annotations

from typing import Any

from bot.emulator.rest.request import Api, Call, Result
from bot.emulator.rules.access import get_guild

__all__ = ["add_routes"]

_DEFAULT: list[dict[str, Any]] = [
    {
        "name": "quack",
        "sound_id": "1",
        "volume": 1.0,
        "emoji_id": None,
        "emoji_name": "🦆",
        "available": True,
    }
]
"""docs: Soundboard Resource › Example Default Soundboard Sound."""


def add_routes(api: Api) -> None:
    """Add the routes."""
    api.add("GET", "/soundboard-default-sounds", _default)
    api.add("GET", "/guilds/{guild_id}/soundboard-sounds", _list)


async def _default(_: Call) -> Result:
    """docs: List Default Soundboard Sounds. py-cord reads it before it is ready."""
    return list(_DEFAULT)


async def _list(call: Call) -> Result:
    """docs: List Guild Soundboard Sounds."""
    get_guild(call.world, call.user, call.id("guild_id"))
    return {"items": []}
