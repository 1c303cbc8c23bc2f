"""Time to acknowledge a slash command while 2,000 messages a second arrive.

Measured from sending the command's frame to its first answer, with every message recorded.
`scripts/bench responsive [--seconds N] [--rate N] [--rounds N]`; exit status 1 where a message or
an answer is missing or the 99th percentile is over the goal.
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
import urllib.request
from pathlib import Path
from typing import Any

from tests.bench import frames
from tests.bench.ingest import prepare

GOAL = 30.0
#: The channel itself has no news, so it isn't read.
_THREADS_ARE_READ = """
SELECT min(verified_at) > :n FROM watermarks JOIN threads ON threads.id = watermarks.channel_id
"""
_HERE = Path(__file__).parents[2]
_EVERY = 40
_PATIENCE = 60.0


def flow(prepared: Path, path: Path, seconds: int, rate: int) -> dict[str, Any]:
    """One round; what the gateway saw."""
    shutil.copyfile(prepared, path)
    command = [sys.executable, "-m", "tests.bench.paced", str(seconds), str(rate), str(_EVERY)]
    with subprocess.Popen(
        command, cwd=_HERE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as gateway:
        assert gateway.stdin is not None
        assert gateway.stdout is not None
        page = f"http://127.0.0.1:{int(gateway.stdout.readline())}"
        try:
            return _flow(page, path, seconds * rate)
        finally:
            gateway.stdin.close()
            gateway.wait(timeout=10)


def _flow(page: str, path: Path, count: int) -> dict[str, Any]:
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("SALON_", "DISCORD_"))
    } | {
        "DISCORD_TOKEN": frames.TOKEN,
        "DISCORD_API_BASE": f"{page}/api/v10",
        "DISCORD_GATEWAY_URL": page.replace("http", "ws") + "/gateway",
        "SALON_DATABASE": str(path),
        "SALON_ENV_FILE": "",
        "SALON_LOG_LEVEL": "WARNING",
    }
    with subprocess.Popen(
        [sys.executable, "-m", "bot", "run"], cwd=_HERE, env=environment
    ) as process:
        try:
            archive = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
            began = time.time() * 1000
            wait_for(archive, _THREADS_ARE_READ, int(began), process)
            _post(f"{page}/feed/warm")
            kept = "SELECT count(*) >= :n FROM replies"
            heads = len(frames.THREADS)
            wait_for(archive, kept, heads + 1000, process)
            told = _post(f"{page}/flow")
            wait_for(archive, kept, heads + 1000 + count, process)
            archive.close()
            return told
        finally:
            process.terminate()
            process.wait(timeout=30)


def _post(address: str) -> dict[str, Any]:
    request = urllib.request.Request(address, method="POST")
    with urllib.request.urlopen(request) as answer:
        found: dict[str, Any] = json.load(answer)
        return found


def wait_for(
    archive: sqlite3.Connection, query: str, number: int, process: subprocess.Popen[bytes]
) -> None:
    """Wait until a question asked of the archive is answered with yes."""
    until = time.monotonic() + _PATIENCE
    while not archive.execute(query, {"n": number}).fetchone()[0]:
        if process.poll() is not None:
            raise SystemExit(f"The bot ended with status {process.returncode}.")
        if time.monotonic() > until:
            raise SystemExit(f"Not done after {_PATIENCE:.0f} s: something was lost.")
        time.sleep(0.02)


def main() -> int:
    """Run the rounds and print the percentiles."""
    parser = argparse.ArgumentParser(prog="scripts/bench responsive", description=__doc__)
    parser.add_argument("--seconds", type=int, default=15)
    parser.add_argument("--rate", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    found = []
    with tempfile.TemporaryDirectory() as name:
        prepared, path = Path(name) / "prepared.sqlite3", Path(name) / "salon.sqlite3"
        asyncio.run(prepare(prepared))
        for number in range(options.rounds):
            for ending in ("", "-wal", "-shm", ".lock"):
                path.with_name(path.name + ending).unlink(missing_ok=True)
            told = flow(prepared, path, options.seconds, options.rate)
            took = sorted(told["took"])
            if len(took) < told["asked"]:
                raise SystemExit(f"{told['asked'] - len(took)} commands were not answered.")
            found.append(took[-(len(took) // 100) - 1])
            print(
                f"round {number + 1}: {options.seconds * options.rate / told['seconds']:,.0f} "
                f"messages a second, {len(took)} commands: median {statistics.median(took):.1f} "
                f"ms, 99 of 100 within {found[-1]:.1f} ms, the slowest {took[-1]:.1f} ms",
                flush=True,
            )
    p99 = statistics.median(found)
    print(f"99th percentile: {p99:.1f} ms (goal {GOAL:.0f}); no message lost")
    return 0 if p99 <= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
