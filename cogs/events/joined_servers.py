"""Records the servers the bot is in when it connects, and greets those it joined meanwhile."""

from __future__ import annotations

import logging
from collections.abc import Collection

import discord

from bot.core.payload import make_plain_message
from bot.core.shards import Shards
from bot.core.snowflake import make_snowflake_before
from bot.core.text.translate import gettext as _
from bot.core.text.translate import gettext_noop, use_language
from bot.discord_api.required_permissions import TO_ALERT
from bot.languages import get_server_language
from bot.services import Services
from storage.db.database import retry_until_available
from storage.db.writer import Transaction
from storage.delivery import messages
from storage.delivery.messages import NewMessage
from storage.servers import servers as servers_module
from storage.servers.servers import PresentServer

__all__ = ["describe_server", "greet", "record_joined_servers"]

_log = logging.getLogger(__name__)

_GREETING = gettext_noop(
    "Hello! I host discussions of essays. Every reply to an essay gets its own thread.\n"
    "Admins: start with `/setup`. It asks how essays are discussed here and names every permission "
    "I still need. Then publish the first essay with `/essay publish`.\n"
    "-# Replies in these discussions are saved. Use `/privacy` to see or delete yours."
)


async def record_joined_servers(
    services: Services, servers: Collection[discord.Guild], shard: Shards
) -> None:
    """Record all servers of a shard, and greet those the bot joined while it was offline."""
    now_ms = services.clock.now_ms()
    by_id = {server.id: server for server in servers}

    async def record(tx: Transaction) -> None:
        present = [describe_server(server) for server in servers]
        for server_id in await servers_module.update_joined(tx, present, shard, now_ms):
            await greet(tx, by_id[server_id], now_ms)

    # The list doesn't come again before the next connection.
    await retry_until_available(lambda: services.database.write(record))
    services.scheduler.wake()


def describe_server(server: discord.Guild) -> PresentServer:
    """What is recorded of a server that the bot is in."""
    return PresentServer(server.id, server.name or "", server.preferred_locale.value)


async def greet(tx: Transaction, server: discord.Guild, now_ms: int) -> None:
    """Plan the greeting of a server that the bot joined, if there is a channel for it."""
    channel = _find_greeting_channel(server)
    if channel is None:
        _log.info("Server %d has no channel where the greeting can be posted.", server.id)
        return
    with use_language(await get_server_language(tx, server.id)):
        greeting = make_plain_message(_(_GREETING), silent=True)
    await messages.plan(
        tx,
        server_id=server.id,
        discussion_id=None,
        channel_id=channel.id,
        after_id=make_snowflake_before(now_ms),
        messages=[NewMessage("notice", greeting)],
        now_ms=now_ms,
    )


def _find_greeting_channel(server: discord.Guild) -> discord.TextChannel | None:
    """The server's channel for system messages, else the first in which the bot may write."""
    system = server.system_channel
    for channel in ([] if system is None else [system]) + server.text_channels:
        held = channel.permissions_for(server.me)
        if all(getattr(held, permission.key) for permission in TO_ALERT):
            return channel
    return None
