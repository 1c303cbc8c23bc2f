"""When work of several kinds is due, asked in one statement."""

from __future__ import annotations

import functools
from collections.abc import Mapping

from storage.db.writer import Parameters, Transaction

__all__ = ["get_due_times"]


async def get_due_times(
    tx: Transaction, statements: Mapping[str, str], parameters: Parameters
) -> dict[str, int]:
    """By name, the one number that each statement selects; without those that select none.

    Each statement is a query of one column and at most one row, such as the earliest time of a
    table's rows. ``parameters``: those of all statements.
    """
    query = _combine(tuple(statements.values()))
    row = await tx.row(query, parameters)
    assert row is not None
    return {name: at for name, at in zip(statements, row, strict=True) if at is not None}


@functools.cache
def _combine(statements: tuple[str, ...]) -> str:
    columns = [f"({one}) AS due_{number}" for number, one in enumerate(statements)]
    return f"SELECT {', '.join(columns)}"
