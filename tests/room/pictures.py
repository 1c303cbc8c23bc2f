"""Screenshots of the page for the README and docs/, taken during its tour.

``python -m tests.room.pictures FOLDER`` writes them as PNG; scripts/screenshots calls it.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
from PIL import Image
from playwright.async_api import FilePayload, Page, expect

from bot.core.text.translate import gettext, use_language
from bot.emulator.demo.play import play
from tests.cogs.members.test_questions import publish_by
from tests.room.browser import browser, opened
from tests.room.visitor import visiting
from tests.support.running_bot import EmulatorClient
from tests.support.spawned_bot import SpawnedBot, spawned_bot

__all__ = ["main"]

_TOUR = 120_000
"""How long the tour may take, in milliseconds."""
_END = 1_000_000
"""More pixels than the channel is high."""
_WELCOME = 200
"""Pixels of the channel's beginning, above the card."""
_PAUSE = 20 * 60
"""Seconds after which a message in the channel doesn't continue what was said there."""
_ESSAY = b"""On stairs

by Marta Lindqvist

Nobody designs the third stair, and everybody remembers it.

A house is a way of going up. What we keep on the landing says who we are.

What do you keep on your landing?
"""


#: Who asks the author what, about which of the form's passages.
_QUESTIONS = (
    ("Ben", 3, "Which stair is the third one, if you count from above?"),
    ("Chloe", 4, "Is a house without stairs no house?"),
)
_GERMAN_ESSAY = """# Über Treppen

von Marta Lindqvist

Niemand entwirft die dritte Stufe, und jeder erinnert sich an sie.

Ein Haus ist eine Art hinaufzugehen. Was wir auf dem Absatz stehen lassen, sagt, wer wir sind.

Was steht bei euch auf dem Treppenabsatz?
"""
_GERMAN_COMMENTS = (
    ("1", None, "Ben", "Ein Schirm, der niemandem gehört. Seit neun Jahren."),
    ("2", "1", "Chloe", "Dann ist er jetzt deiner."),
    ("3", None, "Dev", "Nichts. Ich wohne im Erdgeschoss und bin neidisch."),
)


async def _shot(page: Page, folder: Path, name: str) -> None:
    """Take a screenshot, in a palette of 256 colours, which is a third of the size."""
    taken = await page.screenshot(animations="disabled")
    with Image.open(io.BytesIO(taken)) as picture:
        picture.convert("RGB").quantize(256).save(folder / f"{name}.png", optimize=True)


async def _scroll(page: Page, by: int) -> None:
    """Turn the wheel over the channel, and move the pointer away from its messages."""
    await page.mouse.move(450, 300)
    await page.mouse.wheel(0, by)
    await page.mouse.move(120, 500)
    await page.wait_for_timeout(500)


async def _publish(page: Page) -> None:
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
                end = page.locator("#caption", has_text="Now it’s your turn")
                await expect(end).to_be_visible(timeout=_TOUR)
                await page.locator("#caption").get_by_role("button", name="Close").click()
                await _scroll(page, _END)
                await _shot(page, folder, "room-prompt")
                await (
                    page.get_by_role("link", name="Dev: This is the paragraph")
                    .or_(page.get_by_role("button", name="Dev: This is the paragraph"))
                    .first.click()
                )
                await thread.get_by_text("only the kindness").first.wait_for()
                await page.set_viewport_size({"width": 1120, "height": 760})
                await page.wait_for_timeout(500)
                await _scroll(page, -_END)
                await page.get_by_text("Dismiss message").first.click()
                await _scroll(page, _WELCOME)
                await expect(page.get_by_text("by Marta Lindqvist").first).to_be_in_viewport()
                await _shot(page, folder, "essay")
                await page.set_viewport_size({"width": 1120, "height": 660})
                await page.get_by_role("button", name="Close the thread").click()
                await _publish(page)
                await _shot(page, folder, "room-preview")
            async with opened(chromium, address, size=(360, 660), light=True) as page:
                await page.get_by_role("article").first.wait_for()
                await _shot(page, folder, "room-phone")


async def _run(page: Page, command: str) -> None:
    """Run a slash command that needs no options."""
    box = page.locator("#main-pane").locator("textarea")
    await box.fill(f"/{command}")
    await page.locator("#main-pane").get_by_role("option").first.wait_for()
    await box.press("Enter")
    await page.locator("#main-pane form.command").get_by_role("button", name="Send").click()


async def _take_german(folder: Path) -> None:
    """A server in German, with members whose Discord is in German."""
    with tempfile.TemporaryDirectory() as kept:
        essay, comments = Path(kept) / "treppen.md", Path(kept) / "comments.jsonl"
        essay.write_text(_GERMAN_ESSAY, encoding="utf-8")
        keys = ("id", "parent", "author", "text")
        rows = (json.dumps(dict(zip(keys, one, strict=True))) for one in _GERMAN_COMMENTS)
        comments.write_text("\n".join(rows), encoding="utf-8")
        async with spawned_bot(Path(kept)) as spawned, browser() as chromium:
            emulator = spawned.emulator
            for user in emulator.world.users.values():
                user.locale = "de"
            for guild in emulator.world.guilds.values():
                guild.preferred_locale = "de"
            await spawned.bot.start()
            with use_language("de"):
                label = gettext("Publish")
            said: list[str] = []
            assert await play(
                emulator, essay=essay, comments=comments, say=said.append, publish_label=label
            ), said
            async with opened(chromium, emulator.page, size=(1120, 760)) as page:
                await page.get_by_role("article").first.wait_for()
                await _scroll(page, _END)
                await _shot(page, folder, "german-essay")
                await _run(page, "setup")
                await page.get_by_text("Wie Essays hier erscheinen").wait_for()
                await page.set_viewport_size({"width": 1120, "height": 1500})
                await page.wait_for_timeout(500)
                await _scroll(page, _END)
                await _shot(page, folder, "german-setup")


