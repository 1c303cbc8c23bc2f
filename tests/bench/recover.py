"""How long Salon takes to catch up with what it missed, beside a loop that only reads the pages.

50,000 messages in 500 threads, on the emulator with the rate limits it announces; both in the
same run, with the same library and as many calls at once. `scripts/bench recover [--threads N]
[--each N] [--rounds N] [--rates off]`; exit status 1 where something is missing in the archive
or the median ratio is over the goal.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from storage.db.database import open_database
from tests.bench import archives
from tests.bench.archives import Place

GOAL = 1.15
_HERE = Path(__file__).parents[2]
_PATIENCE = 900.0


class World:
    """The serving process, where what was missed stands."""

    def __init__(self, process: subprocess.Popen[str], told: dict[str, Any]) -> None:
        self.process = process
        self.api, self.gateway, self.token = told["api"], told["gateway"], told["token"]
        server_id, channel_id, before_id, posts, threads = told["place"]
        self.place = Place(server_id, channel_id, before_id, tuple(posts), threads)

    def calls(self) -> tuple[int, float, float]:
        """History calls since this was last asked: how many, when the first, when the last."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(file=self.process.stdin, flush=True)
        count, first, last = json.loads(self.process.stdout.readline())
        return count, first, last


@contextmanager
def serving(threads: int, each: int, rates: str) -> Iterator[World]:
    """A world in a process of its own."""
    command = [sys.executable, "-m", "tests.bench.missed", str(threads), str(each), rates]
    with subprocess.Popen(
        command, cwd=_HERE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield World(process, json.loads(process.stdout.readline()))
        finally:
            process.stdin.close()
            process.wait(timeout=10)


async def _prepare(path: Path, place: Place) -> None:
    async with open_database(path) as database:
        await archives.prepare(database, place)


def read_bare(world: World) -> tuple[float, int]:
    """The bare loop; its seconds and calls."""
    told = {
        "api": world.api,
        "gateway": world.gateway,
        "token": world.token,
        "places": [[world.place.channel_id, world.place.before_id]]
        + [[thread, thread] for thread in world.place.threads],
    }
    world.calls()
    command = [sys.executable, "-m", "tests.bench.bare_reader"]
    done = subprocess.run(
        command, cwd=_HERE, input=json.dumps(told), stdout=subprocess.PIPE, text=True, check=True
    )
    count, first, _ = world.calls()
    return float(done.stdout) - first, count


def read_salon(world: World, path: Path, wanted: int) -> tuple[float, int]:
    """Salon on a prepared archive, until it has all; its seconds and calls."""
    world.calls()
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("SALON_", "DISCORD_"))
    } | {
        "DISCORD_TOKEN": world.token,
        "DISCORD_API_BASE": world.api,
        "DISCORD_GATEWAY_URL": world.gateway,
        "SALON_DATABASE": str(path),
        "SALON_ENV_FILE": "",
        "SALON_LOG_LEVEL": "WARNING",
    }
    with subprocess.Popen(
        [sys.executable, "-m", "bot", "run"], cwd=_HERE, env=environment
    ) as process:
        try:
            ended = _all_there(path, wanted, process)
        finally:
            process.terminate()
            process.wait(timeout=30)
    count, first, last = world.calls()
    return max(ended, last) - first, count


def _all_there(path: Path, wanted: int, process: subprocess.Popen[bytes]) -> float:
    """When everything stood in the archive, and every thread's record held anew."""
    began = time.time() * 1000
    until = time.monotonic() + _PATIENCE
    archive = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
    try:
        while True:
            (held,) = archive.execute(
                "SELECT count(*) FROM watermarks WHERE verified_at < :began", {"began": began}
            ).fetchone()
            if not held:
                break
            if process.poll() is not None:
                raise SystemExit(f"The bot ended with status {process.returncode}.")
            if time.monotonic() > until:
                raise SystemExit(f"Not done after {_PATIENCE:.0f} s.")
            time.sleep(0.02)
        ended = time.monotonic()
        (kept,) = archive.execute("SELECT count(*) FROM replies").fetchone()
    finally:
        archive.close()
    if kept != wanted:
        raise SystemExit(f"{kept} replies are in the archive, and should be {wanted}.")
    return ended


def main() -> int:
    """Run the rounds, each contender first in turn, and print the medians."""
    parser = argparse.ArgumentParser(prog="scripts/bench recover", description=__doc__)
    parser.add_argument("--threads", type=int, default=500)
    parser.add_argument("--each", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rates", choices=("on", "off"), default="on")
    options = parser.parse_args()
    wanted = options.threads * (options.each + 1)
    ratios = []
    with (
        tempfile.TemporaryDirectory() as name,
        serving(options.threads, options.each, options.rates) as world,
    ):
        prepared, path = Path(name) / "prepared.sqlite3", Path(name) / "salon.sqlite3"
        asyncio.run(_prepare(prepared, world.place))
        for number in range(options.rounds):
            for ending in ("", "-wal", "-shm", ".lock"):
                path.with_name(path.name + ending).unlink(missing_ok=True)
            shutil.copyfile(prepared, path)
            if number % 2:
                bare, bare_calls = read_bare(world)
                salon, calls = read_salon(world, path, wanted)
            else:
                salon, calls = read_salon(world, path, wanted)
                bare, bare_calls = read_bare(world)
            ratios.append(salon / bare)
            print(
                f"round {number + 1}: salon {salon:.2f} s ({calls} calls), "
                f"bare loop {bare:.2f} s ({bare_calls} calls), ratio {salon / bare:.3f}",
                flush=True,
            )
    ratio = statistics.median(ratios)
    print(
        f"{options.threads * options.each:,} missed messages in {options.threads} threads, "
        f"rate limits {options.rates}"
    )
    print(
        f"salon / bare loop: {ratio:.3f} (goal {GOAL}; rounds {min(ratios):.3f}–{max(ratios):.3f})"
    )
    return 0 if ratio <= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
