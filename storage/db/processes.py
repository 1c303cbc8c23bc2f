"""What the processes of one bot share through their database: who runs, and Discord's limits.

Only PostgreSQL has it: an archive in a file has one process.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from bot.core.shards import Shards

__all__ = ["Process", "ProcessGroup", "ShardState"]


@dataclass(frozen=True, slots=True)
class ShardState:
    """A shard's connection to Discord, as its process last reported it.

    latency:  seconds between a heartbeat and its acknowledgement; None where none is known
    """

    connected: bool
    latency: float | None
    servers: int


@dataclass(frozen=True, slots=True)
class Process:
    """A process that serves shards, or served them last.

    shards:         those it has chosen; of one whose number Discord chooses, shard 0 of 1
    host, pid:      where it runs, and its process id there
    version:        of Salon
    runs_for:       since its start
    last_seen:      since its last report
    states:         the connections by shard, as of then
    """

    shards: Shards
    host: str
    pid: int
    version: str
    runs_for: timedelta
    last_seen: timedelta
    states: Mapping[int, ShardState]


class ProcessGroup(Protocol):
    """The processes that run on one database. Times are the database's, so clocks may differ.

    All methods raise sqlite3.Error if the database isn't available.
    """

    @property
    def count(self) -> int:
        """How many processes ran at the last report, this one included."""
        ...

    async def report(self, states: Mapping[int, ShardState], version: str) -> None:
        """Report that this process runs, and how its connections are."""
        ...

    async def take_slot(self, name: str, seconds: float) -> float:
        """Take a slot that one process may take in ``seconds``; 0, or how long it is taken for."""
        ...

    async def take_calls(
        self, calls: int, *, most: int, seconds: float, delay: float
    ) -> tuple[int, float]:
        """Take up to ``calls``; at most ``most`` in any ``seconds`` are taken by all processes.

        ``delay``: in which the caller begins them. Returns the number that were taken, and the
        seconds until there are more.
        """
        ...
