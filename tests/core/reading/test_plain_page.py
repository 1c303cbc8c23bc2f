"""Long pages of nothing but text are read without the extractor, and lose nothing by it."""

from __future__ import annotations

import re

import pytest
from lxml import html

from bot.core.read_essay import read_essay
from bot.core.reading.plain_page import cut_middle, is_plain_page
from bot.core.reading.web_page import read_web_page

HEAD = '<html lang="fr"><head><title>Slow bread</title><meta name="author" content="Ann Lee">'
PROSE = "<p>Loaf {} takes a night and a day, and <em>nobody</em> has hurried one.</p>\n"


def make_page(count: int, before: str = "", after: str = "") -> str:
    body = "".join(PROSE.format(number) for number in range(count))
    return f"{HEAD}</head><body>{before}<h1>Slow bread</h1>{body}{after}</body></html>"


def is_plain(text: str) -> bool:
    root = html.document_fromstring(text)
    return is_plain_page(text, root, lambda element: element.get("class") == "menu")


def test_a_long_page_is_read_as_a_short_one_of_the_same_kind() -> None:
    long, short = make_page(4_000), make_page(40)
    assert is_plain(long)
    assert not is_plain(short)
    one, other = read_web_page(long), read_web_page(short)
    assert one.metadata == other.metadata
    assert (one.metadata.title, one.metadata.author) == ("Slow bread", "Ann Lee")
    assert one.blocks[: len(other.blocks)] == other.blocks
    assert len(one.blocks) == 4_001
    essay = read_essay(long, format="html")
    assert (essay.title, len(essay.passages)) == ("Slow bread", 4_000)


@pytest.mark.parametrize(
    "box",
    [
        '<nav><a href="/">Home</a></nav>',
        '<div class="menu">Home</div>',
        '<ul><li><a href="/a">A post</a></li><li><a href="/b">Another post</a></li></ul>',
        "<form><p>Your name?</p></form>",
        "<article><p>One</p></article><article><p>Two</p></article>",
        '<div><p><a href="/a">Everything in this box is a link</a></p></div>',
    ],
)
def test_a_page_with_a_menu_or_a_box_is_left_to_the_extractor(box: str) -> None:
    assert not is_plain(make_page(4_000, box))
    assert not is_plain(make_page(4_000, after=box))


@pytest.mark.parametrize(
    "box",
    [
        '<p>See <a href="/a">the other essay about bread</a></p>',
        "<ul><li>Flour, <a href='/a'>water</a> and a good deal of patience</li></ul>",
        '<div id="water"><p>Water.</p></div>',
        "<header><p>Ann Lee</p></header>",
    ],
)
def test_a_link_or_a_list_in_the_text_is_no_menu(box: str) -> None:
    assert is_plain(make_page(4_000, box))


def test_what_a_site_writes_into_a_long_page_is_dropped() -> None:
    essay = read_essay(make_page(4_000, after="<h3>Most read</h3><ul><li>One</li></ul>"
                                              "<p>Subscribe now</p>"), format="html")  # fmt: skip
    assert "Subscribe now" not in [passage.text for passage in essay.passages]


def test_the_middle_of_a_long_page_is_cut_between_tags() -> None:
    page = make_page(8_000)
    cut = cut_middle(page)
    assert cut.startswith(page[:100_000])
    assert cut.endswith(page[-10_000:])
    assert len(cut) < 200_000
    assert not re.search(r"<[^>]*<", cut), "no tag is cut"
    assert cut_middle(make_page(10)) == make_page(10)
