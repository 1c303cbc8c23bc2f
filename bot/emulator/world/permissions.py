"""Discord's permission bits and how they are computed from roles and overwrites.

docs: Topics › Permissions.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import IntFlag

from bot.emulator.world.models import Channel, ChannelType, Guild, Overwrite, OverwriteType

__all__ = ["ALL", "Permission", "channel_permissions", "guild_permissions"]


class Permission(IntFlag):
    """docs: Permissions › Bitwise Permission Flags."""

    CREATE_INSTANT_INVITE = 1 << 0
    KICK_MEMBERS = 1 << 1
    BAN_MEMBERS = 1 << 2
    ADMINISTRATOR = 1 << 3
    MANAGE_CHANNELS = 1 << 4
    MANAGE_GUILD = 1 << 5
    ADD_REACTIONS = 1 << 6
    VIEW_AUDIT_LOG = 1 << 7
    PRIORITY_SPEAKER = 1 << 8
    STREAM = 1 << 9
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    SEND_TTS_MESSAGES = 1 << 12
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    MENTION_EVERYONE = 1 << 17
    USE_EXTERNAL_EMOJIS = 1 << 18
    VIEW_GUILD_INSIGHTS = 1 << 19
    CONNECT = 1 << 20
    SPEAK = 1 << 21
    MUTE_MEMBERS = 1 << 22
    DEAFEN_MEMBERS = 1 << 23
    MOVE_MEMBERS = 1 << 24
    USE_VAD = 1 << 25
    CHANGE_NICKNAME = 1 << 26
    MANAGE_NICKNAMES = 1 << 27
    MANAGE_ROLES = 1 << 28
    MANAGE_WEBHOOKS = 1 << 29
    MANAGE_GUILD_EXPRESSIONS = 1 << 30
    USE_APPLICATION_COMMANDS = 1 << 31
    REQUEST_TO_SPEAK = 1 << 32
    MANAGE_EVENTS = 1 << 33
    MANAGE_THREADS = 1 << 34
    CREATE_PUBLIC_THREADS = 1 << 35
    CREATE_PRIVATE_THREADS = 1 << 36
    USE_EXTERNAL_STICKERS = 1 << 37
    SEND_MESSAGES_IN_THREADS = 1 << 38
    USE_EMBEDDED_ACTIVITIES = 1 << 39
    MODERATE_MEMBERS = 1 << 40
    VIEW_CREATOR_MONETIZATION_ANALYTICS = 1 << 41
    USE_SOUNDBOARD = 1 << 42
    CREATE_GUILD_EXPRESSIONS = 1 << 43
    CREATE_EVENTS = 1 << 44
    USE_EXTERNAL_SOUNDS = 1 << 45
    SEND_VOICE_MESSAGES = 1 << 46
    SEND_POLLS = 1 << 49
    USE_EXTERNAL_APPS = 1 << 50
    PIN_MESSAGES = 1 << 51
    BYPASS_SLOWMODE = 1 << 52


P = Permission
ALL = sum(Permission)

_TIMED_OUT = P.VIEW_CHANNEL | P.READ_MESSAGE_HISTORY
_NEED_SENDING = (
    P.MENTION_EVERYONE | P.SEND_TTS_MESSAGES | P.ATTACH_FILES | P.EMBED_LINKS | P.SEND_POLLS
)


def guild_permissions(guild: Guild, user_id: int) -> int:
    """A member's permission bits in the whole server; 0 for anyone else.

    docs: Permissions › Permission Hierarchy (``compute_base_permissions``).
    """
    member = guild.members.get(user_id)
    if member is None:
        return 0
    if user_id == guild.owner_id:
        return ALL
    bits = guild.roles[guild.id].permissions
    for role_id in member.roles:
        bits |= guild.roles[role_id].permissions
    return ALL if bits & P.ADMINISTRATOR else bits


def channel_permissions(guild: Guild, place: Channel, user_id: int, now: datetime) -> int:
    """A member's permission bits in a channel; for a thread, ``place`` is the thread's parent.

    Without *View Channel* there are none; without *Send Messages* those that need sending are
    removed, without *Connect* a voice channel can't be managed; a member in time-out can only read.
    docs: Permissions › Permission Overwrites, Implicit Permissions, Permissions for Timed Out
    Members.
    """
    bits = guild_permissions(guild, user_id)
    if bits & P.ADMINISTRATOR:
        return bits
    member = guild.members.get(user_id)
    if member is None:
        return 0
    bits = _overwritten(bits, place.overwrites, guild.id, member.roles, user_id)
    if not bits & P.VIEW_CHANNEL:
        return 0
    if not bits & (P.SEND_MESSAGES | P.SEND_MESSAGES_IN_THREADS):
        bits &= ~_NEED_SENDING
    if place.type is ChannelType.VOICE and not bits & P.CONNECT:
        bits &= ~P.MANAGE_CHANNELS
    until = member.communication_disabled_until
    if until is not None and until > now:
        bits &= _TIMED_OUT
    return bits


def _overwritten(
    bits: int, overwrites: Iterable[Overwrite], guild_id: int, roles: list[int], user_id: int
) -> int:
    """Apply the overwrite of @everyone, then those of all roles together, then the member's."""
    by_key = {(overwrite.type, overwrite.id): overwrite for overwrite in overwrites}
    everyone = by_key.get((OverwriteType.ROLE, guild_id))
    if everyone is not None:
        bits = (bits & ~everyone.deny) | everyone.allow
    allow = deny = 0
    for role_id in roles:
        overwrite = by_key.get((OverwriteType.ROLE, role_id))
        if overwrite is not None:
            allow |= overwrite.allow
            deny |= overwrite.deny
    bits = (bits & ~deny) | allow
    own = by_key.get((OverwriteType.MEMBER, user_id))
    if own is not None:
        bits = (bits & ~own.deny) | own.allow
    return bits
