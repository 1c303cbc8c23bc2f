"""A gateway with many servers, for the footprint benchmark, as Discord sends them at the start.

`python -m tests.bench.servers COUNT [SHARDS]` prints its port, serves one client after another and
ends with its standard input. The first server is that of the other benchmarks, with its discussion.
"""

from __future__ import annotations

import asyncio
import random
import sys
from typing import Any

import orjson

from tests.bench import feeder, frames
from tests.bench.frames import Talk

_FIRST = 1_500_000_000_000_000_000
#: Each server has the next shard (docs: Gateway › Sharding).
_SPAN = 1 << 22
_ROLES, _CATEGORIES, _CHANNELS, _THREADS, _EMOJIS, _STICKERS = 25, 5, 35, 5, 30, 5


def id_of(number: int) -> int:
    """A server's id."""
    return _FIRST + number * _SPAN


def server(number: int) -> dict[str, Any]:
    """GUILD_CREATE of a middling community (docs: Gateway Events › Guild Create).

    What Discord tells whatever the intents are: roles, channels, threads, emojis and stickers; of
    members only the bot (docs: Gateway › Guild Members intent).
    """
    first = id_of(number)
    chance = random.Random(number)
    made = frames.guild()
    made |= {"id": str(first), "name": f"Server {number}", "member_count": 500}
    made["icon"] = f"{chance.getrandbits(128):032x}"
    everyone = made["roles"][0] | {"id": str(first)}
    made["roles"] = [everyone] + [
        everyone | {"id": str(first + 1 + n), "name": f"Role {n}", "position": n + 1}
        for n in range(_ROLES)
    ]
    categories = [str(first + 100 + n) for n in range(_CATEGORIES)]
    overwrite = {"id": str(first), "type": 0, "allow": "0", "deny": "2048"}
    made["channels"] = [
        {"id": one, "type": 4, "name": f"Category {n}", "position": n, "permission_overwrites": []}
        for n, one in enumerate(categories)
    ] + [
        {
            "id": str(first + 200 + n),
            "type": 2 if n % 5 == 4 else 0,
            "name": f"channel-{n}",
            "position": n,
            "parent_id": chance.choice(categories),
            "permission_overwrites": [overwrite] * chance.randint(0, 3),
            "nsfw": False,
            "rate_limit_per_user": 0,
            "topic": f"What channel {n} of server {number} is for. " * chance.randint(0, 3),
            "last_message_id": str(first + 5000 + n),
            "bitrate": 64000,
            "user_limit": 0,
        }
        for n in range(_CHANNELS)
    ]
    thread = made["threads"][0]
    made["threads"] = [
        thread
        | {"id": str(first + 300 + n), "guild_id": str(first), "parent_id": str(first + 200 + n)}
        for n in range(_THREADS)
    ]
    made["emojis"] = [
        {"id": str(first + 400 + n), "name": f"emoji_{n}", "roles": [], "require_colons": True}
        | {"managed": False, "animated": False, "available": True}
        for n in range(_EMOJIS)
    ]
    made["stickers"] = [
        {"id": str(first + 500 + n), "name": f"sticker {n}", "tags": "wave", "type": 2}
        | {"format_type": 1, "description": "", "guild_id": str(first), "available": True}
        for n in range(_STICKERS)
    ]
    return made


def segments(count: int, shard: int = 0, shards: int = 1) -> dict[str, list[bytes]]:
    """What the gateway sends one of ``shards`` shards of a client of ``count`` servers."""
    numbered = [frames.guild(), *(server(number) for number in range(1, count))]
    servers = [one for one in numbered if (int(one["id"]) >> 22) % shards == shard]
    ready = frames.ready() | ({"shard": [shard, shards]} if shards > 1 else {})
    ready["guilds"] = [{"id": one["id"], "unavailable": True} for one in servers]
    told = [frames.dispatch("GUILD_CREATE", 2 + number, one) for number, one in enumerate(servers)]
    return {
        "hello": [orjson.dumps({"op": 10, "d": {"heartbeat_interval": 3_600_000}})],
        "ready": [
            orjson.dumps({"op": 11, "d": None}), frames.dispatch("READY", 1, ready), *told
        ],
    }  # fmt: skip


if __name__ == "__main__":
    talk = Talk(0, 0)
    count, shards = int(sys.argv[1]), int((sys.argv[2:] or ["1"])[0])
    told = [segments(count, shard, shards) for shard in range(shards)]
    asyncio.run(feeder.serve(feeder.Feeder(talk, told)))
