"""Every statement in storage is answered by an index on PostgreSQL, too.

Planned on tables with thousands of rows each, and their statistics; without looking at the values
of the parameters, as prepared statements are in the end.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from storage.db.postgresql.connection import SCHEMA, connect
from storage.db.postgresql.database import _TEMPORARY_TABLES
from tests.storage.postgresql.test_statements import find_portable_statements, number_parameters
from tests.storage.statements import Scan, Statement
from tests.storage.test_query_plans import PENDING, SMALL, WHOLE
from tests.support.postgres_server import PostgresServer

ROOT = Path(__file__).parents[3]


#: Rows of each table that isn't small.
ROWS = 4000
#: Tables in which nobody has many rows, and how many.
RARE = {
    *("temporary_messages", "deleted_channels", "prompt_pauses", "unfolded_replies"),
    *("proxy_candidates", "pending_parents", "erased_members", "submissions"),
}
FEW = 100
#: Partial indexes of what failed.
FAILED = {"message_edits_failed", "planned_messages_failed", "threads_failed"}
#: Statements that read a whole table on PostgreSQL: function, table, and why.
READ_WHOLE = {
    ("storage.essays.discussions.find_same_essay", "revisions"): "when an essay is submitted",
    ("storage.prompts.digest.get_week", "essay_authors"): "a row an essay, once a week",
    ("storage.replies.watermarks.get_expected_messages", "discussions"): "a row an essay",
    ("storage.replies.news.get_news", "replies"): (
        "PostgreSQL takes replies that head a thread for rarer than they are, and filters those"
    ),
}
#: Where the statements are that are executed with every batch of events.
OFTEN = (
    "storage.replies.batch_lookup",
    "storage.replies.reply_changes",
    "storage.delivery.card_indexes.decide_due",
)
#: How the rows of a column are spread, by its name: many rows share a server, few a thread.
SPREAD = {"server_id": 20, "discussion_id": 400, "channel_id": 100, "author_id": 400}
#: What most rows have: nothing is to be done about them any more.
TEXTS = {"state": "'sent'", "kind": "'step'", "purpose": "'part'", "style": "'threads'"}
_DROP_CHECKS = """
DO $$ DECLARE one record; BEGIN
    FOR one IN SELECT conrelid::regclass AS place, conname FROM pg_constraint
        WHERE contype = 'c' AND connamespace = current_schema()::regnamespace
    LOOP
        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', one.place, one.conname);
    END LOOP;
END $$
"""
_COLUMNS = """
SELECT relname::text, attname::text, format_type(atttypid, NULL), attnotnull, EXISTS (
    SELECT 1 FROM pg_index WHERE indrelid = pg_class.oid AND indisunique
        AND attnum = ANY (indkey::int2[])
)
FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
WHERE relkind = 'r' AND attnum > 0 AND NOT attisdropped
    AND relnamespace = current_schema()::regnamespace
ORDER BY attrelid, attnum
"""


def make_value(column: str, kind: str, *, is_needed: bool, is_key: bool) -> str:
    """An expression for a column of the row ``n``; what is optional is rare."""
    if column in SPREAD and not is_key:
        value = f"n % {SPREAD[column]}"
    elif is_key or column.endswith("_id") or column == "id":
        value = "n"
        if column == "thread_id" and not is_needed and not is_key:
            value = "CASE WHEN n % 2 = 0 THEN n END"
    else:
        value = "n % 500"
        if not is_needed:
            return f"CASE WHEN n % 50 = 0 THEN ({value})::text::{kind} END"
    if kind == "text" and not is_key:
        return TEXTS.get(column, "'words ' || n")
    return f"({value})::text::{kind}"


def fill(connection: psycopg.Connection[Any]) -> None:
    """Insert rows that only the planner looks at: they refer to nothing."""
    connection.execute("SET session_replication_role = replica")  # no triggers, no foreign keys
    connection.execute(_DROP_CHECKS)
    tables: dict[str, dict[str, str]] = {}
    for table, column, kind, is_needed, is_key in connection.execute(_COLUMNS).fetchall():
        value = make_value(column, kind, is_needed=is_needed, is_key=is_key)
        tables.setdefault(table, {})[column] = value
    for table, values in tables.items():
        if table in SMALL or table == "schema_version":
            continue
        rows = FEW if table in RARE else ROWS
        sql = (
            f"INSERT INTO {table} ({', '.join(values)}) "
            f"SELECT {', '.join(values.values())} FROM generate_series(1, {rows}) AS rows (n) "
            "ON CONFLICT DO NOTHING"
        )
        connection.execute(sql.encode())
    connection.execute("ANALYZE")


async def read_settings(address: str) -> dict[str, str]:
    """The settings of the bot's sessions that the planner looks at."""
    async with await connect(address) as raw:
        cursor = await raw.execute(
            "SELECT name, setting FROM pg_settings WHERE category LIKE 'Query Tuning%'"
        )
        return dict(await cursor.fetchall())


