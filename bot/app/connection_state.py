"""The state of the connections to Discord at one moment, for health checks and metrics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["Connection", "ShardHealth"]


@dataclass(frozen=True, slots=True)
class ShardHealth:
    """The state of one shard's connection to Discord at one moment.

    latency:   seconds between a heartbeat and its acknowledgement; None where none is known
    """

    connected: bool = False
    latency: float | None = None
    servers: int = 0


@dataclass(frozen=True, slots=True)
class Connection:
    """The state of all connections to Discord at one moment.

    shards:    by shard; 0 alone without shards, none before the first start
    recorded:  events written since the client was made
    queued:    events that have arrived and aren't written yet
    unread, uncompared: channels and threads whose history is to be read, or to be compared
    """

    shards: Mapping[int, ShardHealth] = field(default_factory=dict)
    recorded: int = 0
    queued: int = 0
    unread: int = 0
    uncompared: int = 0

    @property
    def connected(self) -> bool:
        """Whether at least one shard is connected."""
        return self.shards_connected > 0

    @property
    def shards_connected(self) -> int:
        """How many shards are connected."""
        return sum(one.connected for one in self.shards.values())

    @property
    def latency(self) -> float | None:
        """The mean of the known latencies, in seconds; None where none is known."""
        known = [one.latency for one in self.shards.values() if one.latency is not None]
        return sum(known) / len(known) if known else None

    @property
    def servers(self) -> int:
        """The servers of all shards."""
        return sum(one.servers for one in self.shards.values())
