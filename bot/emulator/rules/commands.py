"""Application commands: validation and registration.

docs: Interactions › Application Commands.
"""

from __future__ import annotations

import re
from typing import Any

from bot.emulator.rules.components import CHANNEL_TYPES
from bot.emulator.rules.errors import api_error
from bot.emulator.rules.file_types import read_file_types
from bot.emulator.rules.json_form import Form
from bot.emulator.world.models import Application, Command
from bot.emulator.world.permissions import ALL
from bot.emulator.world.world import World

__all__ = [
    "CHAT_INPUT",
    "FIELDS",
    "MAX_PER_TYPE",
    "check_number",
    "find_command",
    "list_commands",
    "put_command",
    "read_command",
]

CHAT_INPUT = 1
MAX_PER_TYPE = {1: 100, 2: 15, 3: 15}
"""How many commands of each type. docs: Application Commands › Registering a Command."""

FIELDS = (
    "name",
    "name_localizations",
    "description",
    "description_localizations",
    "options",
    "default_member_permissions",
    "dm_permission",
    "contexts",
    "integration_types",
    "nsfw",
    "handler",
)
"""What an edit can change. docs: Application Commands › Edit Global Application Command."""

LOCALES = frozenset(
    (
        *("id", "da", "de", "en-GB", "en-US", "es-ES", "es-419", "fr", "hr", "it", "lt", "hu"),
        *("nl", "no", "pl", "pt-BR", "ro", "fi", "sv-SE", "vi", "tr", "cs", "el", "bg", "ru"),
        *("uk", "hi", "th", "zh-CN", "ja", "zh-TW", "ko"),
    )
)
"""docs: Reference › Locales."""

SUB, GROUP = 1, 2
_MAX_CHARACTERS = 8000
# Letters of any script, digits, and the marks that the documentation lists.
_NAME = re.compile(r"^[-_'\w\u0900-\u097f\u0e00-\u0e7f]{1,32}$")
_WITH_CHOICES = (3, 4, 10)


def read_command(form: Form) -> tuple[int, str, dict[str, Any]]:
    """Read a command's type, name and body; the caller raises the form's errors.

    docs: Application Command Object, Application Command Naming.
    """
    kind = form.choice("type", tuple(MAX_PER_TYPE)) or CHAT_INPUT
    name = form.string("name", least=1, most=32, required=True) or ""
    description = ""
    options: list[dict[str, Any]] = []
    if kind == CHAT_INPUT:
        _check_name(form, name)
        description = form.string("description", least=1, most=100, required=True) or ""
        options = _options(form, depth=0)
    else:
        for field in ("description", "options"):
            if form.body.get(field):
                form.add_error(
                    field,
                    "APPLICATION_COMMAND_CONTEXT_MENU_FIELD",
                    "Context menu commands cannot have this field",
                )
    permissions = form.integer("default_member_permissions", least=0, most=2**54 - 1)
    form.refuse("handler")
    contexts = form.choices("contexts", (0, 1, 2), most=3)
    for field, most in (("contexts", 3), ("integration_types", 2)):
        if form.body.get(field) == []:
            form.add_error(
                field, "BASE_TYPE_BAD_LENGTH", f"Must be between 1 and {most} in length."
            )
    body: dict[str, Any] = {
        "description": description,
        "default_member_permissions": None if permissions is None else str(permissions & ALL),
        "dm_permission": form.boolean("dm_permission", default=True),
        "contexts": contexts or None,
        "integration_types": form.choices("integration_types", (0, 1), most=2) or [0],
        "nsfw": form.boolean("nsfw"),
    }
    body["name_localizations"] = _localizations(
        form, "name_localizations", 32, checks_name=kind == CHAT_INPUT
    )
    body["description_localizations"] = _localizations(form, "description_localizations", 100)
    if kind == CHAT_INPUT and options:
        body["options"] = options
    if _characters({"name": name, **body}) > _MAX_CHARACTERS:
        form.add_error(
            None,
            "APPLICATION_COMMAND_TOO_LARGE",
            f"Command exceeds maximum size ({_MAX_CHARACTERS})",
        )
    return kind, name, body


