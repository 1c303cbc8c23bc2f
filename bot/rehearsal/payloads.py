"""The world's records in the form in which Discord sends them.

docs: the object tables of the resources (User, Guild, Channel, Message, Application, Webhook).
Ids and permission bits are strings, moments ISO 8601 with an offset.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from bot.rehearsal.records import (
    Application,
    Attachment,
    Channel,
    ChannelType,
    Command,
    Guild,
    Member,
    Message,
    MessageType,
    Reaction,
    Role,
    ThreadMember,
    User,
    Webhook,
)

if TYPE_CHECKING:
    from bot.rehearsal.world import World

__all__ = [
    "application",
    "attachment",
    "channel",
    "command",
    "guild",
    "guild_create",
    "iso",
    "me",
    "member",
    "member_fields",
    "message",
    "message_event",
    "partial_application",
    "role",
    "thread_member",
    "user",
    "webhook",
]

_FORUMS = (ChannelType.FORUM, ChannelType.MEDIA)
_TEXTUAL = (ChannelType.TEXT, ChannelType.ANNOUNCEMENT, *_FORUMS)


def iso(moment: datetime | None) -> str | None:
    """docs: Reference › ISO8601 Date/Time."""
    return moment.isoformat() if moment is not None else None


def _id(value: int | None) -> str | None:
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
    """A membership without its user, as messages carry it."""
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
            "last_message_id": _id(one.last_message_id),
            "recipients": [user(world.users[i]) for i in one.recipients if i != viewer],
        }
    data: dict[str, Any] = {
        "id": str(one.id),
        "type": int(one.type),
        "flags": one.flags,
        "guild_id": str(one.guild_id),
        "name": one.name,
        "parent_id": _id(one.parent_id),
        "last_message_id": _id(one.last_message_id),
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


def attachment(world: World, one: Attachment) -> dict[str, Any]:
    """docs: Message Resource › Attachment Object."""
    url = f"{world.cdn}/attachments/{one.channel_id}/{one.id}/{one.filename}"
    data: dict[str, Any] = {
        "id": str(one.id),
        "filename": one.filename,
        "size": one.size,
        "url": url,
        "proxy_url": url,
        "content_type": one.content_type,
    }
    if one.description is not None:
        data["description"] = one.description
    if one.width is not None and one.height is not None:
        data |= {"width": one.width, "height": one.height}
    if one.ephemeral:
        data["ephemeral"] = True
    return data


def message(world: World, one: Message, viewer: int | None = None) -> dict[str, Any]:
    """docs: Message Resource › Message Object; whole, with what it answers one level deep."""
    data = _message(world, one, viewer)
    if one.type in {MessageType.REPLY, MessageType.THREAD_STARTER_MESSAGE}:
        answered = world.messages.get(one.reply_to or 0)
        there = answered is not None and not answered.deleted
        data["referenced_message"] = (
            _message(world, answered, viewer) if answered is not None and there else None
        )
    return data


def message_event(world: World, one: Message) -> dict[str, Any]:
    """A message as MESSAGE_CREATE and MESSAGE_UPDATE tell it; only there is its nonce.

    docs: Gateway Events › Message Create Extra Fields (``guild_id``, ``member``, and members
    in ``mentions``).
    """
    data = message(world, one)
    if one.nonce is not None:
        data["nonce"] = one.nonce
    here = world.channels.get(one.channel_id)
    data["channel_type"] = int(here.type) if here is not None else 0
    if one.guild_id is None:
        return data
    data["guild_id"] = str(one.guild_id)
    where = world.guilds[one.guild_id]
    author = where.members.get(one.author_id)
    if author is not None and one.webhook_id is None:
        data["member"] = member_fields(author)
    for mentioned in data["mentions"]:
        belongs = where.members.get(int(mentioned["id"]))
        if belongs is not None:
            mentioned["member"] = member_fields(belongs)
    return data


def _author(world: World, one: Message) -> dict[str, Any]:
    if one.shown_name is None:
        return user(world.users[one.author_id])
    return {
        **user(User(one.webhook_id or one.author_id, one.shown_name, None, "", bot=True)),
        "avatar": one.shown_avatar,
        "discriminator": "0000",
    }


def _message(world: World, one: Message, viewer: int | None) -> dict[str, Any]:
    data: dict[str, Any] = {
        "id": str(one.id),
        "channel_id": str(one.channel_id),
        "type": int(one.type),
        "author": _author(world, one),
        "content": one.content,
        "timestamp": iso(one.timestamp),
        "edited_timestamp": iso(one.edited_timestamp),
        "tts": one.tts,
        "mention_everyone": one.mention_everyone,
        "mentions": [user(world.users[i]) for i in one.mentions if i in world.users],
        "mention_roles": [str(role_id) for role_id in one.mention_roles],
        "attachments": [attachment(world, part) for part in one.attachments],
        "embeds": one.embeds,
        "components": one.components,
        "pinned": one.pinned,
        "flags": one.flags,
    }
    if one.reactions:
        data["reactions"] = [_reaction(part, viewer) for part in one.reactions]
    if one.sticker_items:
        data["sticker_items"] = one.sticker_items
    if one.reference is not None:
        data["message_reference"] = one.reference
    if one.snapshots:
        data["message_snapshots"] = one.snapshots
    if one.webhook_id is not None:
        data["webhook_id"] = str(one.webhook_id)
    if one.application_id is not None:
        data["application_id"] = str(one.application_id)
    if one.interaction_metadata is not None:
        data["interaction_metadata"] = one.interaction_metadata
    if one.position is not None:
        data["position"] = one.position
    if one.poll is not None:
        data["poll"] = _poll(one, viewer)
    opened = world.channels.get(one.id)
    if opened is not None and opened.thread is not None and opened.id != one.channel_id:
        data["thread"] = channel(world, opened)
    return data


def _poll(one: Message, viewer: int | None) -> dict[str, Any]:
    assert one.poll is not None
    counts = [
        {"id": answer_id, "count": len(voters), "me_voted": viewer in voters}
        for answer_id, voters in sorted(one.poll_votes.items())
        if voters
    ]
    finalized = bool(one.poll.get("finalized"))
    shown = {key: value for key, value in one.poll.items() if key != "finalized"}
    return {**shown, "results": {"is_finalized": finalized, "answer_counts": counts}}


def _reaction(one: Reaction, viewer: int | None) -> dict[str, Any]:
    return {
        "emoji": {"id": _id(one.emoji_id), "name": one.emoji_name},
        "count": len(one.users),
        "count_details": {"burst": 0, "normal": len(one.users)},
        "burst_colors": [],
        "me_burst": False,
        "me": viewer in one.users,
    }


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
        "system_channel_id": _id(one.system_channel_id),
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
            if world.users[viewer].bot or world.may_view(viewer, part.id)
        ],
        "threads": [
            channel(world, part, viewer)
            for part in world.threads_of(one.id)
            if world.may_view(viewer, part.id)
        ],
        "presences": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }


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
    """docs: Webhook Resource › Webhook Object; ``secret`` shows its token."""
    data: dict[str, Any] = {
        "id": str(one.id),
        "type": 1,
        "application_id": _id(one.application_id),
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
