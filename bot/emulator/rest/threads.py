"""Threads: starting, members, lists.

docs: Channels Resource › Start Thread …, Join Thread …, List … Threads.
"""

from __future__ import annotations

from typing import Any

from bot.emulator import payloads
from bot.emulator.rest.messages import message_payload
from bot.emulator.rest.request import Api, Call, Created, Result
from bot.emulator.rules import send, threads
from bot.emulator.rules.access import (
    get_channel,
    get_guild,
    get_message,
    get_thread,
    require,
    require_members_intent,
    require_unarchived,
)
from bot.emulator.rules.errors import api_error
from bot.emulator.rules.json_form import Form
from bot.emulator.rules.message_input import STARTER, read_draft
from bot.emulator.world import thread_state
from bot.emulator.world.models import Channel, ChannelType
from bot.emulator.world.permissions import Permission

__all__ = ["add_routes"]

_MEMBERS = "/channels/{channel_id}/thread-members"


def add_routes(api: Api) -> None:
    """Add the routes."""
    api.add("POST", "/channels/{channel_id}/messages/{message_id}/threads", _from_message)
    api.add("POST", "/channels/{channel_id}/threads", _without_message)
    api.add("PUT", f"{_MEMBERS}/@me", _join)
    api.add("DELETE", f"{_MEMBERS}/@me", _leave)
    api.add("PUT", f"{_MEMBERS}/{{user_id}}", _add_member)
    api.add("DELETE", f"{_MEMBERS}/{{user_id}}", _remove_member)
    api.add("GET", f"{_MEMBERS}/{{user_id}}", _member)
    api.add("GET", _MEMBERS, _members)
    api.add("GET", "/guilds/{guild_id}/threads/active", _active)
    api.add("GET", "/channels/{channel_id}/threads/archived/public", _archived_public)
    api.add("GET", "/channels/{channel_id}/threads/archived/private", _archived_private)
    api.add(
        "GET", "/channels/{channel_id}/users/@me/threads/archived/private", _archived_private_own
    )


async def _from_message(call: Call) -> Result:
    world, user = call.world, call.user
    message = get_message(world, user, call.id("channel_id"), call.id("message_id"))
    parent = world.channels[message.channel_id]
    channel = threads.start_from_message(world, user, parent, message, call.form)
    return Created(payloads.channel(world, channel, user.id))


async def _without_message(call: Call) -> Result:
    """docs: Start Thread without Message; Start Thread in Forum or Media Channel."""
    world, user = call.world, call.user
    parent = get_channel(world, user, call.id("channel_id"))
    if parent.type not in {ChannelType.FORUM, ChannelType.MEDIA}:
        channel = threads.start_without_message(world, user, parent, call.form)
        return Created(payloads.channel(world, channel, user.id))
    form = call.form
    inner = form.form("message", required=True)
    # Files are always outside ``message``; older member clients send the text outside too.
    draft = read_draft(inner or Form({}), call.uploads, settable=send.SETTABLE, fields=STARTER)
    if inner is not None:
        inner.refuse("shared_client_theme")
    form.check()
    require(world, user, parent, Permission.SEND_MESSAGES)
    send.require_contents(world, user, parent, draft)
    channel, message = await threads.start_forum_post(world, user, parent, form, draft)
    return Created(
        {**payloads.channel(world, channel, user.id), "message": message_payload(call, message)}
    )


async def _join(call: Call) -> Result:
    """docs: Channels Resource › Join Thread."""
    channel = get_thread(call.world, call.user, call.id("channel_id"))
    require_unarchived(channel)
    threads.add_member(call.world, channel, call.user, call.user.id)
    return None


async def _leave(call: Call) -> Result:
    channel = get_thread(call.world, call.user, call.id("channel_id"))
    require_unarchived(channel)
    thread_state.leave(call.world, channel, call.user.id)
    return None


async def _add_member(call: Call) -> Result:
    """docs: Channels Resource › Add Thread Member: needs permission to write in the thread.

    To a private thread that isn't ``invitable`` only moderators add others (docs: Thread Metadata
    Object).
    """
    world, user = call.world, call.user
    channel = get_thread(world, user, call.id("channel_id"))
    require_unarchived(channel)
    require(world, user, channel, Permission.SEND_MESSAGES_IN_THREADS)
    if channel.thread is not None and not channel.thread.invitable:
        require(world, user, channel, Permission.MANAGE_THREADS)
    other = call.id("user_id")
    if world.member(channel.guild_id, other) is None:
        raise api_error(10007)
    if not world.permissions(other, channel.id) & Permission.VIEW_CHANNEL:
        raise api_error(50001)
    threads.add_member(world, channel, user, other)
    return None


