"""The bot as a child process, with an emulator in the test's process, as in a rehearsal."""

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
from tests.support.archives import get_postgresql_address, uses_postgresql
from tests.support.forked_bot import ForkedBot, run_command, run_forked_bot

__all__ = ["SpawnedBot", "spawned_bot"]

_NO_PAUSE = timedelta(0)
#: Lines of the bot's output shown after a failure; seconds for it to dump its stacks (SIGUSR1).
_LAST_LINES, _DUMP_SECONDS = 100, 0.5
_PATIENCE = 30.0
"""Seconds of real time without a new message after which a play is stopped."""

Hook = Callable[[Step], Awaitable[None]]


@dataclass
class SpawnedBot:
    """An emulator and a bot process. ``narration``: the play's; ``log``: what the bot printed.

    ``is_restarted``: whether a killed bot is started again; else :meth:`restart` starts it.

    ``killed_at``: when the bot was last killed; ``absences``: from when to when a killed bot was
    down. Both are times of the world's clock.
    """

    emulator: Emulator
    bot: BotProcess | ForkedBot
    database: Path
    log: list[str]
    environment: dict[str, str]
    is_restarted: bool = True
    narration: list[str] = field(default_factory=list)
    restarts: list[asyncio.Task[None]] = field(default_factory=list)
    killed_at: datetime | None = None
    absences: list[tuple[datetime, datetime]] = field(default_factory=list)

    def set_environment(self, **settings: str) -> None:
        """Set environment variables for the bot; it must not be running."""
        self.environment |= settings
        if isinstance(self.bot, ForkedBot):
            self.bot = ForkedBot(run_forked_bot, self.environment, self.log.append)
        else:
            self.bot = BotProcess(self.environment, self.log.append)
        self.emulator.controls.bot = self.bot

    async def play(
        self, essay: Path | None, comments: Path | None, *, channel: str = "essays"
    ) -> bool:
        """Play; whether all of it happened. ``channel``: where the essay is published."""
        return await play(
            self.emulator,
            essay=essay,
            comments=comments,
            say=self.narration.append,
            patience=_PATIENCE,
            channel=channel,
        )

    def kill(self, pause: timedelta = _NO_PAUSE) -> None:
        """SIGKILL the bot now; a task starts it again.

        ``pause`` is the time it stays down, on the world's clock; it takes no real time.
        """
        assert self.bot.pid is not None
        os.kill(self.bot.pid, signal.SIGKILL)
        self.killed_at = self.emulator.world.now()
        if self.is_restarted:
            self.restart(pause)

    def restart(self, pause: timedelta = _NO_PAUSE) -> None:
        """Start a killed bot again, in a task."""
        self.restarts.append(asyncio.create_task(self._restart(pause)))

    async def _restart(self, pause: timedelta) -> None:
        world = self.emulator.world
        await self.bot.kill()  # waits until the killed process has ended
        # Time that passes meanwhile passes without the bot, all at once.
        world.clock.advance_to(world.now() + pause)
        await self.bot.start()
        if self.killed_at is not None:
            self.absences.append((self.killed_at, world.now()))

    def killer(self, *numbers: int, pause: timedelta = _NO_PAUSE) -> Hook:
        """A hook that kills the bot at each of these step numbers, or when it runs again after it.

        Killed before the call's effect, the call is lost; killed after it, only the answer is.
        """
        left = sorted(numbers)

        async def hook(step: Step) -> None:
            if left and step.number >= left[0] and self.bot.is_running:
                del left[0]
                self.kill(pause)
                if step.kind == "call" and step.moment == "before":
                    raise NeverArrivedError

        return hook

    async def world(self) -> dict[str, Any]:
        """The emulator's whole state (``GET /rehearsal/world``)."""
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
        """Run ``python -m bot …`` beside the bot; its exit status and output."""
        kept = {n: v for n, v in os.environ.items() if not n.startswith(("SALON_", "DISCORD_"))}
        environment = kept | {
            "SALON_DATABASE": self.environment["SALON_DATABASE"],
            "SALON_ENV_FILE": "",
        }
        if isinstance(self.bot, ForkedBot):
            return await asyncio.wait_for(run_command(environment, *arguments), 30)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", *arguments),
            env=environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await asyncio.wait_for(process.communicate(), 30)
        return process.returncode or 0, output.decode()


@contextlib.asynccontextmanager
async def spawned_bot(
    folder: Path, *, rates: bool = False, forked: bool = False, **settings: str
) -> AsyncIterator[SpawnedBot]:
    """Run an emulator with a new world; the bot, with its archive in ``folder``, isn't started.

    ``forked``: the bot and its commands are forked from a process that has everything imported,
    which saves seconds in a test that kills the bot. ``settings``: more environment variables for
    the bot.
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
    if uses_postgresql():
        environment["SALON_DATABASE"] = get_postgresql_address(database)
    environment |= settings
    bot: BotProcess | ForkedBot
    if forked:
        bot = ForkedBot(run_forked_bot, environment, log.append)
    else:
        bot = BotProcess(environment, log.append)
    emulator.controls.bot = bot
    spawned = SpawnedBot(emulator, bot, database, log, environment)
    try:
        yield spawned
    except BaseException:
        if spawned.bot.pid is not None:
            os.kill(spawned.bot.pid, signal.SIGUSR1)  # it dumps its stacks
            await asyncio.sleep(_DUMP_SECONDS)
        sys.stdout.write("\n".join(log[-_LAST_LINES:]))
        raise
    finally:
        await asyncio.gather(*spawned.restarts, return_exceptions=True)
        await spawned.bot.kill()
        await emulator.stop()
