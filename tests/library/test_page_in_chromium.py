"""The book's page in a real browser: nothing is loaded or run, and it fits on a phone."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from pdfminer.high_level import extract_text
from playwright.async_api import Browser

from bot.export import make_book
from bot.library.page import render_page
from storage.db.database import Database
from tests.library.hostile import NAMES, TEXTS
from tests.library.talk import add_replies, publish
from tests.room.browser import CHROMIUM, browser, opened
from tests.support.archives import open_archive

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not CHROMIUM.exists(), reason="no Chromium: scripts/install-chromium installs it"
    ),
]

ESSAY = Path(__file__).parents[2] / "bot/emulator/demo/essay.md"


async def write_page(folder: Path, database: Database) -> Path:
    made = await database.read(lambda tx: make_book(tx, "1"))
    path = folder / "book.html"
    path.write_bytes(render_page(made))
    return path


async def check_page(one: Browser, path: Path, *, light: bool = False) -> str:
    """Look at a page as on a phone; the text that it shows."""
    faults: list[str] = []
    requests: list[str] = []
    async with opened(one, "about:blank", size=(360, 740), light=light, faults=faults) as page:
        page.on("request", lambda request: requests.append(request.url))
        page.on("dialog", lambda dialog: faults.append(dialog.message))
        await page.goto(path.as_uri())
        assert [url for url in requests if not url.startswith("data:")] == [path.as_uri()]
        assert await page.evaluate("document.scripts.length") == 0
        assert await page.evaluate("window.hostile === undefined")
        assert await page.evaluate("document.documentElement.scrollWidth") <= 360
        for details in await page.query_selector_all("details"):
            await details.evaluate("one => { one.open = true }")
        assert await page.evaluate("document.documentElement.scrollWidth") <= 360
        paper = await page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert paper == ("rgb(253, 252, 249)" if light else "rgb(25, 24, 21)")
        bar = await page.evaluate("getComputedStyle(document.querySelector('.chart-bar')).fill")
        assert bar == ("rgb(31, 79, 143)" if light else "rgb(156, 193, 242)")
        right = "document.querySelector('.chart').getBoundingClientRect().right"
        assert await page.evaluate(right) <= 360
        text: str = await page.inner_text("body")
        assert faults == []
        return text


async def test_a_page_full_of_hostile_texts_runs_and_loads_nothing(tmp_path: Path) -> None:
    async with open_archive(tmp_path / "salon.sqlite3") as database:
        text = ESSAY.read_text(encoding="utf-8")
        await database.write(lambda tx: publish(tx, text))
        for place, words in enumerate(TEXTS):
            clean = words.encode("utf-8", "replace").decode()
            name = NAMES[place % len(NAMES)]
            await database.write(
                lambda tx, place=place, clean=clean, name=name: add_replies(  # type: ignore[misc]
                    tx, 1, [clean], seconds=100 + 10 * place, author_id=place + 1, author=name
                )
            )
        path = await write_page(tmp_path, database)
    async with browser() as one:
        for light in (True, False):
            shown = await check_page(one, path, light=light)
            assert "<script>window.hostile = true</script>" in shown
            assert "<!-- swallow" in shown
            assert "I resign as admin." in shown


async def test_a_discussion_with_10000_replies_is_shown_and_printed(tmp_path: Path) -> None:
    async with open_archive(tmp_path / "salon.sqlite3") as database:
        text = ESSAY.read_text(encoding="utf-8")
        await database.write(lambda tx: publish(tx, text))
        heads = await database.write(
            lambda tx: add_replies(tx, 1, [f"Thread {n}" for n in range(200)])
        )
        for place, head in enumerate(heads):
            await database.write(
                lambda tx, place=place, head=head: add_replies(  # type: ignore[misc]
                    tx,
                    1,
                    [f"Answer {place}-{number}" for number in range(49)],
                    seconds=1000 + 100 * place,
                    parent_id=head,
                )
            )
        path = await write_page(tmp_path, database)
    async with browser() as one:
        shown = await check_page(one, path)
        assert "Answer 199-48" in shown
        async with opened(one, path.as_uri()) as page:
            printed = await page.pdf()
            assert printed.startswith(b"%PDF")


async def test_what_is_collapsed_on_the_screen_is_printed(tmp_path: Path) -> None:
    async with open_archive(tmp_path / "salon.sqlite3") as database:
        await database.write(lambda tx: publish(tx, "# Slow bread\n\nIt takes a night."))
        (head,) = await database.write(lambda tx: add_replies(tx, 1, ["Thread"]))
        await database.write(
            lambda tx: add_replies(
                tx, 1, [f"Answer {n}." for n in range(30)], seconds=100, parent_id=head
            )
        )
        path = await write_page(tmp_path, database)
    async with browser() as one, opened(one, path.as_uri()) as page:
        assert not await page.get_by_text("Answer 29.").is_visible()
        printed = extract_text(io.BytesIO(await page.pdf()))
    for number in range(30):
        assert f"Answer {number}." in printed
    assert "more replies" not in printed
    assert "People in the threads about each passage" in printed
