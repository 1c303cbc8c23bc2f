"""What's new: database time of a look at a discussion of 50,000 replies, for several members.

For each member since their last visit, a day, a week and the beginning; `scripts/bench news
[--replies N] [--threads N]`; exit status 1 where the 95th percentile is over the goal.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bot.core.snowflake import make_first_snowflake
from bot.library.news import get_visit, read_items
from storage.db.database import Database, open_database
from storage.db.writer import Transaction
from storage.essays import discussions
from storage.essays.discussions import ListedDiscussion
from storage.replies.news import Since
from tests.bench.search import make_replies

GOAL_MS = 100.0
_START_MS, _STEP_MS = 1_767_225_600_000, 30_000
_PEOPLE, _MEMBERS = 800, 40
_DAY_MS = 86_400_000


def make_talk(replies: int, threads: int) -> Iterator[dict[str, object]]:
    """Replies in threads; half of them answer another one of their thread."""
    chance = random.Random(1)
    said: dict[int, list[int]] = {}
    for number, row in enumerate(make_replies(replies, 1, 0)):
        reply_id = make_first_snowflake(_START_MS + number * _STEP_MS) + 1
        parent_id: int | None = None
        if len(said) < threads and chance.random() < threads / replies * 1.5:
            thread_id = reply_id
        else:
            thread_id = chance.choice(list(said)) if said else reply_id
            parent_id = thread_id if thread_id != reply_id else None
        before = said.setdefault(thread_id, [])
        if before and chance.random() < 0.5:
            parent_id = chance.choice(before)
        before.append(reply_id)
        yield {
            "id": reply_id,
            "thread_id": thread_id,
            "parent_id": parent_id,
            "author_id": 1000 + int(_PEOPLE * chance.random() ** 2),
            "written_at": _START_MS + number * _STEP_MS,
            "text": row["text"],
        }


async def fill(database: Database, replies: int, threads: int) -> None:
    """Write one discussion."""
    rows = list(make_talk(replies, threads))

    async def write(tx: Transaction) -> None:
        for sql in (
            "INSERT INTO servers (id, name, joined_at) VALUES (1, 'Bench', 0)",
            """
            INSERT INTO discussions (id, server_id, channel_id, state, created_at)
            VALUES (1, 1, 1, 'open', 0)
            """,
            """
            INSERT INTO revisions (discussion_id, number, created_at, words, content_hash, title)
            VALUES (1, 1, 0, 5, '', 'On benches')
            """,
        ):
            await tx.run(sql)
        await tx.run_many(
            """
            INSERT INTO replies (id, server_id, discussion_id, channel_id, thread_id, parent_id,
                author_id, written_at, author_name, text)
            VALUES (:id, 1, 1, :thread_id, :thread_id, :parent_id, :author_id, :written_at, 'Ann',
                :text)
            """,
            rows,
        )
        await tx.run_many(
            """
            INSERT INTO threads (id, server_id, discussion_id, channel_id, member_id, state, due_at,
                name)
            VALUES (:thread_id, 1, 1, 1, 0, 'ready', 0, '') ON CONFLICT DO NOTHING
            """,
            rows,
        )

    await database.write(write)


async def measure(path: Path, replies: int, threads: int) -> list[float]:
    """Milliseconds of each look."""
    took: list[float] = []
    now_ms = _START_MS + replies * _STEP_MS
    async with open_database(path, look=0) as database:
        await fill(database, replies, threads)
        found = await database.read(lambda tx: discussions.find(tx, 1))
        assert found is not None
        for member_id in range(1000, 1000 + _MEMBERS):
            for days in (None, 1, 7, 100_000):
                begun = time.perf_counter()
                await _look(database, found, member_id, days, now_ms)
                took.append((time.perf_counter() - begun) * 1000)
    return took


async def _look(
    database: Database, found: ListedDiscussion, member_id: int, days: int | None, now_ms: int
) -> None:
    async def look(tx: Transaction) -> None:
        visit = await get_visit(tx, found, member_id, now_ms)
        since = visit.since
        if days is not None:
            at_ms = max(now_ms - days * _DAY_MS, 0)
            since = Since(make_first_snowflake(at_ms), at_ms)
        await read_items(tx, found, member_id=member_id, since=since)

    await database.read(look)


def main() -> int:
    """Fill an archive, look at it, and print the percentiles."""
    parser = argparse.ArgumentParser(prog="scripts/bench news", description=__doc__)
    parser.add_argument("--replies", type=int, default=50_000)
    parser.add_argument("--threads", type=int, default=2_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "salon.sqlite3"
        took = asyncio.run(measure(path, options.replies, options.threads))
    p95 = statistics.quantiles(took, n=20)[-1]
    print(f"{options.replies:,} replies in {options.threads:,} threads, {len(took)} looks")
    print(
        f"  median {statistics.median(took):.1f} ms, p95 {p95:.1f} ms, longest {max(took):.1f} ms"
    )
    print(f"goal: a p95 under {GOAL_MS:.0f} ms: {'met' if p95 < GOAL_MS else 'missed'}")
    return 0 if p95 < GOAL_MS else 1


if __name__ == "__main__":
    sys.exit(main())
