"""Channels, threads and servers. docs: Channels Resource; Guild Resource; Gateway Events."""

from __future__ import annotations

from typing import Any

from bot.emulator.payloads.people import iso, member, optional_id, role, user
from bot.emulator.world.models import Channel, ChannelType, Guild, ThreadMember
from bot.emulator.world.world import World

__all__ = ["channel", "guild", "guild_create", "thread_member"]

_FORUMS = (ChannelType.FORUM, ChannelType.MEDIA)
_TEXTUAL = (ChannelType.TEXT, ChannelType.ANNOUNCEMENT, *_FORUMS)


def thread_member(thread_id: int, one: ThreadMember) -> dict[str, Any]:
    """docs: Channels Resource › Thread Member Object."""
    return {
        "id": str(thread_id),
        "user_id": str(one.user_id),
        "join_timestamp": iso(one.joined_at),
        "flags": one.flags,
    }


def channel(world: World, one: Channel, viewer: int | None = None) -> dict[str, Any]:
    """docs: Channels Resource › Channel Object. A ``viewer`` in a thread finds its membership."""
    if one.guild_id is None:
        return {
            "id": str(one.id),
            "type": int(one.type),
            "flags": one.flags,
            "last_message_id": optional_id(one.last_message_id),
            "recipients": [user(world.users[i]) for i in one.recipients if i != viewer],
        }
    data: dict[str, Any] = {
        "id": str(one.id),
        "type": int(one.type),
        "flags": one.flags,
        "guild_id": str(one.guild_id),
        "name": one.name,
        "parent_id": optional_id(one.parent_id),
        "last_message_id": optional_id(one.last_message_id),
        "rate_limit_per_user": one.rate_limit_per_user,
    }
    if one.last_pin_timestamp is not None:
        data["last_pin_timestamp"] = iso(one.last_pin_timestamp)
    if one.thread is not None:
        return data | _thread_fields(one, viewer)
    data |= {
        "topic": one.topic,
        "position": one.position,
        "permission_overwrites": [
            {
                "id": str(overwrite.id),
                "type": int(overwrite.type),
                "allow": str(overwrite.allow),
                "deny": str(overwrite.deny),
            }
            for overwrite in one.overwrites
        ],
        "nsfw": one.nsfw,
    }
    if one.type in _TEXTUAL:
        data["default_thread_rate_limit_per_user"] = one.default_thread_rate_limit_per_user
        if one.default_auto_archive_duration is not None:
            data["default_auto_archive_duration"] = one.default_auto_archive_duration
    if one.type in _FORUMS:
        data |= {
            "available_tags": one.available_tags,
            "default_reaction_emoji": one.default_reaction_emoji,
            "default_sort_order": one.default_sort_order,
            "default_forum_layout": one.default_forum_layout,
            "template": "",
        }
    return data


def _thread_fields(one: Channel, viewer: int | None) -> dict[str, Any]:
    thread = one.thread
    assert thread is not None
    metadata: dict[str, Any] = {
        "archived": thread.archived,
        "archive_timestamp": iso(thread.archive_timestamp),
        "auto_archive_duration": thread.auto_archive_duration,
        "locked": thread.locked,
        "create_timestamp": iso(thread.created_at),
    }
    if one.type is ChannelType.PRIVATE_THREAD:
        metadata["invitable"] = thread.invitable
    data: dict[str, Any] = {
        "owner_id": str(thread.owner_id),
        "thread_metadata": metadata,
        "message_count": thread.message_count,
        "member_count": min(len(thread.members), 50),
        "total_message_sent": thread.total_message_sent,
    }
    if thread.applied_tags:
        data["applied_tags"] = [str(tag) for tag in thread.applied_tags]
    if viewer is not None and viewer in thread.members:
        data["member"] = thread_member(one.id, thread.members[viewer])
    return data


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
        "emojis": [],
        "stickers": [],
        "incidents_data": None,
    }


def guild_create(
    world: World, one: Guild, viewer: int, *, all_members: bool = True
) -> dict[str, Any]:
    """docs: Gateway Events › Guild Create: what ``viewer`` sees of a server.

    Without ``all_members`` (a session without that intent) only the viewer is listed. Bots are
    told of every channel, with its overwrites, and only of threads that they may view.
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
