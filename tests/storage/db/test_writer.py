"""The one writer: arrival order, many to a transaction, each unit for itself."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator
from contextvars import ContextVar
from pathlib import Path

import aiosqlite
import pytest

from storage.db.database import Database, open_database
from storage.db.writer import Transaction, Writer

pytestmark = pytest.mark.sqlite


async def add(tx: Transaction, number: int) -> int:
    await tx.run(
        "INSERT INTO servers (id, name, joined_at) VALUES (:id, 'a server', 0)", {"id": number}
    )
    return number


async def ids(database: Database) -> list[int]:
    rows = await database.read(lambda tx: tx.rows("SELECT id FROM servers ORDER BY rowid"))
    return [row["id"] for row in rows]


@contextlib.asynccontextmanager
async def traced_writer(path: Path) -> AsyncIterator[tuple[Writer, list[str]]]:
    """A writer with its own connection, and the statements it executes."""
    statements: list[str] = []
    async with aiosqlite.connect(path, isolation_level=None) as connection:
        await connection.set_trace_callback(statements.append)
        writer = Writer(connection)
        writer.start()
        try:
            yield writer, statements
        finally:
            await writer.close()


async def test_writes_are_committed_in_arrival_order(database: Database) -> None:
    order: list[int] = []

    def unit(number: int):  # type: ignore[no-untyped-def]
        async def work(tx: Transaction) -> None:
            # The later the arrival, the less it waits: completion order would be reversed.
            for _ in range(10 - number):
                await asyncio.sleep(0)
            order.append(await add(tx, number + 1))

        return work

    await asyncio.gather(*(database.write(unit(number)) for number in range(10)))
    assert order == list(range(1, 11))
    assert await ids(database) == order


async def test_many_writes_share_a_commit(database: Database) -> None:
    begun = 0

    async def note(tx: Transaction) -> None:
        nonlocal begun
        begun += 1
        await add(tx, begun)

    async with traced_writer(database.path) as (writer, statements):
        await asyncio.gather(*(writer.write(note) for _ in range(100)))
    commits = statements.count("COMMIT")
    assert begun == 100
    assert 1 <= commits <= 3, "a hundred writes at once want a handful of commits"


async def test_a_unit_that_fails_is_rolled_back_alone(database: Database) -> None:
    async def fails(tx: Transaction) -> None:
        await add(tx, 2)
        raise LookupError("no")

    results = await asyncio.gather(
        database.write(lambda tx: add(tx, 1)),
        database.write(fails),
        database.write(lambda tx: add(tx, 3)),
        return_exceptions=True,
    )
    assert results[0] == 1
    assert isinstance(results[1], LookupError)
    assert results[2] == 3
    assert await ids(database) == [1, 3]


async def test_a_unit_alone_is_rolled_back_with_its_transaction(database: Database) -> None:
    async def fails(tx: Transaction) -> None:
        await add(tx, 1)
        raise RuntimeError

    async with traced_writer(database.path) as (writer, statements):
        with pytest.raises(RuntimeError):
            await writer.write(fails)
        assert [one for one in statements if "INSERT" not in one] == ["BEGIN IMMEDIATE", "ROLLBACK"]
        assert await writer.write(lambda tx: add(tx, 2)) == 2
    assert await ids(database) == [2]


async def test_a_full_disk_fails_every_write_of_the_transaction_and_none_after_it(
    database: Database,
) -> None:
    pages = await database.write(lambda tx: tx.rows("PRAGMA page_count"))
    await database.write(lambda tx: tx.rows(f"PRAGMA max_page_count = {pages[0][0]}"))

    async def large(tx: Transaction) -> None:
        for number in range(100, 200):
            await tx.run(
                "INSERT INTO servers (id, name, joined_at) VALUES (:id, :name, 0)",
                {"id": number, "name": "x" * 10_000},
            )

    with pytest.raises(sqlite3.OperationalError, match="full"):
        await database.write(large)
    await database.write(lambda tx: tx.rows("PRAGMA max_page_count = 1000000"))
    await database.write(large)
    assert len(await ids(database)) == 100


async def test_a_cancelled_caller_leaves_the_archive_consistent(database: Database) -> None:
    caller = asyncio.create_task(database.write(lambda tx: add(tx, 1)))
    await asyncio.sleep(0)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    await database.write(lambda tx: add(tx, 2))
    assert await ids(database) in ([2], [1, 2])


async def test_a_closed_archive_refuses_writes(tmp_path: Path) -> None:
    async with open_database(tmp_path / "salon.sqlite3") as database:
        await database.write(lambda tx: add(tx, 1))
    with pytest.raises(RuntimeError, match="closed"):
        await database.write(lambda tx: add(tx, 1))


async def test_a_read_is_a_snapshot_however_many_queries_it_runs(
    database: Database,
) -> None:
    await database.write(lambda tx: add(tx, 1))
    asked, written = asyncio.Event(), asyncio.Event()

    async def twice(tx: Transaction) -> tuple[int, int]:
        first = len(await tx.rows("SELECT id FROM servers"))
        asked.set()
        await written.wait()
        return first, len(await tx.rows("SELECT id FROM servers"))

    reading = asyncio.create_task(database.read(twice))
    await asked.wait()
    await database.write(lambda tx: add(tx, 2))
    written.set()
    assert await reading == (1, 1)
    assert await ids(database) == [1, 2]


async def test_a_unit_of_work_runs_in_the_context_of_its_caller(database: Database) -> None:
    language: ContextVar[str] = ContextVar("language", default="en")
    seen: list[tuple[str, str, str]] = []

    async def write(mine: str) -> None:
        language.set(mine)

        async def work(tx: Transaction) -> None:
            before = language.get()
            await tx.rows("SELECT 1")
            after = language.get()
            language.set("changed")
            seen.append((mine, before, after))

        await database.write(work)
        assert language.get() == mine

    await asyncio.gather(*(write(mine) for mine in ("de", "fr", "ja")))
    assert seen == [(mine, mine, mine) for mine in ("de", "fr", "ja")]


async def test_a_unit_of_work_can_handle_the_error_of_a_statement(database: Database) -> None:
    async def work(tx: Transaction) -> str:
        with pytest.raises(sqlite3.OperationalError):
            await tx.rows("SELECT nothing FROM nowhere")
        await add(tx, 1)
        return "handled"

    assert await database.write(work) == "handled"
    assert await ids(database) == [1]
