"""Bots as processes whose archive is on PostgreSQL: one, or two that share it."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from bot.core.shards import Shards
from bot.emulator.server import Emulator
from bot.settings import read_settings
from tests.support.archives import get_postgresql_address
from tests.support.forked_bot import ForkedBot, run_forked_bot
from tests.support.postgres_server import find_programs
from tests.support.running_bot import wait_until
from tests.support.spawned_bot import SpawnedBot, spawned_bot

__all__ = [
    "TwoProcesses",
    "needs_postgresql",
    "play_to_prompt",
    "two_processes",
    "wait_for_shards",
]

needs_postgresql = pytest.mark.skipif(
    find_programs() is None or find_spec("psycopg") is None,
    reason="PostgreSQL or psycopg isn't installed",
)
ESSAY = "# Chairs\n\nNobody had chosen the chair in the attic.\n\nWhere do you go to sit?\n"
SAYINGS: list[dict[str, Any]] = [
    {"id": 1, "parent": None, "author": "Ann", "text": "I go to the harbour, mostly."},
    {"id": 2, "parent": 1, "author": "Ben", "text": "Even in winter?"},
    {"id": 3, "parent": None, "author": "Cleo", "text": "Nowhere. I stay in the attic."},
]


async def play_to_prompt(spawned: SpawnedBot, folder: Path) -> None:
    """Play an essay and its comments to the prompt; the export is what was said."""
    essay, comments = folder / "chairs.md", folder / "comments.jsonl"
    essay.write_text(ESSAY, encoding="utf-8")
    comments.write_text("".join(f"{json.dumps(one)}\n" for one in SAYINGS), encoding="utf-8")
    await spawned.bot.start()
    done = await spawned.play(essay, comments)
    assert done, "\n".join([*spawned.narration, *spawned.log])
    exported = await spawned.export()
    assert exported["essay"]["state"] == "open"
    ids = {one["text"]: one["id"] for one in exported["replies"]}
    texts = {one["id"]: one["text"] for one in SAYINGS}
    assert {(one["author"]["name"], one["text"], one["parent"]) for one in exported["replies"]} == {
        (one["author"], one["text"], one["parent"] and ids[texts[one["parent"]]]) for one in SAYINGS
    }
    world = await spawned.world()
    posted = [one for one in world["messages"] if one["author"].get("bot") and one["type"] == 0]
    contents = [one["content"] for one in posted if one["content"]]
    assert len(contents) == len(set(contents)), "nothing is posted twice"


async def wait_for_shards(emulator: Emulator, count: int) -> None:
    """Wait until so many shards are connected."""

    async def there() -> bool:
        return len({one.shard for one in emulator.dispatcher.bot_sessions()}) == count

    await wait_until(there, f"{count} shards")


@dataclass
class TwoProcesses:
    """``spawned`` serves the shards with the server, ``beside`` the others; neither is started.

    own, others:  their shards, as in ``SALON_SHARDS``
    lines:        what ``beside`` printed
    """

    spawned: SpawnedBot
    beside: ForkedBot
    own: str
    others: str
    lines: list[str]

    @property
    def bots(self) -> tuple[ForkedBot, ForkedBot]:
        """Both processes."""
        assert isinstance(self.spawned.bot, ForkedBot)
        return self.spawned.bot, self.beside

    def get_shards(self) -> dict[int, Shards]:
        """The shards of each process that runs, by its id."""
        found = {}
        for bot in self.bots:
            shards = read_settings(bot.environment).shards
            if bot.pid is not None and shards is not None:
                found[bot.pid] = shards
        return found


@contextlib.asynccontextmanager
async def two_processes(
    folder: Path,
    *,
    count: int = 4,
    max_concurrency: int = 4,
    rates: bool = False,
) -> AsyncIterator[TwoProcesses]:
    """An emulator, and two bots with half of the shards each and one archive on PostgreSQL.

    ``count``: how many shards there are.
    """
    address = get_postgresql_address(folder)
    async with spawned_bot(folder, rates=rates, forked=True, SALON_DATABASE=address) as spawned:
        world = spawned.emulator.world
        world.sharding.shards, world.sharding.max_concurrency = count, max_concurrency
        (server_id,) = world.guilds
        halves = [
            Shards(count, frozenset(ids)) for ids in (range(count // 2), range(count // 2, count))
        ]
        own, others = map(str, sorted(halves, key=lambda half: not half.has_server(server_id)))
        spawned.set_environment(SALON_SHARDS=own)
        lines: list[str] = []
        beside = ForkedBot(
            run_forked_bot,
            spawned.environment | {"SALON_SHARDS": others},
            lines.append,
        )
        try:
            yield TwoProcesses(spawned, beside, own, others, lines)
        finally:
            await beside.kill()
