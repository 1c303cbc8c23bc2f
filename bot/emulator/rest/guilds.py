"""Servers: reading them, their members, roles and channels.

docs: Guild Resource.
"""

from __future__ import annotations

import copy
import re
from datetime import timedelta

from bot.emulator import payloads
from bot.emulator.rest.request import Api, Call, Created, Result
from bot.emulator.rules.access import get_guild, require_in_guild, require_members_intent
from bot.emulator.rules.channels import (
    check_overwrites,
    read_kind_fields,
    read_overwrites,
    read_parent,
)
from bot.emulator.rules.errors import api_error
from bot.emulator.rules.json_form import Form
from bot.emulator.world.events import (
    ChannelCreated,
    GuildLeft,
    MemberRemoved,
    MemberUpdated,
    RoleCreated,
    RoleDeleted,
    RoleUpdated,
)
from bot.emulator.world.models import Channel, ChannelType, Guild, Role, User
from bot.emulator.world.permissions import ALL, Permission
from bot.emulator.world.visibility import access_may_change
from bot.emulator.world.world import World

__all__ = ["add_routes", "highest_position", "remove_member"]

_GUILD = "/guilds/{guild_id}"
_MAX_CHANNELS = 500
_MAX_ROLES = 250
_LONGEST_TIME_OUT = timedelta(days=28)


def add_routes(api: Api) -> None:
    """Add the routes."""
    api.add("GET", _GUILD, _get)
    api.add("GET", f"{_GUILD}/channels", _channels)
    api.add("POST", f"{_GUILD}/channels", _create_channel)
    api.add("GET", f"{_GUILD}/roles", _roles)
    api.add("GET", f"{_GUILD}/roles/member-counts", _role_member_counts)
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
    return get_guild(call.world, call.user, call.id("guild_id"))


async def _get(call: Call) -> Result:
    guild = _guild(call)
    data = payloads.guild(guild)
    if call.flag("with_counts"):
        data |= {
            "approximate_member_count": len(guild.members),
            "approximate_presence_count": 0,
        }
    return data


async def _channels(call: Call) -> Result:
    """docs: Guild Resource › Get Guild Channels: without threads.

    A bot gets channels that it can't see too; members' clients don't show those.
    """
    guild, viewer = _guild(call), call.user
    return [
        payloads.channel(call.world, channel)
        for channel in call.world.channels_of(guild.id)
        if viewer.bot or call.world.can_view(viewer.id, channel.id)
    ]


async def _create_channel(call: Call) -> Result:
    """docs: Guild Resource › Create Guild Channel."""
    world, guild = call.world, _guild(call)
    require_in_guild(world, call.user, guild, Permission.MANAGE_CHANNELS)
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
        position=len(there) if position is None else position,
        topic=form.string("topic", most=1024 if kind < ChannelType.FORUM else 4096),
        nsfw=form.boolean("nsfw"),
        rate_limit_per_user=form.integer("rate_limit_per_user", least=0, most=21600) or 0,
        overwrites=read_overwrites(form),
        default_auto_archive_duration=form.choice(
            "default_auto_archive_duration", (60, 1440, 4320, 10080)
        ),
        default_thread_rate_limit_per_user=form.integer(
            "default_thread_rate_limit_per_user", least=0, most=21600
        )
        or 0,
    )
    channel.parent_id = read_parent(world, guild.id, form, channel)
    read_kind_fields(world, channel, form)
    form.check()
    if len(there) >= _MAX_CHANNELS:
        raise api_error(30013)
    check_overwrites(world, call.user, guild, None, channel.overwrites)
    world.add_channel(channel)
    world.emit(ChannelCreated(channel))
    return Created(payloads.channel(world, channel))


async def _roles(call: Call) -> Result:
    return [payloads.role(role) for role in _guild(call).roles.values()]


async def _role_member_counts(call: Call) -> Result:
    """docs: Guild Resource › Get Guild Role Member Counts: without ``@everyone``."""
    guild = _guild(call)
    members = guild.members.values()
    return {
        str(role_id): sum(role_id in member.roles for member in members)
        for role_id in guild.roles
        if role_id != guild.id
    }


def _known_role(call: Call, guild: Guild) -> Role:
    role = guild.roles.get(call.id("role_id"))
    if role is None:
        raise api_error(10011)
    return role


