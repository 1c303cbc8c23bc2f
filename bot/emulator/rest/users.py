"""Users, applications and the gateway's address.

docs: Users Resource; Application Resource; Gateway › Get Gateway.
"""

from __future__ import annotations

from typing import Any

from bot.emulator import payloads
from bot.emulator.rest.request import Api, Call, Result
from bot.emulator.rules.errors import api_error
from bot.emulator.rules.json_form import form_error
from bot.emulator.world.models import Channel, ChannelType, Guild
from bot.emulator.world.seed import GATEWAY_MEMBERS, GATEWAY_PRESENCES, MESSAGE_CONTENT

__all__ = ["add_routes"]

_SETTABLE = GATEWAY_PRESENCES | GATEWAY_MEMBERS | MESSAGE_CONTENT


def add_routes(api: Api) -> None:
    """Add the routes."""
    api.add("GET", "/users/@me", _me)
    api.add("PATCH", "/users/@me", _change_me)
    api.add("GET", "/users/@me/guilds", _my_guilds)
    api.add("POST", "/users/@me/channels", _open_dm)
    api.add("GET", "/users/{user_id}", _user)
    api.add("GET", "/oauth2/applications/@me", _application)
    api.add("GET", "/applications/@me", _application)
    api.add("PATCH", "/applications/@me", _change_application)
    api.add("GET", "/gateway", _gateway, open_to_all=True)
    api.add("GET", "/gateway/bot", _gateway_bot)


async def _me(call: Call) -> Result:
    return payloads.me(call.user)


async def _change_me(call: Call) -> Result:
    """docs: Users Resource › Modify Current User."""
    form = call.form
    name = form.string("username", least=2, most=32)
    form.check()
    if name is not None:
        call.user.name = name
        call.world.touch()
    return payloads.me(call.user)


async def _my_guilds(call: Call) -> Result:
    """docs: Users Resource › Get Current User Guilds: by id, up to 200."""
    world, query = call.world, call.query
    limit = query.integer("limit", least=1, most=200) or 200
    before, after = query.snowflake("before"), query.snowflake("after") or 0
    query.check()
    found = sorted(world.guilds_of(call.user.id), key=lambda guild: guild.id)
    found = [g for g in found if (g.id > after if before is None else g.id < before)]
    chosen = found[:limit] if before is None else found[-limit:]
    return [_my_guild(call, guild) for guild in chosen]


def _my_guild(call: Call, guild: Guild) -> dict[str, Any]:
    """docs: Users Resource › Example Partial Guild; ``with_counts`` adds two fields."""
    data: dict[str, Any] = {
        "id": str(guild.id),
        "name": guild.name,
        "icon": None,
        "banner": None,
        "owner": guild.owner_id == call.user.id,
        "permissions": str(call.world.guild_permissions(call.user.id, guild.id)),
        "features": guild.features,
    }
    if call.flag("with_counts"):
        counts = {"approximate_member_count": len(guild.members)}
        data |= {**counts, "approximate_presence_count": 0}
    return data


async def _open_dm(call: Call) -> Result:
    """docs: Users Resource › Create DM: the same channel every time; errors 10013, 50007."""
    form = call.form
    other = form.snowflake("recipient_id", required=True) or 0
    form.check()
    world, me = call.world, call.user.id
    if other not in world.users:
        raise api_error(10013)
    if other == me or (call.user.bot and world.users[other].bot):
        raise api_error(50007)
    for channel in world.channels.values():
        if channel.type is ChannelType.DM and set(channel.recipients) == {me, other}:
            return payloads.channel(world, channel, me)
    channel = Channel(world.new_id(), ChannelType.DM, "", recipients=[me, other])
    return payloads.channel(world, world.add_channel(channel), me)


async def _user(call: Call) -> Result:
    user = call.world.users.get(call.id("user_id"))
    if user is None:
        raise api_error(10013)
    return payloads.user(user)


async def _application(call: Call) -> Result:
    """docs: OAuth2 › Get Current Bot Application Information; Application Resource."""
    application = call.world.application_of(call.user.id)
    if application is None:
        raise api_error(20002)
    return payloads.application(call.world, application)


async def _change_application(call: Call) -> Result:
    """docs: Application Resource › Edit Current Application: only limited intent flags."""
    application = call.world.application_of(call.user.id)
    if application is None:
        raise api_error(20002)
    form = call.form
    flags = form.integer("flags", least=0)
    description = form.string("description", most=400)
    form.check()
    if flags is not None:
        if flags & ~_SETTABLE:
            raise form_error("flags", "BASE_TYPE_CHOICES", "Only limited intent flags can be set.")
        application.flags = (application.flags & ~_SETTABLE) | flags
    if description is not None:
        application.description = description
    call.world.touch()
    return payloads.application(call.world, application)


async def _gateway(call: Call) -> Result:
    return {"url": call.address.gateway}


async def _gateway_bot(call: Call) -> Result:
    if not call.user.bot:
        raise api_error(20002)
    return {
        "url": call.address.gateway,
        "shards": call.world.sharding.shards,
        "session_start_limit": call.world.sharding.describe(call.user.id, call.world.now()),
    }
