"""How long a large bot takes after a restart until it has what was said meanwhile.

2,500 servers with 10 watched channels and threads each, news in 2 % of them, and 50 calls a second.
Beside it: the least that is possible, one call for each channel or thread with news, made by a bare
loop; and, with `--everything`, a bot that isn't told of last messages, so that it reads everything.
Archived threads and the comparison follow, and are reported by themselves. With `--ready`, only
memory and the time until it is ready are measured. `scripts/bench restart [--servers N] [--shards
N] [--channels N] [--threads N] [--news SHARE] [--recent SHARE] [--latency MS] [--everything]
[--ready] [--without-comparison]`; exit status 1 where the calls or seconds of a large bot are over
the goal. The comparison takes minutes.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from storage.db.database import open_database
from tests.bench import archives, frames
from tests.bench.footprint import know, resident
from tests.bench.restarted import Sizes

#: Of the calls and seconds that the bare loop needs, if those are more than a start takes.
GOAL, _LARGE = 1.2, 5.0
_HERE = Path(__file__).parents[2]
_PATIENCE = 3600.0
#: Servers written to the archive in one transaction.
_SERVERS_A_TRANSACTION = 100
#: Seconds from ready until memory is measured.
_REST = 3.0


class World:
    """The serving process."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self.process = process
        self.api = f"http://127.0.0.1:{port}/api/v10"
        self.gateway = f"ws://127.0.0.1:{port}/gateway"

    def name_last_messages(self, *, named: bool) -> None:
        """Whether servers are described with their last messages from now on."""
        self._send("named" if named else "silent")

    def calls(self) -> list[tuple[str, float]]:
        """The calls since this was last asked."""
        assert self.process.stdout is not None
        self._send("calls")
        return [(kind, at) for kind, at in json.loads(self.process.stdout.readline())]

    def _send(self, command: str) -> None:
        assert self.process.stdin is not None
        print(command, file=self.process.stdin, flush=True)


@contextlib.contextmanager
def serving(sizes: Sizes) -> Iterator[World]:
    """The servers, in a process of their own."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.bench.restarted"],
        cwd=_HERE,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            print(json.dumps(asdict(sizes)), file=process.stdin, flush=True)
            yield World(process, int(process.stdout.readline()))
        finally:
            process.stdin.close()
            process.wait(timeout=10)


async def prepare(path: Path, sizes: Sizes) -> None:
    """An archive whose record was complete and verified when the bot ended."""
    places = sizes.list_places()
    async with open_database(path) as database:
        for start in range(0, len(places), _SERVERS_A_TRANSACTION):
            some = places[start : start + _SERVERS_A_TRANSACTION]
            await archives.prepare(database, *(place for one in some for place in one))
    know(path, sizes.servers)
    with sqlite3.connect(path) as archive:
        archive.executemany(
            """
            UPDATE watermarks SET message_id = :message_id, verified_at = :now
            WHERE channel_id = :id
            """,
            [
                {"id": one, "message_id": message_id, "now": sizes.now_ms}
                for one, message_id in sizes.known_messages.items()
            ],
        )
    archive.close()


@dataclass
class Reading:
    """What a bot took, in seconds and calls, until it was ready, had the news, and was done."""

    ready: float = 0.0
    memory: float = 0.0
    news: float = 0.0
    news_calls: Counter[str] | None = None
    done: float = 0.0
    calls: Counter[str] | None = None


def count(calls: Sequence[tuple[str, float]], until: float) -> Counter[str]:
    """The calls for catching up until then, by kind."""
    return Counter(kind for kind, at in calls if kind != "other" and at <= until)


def read_bare(world: World, sizes: Sizes) -> tuple[float, int]:
    """One call for each channel or thread with news; seconds and calls."""
    told = {
        "api": world.api,
        "gateway": world.gateway,
        "token": frames.TOKEN,
        "places": [[one, sizes.known_messages[one]] for one in sizes.new_messages],
    }
    world.calls()
    command = [sys.executable, "-m", "tests.bench.bare_reader"]
    done = subprocess.run(
        command, cwd=_HERE, input=json.dumps(told), stdout=subprocess.PIPE, text=True, check=True
    )
    made = [at for kind, at in world.calls() if kind == "history"]
    return float(done.stdout) - min(made), len(made)


@contextlib.contextmanager
def running(world: World, path: Path, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Salon, until the block ends; its log is written to a file."""
    own = {n: v for n, v in os.environ.items() if not n.startswith(("SALON_", "DISCORD_"))} | {
        "DISCORD_TOKEN": frames.TOKEN,
        "DISCORD_API_BASE": world.api,
        "DISCORD_GATEWAY_URL": world.gateway,
        "SALON_DATABASE": str(path),
        "SALON_ENV_FILE": "",
        "SALON_SHARDS": "auto",
    }
    with (
        log.open("w") as written,
        subprocess.Popen(
            [sys.executable, "-m", "bot", "run"], cwd=_HERE, env=own, stdout=written, stderr=written
        ) as process,
    ):
        try:
            yield process
        finally:
            process.terminate()
            process.wait(timeout=60)


