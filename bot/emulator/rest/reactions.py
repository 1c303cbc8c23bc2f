"""Reactions and pins.

docs: Message Resource › Create Reaction …, Get Channel Pins …
"""

from __future__ import annotations

from urllib.parse import unquote

from bot.emulator import payloads
from bot.emulator.rest.messages import message_payload
from bot.emulator.rest.request import Api, Call, Result
from bot.emulator.rules import messages
from bot.emulator.rules.access import get_message, get_text_channel, require, require_unarchived
from bot.emulator.rules.emojis import find_emoji, is_unicode_emoji, require_emoji
from bot.emulator.rules.errors import api_error
from bot.emulator.rules.json_form import read_id
from bot.emulator.world.events import (
    MessageUpdated,
    PinsUpdated,
    ReactionAdded,
    ReactionEmojiCleared,
    ReactionRemoved,
    ReactionsCleared,
)
from bot.emulator.world.models import Message, MessageType, Reaction
from bot.emulator.world.permissions import Permission

__all__ = ["add_routes"]

_MAX_REACTIONS = 20
_MAX_PINS = 250
_REACTIONS = "/channels/{channel_id}/messages/{message_id}/reactions"


def add_routes(api: Api) -> None:
    """Add the routes."""
    api.add("PUT", f"{_REACTIONS}/{{emoji}}/@me", _add)
    api.add("DELETE", f"{_REACTIONS}/{{emoji}}/@me", _remove_own)
    api.add("DELETE", f"{_REACTIONS}/{{emoji}}/{{user_id}}", _remove_other)
    api.add("DELETE", f"{_REACTIONS}/{{emoji}}", _clear_emoji)
    api.add("DELETE", _REACTIONS, _clear)
    api.add("GET", f"{_REACTIONS}/{{emoji}}", _who)
    for path in ("/channels/{channel_id}/pins", "/channels/{channel_id}/messages/pins"):
        api.add("PUT", f"{path}/{{message_id}}", _pin)
        api.add("DELETE", f"{path}/{{message_id}}", _unpin)
    api.add("GET", "/channels/{channel_id}/pins", _pins_plain)
    api.add("GET", "/channels/{channel_id}/messages/pins", _pins)


def _message(call: Call) -> Message:
    return get_message(call.world, call.user, call.id("channel_id"), call.id("message_id"))


def _emoji(call: Call) -> tuple[int | None, str]:
    """docs: Create Reaction: a Unicode emoji, or ``name:id`` of a server's own."""
    text = unquote(call.text("emoji"))
    name, colon, number = text.removeprefix("a:").rpartition(":")
    emoji_id = read_id(number) if colon else None
    if emoji_id is not None:
        known = find_emoji(call.world, call.user, emoji_id)
        return emoji_id, known.name if known is not None else name
    if not is_unicode_emoji(text):
        raise api_error(10014)
    return None, text


def _find(message: Message, emoji: tuple[int | None, str]) -> Reaction | None:
    for reaction in message.reactions:
        if (reaction.emoji_id, reaction.emoji_name) == emoji or (
            emoji[0] is not None and reaction.emoji_id == emoji[0]
        ):
            return reaction
    return None


async def _add(call: Call) -> Result:
    """docs: Create Reaction: only an emoji that isn't there yet needs *Add Reactions*.

    A custom emoji must be one of a server that the caller is in (10014).
    """
    world, user, message = call.world, call.user, _message(call)
    channel = world.channels[message.channel_id]
    emoji = _emoji(call)
    require(world, user, channel, Permission.READ_MESSAGE_HISTORY)
    require_unarchived(channel)
    reaction = _find(message, emoji)
    if reaction is None:
        if emoji[0] is not None:
            require_emoji(world, user, channel, emoji[0])
        require(world, user, channel, Permission.ADD_REACTIONS)
        if len(message.reactions) >= _MAX_REACTIONS:
            raise api_error(30010)
        reaction = Reaction(*emoji)
        message.reactions.append(reaction)
    if user.id in reaction.users:
        return None
    reaction.users.append(user.id)
    world.emit(ReactionAdded(message, reaction, user.id))
    return None


def _remove(call: Call, message: Message, user_id: int) -> None:
    emoji = _emoji(call)
    require_unarchived(call.world.channels[message.channel_id])
    reaction = _find(message, emoji)
    if reaction is None:
        raise api_error(10014)
    if user_id not in reaction.users:
        return
    reaction.users.remove(user_id)
    if not reaction.users:
        message.reactions.remove(reaction)
    call.world.emit(ReactionRemoved(message, reaction, user_id))


async def _remove_own(call: Call) -> Result:
    _remove(call, _message(call), call.user.id)
    return None


