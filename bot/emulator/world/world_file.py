"""Reads a world from a TOML file: bots, servers, roles, members, channels and permissions.

``docs/emulator.md`` describes the format. Unknown keys, names and permissions are errors.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bot.emulator.world.models import (
    Application,
    Channel,
    ChannelType,
    Emoji,
    Guild,
    Overwrite,
    OverwriteType,
    Role,
    Sticker,
    StickerFormat,
    User,
)
from bot.emulator.world.permissions import Permission
from bot.emulator.world.seed import (
    GATEWAY_MEMBERS,
    GATEWAY_PRESENCES,
    INVITE_PERMISSIONS,
    MESSAGE_CONTENT,
    add_application,
    add_guild,
    add_member,
    invite_bot,
    join,
    put_channel,
)
from bot.emulator.world.world import World

__all__ = ["WorldFileError", "read_world_file"]

_KINDS = {
    kind.name.lower(): kind
    for kind in (
        ChannelType.TEXT,
        ChannelType.VOICE,
        ChannelType.CATEGORY,
        ChannelType.ANNOUNCEMENT,
        ChannelType.FORUM,
        ChannelType.MEDIA,
    )
}
_INTENTS = {
    "presences": GATEWAY_PRESENCES,
    "members": GATEWAY_MEMBERS,
    "message_content": MESSAGE_CONTENT,
}


class WorldFileError(Exception):
    """A world file is invalid; the text says why."""


def read_world_file(path: Path) -> World:
    """The world that a file describes. Raises OSError and WorldFileError."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WorldFileError(f"{path} isn't valid TOML: {error}.") from error
    return _Reader().read(data)


def _table(value: Any, where: str, **kinds: type) -> dict[str, Any]:
    """A table whose keys are all known and have the right types."""
    if not isinstance(value, dict):
        raise WorldFileError(f"{where} must be a table.")
    for key, inner in value.items():
        if key not in kinds:
            raise WorldFileError(f"{where} has an unknown key: {key}.")
        if not isinstance(inner, kinds[key]):
            raise WorldFileError(f"{where}.{key} must be of type {kinds[key].__name__}.")
    return value


def _name(table: dict[str, Any], where: str) -> str:
    name = table.get("name")
    if not isinstance(name, str) or not name:
        raise WorldFileError(f"{where} needs a name.")
    return name


def _bits(names: Iterable[Any], where: str) -> int:
    bits = 0
    for name in names:
        if not isinstance(name, str) or name.upper() not in Permission.__members__:
            raise WorldFileError(f"{where} names an unknown permission: {name}.")
        bits |= Permission[name.upper()]
    return int(bits)


