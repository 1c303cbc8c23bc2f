"""Timeouts: what a command does while another process has locked the archive."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.db.database import Database, retry_until_available
from storage.db.errors import ReadAbandoned, WriteWithdrawn
from storage.db.timeouts import ArchiveTimeout, set_timeout, without_timeout
from storage.db.writer import Transaction

pytestmark = pytest.mark.sqlite


@contextlib.contextmanager
def locked(path: Path, how: str = "BEGIN IMMEDIATE") -> Iterator[sqlite3.Connection]:
    """The archive, locked by another connection until the block ends or it rolls back."""
    other = sqlite3.connect(path, isolation_level=None, timeout=0)
    try:
        other.execute(how)
        yield other
    finally:
        other.close()


async def add(tx: Transaction, number: int) -> int:
    await tx.run("INSERT INTO servers (id, name, joined_at) VALUES (:id, '', 0)", {"id": number})
    return number


async def ids(database: Database) -> list[int]:
    rows = await database.read(lambda tx: tx.rows("SELECT id FROM servers ORDER BY id"))
    return [row["id"] for row in rows]


@pytest.mark.parametrize("how", ["BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"])
async def test_a_command_withdraws_a_write_that_cannot_begin(database: Database, how: str) -> None:
    with locked(database.path, how) as other:
        event = asyncio.create_task(database.write(lambda tx: add(tx, 1)))
        set_timeout(ArchiveTimeout(0.05))
        with pytest.raises(WriteWithdrawn):
            await database.write(lambda tx: add(tx, 2))
        other.execute("ROLLBACK")
        with without_timeout():
            assert await event == 1, "an event waits"
            assert await ids(database) == [1], "what was withdrawn isn't saved later"


async def test_a_write_that_has_begun_is_answered_with_its_outcome(database: Database) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow(tx: Transaction) -> int:
        begun.set()
        await go_on.wait()
        return await add(tx, 1)

    async def fails(tx: Transaction) -> int:
        begun.set()
        await go_on.wait()
        raise TimeoutError("of its own")

    for work in (slow, fails):
        begun.clear()
        go_on.clear()
        set_timeout(ArchiveTimeout(0.05))
        writing = asyncio.create_task(database.write(work))
        await begun.wait()
        with pytest.raises(WriteWithdrawn):  # its time was used up by the other
            await database.write(lambda tx: add(tx, 2))
        assert not writing.done()
        go_on.set()
        if work is slow:
            assert await writing == 1
        else:
            with pytest.raises(TimeoutError, match="of its own"):
                await writing
    with without_timeout():
        assert await ids(database) == [1]


async def test_everything_before_the_answer_shares_one_limit(database: Database) -> None:
    timeout, end = ArchiveTimeout(0.05), asyncio.Event()
    set_timeout(timeout)
    with pytest.raises(ReadAbandoned):
        await database.read(lambda _: end.wait())
    end.set()
    assert timeout.write_seconds == 0.0
    with locked(database.path), pytest.raises(WriteWithdrawn):
        await database.write(lambda tx: add(tx, 1))
    timeout.extend()
    assert timeout.write_seconds == 0.05
    assert timeout.read_seconds is None


async def test_a_write_that_is_retried_waits_as_long_as_it_takes(database: Database) -> None:
    set_timeout(ArchiveTimeout(0.02))
    with locked(database.path) as other:
        writing = asyncio.create_task(
            retry_until_available(lambda: database.write(lambda tx: add(tx, 1)))
        )
        with pytest.raises(WriteWithdrawn):
            await database.write(lambda tx: add(tx, 2))
        assert not writing.done()
        other.execute("ROLLBACK")
        assert await writing == 1


async def test_a_cancelled_command_leaves_no_error_behind(database: Database) -> None:
    set_timeout(ArchiveTimeout(60))
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def fails(tx: Transaction) -> int:
        begun.set()
        await go_on.wait()
        raise LookupError("nobody waits for this")

    writing = asyncio.create_task(database.write(fails))
    await begun.wait()
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    go_on.set()
    assert await database.write(lambda tx: add(tx, 1)) == 1
    assert await ids(database) == [1]
