"""The bot as a child process, which can be killed and started like the real one."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import bot

__all__ = ["BotProcess", "bot_environment"]

_STOPS_WITHIN = 15.0
_PR_SET_PDEATHSIG = 1
_MOST_LINE = 1 << 20
_OWN_PREFIXES = ("SALON_", "DISCORD_")


def bot_environment(
    inherited: Mapping[str, str],
    *,
    token: str,
    api: str,
    gateway: str,
    clock_link: str,
    database: Path,
) -> dict[str, str]:
    """The child's environment: what is inherited, but no setting of the bot other than these."""
    root = str(Path(bot.__file__).resolve().parent.parent)
    kept = {name: value for name, value in inherited.items() if not name.startswith(_OWN_PREFIXES)}
    search = [root, *filter(None, [kept.get("PYTHONPATH")])]
    return kept | {
        "PYTHONPATH": os.pathsep.join(search),
        "PYTHONUNBUFFERED": "1",
        "DISCORD_TOKEN": token,
        "DISCORD_API_BASE": api,
        "DISCORD_GATEWAY_URL": gateway,
        "SALON_DATABASE": str(database.absolute()),
        "SALON_CLOCK_URL": clock_link,
        "SALON_ENV_FILE": "",
    }


def _die_with_parent() -> Callable[[], None] | None:
    """What the child does before it becomes the bot, so that it never outlives the rehearsal.

    Linux only (``prctl(2)``, PR_SET_PDEATHSIG); elsewhere the rehearsal's clean end has to do.
    """
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None, use_errno=True)
    parent = os.getpid()

    def die_with_parent() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it has died in the meantime
            os.kill(os.getpid(), signal.SIGKILL)

    return die_with_parent


class BotProcess:
    """Runs ``python -m bot run``; ``log`` is told what it prints and how it ends.

    ``is_wanted`` is whether it is meant to run; ``ended`` is set each time it has ended.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        log: Callable[[str], None],
        command: Sequence[str] = (sys.executable, "-m", "bot", "run"),
    ) -> None:
        self._environment = dict(environment)
        self._log = log
        self._command = tuple(command)
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._lock = asyncio.Lock()
        self.is_wanted = False
        self.ended = asyncio.Event()

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self._process.pid if self.is_running and self._process is not None else None

    @property
    def is_running(self) -> bool:
        """Whether the process is there."""
        return self._process is not None and self._process.returncode is None

    @property
    def state(self) -> str:
        """``running``, ``stopped``, or ``ended`` where nobody asked it to."""
        if self.is_running:
            return "running"
        return "ended" if self.is_wanted else "stopped"

    async def start(self) -> str:
        """Start it unless it runs; the state. Raises OSError if it cannot be started."""
        async with self._lock:
            self.is_wanted = True
            if self.is_running:
                return self.state
            await self._finish()
            self.ended.clear()
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                env=self._environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is the rehearsal's; it stops the bot itself
                preexec_fn=_die_with_parent(),
                limit=_MOST_LINE,
            )
            self._reading = asyncio.create_task(self._read(self._process))
            return self.state

    async def kill(self) -> str:
        """End it at once with SIGKILL, as a crash or a power cut does; the state."""
        self._strike(signal.SIGKILL)
        return await self._wait()

    async def stop(self) -> str:
        """Ask it to end with SIGTERM; with SIGKILL if it does not within 15 seconds; the state."""
        self._strike(signal.SIGTERM)
        try:
            return await asyncio.wait_for(self._wait(), _STOPS_WITHIN)
        except TimeoutError:
            self._log(f"The bot did not stop within {_STOPS_WITHIN:.0f} seconds; it is killed.")
            return await self.kill()

    def _strike(self, number: signal.Signals) -> None:
        self.is_wanted = False
        if self.is_running and self._process is not None:
            # Not through the process object, which would take the exit status from the loop.
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process.pid, number)

    async def _wait(self) -> str:
        async with self._lock:
            await self._finish()
            return self.state

    async def _finish(self) -> None:
        """Wait for the end of the process and of what it prints."""
        if self._process is not None:
            await self._process.wait()
        if self._reading is not None:
            await asyncio.shield(self._reading)

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        while True:
            try:
                line = await process.stdout.readline()
            except ValueError:  # a line longer than anybody reads; the rest of it follows
                continue
            if not line:
                break
            self._log(line.decode(errors="replace").rstrip())
        status = await process.wait()
        if self.is_wanted:
            self._log(f"The bot has ended by itself with status {status}.")
        self.ended.set()