def read_salon(
    world: World, path: Path, sizes: Sizes, *, until_ready: bool = False, until_news: bool = False
) -> Reading:
    """Salon on a prepared archive, until it is done, or ready, or has the news."""
    found, log = Reading(), path.with_suffix(".log")
    wanted = len(sizes.new_messages)
    first_new = min(sizes.new_messages.values())
    calls: list[tuple[str, float]] = []
    world.calls()
    started, wall = time.monotonic(), time.time() * 1000
    with (
        running(world, path, log) as process,
        contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as archive,
    ):
        while not found.done:
            time.sleep(0.05)
            now = time.monotonic()
            if process.poll() is not None or now - started > _PATIENCE:
                raise SystemExit(f"The bot didn't finish:\n{log.read_text()[-3000:]}")
            if not found.ready and "Connected. Servers" in log.read_text():
                found.ready = now - started
                if until_ready:
                    time.sleep(_REST)
                    found.memory = resident(process.pid)
                    return found
            if not found.news and _count(archive, _NEWS, {"first": first_new}) >= wanted:
                calls += world.calls()
                began = min((at for kind, at in calls if kind == "history"), default=now)
                found.news, found.news_calls = now - began, count(calls, now)
                print(
                    f"  news recorded in {found.news:.1f} s, {describe(found.news_calls)}",
                    flush=True,
                )
                if until_news:
                    found.memory = resident(process.pid)
                    return found
            known = {"began": wall, "first": first_new}
            if found.news and not _count(archive, _UNVERIFIED, known):
                calls += world.calls()
                found.done, found.calls = now - started, count(calls, now)
                found.memory = resident(process.pid)
    return found


_NEWS = "SELECT count(*) FROM replies WHERE id >= :first"
#: A thread that is opened meanwhile is new.
_UNVERIFIED = "SELECT count(*) FROM watermarks WHERE verified_at < :began AND channel_id < :first"


def _count(archive: sqlite3.Connection, sql: str, parameters: dict[str, Any]) -> int:
    (number,) = archive.execute(sql, parameters).fetchone()
    return int(number)


def measure(
    world: World,
    prepared: Path,
    sizes: Sizes,
    *,
    named: bool,
    until_ready: bool = False,
    until_news: bool = False,
) -> Reading:
    """One run of Salon on a copy of the archive."""
    path = prepared.with_name("salon.sqlite3")
    for ending in ("", "-wal", "-shm", ".lock"):
        path.with_name(path.name + ending).unlink(missing_ok=True)
    shutil.copyfile(prepared, path)
    world.name_last_messages(named=named)
    return read_salon(world, path, sizes, until_ready=until_ready, until_news=until_news)


def describe(calls: Counter[str] | None) -> str:
    """Calls in words."""
    calls = calls or Counter()
    kinds = ", ".join(f"{number:,} {kind}" for kind, number in sorted(calls.items()))
    return f"{calls.total():,} calls ({kinds or 'none'})"


def main() -> int:
    """Run each way once, and print what they took."""
    parser = argparse.ArgumentParser(prog="scripts/bench restart", description=__doc__)
    parser.add_argument("--servers", type=int, default=2500)
    parser.add_argument("--shards", type=int, help="one for 1,000 servers without it")
    parser.add_argument("--channels", type=int, default=2)
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--news", type=float, default=0.02)
    parser.add_argument("--recent", type=float, default=0.2)
    parser.add_argument("--latency", type=float, default=50.0)
    parser.add_argument("--everything", action="store_true")
    parser.add_argument("--ready", action="store_true")
    parser.add_argument("--without-comparison", action="store_true")
    options = parser.parse_args()
    sizes = Sizes(
        options.servers,
        options.shards or max(1, round(options.servers / 1000)),
        options.channels,
        options.threads,
        options.news,
        options.recent,
        options.latency / 1000,
        int(time.time() * 1000),
    )
    print(
        f"{sizes.servers:,} servers on {sizes.shards} shards with {sizes.channels} channels and "
        f"{sizes.threads} threads each, news in {len(sizes.new_messages):,} of "
        f"{len(sizes.known_messages):,}, {options.latency:.0f} ms a call",
        flush=True,
    )
    with tempfile.TemporaryDirectory() as name:
        prepared = Path(name) / "prepared.sqlite3"
        asyncio.run(prepare(prepared, sizes))
        with serving(sizes) as world:
            if options.ready:
                found = measure(world, prepared, sizes, named=True, until_ready=True)
                print(f"ready after {found.ready:.1f} s, {found.memory:.0f} MB")
                return 0
            return _compare(
                world,
                prepared,
                sizes,
                everything=options.everything,
                until_news=options.without_comparison,
            )


def _compare(
    world: World, prepared: Path, sizes: Sizes, *, everything: bool, until_news: bool
) -> int:
    bare, bare_calls = read_bare(world, sizes)
    print(f"bare loop: {bare:.1f} s, {bare_calls:,} calls", flush=True)
    print("Salon:", flush=True)
    found = measure(world, prepared, sizes, named=True, until_news=until_news)
    if not until_news:
        _report(found)
    if everything:
        print("reading everything:", flush=True)
        _report(measure(world, prepared, sizes, named=False))
    calls = (found.news_calls or Counter()).total() / max(bare_calls, 1)
    seconds = found.news / max(bare, 0.001)
    print(f"news, Salon / bare loop: calls {calls:.2f}, seconds {seconds:.2f} (goal {GOAL})")
    return 0 if max(calls, seconds) <= GOAL or bare < _LARGE else 1


def _report(found: Reading) -> None:
    print(
        f"  ready after {found.ready:.1f} s, all compared after {found.done:.1f} s, "
        f"{describe(found.calls)}, {found.memory:.0f} MB",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
