"""What the processes on one database share: who runs, slots and calls of the same second."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator
from typing import Any

import psycopg
import pytest

from bot.core.shards import Shards
from storage.db.postgresql.database import PostgresDatabase, open_postgresql
from storage.db.postgresql.processes import PostgresProcessGroup
from storage.db.processes import ProcessGroup, ShardState

FIRST, SECOND = Shards(4, frozenset((0, 1))), Shards(4, frozenset((2, 3)))


@contextlib.asynccontextmanager
async def two_archives(address: str) -> AsyncIterator[tuple[PostgresDatabase, PostgresDatabase]]:
    async with (
        open_postgresql(address, shards=FIRST) as one,
        open_postgresql(address, shards=SECOND) as other,
    ):
        yield one, other


async def execute(address: str, sql: str) -> Any:
    async with await psycopg.AsyncConnection.connect(address, autocommit=True) as raw:
        return await raw.execute(sql.encode())


async def take(group: ProcessGroup | None, calls: int) -> tuple[int, float]:
    assert group is not None
    return await group.take_calls(calls, most=48, seconds=600.0, delay=1.0)


async def test_each_process_sees_the_others_and_their_connections(address: str) -> None:
    async with two_archives(address) as (one, other):
        assert one.processes is not None
        assert other.processes is not None
        assert await other.get_processes() == []
        states = {0: ShardState(True, 0.05, 12), 1: ShardState(False, None, 0)}
        await one.processes.report(states, "1")
        await other.processes.report({}, "2")
        assert (one.processes.count, other.processes.count) == (2, 2)
        first, second = await one.get_processes()
        assert (first.shards, second.shards) == (FIRST, SECOND)
        assert (first.version, second.version) == ("1", "2")
        assert dict(first.states) == states
        await one.processes.report({}, "1")
        assert len(await one.get_processes()) == 2
    async with open_postgresql(address, shards=FIRST) as again:
        assert again.processes is not None
        await execute(
            address, "UPDATE salon_processes.processes SET seen_at = now() - interval '1 minute'"
        )
        await again.processes.report({}, "3")
        assert again.processes.count == 1
        assert [one.version for one in await again.get_processes()] == ["3", "2"]


async def test_a_slot_is_taken_by_one_process_until_its_time_is_over(address: str) -> None:
    async with two_archives(address) as (one, other):
        assert one.processes is not None
        assert other.processes is not None
        waits = await asyncio.gather(
            *(group.take_slot("a", 600.0) for group in (one.processes, other.processes) * 4)
        )
        assert sorted(wait > 0 for wait in waits) == [False, *[True] * 7]
        assert all(wait <= 600.0 for wait in waits)
        assert await other.processes.take_slot("b", 600.0) == 0
        await execute(
            address,
            "UPDATE salon_processes.slots SET taken_at = taken_at - interval '1 hour'",
        )
        assert await other.processes.take_slot("a", 600.0) == 0
        assert await one.processes.take_slot("a", 600.0) > 0
        # The server's clock was set back meanwhile.
        await execute(
            address,
            "UPDATE salon_processes.slots SET taken_at = taken_at + interval '1 hour'",
        )
        assert await one.processes.take_slot("a", 600.0) == 0


async def test_the_processes_take_no_more_calls_together_than_there_are(address: str) -> None:
    async with two_archives(address) as (one, other):
        got = await asyncio.gather(
            *(take(group, 10) for group in (one.processes, other.processes) * 5)
        )
        assert sorted(taken for taken, _ in got) == [0, 0, 0, 0, 0, 8, 10, 10, 10, 10]
        assert all(wait > 0 for taken, wait in got if taken < 10)
        # Those are over.
        await execute(address, "UPDATE salon_processes.calls SET began = '{}'")
        taken, wait = await take(other.processes, 50)
        assert (taken, wait > 0) == (48, True)


async def test_calls_of_a_clock_that_was_set_back_are_not_waited_for(address: str) -> None:
    async with open_postgresql(address, shards=FIRST) as one:
        await take(one.processes, 48)
        await execute(
            address,
            """
            UPDATE salon_processes.calls
            SET began = ARRAY(SELECT moment + interval '1 hour' FROM unnest(began) AS moment)
            """,
        )
        assert (await take(one.processes, 48))[0] == 48


async def test_after_a_lost_connection_it_is_opened_again(address: str) -> None:
    async with open_postgresql(address, shards=FIRST) as one:
        await take(one.processes, 1)
        await execute(
            address,
            """
            SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid()
            """,
        )
        with pytest.raises(sqlite3.Error):
            await take(one.processes, 1)
        while True:
            with contextlib.suppress(sqlite3.Error):
                assert (await take(one.processes, 1))[0] == 1
                break


async def test_the_tables_of_another_version_are_replaced(address: str) -> None:
    await execute(address, "COMMENT ON SCHEMA salon_processes IS 'another'")
    await execute(address, "DROP TABLE salon_processes.slots")
    async with two_archives(address) as (one, _):
        assert isinstance(one.processes, PostgresProcessGroup)
        assert await one.processes.take_slot("a", 600.0) == 0
