"""Copies an archive between SQLite and PostgreSQL, row by row, and compares the copy.

The copy is one transaction: where anything fails or differs, the target stays empty.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import psycopg
import psycopg.sql
from psycopg.types.string import StrDumperUnknown

from bot.errors import DatabaseError
from storage.db.archive_location import Location
from storage.db.migrate import load_migrations
from storage.db.postgresql.connection import SCHEMA, convert_errors
from storage.db.postgresql.statements import translate

__all__ = ["move"]

#: Rows written at once; some have files of megabytes.
_BATCH = 200
#: Tables that triggers write to while others are filled; these come last, and are emptied before.
_LAST = ("card_indexes", "unfolded_replies")
#: What both databases accept, made of the tables' own columns: how a table is read in the order of
#: its primary key, and how a row is inserted.
_TABLES = """
SELECT tables.name AS name,
    'SELECT ' || group_concat(columns.name, ', ') || ' FROM ' || tables.name || ' ORDER BY ' || (
        SELECT group_concat(keys.name, ', ') FROM (
            SELECT name FROM pragma_table_info(tables.name) WHERE pk > 0 ORDER BY pk
        ) AS keys
    ) AS reads,
    'INSERT INTO ' || tables.name || ' (' || group_concat(columns.name, ', ') || ') VALUES ('
        || group_concat('?', ', ') || ')' AS inserts,
    'DELETE FROM ' || tables.name AS empties
FROM sqlite_master AS tables, pragma_table_info(tables.name) AS columns
WHERE tables.type = 'table' AND tables.name NOT LIKE 'sqlite_%'
GROUP BY tables.name ORDER BY tables.rowid
"""
_NUMBERED_SQLITE = "SELECT name, seq FROM sqlite_sequence"
_NUMBERED_POSTGRESQL = """
SELECT table_name::text, pg_get_serial_sequence(table_name::text, 'id') FROM
    information_schema.columns WHERE table_schema = current_schema() AND is_identity = 'YES'
