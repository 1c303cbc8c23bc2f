"""What the processes of one bot share through their PostgreSQL database.

It is in a schema of its own, since none of it is worth keeping: a dump of the archive leaves it
out, and a version that needs other tables makes all of it again. Times are those of the database.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sqlite3
import uuid
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import psycopg
import psycopg.sql

from bot.core.shards import Shards
from storage.db.postgresql.connection import connect, convert_errors, limit_wait
from storage.db.processes import Process, ShardState
from storage.db.writer import Transaction

__all__ = ["PostgresProcessGroup", "create_tables", "get_processes"]

#: Changed with the tables and functions below.
_VERSION = "1"
#: Key of the advisory lock of a process that creates them ("Salp" in ASCII).
_LOCK = 0x53616C70
#: Seconds in which a statement has to be answered.
_ANSWER_SECONDS = 2.0
#: Seconds after a lost connection in which no other is opened.
_REST = 1.0

_CREATE = """
DROP SCHEMA IF EXISTS salon_processes CASCADE;
CREATE SCHEMA salon_processes;
CREATE TABLE salon_processes.processes (
    id TEXT PRIMARY KEY,
    shard_count BIGINT NOT NULL,
    shard_ids BIGINT[] NOT NULL,
    host TEXT NOT NULL,
    pid BIGINT NOT NULL,
    version TEXT NOT NULL,
    states TEXT NOT NULL,
    started_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    seen_at TIMESTAMPTZ NOT NULL DEFAULT now()
);
CREATE TABLE salon_processes.slots (
    name TEXT PRIMARY KEY,
    taken_at TIMESTAMPTZ NOT NULL
);
-- When the calls of the last second began at the latest.
CREATE UNLOGGED TABLE salon_processes.calls (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    began TIMESTAMPTZ[] NOT NULL
);
CREATE FUNCTION salon_processes.take_slot(slot TEXT, seconds FLOAT8) RETURNS FLOAT8
LANGUAGE plpgsql AS $$
DECLARE
    since TIMESTAMPTZ;
    moment TIMESTAMPTZ;
BEGIN
    INSERT INTO salon_processes.slots VALUES (slot, '-infinity') ON CONFLICT DO NOTHING;
    SELECT taken_at INTO since FROM salon_processes.slots WHERE name = slot FOR UPDATE;
    moment := clock_timestamp();
    -- A clock that was set back must not make everybody wait for it.
    IF since > moment - make_interval(secs => seconds) AND since <= moment THEN
        RETURN extract(epoch FROM since - moment) + seconds;
    END IF;
    UPDATE salon_processes.slots SET taken_at = moment WHERE name = slot;
    RETURN 0;
END $$;
CREATE FUNCTION salon_processes.take_calls(
    calls BIGINT, most BIGINT, seconds FLOAT8, delay FLOAT8, OUT taken BIGINT, OUT wait FLOAT8
) LANGUAGE plpgsql AS $$
DECLARE
    recent TIMESTAMPTZ[];
    moment TIMESTAMPTZ;
BEGIN
    INSERT INTO salon_processes.calls VALUES (1, '{}') ON CONFLICT DO NOTHING;
    SELECT began INTO recent FROM salon_processes.calls WHERE id = 1 FOR UPDATE;
    moment := clock_timestamp();
    -- Later than any delay: the clock was set back.
    recent := ARRAY(
        SELECT one FROM unnest(recent) AS one
        WHERE one > moment - make_interval(secs => seconds)
            AND one <= moment + make_interval(secs => 2 * seconds)
        ORDER BY one
    );
    taken := least(calls, greatest(0, most - cardinality(recent)));
    wait := 0;
    IF taken < calls THEN
        wait := greatest(0, extract(epoch FROM coalesce(recent[1] - moment, '0')) + seconds);
    END IF;
    IF taken > 0 THEN
        UPDATE salon_processes.calls SET began = recent || array_fill(
            moment + make_interval(secs => delay), ARRAY[taken::INT]
        ) WHERE id = 1;
    END IF;
