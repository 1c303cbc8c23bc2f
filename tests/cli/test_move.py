"""``python -m bot move``: an archive is copied between the databases without a difference."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

import pytest

from bot.cli.move import move
from bot.errors import DatabaseError, DatabaseInUse
from storage.db.archive_location import Location
from storage.db.erasure_log import Erasure
from storage.db.writer import Transaction
from tests.support.archives import get_postgresql_address
from tests.support.postgres_server import find_programs
from tests.support.running_bot import run_bot, run_emulator

pytestmark = pytest.mark.skipif(
    find_programs() is None or find_spec("psycopg") is None,
    reason="PostgreSQL or psycopg isn't installed",
)


def dump(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return sorted(connection.iterdump())


@pytest.mark.sqlite
async def test_an_archive_moves_to_postgresql_and_back_unchanged(tmp_path: Path) -> None:
    async with run_emulator() as emulator, run_bot(tmp_path, emulator) as running:
        *_, closing_message = await running.publish()
        head = await running.write("Ann", "It takes a night.", to=closing_message["id"])
        await running.settle(60)
        await running.write("Ben", "Two nights, even.", channel_id=head)
        await running.settle(60)
        with pytest.raises(DatabaseInUse):
            await move(str(tmp_path / "salon.sqlite3"), get_postgresql_address(tmp_path / "none"))
    path, back = tmp_path / "salon.sqlite3", tmp_path / "back.sqlite3"
    address = get_postgresql_address(tmp_path / "moved")

    async def link(tx: Transaction) -> None:
        """A message that refers to a later one."""
        await tx.run(
            """
            UPDATE planned_messages SET previous_part_id = (SELECT max(id) FROM planned_messages)
            WHERE id = (SELECT min(id) FROM planned_messages)
            """
        )

    location = Location(path, tmp_path)
    async with location.open() as archive:
        await archive.write(link)
        await archive.log_erasures([Erasure(1, 7, 100, None)])
    told = await move(str(path), address)
    assert "rows was compared" in told
    assert await move(address, str(back)) != told
    assert dump(back) == dump(path)
    async with Location(back, tmp_path).open() as archive:
        assert await archive.read_erasures() == [Erasure(1, 7, 100, None)]
    async with Location(Path(), Path(), address).open() as archive:
        numbered = await archive.write(
            lambda tx: tx.insert(
                """
                INSERT INTO discussions (server_id, channel_id, state, created_at)
                SELECT id, 1, 'draft', 0 FROM servers RETURNING id
                """,
                {},
            )
        )
    assert numbered == 2
    with pytest.raises(DatabaseError, match="already"):
        await move(str(path), address)


async def test_nul_in_an_archive_of_before_becomes_a_replacement_character(tmp_path: Path) -> None:
    path, address = tmp_path / "salon.sqlite3", get_postgresql_address(tmp_path / "nul")
    async with Location(path, tmp_path).open() as archive:
        await archive.write(
            lambda tx: tx.run(
                "INSERT INTO servers (id, name, joined_at) VALUES (1, 'a' || char(0), 0)"
            )
        )
    await move(str(path), address)
    back = tmp_path / "back.sqlite3"
    await move(address, str(back))
    async with Location(back, tmp_path).open() as archive:
        (row,) = await archive.read(lambda tx: tx.rows("SELECT name FROM servers"))
    assert row["name"] == "a\ufffd"


async def test_two_files_or_a_missing_one_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="One of the two"):
        await move(str(tmp_path / "a.sqlite3"), str(tmp_path / "b.sqlite3"))
    with pytest.raises(DatabaseError, match="no database"):
        await move(str(tmp_path / "a.sqlite3"), "postgresql:///nowhere")


async def test_what_fails_leaves_no_half_of_an_archive(tmp_path: Path) -> None:
    path, address = tmp_path / "salon.sqlite3", get_postgresql_address(tmp_path / "failed")
    async with Location(path, tmp_path).open() as archive:
        await archive.write(
            lambda tx: tx.run("INSERT INTO servers (id, name, joined_at) VALUES (1, '', 0)")
        )
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("INSERT INTO discussion_pictures (discussion_id, name) VALUES (8, 'x')")
    with pytest.raises(DatabaseError, match="violates foreign key"):
        await move(str(path), address)
    async with Location(Path(), Path(), address).open_for_reading() as archive:
        assert await archive.read(lambda tx: tx.rows("SELECT id FROM servers")) == []
