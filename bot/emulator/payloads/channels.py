"""Payloads of channels and threads. docs: Channels Resource."""

from __future__ import annotations

from typing import Any

from bot.emulator.payloads.users import iso, optional_id, user
from bot.emulator.world.models import Channel, ChannelType, ThreadMember
from bot.emulator.world.world import World

__all__ = ["channel", "thread_member"]

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
    """docs: Channels Resource › Channel Object; a ``viewer`` gets their membership in a thread."""
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
    if one.type is ChannelType.VOICE:
        data |= {
            "bitrate": one.bitrate,
            "user_limit": one.user_limit,
            "rtc_region": one.rtc_region,
            "video_quality_mode": one.video_quality_mode,
        }
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
