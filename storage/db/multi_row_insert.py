"""Inserting many rows with few statements.

Each execution of a statement gives up Python's lock and takes it again, for which the database's
thread waits while the event loop is busy. One statement with 64 rows takes 60 % of the CPU time of
64 statements, and waits once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

__all__ = ["ROWS", "MultiRowInsert", "make_multi_row_insert"]

#: Rows in one statement: those of 12 columns are far from SQLite's limit of 32,766 parameters.
ROWS = 64

_IS_INSERT = re.compile(r"\s*INSERT\s")
_VALUES = re.compile(r"\bVALUES\s*\((\s*:\w+(?:\s*,\s*:\w+)*\s*)\)")


class MultiRowInsert(NamedTuple):
    """An INSERT of :data:`ROWS` rows with positional parameters; ``names`` of one row's values."""

    sql: str
    names: tuple[str, ...]

    def split(self, rows: Sequence[Mapping[str, Any]]) -> Iterator[list[Any]]:
        """The parameters of each statement; rows that don't fill one are left over at the end."""
        for start in range(0, len(rows) - len(rows) % ROWS, ROWS):
            yield [row[name] for row in rows[start : start + ROWS] for name in self.names]


@cache
def make_multi_row_insert(sql: str) -> MultiRowInsert | None:
    """The statement for :data:`ROWS` rows; None if it can't have several.

    It can if it is an INSERT whose parameters are all in one list of VALUES and that changes no row
    on a conflict: of two rows with one key, only the first would count in PostgreSQL.
    """
    parts = _VALUES.split(sql)
    if len(parts) != 3 or _IS_INSERT.match(sql) is None or "DO UPDATE" in sql:
        return None
    before, row, after = parts
    if ":" in before + after:
        return None
    names = tuple(name.strip().removeprefix(":") for name in row.split(","))
    row = f"({', '.join('?' * len(names))})"
    return MultiRowInsert(f"{before}VALUES {', '.join([row] * ROWS)}{after}", names)
