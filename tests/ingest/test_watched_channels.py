"""What is watched, read for many servers together."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3

from bot.ingest.watched_channels import WatchedChannels
from storage.db.database import Database
from storage.db.errors import DatabaseUnavailable
from storage.db.writer import Transaction
from tests.bench import archives
from tests.bench.archives import Place

SERVERS = range(1, 251)


def place_of(server_id: int) -> Place:
    first = server_id * 1000
    return Place(
        server_id=server_id,
        channel_id=first,
        before_id=first + 1,
        posts=(first + 2, first + 3, first + 4),
        threads=(first + 10, first + 11),
    )


async def test_many_servers_that_ask_at_once_each_get_their_own(database: Database) -> None:
    await archives.prepare(database, *map(place_of, SERVERS))
    watched = WatchedChannels(database)
    found = await asyncio.gather(*map(watched.get, (*SERVERS, 0, *SERVERS)))
    assert found[len(SERVERS)] == []
    for server_id, channels in zip((*SERVERS, *SERVERS), found[:250] + found[251:], strict=True):
        first = server_id * 1000
        assert [one.channel_id for one in channels] == [first, first + 10, first + 11]
        assert {one.server_id for one in channels} == {server_id}


async def test_what_was_committed_before_it_is_asked_is_seen_though_a_read_is_under_way(
    database: Database,
) -> None:
    await archives.prepare(database, place_of(1))
    watched = WatchedChannels(database)
    first = asyncio.create_task(watched.get(1))
    await asyncio.sleep(0)

    async def forget(tx: Transaction) -> None:
        await tx.run("DELETE FROM watermarks WHERE channel_id = :id", {"id": 1010})

    await database.write(forget)
    assert [one.channel_id for one in await watched.get(1)] == [1000, 1011]
    await first


async def test_who_stops_waiting_leaves_the_others_their_answer(database: Database) -> None:
    await archives.prepare(database, place_of(1))
    watched = WatchedChannels(database)
    tasks = [asyncio.create_task(watched.get(1)) for _ in range(2)]
    await asyncio.sleep(0)
    tasks[0].cancel()
    assert len(await tasks[1]) == 3
    with contextlib.suppress(asyncio.CancelledError):
        await tasks[0]
    assert len(await watched.get(1)) == 3


async def test_an_error_reaches_all_who_wait_and_the_next_one_reads_again(
    database: Database,
) -> None:
    await archives.prepare(database, place_of(1))
    watched = WatchedChannels(database)
    await database.write(lambda tx: tx.run("ALTER TABLE watermarks RENAME TO away"))
    found = await asyncio.gather(watched.get(1), watched.get(2), return_exceptions=True)
    assert all(isinstance(one, sqlite3.Error | DatabaseUnavailable) for one in found), found
    await database.write(lambda tx: tx.run("ALTER TABLE away RENAME TO watermarks"))
    assert len(await watched.get(1)) == 3
