"""The invite link: adds the bot, with the permissions it needs and its commands, to a server."""

from __future__ import annotations

import discord

from bot.discord_api import required_permissions

__all__ = ["get_invite_link"]


def get_invite_link(application_id: int) -> str:
    """The address that adds the bot with its commands to a server.

    docs: OAuth2 › Bot Authorization Flow.
    """
    permissions = discord.Permissions(
        **{permission.key: True for permission in required_permissions.TO_INVITE}
    )
    return discord.utils.oauth_url(
        application_id, permissions=permissions, scopes=("bot", "applications.commands")
    )
