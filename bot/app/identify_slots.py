"""When a shard may identify: one in five seconds in each bucket of shards.

docs: Gateway › Sharding, Max Concurrency. discord.py doesn't look at ``max_concurrency``.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict

__all__ = ["IDENTIFY_INTERVAL", "IdentifySlots"]

#: Seconds between two identifies of a bucket: Discord's five, and half a second because what is
#: sent on two connections takes different times to arrive.
IDENTIFY_INTERVAL = 5.5


class IdentifySlots:
    """Spaces the identifies of a process's shards; no shard waits for another one to connect.

    ``max_concurrency``: the number of buckets, from Discord's Get Gateway Bot.
    """

    def __init__(self, max_concurrency: int, interval: float = IDENTIFY_INTERVAL) -> None:
        self._max_concurrency = max_concurrency
        self._interval = interval
        self._turns: dict[int, float] = {}
        self._last: dict[int, float] = {}
        self._locks: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)

    @property
    def interval(self) -> float:
        """Seconds between two identifies of a bucket."""
        return self._interval

    async def wait_for_turn(self, shard_id: int) -> None:
        """Wait before connecting, so that no socket is open for the minutes that others take.

        A turn is a time, not a lock: a shard that connects slowly, or fails to, keeps its bucket
        from nothing.
        """
        bucket = self._get_bucket(shard_id)
        now = asyncio.get_running_loop().time()
        turn = max(now, self._turns.get(bucket, now))
        self._turns[bucket] = turn + self._interval
        await asyncio.sleep(turn - now)

    async def take(self, shard_id: int) -> None:
        """Wait until the shard may identify, which it does when this returns."""
        bucket = self._get_bucket(shard_id)
        loop = asyncio.get_running_loop()
        async with self._locks[bucket]:
            last = self._last.get(bucket)
            if last is not None:
                await asyncio.sleep(last + self._interval - loop.time())
            self._last[bucket] = loop.time()

    def _get_bucket(self, shard_id: int) -> int:
        return shard_id % self._max_concurrency
