"""Editing channels and threads: fields and required permissions.

docs: Channels Resource › Modify Channel, Edit Channel Permissions.
"""

from __future__ import annotations

import copy
from typing import Any

from bot.emulator.rules import messages
from bot.emulator.rules.access import require
from bot.emulator.rules.automod import check_text
from bot.emulator.rules.emojis import is_unicode_emoji
from bot.emulator.rules.errors import api_error
from bot.emulator.rules.json_form import Form, form_error
from bot.emulator.rules.threads import DURATIONS
from bot.emulator.world.events import ChannelUpdated
from bot.emulator.world.models import (
    Channel,
    ChannelType,
    Guild,
    MessageType,
    Overwrite,
    OverwriteType,
    User,
)
from bot.emulator.world.permissions import ALL, Permission
from bot.emulator.world.world import World

__all__ = [
    "MAX_OVERWRITES",
    "change_channel",
    "change_thread",
    "check_overwrites",
    "read_kind_fields",
    "read_overwrites",
    "read_parent",
]

MAX_OVERWRITES = 1000
"""docs: JSON Error Codes (30060)."""
_MAX_OVERWRITES_AT_ONCE = 100
_MAX_IN_CATEGORY = 50
_PINNED = 1 << 1
_REQUIRE_TAG = 1 << 4
_HIDE_MEDIA_DOWNLOAD_OPTIONS = 1 << 15
_IS_SPOILER_CHANNEL = 1 << 21
_FLAGS = {
    ChannelType.TEXT: _IS_SPOILER_CHANNEL,
    ChannelType.VOICE: _IS_SPOILER_CHANNEL,
    ChannelType.ANNOUNCEMENT: _IS_SPOILER_CHANNEL,
    ChannelType.FORUM: _IS_SPOILER_CHANNEL | _REQUIRE_TAG,
    ChannelType.MEDIA: _IS_SPOILER_CHANNEL | _REQUIRE_TAG | _HIDE_MEDIA_DOWNLOAD_OPTIONS,
}
"""The flags that each type of channel can have. docs: Channels Resource › Channel Flags."""


def read_overwrites(form: Form) -> list[Overwrite]:
    """The field ``permission_overwrites``.

    At most 100 in a request, which only Discord's API description says.
    """
    return [
        Overwrite(
            id=one.snowflake("id", required=True) or 0,
            type=OverwriteType(one.choice("type", (0, 1)) or 0),
            allow=(one.integer("allow", least=0) or 0) & ALL,
            deny=(one.integer("deny", least=0) or 0) & ALL,
        )
        for one in form.forms("permission_overwrites", most=_MAX_OVERWRITES_AT_ONCE)
    ]


def check_overwrites(
    world: World, user: User, guild: Guild, channel: Channel | None, wanted: list[Overwrite]
) -> None:
    """Raises 50013 if an overwrite that is new or changed has permissions the user doesn't have.

    They count if the user has them in the server or the channel's category, and all of them with
    an overwrite for *Manage Roles* in the channel. In a new channel (None) only those in the server
    count, and only administrators set *Manage Roles*.
    docs: Channels Resource › Modify Channel, Edit Channel Permissions; Guild Resource › Create
    Guild Channel.
    """
    known = world.guild_permissions(user.id, guild.id)
    old: list[Overwrite] = []
    if channel is None and not known & Permission.ADMINISTRATOR:
        known &= ~Permission.MANAGE_ROLES
    if channel is not None:
        old = channel.overwrites
        if channel.parent_id is not None:
            known |= world.permissions(user.id, channel.parent_id)
        mine = {user.id, *guild.members[user.id].roles}
        if any(one.id in mine and one.allow & Permission.MANAGE_ROLES for one in old):
            return
    if any((one.allow | one.deny) & ~known for one in wanted if one not in old):
        raise api_error(50013)


