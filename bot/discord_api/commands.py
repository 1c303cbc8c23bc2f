"""Slash commands and context menus as they are registered with Discord: names, hash, mentions."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from discord import app_commands

__all__ = ["CommandMentions", "CommandSet", "describe_commands"]


class CommandMentions:
    """Mentions of the registered slash commands, which members can click.

    docs: Reference › Message Formatting (Slash Command).
    """

    def __init__(self) -> None:
        self._ids: dict[str, int] = {}

    def set_ids(self, ids: Mapping[str, int]) -> None:
        """Set Discord's ids of the commands, by name."""
        self._ids = dict(ids)

    def mention(self, command: str) -> str:
        """A command such as ``privacy my-data`` as Markdown; as code while its id isn't known."""
        command_id = self._ids.get(command.partition(" ")[0])
        return f"`/{command}`" if command_id is None else f"</{command}:{command_id}>"


@dataclass(frozen=True, slots=True)
class CommandSet:
    """The commands of this version. ``digest`` changes when what is registered would."""

    names: frozenset[str]
    digest: str


async def describe_commands(tree: app_commands.CommandTree[Any]) -> CommandSet:
    """The names and the hash of a tree's commands, their translations included."""
    commands = tree.get_commands()
    translator = tree.translator
    if translator is None:
        payload = [command.to_dict(tree) for command in commands]
    else:
        payload = [await command.get_translated_payload(tree, translator) for command in commands]
    digest = hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).hexdigest()
    return CommandSet(frozenset(command.name for command in commands), digest)
