"""Archives for tests: in a file, or on PostgreSQL if the variable ``SALON_TEST_POSTGRESQL`` is set.

Each file has its own database on a server that this process starts and stops.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator
from functools import cache
from multiprocessing.util import Finalize
from pathlib import Path

from storage.db.database import Database, open_database
from storage.db.erasure_log import EraseMember
from tests.support.postgres_server import PostgresServer, find_programs, run_postgres

__all__ = [
    "drop_archive",
    "get_addresses",
    "get_postgresql_address",
    "get_server",
    "open_archive",
    "uses_postgresql",
]


def uses_postgresql() -> bool:
    """Whether the archives are on PostgreSQL."""
    return bool(os.environ.get("SALON_TEST_POSTGRESQL"))


@cache
def get_server() -> PostgresServer:
    """The server of this process; it is started at the first call."""
    programs = find_programs()
    assert programs is not None, "PostgreSQL isn't installed"
    stack = contextlib.ExitStack()
    # At the end of a process of a pool, too, unlike what is registered with atexit.
    Finalize(None, stack.close, exitpriority=1)
    return stack.enter_context(run_postgres(programs))


#: The name of the database that others are copied from; its address, once it has its tables.
_TEMPLATE = Path("template")
_templates: list[str] = []
#: The addresses of the databases that take the place of files.
_addresses: dict[Path, str] = {}


def get_postgresql_address(path: Path) -> str:
    """The address of the database that takes the place of a file; it is empty at first."""
    if path not in _addresses:
        _addresses[path] = get_server().create()
    return _addresses[path]


def get_addresses(folder: Path) -> list[str]:
    """The addresses of the databases that take the place of files in a folder."""
    return [
        address
        for path, address in _addresses.items()
        if path.is_relative_to(folder) and path != _TEMPLATE
    ]


def drop_archive(path: Path) -> None:
    """Drop the database that takes the place of a file, after a play of which there are many."""
    if uses_postgresql():
        get_server().drop(_addresses.pop(path))


def open_archive(
    path: Path, *, erase_member: EraseMember | None = None
) -> contextlib.AbstractAsyncContextManager[Database]:
    """Open the archive in a file, or the one that takes its place."""
    if not uses_postgresql():
        return open_database(path, erase_member=erase_member)
    return _open_on_postgresql(path, erase_member)


@contextlib.asynccontextmanager
async def _open_on_postgresql(
    path: Path, erase_member: EraseMember | None
) -> AsyncIterator[Database]:
    from storage.db.postgresql.database import open_postgresql

    if path not in _addresses:
        _addresses[path] = await _copy_template()
    async with open_postgresql(_addresses[path], erase_member=erase_member) as opened:
        yield opened


async def _copy_template() -> str:
    """An archive with all tables: copying one is faster than migrating an empty database."""
    from psycopg.conninfo import conninfo_to_dict

    from storage.db.postgresql.database import open_postgresql

    template = get_postgresql_address(_TEMPLATE)
    if not _templates:
        async with open_postgresql(template):
            _templates.append(str(conninfo_to_dict(template)["dbname"]))
    return get_server().create(_templates[0])
