"""The bot as a process that is forked from one which has everything imported already.

It is killed and started like the real one; only the second and more that Python takes to import
what it needs is spent once for all runs.
"""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path

from tests.faults.injected import Lot, run
from tests.faults.speedup import ANSWERS

__all__ = ["ForkedBot"]

_STOPS_WITHIN = 15.0

_context = multiprocessing.get_context("forkserver")


def _die_with_the_run() -> None:
    """What it was forked from is no parent that matters: it ends when the run does."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os.kill(os.getpid(), signal.SIGKILL)


def _live(lot: Lot, environment: dict[str, str], output: str, answers: dict[bytes, bytes]) -> None:
    """What the forked process does: become the bot, and end with its status."""
    threading.Thread(target=_die_with_the_run, daemon=True).start()
    os.environ.clear()
    os.environ.update(environment)
    with Path(output).open("ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    os.setsid()
    sys.exit(run(lot, answers))


@dataclass
class ForkedBot:
    """Starts, stops and kills it; ``log`` is told what it prints, once it has ended.

    ``lot``: what befalls it. ``output``: a file for what it prints. ``is_wanted`` is whether it is
    meant to run; ``ended`` is set each time it has ended.
    """

    lot: Lot
    environment: Mapping[str, str]
    output: Path
    log: Callable[[str], None]
    is_wanted: bool = False

    def __post_init__(self) -> None:
        self.ended = asyncio.Event()
        self._process: BaseProcess | None = None
        self._lock = asyncio.Lock()
        self._told = 0

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return None if self._process is None else self._process.pid

    async def start(self) -> str:
        """Start it unless it runs; the state."""
        async with self._lock:
            self.is_wanted = True
            if self._process is None:
                _context.set_forkserver_preload([_live.__module__, "bot.app.supervisor"])
                given = self.lot, dict(self.environment), str(self.output), ANSWERS
                self._process = _context.Process(target=_live, args=given)
                self.ended.clear()
                self._process.start()
                loop = asyncio.get_running_loop()
                loop.add_reader(self._process.sentinel, self._end, self._process)
            return "running"

    def _end(self, process: BaseProcess) -> None:
        """The process has ended: its status can be had without waiting."""
        asyncio.get_running_loop().remove_reader(process.sentinel)
        process.join()
        status, self._process = process.exitcode, None
        process.close()
        with self.output.open("rb") as file:
            file.seek(self._told)
            printed = file.read()
        self._told += len(printed)
        for line in printed.decode(errors="replace").splitlines():
            self.log(line)
        if self.is_wanted:
            self.log(f"The bot has ended by itself with status {status}.")
        self.ended.set()

    async def kill(self) -> str:
        """End it at once with SIGKILL, as a crash or a power cut does; the state."""
        return await self._strike(signal.SIGKILL)

    async def stop(self) -> str:
        """Ask it to end with SIGTERM; with SIGKILL if it does not within 15 seconds; the state."""
        try:
            return await asyncio.wait_for(self._strike(signal.SIGTERM), _STOPS_WITHIN)
        except TimeoutError:
            self.log(f"The bot did not stop within {_STOPS_WITHIN:.0f} seconds; it is killed.")
            return await self.kill()

    async def _strike(self, number: signal.Signals) -> str:
        async with self._lock:
            self.is_wanted = False
            if self.pid is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(self.pid, number)
                await self.ended.wait()
            return "stopped"
