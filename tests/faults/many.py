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

__all__ = ["Judged", "Share", "judge", "judged", "shares", "undisturbed"]


@dataclass(frozen=True)
class Judged:
    """What came of a run."""

    scene: str
    strike: Strike
    seconds: float
    wrong: list[str]
    log: tuple[str, ...]


#: A scene, and the runs of it that are handed out together.
Share = tuple[str, list[Strike]]
_AT_ONCE = 20

#: What each scene comes to undisturbed, in a process that plays several runs of it.
_wanted: dict[str, Played] = {}


def undisturbed(scene: str) -> Played:
    """What a scene comes to undisturbed, played once a process."""
    if scene not in _wanted:
        _wanted[scene] = asyncio.run(play(scene))
    return _wanted[scene]


async def judge(scene: str, strike: Strike, wanted: Played) -> Judged:
    """Play one run and judge it."""
    found = await struck(scene, strike, wanted)
    return Judged(scene, strike, found.seconds, wrong_with(wanted, found), found.log)


def shares(scene: str, found: Sequence[Strike]) -> list[Share]:
    """The runs of a scene as they are handed out, a few together."""
    return [(scene, list(found[at : at + _AT_ONCE])) for at in range(0, len(found), _AT_ONCE)]


def _judge(scene: str, some: list[Strike]) -> list[Judged]:
    wanted = undisturbed(scene)
    if wanted.last_error:
        last_error = [f"undisturbed: {wanted.last_error}"]
        return [Judged(scene, strike, wanted.seconds, last_error, wanted.log) for strike in some]
    return [_judge_one(scene, strike, wanted) for strike in some]


def _judge_one(scene: str, strike: Strike, wanted: Played) -> Judged:
    try:
        return asyncio.run(judge(scene, strike, wanted))
    except Exception as error:  # noqa: BLE001 - the others are played all the same
        return Judged(scene, strike, 0.0, [f"{type(error).__name__}: {error}"], ())


def _settle_down(number: Any) -> None:
    """Stay on one core: a bot and its archive's threads take turns, and so do it sooner."""
    with number.get_lock():
        number.value += 1
        mine: int = number.value
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[mine % len(cores)]})


def judged(some: Sequence[Share], jobs: int | None = None) -> Iterator[Judged]:
    """What came of each run, as it comes; ``jobs`` at a time, four a core where that is None."""
    # Much of a run is waiting.
    jobs = jobs or 4 * (os.cpu_count() or 1)
    context = get_context("spawn")
    number = context.Value("i", 0)
    pool = ProcessPoolExecutor(min(jobs, len(some) or 1), context, _settle_down, (number,))
    try:
        for future in as_completed([pool.submit(_judge, *share) for share in some]):
            yield from future.result()
    finally:
        pool.shutdown(cancel_futures=True)
