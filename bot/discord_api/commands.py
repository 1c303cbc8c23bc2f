"""Slash commands and context menus as they are registered with Discord: their names and a hash."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from discord import app_commands

__all__ = ["CommandSet", "describe_commands"]


@dataclass(frozen=True, slots=True)
class CommandSet:
    """The commands of this version. ``digest`` changes when what is registered would."""

    names: frozenset[str]
    digest: str


def describe_commands(tree: app_commands.CommandTree[Any]) -> CommandSet:
    """The names and the hash of a tree's commands."""
    commands = tree.get_commands()
    payload = [command.to_dict(tree) for command in commands]
    digest = hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).hexdigest()
    return CommandSet(frozenset(command.name for command in commands), digest)