async def _role(call: Call) -> Result:
    return payloads.role(_known_role(call, _guild(call)))


def highest_position(world: World, guild: Guild, user: User) -> int:
    """The position of a member's highest role; the owner is above all.

    docs: Permissions › Permission Hierarchy.
    """
    if user.id == guild.owner_id:
        return 1 << 31
    member = world.member(guild.id, user.id)
    return max((guild.roles[r].position for r in member.roles), default=0) if member else 0


def _read_role(form: Form, role: Role, own: int) -> None:
    """Set a role's fields; ``own`` are the permissions that the caller has and so can grant.

    docs: Permissions › Permission Hierarchy (a bot "can only grant permissions it has").
    """
    role.name = form.string("name", least=1, most=100) or role.name
    bits = form.integer("permissions", least=0)
    if bits is not None:
        if bits & ALL & ~(own | role.permissions):
            raise api_error(50013)
        role.permissions = bits & ALL
    colour = form.integer("color", least=0, most=0xFFFFFF)
    role.color = role.color if colour is None else colour
    role.hoist = form.boolean("hoist", default=role.hoist)
    role.mentionable = form.boolean("mentionable", default=role.mentionable)


async def _create_role(call: Call) -> Result:
    """docs: Guild Resource › Create Guild Role."""
    world, guild = call.world, _guild(call)
    require_in_guild(world, call.user, guild, Permission.MANAGE_ROLES)
    form = call.form
    everyone = guild.roles[guild.id].permissions
    role = Role(world.new_id(), "new role", everyone, position=1)
    _read_role(form, role, world.guild_permissions(call.user.id, guild.id))
    form.check()
    if len(guild.roles) >= _MAX_ROLES:
        raise api_error(30005)
    guild.roles[role.id] = role
    world.emit(RoleCreated(guild, role))
    return payloads.role(role)


async def _change_role(call: Call) -> Result:
    """docs: Guild Resource › Modify Guild Role: only those below the caller's own."""
    world, guild = call.world, _guild(call)
    require_in_guild(world, call.user, guild, Permission.MANAGE_ROLES)
    role = _known_role(call, guild)
    if role.position >= highest_position(world, guild, call.user):
        raise api_error(50013)
    form = call.form
    own = world.guild_permissions(call.user.id, guild.id)
    changed = copy.copy(role)
    _read_role(form, changed, own)
    form.check()
    with access_may_change(world, guild.id):
        _read_role(form, role, own)
        world.emit(RoleUpdated(guild, role))
    return payloads.role(role)


async def _delete_role(call: Call) -> Result:
    world, guild = call.world, _guild(call)
    require_in_guild(world, call.user, guild, Permission.MANAGE_ROLES)
    role = _known_role(call, guild)
    if role.id == guild.id or role.managed:
        raise api_error(50028)
    if role.position >= highest_position(world, guild, call.user):
        raise api_error(50013)
    for member in guild.members.values():
        if role.id in member.roles:
            member.roles.remove(role.id)
    del guild.roles[role.id]
    world.emit(RoleDeleted(guild, role))
    return None


async def _members(call: Call) -> Result:
    """docs: Guild Resource › List Guild Members, by id; for bots with the members intent."""
    guild = _guild(call)
    require_members_intent(call.world, call.user)
    query = call.query
    limit = query.integer("limit", least=1, most=1000) or 1
    after = query.snowflake("after") or 0
    query.check()
    ids = sorted(user_id for user_id in guild.members if user_id > after)[:limit]
    return [payloads.member(call.world, guild, user_id) for user_id in ids]


async def _search(call: Call) -> Result:
    """docs: Guild Resource › Search Guild Members: names that begin with ``query``."""
    guild = _guild(call)
    query = call.query
    start = (query.string("query", least=1, most=100, required=True) or "").lower()
    limit = query.integer("limit", least=1, most=1000) or 1
    query.check()
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
        raise api_error(10013)
    if user_id not in guild.members:
        raise api_error(10007)
    return user_id


async def _member(call: Call) -> Result:
    guild = _guild(call)
    return payloads.member(call.world, guild, _known_member(call, guild))


