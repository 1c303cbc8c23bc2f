"""A sample of the fault injection with the archive on PostgreSQL: a run with each of its faults.

All of them: ``python -m tests.faults --postgresql``.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from importlib.util import find_spec

import pytest

from tests.faults.parallel import run_and_check
from tests.faults.runs import play_scene, possible_injections, sample
from tests.support.postgres_server import find_programs
from tests.support.samples import SEED

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(240),
    pytest.mark.skipif(
        find_programs() is None or find_spec("psycopg") is None,
        reason="PostgreSQL or psycopg isn't installed",
    ),
]

#: Short scenes, and over how many of them the faults are spread.
SHORT_SCENES = (
    "an_essay_is_discussed",
    "an_essay_is_closed_reopened_and_withdrawn",
    "a_link_to_its_thread_is_posted_for_a_reply",
    "a_reply_is_moved_into_its_thread",
    "a_short_message_is_asked_and_gets_a_thread",
)
SCENES_IN_A_SAMPLE = 2
FAULTS = ("full", "deadlock", "cut", "cut-after", "restarted", "killed", "killed-after")


@pytest.fixture(autouse=True)
def on_postgresql(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the archives of this module on PostgreSQL."""
    monkeypatch.setenv("SALON_TEST_POSTGRESQL", "1")


@pytest.mark.parametrize(
    ("scene", "part"),
    [
        (scene, part)
        for part, scene in enumerate(random.Random(SEED).sample(SHORT_SCENES, SCENES_IN_A_SAMPLE))
    ],
)
async def test_a_play_on_postgresql_ends_the_same_whatever_fails_once(
    scene: str, part: int, record_property: Callable[[str, object], None]
) -> None:
    wanted = await play_scene(scene)
    assert not wanted.error, "\n".join([*wanted.log, wanted.error])
    count: Counter[str] = Counter()
    for fault in FAULTS[part::SCENES_IN_A_SAMPLE]:
        found = [
            one
            for one in possible_injections(wanted)
            if (one.kind, one.fault) == ("statement", fault)
        ]
        (injection,) = sample(found, SEED, 1)
        result = await run_and_check(scene, injection, wanted)
        command = f"python -m tests.faults --postgresql {scene} {injection}"
        assert not result.errors, "\n    ".join([command, *result.errors, *result.log[-30:]])
        count[f"statement {fault}"] += 1
    record_property("faults", {**count, "failed": 0})
    assert count.total() > 2
