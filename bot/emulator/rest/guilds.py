"""Servers: reading them, their members, roles and channels.

docs: Guild Resource.
"""

from __future__ import annotations

import re
from typing import Any

from bot.emulator import payloads
from bot.emulator.rest.request import Answer, Api, Call, Created
from bot.emulator.rules.channels import read_overwrites
from bot.emulator.rules.errors import refuse
from bot.emulator.rules.json_form import Form
from bot.emulator.world.access import guild_for, need_in_guild
from bot.emulator.world.events import Event
from bot.emulator.world.models import Channel, ChannelType, Guild, Role, User
from bot.emulator.world.permissions import ALL, Permission
from bot.emulator.world.visibility import access_may_change
from bot.emulator.world.world import World

__all__ = ["add_routes"]

_GUILD = "/guilds/{guild_id}"
_MOST_CHANNELS = 500


def add_routes(api: Api) -> None:
    """Serve them."""
    api.add("GET", _GUILD, _get)
    api.add("GET", f"{_GUILD}/channels", _channels)
    api.add("POST", f"{_GUILD}/channels", _create_channel)
    api.add("GET", f"{_GUILD}/roles", _roles)
    api.add("GET", f"{_GUILD}/roles/{{role_id}}", _role)
    api.add("POST", f"{_GUILD}/roles", _create_role)
    api.add("PATCH", f"{_GUILD}/roles/{{role_id}}", _change_role)
    api.add("DELETE", f"{_GUILD}/roles/{{role_id}}", _delete_role)
    api.add("GET", f"{_GUILD}/members", _members)
    api.add("GET", f"{_GUILD}/members/search", _search)
    api.add("GET", f"{_GUILD}/members/{{user_id}}", _member)
    api.add("PATCH", f"{_GUILD}/members/{{user_id}}", _change_member)
    api.add("DELETE", f"{_GUILD}/members/{{user_id}}", _kick)
    api.add("PUT", f"{_GUILD}/members/{{user_id}}/roles/{{role_id}}", _give_role)
    api.add("DELETE", f"{_GUILD}/members/{{user_id}}/roles/{{role_id}}", _take_role)
    api.add("DELETE", "/users/@me/guilds/{guild_id}", _leave)


def _guild(call: Call) -> Guild:
    return guild_for(call.world, call.user, call.id("guild_id"))


async def _get(call: Call) -> Answer:
    guild = _guild(call)
    data = payloads.guild(guild)
    if call.flag("with_counts"):
        data |= {
            "approximate_member_count": len(guild.members),
            "approximate_presence_count": 0,
        }
    return data


async def _channels(call: Call) -> Answer:
    """docs: Guild Resource › Get Guild Channels: without threads.

    A bot is told of channels that it may not view, too; members' clients do not show those.
    """
    guild, viewer = _guild(call), call.user
    return [
        payloads.channel(call.world, channel)
        for channel in call.world.channels_of(guild.id)
        if viewer.bot or call.world.may_view(viewer.id, channel.id)
    ]


async def _create_channel(call: Call) -> Answer:
    """docs: Guild Resource › Create Guild Channel."""
    world, guild = call.world, _guild(call)
    need_in_guild(world, call.user, guild, Permission.MANAGE_CHANNELS)
    form = call.form
    name = form.string("name", least=1, most=100, required=True) or ""
    kind = ChannelType(form.choice("type", (0, 2, 4, 5, 15, 16)) or 0)
    if kind in {ChannelType.TEXT, ChannelType.ANNOUNCEMENT, ChannelType.FORUM, ChannelType.MEDIA}:
        name = re.sub(r"\s+", "-", name).lower()
    position = form.integer("position", least=0)
    there = list(world.channels_of(guild.id))
    channel = Channel(
        id=world.new_id(),
        type=kind,
        name=name,
        guild_id=guild.id,
        parent_id=form.snowflake("parent_id"),
        position=len(there) if position is None else position,
        topic=form.string("topic", most=1024 if kind < ChannelType.FORUM else 4096),
        nsfw=form.boolean("nsfw"),
        rate_limit_per_user=form.integer("rate_limit_per_user", least=0, most=21600) or 0,
        overwrites=read_overwrites(form),
        default_auto_archive_duration=form.choice(
            "default_auto_archive_duration", (60, 1440, 4320, 10080)
        ),
    )
    form.done()
    if len(there) >= _MOST_CHANNELS:
        raise refuse(30013)
    parent = world.channels.get(channel.parent_id or 0)
    if channel.parent_id is not None and (
        parent is None or parent.type is not ChannelType.CATEGORY or parent.guild_id != guild.id
    ):
        form.wrong("parent_id", "CHANNEL_PARENT_INVALID", "Category does not exist")
        form.done()
    world.add_channel(channel)
    data = payloads.channel(world, channel)
    world.emit(Event("CHANNEL_CREATE", data, guild.id, channel.id))
    return Created(data)


