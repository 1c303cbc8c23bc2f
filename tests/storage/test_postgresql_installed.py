"""Says why the tests of the archive on PostgreSQL are left out, where they are."""

from __future__ import annotations

from importlib.util import find_spec

import pytest


@pytest.mark.skipif(
    find_spec("psycopg") is None,
    reason="psycopg isn't installed (pip install 'psycopg[binary]'), so PostgreSQL isn't tested",
)
def test_the_engine_for_postgresql_can_be_imported() -> None:
    from storage.db.postgresql.database import open_postgresql

    assert callable(open_postgresql)
