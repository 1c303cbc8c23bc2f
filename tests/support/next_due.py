"""When the next of one kind of work is due."""

from __future__ import annotations

from bot.core.shards import UNSHARDED, Shards
from storage.db.due_times import get_due_times
from storage.db.shard_parameters import make_shard_parameters
from storage.db.writer import Transaction

__all__ = ["get_next_due"]

#: No time is as late.
_ANY_TIME = (1 << 62) - 1


async def get_next_due(tx: Transaction, query: str, shards: Shards = UNSHARDED) -> int | None:
    """What one of the queries ``NEXT_DUE`` selects."""
    parameters = {"until": _ANY_TIME, **make_shard_parameters(shards)}
    return (await get_due_times(tx, {"it": query}, parameters)).get("it")
