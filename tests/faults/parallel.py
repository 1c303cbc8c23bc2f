"""Runs many plays in parallel, in a pool of processes."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any

from tests.faults.runs import Injection, PlayResult, find_errors, play_scene, play_until_injected

__all__ = [
    "Batch",
    "RunResult",
    "make_batches",
    "play_without_fault",
    "run_all",
    "run_and_check",
]


@dataclass(frozen=True)
class RunResult:
    """The result of one run; ``errors`` is empty if the scene ended as without the fault."""

    scene: str
    injection: Injection
    seconds: float
    errors: list[str]
    log: tuple[str, ...]


#: A scene, and some of its runs, which are given to a process together.
Batch = tuple[str, list[Injection]]
_BATCH_SIZE = 20

#: The results of the scenes without a fault, in a process that makes several runs of them.
_results: dict[str, PlayResult] = {}


def play_without_fault(scene: str) -> PlayResult:
    """Play a scene without a fault, once in each process."""
    if scene not in _results:
        _results[scene] = asyncio.run(play_scene(scene))
    return _results[scene]


async def run_and_check(scene: str, injection: Injection, wanted: PlayResult) -> RunResult:
    """Make one run and compare its end with the ``wanted`` one."""
    found = await play_until_injected(scene, injection, wanted)
    return RunResult(scene, injection, found.seconds, find_errors(wanted, found), found.log)


def make_batches(scene: str, injections: Sequence[Injection]) -> list[Batch]:
    """Divide the runs of a scene into batches."""
    return [
        (scene, list(injections[at : at + _BATCH_SIZE]))
        for at in range(0, len(injections), _BATCH_SIZE)
    ]


def _run_batch(scene: str, injections: list[Injection]) -> list[RunResult]:
    wanted = play_without_fault(scene)
    if wanted.error:
        errors = [f"without a fault: {wanted.error}"]
        return [RunResult(scene, one, wanted.seconds, errors, wanted.log) for one in injections]
    return [_run_one(scene, one, wanted) for one in injections]


def _run_one(scene: str, injection: Injection, wanted: PlayResult) -> RunResult:
    try:
        return asyncio.run(run_and_check(scene, injection, wanted))
    except Exception as error:  # noqa: BLE001 - the other runs are made all the same
        return RunResult(scene, injection, 0.0, [f"{type(error).__name__}: {error}"], ())


def _pin_to_core(number: Any) -> None:
    """Stay on one core: a bot and its archive's threads take turns, and switch faster there."""
    with number.get_lock():
        number.value += 1
        mine: int = number.value
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[mine % len(cores)]})


def run_all(batches: Sequence[Batch], jobs: int | None = None) -> Iterator[RunResult]:
    """Yield the results as they come; ``jobs`` processes, or four a core if that is None."""
    # Much of a run is waiting.
    jobs = jobs or 4 * (os.cpu_count() or 1)
    context = get_context("spawn")
    number = context.Value("i", 0)
    pool = ProcessPoolExecutor(min(jobs, len(batches) or 1), context, _pin_to_core, (number,))
    try:
        for future in as_completed([pool.submit(_run_batch, *batch) for batch in batches]):
            yield from future.result()
    finally:
        pool.shutdown(cancel_futures=True)
