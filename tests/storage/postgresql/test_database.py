"""The archive on PostgreSQL: transactions, lost connections, locks, migrations, erasure log."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import psycopg
import pytest

from bot.core.shards import Shards
from bot.delivery.archive_cleanup import get_vacuum_time
from bot.errors import DatabaseError, DatabaseInUse, ForeignDatabase, NewerDatabase
from storage.db import checkpoint_and_vacuum
from storage.db.erasure_log import Erasure
from storage.db.postgresql.database import (
    PostgresDatabase,
    log_erasures,
    open_for_reading,
    open_postgresql,
)
from storage.db.postgresql_address import describe_address
from storage.db.writer import Row, Transaction
from storage.replies.search import FoundReply, find_replies
from tests.support.postgres_server import PostgresServer, find_programs, run_postgres
from tests.support.running_bot import wait_until
from tests.support.waits import set_wait

T = TypeVar("T")
DAY = 86_400_000


async def add(tx: Transaction, number: int, name: str = "a server") -> int:
    await tx.run(
        "INSERT INTO servers (id, name, joined_at) VALUES (:id, :name, 0)",
        {"id": number, "name": name},
    )
    return number


async def get_ids(database: PostgresDatabase) -> list[int]:
    rows = await database.read(lambda tx: tx.rows("SELECT id FROM servers ORDER BY id"))
    return [row["id"] for row in rows]


async def get_row(database: PostgresDatabase, sql: str, **parameters: Any) -> Row:
    row = await database.read(lambda tx: tx.row(sql, parameters))
    assert row is not None
    return row


async def end_sessions(address: str) -> None:
    """End all other sessions of a database, as a restart of the server does."""
    async with await psycopg.AsyncConnection.connect(address, autocommit=True) as other:
        await other.execute(
            """
            SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid()
            """
        )


async def test_a_row_has_its_values_by_name_and_by_position(archive: PostgresDatabase) -> None:
    row = await get_row(
        archive,
        "SELECT CAST(:big AS BIGINT) AS big, CAST(:text AS TEXT) AS text, 2 AS text, NULL AS none",
        big=1 << 62,
        text="¶",
    )
    assert (row["big"], row[1], row["text"], row[2], row["none"]) == (1 << 62, "¶", "¶", 2, None)
    assert list(row) == [1 << 62, "¶", 2, None]
    assert dict(row) == {"big": 1 << 62, "text": "¶", "none": None}
    with pytest.raises(IndexError):
        row["missing"]


async def test_sums_flags_and_bytes_have_the_types_that_sqlite_gives(
    archive: PostgresDatabase,
) -> None:
    row = await get_row(
        archive,
        """
        SELECT sum(value) AS sum, CAST(:flag AS BIGINT) AS flag, CAST(:content AS BYTEA) AS content
        FROM (SELECT CAST(:one AS BIGINT) AS value UNION ALL SELECT 2) AS added
        """,
        one=1 << 60,
        flag=True,
        content=b"\0\xff",
    )
    assert [(type(one), one) for one in row] == [
        (int, (1 << 60) + 2),
        (int, 1),
        (bytes, b"\0\xff"),
    ]


async def test_text_is_stored_without_the_nul_that_postgresql_refuses(
    archive: PostgresDatabase,
) -> None:
    await archive.write(lambda tx: add(tx, 1, "a\0b"))
    assert (await get_row(archive, "SELECT name FROM servers"))["name"] == "a�b"


async def test_words_with_nul_can_be_searched(archive: PostgresDatabase) -> None:
    async def search(tx: Transaction) -> list[FoundReply]:
        words = ["a\0b", "c\0d"]
        return await find_replies(
            tx, server_id=1, words=words, before_id=1 << 62, from_id=0, most=9
        )

    assert await archive.read(search) == []


async def test_an_insert_gives_the_new_row_s_id(archive: PostgresDatabase) -> None:
    async def plan(tx: Transaction) -> int:
        return await tx.insert(
            """
            INSERT INTO discussions (server_id, channel_id, state, created_at)
            VALUES (1, 2, 'draft', 0) RETURNING id
            """,
            {},
        )

    await archive.write(lambda tx: add(tx, 1))
    assert [await archive.write(plan), await archive.write(plan)] == [1, 2]


async def test_many_rows_are_inserted_as_on_sqlite(archive: PostgresDatabase) -> None:
    rows = [{"id": 1 + n // 2, "name": f"Server {n}", "at": n} for n in range(192)]
    sql = """
    INSERT INTO servers (id, name, joined_at) VALUES (:id, :name, :at) ON CONFLICT DO NOTHING
    """
    await archive.write(lambda tx: tx.run_many(sql, rows))
    saved = await archive.read(lambda tx: tx.rows("SELECT * FROM servers ORDER BY id"))
    assert [(row["id"], row["name"], row["joined_at"]) for row in saved] == [
        (row["id"], row["name"], row["at"]) for row in rows[::2]
    ]


async def test_a_unit_that_fails_is_rolled_back_alone(archive: PostgresDatabase) -> None:
    async def fails(tx: Transaction) -> None:
        await add(tx, 2)
        raise LookupError("no")

    async def conflicts(tx: Transaction) -> None:
        await add(tx, 4)
        await add(tx, 1)

    results = await asyncio.gather(
        archive.write(lambda tx: add(tx, 1)),
        archive.write(fails),
        archive.write(lambda tx: add(tx, 3)),
        archive.write(conflicts),
        archive.write(lambda tx: add(tx, 5)),
        return_exceptions=True,
    )
    assert (results[0], results[2], results[4]) == (1, 3, 5)
    assert isinstance(results[1], LookupError)
    assert isinstance(results[3], sqlite3.IntegrityError)
    assert await get_ids(archive) == [1, 3, 5]
    assert archive.changes >= 3


async def test_a_statement_that_is_executed_later_fails_in_its_own_unit(
    archive: PostgresDatabase,
) -> None:
    sql = "INSERT INTO servers (id, name, joined_at) VALUES (:id, 'Later', 0)"

    async def add_later(tx: Transaction, *ids: int) -> int:
        for one in ids:
            await tx.run_later(sql, {"id": one})
        return ids[0]

    async def fails(tx: Transaction) -> None:
        await add_later(tx, 3)
        raise LookupError("no")

    async def reads(tx: Transaction) -> list[int]:
        await add_later(tx, 5)
        servers, none = await tx.rows_of_each(
            "SELECT id FROM servers ORDER BY id", "SELECT id FROM threads"
        )
        assert none == []
        return [row["id"] for row in servers]

    async def does_nothing(_: Transaction) -> None:
        pass

    results = await asyncio.gather(
        archive.write(lambda tx: add_later(tx, 1)),
        archive.write(lambda tx: add_later(tx, 2, 1)),
        archive.write(does_nothing),
        archive.write(fails),
        archive.write(does_nothing),
        archive.write(lambda tx: add(tx, 4)),
        archive.write(reads),
        archive.write(lambda tx: add_later(tx, 6)),
        return_exceptions=True,
    )
    assert isinstance(results[1], sqlite3.IntegrityError)
    assert isinstance(results[3], LookupError)
    del results[3], results[1]
    assert results == [1, None, None, 4, [1, 4, 5], 6]
    assert await get_ids(archive) == [1, 4, 5, 6]


async def test_a_unit_that_ignores_an_error_isn_t_reported_as_saved(
    archive: PostgresDatabase,
) -> None:
    async def ignores(tx: Transaction) -> None:
        await add(tx, 1)
        with contextlib.suppress(sqlite3.IntegrityError):
            await add(tx, 1)

    with pytest.raises(sqlite3.DatabaseError):
        await archive.write(ignores)
    assert await get_ids(archive) == []


async def test_a_statement_that_is_wrong_isn_t_retried(archive: PostgresDatabase) -> None:
    with pytest.raises(sqlite3.ProgrammingError):
        await archive.read(lambda tx: tx.rows("SELECT nothing FROM servers"))


async def test_a_read_sees_one_moment_and_can_t_write(archive: PostgresDatabase) -> None:
    seen: list[int] = []

    async def look(tx: Transaction) -> None:
        for _ in range(2):
            row = await tx.row("SELECT count(*) AS count FROM servers")
            assert row is not None
            seen.append(row["count"])
            await archive.write(lambda tx: add(tx, 1 + len(seen)))

    await archive.read(look)
    assert seen == [0, 0]
    assert len(await get_ids(archive)) == 2
    with pytest.raises(sqlite3.Error, match="read-only"):
        await archive.read(lambda tx: add(tx, 9))


async def test_after_a_lost_connection_writes_and_reads_go_on(
    archive: PostgresDatabase, address: str
) -> None:
    async def is_cut(tx: Transaction) -> None:
        await add(tx, 2)
        await end_sessions(address)
        await add(tx, 2)

    async def is_cut_reading(tx: Transaction) -> None:
        await end_sessions(address)
        await tx.rows("SELECT id FROM servers")

    await archive.write(lambda tx: add(tx, 1))
    with pytest.raises(sqlite3.OperationalError):
        await archive.write(is_cut)
    with pytest.raises(sqlite3.OperationalError):
        await archive.read(is_cut_reading)
    await end_sessions(address)
    assert await archive.write(lambda tx: add(tx, 3)) == 3
    assert await get_ids(archive) == await get_ids(archive) == [1, 3]
    # The new connection has the table of ids, too.
    assert await archive.write(lambda tx: tx.rows("SELECT id FROM lookup_ids")) == []


class Proxy:
    """Passes connections to PostgreSQL on, and stops doing so at a statement, once.

    ``at``: the beginning of that statement; ``arrives``: whether the server gets it, whose answer
    is lost in any case. ``swallows``: the connection isn't cut; both sides just hear nothing more,
    and the server's side stays open. ``is_silent``: new connections are accepted and not passed on.
    """

    def __init__(self, server: Path) -> None:
        self.server = server
        self.at = b""
        self.arrives = False
        self.swallows = False
        self.is_silent = False
        self.silenced: list[asyncio.StreamWriter] = []
        self.serving = set[asyncio.Task[None] | None]()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.is_silent:
            self.silenced.append(writer)
            return
        self.serving.add(asyncio.current_task())
        answers, to_server = await asyncio.open_unix_connection(self.server / ".s.PGSQL.5432")
        back = asyncio.create_task(self._pass_back(answers, writer))
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                if self.at and self.at in data:
                    self.at = b""
                    back.cancel()
                    await asyncio.gather(back, return_exceptions=True)
                    await self._stop(data, reader, answers, to_server)
                    break
                to_server.write(data)
                await to_server.drain()
        for one in (writer, to_server):
            one.close()
            with contextlib.suppress(ConnectionError):
                await one.wait_closed()
        await asyncio.gather(back, return_exceptions=True)

    async def _stop(
        self,
        data: bytes,
        reader: asyncio.StreamReader,
        answers: asyncio.StreamReader,
        to_server: asyncio.StreamWriter,
    ) -> None:
        if self.arrives:
            to_server.write(data)
            if not self.swallows:
                to_server.write_eof()
        if self.swallows:
            await reader.read()  # until the bot gives the connection up
        if self.swallows or self.arrives:
            await answers.read()  # until the session has ended

    async def _pass_back(self, answers: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await answers.read(65536):
            writer.write(data)
            await writer.drain()
        writer.close()


@contextlib.asynccontextmanager
async def run_proxy(folder: Path, server: PostgresServer) -> AsyncIterator[Proxy]:
    proxy = Proxy(server.socket)
    running = await asyncio.start_unix_server(proxy.serve, folder / ".s.PGSQL.5432")
    try:
        yield proxy
    finally:
        running.close()
        for writer in proxy.silenced:
            writer.close()
        await asyncio.gather(*filter(None, proxy.serving))


def get_name(address: str) -> str:
    """The name of a database."""
    return address.split("?", 1)[0].rsplit("/", 1)[1]


@contextlib.asynccontextmanager
async def open_through_proxy(
    folder: Path, server: PostgresServer, address: str
) -> AsyncIterator[tuple[PostgresDatabase, Proxy]]:
    async with (
        run_proxy(folder, server) as proxy,
        open_postgresql(f"postgresql://salon@/{get_name(address)}?host={folder}") as archive,
    ):
        yield archive, proxy


@contextlib.contextmanager
def shorter_waits() -> Iterator[None]:
    """Wait half a second for an answer in the block."""
    with pytest.MonkeyPatch.context() as patch:
        set_wait(patch, "PostgreSQL's answer", 0.5)
        set_wait(patch, "PostgreSQL's connection", 2)
        yield


@pytest.mark.parametrize("swallows", [False, True], ids=["cut", "swallowed"])
@pytest.mark.parametrize("arrives", [True, False], ids=["arrives", "is lost"])
async def test_a_commit_without_an_answer_is_settled(
    arrives: bool, swallows: bool, address: str, postgres: PostgresServer, tmp_path: Path
) -> None:
    async with open_through_proxy(tmp_path, postgres, address) as (archive, proxy):
        proxy.at, proxy.arrives, proxy.swallows = b"COMMIT\0", arrives, swallows
        with shorter_waits():
            if arrives:
                assert await archive.write(lambda tx: add(tx, 1)) == 1
            else:
                with pytest.raises(sqlite3.OperationalError):
                    await archive.write(lambda tx: add(tx, 1))
        assert not proxy.at
        assert await archive.write(lambda tx: add(tx, 2)) == 2
        assert await get_ids(archive) == ([1, 2] if arrives else [2])


@pytest.mark.parametrize(
    ("at", "arrives"), [(b"SAVEPOINT", False), (b"INSERT", True), (b"RELEASE", False)]
)
async def test_a_statement_without_an_answer_fails_and_nothing_of_it_stays(
    at: bytes, arrives: bool, address: str, postgres: PostgresServer, tmp_path: Path
) -> None:
    async with open_through_proxy(tmp_path, postgres, address) as (archive, proxy):
        proxy.at, proxy.arrives, proxy.swallows = at, arrives, True
        # Two units of one transaction: a unit that is alone in it needs no savepoint.
        with shorter_waits():
            outcomes = await asyncio.gather(
                archive.write(lambda tx: add(tx, 1)),
                archive.write(lambda tx: add(tx, 2)),
                return_exceptions=True,
            )
        assert [type(one) for one in outcomes] == [sqlite3.OperationalError] * 2
        assert not proxy.at
        # The server didn't notice, and still had the lock of the shard and of the row.
        assert await archive.write(lambda tx: add(tx, 1)) == 1
        assert await get_ids(archive) == [1]


async def test_a_transaction_that_cannot_begin_begins_on_another_connection(
    address: str, postgres: PostgresServer, tmp_path: Path
) -> None:
    async with open_through_proxy(tmp_path, postgres, address) as (archive, proxy):
        proxy.at, proxy.swallows = b"BEGIN; ", True
        with shorter_waits():
            assert await archive.write(lambda tx: add(tx, 1)) == 1
        assert not proxy.at


async def test_a_read_without_an_answer_fails_and_the_next_one_doesn_t(
    address: str, postgres: PostgresServer, tmp_path: Path
) -> None:
    async with open_through_proxy(tmp_path, postgres, address) as (archive, proxy):
        proxy.at, proxy.swallows = b"ORDER BY id", True
        with shorter_waits(), pytest.raises(sqlite3.OperationalError):
            await get_ids(archive)
        assert not proxy.at
        assert [await get_ids(archive) for _ in range(3)] == [[], [], []]


async def test_nothing_waits_forever_for_a_server_that_accepts_and_never_answers(
    address: str, postgres: PostgresServer, tmp_path: Path
) -> None:
    async with open_through_proxy(tmp_path, postgres, address) as (archive, proxy):
        proxy.is_silent = True
        await end_sessions(address)
        with shorter_waits():
            for _ in range(2):
                with pytest.raises(sqlite3.OperationalError):
                    await archive.write(lambda tx: add(tx, 1))
            with pytest.raises(sqlite3.OperationalError):
                await get_ids(archive)
        proxy.is_silent = False
        assert await archive.write(lambda tx: add(tx, 2)) == 2
        assert await get_ids(archive) == [2]


async def test_a_commit_is_settled_only_once_the_server_answers_again(
    address: str, postgres: PostgresServer, tmp_path: Path
) -> None:
    async with open_through_proxy(tmp_path, postgres, address) as (archive, proxy):
        proxy.at, proxy.arrives, proxy.is_silent = b"COMMIT\0", True, True
        with shorter_waits():
            writing = asyncio.create_task(archive.write(lambda tx: add(tx, 1)))

            async def asked() -> bool:
                return bool(proxy.silenced)

            await wait_until(asked, "a question about the COMMIT")
            assert not writing.done()
            proxy.is_silent = False
            assert await writing == 1
        assert await get_ids(archive) == [1]


async def test_a_commit_is_taken_back_by_a_server_that_was_restored_to_before_it(
    address: str, postgres: PostgresServer, tmp_path: Path
) -> None:
    name, programs = get_name(address), find_programs()
    assert programs is not None
    with run_postgres(programs) as restored:
        with psycopg.connect(restored.get_address("postgres"), autocommit=True) as other:
            other.execute(f"CREATE DATABASE {name}".encode())
        async with open_postgresql(restored.get_address(name)) as empty:
            assert await get_ids(empty) == []
        async with await psycopg.AsyncConnection.connect(address, autocommit=True) as other:
            for _ in range(200):  # so that the other one has had fewer transactions
                await other.execute("SELECT pg_current_xact_id()")
        folder = tmp_path / "proxy"
        folder.mkdir()
        async with open_through_proxy(folder, postgres, address) as (archive, proxy):
            proxy.at, proxy.arrives = b"COMMIT\0", True
            proxy.server = restored.socket
            with pytest.raises(sqlite3.OperationalError):
                await archive.write(lambda tx: add(tx, 1))
            await end_sessions(address)
            assert await archive.write(lambda tx: add(tx, 2)) == 2
            assert await get_ids(archive) == [2]


async def test_a_second_process_on_the_same_shard_is_refused(
    archive: PostgresDatabase, address: str
) -> None:
    with pytest.raises(DatabaseInUse, match="shard 0"):
        async with open_postgresql(address):
            pass
    with pytest.raises(DatabaseInUse, match="1 shards in all"):
        async with open_postgresql(address, shards=Shards(2, frozenset((1,)))):
            pass
    async with open_for_reading(address) as reading:
        assert await get_ids(reading) == []


async def test_processes_with_different_shards_share_an_archive(address: str) -> None:
    async with (
        open_postgresql(
            address,
            shards=Shards(
                4,
                frozenset(
                    (
                        0,
                        1,
                    )
                ),
            ),
        ) as first,
        open_postgresql(
            address,
            shards=Shards(
                4,
                frozenset(
                    (
                        2,
                        3,
                    )
                ),
            ),
        ) as second,
    ):
        await first.write(lambda tx: add(tx, 1))
        await second.write(lambda tx: add(tx, 2))
        assert await get_ids(first) == [1, 2]
        with pytest.raises(DatabaseInUse, match="shard 3"):
            async with open_postgresql(address, shards=Shards(4, frozenset((3,)))):
                pass
    async with open_postgresql(address):
        pass


async def test_nothing_is_written_while_another_process_has_the_lock(
    archive: PostgresDatabase, address: str
) -> None:
    await end_sessions(address)
    async with open_postgresql(address) as other:
        await other.write(lambda tx: add(tx, 1))
        for _ in range(2):
            with pytest.raises(sqlite3.OperationalError):
                await archive.write(lambda tx: add(tx, 2))
    assert await archive.write(lambda tx: add(tx, 3)) == 3
    assert await get_ids(archive) == [1, 3]


async def test_one_process_migrates_and_the_others_wait(postgres: PostgresServer) -> None:
    address = postgres.create()

    async def start(shard: int) -> list[int]:
        async with open_postgresql(address, shards=Shards(3, frozenset((shard,)))) as archive:
            return await get_ids(archive)

    assert await asyncio.gather(*(start(shard) for shard in range(3))) == [[], [], []]


async def test_a_migration_that_fails_leaves_nothing(postgres: PostgresServer) -> None:
    address = postgres.create()
    broken = [(1, "CREATE TABLE servers (id BIGINT)"), (2, "SELECT nothing")]
    with pytest.raises(DatabaseError, match="nothing"):
        async with open_postgresql(address, migrations=broken):
            pass
    with pytest.raises(DatabaseError, match="no archive"):
        async with open_for_reading(address):
            pass


async def test_a_newer_archive_and_another_program_s_tables_are_refused(
    postgres: PostgresServer, address: str
) -> None:
    async with await psycopg.AsyncConnection.connect(address, autocommit=True) as other:
        await other.execute("UPDATE salon.schema_version SET version = 9999")
    with pytest.raises(NewerDatabase, match="9999"):
        async with open_postgresql(address):
            pass
    foreign = postgres.create()
    async with await psycopg.AsyncConnection.connect(foreign, autocommit=True) as other:
        await other.execute("CREATE SCHEMA salon CREATE TABLE servers (id BIGINT)")
    with pytest.raises(ForeignDatabase):
        async with open_postgresql(foreign):
            pass


async def test_who_was_erased_is_erased_again_after_a_restore(address: str) -> None:
    erasure = Erasure(server_id=1, member_id=7, erased_at=100, opted_out_at=None)
    erased: list[int] = []

    async def erase(
        tx: Transaction, server_id: int, member_id: int, *, until_ms: int, now_ms: int
    ) -> None:
        erased.append(member_id)

    async with open_postgresql(address, erase_member=erase) as archive:
        await archive.log_erasures([erasure])
    async with await psycopg.AsyncConnection.connect(address, autocommit=True) as other:
        await other.execute("DROP SCHEMA salon CASCADE")
    async with open_postgresql(address, erase_member=erase) as archive:
        assert erased == [7]
        assert await archive.read_erasures() == [erasure]
    async with open_postgresql(address, erase_member=erase):
        assert erased == [7]


async def test_the_log_keeps_the_latest_erasure_of_a_member(
    address: str, archive: PostgresDatabase
) -> None:
    """A process that starts may write what it knew after `forget` wrote something later."""
    erasure = Erasure(server_id=1, member_id=7, erased_at=100, opted_out_at=None)
    later = Erasure(server_id=1, member_id=7, erased_at=200, opted_out_at=200)
    await log_erasures(address, [later])
    await archive.log_erasures([erasure])
    assert await archive.read_erasures() == [later]


async def test_after_an_erasure_the_old_versions_of_rows_are_removed(
    archive: PostgresDatabase,
) -> None:
    async def erase(tx: Transaction) -> None:
        await add(tx, 1)
        await tx.run("UPDATE servers SET name = '' WHERE id = 1")
        await tx.rows("SELECT pg_stat_force_next_flush()")

    await archive.write(erase)
    assert await archive.truncate_log()
    sql = "SELECT vacuum_count, n_dead_tup FROM pg_stat_user_tables WHERE relname = 'servers'"
    assert list(await get_row(archive, sql)) == [1, 0]
    await archive.vacuum(5)
    row = await get_row(archive, "SELECT erased_at, vacuumed_at FROM archive_cleanup")
    assert list(row) == [None, 5]


@contextlib.asynccontextmanager
async def hold_vacuum_up(
    archive: PostgresDatabase, address: str, vacuum: Coroutine[Any, Any, T]
) -> AsyncIterator[asyncio.Task[T]]:
    """Have a VACUUM wait for a table until the block ends; what is written doesn't wait."""
    async with await psycopg.AsyncConnection.connect(address) as other:
        await other.execute("LOCK TABLE salon.servers IN SHARE UPDATE EXCLUSIVE MODE")
        running = asyncio.create_task(vacuum)
        sql = """
            SELECT count(*) AS waiting FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock'
                AND query LIKE 'VACUUM%servers%'
        """
        while not (await get_row(archive, sql))["waiting"]:
            assert not running.done()
        yield running


