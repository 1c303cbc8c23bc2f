"""Registers the slash commands and context menus with Discord when they have changed."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

import discord
from discord import app_commands

from bot.clock import Clock
from bot.discord_api.commands import CommandMentions, describe_commands
from storage.db.database import Database
from storage.servers import command_sync

__all__ = ["sync_commands"]

_log = logging.getLogger(__name__)


async def sync_commands(
    tree: app_commands.CommandTree[Any],
    application_id: int,
    database: Database,
    clock: Clock,
    mentions: CommandMentions,
    *,
    registers: bool = True,
) -> None:
    """Register the tree's commands, unless the same were registered last.

    ``mentions`` gets the ids that Discord gave to the commands. ``registers``: False where another
    process does it: then the ids are those that are registered now.
    """
    if not registers:
        mentions.set_ids(_get_ids(await tree.fetch_commands()))
        return
    digest = (await describe_commands(tree)).digest
    known = await database.read(lambda tx: command_sync.get_payload_hash(tx, application_id))
    ids = await database.read(lambda tx: command_sync.get_command_ids(tx, application_id))
    if known != digest or not ids:
        registered = await tree.sync()
        ids = _get_ids(registered)
        await database.write(
            lambda tx: command_sync.record_sync(tx, application_id, digest, ids, clock.now_ms())
        )
        _log.info("Registered the commands with Discord: %d.", len(tree.get_commands()))
    mentions.set_ids(ids)


def _get_ids(registered: Iterable[app_commands.AppCommand]) -> dict[str, int]:
    return {
        command.name: command.id
        for command in registered
        if command.type is discord.AppCommandType.chat_input
    }
