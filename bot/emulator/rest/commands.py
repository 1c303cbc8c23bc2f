"""Application commands: registering them, and the list that members' clients show.

docs: Interactions › Application Commands › Endpoints.
"""

from __future__ import annotations

from typing import Any

from bot.emulator import payloads
from bot.emulator.rest.request import Api, Call, Created, Result
from bot.emulator.rules import commands
from bot.emulator.rules.access import get_guild, require_in_guild
from bot.emulator.rules.command_access import can_use_command
from bot.emulator.rules.errors import api_error
from bot.emulator.rules.json_form import Form, FormErrors, form_error
from bot.emulator.rules.rate_limits import COMMAND_CREATES
from bot.emulator.world.events import CommandPermissionsUpdated
from bot.emulator.world.models import Application, Command, CommandPermission, Guild
from bot.emulator.world.permissions import Permission
from bot.emulator.world.world import World

__all__ = ["add_routes"]

_SCOPES = (
    "/applications/{application_id}/commands",
    "/applications/{application_id}/guilds/{guild_id}/commands",
)


def add_routes(api: Api) -> None:
    """Add the routes, for global commands and for those of one server."""
    api.add("GET", f"{_SCOPES[1]}/permissions", _permissions)
    for path in _SCOPES:
        api.add("GET", path, _list)
        api.add("PUT", path, _replace)
        api.add("POST", path, _create)
        api.add("GET", f"{path}/{{command_id}}", _get)
        api.add("PATCH", f"{path}/{{command_id}}", _change)
        api.add("DELETE", f"{path}/{{command_id}}", _delete)
    api.add("GET", f"{_SCOPES[1]}/{{command_id}}/permissions", _command_permissions)
    api.add("PUT", f"{_SCOPES[1]}/{{command_id}}/permissions", _set_command_permissions)
    api.add("GET", "/guilds/{guild_id}/application-command-index", _index)


def _guild_id(call: Call) -> int | None:
    if "guild_id" not in call.request.match_info:
        return None
    guild_id = call.id("guild_id")
    if call.world.member(guild_id, call.user.id) is None:
        raise api_error(50001)
    return guild_id


def _shown(call: Call, command: Command) -> dict[str, Any]:
    """docs: Localization: a list has no translations unless they are requested."""
    data = payloads.command(command)
    if call.request.method == "GET" and not call.flag("with_localizations"):
        data.pop("name_localizations", None)
        data.pop("description_localizations", None)
    return data


async def _list(call: Call) -> Result:
    application = call.own_application()
    found = commands.list_commands(call.world, application.id, _guild_id(call))
    return [_shown(call, command) for command in found]


