"""Archives for tests: in a file, or on PostgreSQL if the variable ``SALON_TEST_POSTGRESQL`` is set.

Each file has its own database on a server that this process starts and stops.
"""

from __future__ import annotations

import contextlib
import os
from functools import cache
from multiprocessing.util import Finalize
from pathlib import Path

from storage.db.database import Database, open_database
from storage.db.erasure_log import EraseMember
from tests.support.postgres_server import PostgresServer, find_programs, run_postgres

__all__ = [
    "drop_archive",
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


@cache
def get_postgresql_address(path: Path) -> str:
    """The address of the database that takes the place of a file."""
    return get_server().create()


def drop_archive(path: Path) -> None:
    """Drop the database that takes the place of a file, after a play of which there are many."""
    if uses_postgresql():
        get_server().drop(get_postgresql_address(path))


def open_archive(
    path: Path, *, erase_member: EraseMember | None = None
) -> contextlib.AbstractAsyncContextManager[Database]:
    """Open the archive in a file, or the one that takes its place."""
    if not uses_postgresql():
        return open_database(path, erase_member=erase_member)
    from storage.db.postgresql.database import open_postgresql

    return open_postgresql(get_postgresql_address(path), erase_member=erase_member)
