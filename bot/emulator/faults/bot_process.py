"""The bot as a child process that can be stopped, killed and restarted."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

__all__ = ["BotProcess", "bot_environment"]

_STOPS_WITHIN = 15.0
_PR_SET_PDEATHSIG = 1
_MAX_LINE = 1 << 20
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
    """The child's environment: the inherited one, with no settings of the bot but these."""
    root = str(Path(__file__).resolve().parents[3])
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
    """A function for the child to run before exec, so that it never outlives the rehearsal.

    Linux only (``prctl(2)``, PR_SET_PDEATHSIG); elsewhere only a clean exit stops the bot.
    """
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None, use_errno=True)
    parent = os.getpid()

    def die_with_parent() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # the parent exited in the meantime
            os.kill(os.getpid(), signal.SIGKILL)

    return die_with_parent


class BotProcess:
    """Runs ``python -m bot run``; ``log`` gets its output and its exit status.

    ``is_wanted`` is whether it should be running; ``ended`` is set each time it ends.
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
        """The process id, None if it isn't running."""
        return self._process.pid if self.is_running and self._process is not None else None

    @property
    def is_running(self) -> bool:
        """Whether the process is running."""
        return self._process is not None and self._process.returncode is None

    @property
    def state(self) -> str:
        """``running``, ``stopped``, or ``ended`` if it stopped by itself."""
        if self.is_running:
            return "running"
        return "ended" if self.is_wanted else "stopped"

    async def start(self) -> str:
        """Start it unless it runs; its state. Raises OSError if it can't be started."""
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
                start_new_session=True,  # the rehearsal handles Ctrl-C and stops the bot
                preexec_fn=_die_with_parent(),
                limit=_MAX_LINE,
            )
            self._reading = asyncio.create_task(self._read(self._process))
            return self.state

    async def kill(self) -> str:
        """Kill it with SIGKILL, like a crash or a power cut; its state."""
        self._signal(signal.SIGKILL)
        return await self._wait()

    async def stop(self) -> str:
        """Stop it with SIGTERM, after 15 seconds with SIGKILL; its state."""
        self._signal(signal.SIGTERM)
        try:
            return await asyncio.wait_for(self._wait(), _STOPS_WITHIN)
        except TimeoutError:
            self._log(f"The bot didn't stop within {_STOPS_WITHIN:.0f} seconds, so it is killed.")
            return await self.kill()

    def _signal(self, number: signal.Signals) -> None:
        self.is_wanted = False
        if self.is_running and self._process is not None:
            # Not with process.send_signal(), which would take the exit status from the loop.
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process.pid, number)

    async def _wait(self) -> str:
        async with self._lock:
            await self._finish()
            return self.state

    async def _finish(self) -> None:
        """Wait until the process has ended and its output was read."""
        if self._process is not None:
            await self._process.wait()
        if self._reading is not None:
            await asyncio.shield(self._reading)

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        while True:
            try:
                line = await process.stdout.readline()
            except ValueError:  # a line over the limit; skip it
                continue
            if not line:
                break
            self._log(line.decode(errors="replace").rstrip())
        status = await process.wait()
        if self.is_wanted:
            self._log(f"The bot ended by itself with status {status}.")
        self.ended.set()
