"""Statements that SQLite is sent together: their order, their errors, and what is committed."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest

from storage.db.database import Database
from storage.db.writer import Transaction

pytestmark = pytest.mark.sqlite

INSERT = "INSERT INTO servers (id, name, joined_at) VALUES (:id, :name, 0)"
RENAME = "UPDATE servers SET name = :name WHERE id = :id"


def make_rows(first: int, count: int, name: str = "") -> list[dict[str, Any]]:
    return [{"id": first + number, "name": name} for number in range(count)]


async def get_names(database: Database) -> list[str]:
    rows = await database.read(lambda tx: tx.rows("SELECT name FROM servers ORDER BY id"))
    return [row["name"] for row in rows]


async def test_statements_of_a_pipeline_are_executed_in_their_order(database: Database) -> None:
    async def work(tx: Transaction) -> list[str]:
        async with tx.pipeline():
            await tx.run_many(INSERT, make_rows(1, 200, "one"))
            await tx.run_many(RENAME, make_rows(1, 100, "two"))
            await tx.run_many(RENAME, make_rows(1, 50, "three"))
        return [row["name"] for row in await tx.rows("SELECT name FROM servers ORDER BY id")]

    wanted = ["three"] * 50 + ["two"] * 50 + ["one"] * 100
    assert await database.write(work) == wanted
    assert await get_names(database) == wanted


async def test_after_an_error_nothing_more_of_a_pipeline_is_executed(database: Database) -> None:
    async def send(tx: Transaction) -> None:
        async with tx.pipeline():
            await tx.run_many(INSERT, make_rows(2, 1, "in it"))
            await tx.run_many(INSERT, make_rows(1, 1, "the same id"))
            await tx.run_many(INSERT, make_rows(3, 1, "after it"))

    async def work(tx: Transaction) -> list[str]:
        await tx.run_many(INSERT, make_rows(1, 1, "before"))
        with pytest.raises(sqlite3.IntegrityError):
            await send(tx)
        await tx.run_many(INSERT, make_rows(4, 1, "next"))
        return [row["name"] for row in await tx.rows("SELECT name FROM servers ORDER BY id")]

    assert await database.write(work) == ["before", "in it", "next"]


async def test_a_full_disk_in_a_pipeline_leaves_nothing_of_the_transaction(
    database: Database,
) -> None:
    """SQLite rolls back by itself, so what came after it would be committed by itself."""

    async def work(tx: Transaction) -> None:
        async with tx.pipeline():
            await tx.run_many(INSERT, make_rows(1, 1, "small"))
            await tx.run_many(INSERT, make_rows(2, 1, "much " * 100_000))
            await tx.run_many(INSERT, make_rows(3, 1, "small"))

    async def limit(tx: Transaction, most: int) -> None:
        await tx.rows(f"PRAGMA max_page_count = {most}")

    pages = (await database.read(lambda tx: tx.rows("PRAGMA page_count")))[0][0]
    await database.write(lambda tx: limit(tx, pages))
    with pytest.raises(sqlite3.OperationalError, match="full"):
        await database.write(work)
    assert await get_names(database) == []
    await database.write(lambda tx: limit(tx, 1_000_000))
    await database.write(work)
    assert len(await get_names(database)) == 3


async def test_an_error_of_the_block_itself_is_raised_after_what_was_sent(
    database: Database,
) -> None:
    async def send(tx: Transaction) -> None:
        async with tx.pipeline():
            await tx.run_many(INSERT, make_rows(1, 1, "sent"))
            raise KeyError

    async def work(tx: Transaction) -> list[str]:
        with pytest.raises(KeyError):
            await send(tx)
        return [row["name"] for row in await tx.rows("SELECT name FROM servers")]

    assert await database.write(work) == ["sent"]


async def test_queries_sent_together_have_their_own_rows(database: Database) -> None:
    async def work(tx: Transaction) -> list[list[int]]:
        await tx.run_many(INSERT, make_rows(1, 3))
        found = await tx.rows_of_each(
            "SELECT id FROM servers ORDER BY id",
            "SELECT id FROM servers WHERE id > 3",
            "SELECT max(id) AS id FROM servers",
        )
        return [[row["id"] for row in rows] for rows in found]

    assert await database.write(work) == [[1, 2, 3], [], [3]]
    assert await database.read(lambda tx: tx.rows_of_each("SELECT 1", "SELECT 2")) != []
