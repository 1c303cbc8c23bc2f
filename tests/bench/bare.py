"""The bare bot that benchmarks compare with: discord.py with an empty ``on_message``.

It has Salon's extras, intents and options, and as many shards as the last argument says; or
discord.py's defaults if that is ``default``. It prints a line when it is ready, and the
monotonic time whenever it receives the event that ends a segment.
"""

from __future__ import annotations

import functools
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


if __name__ == "__main__":
    set_base_urls(sys.argv[1], sys.argv[2])
    bare: Bare | BareSharded
    last = "".join(sys.argv[4:5])
    if last == "default":
        bare = Bare(command_prefix=commands.when_mentioned, intents=discord.Intents.default())
    else:
        made = functools.partial(BareSharded, shard_count=int(last)) if last else Bare
        bare = made(
            command_prefix=commands.when_mentioned,
            help_command=None,
            intents=get_intents(),
            allowed_mentions=discord.AllowedMentions.none(),
            max_messages=None,
            chunk_guilds_at_startup=False,
            member_cache_flags=discord.MemberCacheFlags.none(),
        )
    bare.run(sys.argv[3], log_handler=None)
