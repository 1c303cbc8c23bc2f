"""Fixtures for the emulator's tests."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest

from bot.emulator.server import Emulator
from bot.emulator.world.seed import seed_world
from tests.emulator.http_clients import SeededServer, seeded_server


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
async def server(emulator: Emulator) -> AsyncIterator[SeededServer]:
    """The emulator's members and channels, with clients for them."""
    async with aiohttp.ClientSession() as session:
        yield seeded_server(emulator, session)
