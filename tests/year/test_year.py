"""A year of prompts with random replies, restarts and outages: each is sent once or skipped."""

from __future__ import annotations

import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from bot.core.text.coded_text import read_coded
from tests.support.spawned_bot import spawned_bot
from tests.year.checks import Checker
from tests.year.life import DAYS, ESSAYS, live

pytestmark = pytest.mark.slow

#: Seconds of real time that a year may take.
TIMEOUT = 900


@pytest.mark.timeout(TIMEOUT)
@pytest.mark.parametrize("seed", [5])
async def test_in_a_year_every_prompt_is_sent_once_or_skipped_for_a_true_reason(
    tmp_path: Path, seed: int
) -> None:
    began = time.monotonic()
    async with spawned_bot(tmp_path, rates=False, forked=True) as spawned:
        log = await live(spawned, days=DAYS, essays=ESSAYS, seed=seed)
        world = await spawned.world()
        own = spawned.emulator.world.application.bot_id
    checker = Checker(world, spawned.database, log, own)
    states = Counter((one["kind"], one["state"]) for one in checker.prompts)
    reasons = Counter(
        str(read_coded(one["reason"]))[:40] for one in checker.prompts if one["reason"]
    )
    sys.stdout.write(
        f"Rates off; {time.monotonic() - began:.0f} s; {log.restarts} restarts, {log.kills} kills, "
        f"{log.outages} outages, {log.written} messages; {dict(states)}; {dict(reasons)}\n"
    )
    assert checker.violations() == []
    # There must have been something to check.
    assert states[("step", "sent")] >= ESSAYS
    assert states[("nudge", "sent")] >= 1
    assert states[("digest", "sent")] >= 1
    assert log.restarts >= 10
    assert log.outages >= 1
    assert len(reasons) >= 5
