"""Migrations: numbered SQL files that bring an archive's tables up to date.

``migrations/sqlite/NNNN_name.sql``, numbered from 0001 without a gap, are packaged with the code.
An archive's version (``PRAGMA user_version``) is the number of the last one that was applied; each
is committed together with its number, so one that fails leaves the archive as it was before. A
migration that was released is never edited. It must not contain BEGIN or COMMIT.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib import resources

import aiosqlite

__all__ = ["APPLICATION_ID", "DEVELOPMENT_APPLICATION_ID", "load_migrations", "migrate"]

#: ``PRAGMA application_id`` of an archive: "Salo" in ASCII; the first migration sets it.
APPLICATION_ID = 0x53616C6F
#: That of archives from before the first release ("Saln"), whose tables can't be upgraded.
DEVELOPMENT_APPLICATION_ID = 0x53616C6E

_FOLDER = ("migrations", "sqlite")


@cache
def load_migrations() -> tuple[str, ...]:
    """The SQL of all migrations in order; the first one creates the tables.

    Raises RuntimeError where the numbers of the files have a gap: the installation is broken.
    """
    folder = resources.files(__package__).joinpath(*_FOLDER)
    files = sorted(
        (file for file in folder.iterdir() if file.name.endswith(".sql")),
        key=lambda file: file.name,
    )
    numbers = [int(file.name.split("_", 1)[0]) for file in files]
    if not numbers or numbers != list(range(1, len(numbers) + 1)):
        raise RuntimeError(f"the migrations are not numbered from 1 without a gap: {numbers}")
    return tuple(file.read_text(encoding="utf-8") for file in files)


async def migrate(connection: aiosqlite.Connection, migrations: Sequence[str]) -> None:
    """Apply the migrations that the archive doesn't have yet, each in a transaction of its own.

    Raises sqlite3.Error where one fails; then it is rolled back, the ones before it stay.
    """
    rows = list(await connection.execute_fetchall("PRAGMA user_version"))
    version = int(rows[0][0])
    for number, sql in enumerate(migrations[version:], version + 1):
        try:
            await connection.executescript(
                f"BEGIN IMMEDIATE;\n{sql}\n;PRAGMA user_version = {number};\nCOMMIT;"
            )
        except BaseException:
            if connection.in_transaction:
                await connection.execute("ROLLBACK")
            raise
