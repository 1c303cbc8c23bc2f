"""After an erasure no file of the archive has the words, in the log nor in split pages."""

from __future__ import annotations

import asyncio
import gc
import logging
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from storage.db import checkpoint_and_vacuum
from storage.db.database import Database, open_database
from storage.db.migrate import load_migrations
from storage.db.writer import Transaction
from tests.support.archive_bytes import files_with
from tests.support.waits import set_wait

SECRET = b"heliotrope"


async def add_essay(tx: Transaction) -> None:
    await tx.run("INSERT INTO servers (id, name, joined_at) VALUES (1, 'Salon', 0)")
    await tx.run(
        """
        INSERT INTO discussions (id, server_id, channel_id, state, created_at)
        VALUES (1, 1, 1, 'open', 0)
        """
    )


async def add_reply(tx: Transaction, reply_id: int, text: str) -> None:
    await tx.run(
        """
        INSERT INTO replies (id, server_id, discussion_id, channel_id, author_id, author_name,
            written_at, text)
        VALUES (:id, 1, 1, 1, 5, 'Ann', 0, :text)
        """,
        {"id": reply_id, "text": text},
    )


async def erase_all(tx: Transaction) -> None:
    await tx.run("UPDATE replies SET text = '', deleted_at = 1")
    await checkpoint_and_vacuum.mark_erasure(tx, 1)


async def fill(database: Database) -> None:
    await database.write(add_essay)
    await database.write(lambda tx: add_reply(tx, 1, f"A {SECRET.decode()} secret."))


async def test_the_log_of_an_archive_that_stays_open_has_no_erased_words_once_it_is_truncated(
    tmp_path: Path,
) -> None:
    async with open_database(tmp_path / "salon.sqlite3") as database:
        await fill(database)
        assert not database.log_has_erased_words
        await database.write(erase_all)
        assert database.log_has_erased_words
        assert files_with(tmp_path, SECRET), "the log has them until then"
        assert await database.truncate_log()
        assert not database.log_has_erased_words
        assert files_with(tmp_path, SECRET) == []


