"""A sample of the plays with the archive on PostgreSQL.

All of them: ``SALON_TEST_POSTGRESQL=1 scripts/test tests/truth``.
Two processes that share an archive: ``python -m tests.truth.two_processes``.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.support.postgres_server import find_programs
from tests.truth.killing import play_and_kill
from tests.truth.run_play import run_play

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        find_programs() is None or find_spec("psycopg") is None,
        reason="PostgreSQL or psycopg isn't installed",
    ),
]

ACTIONS = 200
KILLS = 4


@pytest.fixture(autouse=True)
def on_postgresql(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the archives of this module on PostgreSQL."""
    monkeypatch.setenv("SALON_TEST_POSTGRESQL", "1")


@pytest.mark.parametrize("seed", [0, 1], ids=lambda seed: f"seed{seed}")
async def test_the_archive_on_postgresql_equals_the_world_after_a_play(
    seed: int, tmp_path: Path
) -> None:
    played = await run_play(seed, ACTIONS, tmp_path)
    assert not played.wrong, "\n".join(played.wrong)
    assert not (tmp_path / "salon.sqlite3").exists()


async def test_a_bot_killed_repeatedly_misses_nothing_on_postgresql(tmp_path: Path) -> None:
    found = await play_and_kill(0, tmp_path, kills=KILLS)
    assert not found.wrong, "\n".join(found.wrong)
    assert found.kills >= KILLS


@pytest.mark.parametrize("seed", [1, 2], ids=lambda seed: f"seed{seed}")
async def test_a_bot_with_four_shards_misses_nothing_on_postgresql(
    seed: int, tmp_path: Path
) -> None:
    found = await play_and_kill(seed, tmp_path, kills=KILLS, shards=4)
    assert not found.wrong, "\n".join(found.wrong)
    assert found.kills >= KILLS
