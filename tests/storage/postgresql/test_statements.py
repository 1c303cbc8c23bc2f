"""Every statement in storage is one that PostgreSQL accepts, whatever its parameters are."""

from __future__ import annotations

import re
from pathlib import Path

import psycopg
import pytest

from storage.db.postgresql.connection import SCHEMA
from storage.db.postgresql.statements import translate
from tests.storage.statements import Statement, find_statements
from tests.support.postgres_server import PostgresServer

ROOT = Path(__file__).parents[3]
#: Modules for archives on SQLite only.
ONLY_SQLITE = ("storage.db.backups", "storage.db.restore", "storage.db.integrity")
#: Statements on another SQLite archive, which is attached by this name.
ATTACHED = "replaced."


@pytest.mark.parametrize(
    ("sql", "translated"),
    [
        ("SELECT :id", "SELECT %(id)s"),
        ("SELECT ':id', \":id\" -- :id\n, :id_2", "SELECT ':id', \":id\" -- :id\n, %(id_2)s"),
        ("SELECT '''' || :text || 'it''s :x'", "SELECT '''' || %(text)s || 'it''s :x'"),
        ("SELECT 7 % 2, '%', x::text /* :x % */", "SELECT 7 %% 2, '%%', x::text /* :x %% */"),
        ("VALUES (?, '?'), (?, 2)", "VALUES (%s, '?'), (%s, 2)"),
        ("WHERE a=:a AND b<=:b_c", "WHERE a=%(a)s AND b<=%(b_c)s"),
    ],
)
def test_parameters_are_translated_and_nothing_else(sql: str, translated: str) -> None:
    assert translate(sql) == translated


def number_parameters(sql: str) -> str:
    """A statement with PostgreSQL's own parameters ($1), each name once."""
    numbers: dict[str, int] = {}

    def replace(match: re.Match[str]) -> str:
        return f"${numbers.setdefault(match[1], len(numbers) + 1)}"

    return re.sub(r"%\((\w+)\)s", replace, translate(sql)).replace("%%", "%")


def find_portable_statements() -> list[Statement]:
    """Every statement in storage that isn't for SQLite only."""
    return [
        statement
        for statement in find_statements(ROOT, "storage")
        if not statement.place.startswith(ONLY_SQLITE) and ATTACHED not in statement.sql
    ]


def test_postgresql_plans_every_statement_and_infers_the_types(postgres: PostgresServer) -> None:
    refused = []
    statements = find_portable_statements()
    assert len({statement.sql for statement in statements}) > 250, "some weren't found"
    with psycopg.connect(postgres.get_address("salon_0"), autocommit=True) as connection:
        connection.execute(f"SET search_path TO {SCHEMA}")
        connection.execute("CREATE TEMP TABLE lookup_ids (id BIGINT PRIMARY KEY)")
        for statement in statements:
            try:
                connection.execute(f"PREPARE one AS {number_parameters(statement.sql)}".encode())
            except psycopg.Error as error:
                refused.append(f"{statement.place}: {error}\n{statement.sql}")
                continue
            types = connection.execute(
                "SELECT parameter_types::text[] FROM pg_prepared_statements WHERE name = 'one'"
            ).fetchone()
            assert types is not None
            if "boolean" in types[0]:
                refused.append(f"{statement.place}: flags are integers\n{statement.sql}")
            connection.execute("DEALLOCATE one")
    assert refused == [], "\n\n".join(refused)