async def _change_member(call: Call) -> Result:
    """docs: Guild Resource › Modify Guild Member, Modify Current Member; Permission Hierarchy."""
    world, guild = call.world, _guild(call)
    user_id = _known_member(call, guild)
    member = guild.members[user_id]
    form = call.form
    nick = form.string("nick", most=32)
    until = form.moment("communication_disabled_until")
    if until is not None and until > world.now() + _LONGEST_TIME_OUT:
        form.add_error(
            "communication_disabled_until", "NUMBER_TYPE_MAX", "A time-out lasts 28 days at most."
        )
    roles = form.snowflakes("roles", most=250)
    form.check()
    highest = highest_position(world, guild, call.user)
    if "nick" in form:
        own = user_id == call.user.id
        wanted = Permission.CHANGE_NICKNAME if own else Permission.MANAGE_NICKNAMES
        require_in_guild(world, call.user, guild, wanted)
        if not own and highest_position(world, guild, world.users[user_id]) >= highest:
            raise api_error(50013)
        member.nick = nick or None
    if "communication_disabled_until" in form:
        require_in_guild(world, call.user, guild, Permission.MODERATE_MEMBERS)
        if world.guild_permissions(user_id, guild.id) & Permission.ADMINISTRATOR:
            raise api_error(50013)
        member.communication_disabled_until = until
    if "roles" in form:
        require_in_guild(world, call.user, guild, Permission.MANAGE_ROLES)
        if any(role_id not in guild.roles for role_id in roles):
            raise api_error(10011)
        if guild.id in roles:
            raise api_error(50028)
        changed = [guild.roles[r] for r in set(roles) ^ set(member.roles)]
        if any(role.position >= highest or role.managed for role in changed):
            raise api_error(50013)
        with access_may_change(world, guild.id):
            member.roles = roles
    world.emit(MemberUpdated(guild, user_id))
    return payloads.member(world, guild, user_id)


async def _give_role(call: Call) -> Result:
    """docs: Guild Resource › Add Guild Member Role: only roles below the caller's own."""
    world, guild = call.world, _guild(call)
    require_in_guild(world, call.user, guild, Permission.MANAGE_ROLES)
    user_id, role = _known_member(call, guild), _known_role(call, guild)
    if role.id == guild.id:
        raise api_error(50028)
    if role.position >= highest_position(world, guild, call.user) or role.managed:
        raise api_error(50013)
    if role.id not in guild.members[user_id].roles:
        with access_may_change(world, guild.id):
            guild.members[user_id].roles.append(role.id)
            world.emit(MemberUpdated(guild, user_id))
    return None


async def _take_role(call: Call) -> Result:
    world, guild = call.world, _guild(call)
    require_in_guild(world, call.user, guild, Permission.MANAGE_ROLES)
    user_id, role = _known_member(call, guild), _known_role(call, guild)
    if role.position >= highest_position(world, guild, call.user) or role.managed:
        raise api_error(50013)
    if role.id in guild.members[user_id].roles:
        guild.members[user_id].roles.remove(role.id)
        world.emit(MemberUpdated(guild, user_id))
    return None


async def _kick(call: Call) -> Result:
    """docs: Guild Resource › Remove Guild Member: only those below the caller."""
    world, guild = call.world, _guild(call)
    user_id = _known_member(call, guild)
    require_in_guild(world, call.user, guild, Permission.KICK_MEMBERS)
    other = world.users[user_id]
    if highest_position(world, guild, other) >= highest_position(world, guild, call.user):
        raise api_error(50013)
    remove_member(world, guild, other)
    return None


async def _leave(call: Call) -> Result:
    """docs: Users Resource › Leave Guild."""
    guild = _guild(call)
    if guild.owner_id == call.user.id:
        raise api_error(50055)
    remove_member(call.world, guild, call.user)
    return None


def remove_member(world: World, guild: Guild, user: User) -> None:
    """Remove a member, and a bot's managed role with it.

    docs: Gateway Events › Guild Member Remove, Guild Delete (for the removed user).
    """
    for channel in world.threads_of(guild.id):
        if channel.thread is not None:
            channel.thread.members.pop(user.id, None)
    role = next((r for r in guild.roles.values() if r.managed and r.bot_id == user.id), None)
    del guild.members[user.id]
    if role is not None:
        del guild.roles[role.id]
    world.emit(MemberRemoved(guild, user))
    world.emit(GuildLeft(guild, user.id))
