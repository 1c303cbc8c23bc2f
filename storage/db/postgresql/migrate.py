"""Migrations of an archive on PostgreSQL: numbered like those of SQLite, from the first one here.

``migrations/postgresql/NNNN_name.sql``: the first file creates the tables that SQLite's migrations
up to its number create; after it, each migration of one has its counterpart with the same number.
All that are missing are applied in one transaction. One process migrates, the others wait.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Any

import psycopg

from bot.errors import DatabaseError, ForeignDatabase, NewerDatabase

__all__ = ["Migration", "get_version", "load_migrations", "migrate"]

Migration = tuple[int, str]

_FOLDER = ("migrations", "postgresql")
#: Key of the advisory lock of a process that migrates ("Salm" in ASCII).
_LOCK = 0x53616C6D
#: The erasure log has a schema of its own, so that restoring a dump of the archive leaves it alone.
_PREPARE = """
CREATE SCHEMA IF NOT EXISTS salon;
CREATE TABLE IF NOT EXISTS schema_version (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    version BIGINT NOT NULL
);
CREATE SCHEMA IF NOT EXISTS salon_erasure_log;
CREATE TABLE IF NOT EXISTS salon_erasure_log.erasures (
    server_id BIGINT NOT NULL,
    member_id BIGINT NOT NULL,
    erased_at BIGINT NOT NULL,
    opted_out_at BIGINT,
    PRIMARY KEY (server_id, member_id)
);
"""


@cache
def load_migrations() -> tuple[Migration, ...]:
    """The numbers and the SQL of all migrations in order.

    Raises RuntimeError where the numbers of the files have a gap: the installation is broken.
    """
    folder = resources.files("storage.db").joinpath(*_FOLDER)
    files = sorted(
        (file for file in folder.iterdir() if file.name.endswith(".sql")),
        key=lambda file: file.name,
    )
    numbers = [int(file.name.split("_", 1)[0]) for file in files]
    if not numbers or numbers != list(range(numbers[0], numbers[0] + len(numbers))):
        raise RuntimeError(f"the migrations are not numbered without a gap: {numbers}")
    return tuple(
        (number, file.read_text(encoding="utf-8"))
        for number, file in zip(numbers, files, strict=True)
    )


async def get_version(raw: psycopg.AsyncConnection[Any], newest: int | None = None) -> int:
    """The archive's schema version; 0 if there is no archive. Raises NewerDatabase."""
    cursor = await raw.execute(
        "SELECT to_regclass(%s) IS NOT NULL, to_regclass(%s) IS NOT NULL",
        ("salon.schema_version", "salon.servers"),
    )
    row = await cursor.fetchone()
    assert row is not None
    has_version, has_tables = row
    if not has_version:
        if has_tables:
            raise ForeignDatabase(
                "The schema salon of the PostgreSQL database is another program's. Nothing was "
                "changed. Set SALON_DATABASE to another database."
            )
        return 0
    cursor = await raw.execute("SELECT version FROM salon.schema_version")
    row = await cursor.fetchone()
    version = 0 if row is None else int(row[0])
    newest = load_migrations()[-1][0] if newest is None else newest
    if version > newest:
        raise NewerDatabase(
            f"The PostgreSQL database was written by a newer Salon (its schema version is "
            f"{version}, this Salon's is {newest}). Nothing was changed. Install the newer Salon "
            "again."
        )
    return version


async def migrate(
    raw: psycopg.AsyncConnection[Any], migrations: Sequence[Migration] | None = None
) -> None:
    """Apply the migrations that the archive doesn't have yet; wait for another process that does.

    Raises psycopg.Error where one fails; then all are rolled back.
    """
    migrations = load_migrations() if migrations is None else migrations
    async with raw.transaction():
        await raw.execute("SELECT pg_advisory_xact_lock(%s::int, 0)", (_LOCK,))
        version = await get_version(raw, migrations[-1][0])
        if version == migrations[-1][0]:
            return
        if 0 < version < migrations[0][0]:
            raise DatabaseError(
                f"The PostgreSQL database has the schema version {version}, which can't be "
                "upgraded."
            )
        await raw.execute(_PREPARE.encode())
        for number, sql in migrations:
            if number > version:
                await raw.execute(sql.encode(), prepare=False)
        await raw.execute(
            """
            INSERT INTO schema_version (id, version) VALUES (1, %s)
            ON CONFLICT (id) DO UPDATE SET version = excluded.version
            """,
            (migrations[-1][0],),
        )