async def _replace(call: Call) -> Result:
    """docs: Bulk Overwrite Global Application Commands: deletes what isn't in the list."""
    application, guild_id, world = call.own_application(), _guild_id(call), call.world
    if not isinstance(call.body, list):
        raise form_error("_", "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
    errors = FormErrors()
    read: list[tuple[int, str, dict[str, Any]]] = []
    renamed: dict[int, tuple[int, str]] = {}
    for at, one in enumerate(call.body):
        if not isinstance(one, dict):
            raise form_error(
                str(at), "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType"
            )
        form = Form(one, (str(at),), errors)
        kind, name, body = commands.read_command(form)
        renamed[form.snowflake("id") or 0] = (kind, name)
        if any((kind, name) == (other[0], other[1]) for other in read):
            errors.add(
                (str(at), "name"),
                "APPLICATION_COMMANDS_DUPLICATE_NAME",
                "Application command names must be unique",
            )
        read.append((kind, name, body))
    errors.raise_if_any()
    for kind, most in commands.MAX_PER_TYPE.items():
        if sum(1 for one in read if one[0] == kind) > most:
            raise api_error(30032)
    kept = {(kind, name) for kind, name, _ in read}
    before = commands.list_commands(world, application.id, guild_id)
    known = {(c.type, c.name) for c in before}
    known |= {renamed[c.id] for c in before if renamed.get(c.id, (0, ""))[0] == c.type}
    for _ in kept - known:
        _count_create(call, application, guild_id)
    for command in commands.list_commands(world, application.id, guild_id):
        if renamed.get(command.id, (0, ""))[0] == command.type:
            command.name = renamed[command.id][1]
        if (command.type, command.name) not in kept:
            del world.commands[command.id]
    found = [commands.put_command(world, application, guild_id, *one)[0] for one in read]
    world.touch()
    return [_shown(call, command) for command in found]


async def _create(call: Call) -> Result:
    """docs: Create Global Application Command: overwrites one with the same name."""
    application, guild_id = call.own_application(), _guild_id(call)
    form = call.form
    kind, name, body = commands.read_command(form)
    form.check()
    if commands.find_command(call.world, application.id, guild_id, kind, name) is None:
        _count_create(call, application, guild_id)
    command, new = commands.put_command(call.world, application, guild_id, kind, name, body)
    data = _shown(call, command)
    return Created(data) if new else data


def _count_create(call: Call, application: Application, guild_id: int | None) -> None:
    """Raises 30034 if the application has created 200 commands within a day."""
    call.rates.take(COMMAND_CREATES, str(application.id), str(guild_id))


def _command(call: Call) -> Command:
    application, guild_id = call.own_application(), _guild_id(call)
    command = call.world.commands.get(call.id("command_id"))
    if command is None or (command.application_id, command.guild_id) != (application.id, guild_id):
        raise api_error(10063)
    return command


async def _get(call: Call) -> Result:
    return payloads.command(_command(call))


async def _change(call: Call) -> Result:
    """docs: Edit Global Application Command: changes the given fields."""
    command = _command(call)
    before = {"type": command.type, "name": command.name, **command.body}
    given = call.form.body
    changes = {name: given[name] for name in commands.FIELDS if name in given}
    merged = Form({**before, **changes, "type": command.type})
    _, name, body = commands.read_command(merged)
    merged.check()
    other = commands.find_command(
        call.world, command.application_id, command.guild_id, command.type, name
    )
    if other is not None and other.id != command.id:
        raise api_error(40041)
    command.name, command.body, command.version = name, body, call.world.new_id()
    call.world.touch()
    return _shown(call, command)


async def _delete(call: Call) -> Result:
    del call.world.commands[_command(call).id]
    call.world.touch()
    return None


async def _permissions(call: Call) -> Result:
    """docs: Get Guild Application Command Permissions: of the commands that have some."""
    application = call.own_application()
    guild = call.world.guilds[_guild_id(call) or 0]
    return [
        payloads.command_permissions(guild, application.id, target_id)
        for target_id in guild.command_permissions
        if target_id == application.id or _is_command_of(call.world, application, target_id)
    ]


def _is_command_of(world: World, application: Application, target_id: int) -> bool:
    command = world.commands.get(target_id)
    return command is not None and command.application_id == application.id


async def _command_permissions(call: Call) -> Result:
    """docs: Get Application Command Permissions: an error if none are set."""
    application, target_id = call.own_application(), call.id("command_id")
    guild = call.world.guilds[_guild_id(call) or 0]
    known = target_id == application.id or _is_command_of(call.world, application, target_id)
    if not known or target_id not in guild.command_permissions:
        raise api_error(10066)
    return payloads.command_permissions(guild, application.id, target_id)


async def _set_command_permissions(call: Call) -> Result:
    """docs: Edit Application Command Permissions: overwrites those of a command, for a person.

    A bot token is an error; here a member's token is used as a Bearer token. The member needs
    *Manage Server* and *Manage Roles*, and must be able to use the command (docs: Permissions).
    With the application's id they are those of all its commands.
    """
    if call.user.bot:
        raise api_error(20001)
    world, application_id, target_id = call.world, call.id("application_id"), call.id("command_id")
    application = world.applications.get(application_id)
    if application is None:
        raise api_error(10002)
    guild = get_guild(world, call.user, call.id("guild_id"))
    require_in_guild(world, call.user, guild, Permission.MANAGE_GUILD)
    require_in_guild(world, call.user, guild, Permission.MANAGE_ROLES)
    if target_id != application_id:
        if not _is_command_of(world, application, target_id):
            raise api_error(10063)
        bits = world.guild_permissions(call.user.id, guild.id)
        if not can_use_command(world.commands[target_id], guild, call.user.id, bits, None):
            raise api_error(50013)
    found = _read_permissions(call.form, guild, world)
    if found:
        guild.command_permissions[target_id] = found
    else:
        guild.command_permissions.pop(target_id, None)
    world.touch()
    world.emit(CommandPermissionsUpdated(guild, application, target_id))
    return payloads.command_permissions(guild, application_id, target_id)


def _read_permissions(form: Form, guild: Guild, world: World) -> list[CommandPermission]:
    """docs: Application Command Permissions Structure; at most 100 of a command.

    ``id`` is that of a role, user or channel of the server, or one of the Permissions Constants.
    """
    found: list[CommandPermission] = []
    for one in form.forms("permissions", most=100):
        target = one.snowflake("id", required=True) or 0
        kind = one.choice("type", (1, 2, 3), required=True) or 0
        if not isinstance(one.body.get("permission"), bool):
            one.add_error("permission", "BASE_TYPE_REQUIRED", "This field is required")
        channel = world.channels.get(target)
        known = {
            1: target in guild.roles,
            2: target in guild.members,
            3: target == guild.id - 1
            or (channel is not None and channel.guild_id == guild.id and channel.thread is None),
        }
        if not known.get(kind, True):
            one.add_error("id", "APPLICATION_COMMAND_PERMISSIONS_UNKNOWN_ID", "Unknown id")
        if any((other.type, other.id) == (kind, target) for other in found):
            one.add_error(
                "id", "APPLICATION_COMMAND_PERMISSIONS_DUPLICATE", "Permission ids must be unique"
            )
        found.append(CommandPermission(target, kind, bool(one.body.get("permission"))))
    form.check()
    return found


async def _index(call: Call) -> Result:
    """The commands that a member may use, as members' clients request them."""
    guild = get_guild(call.world, call.user, call.id("guild_id"))
    bits = call.world.guild_permissions(call.user.id, guild.id)
    usable = [
        payloads.command(command)
        for command in call.world.commands.values()
        if command.guild_id in {None, guild.id}
        and can_use_command(command, guild, call.user.id, bits, None)
    ]
    names = [
        {"id": str(a.id), "name": a.name, "description": a.description, "icon": None}
        for a in call.world.applications.values()
        if a.bot_id in guild.members
    ]
    return {"applications": names, "application_commands": usable, "version": str(guild.id)}