async def _remove_other(call: Call) -> Result:
    message = _message(call)
    user_id = call.id("user_id")
    if user_id not in call.world.users:
        raise api_error(10013)
    if user_id != call.user.id:
        channel = call.world.channels[message.channel_id]
        require(call.world, call.user, channel, Permission.MANAGE_MESSAGES)
    _remove(call, message, user_id)
    return None


async def _clear_emoji(call: Call) -> Result:
    message = _message(call)
    channel = call.world.channels[message.channel_id]
    require(call.world, call.user, channel, Permission.MANAGE_MESSAGES)
    require_unarchived(channel)
    emoji = _emoji(call)
    reaction = _find(message, emoji)
    if reaction is None:
        raise api_error(10014)
    message.reactions.remove(reaction)
    call.world.emit(ReactionEmojiCleared(message, reaction))
    return None


async def _clear(call: Call) -> Result:
    message = _message(call)
    channel = call.world.channels[message.channel_id]
    require(call.world, call.user, channel, Permission.MANAGE_MESSAGES)
    require_unarchived(channel)
    if message.reactions:
        message.reactions.clear()
        call.world.emit(ReactionsCleared(message))
    return None


async def _who(call: Call) -> Result:
    """docs: Message Resource › Get Reactions: users in the order of their ids.

    Nobody here has a burst reaction (``type`` 1).
    """
    message = _message(call)
    query = call.query
    kind = query.choice("type", (0, 1))
    limit = query.integer("limit", least=1, most=100) or 25
    after = query.snowflake("after") or 0
    query.check()
    reaction = _find(message, _emoji(call)) if not kind else None
    users = sorted(user_id for user_id in reaction.users if user_id > after) if reaction else []
    return [payloads.user(call.world.users[user_id]) for user_id in users[:limit]]


async def _pin(call: Call) -> Result:
    """docs: Message Resource › Pin Message (*Pin Messages* since February 2026)."""
    world, user, message = call.world, call.user, _message(call)
    channel = world.channels[message.channel_id]
    if channel.guild_id is not None:
        require(world, user, channel, Permission.PIN_MESSAGES)
    require_unarchived(channel)
    if message.type not in messages.EDITABLE:
        raise api_error(50021)
    if message.pinned:
        return None
    if len(_pinned(call, channel.id)) >= _MAX_PINS:
        raise api_error(30003)
    message.pinned, message.pinned_at = True, world.now()
    channel.last_pin_timestamp = message.pinned_at
    _pins_changed(call, message)
    reference = {"type": 0, "channel_id": str(channel.id), "message_id": str(message.id)}
    if channel.guild_id is not None:
        reference["guild_id"] = str(channel.guild_id)
    kind = MessageType.CHANNEL_PINNED_MESSAGE
    messages.post_system_message(world, channel, user.id, kind, reference=reference)
    return None


async def _unpin(call: Call) -> Result:
    world, user, message = call.world, call.user, _message(call)
    channel = world.channels[message.channel_id]
    if channel.guild_id is not None:
        require(world, user, channel, Permission.PIN_MESSAGES)
    require_unarchived(channel)
    if message.pinned:
        message.pinned, message.pinned_at = False, None
        _pins_changed(call, message)
    return None


def _pins_changed(call: Call, message: Message) -> None:
    """docs: Gateway Events › Channel Pins Update."""
    call.world.emit(MessageUpdated(message))
    call.world.emit(PinsUpdated(call.world.channels[message.channel_id]))


def _pinned(call: Call, channel_id: int) -> list[Message]:
    world = call.world
    found = [world.messages[m] for m in world.timelines[channel_id] if world.messages[m].pinned]
    return sorted(found, key=lambda m: m.pinned_at or m.timestamp, reverse=True)


async def _pins_plain(call: Call) -> Result:
    """docs: Message Resource › Get Pinned Messages (deprecated; the first 50)."""
    channel = get_text_channel(call.world, call.user, call.id("channel_id"))
    if not call.world.permissions(call.user.id, channel.id) & Permission.READ_MESSAGE_HISTORY:
        return []
    return [message_payload(call, message) for message in _pinned(call, channel.id)[:50]]


async def _pins(call: Call) -> Result:
    """docs: Message Resource › Get Channel Pins (``before`` is a time, ``limit`` 1 to 50)."""
    channel = get_text_channel(call.world, call.user, call.id("channel_id"))
    query = call.query
    limit = query.integer("limit", least=1, most=50) or 50
    before = query.moment("before")
    query.check()
    found = _pinned(call, channel.id)
    if not call.world.permissions(call.user.id, channel.id) & Permission.READ_MESSAGE_HISTORY:
        found = []
    if before is not None:
        found = [m for m in found if m.pinned_at is not None and m.pinned_at < before]
    return {
        "items": [
            {"pinned_at": payloads.iso(m.pinned_at), "message": message_payload(call, m)}
            for m in found[:limit]
        ],
        "has_more": len(found) > limit,
    }
