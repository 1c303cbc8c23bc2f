"""Archives for tests: in a file, or on PostgreSQL if the variable ``SALON_TEST_POSTGRESQL`` is set.

Each file has its own database on a server that this process starts and stops.
"""

from __future__ import annotations

import atexit
import contextlib
import os
from functools import cache
from pathlib import Path

from storage.db.database import Database, open_database
from storage.db.erasure_log import EraseMember
from tests.support.postgres_server import PostgresServer, find_programs, run_postgres

__all__ = ["get_postgresql_address", "open_archive", "uses_postgresql"]


def uses_postgresql() -> bool:
    """Whether the archives are on PostgreSQL."""
    return bool(os.environ.get("SALON_TEST_POSTGRESQL"))


@cache
def _get_server() -> PostgresServer:
    programs = find_programs()
    assert programs is not None, "PostgreSQL isn't installed"
    stack = contextlib.ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(run_postgres(programs))


@cache
def get_postgresql_address(path: Path) -> str:
    """The address of the database that takes the place of a file."""
    return _get_server().create()


def open_archive(
    path: Path, *, erase_member: EraseMember | None = None
) -> contextlib.AbstractAsyncContextManager[Database]:
    """Open the archive in a file, or the one that takes its place."""
    if not uses_postgresql():
        return open_database(path, erase_member=erase_member)
    from storage.db.postgresql.database import open_postgresql

    return open_postgresql(get_postgresql_address(path), erase_member=erase_member)