class _Reader:
    def __init__(self) -> None:
        self.world = World()
        self.people: dict[str, User] = {}
        self.applications: dict[str, Application] = {}

    def read(self, data: dict[str, Any]) -> World:
        _table(data, "The file", bots=list, servers=list)
        servers, bots = data.get("servers") or [], data.get("bots") or []
        if not servers or not bots:
            raise WorldFileError("The file needs at least one server and one bot.")
        for number, value in enumerate(bots):
            self._bot(value, f"bots[{number}]")
        for number, value in enumerate(servers):
            self._server(value, f"servers[{number}]")
        return self.world

    def _person(self, name: str) -> User:
        if name not in self.people:
            self.people[name] = self.world.add_user(name.lower(), name)
        return self.people[name]

    def _set_token(self, user: User, token: str | None) -> None:
        if token is not None:
            del self.world.tokens[user.token]
            user.token = token
            self.world.tokens[token] = user.id

    def _bot(self, value: Any, where: str) -> None:
        table = _table(
            value,
            where,
            name=str,
            owner=str,
            token=str,
            intents=list,
            separate_application_id=bool,
        )
        name = _name(table, where)
        application = add_application(
            self.world,
            self._person(table.get("owner", "Owner")),
            name,
            separate_id=table.get("separate_application_id", False),
        )
        if "intents" in table:
            unknown = [one for one in table["intents"] if one not in _INTENTS]
            if unknown:
                raise WorldFileError(f"{where}.intents has an unknown intent: {unknown[0]}.")
            application.flags = sum(_INTENTS[one] for one in set(table["intents"]))
        self._set_token(self.world.users[application.bot_id], table.get("token"))
        self.applications[name] = application

    def _server(self, value: Any, where: str) -> None:
        table = _table(
            value,
            where,
            name=str,
            owner=str,
            everyone=list,
            roles=list,
            members=list,
            bots=list,
            emojis=list,
            stickers=list,
            channels=list,
        )
        owner = self._person(table.get("owner", "Owner"))
        guild = add_guild(self.world, _name(table, where), owner)
        if "everyone" in table:
            guild.roles[guild.id].permissions = _bits(table["everyone"], f"{where}.everyone")
        for number, one in enumerate(table.get("roles", [])):
            self._role(guild, one, f"{where}.roles[{number}]")
        for number, one in enumerate(table.get("bots", [])):
            self._invite(guild, one, f"{where}.bots[{number}]")
        for number, one in enumerate(table.get("members", [])):
            self._member(guild, one, f"{where}.members[{number}]")
        for number, one in enumerate(table.get("emojis", [])):
            inner = _table(one, f"{where}.emojis[{number}]", name=str, animated=bool)
            emoji_id = self.world.new_id()
            name = _name(inner, f"{where}.emojis[{number}]")
            guild.emojis[emoji_id] = Emoji(emoji_id, name, inner.get("animated", False))
        for number, one in enumerate(table.get("stickers", [])):
            self._sticker(guild, one, f"{where}.stickers[{number}]")
        for number, one in enumerate(table.get("channels", [])):
            self._channel(guild, one, f"{where}.channels[{number}]")

    def _sticker(self, guild: Guild, value: Any, where: str) -> None:
        table = _table(value, where, name=str, tags=str, description=str, format=str)
        name = _name(table, where)
        kind = table.get("format", "png").upper()
        if kind not in StickerFormat.__members__:
            known = ", ".join(one.lower() for one in StickerFormat.__members__)
            raise WorldFileError(f"{where}.format must be one of {known}.")
        sticker_id = self.world.new_id()
        guild.stickers[sticker_id] = Sticker(
            sticker_id,
            name,
            table.get("tags", name),
            StickerFormat[kind],
            table.get("description"),
            guild.owner_id,
        )

    def _role(self, guild: Guild, value: Any, where: str) -> None:
        table = _table(value, where, name=str, permissions=list, hoist=bool, mentionable=bool)
        role = Role(
            self.world.new_id(),
            _name(table, where),
            _bits(table.get("permissions", []), where),
            position=len(guild.roles),
            hoist=table.get("hoist", False),
            mentionable=table.get("mentionable", False),
        )
        guild.roles[role.id] = role

    def _invite(self, guild: Guild, value: Any, where: str) -> None:
        table = _table(value, where, name=str, permissions=list)
        application = self.applications.get(_name(table, where))
        if application is None:
            raise WorldFileError(f"{where} names a bot that isn't in bots: {table['name']}.")
        invite_bot(self.world, guild, self.world.users[application.bot_id])
        role = next(r for r in guild.roles.values() if r.bot_id == application.bot_id)
        role.permissions = int(INVITE_PERMISSIONS)
        if "permissions" in table:
            role.permissions = _bits(table["permissions"], where)

    def _member(self, guild: Guild, value: Any, where: str) -> None:
        table = _table(value, where, name=str, token=str, roles=list, nick=str)
        name = _name(table, where)
        roles = [self._role_named(guild, one, where).id for one in table.get("roles", [])]
        if name in self.people:
            user = self.people[name]
            if user.id not in guild.members:
                join(self.world, guild, user)
        else:
            user = self.people[name] = add_member(self.world, guild, name)
        guild.members[user.id].roles = roles
        guild.members[user.id].nick = table.get("nick")
        self._set_token(user, table.get("token"))

    def _role_named(self, guild: Guild, name: Any, where: str) -> Role:
        for role in guild.roles.values():
            if role.name == name:
                return role
        raise WorldFileError(f"{where} names an unknown role: {name}.")

    def _channel(self, guild: Guild, value: Any, where: str) -> None:
        table = _table(
            value,
            where,
            name=str,
            type=str,
            topic=str,
            category=str,
            slowmode=int,
            nsfw=bool,
            overwrites=list,
        )
        kind = _KINDS.get(table.get("type", "text"))
        if kind is None:
            raise WorldFileError(f"{where}.type must be one of {', '.join(_KINDS)}.")
        overwrites = [
            self._overwrite(guild, one, f"{where}.overwrites[{number}]")
            for number, one in enumerate(table.get("overwrites", []))
        ]
        channel = put_channel(self.world, guild, _name(table, where), kind, overwrites)
        channel.topic = table.get("topic")
        channel.nsfw = table.get("nsfw", False)
        channel.rate_limit_per_user = table.get("slowmode", 0)
        if "category" in table:
            channel.parent_id = self._category(guild, table["category"], where).id

    def _category(self, guild: Guild, name: str, where: str) -> Channel:
        for channel in self.world.channels_of(guild.id):
            if channel.type is ChannelType.CATEGORY and channel.name == name:
                return channel
        raise WorldFileError(f"{where} names an unknown category: {name}.")

    def _overwrite(self, guild: Guild, value: Any, where: str) -> Overwrite:
        table = _table(value, where, role=str, member=str, allow=list, deny=list)
        if ("role" in table) == ("member" in table):
            raise WorldFileError(f"{where} needs either a role or a member.")
        allow, deny = _bits(table.get("allow", []), where), _bits(table.get("deny", []), where)
        if "role" in table:
            role = self._role_named(guild, table["role"], where)
            return Overwrite(role.id, OverwriteType.ROLE, allow, deny)
        user = self.people.get(table["member"])
        if user is None or user.id not in guild.members:
            raise WorldFileError(f"{where} names an unknown member: {table['member']}.")
        return Overwrite(user.id, OverwriteType.MEMBER, allow, deny)
