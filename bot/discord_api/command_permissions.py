"""Who may use a command: its default permissions, and the overrides under *Integrations*.

Discord itself checks this when somebody runs a command, but not when they press a button or submit
a form of that command. docs: Application Commands › Permissions; support.discord.com: Updates to
Command Permissions.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import discord
from discord import app_commands
from discord.http import HTTPClient

from bot.core.text.translate import gettext as _
from bot.core.text.translate import gettext_noop
from bot.discord_api.errors import TRANSIENT
from bot.errors import UserError

__all__ = ["CommandPermissions", "Override", "OverrideType", "User", "is_allowed"]

_log = logging.getLogger(__name__)

#: Seconds for the calls that read the overrides, so that an interaction is answered in time.
_SECONDS = 1.5
_CANNOT_CHECK = gettext_noop(
    "I couldn't ask Discord whether you are allowed to do this, so nothing was changed. Please try "
    "again."
)


class OverrideType(IntEnum):
    """docs: Application Commands › Application Command Permission Type."""

    ROLE = 1
    USER = 2
    CHANNEL = 3


@dataclass(frozen=True, slots=True)
class Override:
    """Whether a role, user or channel may use a command.

    docs: Application Commands › Application Command Permissions Structure. The id of the server
    means @everyone, the number before it for all channels (Permissions Constants).
    """

    id: int
    type: OverrideType
    allowed: bool


@dataclass(frozen=True, slots=True)
class User:
    """Who presses a button, and where; ``channel_id``: of a thread its parent's.

    ``permissions``: those in that channel. ``role_ids``: without @everyone.
    """

    id: int
    server_id: int
    channel_id: int
    role_ids: Collection[int]
    permissions: discord.Permissions


def is_allowed(
    user: User,
    default: discord.Permissions | None,
    command: Iterable[Override],
    application: Iterable[Override],
) -> bool:
    """Whether ``user`` may use a command.

    ``default``: its ``default_member_permissions``; None: it has none. ``command`` and
    ``application``: the overrides of the command, and of all commands of the application. The
    command's come first, and only where they say nothing those of the application count, then the
    default: as a channel's overwrites do with the permissions of roles. Administrators may use
    every command.
    """
    if user.permissions.administrator:
        return True
    if not user.permissions.use_application_commands:
        return False
    levels = [
        {(one.type, one.id): one.allowed for one in overrides}
        for overrides in (command, application)
    ]
    for level in levels:
        place = _decide_by_channel(user, level)
        if place is not None:
            if not place:
                return False
            break
    for level in levels:
        person = _decide_by_user(user, level)
        if person is not None:
            return person
    if default is None:
        return True
    # "0" prohibits everybody who isn't an administrator or allowed by an override.
    return default.value != 0 and user.permissions.is_superset(default)


_Level = Mapping[tuple[OverrideType, int], bool]


def _decide_by_channel(user: User, level: _Level) -> bool | None:
    for channel_id in (user.channel_id, user.server_id - 1):
        if (OverrideType.CHANNEL, channel_id) in level:
            return level[OverrideType.CHANNEL, channel_id]
    return None


def _decide_by_user(user: User, level: _Level) -> bool | None:
    """A user's own override, then those of all of their roles, then that of @everyone."""
    if (OverrideType.USER, user.id) in level:
        return level[OverrideType.USER, user.id]
    roles = [
        level[OverrideType.ROLE, role_id]
        for role_id in user.role_ids
        if role_id != user.server_id and (OverrideType.ROLE, role_id) in level
    ]
    if roles:
        return any(roles)
    return level.get((OverrideType.ROLE, user.server_id))


