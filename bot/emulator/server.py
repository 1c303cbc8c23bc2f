"""The emulator: a local Discord server for one world, on loopback."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path

from aiohttp import web

from bot.emulator.address import Address
from bot.emulator.app import create_app
from bot.emulator.faults.controls import Controls
from bot.emulator.faults.faults import FaultQueue
from bot.emulator.faults.har import Recorder
from bot.emulator.faults.middleware import BotTraffic
from bot.emulator.faults.steps import Steps
from bot.emulator.gateway.dispatcher import Dispatcher
from bot.emulator.rules.rate_limits import RateLimits
from bot.emulator.web.room import Room
from bot.emulator.world import persistence
from bot.emulator.world.world import World

__all__ = ["Emulator"]

_SAVE_DELAY = 0.2
_TICK = 0.25


class Emulator:
    """A local Discord, serving between ``start`` and ``stop``.

    ``rates=False`` announces no rate limits. With ``data`` the world is saved in that folder,
    soon after each change and at the end.
    """

    def __init__(
        self,
        world: World,
        *,
        rates: bool = True,
        data: Path | None = None,
    ) -> None:
        self.world = world
        self.rates = rates
        self.data = data
        self.address = Address()
        self.steps = Steps()
        self.faults = FaultQueue()
        self.dispatcher = Dispatcher(
            world,
            self.address,
            faults=self.faults,
            on_step=self.steps.on_event,
            rate_limited=rates,
        )
        self.controls = Controls(world, self.dispatcher, self.faults)
        self.room = Room(self)
        self._traffic = BotTraffic(self.faults, self.steps)
        self._changed = asyncio.Event()
        self._saved = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._runner: web.AppRunner | None = None

    @property
    def recorder(self) -> Recorder | None:
        """Records the bot's traffic; it may be set before or after ``start``."""
        return self._traffic.recorder

    @recorder.setter
    def recorder(self, recorder: Recorder | None) -> None:
        self._traffic.recorder = self.dispatcher.recorder = recorder

    @property
    def call_listeners(self) -> list[Callable[[web.Request], None]]:
        """Called with the request of each of the bot's calls before anything is done about it."""
        return self._traffic.listeners

    @property
    def page(self) -> str:
        """The web page's address, without a slash at its end."""
        return self.address.page

    @property
    def api(self) -> str:
        """The REST API's address."""
        return self.address.api

    @property
    def gateway(self) -> str:
        """The gateway's address."""
        return self.address.gateway

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Serve on ``host``; port 0 takes a free one. Raises OSError if the port is in use."""
        rate_limits = RateLimits(on=self.rates)
        app = create_app(self.address, rate_limits, self._traffic, self.controls, self.room)
        self._runner = web.AppRunner(app, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port)
        try:
            await site.start()
        except OSError:
            await self._runner.cleanup()
            raise
        self.address.host, self.address.port = host, self._runner.addresses[0][1]
        self.world.cdn = self.page
        self.world.on_change.append(self._note_change)
        self._tasks = [asyncio.create_task(self._tick())]
        if self.data is not None:
            persistence.save(self.world, self.data)
            self._tasks.append(asyncio.create_task(self._save_changes(self.data)))

    async def stop(self) -> None:
        """Stop serving and save the world a last time."""
        for task in self._tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        self._tasks = []
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
            self.world.on_change.remove(self._note_change)
            if self.data is not None:
                persistence.save(self.world, self.data)

    async def wait_until_saved(self) -> None:
        """Wait until every change so far is on disk; returns at once without ``data``."""
        if self.data is not None and self._changed.is_set():
            await self._saved.wait()

    def _note_change(self) -> None:
        self._changed.set()
        self._saved.clear()

    async def _tick(self) -> None:
        """Do what is due in real time too, not only when the clock is advanced."""
        while True:
            await asyncio.sleep(_TICK)
            self.world.pass_time()

    async def _save_changes(self, folder: Path) -> None:
        """Save soon after each change, less often for a world that takes long to write."""
        loop = asyncio.get_running_loop()
        pause = _SAVE_DELAY
        while True:
            await self._changed.wait()
            await asyncio.sleep(pause)
            self._changed.clear()
            begun = loop.time()
            persistence.save(self.world, folder)
            self._saved.set()
            pause = max(_SAVE_DELAY, 20 * (loop.time() - begun))
