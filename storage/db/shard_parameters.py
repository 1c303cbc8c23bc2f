"""Parameters of statements that select what is due in the servers of some shards.

A row's server is in one of them if ``(server_id >> 22) % :shard_count`` is in ``:shard_ids`` (docs:
Gateway › Sharding).
"""

from __future__ import annotations

import json

from bot.core.shards import Shards

__all__ = ["make_shard_parameters"]


def make_shard_parameters(shards: Shards) -> dict[str, int | str]:
    """``shard_count``, and ``shard_ids`` as a JSON array."""
    return {"shard_count": shards.count, "shard_ids": json.dumps(sorted(shards.ids))}