END $$;
"""


async def create_tables(raw: psycopg.AsyncConnection[Any]) -> None:
    """Create the schema, or replace that of another version. Raises psycopg.Error."""
    if await _get_version(raw) == _VERSION:
        return
    async with raw.transaction():
        await raw.execute("SELECT pg_advisory_xact_lock(%s::int, 0)", (_LOCK,))
        if await _get_version(raw) != _VERSION:
            await raw.execute(_CREATE.encode(), prepare=False)
            comment = psycopg.sql.SQL("COMMENT ON SCHEMA salon_processes IS {}")
            await raw.execute(comment.format(psycopg.sql.Literal(_VERSION)), prepare=False)


async def _get_version(raw: psycopg.AsyncConnection[Any]) -> str | None:
    cursor = await raw.execute(
        """
        SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace
        WHERE nspname = 'salon_processes'
        """
    )
    row = await cursor.fetchone()
    return None if row is None else row[0]


class PostgresProcessGroup:
    """The processes on one database; see :class:`storage.db.processes.ProcessGroup`.

    It has a connection of its own, which is opened when it is used and again after it was lost.
    ``total_lock``: the class of the advisory lock that each process holds.
    """

    def __init__(self, address: str, shards: Shards, total_lock: int) -> None:
        self._address = address
        self._shards = shards
        self._total_lock = total_lock
        self._id = uuid.uuid4().hex
        self._raw: psycopg.AsyncConnection[Any] | None = None
        self._using = asyncio.Lock()
        self._not_before = 0.0
        self.count = 1

    async def close(self) -> None:
        """Close the connection."""
        if self._raw is not None:
            await self._raw.close()

    async def is_reachable(self) -> bool:
        """Whether the database answers."""
        try:
            await self._ask("SELECT 1", {})
        except sqlite3.Error:
            return False
        return True

    async def report(self, states: Mapping[int, ShardState], version: str) -> None:
        """Report that this process runs, and forget those that served its shards before."""
        parameters = {
            "id": self._id,
            "count": self._shards.count,
            "ids": sorted(self._shards.ids),
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "version": version,
            "states": json.dumps(
                {
                    shard_id: [one.connected, one.latency, one.servers]
                    for shard_id, one in states.items()
                }
            ),
            "lock": self._total_lock,
        }
        row = await self._ask(_REPORT, parameters)
        self.count = max(1, int(row[0]))

    async def take_slot(self, name: str, seconds: float) -> float:
        """:meth:`ProcessGroup.take_slot`."""
        parameters = {"name": name, "seconds": seconds}
        (wait,) = await self._ask(
            "SELECT salon_processes.take_slot(%(name)s, %(seconds)s::float8)", parameters
        )
        return float(wait)

    async def take_calls(
        self, calls: int, *, most: int, seconds: float, delay: float
    ) -> tuple[int, float]:
        """:meth:`ProcessGroup.take_calls`."""
        parameters = {"calls": calls, "most": most, "seconds": seconds, "delay": delay}
        taken, wait = await self._ask(_TAKE_CALLS, parameters)
        return int(taken), float(wait)

    async def _ask(self, sql: str, parameters: Mapping[str, Any]) -> Sequence[Any]:
        """Run a statement in a transaction of its own; its row. Raises sqlite3.Error."""
        async with self._using:
            with convert_errors():
                raw = await self._open()
                with limit_wait(raw, _ANSWER_SECONDS):
                    cursor = await raw.execute(sql.encode(), parameters)
                    row: Sequence[Any] | None = await cursor.fetchone()
        assert row is not None
        return row

    async def _open(self) -> psycopg.AsyncConnection[Any]:
        if self._raw is not None and not self._raw.closed:
            return self._raw
        loop = asyncio.get_running_loop()
        if loop.time() < self._not_before:
            raise sqlite3.OperationalError("the connection to PostgreSQL was lost")
        self._not_before = loop.time() + _REST
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                raw = await connect(self._address)
        except TimeoutError:
            raise sqlite3.OperationalError("PostgreSQL doesn't answer") from None
        try:
            with limit_wait(raw, _ANSWER_SECONDS):
                # What is lost with the server's last moments is too old to matter.
                await raw.execute("SET synchronous_commit = off")
        except BaseException:
            await raw.close()
            raise
        self._raw = raw
        return raw


_REPORT = """
WITH replaced AS (
    DELETE FROM salon_processes.processes
    WHERE id <> %(id)s AND seen_at < now() - interval '15 seconds' AND (
        seen_at < now() - interval '30 days'
        OR shard_count <> %(count)s
        OR shard_ids && %(ids)s::bigint[]
    )
), reported AS (
    INSERT INTO salon_processes.processes
        (id, shard_count, shard_ids, host, pid, version, states)
    VALUES (%(id)s, %(count)s, %(ids)s, %(host)s, %(pid)s, %(version)s, %(states)s)
    ON CONFLICT (id) DO UPDATE SET states = excluded.states, seen_at = now()
)
SELECT count(DISTINCT pid) FROM pg_locks
WHERE locktype = 'advisory' AND classid::bigint = %(lock)s AND granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
_TAKE_CALLS = """
SELECT taken, wait FROM salon_processes.take_calls(
    %(calls)s, %(most)s, %(seconds)s::float8, %(delay)s::float8
)
"""


async def get_processes(tx: Transaction) -> list[Process]:
    """The processes that run, and those that ran last on their shards. Raises sqlite3.Error."""
    row = await tx.row("SELECT to_regclass('salon_processes.processes') IS NOT NULL AS there")
    if row is None or not row["there"]:
        return []
    rows = await tx.rows(
        """
        SELECT shard_count, shard_ids, host, pid, version, states,
            CAST(extract(epoch FROM now() - started_at) AS FLOAT8) AS runs_for,
            CAST(extract(epoch FROM now() - seen_at) AS FLOAT8) AS last_seen
        FROM salon_processes.processes ORDER BY shard_ids, seen_at DESC
        """
    )
    return [
        Process(
            Shards(one["shard_count"], frozenset(one["shard_ids"])),
            one["host"],
            one["pid"],
            one["version"],
            timedelta(seconds=max(0.0, one["runs_for"])),
            timedelta(seconds=max(0.0, one["last_seen"])),
            {
                int(shard_id): ShardState(*state)
                for shard_id, state in sorted(json.loads(one["states"]).items())
            },
        )
        for one in rows
    ]
