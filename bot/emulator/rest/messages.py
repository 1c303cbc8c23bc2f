"""Messages: posting, reading, editing, deleting.

docs: Message Resource.
"""

from __future__ import annotations

import bisect
from datetime import timedelta
from typing import Any

from bot.emulator import payloads
from bot.emulator.rest.request import Api, Call, Result
from bot.emulator.rules import messages, send
from bot.emulator.rules.access import (
    get_channel,
    get_message,
    get_text_channel,
    require,
    require_connect,
    require_deletable,
    require_unarchived,
    require_unlocked,
)
from bot.emulator.rules.automod import check_text
from bot.emulator.rules.components import IS_COMPONENTS_V2
from bot.emulator.rules.errors import api_error
from bot.emulator.rules.message_input import EDIT, SUPPRESS_EMBEDS, read_draft
from bot.emulator.rules.rate_limits import OLD_EDITS
from bot.emulator.world.events import MessageUpdated, TypingStarted
from bot.emulator.world.models import ChannelType, Message
from bot.emulator.world.permissions import Permission
from bot.emulator.world.snowflakes import snowflake_at

__all__ = ["add_routes", "message_payload"]

_BULK_WITHIN = timedelta(days=14)
_OLD = timedelta(hours=1)
_WITHHELD: dict[str, Any] = {"content": "", "embeds": [], "attachments": [], "components": []}
_MESSAGE = "/channels/{channel_id}/messages/{message_id}"


def add_routes(api: Api) -> None:
    """Add the routes."""
    api.add("POST", "/channels/{channel_id}/messages", _create)
    api.add("GET", "/channels/{channel_id}/messages", _history)
    api.add("POST", "/channels/{channel_id}/messages/bulk-delete", _bulk_delete)
    api.add("GET", _MESSAGE, _get)
    api.add("PATCH", _MESSAGE, _edit)
    api.add("DELETE", _MESSAGE, _delete)
    api.add("POST", f"{_MESSAGE}/crosspost", _crosspost)
    api.add("POST", "/channels/{channel_id}/typing", _typing)


def message_payload(call: Call, message: Message) -> dict[str, Any]:
    """A message's payload for the caller.

    For a bot without the message-content intent it is empty in the REST API too, except in direct
    messages, in its own messages and where it is mentioned. docs: Gateway › Message Content Intent.
    """
    user = call.user
    data = payloads.message(call.world, message, user.id)
    application = call.world.application_of(user.id)
    if application is None or application.flags & send.CONTENT_FLAGS:
        return data
    for part in (data, data.get("referenced_message")):
        if part is not None:
            _withhold(part, user.id, message.guild_id)
    return data


def _withhold(data: dict[str, Any], user_id: int, guild_id: int | None) -> None:
    own = data["author"]["id"] == str(user_id)
    mentioned = any(one["id"] == str(user_id) for one in data["mentions"])
    if own or mentioned or guild_id is None:
        return
    data |= _WITHHELD
    data.pop("poll", None)
    data.pop("message_snapshots", None)


async def _create(call: Call) -> Result:
    """docs: Message Resource › Create Message."""
    world, user = call.world, call.user
    channel = get_text_channel(world, user, call.id("channel_id"))
    form = call.form
    draft = read_draft(form, call.uploads, settable=send.SETTABLE)
    form.check()
    message = send.send_message(world, user, channel, draft)
    data = message_payload(call, message)
    return data if message.nonce is None else {**data, "nonce": message.nonce}


