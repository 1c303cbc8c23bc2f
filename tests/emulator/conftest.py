"""Fixtures for the emulator's tests."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest

from bot.emulator.server import Emulator
from bot.emulator.world.seed import seed_world
from tests.emulator.http_callers import Town, settle_town


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    """A started emulator with a new world and without rate limits, in this process."""
    one = Emulator(seed_world(), rates=False)
    await one.start()
    try:
        yield one
    finally:
        await one.stop()


@pytest.fixture
async def town(emulator: Emulator) -> AsyncIterator[Town]:
    """The emulator's members and channels, with clients for them."""
    async with aiohttp.ClientSession() as session:
        yield settle_town(emulator, session)
