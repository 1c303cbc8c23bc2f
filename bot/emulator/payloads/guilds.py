"""Payloads of servers. docs: Guild Resource; Gateway Events › Guild Create."""

from __future__ import annotations

from typing import Any

from bot.emulator.payloads.channels import channel
from bot.emulator.payloads.stickers import sticker
from bot.emulator.payloads.users import iso, member, optional_id, role
from bot.emulator.world.models import Guild
from bot.emulator.world.world import World

__all__ = ["guild", "guild_create"]


def guild(one: Guild) -> dict[str, Any]:
    """docs: Guild Resource › Guild Object."""
    return {
        "id": str(one.id),
        "name": one.name,
        "icon": None,
        "description": None,
        "home_header": None,
        "splash": None,
        "discovery_splash": None,
        "features": one.features,
        "banner": None,
        "owner_id": str(one.owner_id),
        "application_id": None,
        "region": "deprecated",
        "afk_channel_id": None,
        "afk_timeout": 300,
        "system_channel_id": optional_id(one.system_channel_id),
        "system_channel_flags": 0,
        "widget_enabled": False,
        "widget_channel_id": None,
        "verification_level": 0,
        "roles": [role(part) for part in one.roles.values()],
        "default_message_notifications": 0,
        "mfa_level": 0,
        "explicit_content_filter": 0,
        "max_presences": None,
        "max_members": 500000,
        "max_stage_video_channel_users": 50,
        "max_video_channel_users": 25,
        "vanity_url_code": None,
        "premium_tier": 0,
        "premium_subscription_count": 0,
        "preferred_locale": one.preferred_locale,
        "rules_channel_id": None,
        "safety_alerts_channel_id": None,
        "public_updates_channel_id": None,
        "premium_progress_bar_enabled": False,
        "nsfw": False,
        "nsfw_level": 0,
        "emojis": [
            {
                "id": str(emoji.id),
                "name": emoji.name,
                "roles": [],
                "require_colons": True,
                "managed": False,
                "animated": emoji.animated,
                "available": True,
            }
            for emoji in one.emojis.values()
        ],
        "stickers": [sticker(part, one) for part in one.stickers.values()],
        "incidents_data": None,
    }


def guild_create(
    world: World, one: Guild, viewer: int, *, all_members: bool = True
) -> dict[str, Any]:
    """docs: Gateway Events › Guild Create, as ``viewer`` sees a server.

    Without ``all_members`` (a session without that intent) only the viewer is listed. Bots get
    every channel with its overwrites, but only threads that they can see.
    """
    listed = list(one.members) if all_members else [viewer]
    return {
        **guild(one),
        "joined_at": iso(one.members[viewer].joined_at),
        "large": False,
        "unavailable": False,
        "member_count": len(one.members),
        "voice_states": [],
        "members": [member(world, one, user_id) for user_id in listed],
        "channels": [
            channel(world, part)
            for part in world.channels_of(one.id)
            if world.users[viewer].bot or world.can_view(viewer, part.id)
        ],
        "threads": [
            channel(world, part, viewer)
            for part in world.threads_of(one.id)
            if world.can_view(viewer, part.id)
        ],
        "presences": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }
