"""Reactions and pins.

docs: Message Resource › Create Reaction …, Get Channel Pins …
"""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from bot.emulator import payloads
from bot.emulator.rest.messages import shown
from bot.emulator.rest.request import Answer, Api, Call
from bot.emulator.rules import messages
from bot.emulator.rules.errors import refuse
from bot.emulator.world.access import message_for, need, not_archived, readable
from bot.emulator.world.events import Event
from bot.emulator.world.models import Message, MessageType, Reaction
from bot.emulator.world.permissions import Permission

__all__ = ["add_routes"]

_MOST_REACTIONS = 20
_MOST_PINS = 250
_REACTIONS = "/channels/{channel_id}/messages/{message_id}/reactions"


def add_routes(api: Api) -> None:
    """Serve them."""
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
    return message_for(call.world, call.user, call.id("channel_id"), call.id("message_id"))


def _emoji(call: Call) -> tuple[int | None, str]:
    """docs: Create Reaction: a Unicode emoji, or ``name:id`` of a server's own."""
    text = unquote(call.text("emoji"))
    name, colon, number = text.removeprefix("a:").rpartition(":")
    if colon and number.isdecimal():
        return int(number), name
    if not text or text.isascii():
        raise refuse(10014)
    return None, text


def _find(message: Message, emoji: tuple[int | None, str]) -> Reaction | None:
    for reaction in message.reactions:
        if (reaction.emoji_id, reaction.emoji_name) == emoji or (
            emoji[0] is not None and reaction.emoji_id == emoji[0]
        ):
            return reaction
    return None


def _tell(call: Call, name: str, message: Message, data: dict[str, Any]) -> None:
    whole = {"channel_id": str(message.channel_id), "message_id": str(message.id), **data}
    if message.guild_id is not None:
        whole["guild_id"] = str(message.guild_id)
    call.world.emit(Event(name, whole, message.guild_id, message.channel_id))


def _emoji_data(emoji: tuple[int | None, str]) -> dict[str, Any]:
    return {"id": str(emoji[0]) if emoji[0] is not None else None, "name": emoji[1]}


async def _add(call: Call) -> Answer:
    """docs: Create Reaction: a new emoji needs *Add Reactions*, an old one only reading."""
    world, user, message = call.world, call.user, _message(call)
    channel = world.channels[message.channel_id]
    emoji = _emoji(call)
    need(world, user, channel, Permission.READ_MESSAGE_HISTORY)
    not_archived(channel)
    reaction = _find(message, emoji)
    if reaction is None:
        need(world, user, channel, Permission.ADD_REACTIONS)
        if len(message.reactions) >= _MOST_REACTIONS:
            raise refuse(30010)
        reaction = Reaction(*emoji)
        message.reactions.append(reaction)
    if user.id in reaction.users:
        return None
    reaction.users.append(user.id)
    data: dict[str, Any] = {
        "user_id": str(user.id),
        "emoji": _emoji_data(emoji),
        "message_author_id": str(message.author_id),
        "burst": False,
        "type": 0,
    }
    if message.guild_id is not None:
        data["member"] = payloads.member(world, world.guilds[message.guild_id], user.id)
    _tell(call, "MESSAGE_REACTION_ADD", message, data)
    return None


def _take_away(call: Call, message: Message, user_id: int) -> None:
    emoji = _emoji(call)
    not_archived(call.world.channels[message.channel_id])
    reaction = _find(message, emoji)
    if reaction is None:
        raise refuse(10014)
    if user_id not in reaction.users:
        return
    reaction.users.remove(user_id)
    if not reaction.users:
        message.reactions.remove(reaction)
    data = {
        "user_id": str(user_id),
        "emoji": _emoji_data(emoji),
        "burst": False,
        "type": 0,
    }
    _tell(call, "MESSAGE_REACTION_REMOVE", message, data)


async def _remove_own(call: Call) -> Answer:
    _take_away(call, _message(call), call.user.id)
    return None


async def _remove_other(call: Call) -> Answer:
    message = _message(call)
    user_id = call.id("user_id")
    if user_id != call.user.id:
        channel = call.world.channels[message.channel_id]
        need(call.world, call.user, channel, Permission.MANAGE_MESSAGES)
    _take_away(call, message, user_id)
    return None


