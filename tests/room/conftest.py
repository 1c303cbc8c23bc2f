"""Fixtures for the page's tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from bot.emulator.server import Emulator
from bot.emulator.world.seed import seed_world
from tests.room.browser import CHROMIUM, browser
from tests.room.visitor import Visitor, visiting
from tests.support.spawned_bot import SpawnedBot, spawned_bot


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """The browser, one for all tests; without one they are skipped."""
    if not CHROMIUM.exists():
        pytest.skip(f"no Chromium at {CHROMIUM}: scripts/install-chromium installs it")
    async with browser() as one:
        yield one


@pytest_asyncio.fixture(loop_scope="session")
async def emulator() -> AsyncIterator[Emulator]:
    """An emulator with a new world and no bot."""
    one = Emulator(seed_world(), rates=False)
    await one.start()
    one.room.offers = False
    try:
        yield one
    finally:
        await one.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def visitor(chromium: Browser, emulator: Emulator) -> AsyncIterator[Visitor]:
    """A visitor on the page of an emulator without a bot."""
    async with visiting(chromium, emulator) as one:
        yield one


@pytest_asyncio.fixture(loop_scope="session")
async def spawned(chromium: Browser, tmp_path: Path) -> AsyncIterator[SpawnedBot]:
    """An emulator with the real bot, started; the tour isn't offered."""
    async with spawned_bot(tmp_path, forked=True) as one:
        one.emulator.room.offers = False
        await one.bot.start()
        await one.emulator.dispatcher.wait_for_bot()
        yield one
