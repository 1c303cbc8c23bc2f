"""The bot as a process forked from one that has already imported everything.

It is killed and started like the real one; but the imports, which take Python over a second, are
done once for all runs.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from bot.__main__ import main
from tests.support.essay_reading import read_in_bot_process
from tests.support.waits import shorten_guild_wait

__all__ = ["ForkedBot", "run_command", "run_forked_bot"]

_STOP_SECONDS = 15.0

_context = multiprocessing.get_context("forkserver")


def _end_with_the_run() -> None:
    """End when the run ends, and not when the fork server does, which is the parent process."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os.kill(os.getpid(), signal.SIGKILL)


def _run_child(main: Callable[[], int], environment: dict[str, str], output: Connection) -> None:
    """Call ``main`` in the forked process, and exit with its status."""
    threading.Thread(target=_end_with_the_run, daemon=True).start()
    os.environ.clear()
    os.environ.update(environment)
    os.dup2(output.fileno(), 1)
    os.dup2(output.fileno(), 2)
    output.close()
    os.setsid()
    sys.exit(main())


def run_forked_bot() -> int:
    """Run ``python -m bot run`` in a forked process; its exit status."""
    with read_in_bot_process(), shorten_guild_wait():
        return main(["run"])


async def run_command(environment: Mapping[str, str], *arguments: str) -> tuple[int, str]:
    """Run ``python -m bot …`` in a forked process; its exit status and output."""
    lines: list[str] = []
    process = ForkedBot(functools.partial(main, list(arguments)), environment, lines.append)
    await process.start()
    process.is_wanted = False
    await process.ended.wait()
    return process.status or 0, "".join(f"{line}\n" for line in lines)


@dataclass
class ForkedBot:
    """Starts, stops and kills the process, as ``BotProcess`` does the real one.

    ``main``: what runs in it; it is pickled. ``log``: called with each line of its output.
    ``is_wanted``: whether it should be running; ``ended`` is set each time it has ended, and
    ``status`` is the last exit status.
    """

    main: Callable[[], int]
    environment: Mapping[str, str]
    log: Callable[[str], None]
    is_wanted: bool = False
    status: int | None = None
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self._process: BaseProcess | None = None
        self._watching: asyncio.Task[None] | None = None
        self._lock = asyncio.Lock()

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return None if self._process is None else self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether the process is running."""
        return self._process is not None

    @property
    def state(self) -> str:
        """``running``, ``stopped``, or ``ended`` if it stopped by itself."""
        if self.is_running:
            return "running"
        return "ended" if self.is_wanted else "stopped"

    async def start(self) -> str:
        """Start it unless it runs; its state."""
        async with self._lock:
            self.is_wanted = True
            if self.is_running:
                return self.state
            await self._finish()
            _context.set_forkserver_preload([_run_child.__module__, "bot.app.supervisor"])
            output, childs_output = _context.Pipe(duplex=False)
            given = self.main, dict(self.environment), childs_output
            process = _context.Process(target=_run_child, args=given)
            self.ended.clear()
            process.start()
            childs_output.close()
            self._process = process
            self._watching = asyncio.create_task(self._watch(process, output))
            return self.state

    async def _watch(self, process: BaseProcess, output: Connection) -> None:
        """Pass the output on line by line until the process has ended."""
        loop = asyncio.get_running_loop()
        has_ended = asyncio.Event()
        loop.add_reader(process.sentinel, has_ended.set)
        reader = asyncio.StreamReader()
        with open(os.dup(output.fileno()), "rb", buffering=0) as pipe:  # noqa: ASYNC230, PTH123
            output.close()
            await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), pipe)
            rest = b""
            while chunk := await reader.read(1 << 16):
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    self.log(line.decode(errors="replace"))
            if rest:
                self.log(rest.decode(errors="replace"))
        try:
            await has_ended.wait()
        finally:
            loop.remove_reader(process.sentinel)
        process.join()  # doesn't block: it has ended
        self.status, self._process = process.exitcode, None
        process.close()
        if self.is_wanted:
            self.log(f"The bot ended by itself with status {self.status}.")
        self.ended.set()

    async def kill(self) -> str:
        """End it at once with SIGKILL, as a crash or a power cut does; its state."""
        return await self._signal(signal.SIGKILL)

    def begin_kill(self) -> None:
        """The same, without waiting until it has ended."""
        self._send(signal.SIGKILL)

    async def stop(self) -> str:
        """Ask it to end with SIGTERM; with SIGKILL if it does not within 15 seconds; its state."""
        try:
            return await asyncio.wait_for(self._signal(signal.SIGTERM), _STOP_SECONDS)
        except TimeoutError:
            self.log(f"The bot didn't stop within {_STOP_SECONDS:.0f} seconds, so it is killed.")
            return await self.kill()

    def _send(self, number: signal.Signals) -> None:
        self.is_wanted = False
        if self.pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    async def _signal(self, number: signal.Signals) -> str:
        self._send(number)
        async with self._lock:
            await self._finish()
            return self.state

    async def _finish(self) -> None:
        """Wait until the process has ended and its output was read."""
        if self._watching is not None:
            await asyncio.shield(self._watching)
