"""Application commands: registering them, and the list that members' clients show.

docs: Interactions › Application Commands › Endpoints.
"""

from __future__ import annotations

from typing import Any

from bot.emulator import payloads
from bot.emulator.rest.request import Answer, Api, Call, Created
from bot.emulator.rules import commands
from bot.emulator.rules.command_access import may_use
from bot.emulator.rules.errors import refuse
from bot.emulator.rules.json_form import Faults, Form, invalid
from bot.emulator.world.access import guild_for
from bot.emulator.world.models import Command

__all__ = ["add_routes"]

_SCOPES = (
    "/applications/{application_id}/commands",
    "/applications/{application_id}/guilds/{guild_id}/commands",
)


def add_routes(api: Api) -> None:
    """Serve them, for global commands and for those of one server."""
    api.add("GET", f"{_SCOPES[1]}/permissions", _permissions)
    for path in _SCOPES:
        api.add("GET", path, _list)
        api.add("PUT", path, _replace)
        api.add("POST", path, _create)
        api.add("GET", f"{path}/{{command_id}}", _get)
        api.add("PATCH", f"{path}/{{command_id}}", _change)
        api.add("DELETE", f"{path}/{{command_id}}", _delete)
    api.add("GET", f"{_SCOPES[1]}/{{command_id}}/permissions", _command_permissions)
    api.add("GET", "/guilds/{guild_id}/application-command-index", _index)


def _guild_id(call: Call) -> int | None:
    if "guild_id" not in call.request.match_info:
        return None
    guild_id = call.id("guild_id")
    if call.world.member(guild_id, call.user.id) is None:
        raise refuse(50001)
    return guild_id


def _shown(call: Call, command: Command) -> dict[str, Any]:
    """docs: Localization: a list leaves translations out unless they are asked for."""
    data = payloads.command(command)
    if call.request.method == "GET" and not call.flag("with_localizations"):
        data.pop("name_localizations", None)
        data.pop("description_localizations", None)
    return data


async def _list(call: Call) -> Answer:
    application = call.own_application()
    found = commands.scope(call.world, application.id, _guild_id(call))
    return [_shown(call, command) for command in found]


async def _replace(call: Call) -> Answer:
    """docs: Bulk Overwrite Global Application Commands: what is not in the list is gone."""
    application, guild_id, world = call.own_application(), _guild_id(call), call.world
    if not isinstance(call.body, list):
        raise invalid("_", "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
    faults = Faults()
    read: list[tuple[int, str, dict[str, Any]]] = []
    for at, one in enumerate(call.body):
        if not isinstance(one, dict):
            raise invalid(
                str(at), "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType"
            )
        kind, name, body = commands.read_command(Form(one, (str(at),), faults))
        if any((kind, name) == (other[0], other[1]) for other in read):
            faults.add(
                (str(at), "name"),
                "APPLICATION_COMMANDS_DUPLICATE_NAME",
                "Application command names must be unique",
            )
        read.append((kind, name, body))
    faults.tell()
    for kind, most in commands.MOST_OF.items():
        if sum(1 for one in read if one[0] == kind) > most:
            raise refuse(30032)
    kept = {(kind, name) for kind, name, _ in read}
    for command in commands.scope(world, application.id, guild_id):
        if (command.type, command.name) not in kept:
            del world.commands[command.id]
    found = [commands.put_command(world, application, guild_id, *one)[0] for one in read]
    world.touch()
    return [_shown(call, command) for command in found]


async def _create(call: Call) -> Answer:
    """docs: Create Global Application Command: one of the same name is overwritten."""
    application, guild_id = call.own_application(), _guild_id(call)
    form = call.form
    kind, name, body = commands.read_command(form)
    form.done()
    command, new = commands.put_command(call.world, application, guild_id, kind, name, body)
    data = _shown(call, command)
    return Created(data) if new else data


def _command(call: Call) -> Command:
    application, guild_id = call.own_application(), _guild_id(call)
    command = call.world.commands.get(call.id("command_id"))
    if command is None or (command.application_id, command.guild_id) != (application.id, guild_id):
        raise refuse(10063)
    return command


async def _get(call: Call) -> Answer:
    return payloads.command(_command(call))


async def _change(call: Call) -> Answer:
    """docs: Edit Global Application Command: the fields that are given."""
    command = _command(call)
    before = {"type": command.type, "name": command.name, **command.body}
    merged = Form({**before, **call.form.body, "type": command.type})
    _, name, body = commands.read_command(merged)
    merged.done()
    other = commands.existing(
        call.world, command.application_id, command.guild_id, command.type, name
    )
    if other is not None and other.id != command.id:
        raise refuse(40041)
    command.name, command.body, command.version = name, body, call.world.new_id()
    call.world.touch()
    return _shown(call, command)


async def _delete(call: Call) -> Answer:
    del call.world.commands[_command(call).id]
    call.world.touch()
    return None


async def _permissions(call: Call) -> Answer:
    """docs: Get Guild Application Command Permissions: none have been set."""
    call.own_application()
    _guild_id(call)
    return []


async def _command_permissions(call: Call) -> Answer:
    """docs: Get Application Command Permissions: without any of its own, an error."""
    call.own_application()
    _guild_id(call)
    raise refuse(10066)


async def _index(call: Call) -> Answer:
    """The commands that a member may use here, as members' clients ask for them."""
    guild = guild_for(call.world, call.user, call.id("guild_id"))
    bits = call.world.guild_permissions(call.user.id, guild.id)
    usable = [
        payloads.command(command)
        for command in call.world.commands.values()
        if command.guild_id in {None, guild.id} and may_use(command, bits)
    ]
    names = [
        {"id": str(a.id), "name": a.name, "description": a.description, "icon": None}
        for a in call.world.applications.values()
        if a.bot_id in guild.members
    ]
    return {"applications": names, "application_commands": usable, "version": str(guild.id)}