async def erase(tx: Transaction) -> None:
    await tx.run("UPDATE servers SET name = '' WHERE id = 1")
    await checkpoint_and_vacuum.mark_erasure(tx, 3)
    await tx.rows("SELECT pg_stat_force_next_flush()")


async def test_words_that_are_erased_while_vacuum_runs_are_left_to_the_next_one(
    archive: PostgresDatabase, address: str
) -> None:
    await archive.write(lambda tx: add(tx, 1))
    await archive.write(erase)
    async with hold_vacuum_up(archive, address, archive.vacuum(5)) as vacuum:
        await archive.write(erase)
    await vacuum
    state = await archive.read(checkpoint_and_vacuum.get_state)
    assert state == checkpoint_and_vacuum.CleanupState(erased_at=3, vacuumed_at=5)
    assert get_vacuum_time(state, changed_at=5) == 5 + DAY
    await archive.vacuum(5 + DAY)
    state = await archive.read(checkpoint_and_vacuum.get_state)
    assert state == checkpoint_and_vacuum.CleanupState(None, 5 + DAY)


async def test_words_that_are_erased_while_old_rows_are_removed_have_them_removed_again(
    archive: PostgresDatabase, address: str
) -> None:
    await archive.write(lambda tx: add(tx, 1))
    await archive.write(erase)
    async with hold_vacuum_up(archive, address, archive.truncate_log()) as vacuum:
        await archive.write(erase)
    assert not await vacuum
    assert archive.log_has_erased_words
    assert await archive.truncate_log()
    assert not archive.log_has_erased_words


