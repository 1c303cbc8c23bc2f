"""An empty archive for each test, once on SQLite and once on PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from storage.db.database import Database
from tests.support.archives import open_archive, uses_postgresql
from tests.support.postgres_server import find_programs

__all__ = ["database"]


@pytest.fixture(params=["sqlite", "postgresql"])
async def database(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Database]:
    """An empty archive on either database."""
    if request.param == "postgresql":
        if request.node.get_closest_marker("sqlite") is not None:
            pytest.skip("it is about an archive on SQLite")
        if find_programs() is None or find_spec("psycopg") is None:
            pytest.skip("PostgreSQL or psycopg isn't installed")
        monkeypatch.setenv("SALON_TEST_POSTGRESQL", "1")
    elif uses_postgresql():
        pytest.skip("all archives are on PostgreSQL")
    async with open_archive(tmp_path / "salon.sqlite3") as opened:
        yield opened
