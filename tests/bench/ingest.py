"""Ingest: messages a second from the gateway's socket to a committed row.

Beside it, in the same run and with the same bytes: a bare discord.py bot with an empty
``on_message`` (same extras, intents, cache settings, compression), and plain sqlite3 writing the
same rows. `scripts/bench ingest [--messages N] [--rounds N] [--one-in N] [--postgresql]`; with
`--one-in 10`, one message in ten is in a discussion; with `--postgresql`, Salon also runs on a
PostgreSQL server of its own, over a socket on this machine. Exit status 1 where an event was lost,
or where the median ratio to the bare bot, or that of PostgreSQL to SQLite, is under the goal.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import functools
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
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from storage.db.archive_location import Location
from tests.bench import archives, frames
from tests.bench.archives import Place
from tests.bench.frames import Talk
from tests.support.postgres_server import PostgresServer, find_programs, run_postgres

#: Runs a query on the archive; its rows.
Query = Callable[[str], Sequence[Any]]

#: The ratio to the bare bot if every message is recorded, and if one in ten or fewer are.
GOAL, GOAL_FOR_FEW = 1.25, 1.6
#: The ratio of Salon on PostgreSQL to Salon on SQLite.
POSTGRESQL_GOAL = 0.5
_HERE = Path(__file__).parents[2]
_PATIENCE = 120.0
_ROWS_A_TRANSACTION = 1000


@dataclass
class Result:
    """What one contender showed: messages (or rows) a second, peak memory in MiB."""

    rates: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)


class Feeder:
    """The feeding process."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self.process = process
        self.api = f"http://127.0.0.1:{port}/api/v10"
        self.gateway = f"ws://127.0.0.1:{port}/gateway"
        self._page = f"http://127.0.0.1:{port}"

    def feed(self, segment: str) -> float:
        """Send a segment; the monotonic time at which it began."""
        request = urllib.request.Request(f"{self._page}/feed/{segment}", method="POST")
        with urllib.request.urlopen(request) as answer:
            return float(json.load(answer)["at"])

    def calls(self) -> int:
        """How many REST calls were made so far."""
        with urllib.request.urlopen(f"{self._page}/calls") as answer:
            return int(json.load(answer)["calls"])