class CommandPermissions:
    """Checks who may use a command; the overrides of each server are cached.

    docs: Get Guild Application Command Permissions, which a bot may read with its own token.
    ``get_application_id``: known after the login. ``get_tree``: the tree of the bot's commands.
    """

    def __init__(
        self,
        http: HTTPClient,
        get_application_id: Callable[[], int],
        get_tree: Callable[[], app_commands.CommandTree[Any]],
    ) -> None:
        self._http = http
        self._get_application_id = get_application_id
        self._get_tree = get_tree
        #: The overrides of each server, by the id of the command or application.
        self._overrides: dict[int, dict[int, tuple[Override, ...]]] = {}
        #: The ids of the commands, by type and name.
        self._command_ids: dict[tuple[int, str], int] = {}
        #: Counts what was forgotten, so that an answer from before that isn't cached.
        self._generation = 0

    def forget(self, server_id: int | None = None) -> None:
        """Read the overrides of a server again when they are needed; of all servers for None.

        After APPLICATION_COMMAND_PERMISSIONS_UPDATE, and after a new session, which may have
        missed one.
        """
        self._generation += 1
        if server_id is None:
            self._overrides.clear()
            self._command_ids.clear()
        else:
            self._overrides.pop(server_id, None)

    async def check(self, interaction: discord.Interaction[Any], name: str) -> None:
        """Raise UserError if the person who interacts may not use the command called ``name``.

        Also if Discord can't be asked: then nobody but an administrator may.
        """
        user = _get_user(interaction)
        command, kind = self._find_command(name)
        if user.permissions.administrator:
            return
        try:
            async with asyncio.timeout(_SECONDS):
                own, everywhere = await self._get_overrides(user.server_id, kind, name)
        except (discord.HTTPException, *TRANSIENT) as error:
            _log.warning("Couldn't read the command permissions (%s).", error)
            raise UserError(_(_CANNOT_CHECK)) from error
        if not is_allowed(user, command.default_permissions, own, everywhere):
            shown = f"`/{name}`" if kind == discord.AppCommandType.chat_input.value else f"*{name}*"
            raise UserError(
                _(
                    "This is part of {command}, which you aren't allowed to use here. Nothing was "
                    "changed.",
                    command=shown,
                )
            )

    def _find_command(
        self, name: str
    ) -> tuple[
        app_commands.Command[Any, ..., Any] | app_commands.ContextMenu | app_commands.Group, int
    ]:
        """The command of this name, and its type. Raises LookupError if there is none."""
        for command in self._get_tree().get_commands():
            if command.name == name:
                if isinstance(command, app_commands.ContextMenu):
                    return command, command.type.value
                return command, discord.AppCommandType.chat_input.value
        raise LookupError(f"there is no command {name!r}")

    async def _get_overrides(
        self, server_id: int, kind: int, name: str
    ) -> tuple[tuple[Override, ...], tuple[Override, ...]]:
        """The overrides of a command, and those of all commands."""
        application_id = self._get_application_id()
        found = self._overrides.get(server_id)
        if found is None:
            generation = self._generation
            found = await self._read_overrides(application_id, server_id)
            if generation == self._generation:
                self._overrides[server_id] = found
        everywhere = found.get(application_id, ())
        if not found.keys() - {application_id}:
            return (), everywhere
        if (kind, name) not in self._command_ids:
            self._command_ids = await self._read_command_ids(application_id)
        return found.get(self._command_ids.get((kind, name), 0), ()), everywhere

    async def _read_overrides(
        self, application_id: int, server_id: int
    ) -> dict[int, tuple[Override, ...]]:
        answer = await self._http.get_guild_application_command_permissions(
            application_id, server_id
        )
        return {
            int(target["id"]): tuple(
                Override(int(one["id"]), OverrideType(one["type"]), bool(one["permission"]))
                for one in target["permissions"]
            )
            for target in answer
        }

    async def _read_command_ids(self, application_id: int) -> dict[tuple[int, str], int]:
        answer = await self._http.get_global_commands(application_id)
        return {(one.get("type", 1), one["name"]): int(one["id"]) for one in answer}


def _get_user(interaction: discord.Interaction[Any]) -> User:
    """Who interacts, as Discord says in the interaction itself."""
    assert interaction.guild_id is not None
    channel = interaction.channel
    channel_id = interaction.channel_id or 0
    if isinstance(channel, discord.Thread):
        channel_id = channel.parent_id
    member = interaction.user
    # Not ``roles``, which leaves out those that the cache doesn't have.
    roles = list(member._roles) if isinstance(member, discord.Member) else []  # noqa: SLF001
    return User(member.id, interaction.guild_id, channel_id, roles, interaction.permissions)
