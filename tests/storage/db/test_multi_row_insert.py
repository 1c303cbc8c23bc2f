"""Many rows in one INSERT are the same rows as from one statement each."""

from __future__ import annotations

from pathlib import Path

import pytest

from storage.db.database import open_database
from storage.db.multi_row_insert import SIZES, make_multi_row_insert

INSERT = "INSERT INTO servers (id, name, joined_at) VALUES (:id, :name, 0)"
KEPT = """
INSERT INTO servers (joined_at, id, name)
VALUES (:joined_at, :id, :name)
ON CONFLICT (id) DO NOTHING
"""


@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 63, 64, 65, 511, 512, 513, 1536, 2500])
async def test_every_row_is_inserted_once_and_in_its_columns(tmp_path: Path, count: int) -> None:
    rows = [{"id": 1 + n, "name": f"Server {n}", "joined_at": n, "more": 0} for n in range(count)]
    async with open_database(tmp_path / "salon.sqlite3") as database:
        await database.write(lambda tx: tx.run_many(KEPT, iter(rows)))
        saved = await database.read(
            lambda tx: tx.rows("SELECT id, name, joined_at FROM servers ORDER BY id")
        )
    assert [tuple(row) for row in saved] == [
        (row["id"], row["name"], row["joined_at"]) for row in rows
    ]


async def test_the_first_of_two_rows_with_one_key_is_kept(tmp_path: Path) -> None:
    names = [f"Server {number}" for number in range(2 * SIZES[0])]
    rows = [{"id": 1 + n // 2, "name": name, "joined_at": 0} for n, name in enumerate(names)]
    async with open_database(tmp_path / "salon.sqlite3") as database:
        await database.write(lambda tx: tx.run_many(KEPT, rows))
        saved = await database.read(lambda tx: tx.rows("SELECT name FROM servers ORDER BY id"))
    assert [row["name"] for row in saved] == names[::2]


@pytest.mark.parametrize("size", SIZES)
def test_an_insert_of_plain_values_can_have_many_rows(size: int) -> None:
    insert = make_multi_row_insert(KEPT, size)
    assert insert is not None
    assert insert.sql.count("?") == size * len(insert.names) == size * 3
    assert ":" not in insert.sql


@pytest.mark.parametrize(
    "sql",
    [
        INSERT,
        "INSERT INTO pairs (a, b) SELECT :a, :b FROM pairs",
        "INSERT INTO pairs (a, b) VALUES (:a, (SELECT max(b) FROM pairs WHERE a = :a))",
        "INSERT INTO pairs (a, b) VALUES (:a, :b) ON CONFLICT (a) DO UPDATE SET b = excluded.b",
        "INSERT INTO pairs (a, b) VALUES (:a, :b) ON CONFLICT (a) WHERE b > :b DO NOTHING",
        "UPDATE pairs SET b = :b WHERE a = :a",
        "DELETE FROM pairs WHERE (a, b) IN (VALUES (:a, :b))",
    ],
)
def test_no_other_statement_can(sql: str) -> None:
    assert make_multi_row_insert(sql, 8) is None
