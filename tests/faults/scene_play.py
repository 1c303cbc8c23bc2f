"""A play of a scene: the emulator, the people, and the whole bot.

The bot runs in this process as ``python -m bot`` runs it, with archive and supervisor; or as a
child process if it has to be killed. Scenes only look at the emulator and the archive, so they are
the same for both.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import os
import signal
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import aiohttp
import pytest

import bot.app.supervisor
from bot.app.systemd import ServiceManager
from bot.discord_api.connection import set_base_urls
from bot.emulator.faults.bot_process import bot_environment
from bot.emulator.faults.controls import CLOCK_LINK
from bot.emulator.server import Emulator
from bot.emulator.world.seed import seed_world
from bot.settings import Settings
from tests.faults.call_faults import Occurrence
from tests.faults.forked_main import ProcessFault, run
from tests.support.archive_queries import query
from tests.support.archives import drop_archive, get_postgresql_address, uses_postgresql
from tests.support.forked_bot import ForkedBot
from tests.support.running_bot import EmulatorClient, wait_until

__all__ = ["Bot", "ForkedProcessBot", "InProcessBot", "ScenePlay", "new_play"]

_START_TIMEOUT = 20.0
#: The loggers whose messages are kept.
_LOGGERS = ("bot", "cogs", "storage", "discord")
#: What happens to a person who looks for something that isn't there.
_NO_EFFECT = (
    AssertionError,
    LookupError,
    ValueError,
    aiohttp.ClientError,
    pytest.fail.Exception,
)
#: How often a person presses a button or runs a command before giving up.
_MAX_ATTEMPTS = 8


class Bot(Protocol):
    """The bot of a play."""

    async def start(self) -> None:
        """Start it; returns when it is connected to the emulator's clock."""

    async def stop(self) -> None:
        """Stop it as an operator does."""


class InProcessBot:
    """The bot in this process, with its supervisor."""

    def __init__(self, settings: Settings, emulator: Emulator) -> None:
        self._settings = settings
        self._emulator = emulator
        self._running: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start it as ``python -m bot`` does, except for event loop and logging."""
        self._running = asyncio.create_task(
            bot.app.supervisor.supervise(self._settings, ServiceManager())
        )
        arrival = asyncio.create_task(self._emulator.controls.link.wait_for_bot(_START_TIMEOUT))
        await asyncio.wait({self._running, arrival}, return_when=asyncio.FIRST_COMPLETED)
        if self._running.done():
            arrival.cancel()
            await self._running
        assert await arrival, "the bot didn't connect to the clock"

    async def stop(self) -> None:
        """SIGTERM, which the bot handles while it runs."""
        if self._running is None:
            return
        if not self._running.done():
            os.kill(os.getpid(), signal.SIGTERM)
        running, self._running = self._running, None
        await running


class ForkedProcessBot:
    """The bot in its own process, which is started again whenever it ends by itself."""

    def __init__(self, process: ForkedBot) -> None:
        self._process = process
        self._watching: asyncio.Task[None] | None = None

    @property
    def is_running(self) -> bool:
        """Whether it runs or is about to: the emulator then lets no time pass without it."""
        return self._process.is_wanted

    async def start(self) -> None:
        """Start it."""
        await self._process.start()
        self._watching = asyncio.create_task(self._watch())

    async def _watch(self) -> None:
        while True:
            await self._process.ended.wait()
            await self._process.start()

    async def stop(self) -> None:
        """SIGTERM."""
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)
        await self._process.stop()

    def kill(self) -> None:
        """SIGKILL, now."""
        assert self._process.pid is not None
        os.kill(self._process.pid, signal.SIGKILL)


class _Supervised:
    """The emulator's interface to the process."""

    def __init__(self, bot: ForkedProcessBot, process: ForkedBot) -> None:
        self._bot = bot
        self.kill, self.stop, self.start = process.kill, process.stop, process.start

    @property
    def is_running(self) -> bool:
        """Whether the emulator waits for it."""
        return self._bot.is_running

    @property
    def state(self) -> str:
        """The state of the process."""
        return "running" if self.is_running else "stopped"


class _Log(logging.Handler):
    """Keeps the log, to be printed if the run fails."""

    def __init__(self, kept: list[str]) -> None:
        super().__init__(logging.INFO)
        self._kept = kept
        self.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        self._kept.append(self.format(record))


class SceneError(Exception):
    """Something in a scene had no effect after several attempts."""


