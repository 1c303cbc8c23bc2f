"""Channels: reading, changing, deleting, and their permission overwrites.

docs: Channels Resource.
"""

from __future__ import annotations

from bot.emulator import payloads
from bot.emulator.rest.request import Api, Call, Result
from bot.emulator.rules import channels, threads
from bot.emulator.rules.access import get_channel, require
from bot.emulator.rules.errors import api_error
from bot.emulator.rules.rate_limits import RENAMES
from bot.emulator.world.events import ChannelUpdated
from bot.emulator.world.models import Channel, Overwrite, OverwriteType
from bot.emulator.world.permissions import ALL, Permission
from bot.emulator.world.visibility import access_may_change

__all__ = ["add_routes"]


def add_routes(api: Api) -> None:
    """Add the routes."""
    api.add("GET", "/channels/{channel_id}", _get)
    api.add("PATCH", "/channels/{channel_id}", _change)
    api.add("DELETE", "/channels/{channel_id}", _delete)
    api.add("PUT", "/channels/{channel_id}/permissions/{overwrite_id}", _put_overwrite)
    api.add("DELETE", "/channels/{channel_id}/permissions/{overwrite_id}", _delete_overwrite)


async def _get(call: Call) -> Result:
    channel = get_channel(call.world, call.user, call.id("channel_id"))
    return payloads.channel(call.world, channel, call.user.id)


async def _change(call: Call) -> Result:
    """docs: Modify Channel. Renaming has its own rate limit, which no header shows."""
    channel = get_channel(call.world, call.user, call.id("channel_id"))
    form = call.form
    if channel.guild_id is None:
        raise api_error(50003)
    name = form.body.get("name")
    if call.user.bot and isinstance(name, str) and name != channel.name:
        call.rates.take(RENAMES, str(call.user.id), str(channel.id))
    if channel.thread is not None:
        channels.change_thread(call.world, call.user, channel, form)
    else:
        with access_may_change(call.world, channel.guild_id):
            channels.change_channel(call.world, call.user, channel, form)
    return payloads.channel(call.world, channel, call.user.id)


async def _delete(call: Call) -> Result:
    """docs: Channels Resource › Delete/Close Channel: *Manage Channels*, *Manage Threads*."""
    world, user = call.world, call.user
    channel = get_channel(world, user, call.id("channel_id"))
    if channel.guild_id is None:
        return payloads.channel(world, channel, user.id)
    wanted = Permission.MANAGE_THREADS if channel.thread is not None else Permission.MANAGE_CHANNELS
    require(world, user, channel, wanted)
    data = payloads.channel(world, channel, user.id)
    threads.delete_channel(world, channel)
    return data


def _overwritable(call: Call) -> Channel:
    channel = get_channel(call.world, call.user, call.id("channel_id"))
    if channel.guild_id is None:
        raise api_error(50003)
    if channel.thread is not None:
        raise api_error(50024)
    require(call.world, call.user, channel, Permission.MANAGE_ROLES)
    return channel


async def _put_overwrite(call: Call) -> Result:
    """docs: Edit Channel Permissions; JSON Error Codes (30060)."""
    world, channel = call.world, _overwritable(call)
    form = call.form
    kind = OverwriteType(form.choice("type", (0, 1), required=True) or 0)
    allow = (form.integer("allow", least=0) or 0) & ALL
    deny = (form.integer("deny", least=0) or 0) & ALL
    form.check()
    target = call.id("overwrite_id")
    assert channel.guild_id is not None
    guild = world.guilds[channel.guild_id]
    if target not in (guild.roles if kind is OverwriteType.ROLE else world.users):
        raise api_error(10009)
    new = Overwrite(target, kind, allow, deny)
    channels.check_overwrites(world, call.user, guild, channel, [new])
    kept = [o for o in channel.overwrites if (o.id, o.type) != (target, kind)]
    if len(kept) >= channels.MAX_OVERWRITES:
        raise api_error(30060)
    with access_may_change(world, guild.id):
        channel.overwrites = [*kept, new]
        world.emit(ChannelUpdated(channel))
    return None


async def _delete_overwrite(call: Call) -> Result:
    channel = _overwritable(call)
    target = call.id("overwrite_id")
    kept = [overwrite for overwrite in channel.overwrites if overwrite.id != target]
    if len(kept) == len(channel.overwrites):
        raise api_error(10009)
    assert channel.guild_id is not None
    with access_may_change(call.world, channel.guild_id):
        channel.overwrites = kept
        call.world.emit(ChannelUpdated(channel))
    return None