def _check_name(form: Form, name: str, field: str = "name") -> None:
    """docs: Application Command Naming: letters in lower case, digits, ``-`` and ``_``."""
    if name and (not _NAME.match(name) or name != name.lower()):
        form.add_error(field, "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")


def _localizations(
    form: Form, field: str, most: int, *, checks_name: bool = False
) -> dict[str, Any] | None:
    """A dictionary of translations by locale, each under the rules of what it translates.

    docs: Application Commands › Localization; Reference › Locales.
    """
    if form.body.get(field) is None:
        return None
    inner = form.form(field)
    if inner is None:
        return None
    for locale in inner.body:
        text = inner.string(locale, least=1, most=most, required=True) or ""
        if locale not in LOCALES:
            inner.add_error(locale, "BASE_TYPE_CHOICES", f"“{locale}” is not a locale.")
        if checks_name:
            _check_name(inner, text, locale)
    return {locale: text for locale, text in inner.body.items() if isinstance(text, str)}


def _check_translated_names(form: Form, options: list[dict[str, Any]]) -> None:
    """In no locale have two options the same name; without a translation it is the default one."""
    locales = {locale for one in options for locale in one.get("name_localizations") or {}}
    for locale in sorted(locales):
        names = [(one.get("name_localizations") or {}).get(locale, one["name"]) for one in options]
        if len(set(names)) < len(names):
            form.add_error(
                "options",
                "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS",
                f"Option name already exists ({locale})",
            )


def _options(form: Form, *, depth: int) -> list[dict[str, Any]]:
    """docs: Application Command Option Structure, Subcommands and Subcommand Groups."""
    found: list[dict[str, Any]] = []
    names: set[str] = set()
    optional_seen = False
    kinds: set[bool] = set()
    for one in form.forms("options", most=25):
        kind = one.choice("type", range(1, 12), required=True)
        name = one.string("name", least=1, most=32, required=True) or ""
        _check_name(one, name)
        if name in names:
            one.add_error(
                "name",
                "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS",
                "Option name already exists",
            )
        names.add(name)
        data: dict[str, Any] = {
            "type": kind,
            "name": name,
            "description": one.string("description", least=1, most=100, required=True),
        }
        if one.body.get("name_localizations") is not None:
            data["name_localizations"] = _localizations(
                one, "name_localizations", 32, checks_name=True
            )
        if one.body.get("description_localizations") is not None:
            data["description_localizations"] = _localizations(
                one, "description_localizations", 100
            )
        kinds.add(kind in {SUB, GROUP})
        if kind in {SUB, GROUP}:
            if depth > 1 or (kind == GROUP and depth > 0):
                one.add_error(
                    "type",
                    "APPLICATION_COMMAND_INVALID_NESTING",
                    "Sub-command groups cannot be nested here",
                )
            data["options"] = _options(one, depth=depth + (1 if kind == GROUP else 2))
        elif kind is not None:
            required = one.boolean("required")
            if required and optional_seen:
                one.add_error(
                    "required",
                    "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
                    "Required options must be placed before non-required options",
                )
            optional_seen = optional_seen or not required
            data["required"] = required
            data |= _limits(one, kind)
        found.append(data)
    _check_translated_names(form, found)
    if len(kinds) > 1:
        form.add_error(
            "options",
            "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID",
            "Sub-command and sub-command group option types are mutually exclusive to all"
            " other types",
        )
    return found


