"""The bot as a process forked from one that has already imported everything.

It is killed and started like the real one; but the imports, which take Python over a second, are
done once for all runs.
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

from tests.faults.forked_main import ProcessFault, run
from tests.faults.shorter_waits import ANSWERS

__all__ = ["ForkedBot"]

_STOP_SECONDS = 15.0

_context = multiprocessing.get_context("forkserver")


def _end_with_the_run() -> None:
    """End when the run ends, and not when the fork server does, which is the parent process."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os.kill(os.getpid(), signal.SIGKILL)


def _run_child(
    fault: ProcessFault, environment: dict[str, str], output: str, answers: dict[bytes, bytes]
) -> None:
    """Run the bot in the forked process, and exit with its status."""
    threading.Thread(target=_end_with_the_run, daemon=True).start()
    os.environ.clear()
    os.environ.update(environment)
    with Path(output).open("ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    os.setsid()
    sys.exit(run(fault, answers))


@dataclass
class ForkedBot:
    """Starts, stops and kills the process; passes its output to ``log`` when it has ended.

    ``fault``: the fault injected into it. ``output``: the file its output goes to. ``is_wanted``:
    whether it should be running; ``ended`` is set each time it has ended.
    """

    fault: ProcessFault
    environment: Mapping[str, str]
    output: Path
    log: Callable[[str], None]
    is_wanted: bool = False

    def __post_init__(self) -> None:
        self.ended = asyncio.Event()
        self._process: BaseProcess | None = None
        self._lock = asyncio.Lock()
        self._logged = 0

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return None if self._process is None else self._process.pid

    async def start(self) -> str:
        """Start it unless it runs; the state."""
        async with self._lock:
            self.is_wanted = True
            if self._process is None:
                _context.set_forkserver_preload([_run_child.__module__, "bot.app.supervisor"])
                given = self.fault, dict(self.environment), str(self.output), ANSWERS
                self._process = _context.Process(target=_run_child, args=given)
                self.ended.clear()
                self._process.start()
                loop = asyncio.get_running_loop()
                loop.add_reader(self._process.sentinel, self._end, self._process)
            return "running"

    def _end(self, process: BaseProcess) -> None:
        """Handle the end of the process; joining it doesn't block."""
        asyncio.get_running_loop().remove_reader(process.sentinel)
        process.join()
        status, self._process = process.exitcode, None
        process.close()
        with self.output.open("rb") as file:
            file.seek(self._logged)
            printed = file.read()
        self._logged += len(printed)
        for line in printed.decode(errors="replace").splitlines():
            self.log(line)
        if self.is_wanted:
            self.log(f"The bot ended by itself with status {status}.")
        self.ended.set()

    async def kill(self) -> str:
        """End it at once with SIGKILL, as a crash or a power cut does; the state."""
        return await self._signal(signal.SIGKILL)

    async def stop(self) -> str:
        """Ask it to end with SIGTERM; with SIGKILL if it does not within 15 seconds; the state."""
        try:
            return await asyncio.wait_for(self._signal(signal.SIGTERM), _STOP_SECONDS)
        except TimeoutError:
            self.log(f"The bot did not stop within {_STOP_SECONDS:.0f} seconds; killing it.")
            return await self.kill()

    async def _signal(self, number: signal.Signals) -> str:
        async with self._lock:
            self.is_wanted = False
            if self.pid is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(self.pid, number)
                await self.ended.wait()
            return "stopped"
