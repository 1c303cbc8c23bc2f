"""The emulator: one world, served on loopback."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from aiohttp import web

from bot.emulator import app
from bot.emulator.world import persistence
from bot.emulator.world.world import World

__all__ = ["Emulator"]

_SAVE_AFTER = 0.2
_TICK = 0.25


class Emulator:
    """A local Discord, open between ``start`` and ``stop``.

    ``rates=False`` announces no rate limits. With ``data`` the world is kept in that folder,
    soon after each change and at the end. ``gateway_hub``, ``faults``, ``recorder`` and ``room``
    are put there by the modules that speak the gateway, strike, record and serve the page.
    """

    def __init__(self, world: World, *, rates: bool = True, data: Path | None = None) -> None:
        self.world = world
        self.rates = rates
        self.data = data
        self.host = "127.0.0.1"
        self.port = 0
        self.on_step: Callable[[Any], Awaitable[None]] | None = None
        self.gateway_hub: Any = None
        self.faults: Any = None
        self.recorder: Any = None
        self.controls: Any = None
        self.room: Any = None
        self._changed = asyncio.Event()
        self._kept = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._runner: web.AppRunner | None = None

    @property
    def page(self) -> str:
        """The address at which a person looks on, without a slash at its end."""
        return f"http://{self.host}:{self.port}"

    @property
    def api(self) -> str:
        """The REST API's address."""
        return f"{self.page}/api/v10"

    @property
    def gateway(self) -> str:
        """The gateway's address."""
        return f"ws://{self.host}:{self.port}/gateway"

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Serve on ``host``; port 0 takes a free one. Raises OSError if the port is taken."""
        self._runner = web.AppRunner(app.create_app(self), shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port)
        try:
            await site.start()
        except OSError:
            await self._runner.cleanup()
            raise
        self.host = host
        self.port = self._runner.addresses[0][1]
        self.world.cdn = self.page
        self.world.on_change.append(self._note_change)
        self._tasks = [asyncio.create_task(self._tick())]
        if self.data is not None:
            persistence.save(self.world, self.data)
            self._tasks.append(asyncio.create_task(self._keep(self.data)))

    async def stop(self) -> None:
        """Stop serving and keep the world a last time."""
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

    async def kept(self) -> None:
        """Wait until every change so far is on disk; at once where nothing is kept."""
        if self.data is not None and self._changed.is_set():
            await self._kept.wait()

    def _note_change(self) -> None:
        self._changed.set()
        self._kept.clear()

    async def _tick(self) -> None:
        """What happens by itself happens in real time too, not only when time is moved."""
        while True:
            await asyncio.sleep(_TICK)
            self.world.pass_time()

    async def _keep(self, folder: Path) -> None:
        """Save soon after a change; a world that takes long to write is written less often."""
        loop = asyncio.get_running_loop()
        pause = _SAVE_AFTER
        while True:
            await self._changed.wait()
            await asyncio.sleep(pause)
            self._changed.clear()
            begun = loop.time()
            persistence.save(self.world, folder)
            self._kept.set()
            pause = max(_SAVE_AFTER, 20 * (loop.time() - begun))
