"""Who may use a command, and checking the options they pass.

docs: Application Commands › Permissions, Application Command Option Structure. How the overrides
of a command and of all commands go together is not said there but on support.discord.com, Updates
to Command Permissions: a command's override those of the application where they say something,
"like server permissions and channel overwrites", and the default permissions still count.
"""

from __future__ import annotations

import math
from typing import Any

from bot.emulator.rules.json_form import Form
from bot.emulator.world.models import Command, Guild
from bot.emulator.world.permissions import Permission
from bot.emulator.world.world import World

__all__ = ["can_use_command", "is_usable_in_dm", "read_options"]

SUB, GROUP = 1, 2
STRING, INTEGER, BOOLEAN, USER, CHANNEL, ROLE, MENTIONABLE, NUMBER, ATTACHMENT = range(3, 12)
_MAX_INTEGER = 2**53 - 1
"""docs: Application Command Option Type."""


_FOR_ROLE, _FOR_USER, _FOR_CHANNEL = 1, 2, 3
"""docs: Application Commands › Application Command Permission Type."""


def can_use_command(
    command: Command, guild: Guild, user_id: int, bits: int, channel_id: int | None
) -> bool:
    """Whether a member with these permission bits may use a command in a server's channel.

    ``channel_id``: of a thread its parent's (docs: Application Commands › Permissions); None for
    anywhere. With ``default_member_permissions`` of "0" only administrators may, and those whom an
    override allows. A command whose contexts don't include servers isn't available.
    """
    contexts = command.body.get("contexts")
    if contexts is not None and 0 not in contexts:
        return False
    if bits & Permission.ADMINISTRATOR:
        return True
    if not bits & Permission.USE_APPLICATION_COMMANDS:
        return False
    levels = [
        {(one.type, one.id): one.permission for one in guild.command_permissions.get(target_id, ())}
        for target_id in (command.id, command.application_id)
    ]
    # docs: Application Command Permissions Constants: all channels have the server's id less one.
    places = () if channel_id is None else (channel_id, guild.id - 1)
    for level in levels:
        found = [level[_FOR_CHANNEL, one] for one in places if (_FOR_CHANNEL, one) in level]
        if found and not found[0]:
            return False
        if found:
            break
    for level in levels:
        allowed = _user_override(level, guild, user_id)
        if allowed is not None:
            return allowed
    wanted = command.body.get("default_member_permissions")
    if wanted is None:
        return True
    return int(wanted) != 0 and bits & int(wanted) == int(wanted)


def is_usable_in_dm(command: Command) -> bool:
    """Whether a command can be used in a direct message with its bot.

    docs: Application Commands › Contexts (BOT_DM is 1); Application Command Object
    (``dm_permission``, deprecated).
    """
    contexts = command.body.get("contexts")
    return bool(command.body.get("dm_permission", True)) if contexts is None else 1 in contexts


def _user_override(level: dict[tuple[int, int], bool], guild: Guild, user_id: int) -> bool | None:
    """What the overrides of a user, their roles or @everyone say; None if they say nothing."""
    if (_FOR_USER, user_id) in level:
        return level[_FOR_USER, user_id]
    member = guild.members.get(user_id)
    roles = [] if member is None else member.roles
    found = [level[_FOR_ROLE, role_id] for role_id in roles if (_FOR_ROLE, role_id) in level]
    return any(found) if found else level.get((_FOR_ROLE, guild.id))


