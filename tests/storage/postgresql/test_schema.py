"""The tables of both databases are the same: columns, types, keys, indexes, triggers."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import psycopg
import pytest

from storage.db import migrate as sqlite_migrations
from storage.db.postgresql import migrate as postgresql_migrations
from storage.db.postgresql.connection import SCHEMA
from tests.support.postgres_server import PostgresServer

#: What SQLite's types are on PostgreSQL.
TYPES = {
    "INTEGER": "bigint",
    "TEXT": "text",
    "BLOB": "bytea",
    "REAL": "double precision",
}
#: The table of the schema version, which SQLite has in the file's header.
ONLY_POSTGRESQL = {"schema_version"}


@pytest.fixture(scope="module")
def sqlite() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as connection:
        for sql in sqlite_migrations.load_migrations():
            connection.executescript(sql)
        yield connection


@pytest.fixture
def postgresql(postgres: PostgresServer) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(postgres.get_address("salon_0"), autocommit=True) as connection:
        connection.execute(f"SET search_path TO {SCHEMA}")
        yield connection


def get_tables(connection: sqlite3.Connection) -> list[str]:
    rows = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    )
    return sorted(row[0] for row in rows)


def normalize(expression: str | None) -> str:
    """A condition or default as both write it, but for casts, parentheses and white space."""
    text = re.sub(r"::\w+(\[\])?( precision)?", "", expression or "")
    text = re.sub(r"= ANY \(+ARRAY\[(.*?)\]\)+", r"IN \1", text)
    text = re.sub(r"<> ALL \(+ARRAY\[(.*?)\]\)+", r"NOT IN \1", text)
    return re.sub(r"[\s()]", "", text).upper()


def test_both_have_a_migration_for_each_number() -> None:
    newest = postgresql_migrations.load_migrations()[-1][0]
    assert newest == len(sqlite_migrations.load_migrations()), (
        "a migration needs a file in storage/db/migrations/postgresql, too"
    )


def test_the_columns_are_the_same(
    sqlite: sqlite3.Connection, postgresql: psycopg.Connection[Any]
) -> None:
    rows = postgresql.execute(
        """
        SELECT table_name, column_name, data_type, is_nullable, column_default, collation_name
        FROM information_schema.columns WHERE table_schema = %s
        """,
        (SCHEMA,),
    ).fetchall()
    theirs = {
        (table, column): (kind, nullable == "NO", normalize(default))
        for table, column, kind, nullable, default, _ in rows
        if table not in ONLY_POSTGRESQL
    }
    ours = {}
    for table in get_tables(sqlite):
        for _, column, kind, not_null, default, key in sqlite.execute(
            f"PRAGMA table_info({table})"
        ):
            ours[table, column] = (TYPES[kind], bool(not_null or key), normalize(default))
    assert theirs == ours
    uncollated = [row[:2] for row in rows if row[2] == "text" and row[5] != "C"]
    assert uncollated == [], "text is compared by code points"


def get_sqlite_keys(connection: sqlite3.Connection) -> set[tuple[str, str, tuple[str, ...]]]:
    found = set()
    for table in get_tables(connection):
        columns = connection.execute(f"PRAGMA table_info({table})").fetchall()
        primary = sorted((row[5], row[1]) for row in columns if row[5])
        found.add((table, "primary", tuple(name for _, name in primary)))
        for _, name, unique, origin, _ in connection.execute(f"PRAGMA index_list({table})"):
            if unique and origin == "u":
                parts = connection.execute(f"PRAGMA index_info({name})").fetchall()
                found.add((table, "unique", tuple(row[2] for row in parts)))
    return found


def get_postgresql_keys(connection: psycopg.Connection[Any]) -> set[Any]:
    rows = connection.execute(
        """
        SELECT conrelid::regclass::text, contype, (
            SELECT array_agg(attname::text ORDER BY position)
            FROM unnest(conkey) WITH ORDINALITY AS part (number, position)
            JOIN pg_attribute ON attrelid = conrelid AND attnum = part.number
        )
        FROM pg_constraint WHERE contype IN ('p', 'u') AND connamespace = %s::regnamespace
        """,
        (SCHEMA,),
    ).fetchall()
    kinds = {"p": "primary", "u": "unique"}
    return {
        (table, kinds[kind], tuple(columns))
        for table, kind, columns in rows
        if table not in ONLY_POSTGRESQL
    }


def test_the_primary_and_unique_keys_are_the_same(
    sqlite: sqlite3.Connection, postgresql: psycopg.Connection[Any]
) -> None:
    assert get_postgresql_keys(postgresql) == get_sqlite_keys(sqlite)


def test_the_foreign_keys_are_the_same(
    sqlite: sqlite3.Connection, postgresql: psycopg.Connection[Any]
) -> None:
    rows = postgresql.execute(
        """
        SELECT conrelid::regclass::text, confrelid::regclass::text, confdeltype, (
            SELECT array_agg(attname::text ORDER BY position)
            FROM unnest(conkey) WITH ORDINALITY AS part (number, position)
            JOIN pg_attribute ON attrelid = conrelid AND attnum = part.number
        )
        FROM pg_constraint WHERE contype = 'f' AND connamespace = %s::regnamespace
        """,
        (SCHEMA,),
    ).fetchall()
    actions = {"a": "NO ACTION", "c": "CASCADE", "n": "SET NULL"}
    theirs = {(table, to, actions[deletes], tuple(parts)) for table, to, deletes, parts in rows}
    ours = set()
    for table in get_tables(sqlite):
        keys: dict[int, list[tuple[Any, ...]]] = {}
        for row in sqlite.execute(f"PRAGMA foreign_key_list({table})"):
            keys.setdefault(row[0], []).append(row)
        for parts in keys.values():
            columns = tuple(row[3] for row in sorted(parts, key=lambda row: row[1]))
            ours.add((table, parts[0][2], parts[0][6], columns))
    assert theirs == ours


def test_the_indexes_are_the_same(
    sqlite: sqlite3.Connection, postgresql: psycopg.Connection[Any]
) -> None:
    theirs = dict(
        postgresql.execute(
            """
            SELECT index.relname::text, pg_get_indexdef(index.oid)
            FROM pg_index JOIN pg_class AS index ON index.oid = pg_index.indexrelid
            WHERE index.relnamespace = %s::regnamespace AND NOT EXISTS (
                SELECT 1 FROM pg_constraint WHERE pg_constraint.conindid = index.oid
            )
            """,
            (SCHEMA,),
        ).fetchall()
    )
    ours = dict(
        sqlite.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
        ).fetchall()
    )
    assert theirs.keys() == ours.keys()
    shape = re.compile(
        r"CREATE (?P<unique>UNIQUE )?INDEX \w+\s+ON (?:salon\.)?(?P<table>\w+)(?: USING btree)? "
        r"\((?P<columns>[^)]*)\)(?:\s+WHERE (?P<where>.*))?$",
        re.DOTALL,
    )
    for name, definition in ours.items():
        own, other = shape.match(definition), shape.match(theirs[name])
        assert own is not None, definition
        assert other is not None, theirs[name]
        assert own.group("unique", "table", "columns") == other.group("unique", "table", "columns")
        assert normalize(own["where"]) == normalize(other["where"]), name


def test_the_triggers_are_the_same(
    sqlite: sqlite3.Connection, postgresql: psycopg.Connection[Any]
) -> None:
    """By name, table and event; what they do is tested with the rows that they change."""
    shape = re.compile(
        r"CREATE TRIGGER (\w+)\s+AFTER (INSERT|UPDATE|DELETE)(?: OF ([\w, ]+?))? "
        r"ON (?:salon\.)?(\w+)"
    )

    def describe(sql: str) -> tuple[str, ...]:
        match = shape.match(" ".join(sql.split()))
        assert match is not None, sql
        columns = sorted((match[3] or "").split(", "))
        return match[1], match[2], match[4], *columns

    ours = {
        describe(sql)
        for (sql,) in sqlite.execute("SELECT sql FROM sqlite_master WHERE type = 'trigger'")
    }
    theirs = {
        describe(sql)
        for (sql,) in postgresql.execute(
            """
            SELECT pg_get_triggerdef(pg_trigger.oid) FROM pg_trigger
            JOIN pg_class ON pg_class.oid = tgrelid
            WHERE NOT tgisinternal AND relnamespace = %s::regnamespace
            """,
            (SCHEMA,),
        )
    }
    assert theirs == ours


def test_the_kinds_are_the_same(
    sqlite: sqlite3.Connection, postgresql: psycopg.Connection[Any]
) -> None:
    for table in (
        "message_purposes",
        "message_edit_kinds",
        "prompt_kinds",
        "discussion_styles",
        "archive_cleanup",
    ):
        sql = f"SELECT * FROM {table}"
        assert set(postgresql.execute(sql.encode()).fetchall()) == set(sqlite.execute(sql)), table