def read_parent(world: World, guild_id: int, form: Form, channel: Channel | None) -> int | None:
    """The field ``parent_id`` of a channel, or of a new one (None).

    It has to be a category of the server with fewer than 50 channels.
    docs: Channels Resource › Channel Object (``parent_id``).
    """
    parent_id = form.snowflake("parent_id")
    if parent_id is None:
        return None
    parent = world.channels.get(parent_id)
    if parent is None or parent.type is not ChannelType.CATEGORY or parent.guild_id != guild_id:
        form.add_error("parent_id", "CHANNEL_PARENT_INVALID", "Category does not exist")
    elif channel is not None and channel.type is ChannelType.CATEGORY:
        form.add_error(
            "parent_id", "CHANNEL_PARENT_INVALID_TYPE", "A category can't be in a category"
        )
    others = [c for c in world.channels.values() if c.parent_id == parent_id and c is not channel]
    if len(others) >= _MAX_IN_CATEGORY:
        form.add_error(
            "parent_id",
            "CHANNEL_PARENT_MAX_CHANNELS",
            f"Maximum number of channels in category reached ({_MAX_IN_CATEGORY})",
        )
    return parent_id


def _read_emoji(world: World, channel: Channel, form: Form, *, required: bool) -> dict[str, Any]:
    """A forum's emoji: the id of one of the server's, or a Unicode emoji.

    Which error code an unknown emoji has isn't documented; here it is 10014, as for a reaction.
    docs: Channels Resource › Default Reaction Object, Forum Tag Object.
    """
    emoji_id, name = form.snowflake("emoji_id"), form.string("emoji_name")
    if emoji_id is not None and name is not None:
        form.add_error("emoji_name", "BASE_TYPE_CHOICES", "Set emoji_id or emoji_name, not both.")
    elif name is not None and not is_unicode_emoji(name):
        form.add_error("emoji_name", "BASE_TYPE_CHOICES", "Invalid emoji")
    elif required and emoji_id is None and name is None:
        form.add_error("emoji_name", "BASE_TYPE_REQUIRED", "This field is required")
    form.check()
    guild = world.guilds[channel.guild_id or 0]
    if emoji_id is not None and emoji_id not in guild.emojis:
        raise api_error(10014)
    return {"emoji_id": str(emoji_id) if emoji_id is not None else None, "emoji_name": name}


def _read_tags(world: World, channel: Channel, form: Form) -> list[dict[str, Any]]:
    """The field ``available_tags``: at most 20 tags.

    docs: Channels Resource › Forum Tag Object: names of up to 20 characters (raised to 50 later);
    JSON Error Codes (40061).
    """
    found = [
        {
            "id": str(one.snowflake("id") or world.new_id()),
            "name": one.string("name", least=0, most=50, required=True) or "",
            "moderated": one.boolean("moderated"),
            **_read_emoji(world, channel, one, required=False),
        }
        for one in form.forms("available_tags", most=20)
    ]
    form.check()
    if len({tag["name"] for tag in found}) < len(found):
        raise api_error(40061)
    return found


def read_kind_fields(world: World, channel: Channel, form: Form) -> None:
    """Set the flags and the fields that only forums or only voice channels have.

    Others refuse them; what Discord does with them there isn't documented.
    docs: Guild Resource › Create Guild Channel; Channels Resource › Modify Channel.
    """
    form.refuse("default_tag_setting")
    _read_flags(channel, form)
    if channel.type is ChannelType.VOICE:
        channel.bitrate = form.integer("bitrate", least=8000, most=96000) or channel.bitrate
        limit = form.integer("user_limit", least=0, most=99)
        channel.user_limit = channel.user_limit if limit is None else limit
        channel.rtc_region = form.string("rtc_region") or channel.rtc_region
        quality = form.choice("video_quality_mode", (1, 2))
        channel.video_quality_mode = quality or channel.video_quality_mode
    else:
        form.refuse("bitrate", "user_limit", "rtc_region", "video_quality_mode")
    if channel.type not in {ChannelType.FORUM, ChannelType.MEDIA}:
        form.refuse("available_tags", "default_reaction_emoji", "default_sort_order")
        form.refuse("default_forum_layout")
        return
    if "available_tags" in form:
        channel.available_tags = _read_tags(world, channel, form)
    if "default_reaction_emoji" in form:
        emoji = form.form("default_reaction_emoji")
        channel.default_reaction_emoji = (
            _read_emoji(world, channel, emoji, required=True) if emoji is not None else None
        )
    if "default_sort_order" in form:
        channel.default_sort_order = form.choice("default_sort_order", (0, 1))
    layout = form.choice("default_forum_layout", (0, 1, 2))
    channel.default_forum_layout = channel.default_forum_layout if layout is None else layout


