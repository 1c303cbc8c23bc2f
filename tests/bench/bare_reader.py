"""What catching up is compared with: a loop that reads the same pages and does nothing with them.

Its calls go through the same library, with the same concurrency. It reads the address, the
token and the (channel, after) pairs as JSON from its input, and prints when it has read them all.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

import discord

from bot.discord_api.connection import set_base_urls
from bot.ingest.catch_up import MAX_CONCURRENT_READS

_PAGE = 100


async def _main() -> None:
    told = json.load(sys.stdin)
    set_base_urls(told["api"], told["gateway"])
    room = asyncio.Semaphore(MAX_CONCURRENT_READS)
    async with discord.Client(intents=discord.Intents.none()) as client:
        await client.login(told["token"])

        async def read(channel_id: int, after: int) -> None:
            async with room:
                while True:
                    page = await client.http.logs_from(channel_id, _PAGE, after=after)
                    if len(page) < _PAGE:
                        return
                    after = max(int(message["id"]) for message in page)

        await asyncio.gather(*(read(*one) for one in told["places"]))
        print(time.monotonic(), flush=True)


if __name__ == "__main__":
    asyncio.run(_main())
