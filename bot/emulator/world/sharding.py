"""How bots have to shard, and how many sessions they may start.

docs: Gateway › Sharding, Max Concurrency, Session Start Limit; Gateway Resource › Get Gateway Bot.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

__all__ = ["Sharding"]

#: Discord documents 24 hours, and not when they begin: here with the first start.
_PERIOD = timedelta(days=1)


@dataclass(slots=True)
class Sharding:
    """The sharding of every bot.

    shards:           how many Discord recommends
    max_concurrency:  how many sessions may start in 5 seconds, one in each bucket
    starts_a_day:     how many sessions may start in 24 hours, over all shards
    servers_a_shard:  with more servers in one session, Discord requires shards (close code 4011)
    """

    shards: int = 1
    max_concurrency: int = 1
    starts_a_day: int = 1000
    servers_a_shard: int = 2500
    _periods: dict[int, tuple[datetime, int]] = field(default_factory=dict)

    def get_bucket(self, shard_id: int) -> int:
        """The bucket of a shard: its sessions start one after another."""
        return shard_id % self.max_concurrency

    def count_start(self, bot_id: int, now: datetime) -> bool:
        """Count a start of a bot's session; False if there were too many."""
        since, count = self._get_period(bot_id, now)
        self._periods[bot_id] = since, count + 1
        return count < self.starts_a_day

    def describe(self, bot_id: int, now: datetime) -> dict[str, Any]:
        """docs: Gateway › Session Start Limit Object; times in milliseconds."""
        since, count = self._get_period(bot_id, now)
        left = since + _PERIOD - now if count else timedelta(0)
        return {
            "total": self.starts_a_day,
            "remaining": max(0, self.starts_a_day - count),
            "reset_after": left // timedelta(milliseconds=1),
            "max_concurrency": self.max_concurrency,
        }

    def _get_period(self, bot_id: int, now: datetime) -> tuple[datetime, int]:
        since, count = self._periods.get(bot_id, (now, 0))
        return (since, count) if now - since < _PERIOD else (now, 0)
