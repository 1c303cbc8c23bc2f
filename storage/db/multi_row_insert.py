"""Inserting many rows with few statements.

Each execution of a statement gives up Python's lock and takes it again, for which the database's
thread waits while the event loop is busy; and each copies the pages that it changes into a journal
of its own. One statement with 64 rows takes 60 % of the CPU time of 64 statements, and waits once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import chain
from operator import itemgetter
from typing import Any, NamedTuple

__all__ = ["SIZES", "MultiRowInsert", "PlainInsert", "make_multi_row_insert", "parse_plain_insert"]

#: Rows in one statement; what doesn't fill a larger one is divided among the smaller ones. 512 rows
#: of 13 columns are far from SQLite's limit of 32,766 parameters.
SIZES = (512, 64, 8)

_PLAIN_INSERT = re.compile(r"\s*INSERT INTO ([\w.]+) \(([\w\s,]+)\)\s*\Z")
_VALUES = re.compile(r"\bVALUES\s*\((\s*:\w+(?:\s*,\s*:\w+)*\s*)\)")


class PlainInsert(NamedTuple):
    """An INSERT of one row of parameters.

    before:   what comes before VALUES
    table:    the table's name
    columns:  the columns that are given
    names:    the name of each column's parameter
    after:    what comes after the row
    """

    before: str
    table: str
    columns: tuple[str, ...]
    names: tuple[str, ...]
    after: str


@cache
def parse_plain_insert(sql: str) -> PlainInsert | None:
    """The parts of an INSERT that can have several rows; None if it can't.

    It can if its parameters are all in one list of VALUES and it changes no row on a conflict: of
    two rows with one key, only the first would count in PostgreSQL.
    """
    parts = _VALUES.split(sql)
    if len(parts) != 3 or "DO UPDATE" in sql:
        return None
    before, row, after = parts
    into = _PLAIN_INSERT.match(before)
    if into is None or ":" in after:
        return None
    columns = tuple(name.strip() for name in into[2].split(","))
    names = tuple(name.strip().removeprefix(":") for name in row.split(","))
    return PlainInsert(before, into[1], columns, names, after)


class MultiRowInsert(NamedTuple):
    """An INSERT of ``size`` rows with positional parameters; ``names`` of one row's values."""

    sql: str
    names: tuple[str, ...]
    size: int

    def split(self, rows: Sequence[Mapping[str, Any]]) -> Iterator[list[Any]]:
        """The parameters of each statement; rows that don't fill one are left over at the end."""
        get = itemgetter(*self.names) if len(self.names) > 1 else None
        for start in range(0, len(rows) - len(rows) % self.size, self.size):
            part = rows[start : start + self.size]
            if get is None:
                yield [row[self.names[0]] for row in part]
            else:
                yield list(chain.from_iterable(map(get, part)))


@cache
def make_multi_row_insert(sql: str, size: int) -> MultiRowInsert | None:
    """The statement for ``size`` rows; None if it can't have several."""
    insert = parse_plain_insert(sql)
    if insert is None:
        return None
    row = f"({', '.join('?' * len(insert.names))})"
    values = ", ".join([row] * size)
    return MultiRowInsert(f"{insert.before}VALUES {values}{insert.after}", insert.names, size)