async def test_a_stop_waits_for_a_write_as_long_as_the_server_answers(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_wait(monkeypatch, "PostgreSQL at a stop", 0)
    set_wait(monkeypatch, "look at PostgreSQL at a stop", 0)
    async with open_postgresql(address) as archive:
        assert archive.processes is not None
        async with await psycopg.AsyncConnection.connect(address) as other:
            await other.execute("LOCK TABLE salon.servers")
            writing = asyncio.create_task(archive.write(lambda tx: add(tx, 1)))
            archive.begin_stop()
            for _ in range(3):  # it looks between these whether the server answers
                await archive.processes.report({}, "")
            assert not writing.done()
    assert await writing == 1
    async with open_postgresql(address) as archive:
        assert await get_ids(archive) == [1]


async def test_its_state_is_known(archive: PostgresDatabase, address: str) -> None:
    assert await archive.check_integrity() == ""
    assert await archive.measure_size() > 1_000_000
    assert await archive.is_running()
    assert archive.name == describe_address(address)


async def test_a_database_that_can_t_be_reached_is_described_without_a_password(
    tmp_path: Path,
) -> None:
    address = f"postgresql://salon:secret@/essays?host={tmp_path}"
    with pytest.raises(DatabaseError) as failure:
        async with open_postgresql(address):
            pass
    assert "secret" not in str(failure.value)
    assert describe_address("postgresql://me:secret@db:5433/essays?sslmode=require") == (
        "postgresql://db:5433/essays"
    )


async def test_a_dump_is_restored_as_the_documentation_says(
    address: str, tmp_path: Path, postgres: PostgresServer
) -> None:
    programs = find_programs()
    assert programs is not None
    async with open_postgresql(address) as archive:
        await archive.write(lambda tx: add(tx, 1))
        await archive.log_erasures([Erasure(1, 7, 100, None)])

    async def run(*arguments: str) -> None:
        process = await asyncio.create_subprocess_exec(*arguments)
        assert await process.wait() == 0, arguments

    dump = tmp_path / "salon.dump"
    psql = (str(programs / "psql"), "--quiet", "--command")
    await run(
        *(str(programs / "pg_dump"), "--format=custom", "--schema=salon", f"--file={dump}"),
        address,
    )
    await run(*psql, "DROP SCHEMA salon CASCADE", address)
    await run(str(programs / "pg_restore"), f"--dbname={address}", str(dump))
    async with open_postgresql(address) as archive:
        assert await get_ids(archive) == [1]
        assert await archive.read_erasures() == [Erasure(1, 7, 100, None)]
        assert await archive.write(lambda tx: tx.rows("SELECT value FROM json_each('[1]')"))
