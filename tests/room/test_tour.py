"""The tour: offered at the first visit, played, and valid by Discord's API description."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from bot.emulator.faults.har import Recorder
from tests.room.browser import opened
from tests.support.spawned_bot import SpawnedBot

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.slow]

SHARED = Path(__file__).parents[3] / "shared"


async def test_the_tour_is_offered_once_and_shows_an_essay_discussed_and_prompted(
    chromium: Browser, spawned: SpawnedBot, tmp_path: Path
) -> None:
    spawned.emulator.room.offers = True
    spawned.emulator.room.play.pace = 0.8
    recorded = tmp_path / "tour.har"
    spawned.emulator.recorder = Recorder(recorded)
    faults: list[str] = []
    async with opened(chromium, spawned.emulator.page, faults=faults) as page:
        welcome = page.get_by_role("dialog", name="Welcome to the rehearsal room")
        await expect(welcome.get_by_role("button", name="Show me the tour")).to_be_focused()
        await welcome.get_by_role("button", name="Show me the tour").click()
        caption = page.locator("#caption")
        await expect(caption).to_contain_text("The essay is posted in #essays", timeout=40_000)
        card = page.locator("#main-pane").get_by_role("article").filter(has_text="Marta Lindqvist")
        await expect(card.get_by_role("heading").first).to_be_in_viewport(ratio=1)
        await expect(caption).to_contain_text("This reply got its own thread", timeout=40_000)
        await expect(page.locator("#side-pane").get_by_role("log")).to_be_visible()
        await expect(caption).to_contain_text("Now it’s your turn", timeout=90_000)
        prompt = page.locator("#main-pane").get_by_role("article").last
        await expect(prompt).to_contain_text("When did you last stop")
        await page.reload()
        await expect(page.locator("#main-pane").get_by_role("article").last).to_be_visible()
        await expect(welcome).to_have_count(0)
    assert not faults
    spawned.emulator.recorder.close()
    check = SHARED / "tools" / "check_wire.py"
    if check.is_file():
        said = subprocess.run(  # noqa: ASYNC221 - the test waits for it alone
            [sys.executable, str(check), str(recorded)], capture_output=True, text=True, check=False
        )
        assert said.returncode == 0, said.stdout + said.stderr


async def test_a_declined_tour_can_be_opened_later(chromium: Browser, spawned: SpawnedBot) -> None:
    spawned.emulator.room.offers = True
    async with opened(chromium, spawned.emulator.page) as page:
        await page.get_by_role("button", name="Look around on my own").click()
        await expect(page.get_by_role("dialog")).to_have_count(0)
        await expect(page.locator("#caption")).to_be_hidden()
        await page.get_by_role("button", name="Tour", exact=True).click()
        await expect(page.get_by_role("button", name="Show me the tour")).to_be_visible()
    assert not spawned.emulator.world.messages
