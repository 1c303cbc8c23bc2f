"""Gateway intents: the events a session subscribed to, and the content withheld without one.

docs: Gateway › Gateway Intents (List of Intents, Privileged Intents, Message Content Intent).
"""

from __future__ import annotations

from enum import IntFlag
from typing import Any

from bot.emulator.payloads import Dispatch

__all__ = [
    "ACCEPTED_INTENTS",
    "ALL_INTENTS",
    "Intent",
    "disallowed_intents",
    "is_content_withheld",
    "is_subscribed",
    "strip_content",
]


class Intent(IntFlag):
    """docs: Gateway › List of Intents."""

    GUILDS = 1 << 0
    GUILD_MEMBERS = 1 << 1
    GUILD_MODERATION = 1 << 2
    GUILD_EXPRESSIONS = 1 << 3
    GUILD_INTEGRATIONS = 1 << 4
    GUILD_WEBHOOKS = 1 << 5
    GUILD_INVITES = 1 << 6
    GUILD_VOICE_STATES = 1 << 7
    GUILD_PRESENCES = 1 << 8
    GUILD_MESSAGES = 1 << 9
    GUILD_MESSAGE_REACTIONS = 1 << 10
    GUILD_MESSAGE_TYPING = 1 << 11
    DIRECT_MESSAGES = 1 << 12
    DIRECT_MESSAGE_REACTIONS = 1 << 13
    DIRECT_MESSAGE_TYPING = 1 << 14
    MESSAGE_CONTENT = 1 << 15
    GUILD_SCHEDULED_EVENTS = 1 << 16
    AUTO_MODERATION_CONFIGURATION = 1 << 20
    AUTO_MODERATION_EXECUTION = 1 << 21
    GUILD_MESSAGE_POLLS = 1 << 24
    DIRECT_MESSAGE_POLLS = 1 << 25


ALL_INTENTS = int(sum(Intent))
"""All documented bits."""

ACCEPTED_INTENTS = ALL_INTENTS | 1 << 17
"""Bits that an identify may have; any other one is an invalid intent (close code 4013).

Bit 17 is in no table of the documentation, but clients send it and Discord accepts it.
docs: Gateway › List of Intents (silent about bit 17).
"""

_GUILD_EVENTS: dict[Intent, tuple[str, ...]] = {
    Intent.GUILDS: (
        "GUILD_CREATE",
        "GUILD_UPDATE",
        "GUILD_DELETE",
        "GUILD_ROLE_CREATE",
        "GUILD_ROLE_UPDATE",
        "GUILD_ROLE_DELETE",
        "CHANNEL_CREATE",
        "CHANNEL_UPDATE",
        "CHANNEL_DELETE",
        "CHANNEL_PINS_UPDATE",
        "THREAD_CREATE",
        "THREAD_UPDATE",
        "THREAD_DELETE",
        "THREAD_LIST_SYNC",
        "THREAD_MEMBER_UPDATE",
        "THREAD_MEMBERS_UPDATE",
        "STAGE_INSTANCE_CREATE",
        "STAGE_INSTANCE_UPDATE",
        "STAGE_INSTANCE_DELETE",
    ),
    Intent.GUILD_MEMBERS: ("GUILD_MEMBER_ADD", "GUILD_MEMBER_UPDATE", "GUILD_MEMBER_REMOVE"),
    Intent.GUILD_MODERATION: (
        "GUILD_AUDIT_LOG_ENTRY_CREATE",
        "GUILD_BAN_ADD",
        "GUILD_BAN_REMOVE",
    ),
    Intent.GUILD_EXPRESSIONS: (
        "GUILD_EMOJIS_UPDATE",
        "GUILD_STICKERS_UPDATE",
        "GUILD_SOUNDBOARD_SOUND_CREATE",
        "GUILD_SOUNDBOARD_SOUND_UPDATE",
        "GUILD_SOUNDBOARD_SOUND_DELETE",
        "GUILD_SOUNDBOARD_SOUNDS_UPDATE",
    ),
    Intent.GUILD_INTEGRATIONS: (
        "GUILD_INTEGRATIONS_UPDATE",
        "INTEGRATION_CREATE",
        "INTEGRATION_UPDATE",
        "INTEGRATION_DELETE",
    ),
    Intent.GUILD_WEBHOOKS: ("WEBHOOKS_UPDATE",),
    Intent.GUILD_INVITES: ("INVITE_CREATE", "INVITE_DELETE"),
    Intent.GUILD_VOICE_STATES: ("VOICE_CHANNEL_EFFECT_SEND", "VOICE_STATE_UPDATE"),
    Intent.GUILD_PRESENCES: ("PRESENCE_UPDATE",),
    Intent.GUILD_MESSAGES: (
        "MESSAGE_CREATE",
        "MESSAGE_UPDATE",
        "MESSAGE_DELETE",
        "MESSAGE_DELETE_BULK",
    ),
    Intent.GUILD_MESSAGE_REACTIONS: (
        "MESSAGE_REACTION_ADD",
        "MESSAGE_REACTION_REMOVE",
        "MESSAGE_REACTION_REMOVE_ALL",
        "MESSAGE_REACTION_REMOVE_EMOJI",
    ),
    Intent.GUILD_MESSAGE_TYPING: ("TYPING_START",),
    Intent.GUILD_SCHEDULED_EVENTS: (
        "GUILD_SCHEDULED_EVENT_CREATE",
        "GUILD_SCHEDULED_EVENT_UPDATE",
        "GUILD_SCHEDULED_EVENT_DELETE",
        "GUILD_SCHEDULED_EVENT_USER_ADD",
        "GUILD_SCHEDULED_EVENT_USER_REMOVE",
    ),
    Intent.AUTO_MODERATION_CONFIGURATION: (
        "AUTO_MODERATION_RULE_CREATE",
        "AUTO_MODERATION_RULE_UPDATE",
        "AUTO_MODERATION_RULE_DELETE",
    ),
    Intent.AUTO_MODERATION_EXECUTION: ("AUTO_MODERATION_ACTION_EXECUTION",),
    Intent.GUILD_MESSAGE_POLLS: ("MESSAGE_POLL_VOTE_ADD", "MESSAGE_POLL_VOTE_REMOVE"),
}
_DIRECT_EVENTS: dict[Intent, tuple[str, ...]] = {
    Intent.DIRECT_MESSAGES: (
        "MESSAGE_CREATE",
        "MESSAGE_UPDATE",
        "MESSAGE_DELETE",
        "CHANNEL_PINS_UPDATE",
    ),
    Intent.DIRECT_MESSAGE_REACTIONS: _GUILD_EVENTS[Intent.GUILD_MESSAGE_REACTIONS],
    Intent.DIRECT_MESSAGE_TYPING: ("TYPING_START",),
    Intent.DIRECT_MESSAGE_POLLS: _GUILD_EVENTS[Intent.GUILD_MESSAGE_POLLS],
}
_IN_GUILD = {name: intent for intent, names in _GUILD_EVENTS.items() for name in names}
_IN_DIRECT = {name: intent for intent, names in _DIRECT_EVENTS.items() for name in names}