async def _roles(call: Call) -> Answer:
    return [payloads.role(role) for role in _guild(call).roles.values()]


def _known_role(call: Call, guild: Guild) -> Role:
    role = guild.roles.get(call.id("role_id"))
    if role is None:
        raise refuse(10011)
    return role


async def _role(call: Call) -> Answer:
    return payloads.role(_known_role(call, _guild(call)))


def _height(world: World, guild: Guild, user: User) -> int:
    """The position of a member's highest role; the owner stands above all.

    docs: Permissions › Permission Hierarchy.
    """
    if user.id == guild.owner_id:
        return 1 << 31
    member = world.member(guild.id, user.id)
    return max((guild.roles[r].position for r in member.roles), default=0) if member else 0


def _read_role(form: Form, role: Role) -> None:
    role.name = form.string("name", least=1, most=100) or role.name
    bits = form.integer("permissions", least=0)
    if bits is not None:
        role.permissions = bits & ALL
    colour = form.integer("color", least=0, most=0xFFFFFF)
    role.color = role.color if colour is None else colour
    role.hoist = form.boolean("hoist", default=role.hoist)
    role.mentionable = form.boolean("mentionable", default=role.mentionable)


def _tell_role(world: World, guild: Guild, name: str, role: Role) -> None:
    data = {"guild_id": str(guild.id), "role": payloads.role(role)}
    world.emit(Event(name, data, guild.id))


async def _create_role(call: Call) -> Answer:
    """docs: Guild Resource › Create Guild Role."""
    world, guild = call.world, _guild(call)
    need_in_guild(world, call.user, guild, Permission.MANAGE_ROLES)
    form = call.form
    everyone = guild.roles[guild.id].permissions
    role = Role(world.new_id(), "new role", everyone, position=1)
    _read_role(form, role)
    form.done()
    guild.roles[role.id] = role
    _tell_role(world, guild, "GUILD_ROLE_CREATE", role)
    return payloads.role(role)


async def _change_role(call: Call) -> Answer:
    """docs: Guild Resource › Modify Guild Role: only those below the caller's own."""
    world, guild = call.world, _guild(call)
    need_in_guild(world, call.user, guild, Permission.MANAGE_ROLES)
    role = _known_role(call, guild)
    if role.position >= _height(world, guild, call.user):
        raise refuse(50013)
    form = call.form
    with access_may_change(world, guild.id):
        _read_role(form, role)
        form.done()
        _tell_role(world, guild, "GUILD_ROLE_UPDATE", role)
    return payloads.role(role)


async def _delete_role(call: Call) -> Answer:
    world, guild = call.world, _guild(call)
    need_in_guild(world, call.user, guild, Permission.MANAGE_ROLES)
    role = _known_role(call, guild)
    if role.id == guild.id or role.managed:
        raise refuse(50028)
    if role.position >= _height(world, guild, call.user):
        raise refuse(50013)
    for member in guild.members.values():
        if role.id in member.roles:
            member.roles.remove(role.id)
    del guild.roles[role.id]
    data = {"guild_id": str(guild.id), "role_id": str(role.id)}
    world.emit(Event("GUILD_ROLE_DELETE", data, guild.id))
    return None


async def _members(call: Call) -> Answer:
    """docs: Guild Resource › List Guild Members, by id."""
    guild = _guild(call)
    query = call.query
    limit = query.integer("limit", least=1, most=1000) or 1
    after = query.snowflake("after") or 0
    query.done()
    ids = sorted(user_id for user_id in guild.members if user_id > after)[:limit]
    return [payloads.member(call.world, guild, user_id) for user_id in ids]


async def _search(call: Call) -> Answer:
    """docs: Guild Resource › Search Guild Members: names that begin with ``query``."""
    guild = _guild(call)
    query = call.query
    start = (query.string("query", least=1, required=True) or "").lower()
    limit = query.integer("limit", least=1, most=1000) or 1
    query.done()
    found = []
    for user_id, member in guild.members.items():
        user = call.world.users[user_id]
        names = (user.name, user.display_name or "", member.nick or "")
        if any(name.lower().startswith(start) for name in names):
            found.append(payloads.member(call.world, guild, user_id))
    return found[:limit]


