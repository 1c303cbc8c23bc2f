"""Runs plays by their seeds: ``python -m tests.truth --seeds 1000 [--first N]``."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from tests.truth.run_play import run_play


def main() -> int:
    """Run the plays one after the other; 1 if one failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.truth", description=__doc__)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--actions", type=int, default=200)
    parser.add_argument("--move", action="store_true", help="channel replies are moved")
    parser.add_argument("--shards", type=int, default=1, help="connections of the bot")
    options = parser.parse_args()
    failed = []
    for seed in range(options.first, options.first + options.seeds):
        with tempfile.TemporaryDirectory() as folder:
            play = run_play(
                seed, options.actions, Path(folder), move=options.move, shards=options.shards
            )
            played = asyncio.run(play)
        print(f"seed {seed}: {'; '.join(played.wrong) or 'equal'}", flush=True)  # noqa: T201
        if played.wrong:
            failed.append(seed)
    print(f"{options.seeds - len(failed)} of {options.seeds} equal; failing: {failed}")  # noqa: T201
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
