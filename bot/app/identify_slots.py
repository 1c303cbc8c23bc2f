"""When a shard may identify: one in five seconds in each bucket of shards.

docs: Gateway › Sharding, Max Concurrency. discord.py doesn't look at ``max_concurrency``.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections import defaultdict

from storage.db.errors import StorageError
from storage.db.processes import ProcessGroup

__all__ = ["IDENTIFY_INTERVAL", "IdentifySlots"]

_log = logging.getLogger(__name__)

#: Seconds between two identifies of a bucket: Discord's five, and half a second because what is
#: sent on two connections takes different times to arrive.
IDENTIFY_INTERVAL = 5.5
#: An answer of the database that takes longer than these seconds is too old to identify after it;
#: how often that is tried.
_FRESH, _MOST_TRIES = 0.3, 3
#: Up to so many seconds are added to a wait for other processes, so that they don't all ask at the
#: same moment.
_SPREAD = 0.1


class IdentifySlots:
    """Spaces the identifies of the shards; no shard waits for another one to connect.

    ``max_concurrency``: the number of buckets, from Discord's Get Gateway Bot.
    ``processes``: others that serve shards of the same bot, which share the buckets through the
    database. One that is killed keeps a bucket for no longer than the interval. While the database
    isn't available, only the shards of this process are spaced: Discord refuses identifies that
    come too early, and then a shard tries again after a random time.
    """

    def __init__(
        self,
        max_concurrency: int,
        interval: float = IDENTIFY_INTERVAL,
        processes: ProcessGroup | None = None,
    ) -> None:
        self._max_concurrency = max_concurrency
        self._interval = interval
        self._processes = processes
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
        await self._wait_for_others(f"connect {bucket}")

    async def take(self, shard_id: int) -> None:
        """Wait until the shard may identify, which it does when this returns."""
        bucket = self._get_bucket(shard_id)
        loop = asyncio.get_running_loop()
        async with self._locks[bucket]:
            last = self._last.get(bucket)
            if last is not None:
                await asyncio.sleep(last + self._interval - loop.time())
            await self._wait_for_others(f"identify {bucket}")
            self._last[bucket] = loop.time()

    async def _wait_for_others(self, slot: str) -> None:
        """Wait until no other process has had the slot within the interval."""
        if self._processes is None:
            return
        loop = asyncio.get_running_loop()
        tries = 0
        while tries < _MOST_TRIES:
            asked = loop.time()
            try:
                wait = await self._processes.take_slot(slot, self._interval)
            except StorageError as error:
                _log.warning("The database can't say whether other shards identify (%s).", error)
                return
            if not wait:
                if loop.time() - asked <= _FRESH:
                    return
                tries += 1
                wait = self._interval
            await asyncio.sleep(wait + random.uniform(0.0, _SPREAD))  # noqa: S311 - see _SPREAD

    def _get_bucket(self, shard_id: int) -> int:
        return shard_id % self._max_concurrency