_FLAGS = {
    Intent.GUILD_PRESENCES: 1 << 12 | 1 << 13,
    Intent.GUILD_MEMBERS: 1 << 14 | 1 << 15,
    Intent.MESSAGE_CONTENT: 1 << 18 | 1 << 19,
}
"""The application flags (full or limited) that enable a privileged intent.

docs: Application Resource › Application Flags.
"""


def disallowed_intents(intents: int, application_flags: int) -> int:
    """The privileged intents among ``intents`` that the application hasn't enabled."""
    found = 0
    for intent, flags in _FLAGS.items():
        if intents & intent and not application_flags & flags:
            found |= intent
    return found


def is_subscribed(intents: int, dispatch: Dispatch, user_id: int) -> bool:
    """Whether a session of ``user_id`` with these intents gets a dispatch.

    Events outside the list go to everyone, and so does a change of one's own membership. Without
    GUILD_MEMBERS a session learns of thread members only if it joins or leaves itself.
    docs: Gateway › List of Intents (its notes), Gateway Events › Thread Members Update.
    """
    table = _IN_DIRECT if dispatch.guild_id is None else _IN_GUILD
    intent = table.get(dispatch.name)
    if intent is None:
        return True
    if dispatch.name == "GUILD_MEMBER_UPDATE" and dispatch.data["user"]["id"] == str(user_id):
        return True
    if dispatch.name == "THREAD_MEMBERS_UPDATE":
        if intents & Intent.GUILD_MEMBERS:
            return True
        return bool(intents & intent) and _concerns(dispatch.data, str(user_id))
    return bool(intents & intent)


def _concerns(data: dict[str, Any], user_id: str) -> bool:
    added = any(member.get("user_id") == user_id for member in data.get("added_members", ()))
    return added or user_id in data.get("removed_member_ids", ())


def is_content_withheld(message: dict[str, Any], user_id: int) -> bool:
    """Whether a message's content is empty for a bot without the message-content intent.

    It isn't in direct messages, in the bot's own messages and where the bot is mentioned.
    docs: Gateway › Message Content Intent.
    """
    own = str(user_id)
    if "guild_id" not in message or message["author"]["id"] == own:
        return False
    if message.get("application_id") == own:
        return False
    return all(mentioned["id"] != own for mentioned in message.get("mentions", ()))


def strip_content(message: dict[str, Any], user_id: int) -> dict[str, Any]:
    """A message, and the message it replies to, as a session without message content gets it.

    docs: Gateway › Message Content Intent (``content``, ``embeds``, ``attachments``,
    ``components`` are empty, ``poll`` is left out).
    """
    kept = dict(message)
    if is_content_withheld(message, user_id):
        kept |= {"content": "", "embeds": [], "attachments": [], "components": []}
        kept.pop("poll", None)
        if "message_snapshots" in kept:
            kept["message_snapshots"] = []
    answered = message.get("referenced_message")
    if answered is not None and "guild_id" in message:
        inner = strip_content({**answered, "guild_id": message["guild_id"]}, user_id)
        inner.pop("guild_id")
        kept["referenced_message"] = inner
    return kept
