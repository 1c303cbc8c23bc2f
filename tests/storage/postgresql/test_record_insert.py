"""Rows that are inserted with one statement are the same rows as from one statement each."""

from __future__ import annotations

from typing import Any

import pytest

from storage.db.postgresql.database import PostgresDatabase
from storage.db.postgresql.record_insert import dump_records, make_record_insert
from storage.db.writer import Transaction

#: Its parameters have other names than the columns.
INSERT = """
INSERT INTO servers (id, name, joined_at, left_at) VALUES (:number, :called, :at, :left)
ON CONFLICT (id) DO NOTHING
"""
TEXTS = [
    "",
    'a "quoted" \\ back\\\\slash, {a: brace}, \\u0000',
    "two\nlines\tand\r\x01\x7f",
    "Ähre 本 😀 \u2028",
    "NULL",
    ":true",
    "a\0b",
]


def make_rows() -> list[dict[str, Any]]:
    """Rows with every text, the largest numbers, and flags; ``more`` isn't inserted."""
    return [
        {
            "number": (1 << 62) + number,
            "called": text,
            "at": -number,
            "left": None if number % 2 else number == 2,
            "more": text,
        }
        for number, text in enumerate(TEXTS)
    ]


async def get_rows(archive: PostgresDatabase) -> list[tuple[Any, ...]]:
    rows = await archive.read(
        lambda tx: tx.rows("SELECT id, name, joined_at, left_at FROM servers ORDER BY id")
    )
    return [tuple(row) for row in rows]


async def test_together_they_have_the_values_that_each_has_by_itself(
    archive: PostgresDatabase,
) -> None:
    async def insert_each(tx: Transaction) -> None:
        for row in make_rows():
            await tx.run_many(INSERT, [row])

    await archive.write(insert_each)
    wanted = await get_rows(archive)
    assert [row[1] for row in wanted] == [*TEXTS[:-1], "a\ufffdb"]
    await archive.write(lambda tx: tx.run("DELETE FROM servers"))
    before = archive.changes
    await archive.write(lambda tx: tx.run_many(INSERT, make_rows()))
    assert await get_rows(archive) == wanted
    assert archive.changes - before == len(TEXTS)


async def test_rows_with_bytes_and_fractions_are_inserted(archive: PostgresDatabase) -> None:
    sql = "INSERT INTO pictures (name, content) VALUES (:name, :content)"
    rows = [{"name": str(number), "content": bytes((0, number, 255))} for number in range(3)]
    await archive.write(lambda tx: tx.run_many(sql, rows))
    saved = await archive.read(lambda tx: tx.rows("SELECT * FROM pictures ORDER BY name"))
    assert [dict(row) for row in saved] == rows
    insert = make_record_insert(sql)
    assert insert is not None
    assert dump_records(insert, rows) is None
    assert dump_records(insert, [{"name": "a", "content": 0.1}]) == '[{"name":"a","content":0.1}]'


async def test_a_row_that_is_refused_takes_back_all(archive: PostgresDatabase) -> None:
    rows = [{**row, "at": None if row["at"] == -2 else row["at"]} for row in make_rows()]
    with pytest.raises(Exception, match="joined_at"):
        await archive.write(lambda tx: tx.run_many(INSERT, rows))
    assert await get_rows(archive) == []


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO servers (id, name) SELECT :id, :name",
        "INSERT INTO servers (id, name) VALUES (:id, 'x % 2')",
        "INSERT INTO servers (id) VALUES (:id) ON CONFLICT (id) DO UPDATE SET id = 1",
        "INSERT INTO servers (id) VALUES (:id) RETURNING id % 2",
        "UPDATE servers SET name = :name",
    ],
)
def test_other_statements_stay_as_they_are(sql: str) -> None:
    assert make_record_insert(sql) is None