def _limits(form: Form, kind: int) -> dict[str, Any]:
    data: dict[str, Any] = {}
    if form.boolean("autocomplete"):
        data["autocomplete"] = True
        if kind not in _WITH_CHOICES or form.body.get("choices"):
            form.add_error(
                "autocomplete",
                "APPLICATION_COMMAND_AUTOCOMPLETE_INVALID",
                "Autocomplete excludes choices and needs a text or a number",
            )
    if form.body.get("choices"):
        data["choices"] = [_choice(choice, kind) for choice in form.forms("choices", most=25)]
        if kind not in _WITH_CHOICES:
            form.add_error("choices", "BASE_TYPE_CHOICES", "Only texts and numbers have choices.")
    if kind == 7 and form.body.get("channel_types"):
        data["channel_types"] = form.choices(
            "channel_types", CHANNEL_TYPES, most=len(CHANNEL_TYPES)
        )
    if kind == 11 and form.body.get("file_types"):
        data["file_types"] = read_file_types(form)
    elif form.body.get("file_types"):
        form.add_error("file_types", "BASE_TYPE_CHOICES", "Only attachment options have them.")
    if kind in {4, 10}:
        for name in ("min_value", "max_value"):
            value = form.body.get(name)
            if value is not None:
                data[name] = _number(form, name, kind)
    if kind == 3:
        for name, least in (("min_length", 0), ("max_length", 1)):
            length = form.integer(name, least=least, most=6000)
            if length is not None:
                data[name] = length
    return data


def _number(form: Form, name: str, kind: int) -> int | float | None:
    """A number, which is whole for an option of type INTEGER."""
    value = form.body.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        form.add_error(name, "NUMBER_TYPE_COERCE", f'Value "{value}" is not a number.')
        return None
    if kind == 4 and isinstance(value, float) and not value.is_integer():
        form.add_error(name, "NUMBER_TYPE_COERCE", f'Value "{value}" is not int.')
        return None
    check_number(form, name, value, whole=kind == 4)
    return value


def check_number(form: Form, name: str, value: float, *, whole: bool) -> None:
    """Add an error for a number that no option can have.

    docs: Application Command Option Type (INTEGER: between -2^53+1 and 2^53-1; NUMBER: 2^53).
    """
    most = 2**53 - 1 if whole else 2**53
    if not -most <= value <= most:
        form.add_error(name, "NUMBER_TYPE_MAX", f"Value must be from -{most} to {most}.")


def _choice(form: Form, kind: int) -> dict[str, Any]:
    value: Any = form.body.get("value")
    if kind == 3:
        value = form.string("value", least=1, most=100, required=True, strip=False)
    else:
        value = _number(form, "value", kind)
    data = {"name": form.string("name", least=1, most=100, required=True), "value": value}
    if form.body.get("name_localizations") is not None:
        data["name_localizations"] = _localizations(form, "name_localizations", 100)
    return data


def _characters(data: dict[str, Any]) -> int:
    """The total length of names, descriptions and values at all depths.

    For a translated text the longest translation counts.
    """
    total = 0
    for field in ("name", "description", "value"):
        text = data.get(field)
        if isinstance(text, str):
            others = [len(o) for o in (data.get(f"{field}_localizations") or {}).values()]
            total += max([len(text), *others])
    for field in ("options", "choices"):
        total += sum(_characters(part) for part in data.get(field) or [])
    return total


def list_commands(world: World, application_id: int, guild_id: int | None) -> list[Command]:
    """An application's commands, global ones or those of one server."""
    return [
        command
        for command in world.commands.values()
        if command.application_id == application_id and command.guild_id == guild_id
    ]


def find_command(
    world: World, application_id: int, guild_id: int | None, kind: int, name: str
) -> Command | None:
    """The command with this type and name in a server, or the global one."""
    return next(
        (
            c
            for c in list_commands(world, application_id, guild_id)
            if (c.type, c.name) == (kind, name)
        ),
        None,
    )


def put_command(
    world: World,
    application: Application,
    guild_id: int | None,
    kind: int,
    name: str,
    body: dict[str, Any],
) -> tuple[Command, bool]:
    """Create a command or replace the one of that name; whether it is new. Error 30032."""
    command = find_command(world, application.id, guild_id, kind, name)
    if command is not None:
        if command.body != body:
            command.body, command.version = body, world.new_id()
            world.touch()
        return command, False
    same = [c for c in list_commands(world, application.id, guild_id) if c.type == kind]
    if len(same) >= MAX_PER_TYPE[kind]:
        raise api_error(30032)
    command_id = world.new_id()
    command = Command(command_id, application.id, guild_id, world.new_id(), kind, name, body)
    world.commands[command.id] = command
    world.touch()
    return command, True
