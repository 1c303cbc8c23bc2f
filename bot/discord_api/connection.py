"""Gateway intents, and the base URLs of Discord's API and gateway."""

from __future__ import annotations

import discord
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

__all__ = ["get_intents", "set_base_urls"]


def get_intents() -> discord.Intents:
    """The fewest intents that an archive of discussions needs.

    Servers and their channels; messages and their content (a privileged intent, to be enabled in
    the developer portal); reactions. No members, no presences.
    """
    return discord.Intents(
        guilds=True, guild_messages=True, guild_reactions=True, message_content=True
    )


def set_base_urls(api_base: str | None, gateway_url: str | None) -> None:
    """Connect to another Discord, such as the emulator; call it before a client is made.

    The settings that these come from allow loopback addresses only.
    """
    if api_base is not None:
        Route.BASE = api_base
    if gateway_url is not None:
        DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway_url)