async def _let_plain_messages_join(client: EmulatorClient) -> None:
    """Choose the channel and *join* in /setup."""
    for what, value in (("channel", str(client.channel())), ("loose", "join")):
        panel = await client.run_command("setup")
        await client.settle()
        shown = await client.answer_message(panel)
        kind = 8 if what == "channel" else 3
        data = {"component_type": kind, "custom_id": f"salon:setup:{what}", "values": [value]}
        await client.interact(3, data, message_id=shown["id"], message_flags=shown["flags"])
        await client.settle()


async def _take_joining_in(folder: Path) -> None:
    """The ways to join in: a reply, the button, the menu, a plain message; and on a phone."""
    async with (
        _rehearsed() as spawned,
        browser() as chromium,
        aiohttp.ClientSession() as session,
    ):
        emulator = spawned.emulator
        client = EmulatorClient(emulator, session)
        await _let_plain_messages_join(client)
        async with visiting(chromium, emulator, size=(1120, 660)) as guest:
            page = guest.page
            await _publish(page)
            await guest.main.get_by_role("button", name="Publish", exact=True).click()
            await expect(guest.message("is published")).to_be_visible()
            await page.get_by_text("Dismiss message").first.click()
            part = guest.message("Nobody designs the third stair").first
            await guest.become("Ann")
            await guest.menu(part, "Reply")
            await guest.writes("Mine creaks, and I would miss it.")
            under = guest.message("Mine creaks").locator(".thread-under")
            await expect(under).to_be_visible()
            await under.click()
            await expect(guest.message("Mine creaks", guest.side)).to_be_visible()
            await _shot(page, folder, "join-reply")
            await page.get_by_role("button", name="Close the thread").click()
            await guest.become("Ben")
            await guest.main.get_by_role("button", name="Answer", exact=True).last.click()
            form = page.get_by_role("dialog")
            await form.get_by_role("combobox").select_option(index=4)
            await form.get_by_role("textbox").fill("A pair of boots that fit nobody any more.")
            await _shot(page, folder, "join-button")
            await form.get_by_role("button", name="Submit").click()
            await guest.main.get_by_role("button", name="Start a new thread").click()
            await expect(guest.message("A pair of boots").first).to_be_visible()
            await page.get_by_text("Dismiss message").first.click()
            await guest.become("Chloe")
            await part.locator(".body").click(button="right", position={"x": 4, "y": 30})
            await expect(page.get_by_role("menuitem", name="Discuss this passage")).to_be_visible()
            await _shot(page, folder, "join-menu")
            await page.keyboard.press("Escape")
            await client.settle(_PAUSE)
            await guest.become("Dev")
            await guest.writes("We keep nothing there, and the cat keeps us.")
            await expect(guest.message("We keep nothing").locator(".thread-under")).to_be_visible()
            await _scroll(page, _END)
            await _shot(page, folder, "join-message")
        async with visiting(chromium, emulator, size=(360, 660), light=True) as guest:
            await guest.become("Ann")
            await expect(guest.message("We keep nothing").last).to_be_visible()
            await _shot(guest.page, folder, "join-phone")


async def _take_asking(folder: Path) -> None:
    """*Ask the author*, and the author's list of questions."""
    async with (
        _rehearsed() as spawned,
        browser() as chromium,
        aiohttp.ClientSession() as session,
    ):
        client = EmulatorClient(spawned.emulator, session)
        await publish_by(client, client.member("Ann"), essay=_ESSAY.decode())
        async with visiting(chromium, spawned.emulator, size=(1120, 660)) as guest:
            page, form = guest.page, guest.page.get_by_role("dialog")
            for name, passage, question in _QUESTIONS:
                await guest.become(name)
                ask = guest.main.get_by_role("button", name="Ask the author", exact=True)
                await ask.last.click()
                await form.get_by_role("combobox").select_option(index=passage)
                await form.get_by_role("textbox").fill(question)
                if name == _QUESTIONS[-1][0]:
                    await _shot(page, folder, "ask-form")
                await form.get_by_role("button", name="Submit").click()
                await expect(guest.message(question).first).to_be_visible()
                await page.get_by_text("Dismiss message").first.click()
            await guest.become("Ann")
            await _run(page, "questions")
            await expect(guest.message("Open questions about your essays")).to_be_visible()
            await _scroll(page, _END)
            await _shot(page, folder, "ask-list")


@contextlib.asynccontextmanager
async def _rehearsed() -> AsyncIterator[SpawnedBot]:
    """An emulator with the bot, which doesn't offer the tour."""
    with tempfile.TemporaryDirectory() as kept:
        async with spawned_bot(Path(kept)) as spawned:
            spawned.emulator.room.offers = False
            await spawned.bot.start()
            await spawned.emulator.dispatcher.wait_for_bot()
            yield spawned


def main(arguments: list[str]) -> int:
    """Write the pictures into the given folder; exit status 64 without one."""
    if len(arguments) != 1:
        sys.stderr.write("pictures: name the folder to write to.\n")
        return 64
    folder = Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(_take(folder))
    asyncio.run(_take_german(folder))
    asyncio.run(_take_joining_in(folder))
    asyncio.run(_take_asking(folder))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