def read_options(
    world: World, guild_id: int | None, declared: list[dict[str, Any]], form: Form, *, partial: bool
) -> list[dict[str, Any]]:
    """The options that a member passed, checked against those the command declares.

    ``partial`` is for autocomplete: no option is required yet and one is focused.
    """
    by_name = {option["name"]: option for option in declared}
    found: list[dict[str, Any]] = []
    for one in form.forms("options", most=25):
        name = one.string("name", least=1, most=32, required=True)
        option = by_name.get(name or "")
        if option is None:
            one.add_error("name", "UNKNOWN_OPTION", f"The command has no option {name!r}.")
            continue
        if any(other["name"] == name for other in found):
            one.add_error("name", "DUPLICATE_OPTION", f"The option {name!r} was given twice.")
        given = one.integer("type", least=1, most=11)
        if given is not None and given != option["type"]:
            one.add_error("type", "BASE_TYPE_CHOICES", f"The option is of type {option['type']}.")
        data: dict[str, Any] = {"name": name, "type": option["type"]}
        if option["type"] in {SUB, GROUP}:
            inner = option.get("options") or []
            data["options"] = read_options(world, guild_id, inner, one, partial=partial)
        else:
            focused = partial and one.boolean("focused")
            data["value"] = _value(world, guild_id, option, one, focused=focused)
            if focused:
                data["focused"] = True
        found.append(data)
    _check_missing(declared, found, form, partial=partial)
    return found


def _check_missing(
    declared: list[dict[str, Any]],
    found: list[dict[str, Any]],
    form: Form,
    *,
    partial: bool,
) -> None:
    given = {option["name"] for option in found}
    if any(option["type"] in {SUB, GROUP} for option in declared):
        if len(found) != 1:
            form.add_error("options", "SUBCOMMAND_REQUIRED", "Choose exactly one subcommand.")
        return
    for option in declared:
        if option.get("required") and option["name"] not in given and not partial:
            form.add_error(
                "options", "BASE_TYPE_REQUIRED", f"The option {option['name']!r} is required."
            )


def _value(
    world: World, guild_id: int | None, option: dict[str, Any], form: Form, *, focused: bool
) -> Any:
    kind = option["type"]
    if focused:
        return form.body.get("value", "")
    value: Any
    if kind == STRING:
        value = form.string(
            "value",
            least=option.get("min_length", 0),
            most=option.get("max_length", 6000),
            required=True,
            strip=False,
        )
    elif kind == INTEGER:
        value = form.integer("value", least=-_MAX_INTEGER, most=_MAX_INTEGER, required=True)
    elif kind == NUMBER:
        value = form.body.get("value")
        if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
            form.add_error("value", "NUMBER_TYPE_COERCE", f'Value "{value}" is not float.')
            return None
    elif kind == BOOLEAN:
        if not isinstance(form.body.get("value"), bool):
            form.add_error("value", "BASE_TYPE_CONVERT", "Could not interpret value as boolean.")
        return form.body.get("value")
    else:
        number = form.snowflake("value", required=True)
        _check_known(world, guild_id, option, number, form)
        return str(number)
    _check_bounds(option, value, form)
    return value


def _check_bounds(option: dict[str, Any], value: Any, form: Form) -> None:
    if value is None:
        return
    choices = option.get("choices")
    if choices and value not in [choice["value"] for choice in choices]:
        form.add_error("value", "BASE_TYPE_CHOICES", "The value is none of the choices.")
    if option["type"] in {INTEGER, NUMBER}:
        if value < option.get("min_value", -math.inf):
            form.add_error("value", "NUMBER_TYPE_MIN", "The value is too small.")
        if value > option.get("max_value", math.inf):
            form.add_error("value", "NUMBER_TYPE_MAX", "The value is too large.")


def _check_known(
    world: World, guild_id: int | None, option: dict[str, Any], number: int | None, form: Form
) -> None:
    if number is None or option["type"] == ATTACHMENT:
        return
    guild = world.guilds.get(guild_id or 0)
    kind = option["type"]
    roles = guild.roles if guild is not None else {}
    known = (kind in {USER, MENTIONABLE} and number in world.users) or (
        kind in {ROLE, MENTIONABLE} and number in roles
    )
    if kind == CHANNEL:
        channel = world.channels.get(number)
        wanted = option.get("channel_types")
        known = channel is not None and channel.guild_id == guild_id
        if known and channel is not None and wanted and channel.type not in wanted:
            form.add_error("value", "BASE_TYPE_CHOICES", "A channel of this type can't be chosen.")
    if not known:
        form.add_error("value", "UNKNOWN_OPTION_VALUE", f"Nothing has the id {number}.")
