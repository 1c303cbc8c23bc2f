"""Inserting many rows with one statement whose only parameter has all of them, as JSON.

A parameter for each value would take a third of what recording a message costs: psycopg parses a
statement with thousands of them each time, and converts each value by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

import orjson

from storage.db.multi_row_insert import parse_plain_insert

__all__ = ["RecordInsert", "dump_records", "make_record_insert"]

_Row = Mapping[str, Any]
#: PostgreSQL converts the values to the types of the table's columns.
_ROWS = "SELECT {columns} FROM json_populate_recordset(CAST(NULL AS {table}), CAST(%s AS JSON))"


class RecordInsert(NamedTuple):
    """An INSERT of an array of JSON objects; ``names``: the parameter of each column, in order."""

    sql: str
    columns: tuple[str, ...]
    names: tuple[str, ...]


@cache
def make_record_insert(sql: str) -> RecordInsert | None:
    """The INSERT of any number of rows, with psycopg's notation; None if it can't have several."""
    insert = parse_plain_insert(sql)
    if insert is None or "%" in sql:
        return None
    rows = _ROWS.format(columns=", ".join(insert.columns), table=insert.table)
    return RecordInsert(f"{insert.before}{rows}{insert.after}", insert.columns, insert.names)


def dump_records(insert: RecordInsert, rows: Sequence[_Row]) -> str | None:
    """The parameter of a RecordInsert; None if a value can't be in JSON, such as bytes."""
    if insert.columns != insert.names:
        pairs = tuple(zip(insert.columns, insert.names, strict=True))
        rows = [{column: row[name] for column, name in pairs} for row in rows]
    try:
        return orjson.dumps([_clean(row) if _is_unusual(row) else row for row in rows]).decode()
    except TypeError:
        return None


def _is_unusual(row: _Row) -> bool:
    """Whether a text has NUL, which PostgreSQL refuses, or a flag is no integer."""
    for value in row.values():
        kind = type(value)
        if (kind is str and "\0" in value) or kind is bool:
            return True
    return False


def _clean(row: _Row) -> dict[str, Any]:
    return {
        name: value.replace("\0", "\ufffd")
        if isinstance(value, str)
        else int(value)
        if isinstance(value, bool)
        else value
        for name, value in row.items()
    }