"""
_FOREIGN_KEYS = """
SELECT conrelid::regclass::text, conname FROM pg_constraint
WHERE contype = 'f' AND connamespace = current_schema()::regnamespace
"""

Values = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class _Table:
    """A table and its statements."""

    name: str
    reads: str
    inserts: str
    empties: str


class _Side(Protocol):
    """A database that is copied from or to."""

    def read(self, sql: str) -> Iterator[Values]:
        """The rows of a query, read piece by piece."""
        ...

    def write(self, sql: str, rows: Sequence[Values]) -> None:
        """Execute a statement for each of these rows."""
        ...

    def get_numbers(self) -> dict[str, int]:
        """The highest number that each table with numbered rows has given."""
        ...

    def set_numbers(self, numbers: dict[str, int]) -> None:
        """Continue with higher numbers than these."""
        ...


async def move(source: Location, target: Location) -> int:
    """Copy the archive at ``source`` to ``target``, which has none yet; the number of rows.

    Neither may be in use. ``source`` stays as it is, but for being upgraded. Raises DatabaseError.
    """
    if (source.address is None) == (target.address is None):
        raise DatabaseError("One of the two has to be a file, and the other a PostgreSQL database.")
    if source.address is None and not source.path.is_file():
        raise DatabaseError(f"There is no database at {source.name}.")
    async with source.open() as opened, target.open() as created:
        if await created.read(lambda tx: tx.rows("SELECT id FROM servers LIMIT 1")):
            raise DatabaseError(f"There is an archive at {target.name} already.")
        await created.log_erasures(await opened.read_erasures())
        return await asyncio.to_thread(_move, source, target)


def _move(source: Location, target: Location) -> int:
    try:
        with (
            convert_errors(),
            _open(source, writes=False) as read,
            _open(target, writes=True) as written,
        ):
            return _copy(read, written)
    except sqlite3.Error as error:
        raise DatabaseError(
            f"{source.name} couldn't be copied to {target.name}: {error}. The target is empty."
        ) from error


@contextlib.contextmanager
def _open(location: Location, *, writes: bool) -> Iterator[_Side]:
    """Open one side in a transaction that is committed at the end of the block."""
    if location.address is None:
        with _open_sqlite(location.path, writes=writes) as side:
            yield side
    else:
        with _open_postgresql(location.address, writes=writes) as side:
            yield side


def _copy(source: _Side, target: _Side) -> int:
    tables = _get_tables()
    count = 0
    for table in tables:
        target.write(table.empties, [()])  # the rows that the migrations and triggers insert
    for table in tables:
        if table.name in _LAST:
            target.write(table.empties, [()])
        rows = map(_clean, source.read(table.reads))
        while batch := list(itertools.islice(rows, _BATCH)):
            target.write(table.inserts, batch)
            count += len(batch)
    target.set_numbers(source.get_numbers())
    for table in tables:
        _compare(table, source, target)
    return count


def _compare(table: _Table, source: _Side, target: _Side) -> None:
    """Raise sqlite3.IntegrityError where a row of the copy differs."""
    pairs = itertools.zip_longest(source.read(table.reads), target.read(table.reads))
    for number, (wanted, found) in enumerate(pairs, 1):
        if wanted is None or found is None or _clean(wanted) != _clean(found):
            raise sqlite3.IntegrityError(f"row {number} of {table.name} differs in the copy")


def _clean(row: Values) -> Values:
    """A row without NUL in its texts, which PostgreSQL refuses, and with plain bytes."""
    return tuple(
        value.replace("\0", "\ufffd")
        if isinstance(value, str)
        else bytes(value)
        if isinstance(value, memoryview)
        else value
        for value in row
    )


def _get_tables() -> list[_Table]:
    """The tables of the newest schema, each after those that the migrations created before it."""
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        for sql in load_migrations():
            connection.executescript(sql)
        tables = [_Table(*row) for row in connection.execute(_TABLES)]
    return sorted(tables, key=lambda table: table.name in _LAST)


class _Sqlite:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def read(self, sql: str) -> Iterator[Values]:
        return iter(self._connection.execute(sql))

    def write(self, sql: str, rows: Sequence[Values]) -> None:
        self._connection.executemany(sql, rows)

    def get_numbers(self) -> dict[str, int]:
        return dict(self._connection.execute(_NUMBERED_SQLITE).fetchall())

    def set_numbers(self, numbers: dict[str, int]) -> None:
        self._connection.execute("DELETE FROM sqlite_sequence")
        self._connection.executemany(
            "INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", numbers.items()
        )


@contextlib.contextmanager
def _open_sqlite(path: Path, *, writes: bool) -> Iterator[_Side]:
    with contextlib.closing(sqlite3.connect(path, isolation_level=None, timeout=5)) as connection:
        # Checked at the end instead, since tables refer to one another.
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("BEGIN")
        yield _Sqlite(connection)
        wrong = connection.execute("PRAGMA foreign_key_check").fetchone() if writes else None
        if wrong is not None:
            raise sqlite3.IntegrityError(f"a row of {wrong[0]} refers to none of {wrong[2]}")
        connection.execute("COMMIT")


class _Postgresql:
    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        self._cursors = itertools.count()

    def read(self, sql: str) -> Iterator[Values]:
        cursor = self._connection.cursor(f"rows_{next(self._cursors)}", binary=True)
        cursor.itersize = _BATCH
        cursor.execute(sql.encode())
        yield from cursor
        cursor.close()

    def write(self, sql: str, rows: Sequence[Values]) -> None:
        self._connection.cursor().executemany(translate(sql).encode(), rows)

    def get_numbers(self) -> dict[str, int]:
        numbers = {}
        for table, sequence in self._connection.execute(_NUMBERED_POSTGRESQL).fetchall():
            row = self._connection.execute(
                "SELECT pg_sequence_last_value(%s::text::regclass)", (sequence,)
            ).fetchone()
            if row is not None and row[0] is not None:
                numbers[table] = row[0]
        return numbers

    def set_numbers(self, numbers: dict[str, int]) -> None:
        for table, sequence in self._connection.execute(_NUMBERED_POSTGRESQL).fetchall():
            if numbers.get(table):
                self._connection.execute(
                    "SELECT setval(%s::text::regclass, %s)", (sequence, numbers[table])
                )


@contextlib.contextmanager
def _open_postgresql(address: str, *, writes: bool) -> Iterator[_Side]:
    with psycopg.connect(address, application_name="salon move") as connection:
        connection.adapters.register_dumper(str, StrDumperUnknown)
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.execute(f"SET search_path TO {SCHEMA}")
        keys = connection.execute(_FOREIGN_KEYS).fetchall() if writes else []
        for table, key in keys:
            _alter_key(connection, table, key, "DEFERRABLE INITIALLY DEFERRED")
        yield _Postgresql(connection)
        connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table, key in keys:
            _alter_key(connection, table, key, "NOT DEFERRABLE")


def _alter_key(connection: psycopg.Connection[Any], table: str, key: str, how: str) -> None:
    """When a foreign key is checked: at once, or at the end, since tables refer to one another."""
    connection.execute(
        psycopg.sql.SQL("ALTER TABLE {} ALTER CONSTRAINT {} {}").format(
            psycopg.sql.Identifier(table), psycopg.sql.Identifier(key), psycopg.sql.SQL(how)
        )
    )