def _read_flags(channel: Channel, form: Form) -> None:
    """docs: Channels Resource › Channel Flags (a spoiler channel isn't age-restricted)."""
    flags = form.integer("flags", least=0)
    if flags is None:
        return
    if flags & ~_FLAGS.get(channel.type, 0):
        form.add_error("flags", "BASE_TYPE_CHOICES", "This type of channel can't have these flags.")
    if flags & _IS_SPOILER_CHANNEL and form.boolean("nsfw", default=channel.nsfw):
        form.add_error("flags", "BASE_TYPE_CHOICES", "A spoiler channel can't be age-restricted.")
    channel.flags = flags


def change_channel(world: World, user: User, channel: Channel, form: Form) -> None:
    """docs: Modify Channel › Guild channel (*Manage Channels*)."""
    require(world, user, channel, Permission.MANAGE_CHANNELS)
    name = form.string("name", least=1, most=100)
    forum = channel.type in {ChannelType.FORUM, ChannelType.MEDIA}
    topic = form.string("topic", most=4096 if forum else 1024)
    slowmode = form.integer("rate_limit_per_user", least=0, most=21600)
    inner_slowmode = form.integer("default_thread_rate_limit_per_user", least=0, most=21600)
    duration = form.choice("default_auto_archive_duration", DURATIONS)
    position = form.integer("position", least=0)
    kind = _read_new_type(channel, form)
    overwrites = read_overwrites(form)
    nsfw = form.boolean("nsfw", default=channel.nsfw)
    assert channel.guild_id is not None
    parent_id = read_parent(world, channel.guild_id, form, channel)
    changed = copy.copy(channel)
    read_kind_fields(world, changed, form)
    form.check()
    if "permission_overwrites" in form:
        require(world, user, channel, Permission.MANAGE_ROLES)
        check_overwrites(world, user, world.guilds[channel.guild_id], channel, overwrites)
        channel.overwrites = overwrites
    read_kind_fields(world, channel, form)
    channel.name = name or channel.name
    channel.topic = topic if "topic" in form else channel.topic
    channel.nsfw = nsfw
    channel.position = channel.position if position is None else position
    channel.rate_limit_per_user = channel.rate_limit_per_user if slowmode is None else slowmode
    if inner_slowmode is not None:
        channel.default_thread_rate_limit_per_user = inner_slowmode
    if "default_auto_archive_duration" in form:
        channel.default_auto_archive_duration = duration
    if kind is not None:
        channel.type = kind
    if "parent_id" in form:
        channel.parent_id = parent_id
    world.emit(ChannelUpdated(channel))


def _read_new_type(channel: Channel, form: Form) -> ChannelType | None:
    """The field ``type``; only text channels become announcement channels, and the reverse.

    docs: Channels Resource › Modify Channel (``type``, which the emulator allows in every server).
    """
    kind = form.choice("type", (ChannelType.TEXT, ChannelType.ANNOUNCEMENT))
    if kind is None:
        return None
    if channel.type not in {ChannelType.TEXT, ChannelType.ANNOUNCEMENT}:
        form.add_error("type", "BASE_TYPE_CHOICES", "The type of this channel can't be changed.")
    return ChannelType(kind)


