"""A PostgreSQL server for the tests of a worker, and an archive on it for each test.

Without psycopg (the extra ``postgres``) the tests of this folder aren't collected
(tests/storage/test_postgresql_installed.py says so).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

from tests.support.postgres_server import PostgresServer, find_programs, run_postgres

if TYPE_CHECKING:
    from storage.db.postgresql.database import PostgresDatabase

collect_ignore_glob = [] if find_spec("psycopg") else ["test_*.py"]


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A running PostgreSQL server with an empty archive in the database ``salon_0``."""
    from storage.db.postgresql.database import open_postgresql

    programs = find_programs()
    if programs is None:
        pytest.skip("PostgreSQL isn't installed (Debian: apt-get install postgresql)")

    async def prepare(address: str) -> None:
        async with open_postgresql(address):
            pass

    with run_postgres(programs) as server:
        asyncio.run(prepare(server.create()))
        yield server


@pytest.fixture
def address(postgres: PostgresServer) -> str:
    """The address of an empty archive."""
    return postgres.create(template="salon_0")


@pytest.fixture
async def archive(address: str) -> AsyncIterator[PostgresDatabase]:
    """An empty archive, opened."""
    from storage.db.postgresql.database import open_postgresql

    async with open_postgresql(address) as opened:
        yield opened
