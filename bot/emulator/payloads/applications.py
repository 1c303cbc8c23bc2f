"""Payloads of applications, commands and webhooks. docs: Application Resource; Webhook Resource."""

from __future__ import annotations

from typing import Any

from bot.emulator.payloads.users import optional_id, user
from bot.emulator.world.models import Application, Command, Guild, Webhook
from bot.emulator.world.world import World

__all__ = ["application", "command", "command_permissions", "partial_application", "webhook"]


def partial_application(one: Application) -> dict[str, Any]:
    """docs: Gateway Events › Ready (``application`` has ``id`` and ``flags``)."""
    return {"id": str(one.id), "flags": one.flags}


def application(world: World, one: Application) -> dict[str, Any]:
    """docs: Application Resource › Application Object, as its own bot sees it."""
    bot = world.users[one.bot_id]
    return {
        "id": str(one.id),
        "name": one.name,
        "icon": None,
        "description": one.description,
        "type": None,
        "bot": user(bot),
        "summary": "",
        "bot_public": True,
        "bot_require_code_grant": False,
        "verify_key": one.verify_key,
        "flags": one.flags,
        "flags_new": str(one.flags),
        "redirect_uris": [],
        "interactions_endpoint_url": None,
        "role_connections_verification_url": None,
        "owner": user(world.users[one.owner_id]),
        "approximate_guild_count": sum(1 for _ in world.guilds_of(bot.id)),
        "approximate_user_install_count": 0,
        "approximate_user_authorization_count": 0,
        "explicit_content_filter": 0,
        "team": None,
        "eligible_oauth2_scopes": [],
        "integration_types_config": {"0": {}},
    }


def webhook(world: World, one: Webhook, *, secret: bool, creator: bool = True) -> dict[str, Any]:
    """docs: Webhook Resource › Webhook Object; with its token if ``secret``."""
    data: dict[str, Any] = {
        "id": str(one.id),
        "type": 1,
        "application_id": optional_id(one.application_id),
        "avatar": one.avatar,
        "channel_id": str(one.channel_id),
        "guild_id": str(one.guild_id),
        "name": one.name,
    }
    if secret:
        data["token"] = one.token
    if creator:
        data["user"] = user(world.users[one.creator_id])
    return data


def command(one: Command) -> dict[str, Any]:
    """docs: Application Commands › Application Command Object."""
    data: dict[str, Any] = {
        "id": str(one.id),
        "application_id": str(one.application_id),
        "version": str(one.version),
        "type": one.type,
        "name": one.name,
        **one.body,
    }
    if one.guild_id is not None:
        data["guild_id"] = str(one.guild_id)
    return data


def command_permissions(guild: Guild, application_id: int, target_id: int) -> dict[str, Any]:
    """docs: Application Commands › Guild Application Command Permissions Structure."""
    return {
        "id": str(target_id),
        "application_id": str(application_id),
        "guild_id": str(guild.id),
        "permissions": [
            {"id": str(one.id), "type": one.type, "permission": one.permission}
            for one in guild.command_permissions.get(target_id, [])
        ],
    }
