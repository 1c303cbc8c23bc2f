"""Many runs, a few at a time, each of them in one of a few processes."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context

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


def judged(lots: Sequence[tuple[str, list[Strike]]], jobs: int | None) -> Iterator[Judged]:
    """What came of each run, as it comes; ``jobs`` at a time, three a core where that is None."""
    # Much of a run is waiting.
    jobs = jobs or 3 * (os.cpu_count() or 1)
    with ProcessPoolExecutor(min(jobs, len(lots) or 1), get_context("spawn")) as pool:
        for future in as_completed([pool.submit(_judge, *lot) for lot in lots]):
            yield from future.result()