@dataclass
class ScenePlay(EmulatorClient):
    """The world, the people and the archive; the bot itself isn't accessible.

    ``log``: what bot and emulator logged. ``calls``: the calls the bot has made.
    """

    bot: Bot = field(kw_only=True)
    path: Path = field(kw_only=True)
    log: list[str] = field(kw_only=True)
    calls: Sequence[Occurrence] = ()

    def rows(self, sql: str, **parameters: Any) -> list[dict[str, Any]]:
        """Query the archive."""
        return query(self.path, sql, parameters)

    @property
    def database(self) -> str:
        """The setting ``SALON_DATABASE``."""
        return get_postgresql_address(self.path) if uses_postgresql() else str(self.path)

    async def until_called(self, what: str) -> None:
        """Wait until the bot makes a call; no time passes in the world."""

        async def called() -> bool:
            return any(one.what == what for one in self.calls)

        await wait_until(called, what)

    async def until_stored(self, sql: str) -> None:
        """Wait until a query finds something; no time passes in the world."""

        async def kept() -> bool:
            return bool(self.rows(sql))

        await wait_until(kept, sql)

    async def retry_until(
        self,
        attempt: Callable[[], Awaitable[Any]],
        done: Callable[[], Awaitable[Any]] | Callable[[], Any],
        what: str | Callable[[], str],
    ) -> Any:
        """Do as people do when a press seems to have had no effect: look, and press again."""
        problem = ""
        for _ in range(_MAX_ATTEMPTS):
            found = done()
            found = await found if asyncio.iscoroutine(found) else found
            if found:
                return found
            try:
                await attempt()
            except _NO_EFFECT as error:
                problem = str(error)
            await self.settle(20)
        raise SceneError(f"timed out waiting for {what() if callable(what) else what} {problem}")

    async def until_answered(
        self, attempt: Callable[[], Awaitable[dict[str, Any]]], *words: str
    ) -> Any:
        """Repeat an interaction until its answer contains all ``words``; the interaction."""
        found: list[dict[str, Any]] = []
        said = ""

        async def once() -> None:
            nonlocal said
            interaction = await attempt()
            await self.settle()
            said = await self.answer_text(interaction)
            if all(word in said for word in words):
                found.append(interaction)

        await self.retry_until(once, lambda: found, lambda: f"an answer with {words}, but: {said}")
        return found[0]


@contextlib.asynccontextmanager
async def new_play(*, process_fault: ProcessFault | None = None) -> AsyncIterator[ScenePlay]:
    """A new world and a bot that isn't started yet; both end with the block.

    ``process_fault``: the fault of a bot in its own process; without one it runs in this process.
    """
    log: list[str] = []
    handler = _Log(log)
    with tempfile.TemporaryDirectory() as folder:
        emulator = Emulator(seed_world(), rates=False)
        await emulator.start()
        path = Path(folder) / "salon.sqlite3"
        link = emulator.page.replace("http://", "ws://", 1) + CLOCK_LINK
        token = emulator.world.bot.token
        bot: Bot
        if process_fault is None:
            settings = Settings(
                token=token,
                database=path,
                postgresql=get_postgresql_address(path) if uses_postgresql() else None,
                backups=Path(folder) / "salon-backups",
                api_base=emulator.api,
                gateway_url=emulator.gateway,
                clock_url=link,
            )
            set_base_urls(emulator.api, emulator.gateway)
            bot = InProcessBot(settings, emulator)
        else:
            environment = bot_environment(
                os.environ,
                token=token,
                api=emulator.api,
                gateway=emulator.gateway,
                clock_link=link,
                database=path,
            )
            if uses_postgresql():
                environment["SALON_DATABASE"] = get_postgresql_address(path)
            process = ForkedBot(functools.partial(run, process_fault), environment, log.append)
            bot = ForkedProcessBot(process)
            emulator.controls.bot = _Supervised(bot, process)
        loggers = {name: logging.getLogger(name) for name in _LOGGERS}
        levels = {name: logger.level for name, logger in loggers.items()}
        for logger in loggers.values():
            logger.addHandler(handler)
            logger.setLevel(logging.INFO)
        patient = aiohttp.ClientTimeout(total=None)
        try:
            async with aiohttp.ClientSession(timeout=patient) as session:
                yield ScenePlay(emulator, session, bot=bot, path=path, log=log)
        finally:
            await bot.stop()
            await emulator.stop()
            for name, logger in loggers.items():
                logger.removeHandler(handler)
                logger.setLevel(levels[name])
            drop_archive(path)
