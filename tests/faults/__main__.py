"""``python -m tests.faults``: plays faults, a few at a time, and counts them.

Without options all that there are, which takes an hour or more on two cores; ``--seed`` and
``--most`` take a sample of each scene, and ``--call`` or ``--statement`` with ``--fault`` play one
again. What goes wrong is told when it is found.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator

from tests.faults.injection import Moment
from tests.faults.many import Share, judged, shares, undisturbed
from tests.faults.runs import FAULTS, Played, Strike, sample, strikes
from tests.faults.scenes import SCENES

#: Runs after which it is told how many there were.
_TOLD_EVERY = 500
#: Lines of the log that are told of a run that went wrong.
_LAST_LINES = 40


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("scenes", nargs="*", metavar="SCENE", help=", ".join(SCENES))
    parser.add_argument("--call", type=Moment.read, metavar="CALL#N")
    parser.add_argument("--statement", type=Moment.read, metavar="STATEMENT#N")
    parser.add_argument("--fault", choices=sorted({*FAULTS["call"], *FAULTS["statement"]}))
    parser.add_argument("--kind", choices=FAULTS, help="strike only these")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--most", type=int, metavar="N", help="so many runs of each scene")
    parser.add_argument("--jobs", type=int, metavar="N", help="so many runs at a time")
    parser.add_argument("--log", action="store_true", help="tell what was logged, too")
    parser.add_argument("--none", action="store_true", help="play without a fault")
    return parser


def _chosen(options: argparse.Namespace, wanted: Played) -> list[Strike]:
    found = strikes(wanted)
    if options.call is not None:
        found = [one for one in found if one.kind == "call" and one.at == options.call]
    if options.statement is not None:
        found = [one for one in found if one.kind == "statement" and one.at == options.statement]
    if options.fault is not None:
        found = [one for one in found if one.fault == options.fault]
    if options.kind is not None:
        found = [one for one in found if one.kind == options.kind]
    return found if options.most is None else sample(found, options.seed, options.most)


def _shares(options: argparse.Namespace) -> Iterator[Share]:
    """What is to be played, told scene by scene."""
    for scene in options.scenes or SCENES:
        wanted = undisturbed(scene)
        say(
            f"{scene}: {len(wanted.calls)} calls, {len(wanted.statements)} statements, "
            f"{wanted.seconds:.1f} s"
        )
        if wanted.last_error or (options.none and options.log):
            say(*wanted.log, *wanted.calls, *wanted.statements, wanted.last_error)
            if wanted.ended:
                say(*wanted.ended.world, *wanted.ended.archive)
        if not wanted.last_error and not options.none:
            yield from shares(scene, _chosen(options, wanted))


def main() -> int:
    """Play what is asked for; 1 where one went wrong."""
    options = _parser().parse_args()
    count: Counter[str] = Counter()
    failed, began = 0, time.monotonic()
    some = list(_shares(options))
    failed += sum(bool(undisturbed(scene).last_error) for scene in options.scenes or SCENES)
    for one in judged(some, options.jobs):
        count[f"{one.strike.kind} {one.strike.fault}"] += 1
        failed += bool(one.wrong)
        if count.total() % _TOLD_EVERY == 0:
            say(f"… {count.total()} runs in {time.monotonic() - began:.0f} s, {failed} wrong")
        if one.wrong or options.log:
            log = one.log if options.log else one.log[-_LAST_LINES:]
            say(
                f"{'WRONG' if one.wrong else 'as it should be:'} {one.scene} {one.strike}  "
                f"({one.seconds:.1f} s)",
                *(f"      {line[:500]}" for line in [*log, *one.wrong]),
            )
    seconds = time.monotonic() - began
    say(f"{count.total()} runs in {seconds:.0f} s, {failed} wrong: {dict(count)}")
    return 1 if failed else 0


def say(*lines: object) -> None:
    """Print lines at once."""
    print("\n".join(map(str, lines)), flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