def change_thread(world: World, user: User, channel: Channel, form: Form) -> None:
    """docs: Modify Channel › Thread; Threads › Permissions.

    The thread's owner may rename, archive and unarchive it. Anyone who may write in it may
    unarchive it unless it is locked. Everything else needs *Manage Threads*. An archived thread
    must be unarchived before other fields can change (50083). Archiving a pinned post unpins it.
    """
    thread = channel.thread
    assert thread is not None
    name = form.string("name", least=1, most=100)
    archived = form.boolean("archived", default=thread.archived)
    locked = form.boolean("locked", default=thread.locked)
    invitable = form.boolean("invitable", default=thread.invitable)
    duration = form.choice("auto_archive_duration", DURATIONS)
    slowmode = form.integer("rate_limit_per_user", least=0, most=21600)
    flags = form.integer("flags", least=0)
    if flags is not None and flags & ~_PINNED:
        form.add_error("flags", "BASE_TYPE_CHOICES", "A thread can't have these flags.")
    tags = form.snowflakes("applied_tags", most=5)
    form.check()
    _require_can_change(world, user, channel, form, archived=archived)
    if thread.archived and archived and set(form.body) - {"archived", "locked"}:
        raise api_error(50083)
    if name is not None:
        check_text(world, user, channel, name, title=True)
    if thread.archived and not archived:
        _check_limit(world, channel)
    if flags is not None:
        _check_pin(world, channel, flags)
    if "applied_tags" in form:
        _apply_tags(world, user, channel, tags)
    now = world.now()
    if archived != thread.archived:
        thread.archived = archived
        thread.archive_timestamp = now
        thread.active_at = thread.active_at if archived else now
    thread.locked, thread.invitable = locked, invitable
    thread.auto_archive_duration = duration or thread.auto_archive_duration
    channel.rate_limit_per_user = channel.rate_limit_per_user if slowmode is None else slowmode
    if flags is not None:
        channel.flags = flags
    if thread.archived:
        channel.flags &= ~_PINNED
    renamed = name is not None and name != channel.name
    channel.name = name or channel.name
    world.emit(ChannelUpdated(channel))
    if renamed and not thread.archived:
        kind = MessageType.CHANNEL_NAME_CHANGE
        messages.post_system_message(world, channel, user.id, kind, channel.name)


def _require_can_change(
    world: World, user: User, channel: Channel, form: Form, *, archived: bool
) -> None:
    thread = channel.thread
    assert thread is not None
    bits = world.permissions(user.id, channel.id)
    if bits & Permission.MANAGE_THREADS:
        return
    fields = set(form.body)
    opens_only = fields == {"archived"} and not archived and not thread.locked
    if opens_only and bits & Permission.SEND_MESSAGES_IN_THREADS:
        return
    own = {"name", "archived", "auto_archive_duration", "applied_tags", "invitable"}
    if thread.owner_id == user.id and not thread.locked and not fields - own:
        return
    raise api_error(160005 if thread.locked and thread.owner_id == user.id else 50013)


def _check_limit(world: World, channel: Channel) -> None:
    assert channel.guild_id is not None
    if sum(1 for _ in world.threads_of(channel.guild_id)) >= world.thread_limit:
        raise api_error(160006)


def _check_pin(world: World, channel: Channel, flags: int) -> None:
    """Raises 30047 if another post of the forum is pinned, 50035 where no post can be pinned.

    docs: Channels Resource › Modify Channel (``flags``), JSON Error Codes (30047, which doesn't
    say how many may be pinned; Discord's client allows one).
    """
    parent = world.channels.get(channel.parent_id or 0)
    if not flags & _PINNED:
        return
    if parent is None or parent.type not in {ChannelType.FORUM, ChannelType.MEDIA}:
        raise form_error("flags", "BASE_TYPE_CHOICES", "Only forum and media posts can be pinned.")
    others = (c for c in world.channels.values() if c.parent_id == parent.id and c is not channel)
    if any(other.flags & _PINNED for other in others):
        raise api_error(30047)


def _apply_tags(world: World, user: User, channel: Channel, tags: list[int]) -> None:
    """Set a post's tags. Raises 50013 if moderated ones change without *Manage Threads*.

    docs: Channels Resource › Forum Tag Object (``moderated``); JSON Error Codes (40067).
    """
    parent = world.channels.get(channel.parent_id or 0)
    assert channel.thread is not None
    known = {int(tag["id"]): tag for tag in parent.available_tags} if parent else {}
    if any(tag not in known for tag in tags):
        raise form_error("applied_tags", "BASE_TYPE_CHOICES", "Unknown forum tag")
    manages = world.permissions(user.id, channel.id) & Permission.MANAGE_THREADS
    changed = set(tags) ^ set(channel.thread.applied_tags)
    if not manages and any(known.get(tag, {}).get("moderated") for tag in changed):
        raise api_error(50013)
    if parent is not None and parent.flags & _REQUIRE_TAG and not tags and not manages:
        raise api_error(40067)
    channel.thread.applied_tags = tags
