"""An emulator with Discord's rate limits, which most tests do without."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from bot.emulator.server import Emulator
from bot.emulator.world.seed import seed_world

__all__ = ["limited_emulator"]


@contextlib.asynccontextmanager
async def limited_emulator() -> AsyncIterator[Emulator]:
    """Run an emulator with a new world that refuses what is over Discord's limits."""
    emulator = Emulator(seed_world())
    await emulator.start()
    try:
        yield emulator
    finally:
        await emulator.stop()
