"""A real headless Chromium, if it is installed."""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

from playwright.async_api import Browser, Page, ViewportSize, async_playwright, expect

__all__ = ["CHROMIUM", "browser", "opened"]

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
"""Debian's browser; scripts/install-chromium installs it."""
_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_PATIENCE = 20_000
"""The time limit in milliseconds for everything awaited on the page."""


@contextlib.asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    """Open the browser inside the block."""
    expect.set_options(timeout=_PATIENCE)  # the library's own is 5 seconds
    async with async_playwright() as playwright:
        one = await playwright.chromium.launch(
            executable_path=CHROMIUM, headless=True, args=list(_FLAGS)
        )
        try:
            yield one
        finally:
            await one.close()


@contextlib.asynccontextmanager
async def opened(
    one: Browser,
    address: str,
    *,
    size: tuple[int, int] = (1280, 800),
    light: bool = False,
    faults: list[str] | None = None,
) -> AsyncIterator[Page]:
    """The page at ``address`` in its own window; its errors are added to ``faults``."""
    context = await one.new_context(
        viewport=ViewportSize(width=size[0], height=size[1]),
        color_scheme="light" if light else "dark",
        timezone_id="UTC",
        locale="en-GB",
    )
    context.set_default_timeout(_PATIENCE)
    page = await context.new_page()
    if faults is not None:
        page.on("pageerror", lambda error: faults.append(str(error)))
    try:
        await page.goto(address)
        yield page
    finally:
        await context.close()
