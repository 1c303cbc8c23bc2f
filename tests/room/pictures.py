"""Screenshots of the page for the README, taken during its tour.

``python -m tests.room.pictures FOLDER`` writes them as PNG; scripts/screenshots calls it.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from playwright.async_api import FilePayload, Page, expect

from tests.room.browser import browser, opened
from tests.support.spawned_bot import spawned_bot

__all__ = ["main"]

_TOUR = 120_000
_ESSAY = b"""On stairs

by Marta Lindqvist

Nobody designs the third stair, and everybody remembers it.

A house is a way of going up. What we keep on the landing says who we are.

What do you keep on your landing?
"""


async def _shot(page: Page, folder: Path, name: str) -> None:
    await page.screenshot(path=folder / f"{name}.png", animations="disabled")


async def _hand_in(page: Page) -> None:
    """Run /essay publish with a file, and wait for the preview's buttons."""
    main = page.locator("#main-pane")
    await main.locator("textarea").fill("/essay publish")
    await main.get_by_role("option").first.wait_for()
    await main.locator("textarea").press("Enter")
    form = main.locator("form.command")
    await form.get_by_role("button", name="+ file").click()
    stairs = FilePayload(name="stairs.md", mimeType="text/markdown", buffer=_ESSAY)
    await form.get_by_label("file", exact=True).set_input_files(stairs)
    await form.get_by_role("button", name="Send").click()
    await main.get_by_role("button", name="Discard").wait_for()


async def _take(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as kept:
        async with spawned_bot(Path(kept)) as spawned, browser() as chromium:
            await spawned.bot.start()
            address = spawned.emulator.page
            async with opened(chromium, address, size=(1120, 660)) as page:
                await page.get_by_role("button", name="Show me the tour").click()
                thread = page.locator("#side-pane")
                await thread.get_by_text("only the kindness").wait_for(timeout=_TOUR)
                await _shot(page, folder, "room-thread")
                end = page.locator("#caption", has_text="Now it is yours")
                await expect(end).to_be_visible(timeout=_TOUR)
                await page.locator("#caption").get_by_role("button", name="Close").click()
                await page.get_by_role("button", name="Close the thread").click()
                await _hand_in(page)
                await _shot(page, folder, "room-preview")
            async with opened(chromium, address, size=(360, 660), light=True) as page:
                await page.get_by_role("article").first.wait_for()
                await _shot(page, folder, "room-phone")


def main(arguments: list[str]) -> int:
    """Write the pictures into the given folder; exit status 64 without one."""
    if len(arguments) != 1:
        sys.stderr.write("pictures: name the folder to write to.\n")
        return 64
    folder = Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(_take(folder))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
