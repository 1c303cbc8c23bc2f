"""Payloads of users, members and roles. docs: Users Resource; Guild Resource; Permissions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bot.emulator.world.models import Guild, Member, Role, User
from bot.emulator.world.world import World

__all__ = ["iso", "me", "member", "member_fields", "optional_id", "role", "user"]


def iso(moment: datetime | None) -> str | None:
    """docs: Reference › ISO8601 Date/Time."""
    return moment.isoformat() if moment is not None else None


def optional_id(value: int | None) -> str | None:
    """An id as a string, or None."""
    return str(value) if value is not None else None


def user(one: User) -> dict[str, Any]:
    """docs: Users Resource › User Object."""
    data: dict[str, Any] = {
        "id": str(one.id),
        "username": one.name,
        "avatar": None,
        "discriminator": "0",
        "public_flags": one.flags,
        "flags": one.flags,
        "banner": None,
        "accent_color": None,
        "global_name": one.display_name,
        "avatar_decoration_data": None,
        "collectibles": None,
        "primary_guild": None,
    }
    if one.bot:
        data["bot"] = True
    return data


def me(one: User) -> dict[str, Any]:
    """A user as they see themselves."""
    return {
        **user(one),
        "mfa_enabled": True,
        "locale": one.locale,
        "premium_type": 0,
        "email": None,
        "verified": True,
    }


def member_fields(one: Member) -> dict[str, Any]:
    """A member without the user, as in a message."""
    return {
        "avatar": None,
        "banner": None,
        "communication_disabled_until": iso(one.communication_disabled_until),
        "flags": 0,
        "joined_at": iso(one.joined_at),
        "nick": one.nick,
        "pending": False,
        "premium_since": None,
        "roles": [str(role_id) for role_id in one.roles],
        "mute": False,
        "deaf": False,
    }


def member(world: World, where: Guild, user_id: int) -> dict[str, Any]:
    """docs: Guild Resource › Guild Member Object."""
    return {**member_fields(where.members[user_id]), "user": user(world.users[user_id])}


def role(one: Role) -> dict[str, Any]:
    """docs: Permissions › Role Object."""
    data: dict[str, Any] = {
        "id": str(one.id),
        "name": one.name,
        "description": None,
        "permissions": str(one.permissions),
        "position": one.position,
        "color": one.color,
        "colors": {
            "primary_color": one.color,
            "secondary_color": None,
            "tertiary_color": None,
        },
        "hoist": one.hoist,
        "managed": one.managed,
        "mentionable": one.mentionable,
        "icon": None,
        "unicode_emoji": None,
        "flags": 0,
    }
    if one.bot_id is not None:
        data["tags"] = {"bot_id": str(one.bot_id)}
    return data
