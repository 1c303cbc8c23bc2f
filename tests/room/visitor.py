"""A visitor of the page: helpers to act on it."""

from __future__ import annotations

import contextlib
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import Browser, Locator, Page, expect

from bot.emulator.server import Emulator
from bot.emulator.world.models import Message, User
from tests.room.browser import opened

__all__ = ["Visitor", "visiting"]


@dataclass
class Visitor:
    """The page, and the world behind it. ``faults`` are scripts' errors, ``called`` every
    address that the page requested."""

    page: Page
    emulator: Emulator
    faults: list[str] = field(default_factory=list)
    called: list[str] = field(default_factory=list)

    @property
    def main(self) -> Locator:
        """The middle pane."""
        return self.page.locator("#main-pane")

    @property
    def side(self) -> Locator:
        """The thread on the right."""
        return self.page.locator("#side-pane")

    def message(self, text: str, where: Locator | None = None) -> Locator:
        """The message with a text, by default in the middle pane."""
        return (where or self.main).get_by_role("article").filter(has_text=text)

    def member(self, name: str) -> User:
        """The member with this display name."""
        users = self.emulator.world.users.values()
        return next(user for user in users if user.display_name == name)

    def channel(self, name: str) -> int:
        """The id of the channel with this name."""
        channels = self.emulator.world.channels.values()
        return next(channel.id for channel in channels if channel.name == name)

    def said(self, text: str) -> Message:
        """The newest message in the world with exactly this content."""
        found = reversed(self.emulator.world.messages.values())
        return next(message for message in found if message.content == text)

    async def become(self, name: str) -> None:
        """Switch to another member."""
        wanted = str(self.member(name).id)
        await self.page.get_by_label("The member you act as").select_option(wanted)
        await expect(self.page.locator("body")).to_have_attribute("data-member", wanted)

    async def writes(
        self, text: str, where: Locator | None = None, *, shown_as: str | None = None
    ) -> Locator:
        """Write a message and wait until it is on the page, where its text is ``shown_as``."""
        box = (where or self.main).locator("textarea")
        await box.fill(text)
        await box.press("Enter")
        shown = self.message(shown_as or text, where)
        await expect(shown).to_be_visible()
        return shown

    async def types_command(self, name: str) -> Locator:
        """Type a command's name and choose it; the row for its options."""
        box = self.main.locator("textarea")
        await box.fill(f"/{name}")
        choice = self.main.get_by_role("option").filter(has_text=f"/{name}").first
        await expect(choice).to_be_visible()
        await box.press("Enter")
        form = self.main.locator("form.command")
        await expect(form).to_be_visible()
        return form

    async def menu(self, message: Locator, item: str) -> None:
        """Choose something in a message's context menu."""
        await message.locator(".body").click(button="right", position={"x": 4, "y": 30})
        await self.page.get_by_role("menuitem", name=item, exact=True).click()

    async def evaluate(self, script: str) -> Any:
        """Run a script on the page; its result."""
        return await self.page.evaluate(script)


@contextlib.asynccontextmanager
async def visiting(
    chromium: Browser,
    emulator: Emulator,
    *,
    size: tuple[int, int] = (1280, 800),
    light: bool = False,
) -> AsyncIterator[Visitor]:
    """Open the page and wait until a channel is shown; fails if a script failed."""
    faults: list[str] = []
    async with opened(chromium, emulator.page, size=size, light=light, faults=faults) as page:
        visitor = Visitor(page, emulator, faults)
        page.on("request", lambda request: visitor.called.append(request.url))
        await expect(page.locator("body")).to_have_attribute("data-member", re.compile(r"\d+"))
        yield visitor
    assert not faults
