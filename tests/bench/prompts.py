"""How prompts scale: start-up and sweep beside many future ones, and lateness of many due at once.

First the archive alone, with few and with many planned prompts: opening it, deciding where nothing
is due, and finding the next due moment. Then the bot on the emulator, rate limits announced: 1,000
prompts that admins asked for, due within a minute (and at one moment) in 100 channels, beside
what the limits allow. `scripts/bench prompts [--planned N] [--due N] [--channels N]`; exit status 1
where a cost grows with the future, or a prompt is lost or doubled.
"""

from __future__ import annotations

import argparse
import asyncio
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

from bot.emulator.world.seed import put_channel
from bot.prompting.dispatch import plan_due
from bot.prompting.reconsider import reconsider_claimed
from storage.db.database import open_database
from storage.db.writer import Transaction
from storage.prompts import prompts
from tests.support.next_due import get_next_due
from tests.support.spawned_bot import SpawnedBot, spawned_bot

#: How much dearer many future prompts may make a thing than few; an index costs a little.
_GROWTH = 3.0
_FEW = 1_000
_ROUNDS = 15
_DAY_MS = 86_400_000
#: The emulator's announced limits (design › Rehearsal): calls a second, messages in 5 s a channel.
_CALLS_A_SECOND, _MESSAGES_IN_5_S = 50, 5
_SERVER = 1
#: Seconds until the first prompt is due, in which the bot starts.
_HEAD_START = 8.0

_DISCUSSION = """
INSERT INTO discussions (id, server_id, channel_id, state, created_at, published_at)
VALUES (:id, :server, :channel, 'open', :now, :now)
"""
_REVISION = """
INSERT INTO revisions (discussion_id, number, title, words, content_hash, created_at)
VALUES (:id, 1, 'Essay ' || :id, 5, :id, :now)
"""
_PROMPT = """
INSERT INTO prompts (server_id, discussion_id, kind, content, condition, forced, planned_for,
    late_from, due_at, state)
VALUES (:server, :id, 'step', 'default', '', 1, :at, :at, :at, 'planned')
"""


async def _new(path: Path) -> None:
    async with open_database(path):
        pass


def _fill(path: Path, server: int, channels: list[int], dues: list[int]) -> None:
    """One open discussion a prompt, the channels in turn."""
    now = int(time.time() * 1000)
    rows = [
        {
            "id": number + 1,
            "server": server,
            "channel": channels[number % len(channels)],
            "now": now,
            "at": due,
        }
        for number, due in enumerate(dues)
    ]
    archive = sqlite3.connect(path)
    archive.execute(
        "INSERT INTO servers (id, name, joined_at) VALUES (?, 'Bench', ?)", (server, now)
    )
    for sql in (_DISCUSSION, _REVISION, _PROMPT):
        archive.executemany(sql, rows)
    archive.commit()
    archive.close()


async def _median_ms(work: Callable[[], Awaitable[object]]) -> float:
    taken = []
    for _ in range(_ROUNDS):
        began = time.perf_counter()
        await work()
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)


async def _costs(path: Path) -> dict[str, float]:
    """Milliseconds, the median of some rounds.

    A start also looks through the file for damage, for some seconds at most; that grows with the
    file, whatever it holds, so it is told apart from what the start does with the prompts.
    """

    async def opening() -> None:
        async with open_database(path, look=0):
            pass

    found = {"open": await _median_ms(opening)}
    async with open_database(path) as database:
        now = datetime.now(UTC)

        async def sweep(tx: Transaction) -> None:
            await reconsider_claimed(tx, now)
            await plan_due(tx, now)

        found["sweep"] = await _median_ms(lambda: database.write(sweep))
        look = await _median_ms(database.check_integrity)
        found["next due"] = await _median_ms(
            lambda: database.read(lambda tx: get_next_due(tx, prompts.NEXT_DUE))
        )
    size = path.stat().st_size / 1024 / 1024
    print(f"a look through the {size:.1f} MiB of the file takes {look:.0f} ms, not counted below")
    return found