async def _remove_member(call: Call) -> Result:
    """docs: Channels Resource › Remove Thread Member."""
    world, user = call.world, call.user
    channel = get_thread(world, user, call.id("channel_id"))
    assert channel.thread is not None
    require_unarchived(channel)
    private = channel.type is ChannelType.PRIVATE_THREAD
    if not (private and channel.thread.owner_id == user.id):
        require(world, user, channel, Permission.MANAGE_THREADS)
    if not thread_state.leave(world, channel, call.id("user_id")):
        raise api_error(10007)
    return None


def _with_member(call: Call, channel: Channel, user_id: int, data: dict[str, Any]) -> Any:
    if call.flag("with_member") and channel.guild_id is not None:
        guild = call.world.guilds[channel.guild_id]
        return {**data, "member": payloads.member(call.world, guild, user_id)}
    return data


async def _member(call: Call) -> Result:
    channel = get_thread(call.world, call.user, call.id("channel_id"))
    assert channel.thread is not None
    user_id = call.id("user_id")
    found = channel.thread.members.get(user_id)
    if found is None:
        raise api_error(10007)
    data = payloads.thread_member(channel.id, found)
    result: dict[str, Any] = _with_member(call, channel, user_id, data)
    return result


async def _members(call: Call) -> Result:
    """docs: Channels Resource › List Thread Members.

    It is for bots with the members intent, and has pages only if ``with_member`` is set.
    """
    channel = get_thread(call.world, call.user, call.id("channel_id"))
    assert channel.thread is not None
    require_members_intent(call.world, call.user)
    query = call.query
    limit: int | None = query.integer("limit", least=1, most=100) or 100
    after = query.snowflake("after") or 0
    query.check()
    if not call.flag("with_member"):
        limit, after = None, 0
    found = sorted(channel.thread.members.items())
    return [
        _with_member(call, channel, user_id, payloads.thread_member(channel.id, member))
        for user_id, member in found
        if user_id > after
    ][:limit]


def _list(call: Call, found: list[Channel], *, has_more: bool) -> dict[str, Any]:
    user_id = call.user.id
    own = [c.thread.members[user_id] for c in found if c.thread and user_id in c.thread.members]
    where = [c.id for c in found if c.thread and user_id in c.thread.members]
    return {
        "threads": [payloads.channel(call.world, channel, user_id) for channel in found],
        "members": [
            payloads.thread_member(i, member) for i, member in zip(where, own, strict=True)
        ],
        "has_more": has_more,
    }


async def _active(call: Call) -> Result:
    """docs: Guild Resource › List Active Guild Threads, newest first."""
    guild = get_guild(call.world, call.user, call.id("guild_id"))
    found = [
        channel
        for channel in call.world.threads_of(guild.id)
        if call.world.can_view(call.user.id, channel.id)
    ]
    return _list(call, sorted(found, key=lambda c: c.id, reverse=True), has_more=False)


def _archived(call: Call, kinds: tuple[ChannelType, ...], *, own: bool = False) -> Result:
    """docs: List Public Archived Threads: by the time of archiving, latest first."""
    world, user = call.world, call.user
    parent = get_channel(world, user, call.id("channel_id"))
    require(world, user, parent, Permission.READ_MESSAGE_HISTORY)
    query = call.query
    limit = query.integer("limit", least=2, most=100) or 50
    before_id = query.snowflake("before") if own else None
    before = None if own else query.moment("before")
    query.check()
    assert parent.guild_id is not None
    found = [
        (channel, channel.thread)
        for channel in world.threads_of(parent.guild_id, archived=True)
        if channel.parent_id == parent.id and channel.type in kinds and channel.thread is not None
    ]
    if own:
        mine = [c for c, t in found if user.id in t.members and c.id < (before_id or 1 << 63)]
        ordered = sorted(mine, key=lambda c: c.id, reverse=True)
    else:
        found = [pair for pair in found if before is None or pair[1].archive_timestamp < before]
        found.sort(key=lambda pair: pair[1].archive_timestamp, reverse=True)
        ordered = [channel for channel, _ in found]
    return _list(call, ordered[:limit], has_more=len(ordered) > limit)


async def _archived_public(call: Call) -> Result:
    return _archived(call, (ChannelType.PUBLIC_THREAD, ChannelType.ANNOUNCEMENT_THREAD))


async def _archived_private(call: Call) -> Result:
    parent = get_channel(call.world, call.user, call.id("channel_id"))
    require(call.world, call.user, parent, Permission.MANAGE_THREADS)
    return _archived(call, (ChannelType.PRIVATE_THREAD,))


async def _archived_private_own(call: Call) -> Result:
    return _archived(call, (ChannelType.PRIVATE_THREAD,), own=True)
