"""Registers the slash commands and context menus with Discord when they have changed."""

from __future__ import annotations

import logging
from typing import Any

from discord import app_commands

from bot.clock import Clock
from bot.discord_api.commands import describe_commands
from storage.db.database import Database
from storage.servers import command_sync

__all__ = ["sync_commands"]

_log = logging.getLogger(__name__)


async def sync_commands(
    tree: app_commands.CommandTree[Any], application_id: int, database: Database, clock: Clock
) -> None:
    """Register the tree's commands, unless the same were registered last."""
    digest = describe_commands(tree).digest
    known = await database.read(lambda tx: command_sync.get_payload_hash(tx, application_id))
    if known == digest:
        return
    await tree.sync()
    await database.write(
        lambda tx: command_sync.record_sync(tx, application_id, digest, clock.now_ms())
    )
    _log.info("Registered %d command(s) with Discord.", len(tree.get_commands()))
