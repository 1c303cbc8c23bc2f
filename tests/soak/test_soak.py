"""A short soak test; `python -m tests.soak` plays the long one."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.soak.__main__ import find_leaks, soak

pytestmark = pytest.mark.slow


@pytest.mark.timeout(600)
async def test_nothing_leaks_in_hours_of_replies_and_outages(
    tmp_path: Path, unused_tcp_port: int
) -> None:
    hours, play, stage = await soak(
        tmp_path, unused_tcp_port, hours=4, members=60, essays=6, talk=40, seed=1
    )
    sys.stdout.write("\n".join(str(held) for held in hours))
    assert find_leaks(hours) == []
    assert [line for line in stage.log if " ERROR " in line or "Traceback" in line] == []
    assert play.cuts >= 3
    assert play.messages >= 100