def _known_member(call: Call, guild: Guild) -> int:
    user_id = call.id("user_id")
    if user_id not in call.world.users:
        raise refuse(10013)
    if user_id not in guild.members:
        raise refuse(10007)
    return user_id


async def _member(call: Call) -> Answer:
    guild = _guild(call)
    return payloads.member(call.world, guild, _known_member(call, guild))


def _tell_member(world: World, guild: Guild, user_id: int) -> dict[str, Any]:
    data = payloads.member(world, guild, user_id)
    world.emit(Event("GUILD_MEMBER_UPDATE", {**data, "guild_id": str(guild.id)}, guild.id))
    return data


async def _change_member(call: Call) -> Answer:
    """docs: Guild Resource › Modify Guild Member, Modify Current Member."""
    world, guild = call.world, _guild(call)
    user_id = _known_member(call, guild)
    member = guild.members[user_id]
    form = call.form
    nick = form.string("nick", most=32)
    until = form.moment("communication_disabled_until")
    roles = form.snowflakes("roles", most=250)
    form.done()
    if "nick" in form:
        own = user_id == call.user.id
        right = Permission.CHANGE_NICKNAME if own else Permission.MANAGE_NICKNAMES
        need_in_guild(world, call.user, guild, right)
        member.nick = nick or None
    if "communication_disabled_until" in form:
        need_in_guild(world, call.user, guild, Permission.MODERATE_MEMBERS)
        if world.guild_permissions(user_id, guild.id) & Permission.ADMINISTRATOR:
            raise refuse(50013)
        member.communication_disabled_until = until
    if "roles" in form:
        need_in_guild(world, call.user, guild, Permission.MANAGE_ROLES)
        if any(role_id not in guild.roles for role_id in roles):
            raise refuse(10011)
        height = _height(world, guild, call.user)
        if any(guild.roles[r].position >= height for r in set(roles) ^ set(member.roles)):
            raise refuse(50013)
        with access_may_change(world, guild.id):
            member.roles = roles
    return _tell_member(world, guild, user_id)


async def _give_role(call: Call) -> Answer:
    """docs: Guild Resource › Add Guild Member Role: only roles below the caller's own."""
    world, guild = call.world, _guild(call)
    need_in_guild(world, call.user, guild, Permission.MANAGE_ROLES)
    user_id, role = _known_member(call, guild), _known_role(call, guild)
    if role.position >= _height(world, guild, call.user) or role.managed:
        raise refuse(50013)
    if role.id not in guild.members[user_id].roles:
        with access_may_change(world, guild.id):
            guild.members[user_id].roles.append(role.id)
            _tell_member(world, guild, user_id)
    return None


async def _take_role(call: Call) -> Answer:
    world, guild = call.world, _guild(call)
    need_in_guild(world, call.user, guild, Permission.MANAGE_ROLES)
    user_id, role = _known_member(call, guild), _known_role(call, guild)
    if role.position >= _height(world, guild, call.user) or role.managed:
        raise refuse(50013)
    if role.id in guild.members[user_id].roles:
        guild.members[user_id].roles.remove(role.id)
        _tell_member(world, guild, user_id)
    return None


async def _kick(call: Call) -> Answer:
    """docs: Guild Resource › Remove Guild Member: only those below the caller."""
    world, guild = call.world, _guild(call)
    user_id = _known_member(call, guild)
    need_in_guild(world, call.user, guild, Permission.KICK_MEMBERS)
    other = world.users[user_id]
    if _height(world, guild, other) >= _height(world, guild, call.user):
        raise refuse(50013)
    _gone(world, guild, other)
    return None


async def _leave(call: Call) -> Answer:
    """docs: Users Resource › Leave Guild."""
    guild = _guild(call)
    if guild.owner_id == call.user.id:
        raise refuse(50055)
    _gone(call.world, guild, call.user)
    return None


def _gone(world: World, guild: Guild, user: User) -> None:
    """docs: Gateway Events › Guild Member Remove, Guild Delete (to the one who is out)."""
    for channel in world.threads_of(guild.id):
        if channel.thread is not None:
            channel.thread.members.pop(user.id, None)
    role = next((r for r in guild.roles.values() if r.managed and r.bot_id == user.id), None)
    del guild.members[user.id]
    if role is not None:
        del guild.roles[role.id]
    data = {"guild_id": str(guild.id), "user": payloads.user(user)}
    world.emit(Event("GUILD_MEMBER_REMOVE", data, guild.id))
    world.emit(Event("GUILD_DELETE", {"id": str(guild.id)}, None, None, user.id))