async def _history(call: Call) -> Result:
    """docs: Message Resource › Get Channel Messages.

    Newest first; ``before``, ``after`` and ``around`` are mutually exclusive. Without *Read
    Message History* the list is empty, which isn't an error.
    """
    world, user = call.world, call.user
    channel = get_text_channel(world, user, call.id("channel_id"))
    require_connect(world, user, channel)
    query = call.query
    limit = query.integer("limit", least=1, most=100) or 50
    before, after = query.snowflake("before"), query.snowflake("after")
    around = query.snowflake("around")
    if sum(one is not None for one in (before, after, around)) > 1:
        query.add_error(None, "BASE_TYPE_CHOICES", "Only one of before, after and around.")
    query.check()
    if not world.permissions(user.id, channel.id) & Permission.READ_MESSAGE_HISTORY:
        return []
    timeline = world.timelines.get(channel.id, [])
    if around is not None:
        at = bisect.bisect_left(timeline, around)
        first = max(0, at - limit // 2)
        ids = timeline[first : first + limit]
    elif before is not None:
        end = bisect.bisect_left(timeline, before)
        ids = timeline[max(0, end - limit) : end]
    elif after is not None:
        start = bisect.bisect_right(timeline, after)
        ids = timeline[start : start + limit]
    else:
        ids = timeline[-limit:]
    return [message_payload(call, world.messages[message_id]) for message_id in reversed(ids)]


async def _get(call: Call) -> Result:
    """docs: Message Resource › Get Channel Message."""
    world, user = call.world, call.user
    channel = get_text_channel(world, user, call.id("channel_id"))
    require_connect(world, user, channel)
    require(world, user, channel, Permission.READ_MESSAGE_HISTORY)
    return message_payload(call, get_message(world, user, channel.id, call.id("message_id")))


async def _edit(call: Call) -> Result:
    """docs: Message Resource › Edit Message.

    Only the author may edit; *Manage Messages* allows hiding embeds with the flag. Bots can edit
    only a few messages older than an hour at a time (30046).
    """
    world, user = call.world, call.user
    message = get_message(world, user, call.id("channel_id"), call.id("message_id"))
    channel = world.channels[message.channel_id]
    form = call.form
    draft = read_draft(
        form,
        call.uploads,
        settable=SUPPRESS_EMBEDS | IS_COMPONENTS_V2,
        fields=EDIT,
        v2=bool(message.flags & IS_COMPONENTS_V2),
    )
    form.check()
    messages.check_fixed_parts(message, form)
    if message.author_id != user.id:
        if draft.given - {"flags"}:
            raise api_error(50005)
        require(world, user, channel, Permission.MANAGE_MESSAGES)
    if message.type not in messages.EDITABLE:
        raise api_error(50021)
    require_unarchived(channel)
    require_unlocked(world, user, channel)
    if user.bot and world.now() - message.timestamp > _OLD:
        call.rates.take(OLD_EDITS, str(user.id), str(channel.id))
    check_text(world, user, channel, draft.content)
    messages.edit(world, message, draft)
    return message_payload(call, message)


async def _delete(call: Call) -> Result:
    """docs: Message Resource › Delete Message."""
    world, user = call.world, call.user
    message = get_message(world, user, call.id("channel_id"), call.id("message_id"))
    channel = world.channels[message.channel_id]
    if message.author_id != user.id:
        if message.guild_id is None:
            raise api_error(50003)
        require(world, user, channel, Permission.MANAGE_MESSAGES)
    require_deletable(world, user, channel)
    messages.delete(world, message)
    return None


async def _bulk_delete(call: Call) -> Result:
    """docs: Message Resource › Bulk Delete Messages: 2 to 100, none older than two weeks.

    Only in servers (50003).
    """
    world, user = call.world, call.user
    channel = get_text_channel(world, user, call.id("channel_id"))
    if channel.guild_id is None:
        raise api_error(50003)
    require(world, user, channel, Permission.MANAGE_MESSAGES)
    if not user.bot:
        raise api_error(20002)
    form = call.form
    ids = form.snowflakes("messages", most=1000)
    form.check()
    if not 2 <= len(ids) <= 100:
        raise api_error(50016)
    if len(set(ids)) != len(ids) or min(ids) < snowflake_at(world.now() - _BULK_WITHIN):
        raise api_error(50034)
    require_deletable(world, user, channel)
    found = [world.message(channel.id, message_id) for message_id in ids]
    deleted = [m for m in found if m is not None and m.type not in messages.UNDELETABLE]
    if deleted:
        messages.delete_many(world, channel, deleted)
    return None


async def _crosspost(call: Call) -> Result:
    """docs: Message Resource › Crosspost Message (announcement channels)."""
    world, user = call.world, call.user
    message = get_message(world, user, call.id("channel_id"), call.id("message_id"))
    channel = world.channels[message.channel_id]
    if channel.type is not ChannelType.ANNOUNCEMENT:
        raise api_error(50068)
    require(world, user, channel, Permission.SEND_MESSAGES)
    if message.author_id != user.id:
        require(world, user, channel, Permission.MANAGE_MESSAGES)
    if message.flags & 1:
        raise api_error(40033)
    message.flags |= 1
    world.emit(MessageUpdated(message))
    return message_payload(call, message)


async def _typing(call: Call) -> Result:
    """docs: Channels Resource › Trigger Typing Indicator."""
    world, user = call.world, call.user
    channel = get_channel(world, user, call.id("channel_id"))
    send.require_can_write(world, user, channel)
    world.emit(TypingStarted(channel, user.id))
    return None
