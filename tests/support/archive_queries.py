"""Queries on an archive that a bot has open, beside it: in a file, or on PostgreSQL."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import Any

from tests.support.archives import get_postgresql_address, uses_postgresql

__all__ = ["query", "query_columns", "query_postgresql", "query_tables"]

#: A table of the process and not of the archive, on each database.
_PROCESS_TABLES = {"sqlite_sequence", "schema_version"}


def query(path: Path, sql: str, parameters: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    """The rows of a query, or ``[{"rowcount": n}]`` of a statement that changes rows.

    ``path``: the archive's file; on PostgreSQL, the path that its database was made for. Raises
    sqlite3.Error where there is no archive yet.
    """
    if uses_postgresql():
        return query_postgresql(get_postgresql_address(path), sql, parameters or {})
    with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True)) as archive:
        archive.row_factory = sqlite3.Row
        cursor = archive.execute(sql, parameters or {})
        if cursor.description is None:
            archive.commit()
            return [{"rowcount": cursor.rowcount}]
        return [dict(row) for row in cursor]


def query_tables(path: Path) -> list[str]:
    """The names of the archive's tables."""
    if uses_postgresql():
        sql = (
            "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'salon'"
        )
    else:
        sql = "SELECT name FROM sqlite_master WHERE type = 'table'"
    return [row["name"] for row in query(path, sql) if row["name"] not in _PROCESS_TABLES]


def query_columns(path: Path) -> list[tuple[str, str]]:
    """Each column of the archive's tables, with its table's name before it."""
    if uses_postgresql():
        sql = """
            SELECT table_name AS "table", column_name AS "column"
            FROM information_schema.columns WHERE table_schema = 'salon'
        """
    else:
        sql = """
            SELECT m.name AS "table", c.name AS "column"
            FROM sqlite_master AS m, pragma_table_info(m.name) AS c WHERE m.type = 'table'
        """
    found = [(row["table"], row["column"]) for row in query(path, sql)]
    return [one for one in found if one[0] not in _PROCESS_TABLES]


def query_postgresql(address: str, sql: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of a query as of :func:`query`, on the database with this address."""
    import psycopg
    from psycopg.rows import dict_row

    from storage.db.postgresql.connection import SCHEMA, convert_errors
    from storage.db.postgresql.statements import translate

    with (
        convert_errors(),
        psycopg.connect(
            address, autocommit=True, options=f"-c search_path={SCHEMA}", row_factory=dict_row
        ) as connection,
    ):
        cursor = connection.execute(translate(sql).encode(), parameters)
        return [{"rowcount": cursor.rowcount}] if cursor.description is None else cursor.fetchall()
