"""Memory and time until ready with 1, 100 and 2,000 servers, compared with bare bots.

One bare bot has discord.py's default settings, one has Salon's. Memory is what is resident some
seconds after it is ready. `scripts/bench footprint [--rounds N]`; exit status 1 where Salon takes
over 15 MB more than the bare bot with its settings, or at 2,000 servers not less than the default.

With `--shards N`, bots with so many shards are compared: exit status 1 where Salon takes over 2 MB
a shard more than the bare one.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench import frames, servers
from tests.bench.ingest import prepare

GOAL = 15.0
#: More than a bare bot with shards, for each of them.
SHARD_GOAL = 2.0
_SERVERS = (1, 100, 2000)
_HERE = Path(__file__).parents[2]
#: Seconds from ready until memory is measured.
_REST = 3.0
#: Longest wait in seconds until a bot is ready.
_LONGEST_START = 120.0
#: For each contender, what the line ends with that says that it is ready.
_READY = {
    "salon": re.compile(r"Connected\. Servers: \d+\.$"),
    "bare, same settings": re.compile("ready$"),
    "bare, defaults": re.compile("ready$"),
}


@dataclass
class Result:
    """Of one contender with one number of servers, a value a round: MB and seconds."""

    memory: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)


@contextmanager
def gateway(count: int, shards: int) -> Iterator[str]:
    """A gateway of that many servers; its address."""
    command = [sys.executable, "-m", "tests.bench.servers", str(count), str(shards)]
    with subprocess.Popen(
        command, cwd=_HERE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.stdin.close()
            process.wait(timeout=10)


def know(prepared: Path, count: int) -> None:
    """Add the servers to the archive, so that the bot greets none of them."""
    with sqlite3.connect(prepared) as archive:
        archive.executemany(
            "INSERT INTO servers (id, name, joined_at) VALUES (:id, :name, 0) "
            "ON CONFLICT DO NOTHING",
            [{"id": servers.id_of(n), "name": f"Server {n}"} for n in range(1, count)],
        )
    archive.close()


def start(
    command: Sequence[str],
    environment: Mapping[str, str],
    ready: re.Pattern[str],
    result: Result,
) -> None:
    """Run a bot until it prints ``ready`` and is idle; note memory and time."""
    began = time.monotonic()
    with subprocess.Popen(
        command,
        cwd=_HERE,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        end_if_late = threading.Timer(_LONGEST_START, process.terminate)
        end_if_late.start()
        try:
            told = []
            for line in process.stdout:
                told.append(line)
                if ready.search(line.rstrip()):
                    break
            else:
                raise SystemExit(f"The bot ended before it was ready: {''.join(told)}")
            end_if_late.cancel()
            result.seconds.append(time.monotonic() - began)
            time.sleep(_REST)
            result.memory.append(resident(process.pid))
        finally:
            end_if_late.cancel()
            process.terminate()
            process.wait(timeout=30)


def resident(pid: int) -> float:
    """The memory that a process holds at this moment, in MB (Linux: proc(5), VmRSS)."""
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(x.split()[1]) for x in status.splitlines() if x.startswith("VmRSS")) * 1.024e-3


def run(name: str, page: str, prepared: Path, folder: Path, result: Result, shards: int) -> None:
    """One round of one contender."""
    api, socket = f"{page}/api/v10", page.replace("http", "ws") + "/gateway"
    own = {n: v for n, v in os.environ.items() if not n.startswith(("SALON_", "DISCORD_"))}
    if name == "salon":
        path = folder / "salon.sqlite3"
        for ending in ("", "-wal", "-shm", ".lock"):
            path.with_name(path.name + ending).unlink(missing_ok=True)
        shutil.copyfile(prepared, path)
        command = [sys.executable, "-m", "bot", "run"]
        own |= {
            "DISCORD_TOKEN": frames.TOKEN,
            "DISCORD_API_BASE": api,
            "DISCORD_GATEWAY_URL": socket,
            "SALON_DATABASE": str(path),
            "SALON_ENV_FILE": "",
            "SALON_SHARDS": str(shards),
        }
    else:
        command = [sys.executable, "-m", "tests.bench.bare", api, socket, frames.TOKEN]
        command += ["default"] if name == "bare, defaults" else []
        command += [str(shards)] if shards > 1 else []
    start(command, own, _READY[name], result)


def main() -> int:
    """Run the rounds and print the medians."""
    parser = argparse.ArgumentParser(prog="scripts/bench footprint", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--shards", type=int, default=1, help="connections of each bot")
    options = parser.parse_args()
    passed = True
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepared = folder / "prepared.sqlite3"
        asyncio.run(prepare(prepared))
        for count in _SERVERS:
            results = {contender: Result() for contender in _READY}
            if options.shards > 1:
                del results["bare, defaults"]
            know(prepared, count)
            with gateway(count, options.shards) as page:
                for _ in range(options.rounds):
                    for contender, result in results.items():
                        run(contender, page, prepared, folder, result, options.shards)
            passed = _report(count, results, options.shards) and passed
    return 0 if passed else 1


def _report(count: int, results: Mapping[str, Result], shards: int) -> bool:
    memory = {name: statistics.median(result.memory) for name, result in results.items()}
    print(f"{count:,} server{'s' * (count != 1)}:")
    for name, result in results.items():
        print(
            f"  {name:>20}: {memory[name]:6.1f} MB, ready after "
            f"{statistics.median(result.seconds):.2f} s"
        )
    more = memory["salon"] - memory["bare, same settings"]
    goal = GOAL if shards == 1 else SHARD_GOAL * shards
    print(f"  more than the bare bot with the same settings: {more:.1f} MB (goal {goal:.0f})")
    if shards > 1:
        print(f"  for each of {shards} shards: {more / shards:.1f} MB")
    holds = more <= goal
    if shards == 1 and count == _SERVERS[-1]:
        ratio = memory["salon"] / memory["bare, defaults"]
        print(f"  of the bare bot with default settings: {ratio:.2f} (goal: below 1)")
        holds = holds and ratio < 1
    sys.stdout.flush()
    return holds


if __name__ == "__main__":
    sys.exit(main())
