"""Killed at random moments of catching up, the bot still ends with an archive that is the world."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.truth.killing import play_and_kill

pytestmark = pytest.mark.slow

KILLS = 4


@pytest.mark.parametrize("seed", range(6), ids=lambda seed: f"seed{seed}")
async def test_killed_again_and_again_while_it_catches_up_the_bot_misses_nothing(
    seed: int, tmp_path: Path
) -> None:
    found = await play_and_kill(seed, tmp_path, kills=KILLS)
    again = f"python -m tests.truth.killing --first {seed} --seeds 1"
    assert not found.wrong, "\n".join([f"played again by: {again}", *found.wrong])
    assert found.kills >= KILLS
