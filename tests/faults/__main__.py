"""``python -m tests.faults``: makes fault injection runs in parallel, and counts them.

Without options all of them, which takes an hour or more on two cores; ``--seed`` and ``--most``
take a sample of each scene, ``--once`` one run of each fault at each different call and statement,
and ``--call`` or ``--statement`` with ``--fault`` repeat one run.
Failures are printed as they are found.
"""

from __future__ import annotations

import argparse
import itertools
import operator
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence

from tests.faults.call_faults import Occurrence
from tests.faults.parallel import Batch, make_batches, play_without_fault, run_all
from tests.faults.runs import FAULTS, Injection, PlayResult, possible_injections, sample
from tests.faults.scenes import SCENES

#: Runs between two lines about the progress.
_PROGRESS_EVERY = 500
#: Lines of the log that are printed for a failed run.
_LAST_LINES = 40


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("scenes", nargs="*", metavar="SCENE", help=", ".join(SCENES))
    parser.add_argument("--call", type=Occurrence.parse, metavar="CALL#N")
    parser.add_argument("--statement", type=Occurrence.parse, metavar="STATEMENT#N")
    parser.add_argument("--fault", choices=sorted({*FAULTS["call"], *FAULTS["statement"]}))
    parser.add_argument("--kind", choices=FAULTS, help="only these")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--most", type=int, metavar="N", help="at most N runs of each scene")
    parser.add_argument(
        "--once", action="store_true", help="each fault at each different call and statement once"
    )
    parser.add_argument("--jobs", type=int, metavar="N", help="N processes")
    parser.add_argument("--log", action="store_true", help="print the whole log")
    parser.add_argument("--postgresql", action="store_true", help="the archive is on PostgreSQL")
    parser.add_argument("--none", action="store_true", help="play without a fault")
    return parser


def _chosen(options: argparse.Namespace, result: PlayResult) -> list[Injection]:
    found = possible_injections(result)
    if options.call is not None:
        found = [one for one in found if one.kind == "call" and one.at == options.call]
    if options.statement is not None:
        found = [one for one in found if one.kind == "statement" and one.at == options.statement]
    if options.fault is not None:
        found = [one for one in found if one.fault == options.fault]
    if options.kind is not None:
        found = [one for one in found if one.kind == options.kind]
    return found if options.most is None else sample(found, options.seed, options.most)


def _batches(options: argparse.Namespace) -> Iterator[Batch]:
    """The runs to make; prints a line for each scene."""
    found: list[tuple[str, Injection]] = []
    for scene in options.scenes or SCENES:
        result = play_without_fault(scene)
        say(
            f"{scene}: {len(result.calls)} calls, {len(result.statements)} statements, "
            f"{result.seconds:.1f} s"
        )
        if result.error or (options.none and options.log):
            say(*result.log, *result.calls, *result.statements, result.error)
            if result.end_state:
                say(*result.end_state.world, *result.end_state.archive)
        if not result.error and not options.none:
            found += [(scene, one) for one in _chosen(options, result)]
    if options.once:
        found = _choose_once(found, options.seed)
    for scene, runs in itertools.groupby(found, key=operator.itemgetter(0)):
        yield from make_batches(scene, [one for _, one in runs])


def _choose_once(found: Sequence[tuple[str, Injection]], seed: int) -> list[tuple[str, Injection]]:
    """Of the runs with the same fault at the same call or statement, a random one."""
    chance = random.Random(seed)
    chosen: dict[tuple[str, str, str], tuple[str, Injection]] = {}
    for scene, one in chance.sample(found, len(found)):
        chosen[one.kind, one.at.what, one.fault] = scene, one
    return sorted(chosen.values(), key=operator.itemgetter(0))


def main() -> int:
    """Make the runs; 1 if one failed."""
    options = _parser().parse_args()
    if options.postgresql:
        os.environ["SALON_TEST_POSTGRESQL"] = "1"  # the processes that make the runs inherit it
    count: Counter[str] = Counter()
    failed, began = 0, time.monotonic()
    batches = list(_batches(options))
    failed += sum(bool(play_without_fault(scene).error) for scene in options.scenes or SCENES)
    for one in run_all(batches, options.jobs):
        count[f"{one.injection.kind} {one.injection.fault}"] += 1
        failed += bool(one.errors)
        if count.total() % _PROGRESS_EVERY == 0:
            say(f"… {count.total()} runs in {time.monotonic() - began:.0f} s, {failed} failed")
        if one.errors or options.log:
            log = one.log if options.log else one.log[-_LAST_LINES:]
            say(
                f"{'FAILED' if one.errors else 'ok:'} {one.scene} {one.injection}  "
                f"({one.seconds:.1f} s)",
                *(f"      {line[:500]}" for line in [*log, *one.errors]),
            )
    seconds = time.monotonic() - began
    say(f"{count.total()} runs in {seconds:.0f} s, {failed} failed: {dict(count)}")
    return 1 if failed else 0


def say(*lines: object) -> None:
    """Print lines, and flush."""
    print("\n".join(map(str, lines)), flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
