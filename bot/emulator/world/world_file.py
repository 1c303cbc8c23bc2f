"""Reads a world from a TOML file: bots, servers, roles, members, channels and permissions.

``docs/emulator.md`` describes the format. Unknown keys, names and permissions are errors, and so
is a name that two bots, people, roles, servers, or channels of one server have.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bot.emulator.world.models import (
    Application,
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


_TYPES = {str: "a text", int: "a whole number", bool: "true or false", list: "a list"}
_LONGEST_SLOWMODE = 21600
_WHOLE_FILE = "The file"


class WorldFileError(Exception):
    """A world file is invalid; the text says why."""


def read_world_file(path: Path) -> World:
    """The world that a file describes. Raises OSError and WorldFileError."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WorldFileError(f"{path} isn't valid TOML: {error}.") from error
    except RecursionError as error:
        raise WorldFileError(f"{path} is nested too deeply.") from error
    return _Reader().read(data)


def _table(value: Any, where: str, **kinds: type) -> dict[str, Any]:
    """A table whose keys are all known and have the right types."""
    path = "" if where == _WHOLE_FILE else f"{where}."
    if not isinstance(value, dict):
        raise WorldFileError(f"{where} must be a table.")
    for key, inner in value.items():
        if key not in kinds:
            raise WorldFileError(f"{where} has an unknown key: {key}.")
        if not isinstance(inner, kinds[key]) or (kinds[key] is int and isinstance(inner, bool)):
            raise WorldFileError(f"{path}{key} must be {_TYPES[kinds[key]]}.")
    return value


def _name(table: dict[str, Any], where: str, *, least: int = 1, most: int = 100) -> str:
    """A table's name, within Discord's limits."""
    name = table.get("name")
    if not isinstance(name, str) or not name.strip():
        raise WorldFileError(f"{where} needs a name.")
    _check_length(name, f"{where}.name", least, most)
    return name


def _check_length(text: str, where: str, least: int, most: int) -> None:
    if not least <= len(text) <= most:
        raise WorldFileError(f"{where} must have {least} to {most} characters.")


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
        _table(data, _WHOLE_FILE, bots=list, servers=list)
        servers, bots = data.get("servers") or [], data.get("bots") or []
        if not servers or not bots:
            raise WorldFileError("The file needs at least one server and one bot.")
        _check_names(bots, "bots")
        _check_names(servers, "servers")
        for number, value in enumerate(bots):
            self._bot(value, f"bots[{number}]")
        for number, value in enumerate(servers):
            self._server(value, f"servers[{number}]")
        return self.world

    def _person(self, name: str) -> User:
        if name not in self.people:
            self.people[name] = self.world.add_user(name.lower(), name)
        return self.people[name]

    def _set_token(self, user: User, token: str | None, where: str) -> None:
        if token is None or token == user.token:
            return
        if not token.isascii() or not token.isprintable() or not token or " " in token:
            raise WorldFileError(f"{where}.token must have only ASCII characters and no spaces.")
        if token in self.world.tokens:
            raise WorldFileError(f"{where}.token is used twice.")
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
        name = _name(table, where, most=32)
        application = add_application(
            self.world,
            self._person(table.get("owner", "Owner")),
            name,
            separate_id=table.get("separate_application_id", False),
        )
        if "intents" in table:
            known = [one for one in table["intents"] if isinstance(one, str) and one in _INTENTS]
            unknown = [one for one in table["intents"] if one not in known]
            if unknown:
                raise WorldFileError(f"{where}.intents has an unknown intent: {unknown[0]}.")
            application.flags = sum(_INTENTS[one] for one in set(known))
        self._set_token(self.world.users[application.bot_id], table.get("token"), where)
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
        for key in ("roles", "members", "bots", "emojis", "stickers", "channels"):
            _check_names(table.get(key, []), f"{where}.{key}")
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
            name = _name(inner, f"{where}.emojis[{number}]", least=2, most=32)
            guild.emojis[emoji_id] = Emoji(emoji_id, name, inner.get("animated", False))
        for number, one in enumerate(table.get("stickers", [])):
            self._sticker(guild, one, f"{where}.stickers[{number}]")
        for number, one in enumerate(table.get("channels", [])):
            self._channel(guild, one, f"{where}.channels[{number}]")
        for number, one in enumerate(table.get("channels", [])):
            self._set_category(guild, one, f"{where}.channels[{number}]")

    def _sticker(self, guild: Guild, value: Any, where: str) -> None:
        table = _table(value, where, name=str, tags=str, description=str, format=str)
        name = _name(table, where, least=2, most=30)
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
        name = _name(table, where)
        if name in {role.name for role in guild.roles.values()}:
            raise WorldFileError(f"{where} can't be named {name}: there is such a role.")
        role = Role(
            self.world.new_id(),
            name,
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
        name = _name(table, where, most=32)
        if "nick" in table:
            _check_length(table["nick"], f"{where}.nick", 1, 32)
        roles = [self._role_named(guild, one, where).id for one in table.get("roles", [])]
        if guild.id in roles or len(set(roles)) < len(roles):
            raise WorldFileError(f"{where}.roles must be different roles other than @everyone.")
        if name in self.people:
            user = self.people[name]
            if user.id not in guild.members:
                join(self.world, guild, user)
        else:
            user = self.people[name] = add_member(self.world, guild, name)
        guild.members[user.id].roles = roles
        guild.members[user.id].nick = table.get("nick")
        self._set_token(user, table.get("token"), where)

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
        if not 0 <= channel.rate_limit_per_user <= _LONGEST_SLOWMODE:
            raise WorldFileError(f"{where}.slowmode must be from 0 to {_LONGEST_SLOWMODE}.")

    def _set_category(self, guild: Guild, table: dict[str, Any], where: str) -> None:
        """Put a channel into its category, which may be listed after it."""
        if "category" not in table:
            return
        by_name = {channel.name: channel for channel in self.world.channels_of(guild.id)}
        channel, category = by_name[table["name"]], by_name.get(table["category"])
        if category is None or category.type is not ChannelType.CATEGORY:
            raise WorldFileError(f"{where} names an unknown category: {table['category']}.")
        if channel.type is ChannelType.CATEGORY:
            raise WorldFileError(f"{where} is a category and can't be in one.")
        channel.parent_id = category.id

    def _overwrite(self, guild: Guild, value: Any, where: str) -> Overwrite:
        table = _table(value, where, role=str, member=str, allow=list, deny=list)
        if ("role" in table) == ("member" in table):
            raise WorldFileError(f"{where} needs either a role or a member.")
        allow, deny = _bits(table.get("allow", []), where), _bits(table.get("deny", []), where)
        if "role" in table:
            role = self._role_named(guild, table["role"], where)
            return Overwrite(role.id, OverwriteType.ROLE, allow, deny)
        user = self.people.get(table["member"])
        if user is None and table["member"] in self.applications:
            user = self.world.users[self.applications[table["member"]].bot_id]
        if user is None or user.id not in guild.members:
            raise WorldFileError(f"{where} names an unknown member: {table['member']}.")
        return Overwrite(user.id, OverwriteType.MEMBER, allow, deny)


def _check_names(tables: list[Any], where: str) -> None:
    """Refuse a name that is given twice in a list of tables."""
    seen: set[str] = set()
    for value in tables:
        name = value.get("name") if isinstance(value, dict) else None
        if isinstance(name, str) and name in seen:
            raise WorldFileError(f"{where} has the name {name} twice.")
        seen |= {name} if isinstance(name, str) else set()
