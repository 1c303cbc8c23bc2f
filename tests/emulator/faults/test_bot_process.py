"""The bot as a child process: kill, stop, start, and no process left behind."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from bot.emulator.faults.bot_process import BotProcess, bot_environment
from bot.emulator.faults.controls import BotControl
from bot.emulator.server import Emulator
from tests.emulator.gateway_client import PATIENCE, control

pytestmark = pytest.mark.slow

SLEEPER = "import time; print('here', flush=True); time.sleep(600)"


class Log:
    """A process's output; ``until`` waits for a line."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._changed = asyncio.Event()

    def __call__(self, line: str) -> None:
        self.lines.append(line)
        self._changed.set()

    async def until(self, line: str) -> None:
        """Wait until a line was printed."""
        async with asyncio.timeout(PATIENCE):
            while line not in self.lines:
                self._changed.clear()
                await self._changed.wait()


def python(code: str, log: Log) -> BotProcess:
    """A process that runs some code instead of the bot."""
    return BotProcess(os.environ, log, (sys.executable, "-c", code))


async def test_a_process_is_killed_and_started_again() -> None:
    log = Log()
    process = python(SLEEPER, log)
    assert process.state == "stopped"
    assert await process.start() == "running"
    first = process.pid
    assert await process.start() == "running"
    assert process.pid == first
    await log.until("here")
    assert await process.kill() == "stopped"
    assert await process.kill() == "stopped"
    assert process.pid is None
    await process.start()
    assert process.pid != first
    await process.stop()
    assert log.lines.count("here") <= 2
    assert not any("by itself" in line for line in log.lines)


async def test_a_stop_lets_the_process_end_cleanly() -> None:
    log = Log()
    code = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: (print('bye', flush=True), sys.exit(0)))\n"
        "print('here', flush=True)\n"
        "time.sleep(600)"
    )
    process = python(code, log)
    await process.start()
    await log.until("here")
    assert await process.stop() == "stopped"
    assert log.lines == ["here", "bye"]


async def test_a_process_that_ends_by_itself_is_logged_with_its_status() -> None:
    log = Log()
    process = python("import sys; print('oh'); sys.exit(3)", log)
    await process.start()
    await asyncio.wait_for(process.ended.wait(), PATIENCE)
    assert log.lines == ["oh", "The bot ended by itself with status 3."]
    assert process.state == "ended"
    assert await process.stop() == "stopped"


async def test_no_bot_outlives_a_rehearsal_that_is_killed() -> None:
    code = f"""
import asyncio, os, sys
from bot.emulator.faults.bot_process import BotProcess
async def main():
    process = BotProcess(os.environ, lambda line: None, (sys.executable, "-c", {SLEEPER!r}))
    await process.start()
    print(process.pid, flush=True)
    await asyncio.sleep(600)
asyncio.run(main())
"""
    root = str(Path(__file__).parents[3])
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE, cwd=root
    )
    assert parent.stdout is not None
    child = int(await asyncio.wait_for(parent.stdout.readline(), PATIENCE))
    watch = os.pidfd_open(child)
    try:
        gone = asyncio.Event()
        asyncio.get_running_loop().add_reader(watch, gone.set)
        parent.send_signal(signal.SIGKILL)
        await asyncio.wait_for(gone.wait(), PATIENCE)
    finally:
        asyncio.get_running_loop().remove_reader(watch)
        os.close(watch)
        await parent.wait()


def test_a_bot_inherits_no_setting_but_those_of_the_rehearsal() -> None:
    inherited = {
        "PATH": "/bin",
        "HOME": "/root",
        "DISCORD_TOKEN": "a real one",
        "SALON_LOG_LEVEL": "DEBUG",
        "PYTHONPATH": "/elsewhere",
    }
    environment = bot_environment(
        inherited,
        token="rehearsed",
        api="http://127.0.0.1:1/api/v10",
        gateway="ws://127.0.0.1:1/gateway",
        clock_link="ws://127.0.0.1:1/rehearsal/clock/link",
        database=Path("/data/salon.sqlite3"),
    )
    own = {n: v for n, v in environment.items() if n.startswith(("DISCORD_", "SALON_"))}
    assert own == {
        "DISCORD_TOKEN": "rehearsed",
        "DISCORD_API_BASE": "http://127.0.0.1:1/api/v10",
        "DISCORD_GATEWAY_URL": "ws://127.0.0.1:1/gateway",
        "SALON_DATABASE": "/data/salon.sqlite3",
        "SALON_CLOCK_URL": "ws://127.0.0.1:1/rehearsal/clock/link",
        "SALON_ENV_FILE": "",
    }
    assert (environment["PATH"], environment["HOME"]) == ("/bin", "/root")
    assert environment["PYTHONPATH"].endswith("/elsewhere")


async def test_the_control_kills_stops_and_starts_and_says_the_state(emulator: Emulator) -> None:
    process: BotControl = python(SLEEPER, Log())
    emulator.controls.bot = process
    for do, state in (
        ("start", "running"),
        ("start", "running"),
        ("kill", "stopped"),
        ("stop", "stopped"),
        ("start", "running"),
        ("stop", "stopped"),
    ):
        assert await control(emulator, "POST", "/bot", {"do": do}) == (200, {"bot": state})
