"""A bot that is killed at random moments while catching up still ends with a complete archive."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.truth.killing import play_and_kill

pytestmark = pytest.mark.slow

KILLS = 4
SEEDS_WITH_SHARDS = 2


@pytest.mark.parametrize("seed", range(6), ids=lambda seed: f"seed{seed}")
async def test_a_bot_killed_repeatedly_while_catching_up_misses_nothing(
    seed: int, tmp_path: Path
) -> None:
    found = await play_and_kill(seed, tmp_path, kills=KILLS)
    again = f"python -m tests.truth.killing --first {seed} --seeds 1"
    assert not found.wrong, "\n".join([f"repeat with: {again}", *found.wrong])
    assert found.kills >= KILLS


@pytest.mark.parametrize("seed", range(SEEDS_WITH_SHARDS), ids=lambda seed: f"seed{seed}")
async def test_a_bot_with_four_shards_misses_nothing_either(seed: int, tmp_path: Path) -> None:
    found = await play_and_kill(seed, tmp_path, kills=KILLS, shards=4)
    again = f"python -m tests.truth.killing --first {seed} --seeds 1 --shards 4"
    assert not found.wrong, "\n".join([f"repeat with: {again}", *found.wrong])
    assert found.kills >= KILLS
