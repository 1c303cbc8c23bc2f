"""The bytes of an archive and everything beside it, as somebody with a copy of the folder has them.

Of an archive on PostgreSQL, the rows: what PostgreSQL leaves in its files isn't looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.support.archives import get_addresses

__all__ = ["files_with", "tables_with"]


def files_with(folder: Path, *words: bytes, without: tuple[str, ...] = ()) -> list[str]:
    """The files in a folder, those in its folders included, that contain one of ``words``.

    And the tables of databases that take the place of a file in it. ``without``: folders that are
    left out, such as the one of the backups.
    """
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not set(path.relative_to(folder).parts) & set(without):
            content = path.read_bytes()
            found += [f"{path.name}: {word!r}" for word in words if word in content]
    return found + [f"{table}: {word!r}" for table, word in tables_with(folder, *words)]


def tables_with(folder: Path, *words: bytes) -> list[tuple[str, bytes]]:
    """The tables with one of ``words``, of databases that take the place of files in a folder."""
    return [pair for address in get_addresses(folder) for pair in _search(address, words)]


def _search(address: str, words: tuple[bytes, ...]) -> Iterator[tuple[str, bytes]]:
    import psycopg
    from psycopg import sql

    from storage.db.postgresql.connection import SCHEMA

    tables = "SELECT tablename FROM pg_tables WHERE schemaname = %s ORDER BY tablename"
    # Bytes are shown as hexadecimal digits.
    forms = {word: (word.decode(), word.hex()) for word in words}
    with psycopg.connect(address, autocommit=True) as connection:
        for (table,) in connection.execute(tables, [SCHEMA]).fetchall():
            name = sql.Identifier(SCHEMA, table)
            rows = connection.execute(sql.SQL("SELECT found::text FROM {} AS found").format(name))
            text = "\n".join(row for (row,) in rows)
            for word, written in forms.items():
                if any(form in text for form in written):
                    yield table, word