async def test_a_busy_reader_neither_blocks_the_writer_nor_keeps_the_log_for_good(
    tmp_path: Path,
) -> None:
    path = tmp_path / "salon.sqlite3"
    async with open_database(path) as database:
        await fill(database)
        with closing(sqlite3.connect(path, isolation_level=None)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT text FROM replies").fetchall()
            await database.write(erase_all)
            async with asyncio.timeout(2):  # a busy timeout would take five seconds
                assert not await database.truncate_log()
                await database.write(lambda tx: add_reply(tx, 2, "Meanwhile."))
            reader.execute("ROLLBACK")
        assert await database.truncate_log()
        assert files_with(tmp_path, SECRET) == []


async def test_the_log_is_truncated_as_soon_as_readers_allow_if_nobody_else_does_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    set_wait(monkeypatch, "log truncation", 0.0)
    set_wait(monkeypatch, "log truncation again", 0.0)
    monkeypatch.setattr("storage.db.database._MANY_ATTEMPTS", 1)
    path = tmp_path / "salon.sqlite3"
    async with open_database(path) as database:
        await fill(database)
        with closing(sqlite3.connect(path, isolation_level=None)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT text FROM replies").fetchall()
            await database.write(erase_all)
            task = next(one for one in asyncio.all_tasks() if one.get_name() == "truncate-log")
            with caplog.at_level(logging.WARNING):
                while "Another program is reading" not in caplog.text:
                    await database.write(lambda tx: tx.rows("SELECT 1"))
        await task
        assert files_with(tmp_path, SECRET) == []


@pytest.mark.parametrize("seconds", [0.0, 20.0])
async def test_a_database_that_closes_during_an_erasure_leaves_no_truncation_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    set_wait(monkeypatch, "log truncation", seconds)
    problems: list[str] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: problems.append(context["message"]))
    async with open_database(tmp_path / "salon.sqlite3") as database:
        await fill(database)
        await database.write(erase_all)
        erasures = [asyncio.create_task(database.write(erase_all)) for _ in range(3)]
        await asyncio.sleep(0)  # they are queued
    await asyncio.gather(*erasures)
    assert [one for one in asyncio.all_tasks() if one.get_name() == "truncate-log"] == []
    gc.collect()  # a task whose error nobody asked for reports it when it is collected
    assert problems == []
    assert files_with(tmp_path, SECRET) == []


async def test_a_crash_before_the_truncation_leaves_nothing_after_the_next_start(
    tmp_path: Path,
) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    before.mkdir()
    async with open_database(before / "salon.sqlite3") as database:
        await fill(database)
        await database.write(erase_all)
        shutil.copytree(before, after)  # as a crash leaves it
    assert files_with(after, SECRET)
    async with open_database(after / "salon.sqlite3"):
        assert files_with(after, SECRET) == []


async def test_no_byte_is_left_by_page_splits_after_vacuum(tmp_path: Path) -> None:
    async with open_database(tmp_path / "salon.sqlite3") as database:
        await database.write(add_essay)

        async def write_replies(tx: Transaction) -> None:
            for number in range(1, 501):
                await add_reply(tx, number, f"{SECRET.decode()} {number}")

        await database.write(write_replies)
        for size in (40, 300, 900):  # growing edits split pages

            async def grow(tx: Transaction, size: int = size) -> None:
                for number in range(1, 501):
                    text = f"{SECRET.decode()} {number} " + "x" * (size + number)
                    await tx.run(
                        "UPDATE replies SET text = :text WHERE id = :id",
                        {"id": number, "text": text},
                    )

            await database.write(grow)
        await database.write(erase_all)
        assert (await database.read(checkpoint_and_vacuum.get_state)).erased_at == 1
        await database.vacuum(5)
        assert await database.read(
            checkpoint_and_vacuum.get_state
        ) == checkpoint_and_vacuum.CleanupState(None, 5)
        assert await database.truncate_log()
        assert files_with(tmp_path, SECRET) == []


async def test_a_vacuum_that_fails_changes_nothing_and_can_be_repeated(tmp_path: Path) -> None:
    async with open_database(tmp_path / "salon.sqlite3") as database:
        await fill(database)
        await database.write(erase_all)
        with closing(sqlite3.connect(tmp_path / "salon.sqlite3", isolation_level=None)) as other:
            await database.write(lambda tx: tx.rows("PRAGMA busy_timeout = 0"))
            other.execute("BEGIN IMMEDIATE")  # another program writes
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                await database.vacuum(5)
            other.execute("ROLLBACK")
        assert (await database.read(checkpoint_and_vacuum.get_state)).vacuumed_at is None
        await database.vacuum(6)
        assert (await database.read(checkpoint_and_vacuum.get_state)).vacuumed_at == 6


async def test_a_read_that_takes_too_long_is_ended_and_the_reader_can_be_used_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_wait(monkeypatch, "longest read", 0.05)
    endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n"
    async with open_database(tmp_path / "salon.sqlite3") as database:
        for _ in range(3):
            with pytest.raises(sqlite3.OperationalError, match="a read took longer"):
                await database.read(lambda tx: tx.rows(endless))
        assert await database.read(lambda tx: tx.rows("SELECT 1")) != []
        await fill(database)
        assert await database.truncate_log(), "no reader is left in a transaction"


async def test_maintenance_that_fails_is_reported_to_its_caller_alone(database: Database) -> None:
    async def fail(_: object) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    outcomes = await asyncio.gather(
        database.write(lambda tx: tx.rows("SELECT 1")),
        database._get_writer().maintain(fail),
        database.write(lambda tx: tx.rows("SELECT 2")),
        return_exceptions=True,
    )
    assert [isinstance(one, Exception) for one in outcomes] == [False, True, False]


@pytest.mark.parametrize("deleted", [True, False])
async def test_an_archive_from_before_is_cleaned_if_something_was_deleted_in_it(
    tmp_path: Path, deleted: bool
) -> None:
    path = tmp_path / "salon.sqlite3"
    async with open_database(path, migrations=load_migrations()[:1]) as database:
        await database.write(add_essay)
        await database.write(lambda tx: add_reply(tx, 1, ""))
        if deleted:
            await database.write(lambda tx: tx.run("UPDATE replies SET deleted_at = 1"))
    async with open_database(path) as database:
        state = await database.read(checkpoint_and_vacuum.get_state)
    assert ((state.erased_at or 0) > 0, state.vacuumed_at) == (deleted, None)
