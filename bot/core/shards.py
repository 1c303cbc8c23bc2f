"""Shards: each connection to Discord's gateway serves a part of the servers.

docs: Gateway › Sharding.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["UNSHARDED", "Shards"]


@dataclass(frozen=True, slots=True)
class Shards:
    """Some of the shards that a bot's servers are divided among.

    count:  of all shards, in this process and in others
    ids:    which of them; shard 0 also gets what belongs to no server, such as direct messages
    """

    count: int
    ids: frozenset[int]

    def get_shard(self, server_id: int) -> int:
        """The shard that a server belongs to."""
        return (server_id >> 22) % self.count

    def has_server(self, server_id: int) -> bool:
        """Whether a server belongs to one of these shards."""
        return self.get_shard(server_id) in self.ids

    def select(self, ids: Iterable[int]) -> Shards:
        """Others of the same total."""
        return Shards(self.count, frozenset(ids))

    def __str__(self) -> str:
        """As in the setting: ``8`` where it is all of them, else ``0-7/32``, ``0,2/32``."""
        if len(self.ids) == self.count:
            return str(self.count)
        ids = sorted(self.ids)
        if ids and ids == list(range(ids[0], ids[-1] + 1)):
            return f"{ids[0]}-{ids[-1]}/{self.count}"
        return f"{','.join(map(str, ids))}/{self.count}"


#: One connection that serves all servers.
UNSHARDED = Shards(1, frozenset((0,)))
