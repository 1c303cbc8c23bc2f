"""Many runs, a few at a time, each of them in one of a few processes."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any

from tests.faults.runs import Played, Strike, play, struck, wrong_with

__all__ = ["Judged", "judged", "undisturbed"]


@dataclass(frozen=True)
class Judged:
    """What came of a run."""

    scene: str
    strike: Strike
    seconds: float
    wrong: list[str]
    log: tuple[str, ...]


#: What each scene comes to undisturbed, in a process that plays several runs of it.
_wanted: dict[str, Played] = {}


def undisturbed(scene: str) -> Played:
    """What a scene comes to undisturbed, played once a process."""
    if scene not in _wanted:
        _wanted[scene] = asyncio.run(play(scene))
    return _wanted[scene]


def _judge(scene: str, some: list[Strike]) -> list[Judged]:
    wanted = undisturbed(scene)
    if wanted.trouble:
        return [Judged(scene, some[0], wanted.seconds, [wanted.trouble], wanted.log)]
    judged = []
    for strike in some:
        found = asyncio.run(struck(scene, strike, wanted))
        judged.append(Judged(scene, strike, found.seconds, wrong_with(wanted, found), found.log))
    return judged


def _settle_down(number: Any) -> None:
    """Stay on one core: a bot and its archive's threads take turns, and so do it sooner."""
    with number.get_lock():
        number.value += 1
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[number.value % len(cores)]})


def judged(lots: Sequence[tuple[str, list[Strike]]], jobs: int | None) -> Iterator[Judged]:
    """What came of each run, as it comes; ``jobs`` at a time, three a core where that is None."""
    # Much of a run is waiting.
    jobs = jobs or 3 * (os.cpu_count() or 1)
    context = get_context("spawn")
    number = context.Value("i", 0)
    pool = ProcessPoolExecutor(min(jobs, len(lots) or 1), context, _settle_down, (number,))
    with pool:
        for future in as_completed([pool.submit(_judge, *lot) for lot in lots]):
            yield from future.result()
