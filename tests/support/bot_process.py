"""An emulator with the real bot as its child process, as a rehearsal has them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp

from bot.emulator.demo.play import play
from bot.emulator.faults.bot_process import BotProcess, bot_environment
from bot.emulator.faults.controls import CLOCK_LINK
from bot.emulator.faults.steps import NeverArrivedError, Step
from bot.emulator.server import Emulator
from bot.emulator.world.seed import seed_world

__all__ = ["Stage", "staged"]

_AT_ONCE = timedelta(0)
#: Of what the bot printed before a failure, and how long it may take to say where it stands.
_LAST_LINES, _SAYING = 100, 0.5
_PATIENCE = 30.0
"""Seconds of real time without a new message after which a play is given up."""

Hook = Callable[[Step], Awaitable[None]]


@dataclass
class Stage:
    """What a test plays on. ``told`` is what the scene said, ``log`` what the bot printed.

    ``struck``: when the bot was last killed; ``absences``: from when to when one that was killed
    was away; both on the world's clock.
    """

    emulator: Emulator
    bot: BotProcess
    database: Path
    log: list[str]
    told: list[str] = field(default_factory=list)
    restarts: list[asyncio.Task[None]] = field(default_factory=list)
    struck: datetime | None = None
    absences: list[tuple[datetime, datetime]] = field(default_factory=list)

    async def play(
        self, essay: Path | None, comments: Path | None, *, channel: str = "essays"
    ) -> bool:
        """Play; whether all of it happened. ``channel``: where the essay comes to stand."""
        return await play(
            self.emulator,
            essay=essay,
            comments=comments,
            say=self.told.append,
            patience=_PATIENCE,
            channel=channel,
        )

    def kill(self, pause: timedelta = _AT_ONCE) -> None:
        """SIGKILL the bot at this very moment; a task starts it again.

        ``pause`` passes on the world's clock, which does not take that long in real time.
        """
        assert self.bot.pid is not None
        os.kill(self.bot.pid, signal.SIGKILL)
        self.struck = self.emulator.world.now()
        self.restarts.append(asyncio.create_task(self._restart(pause)))

    async def _restart(self, pause: timedelta) -> None:
        world = self.emulator.world
        await self.bot.kill()  # waits for the end of what was struck
        # Time that somebody lets pass meanwhile passes without the bot, in one go.
        world.clock.advance_to(world.now() + pause)
        await self.bot.start()
        if self.struck is not None:
            self.absences.append((self.struck, world.now()))

    def killer(self, *numbers: int, pause: timedelta = _AT_ONCE) -> Hook:
        """A hook that kills the bot at each step with one of these numbers.

        Before a call has its effect the call is lost with the bot; behind it, the answer is.
        """

        async def strike(step: Step) -> None:
            if step.number in numbers and self.bot.is_running:
                self.kill(pause)
                if step.kind == "call" and step.moment == "before":
                    raise NeverArrivedError

        return strike

    async def world(self) -> dict[str, Any]:
        """The truth."""
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{self.emulator.page}/rehearsal/world") as response,
        ):
            found: dict[str, Any] = await response.json()
            return found

    async def export(self, essay: str = "1") -> dict[str, Any]:
        """What ``python -m bot export`` writes."""
        status, output = await self.command("export", essay, "--format", "json")
        assert status == 0, output
        found: dict[str, Any] = json.loads(output)
        return found

    async def command(self, *arguments: str) -> tuple[int, str]:
        """Run a command of the bot's beside it; its exit status and what it printed."""
        kept = {n: v for n, v in os.environ.items() if not n.startswith(("SALON_", "DISCORD_"))}
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", *arguments),
            env=kept | {"SALON_DATABASE": str(self.database), "SALON_ENV_FILE": ""},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await asyncio.wait_for(process.communicate(), 30)
        return process.returncode or 0, output.decode()


@contextlib.asynccontextmanager
async def staged(folder: Path, *, rates: bool = False, **settings: str) -> AsyncIterator[Stage]:
    """A new world in ``folder``, served, and a bot that is not yet started.

    ``settings``: more of the bot's, by the names of its environment.
    """
    emulator = Emulator(seed_world(), rates=rates)
    await emulator.start()
    log: list[str] = []
    database = folder / "salon.sqlite3"
    environment = bot_environment(
        os.environ,
        token=emulator.world.bot.token,
        api=emulator.api,
        gateway=emulator.gateway,
        clock_link=emulator.page.replace("http://", "ws://", 1) + CLOCK_LINK,
        database=database,
    )
    bot = BotProcess(environment | settings, log.append)
    emulator.controls.bot = bot
    stage = Stage(emulator, bot, database, log)
    try:
        yield stage
    except BaseException:
        if bot.pid is not None:
            os.kill(bot.pid, signal.SIGUSR1)  # it says where it stands
            await asyncio.sleep(_SAYING)
        sys.stdout.write("\n".join(log[-_LAST_LINES:]))
        raise
    finally:
        await asyncio.gather(*stage.restarts, return_exceptions=True)
        await bot.kill()
        await emulator.stop()