def future(folder: Path, planned: int) -> bool:
    """Print what few and many future prompts cost; whether the many cost about the same."""
    costs = {}
    for count in (_FEW, planned):
        path = folder / f"{count}.sqlite3"
        asyncio.run(_new(path))
        later = int(time.time() * 1000) + _DAY_MS
        _fill(path, _SERVER, list(range(1, 101)), [later + n * 1000 for n in range(count)])
        costs[count] = asyncio.run(_costs(path))
    good = True
    for name, few in costs[_FEW].items():
        many = costs[planned][name]
        print(f"{name:>9}: {few:8.2f} ms with {_FEW:,} planned, {many:8.2f} ms with {planned:,}")
        good = good and many < few * _GROWTH
    return good


async def due_at_once(folder: Path, due: int, channels: int, spread: float) -> bool:
    """Print how late ``due`` prompts come that are due within ``spread`` seconds of each other."""
    async with spawned_bot(folder, rates=True) as spawned:
        world = spawned.emulator.world
        guild = next(iter(world.guilds.values()))
        places = [put_channel(world, guild, f"bench-{n}").id for n in range(channels)]
        await _new(spawned.database)
        start = world.now().timestamp() + _HEAD_START
        dues = [int((start + spread * n / due) * 1000) for n in range(due)]
        _fill(spawned.database, guild.id, places, dues)
        await spawned.bot.start()
        lateness = await _lateness(spawned, due, _HEAD_START + spread)
    allowed = max(due / _CALLS_A_SECOND, 5 * (due / channels / _MESSAGES_IN_5_S - 1))
    ideal = max(allowed - spread, 0.0)
    print(
        f"{due:,} prompts due within {spread:.0f} s in {channels} channels: {len(lateness)} came; "
        f"late by {statistics.median(lateness):.2f} s (median), "
        f"{lateness[int(len(lateness) * 0.99) - 1]:.2f} s (99 %), {lateness[-1]:.2f} s (last); "
        f"the limits allow {ideal:.1f} s for the last"
    )
    return len(lateness) == due


async def _lateness(spawned: SpawnedBot, due: int, until_due: float) -> list[float]:
    """Seconds from due to Discord's own stamp, in order; waits until all have come."""
    deadline = time.monotonic() + until_due + due / _CALLS_A_SECOND * 6 + 60
    question = """
    SELECT planned_for, message_id FROM prompts JOIN planned_messages ON planned_messages.id =
        planned_message_id
    WHERE prompts.state = 'sent'
    """
    while time.monotonic() < deadline:
        archive = sqlite3.connect(spawned.database)
        rows = archive.execute(question).fetchall()
        archive.close()
        if len(rows) == due:
            break
        await asyncio.sleep(0.5)
    own = spawned.emulator.world.application.bot_id
    stamps = {
        number: one.timestamp.timestamp()
        for number, one in spawned.emulator.world.messages.items()
        if one.author_id == own
    }
    if set(stamps) != {message for _, message in rows}:
        print(f"{len(stamps)} messages stand for {len(rows)} prompts sent")
        return []
    return sorted(stamps[message] - planned / 1000 for planned, message in rows)


def main() -> int:
    """Run both parts; 1 where one of them falls short."""
    parser = argparse.ArgumentParser(prog="scripts/bench prompts", description=__doc__)
    parser.add_argument("--planned", type=int, default=100_000)
    parser.add_argument("--due", type=int, default=1_000)
    parser.add_argument("--channels", type=int, default=100)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        good = future(Path(name), options.planned)
        for spread in (60.0, 0.0):
            folder = Path(name) / f"due-{spread:.0f}"
            folder.mkdir()
            good &= asyncio.run(due_at_once(folder, options.due, options.channels, spread))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
