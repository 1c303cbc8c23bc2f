"""The archive's file: what is made, what is refused, what is left alone."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.errors import DatabaseError, DatabaseInUse, ForeignDatabase, NewerDatabase
from storage.db.database import (
    Database,
    open_database,
    open_for_reading,
    retry_until_available,
)
from storage.db.migrate import APPLICATION_ID, load_migrations
from storage.db.writer import Transaction
from tests.support.waits import set_wait


def pragma(path: Path, name: str) -> int:
    with closing(sqlite3.connect(path)) as connection:
        value: int = connection.execute(f"PRAGMA {name}").fetchone()[0]
        return value


async def test_a_new_archive_has_salons_application_id_and_version(tmp_path: Path) -> None:
    path = tmp_path / "salon.sqlite3"
    async with open_database(path):
        pass
    assert pragma(path, "application_id") == APPLICATION_ID
    assert pragma(path, "user_version") == len(load_migrations())


async def test_work_that_nothing_else_retries_survives_a_full_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_wait(monkeypatch, "archive at start", 0.0)
    async with open_database(tmp_path / "salon.sqlite3") as database:
        attempts = 0

        async def fill(tx: Transaction) -> int:
            nonlocal attempts
            attempts += 1
            pages = (await tx.rows("PRAGMA page_count"))[0][0]
            most = pages if attempts < 3 else 1_000_000
            await tx.rows(f"PRAGMA max_page_count = {most}")
            await tx.run("CREATE TABLE large AS SELECT zeroblob(1000000) AS content")
            return attempts

        assert await retry_until_available(lambda: database.write(fill)) == 3
        rows = await database.read(lambda tx: tx.rows("SELECT length(content) FROM large"))
        assert rows[0][0] == 1_000_000


async def test_the_writer_uses_full_synchronous_and_a_write_ahead_log(tmp_path: Path) -> None:
    async with open_database(tmp_path / "salon.sqlite3") as database:
        rows = await database.write(lambda tx: tx.rows("PRAGMA synchronous"))
        assert rows[0][0] == 2  # FULL
        rows = await database.write(lambda tx: tx.rows("PRAGMA journal_mode"))
        assert rows[0][0] == "wal"
        rows = await database.write(lambda tx: tx.rows("PRAGMA foreign_keys"))
        assert rows[0][0] == 1


async def test_written_rows_are_there_after_opening_the_archive_again(tmp_path: Path) -> None:
    path = tmp_path / "salon.sqlite3"
    async with open_database(path) as database:
        await database.write(
            lambda tx: tx.run("INSERT INTO servers (id, name, joined_at) VALUES (1, 'Salon', 0)")
        )
    async with open_database(path) as database:
        rows = await database.read(lambda tx: tx.rows("SELECT name FROM servers"))
    assert [row["name"] for row in rows] == ["Salon"]


async def test_a_second_process_on_the_same_archive_gets_an_error(tmp_path: Path) -> None:
    path = tmp_path / "salon.sqlite3"
    async with open_database(path):
        with pytest.raises(DatabaseInUse, match="Another Salon is running"):
            async with open_database(path):
                pass


async def test_a_database_of_something_else_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.sqlite3"
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE recipes (name TEXT)")
        other.commit()
    before = path.read_bytes()
    with pytest.raises(ForeignDatabase, match="another program's database"):
        async with open_database(path):
            pass
    assert path.read_bytes() == before


async def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("These are notes, and no database at all. " * 100)
    before = path.read_bytes()
    with pytest.raises(ForeignDatabase, match="isn't a Salon database, or it is damaged"):
        async with open_database(path):
            pass
    assert path.read_bytes() == before


async def test_an_archive_of_a_newer_salon_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "salon.sqlite3"
    async with open_database(path):
        pass
    with closing(sqlite3.connect(path)) as newer:
        newer.execute(f"PRAGMA user_version = {len(load_migrations()) + 1}")
    before = path.read_bytes()
    with pytest.raises(NewerDatabase, match="newer Salon"):
        async with open_database(path):
            pass
    with pytest.raises(NewerDatabase, match="newer Salon"):
        async with open_for_reading(path):
            pass
    assert path.read_bytes() == before


async def test_a_reader_cannot_write(tmp_path: Path) -> None:
    path = tmp_path / "salon.sqlite3"
    async with open_database(path) as database:
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            await database.read(lambda tx: tx.run("DELETE FROM servers"))
        async with open_for_reading(path) as beside:
            assert await beside.read(lambda tx: tx.rows("SELECT * FROM servers")) == []
            with pytest.raises(RuntimeError):
                await beside.write(lambda tx: tx.run("DELETE FROM servers"))


async def test_reading_a_missing_archive_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="There is no database"):
        async with open_for_reading(tmp_path / "none.sqlite3"):
            pass
    assert not (tmp_path / "none.sqlite3").exists()


async def test_reading_an_empty_file_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "empty.sqlite3"
    path.touch()
    with pytest.raises(DatabaseError, match="There is no database"):
        async with open_for_reading(path):
            pass


async def test_a_folder_that_cannot_be_written_is_an_error_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="there is no folder"):
        async with open_database(tmp_path / "missing" / "salon.sqlite3"):
            pass


async def test_a_link_to_the_archive_leads_to_the_same_lock(tmp_path: Path) -> None:
    path, link = tmp_path / "salon.sqlite3", tmp_path / "link.sqlite3"
    link.symlink_to(path)
    async with open_database(path):
        with pytest.raises(DatabaseInUse):
            async with open_database(link):
                pass


async def test_cancelled_reads_leave_the_readers_usable(tmp_path: Path) -> None:
    async with open_database(tmp_path / "salon.sqlite3") as database:
        for turns in range(20):
            reading = asyncio.create_task(
                database.read(lambda tx: tx.rows("SELECT count(*) FROM servers"))
            )
            for _ in range(turns):
                await asyncio.sleep(0)
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
        for _ in range(4):
            assert await database.read(lambda tx: tx.rows("SELECT 1 AS one"))


@pytest.mark.parametrize(
    "sql",
    [
        """
        SELECT id
        FROM threads
        WHERE state IN ('planned', 'open')
        AND due_at < 1 ORDER BY priority, id
        """,
        "SELECT id FROM message_edits WHERE state = 'planned' AND due_at <= 1 ORDER BY due_at, id",
        "SELECT id FROM prompts WHERE state = 'planned' AND due_at <= 1 ORDER BY due_at, id",
        "SELECT min(scheduled_for) FROM discussions WHERE state = 'scheduled'",
        "SELECT id FROM planned_messages WHERE channel_id = 1 AND state IN ('planned', 'claimed')",
        "SELECT id FROM submissions WHERE state = 'received'",
    ],
)
async def test_the_schedulers_queries_use_an_index(tmp_path: Path, sql: str) -> None:
    async with open_database(tmp_path / "salon.sqlite3") as database:
        plan = await database.read(lambda tx: tx.rows(f"EXPLAIN QUERY PLAN {sql}"))
    assert all("USING" in row["detail"] and "INDEX" in row["detail"] for row in plan), [
        row["detail"] for row in plan
    ]


@pytest.mark.parametrize("steps", range(12))
async def test_a_cancelled_read_leaves_no_transaction_behind(
    database: Database, steps: int
) -> None:
    async def look(tx: Transaction) -> int:
        return len(await tx.rows("SELECT 1"))

    others = asyncio.all_tasks()
    reading = asyncio.ensure_future(database.read(look))
    for _ in range(steps):
        await asyncio.sleep(0)
    for task in asyncio.all_tasks() - others:
        task.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    assert await asyncio.gather(*(database.read(look) for _ in range(10))) == [1] * 10
