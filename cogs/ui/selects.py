"""What is selected in a select of channels or roles when it is shown."""

from __future__ import annotations

from typing import Any

import discord

__all__ = ["make_default_channels", "make_default_roles"]


class _Default(discord.SelectDefaultValue):
    """A selected channel or role, sent with its id as a string (docs: Reference › Snowflakes).

    discord.py would send a number.
    """

    def to_dict(self) -> Any:
        """The JSON that is sent."""
        return {"id": str(self.id), "type": self.type.value}


def make_default_channels(server: discord.Guild, channel_id: int | None) -> list[_Default]:
    """The channel as a select's default; empty if there is none, or the bot can't see it."""
    channel = None if channel_id is None else server.get_channel(channel_id)
    if channel is None:
        return []
    return [_Default(id=channel.id, type=discord.SelectDefaultValueType.channel)]


def make_default_roles(server: discord.Guild, role_id: int | None) -> list[_Default]:
    """The role as a select's default; empty if there is none, or it was deleted."""
    role = None if role_id is None else server.get_role(role_id)
    if role is None:
        return []
    return [_Default(id=role.id, type=discord.SelectDefaultValueType.role)]
