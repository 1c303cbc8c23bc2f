"""What a scene is played on: the emulator, the people, and the whole bot.

The bot runs in this process, as ``python -m bot`` runs it, archive, supervisor and all; or as a
child process where it has to be killed. Both are known by the emulator and the archive's file
alone, so a scene does not tell them apart.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import aiohttp
import pytest

import bot.app.supervisor
from bot.app.systemd import ServiceManager
from bot.clock import Clock
from bot.discord_api.connection import set_base_urls
from bot.emulator.faults.bot_process import bot_environment
from bot.emulator.faults.controls import CLOCK_LINK
from bot.emulator.server import Emulator
from bot.emulator.world.seed import seed_world
from bot.settings import Settings
from tests.faults.forked import ForkedBot
from tests.faults.injected import Lot
from tests.faults.injection import Moment
from tests.support.running_bot import RunningBot, wait_until

__all__ = ["Bot", "BotApart", "BotHere", "ScenePlay", "new_play"]

_LINKED_WITHIN = 20.0
#: Whose words are kept.
_LOGGERS = ("bot", "cogs", "storage", "discord")
#: What a person meets who looks for what is not there.
_NO_ANSWER = (
    AssertionError,
    LookupError,
    ValueError,
    aiohttp.ClientError,
    pytest.fail.Exception,
)
#: Presses of one button, or runs of one command, after which somebody gives up.
_MOST_ATTEMPTS = 8


class Bot(Protocol):
    """The bot of a stage."""

    async def start(self) -> None:
        """Start it, and return once it can be told the time."""

    async def stop(self) -> None:
        """End it as an operator does."""


class BotHere:
    """The bot in this process, with its supervisor."""

    def __init__(self, settings: Settings, emulator: Emulator) -> None:
        self._settings = settings
        self._emulator = emulator
        self._life: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """As ``python -m bot`` does, but for the loop and the log."""
        self._life = asyncio.create_task(bot.app.supervisor._run(self._settings, ServiceManager()))
        arrival = asyncio.create_task(self._emulator.controls.link.wait_for_bot(_LINKED_WITHIN))
        await asyncio.wait({self._life, arrival}, return_when=asyncio.FIRST_COMPLETED)
        if self._life.done():
            arrival.cancel()
            await self._life
        assert await arrival is not None, "the bot has not asked for the time"

    async def stop(self) -> None:
        """SIGTERM, which the bot handles as long as it runs."""
        if self._life is None:
            return
        if not self._life.done():
            os.kill(os.getpid(), signal.SIGTERM)
        life, self._life = self._life, None
        await life


class BotApart:
    """The bot in a process of its own, which is started again whenever it ended by itself."""

    def __init__(self, process: ForkedBot) -> None:
        self._process = process
        self._watching: asyncio.Task[None] | None = None

    @property
    def is_running(self) -> bool:
        """Whether it runs, or is about to again: the emulator lets no time pass without it."""
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
        """SIGKILL, at this very moment."""
        assert self._process.pid is not None
        os.kill(self._process.pid, signal.SIGKILL)


class _Supervised:
    """What the emulator knows of it."""

    def __init__(self, bot: BotApart, process: ForkedBot) -> None:
        self._bot = bot
        self.kill, self.stop, self.start = process.kill, process.stop, process.start

    @property
    def is_running(self) -> bool:
        """Whether it is worth waiting for."""
        return self._bot.is_running

    @property
    def state(self) -> str:
        """Whether it runs, in a word."""
        return "running" if self.is_running else "stopped"


class _Log(logging.Handler):
    """Keeps what is logged, to be told where a run goes wrong."""

    def __init__(self, kept: list[str]) -> None:
        super().__init__(logging.INFO)
        self._kept = kept
        self.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        self._kept.append(self.format(record))


class SceneError(Exception):
    """Something in a scene did not come about, however often it was tried."""


@dataclass
class ScenePlay(RunningBot):
    """A house without a look into the bot: the world, the people, the archive's file.

    ``log`` is what bot and emulator said. ``calls`` are those that the bot has made.
    """

    bot: Bot = field(kw_only=True)
    path: Path = field(kw_only=True)
    log: list[str] = field(kw_only=True)
    calls: Sequence[Moment] = ()

    def rows(self, sql: str, **parameters: Any) -> list[dict[str, Any]]:
        """What a query finds in the archive."""
        address = f"{self.path.as_uri()}?mode=ro"
        with contextlib.closing(sqlite3.connect(address, uri=True)) as archive:
            archive.row_factory = sqlite3.Row
            return [dict(row) for row in archive.execute(sql, parameters)]

    async def until_called(self, what: str) -> None:
        """Wait, while no time passes in the world, until the bot makes a call."""

        async def called() -> bool:
            return any(one.what == what for one in self.calls)

        await wait_until(called, what)

    async def until_stored(self, sql: str) -> None:
        """Wait, while no time passes in the world, until a query finds something."""

        async def kept() -> bool:
            return bool(self.rows(sql))

        await wait_until(kept, sql)

    async def retry_until(
        self,
        attempt: Callable[[], Awaitable[Any]],
        done: Callable[[], Awaitable[Any]] | Callable[[], Any],
        what: str | Callable[[], str],
    ) -> Any:
        """Do as people do whose press seemed to have no effect: look, and press again."""
        told = ""
        for _ in range(_MOST_ATTEMPTS):
            found = done()
            found = await found if asyncio.iscoroutine(found) else found
            if found:
                return found
            try:
                await attempt()
            except _NO_ANSWER as no:
                told = str(no)
            await self.settle(20)
        raise SceneError(f"never came: {what() if callable(what) else what} {told}")

    async def until_answered(
        self, attempt: Callable[[], Awaitable[dict[str, Any]]], *words: str
    ) -> Any:
        """Do something until it is answered with all of these ``words``; the interaction."""
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
async def new_play(*, apart: Lot | None = None) -> AsyncIterator[ScenePlay]:
    """A new world and a bot that is not yet started, ended with the block.

    ``apart``: the lot of a bot that runs in a process of its own; it runs here without one.
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
        if apart is None:
            settings = Settings(
                token=token,
                database=path,
                backups=Path(folder) / "salon-backups",
                api_base=emulator.api,
                gateway_url=emulator.gateway,
                clock_url=link,
            )
            set_base_urls(emulator.api, emulator.gateway)
            bot = BotHere(settings, emulator)
        else:
            environment = bot_environment(
                os.environ,
                token=token,
                api=emulator.api,
                gateway=emulator.gateway,
                clock_link=link,
                database=path,
            )
            process = ForkedBot(apart, environment, Path(folder) / "printed", log.append)
            bot = BotApart(process)
            emulator.controls.bot = _Supervised(bot, process)
        loggers = {name: logging.getLogger(name) for name in _LOGGERS}
        levels = {name: logger.level for name, logger in loggers.items()}
        for logger in loggers.values():
            logger.addHandler(handler)
            logger.setLevel(logging.INFO)
        nothing: Any = None  # nobody looks into the bot here
        patient = aiohttp.ClientTimeout(total=None)
        try:
            async with aiohttp.ClientSession(timeout=patient) as session:
                yield ScenePlay(
                    emulator, nothing, nothing, Clock(), session, bot=bot, path=path, log=log
                )
        finally:
            await bot.stop()
            await emulator.stop()
            for name, logger in loggers.items():
                logger.removeHandler(handler)
                logger.setLevel(levels[name])
