"""The bare bot that benchmarks compare with: discord.py with an empty ``on_message``.

It has Salon's extras, intents and options, and as many shards as a number among the last
arguments says; or discord.py's defaults with ``default``. With ``imports``, it has imported what
Salon imports at its start, and uses none of it. It prints a line when it is ready, and the
monotonic time whenever it receives the event that ends a segment.
"""

from __future__ import annotations

import functools
import importlib
import sys
import time

import discord
from discord.ext import commands

from bot.discord_api.connection import get_intents, set_base_urls


class Handlers:
    """Receives everything and does nothing."""

    async def on_ready(self) -> None:
        print("ready", flush=True)

    async def on_message(self, message: discord.Message, /) -> None:
        pass

    async def on_raw_message_delete(self, payload: discord.RawMessageDeleteEvent) -> None:
        print(time.monotonic(), flush=True)


class Bare(Handlers, commands.Bot):
    """One connection."""


class BareSharded(Handlers, commands.AutoShardedBot):
    """Several connections."""

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Nobody limits identifies here."""


def import_salon() -> None:
    """Import the modules that Salon imports at its start (bot.__main__)."""
    for module in ("bot.__main__", "bot.app.supervisor", "bot.app.systemd", "bot.settings"):
        importlib.import_module(module)
    from bot.app.client import EXTENSIONS

    for extension in EXTENSIONS:
        importlib.import_module(extension)


if __name__ == "__main__":
    api, gateway, token, *chosen = sys.argv[1:]
    set_base_urls(api, gateway)
    bare: Bare | BareSharded
    if "imports" in chosen:
        import_salon()
    shards = next((int(one) for one in chosen if one.isdigit()), 1)
    if "default" in chosen:
        bare = Bare(command_prefix=commands.when_mentioned, intents=discord.Intents.default())
    else:
        made = functools.partial(BareSharded, shard_count=shards) if shards > 1 else Bare
        bare = made(
            command_prefix=commands.when_mentioned,
            help_command=None,
            intents=get_intents(),
            allowed_mentions=discord.AllowedMentions.none(),
            max_messages=None,
            chunk_guilds_at_startup=False,
            member_cache_flags=discord.MemberCacheFlags.none(),
        )
    bare.run(token, log_handler=None)