@contextmanager
def feeding(talk: Talk) -> Iterator[Feeder]:
    """A feeder of this talk."""
    numbers = [str(number) for number in (talk.count, talk.warm_up, talk.one_in)]
    command = [sys.executable, "-m", "tests.bench.feeder", *numbers]
    with subprocess.Popen(
        command, cwd=_HERE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield Feeder(process, int(process.stdout.readline()))
        finally:
            process.stdin.close()
            process.wait(timeout=10)


def peak_memory(process: subprocess.Popen[str]) -> float:
    """The most memory a living process ever held, in MiB; 0 where the system does not tell."""
    try:
        status = Path(f"/proc/{process.pid}/status").read_text()
    except OSError:
        return 0.0
    return next(int(x.split()[1]) for x in status.splitlines() if x.startswith("VmHWM")) / 1024


def run_bare(feeder: Feeder, talk: Talk, result: Result) -> None:
    """One round of the bare bot."""
    command = [
        sys.executable, "-m", "tests.bench.bare", feeder.api, feeder.gateway, frames.TOKEN,
    ]  # fmt: skip
    with subprocess.Popen(command, cwd=_HERE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "ready\n"
            feeder.feed("warm")
            process.stdout.readline()
            begun = feeder.feed("main")
            ended = float(process.stdout.readline())
            result.rates.append(talk.count / (ended - begun))
            result.memory.append(peak_memory(process))
        finally:
            process.terminate()


def run_on_sqlite(feeder: Feeder, talk: Talk, result: Result, prepared: Path, path: Path) -> None:
    """One round of Salon on a copy of the prepared archive, which stays at ``path``."""
    shutil.copyfile(prepared, path)

    def open_archive() -> Query:
        archive = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
        return lambda sql: archive.execute(sql).fetchall()

    run_salon(feeder, talk, result, str(path), open_archive)


def run_on_postgresql(feeder: Feeder, talk: Talk, result: Result, server: PostgresServer) -> None:
    """One round of Salon on a copy of the prepared archive, which is the server's first one."""
    import psycopg

    address = server.create(template=server.names[0])

    def open_archive() -> Query:
        archive = psycopg.connect(address, autocommit=True, options="-c search_path=salon")
        return lambda sql: archive.execute(sql.encode()).fetchall()

    run_salon(feeder, talk, result, address, open_archive)


def run_salon(
    feeder: Feeder,
    talk: Talk,
    result: Result,
    database: str,
    open_archive: Callable[[], Query],
) -> None:
    """One round of Salon. ``open_archive``: opens what it writes, for queries."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("SALON_", "DISCORD_"))
    } | {
        "DISCORD_TOKEN": frames.TOKEN,
        "DISCORD_API_BASE": feeder.api,
        "DISCORD_GATEWAY_URL": feeder.gateway,
        "SALON_DATABASE": database,
        "SALON_ENV_FILE": "",
        "SALON_LOG_LEVEL": "WARNING",
    }
    reads = len(frames.THREADS) + 1
    before = feeder.calls()
    last_of_warm_up, last = (
        int(talk.messages[index]["id"])
        for index in (talk.warm_up - 1, talk.warm_up + talk.count - 1)
    )
    command = [sys.executable, "-m", "bot", "run"]
    with subprocess.Popen(command, cwd=_HERE, env=environment, text=True) as process:
        try:
            # It has caught up once it has read the channel's and every thread's history; beside
            # these it asks who it is and for its application (twice), tells its commands, and asks
            # for active and archived threads.
            _wait(lambda: feeder.calls() - before >= reads + 6, process)
            query = open_archive()
            feeder.feed("warm")
            _wait(lambda: _stands(query, last_of_warm_up), process)
            begun = feeder.feed("main")
            _wait(lambda: _stands(query, last), process)
            ended = time.monotonic()
            result.rates.append(talk.count / (ended - begun))
            result.memory.append(peak_memory(process))
        finally:
            process.terminate()
            process.wait(timeout=30)
    _hold_complete(query, talk)


def _wait(holds: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    until = time.monotonic() + _PATIENCE
    while not holds():
        if process.poll() is not None:
            raise SystemExit(f"The bot ended with status {process.returncode}.")
        if time.monotonic() > until:
            raise SystemExit(f"Not done after {_PATIENCE:.0f} s: an event was lost.")
        time.sleep(0.002)


def _stands(query: Query, message_id: int) -> bool:
    return bool(query(f"SELECT 1 FROM replies WHERE id = {message_id}"))


def _hold_complete(query: Query, talk: Talk) -> None:
    """Every message fed stands in the archive, with its text and its place; else the run ends."""
    rows = query("SELECT id, channel_id, parent_id, text FROM replies")
    kept = {row[0]: tuple(row[1:]) for row in rows}
    wrong = 0
    recorded = talk.recorded
    for message in recorded:
        answered = message.get("message_reference", {"message_id": message["channel_id"]})
        wanted = (int(message["channel_id"]), int(answered["message_id"]), message["content"])
        wrong += kept.get(int(message["id"])) != wanted
    if wrong:
        raise SystemExit(f"{wrong} of {len(recorded)} messages are lost or wrong.")
    if len(kept) != len(recorded) + len(frames.THREADS):
        raise SystemExit(f"{len(kept)} messages are in the archive, more than were said there.")


def run_sqlite(talk: Talk, result: Result, kept: Path, path: Path) -> None:
    """One round of plain sqlite3: the same rows into the same table, synchronous=FULL."""
    source = sqlite3.connect(kept)
    schema = [
        sql
        for (sql,) in source.execute(
            "SELECT sql FROM sqlite_master WHERE tbl_name = 'replies' AND sql IS NOT NULL"
            " AND type <> 'trigger'"  # what it writes isn't measured
        )
    ]
    first = int(talk.messages[talk.warm_up]["id"])
    cursor = source.execute(
        "SELECT * FROM replies WHERE id >= :first ORDER BY id", {"first": first}
    )
    names = ", ".join(f":{column[0]}" for column in cursor.description)
    columns = [column[0] for column in cursor.description]
    rows = [dict(zip(columns, row, strict=True)) for row in cursor]
    source.close()
    target = sqlite3.connect(path, isolation_level=None)
    target.execute("PRAGMA journal_mode = WAL")
    target.execute("PRAGMA synchronous = FULL")
    for sql in schema:
        target.execute(sql)
    begun = time.monotonic()
    for start in range(0, len(rows), _ROWS_A_TRANSACTION):
        target.execute("BEGIN IMMEDIATE")
        target.executemany(
            f"INSERT INTO replies VALUES ({names})", rows[start : start + _ROWS_A_TRANSACTION]
        )
        target.execute("COMMIT")
    result.rates.append(len(rows) / (time.monotonic() - begun))
    target.close()


async def prepare(path: Path) -> None:
    """The archive of :func:`prepare_at` in a file."""
    await prepare_at(Location(path, path.parent))


async def prepare_at(location: Location) -> None:
    """An archive with a discussion whose essay stands, and its threads."""
    place = Place(
        server_id=frames.GUILD_ID,
        channel_id=frames.CHANNEL_ID,
        before_id=frames.CHANNEL_ID + 1,
        posts=(frames.CARD_ID, frames.PART_ID, frames.CLOSING_ID),
        threads=frames.THREADS,
    )
    async with location.open() as database:
        await archives.prepare(database, place)


def main() -> int:
    """Run the rounds and print the medians."""
    parser = argparse.ArgumentParser(prog="scripts/bench ingest", description=__doc__)
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--one-in", type=int, default=1)
    parser.add_argument("--postgresql", action="store_true")
    options = parser.parse_args()
    talk = Talk(options.messages, warm_up=1000, one_in=options.one_in)
    salon, bare, plain, other = Result(), Result(), Result(), Result()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        feeder = stack.enter_context(feeding(talk))
        prepared = folder / "prepared.sqlite3"
        asyncio.run(prepare(prepared))
        server = None
        if options.postgresql:
            programs = find_programs()
            assert programs is not None, "PostgreSQL isn't installed"
            server = stack.enter_context(run_postgres(programs, durable=True))
            asyncio.run(prepare_at(Location(Path(), Path(), server.create())))
        kept = folder / "salon.sqlite3"
        for number in range(options.rounds):
            contenders: list[Callable[[], None]] = [
                lambda: run_on_sqlite(feeder, talk, salon, prepared, _fresh(kept)),
                lambda: run_bare(feeder, talk, bare),
                lambda: run_sqlite(talk, plain, kept, _fresh(folder / "plain.sqlite3")),
            ]
            if server is not None:
                contenders.append(functools.partial(run_on_postgresql, feeder, talk, other, server))
            turn = number % len(contenders)
            for contender in contenders[turn:] + contenders[:turn]:
                contender()
            if server is not None:
                print(f"on PostgreSQL: salon {other.rates[-1]:,.0f}/s", flush=True)
            print(
                f"round {number + 1}: salon {salon.rates[-1]:,.0f}/s, bare bot "
                f"{bare.rates[-1]:,.0f}/s, sqlite3 {plain.rates[-1]:,.0f}/s",
                flush=True,
            )
    status = _report(salon, bare, plain, GOAL if options.one_in < 10 else GOAL_FOR_FEW)
    if other.rates:
        ratio = statistics.median(other.rates) / statistics.median(salon.rates)
        print(
            f"on PostgreSQL: {statistics.median(other.rates):,.0f}/s, {max(other.memory):.0f} MiB "
            f"at most; PostgreSQL / SQLite: {ratio:.2f} (goal {POSTGRESQL_GOAL})"
        )
        status = max(status, int(ratio < POSTGRESQL_GOAL))
    return status


def _fresh(path: Path) -> Path:
    for ending in ("", "-wal", "-shm", ".lock"):
        path.with_name(path.name + ending).unlink(missing_ok=True)
    return path


def _report(salon: Result, bare: Result, plain: Result, goal: float) -> int:
    ratios = [s / b for s, b in zip(salon.rates, bare.rates, strict=True)]
    ratio = statistics.median(ratios)
    print()
    for name, result in (("salon", salon), ("bare bot", bare), ("sqlite3", plain)):
        memory = f", {max(result.memory):.0f} MiB at most" if result.memory else ""
        print(f"{name:>9}: {statistics.median(result.rates):>10,.0f}/s{memory}")
    print(
        f"salon / bare bot: {ratio:.2f} (goal {goal}; rounds {min(ratios):.2f}–{max(ratios):.2f})"
    )
    to_plain = statistics.median(salon.rates) / statistics.median(plain.rates)
    print(f"salon / sqlite3:  {to_plain:.3f}")
    print("no event lost")
    return 0 if ratio >= goal else 1


if __name__ == "__main__":
    sys.exit(main())
