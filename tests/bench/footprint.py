"""Memory and time until ready with 1, 100 and 2,000 servers, compared with bare bots.

`scripts/bench footprint [--rounds N]`. Memory is what is resident some seconds after a bot is
ready. The bare bots: discord.py with Salon's settings; the same, but with all modules imported that
Salon imports at its start; discord.py with its default settings. The second tells what Salon's code
takes from what it takes because it runs.

Exit status 1 where Salon takes over 8 MB more than the bare bot with its imports, or at 2,000
servers over 8 MB more than the one without, or not less than the one with the defaults. With few
servers, the difference to the one without imports is nearly all code, which is loaded once however
many servers there are, and is only printed.

With `--shards N`, bots with so many shards are compared: exit status 1 where Salon takes over 2 MB
a shard more than the bare one with its imports.
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

#: MB more than a bare bot with the same imports; and than a really bare one at most servers.
RUNNING_GOAL, TOTAL_GOAL = 8.0, 8.0
#: MB more than a bare bot with the same imports, for each shard.
SHARD_GOAL = 2.0
_SERVERS = (1, 100, 2000)
_HERE = Path(__file__).parents[2]
#: Seconds from ready until memory is measured.
_REST = 3.0
#: Longest wait in seconds until a bot is ready.
_LONGEST_START = 120.0
#: For each contender, what the line ends with that says that it is ready.
_SALON, _BARE, _IMPORTS, _DEFAULTS = "Salon", "bare bot", "with Salon's imports", "with defaults"
_READY = {
    _SALON: re.compile(r"Connected\. Servers: \d+\.$"),
    _BARE: re.compile("ready$"),
    _IMPORTS: re.compile("ready$"),
    _DEFAULTS: re.compile("ready$"),
}
#: For each bare bot, its arguments.
_ARGUMENTS: dict[str, list[str]] = {_BARE: [], _IMPORTS: ["imports"], _DEFAULTS: ["default"]}


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
            "ON CONFLICT (id) DO UPDATE SET name = excluded.name",
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
    if name == _SALON:
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
        command += [*_ARGUMENTS[name], str(shards)]
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
                del results[_DEFAULTS]
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
    running = memory[_SALON] - memory[_IMPORTS]
    total = memory[_SALON] - memory[_BARE]
    goal = RUNNING_GOAL if shards == 1 else SHARD_GOAL * shards
    holds = running <= goal
    print(f"  more than the bare bot with Salon's imports: {running:.1f} MB (goal {goal:.0f})")
    counts = shards == 1 and count == _SERVERS[-1]
    of_total = f" (goal {TOTAL_GOAL:.0f})" if counts else ""
    print(f"  more than the bare bot: {total:.1f} MB{of_total}")
    if shards > 1:
        each = f"{running / shards:.1f} MB and {total / shards:.1f} MB"
        print(f"  for each of {shards} shards: {each}")
    if counts:
        ratio = memory[_SALON] / memory[_DEFAULTS]
        print(f"  of the bare bot with default settings: {ratio:.2f} (goal: below 1)")
        holds = holds and total <= TOTAL_GOAL and ratio < 1
    sys.stdout.flush()
    return holds


if __name__ == "__main__":
    sys.exit(main())