@pytest.fixture(scope="module")
def planner(postgres: PostgresServer) -> Iterator[psycopg.Connection[Any]]:
    """A connection to a large archive, with the settings of the bot's sessions."""
    address = postgres.create(template="salon_0")
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f"SET search_path TO {SCHEMA}")
        fill(connection)
        connection.execute(_TEMPORARY_TABLES)
        for name, value in asyncio.run(read_settings(address)).items():
            connection.execute("SELECT set_config(%s, %s, false)", (name, value))
        connection.execute("SET plan_cache_mode = force_generic_plan")
        yield connection


@pytest.fixture
def joins_by_index(planner: psycopg.Connection[Any]) -> Iterator[psycopg.Connection[Any]]:
    """The same, but tables are joined and read by an index wherever one can serve."""
    names = ("enable_seqscan", "enable_hashjoin", "enable_mergejoin")
    for name in names:
        planner.execute("SELECT set_config(%s, 'off', false)", (name,))
    yield planner
    for name in names:
        planner.execute("SELECT set_config(%s, 'on', false)", (name,))


def find_scans(planner: psycopg.Connection[Any], statement: Statement) -> list[Scan]:
    """The steps of a statement's plan that read a whole table, or a whole index of it."""
    planner.execute(f"PREPARE one AS {number_parameters(statement.sql)}".encode())
    count = planner.execute(
        "SELECT cardinality(parameter_types) FROM pg_prepared_statements WHERE name = 'one'"
    ).fetchone()
    assert count is not None
    values = f"({', '.join(['NULL'] * count[0])})" if count[0] else ""
    row = planner.execute(f"EXPLAIN (FORMAT JSON) EXECUTE one{values}".encode()).fetchone()
    planner.execute("DEALLOCATE one")
    assert row is not None
    (explained,) = row[0] if isinstance(row[0], list) else json.loads(row[0])
    return [
        Scan(statement.place, table, index, statement.sql)
        for table, index in _find_whole(explained["Plan"], "")
    ]


def _find_whole(node: dict[str, Any], table: str) -> Iterator[tuple[str, str | None]]:
    """Tables with the indexes of theirs that are read as a whole; None: the table itself."""
    table = node.get("Relation Name", table)
    kind = node["Node Type"]
    if kind == "Seq Scan":
        yield table, None
    elif "Index Name" in node and "Index Cond" not in node:
        yield table, node["Index Name"]
    children = node.get("Plans", ())
    if kind == "BitmapAnd" and any("Index Cond" in child for child in children):
        return  # what one of them finds by a condition is narrowed by the others
    for child in children:
        yield from _find_whole(child, table)


def is_allowed(scan: Scan) -> bool:
    return (
        scan.table in SMALL | RARE
        or scan.index in PENDING | FAILED
        or (scan.place, scan.table) in WHOLE | READ_WHOLE
    )


def test_an_index_can_answer_every_statement_on_postgresql(
    joins_by_index: psycopg.Connection[Any],
) -> None:
    scans = [
        scan
        for statement in find_portable_statements()
        for scan in find_scans(joins_by_index, statement)
    ]
    refused = [scan for scan in scans if not is_allowed(scan)]
    assert refused == [], "\n".join(
        f"{scan.place} reads all of {scan.table} ({scan.index}): {scan.sql}" for scan in refused
    )


def test_postgresql_records_a_batch_of_events_by_indexes(
    planner: psycopg.Connection[Any],
) -> None:
    """As it is planned for the bot, which records events all day."""
    scans = [
        scan
        for statement in find_portable_statements()
        if statement.place.startswith(OFTEN)
        for scan in find_scans(planner, statement)
    ]
    refused = [scan for scan in scans if not is_allowed(scan)]
    assert refused == [], "\n".join(
        f"{scan.place} reads all of {scan.table} ({scan.index}): {scan.sql}" for scan in refused
    )


@pytest.mark.parametrize(
    ("sql", "table"),
    [
        ("SELECT id FROM replies WHERE text = :text", "replies"),
        ("SELECT count(*) FROM replies", "replies"),
        ("UPDATE threads SET name = '' WHERE name = :name", "threads"),
        ("SELECT 1 FROM lookup_ids JOIN threads ON name = lookup_ids.id::text", "threads"),
    ],
)
def test_a_statement_without_an_index_is_found(
    sql: str, table: str, planner: psycopg.Connection[Any]
) -> None:
    scans = find_scans(planner, Statement("here", sql))
    assert [scan.table for scan in scans if scan.table not in SMALL] == [table]
