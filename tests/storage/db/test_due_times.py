"""The times of several kinds of work in one statement."""

from __future__ import annotations

from storage.db.database import Database
from storage.db.due_times import get_due_times


async def test_each_kind_has_the_number_that_its_query_selects(database: Database) -> None:
    queries = {
        "least": "SELECT min(CAST(value AS BIGINT)) FROM json_each(:times)",
        "later": "SELECT min(CAST(value AS BIGINT)) + :delay FROM json_each(:times)",
        "none": "SELECT min(CAST(value AS BIGINT)) FROM json_each('[]')",
        "no row": "SELECT 0 FROM servers WHERE id = 1",
        "zero": "SELECT 0",
    }
    parameters = {"times": "[8, 5]", "delay": 10}
    found = await database.read(lambda tx: get_due_times(tx, queries, parameters))
    assert found == {"least": 5, "later": 15, "zero": 0}
