"""``python -m tests.faults``: plays faults one after the other and counts them.

Without options all that there are; ``--seed`` and ``--most`` take a sample of each scene, and
``--call`` or ``--statement`` with ``--fault`` play one again.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections import Counter

from tests.faults.runs import FAULTS, Played, Strike, play, sample, strikes, struck, wrong_with
from tests.faults.scenes import SCENES
from tests.faults.striking import Moment


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("scenes", nargs="*", metavar="SCENE", help=", ".join(SCENES))
    parser.add_argument("--call", type=Moment.read, metavar="CALL#N")
    parser.add_argument("--statement", type=Moment.read, metavar="STATEMENT#N")
    parser.add_argument("--fault", choices=sorted({*FAULTS["call"], *FAULTS["statement"]}))
    parser.add_argument("--kind", choices=FAULTS, help="strike only these")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--most", type=int, metavar="N", help="so many runs of each scene")
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


def main() -> int:
    """Play what is asked for; 1 where one went wrong."""
    options = _parser().parse_args()
    count: Counter[str] = Counter()
    failed = 0
    for scene in options.scenes or SCENES:
        wanted = asyncio.run(play(scene))
        say(
            f"{scene}: {len(wanted.calls)} calls, {len(wanted.statements)} statements, "
            f"{wanted.seconds:.1f} s"
        )
        if wanted.trouble or options.none:
            failed += bool(wanted.trouble)
            if wanted.trouble or options.log:
                say(*wanted.log, *wanted.calls, *wanted.statements, wanted.trouble)
                if wanted.ended:
                    say(*wanted.ended.world, *wanted.ended.archive)
            continue
        for strike in _chosen(options, wanted):
            found = asyncio.run(struck(scene, strike, wanted))
            count[f"{strike.kind} {strike.fault}"] += 1
            wrong = wrong_with(wanted, found)
            failed += bool(wrong)
            if wrong or options.log:
                say(f"  {scene} {strike}  ({found.seconds:.1f} s)")
                say(
                    *(
                        f"      {line[:500]}"
                        for line in [*(found.log if options.log else ()), *wrong]
                    )
                )
    say(f"{count.total()} runs, {failed} wrong: {dict(count)}")
    return 1 if failed else 0


def say(*lines: object) -> None:
    """Print lines at once."""
    print("\n".join(map(str, lines)), flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