async def _clear_emoji(call: Call) -> Answer:
    message = _message(call)
    channel = call.world.channels[message.channel_id]
    need(call.world, call.user, channel, Permission.MANAGE_MESSAGES)
    not_archived(channel)
    emoji = _emoji(call)
    reaction = _find(message, emoji)
    if reaction is None:
        raise refuse(10014)
    message.reactions.remove(reaction)
    _tell(call, "MESSAGE_REACTION_REMOVE_EMOJI", message, {"emoji": _emoji_data(emoji)})
    return None


async def _clear(call: Call) -> Answer:
    message = _message(call)
    channel = call.world.channels[message.channel_id]
    need(call.world, call.user, channel, Permission.MANAGE_MESSAGES)
    not_archived(channel)
    if message.reactions:
        message.reactions.clear()
        _tell(call, "MESSAGE_REACTION_REMOVE_ALL", message, {})
    return None


async def _who(call: Call) -> Answer:
    """docs: Message Resource › Get Reactions: users in the order of their ids."""
    message = _message(call)
    query = call.query
    limit = query.integer("limit", least=1, most=100) or 25
    after = query.snowflake("after") or 0
    query.done()
    reaction = _find(message, _emoji(call))
    users = sorted(user_id for user_id in reaction.users if user_id > after) if reaction else []
    return [payloads.user(call.world.users[user_id]) for user_id in users[:limit]]


async def _pin(call: Call) -> Answer:
    """docs: Message Resource › Pin Message (*Pin Messages* since February 2026)."""
    world, user, message = call.world, call.user, _message(call)
    channel = world.channels[message.channel_id]
    if channel.guild_id is not None:
        need(world, user, channel, Permission.PIN_MESSAGES)
    not_archived(channel)
    if message.type not in messages.EDITABLE:
        raise refuse(50021)
    if message.pinned:
        return None
    if len(_pinned(call, channel.id)) >= _MOST_PINS:
        raise refuse(30003)
    message.pinned, message.pinned_at = True, world.now()
    channel.last_pin_timestamp = message.pinned_at
    _pins_changed(call, message)
    reference = {"type": 0, "channel_id": str(channel.id), "message_id": str(message.id)}
    if channel.guild_id is not None:
        reference["guild_id"] = str(channel.guild_id)
    kind = MessageType.CHANNEL_PINNED_MESSAGE
    messages.system(world, channel, user.id, kind, reference=reference)
    return None


async def _unpin(call: Call) -> Answer:
    world, user, message = call.world, call.user, _message(call)
    channel = world.channels[message.channel_id]
    if channel.guild_id is not None:
        need(world, user, channel, Permission.PIN_MESSAGES)
    not_archived(channel)
    if message.pinned:
        message.pinned, message.pinned_at = False, None
        _pins_changed(call, message)
    return None


def _pins_changed(call: Call, message: Message) -> None:
    """docs: Gateway Events › Channel Pins Update."""
    world, channel = call.world, call.world.channels[message.channel_id]
    messages.tell_update(world, message)
    data: dict[str, Any] = {
        "channel_id": str(channel.id),
        "last_pin_timestamp": payloads.iso(channel.last_pin_timestamp),
    }
    if channel.guild_id is not None:
        data["guild_id"] = str(channel.guild_id)
    world.emit(Event("CHANNEL_PINS_UPDATE", data, channel.guild_id, channel.id))


def _pinned(call: Call, channel_id: int) -> list[Message]:
    world = call.world
    found = [world.messages[m] for m in world.timelines[channel_id] if world.messages[m].pinned]
    return sorted(found, key=lambda m: m.pinned_at or m.timestamp, reverse=True)


async def _pins_plain(call: Call) -> Answer:
    channel = readable(call.world, call.user, call.id("channel_id"))
    if not call.world.permissions(call.user.id, channel.id) & Permission.READ_MESSAGE_HISTORY:
        return []
    return [shown(call, message) for message in _pinned(call, channel.id)]


async def _pins(call: Call) -> Answer:
    """docs: Message Resource › Get Channel Pins (``before`` is a moment, ``limit`` 1 to 50)."""
    channel = readable(call.world, call.user, call.id("channel_id"))
    query = call.query
    limit = query.integer("limit", least=1, most=50) or 50
    before = query.moment("before")
    query.done()
    found = _pinned(call, channel.id)
    if not call.world.permissions(call.user.id, channel.id) & Permission.READ_MESSAGE_HISTORY:
        found = []
    if before is not None:
        found = [m for m in found if m.pinned_at is not None and m.pinned_at < before]
    return {
        "items": [
            {"pinned_at": payloads.iso(m.pinned_at), "message": shown(call, m)}
            for m in found[:limit]
        ],
        "has_more": len(found) > limit,
    }
