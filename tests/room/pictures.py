"""Pictures of the page for the README, taken in the course of its tour.

``python -m tests.room.pictures FOLDER`` writes them as PNG; scripts/screenshots calls it.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from playwright.async_api import Page, expect

from tests.room.browser import browser, opened
from tests.staging import staged

__all__ = ["main"]

_TOUR = 120_000


async def _shot(page: Page, folder: Path, name: str) -> None:
    await page.screenshot(path=folder / f"{name}.png", animations="disabled")


async def _take(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as kept:
        async with staged(Path(kept)) as stage, browser() as chromium:
            await stage.bot.start()
            address = stage.standin.page
            async with opened(chromium, address, size=(1180, 760)) as page:
                await page.get_by_role("button", name="Show me the tour").wait_for()
                await _shot(page, folder, "room-welcome")
                await page.get_by_role("button", name="Show me the tour").click()
                end = page.locator("#caption", has_text="Now it is yours")
                await expect(end).to_be_visible(timeout=_TOUR)
                await _shot(page, folder, "room-tour")
                await page.locator("#main-pane textarea").fill("/")
                await page.get_by_role("listbox", name="Commands").wait_for()
                await _shot(page, folder, "room-commands")
            async with opened(chromium, address, size=(390, 780), light=True) as page:
                await page.get_by_role("article").first.wait_for()
                await _shot(page, folder, "room-phone")


def main(arguments: list[str]) -> int:
    """Write the pictures into the folder named; 64 without one."""
    if len(arguments) != 1:
        sys.stderr.write("pictures: name the folder to write to.\n")
        return 64
    folder = Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(_take(folder))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
