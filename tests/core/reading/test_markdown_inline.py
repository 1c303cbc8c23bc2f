"""The inline parser reads what the library's reads, and long runs of signs in linear time."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from mdit_py_plugins.footnote import footnote_plugin

from bot.core.reading.markdown_inline import guard_notes, use_inline_parser


def make_parser(*, own: bool) -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": True})
    if own:
        use_inline_parser(parser)
    parser.enable("strikethrough").use(footnote_plugin)
    if own:
        guard_notes(parser)
    return parser


OWN, LIBRARY = make_parser(own=True), make_parser(own=False)
PIECES = [
    *("[", "[", "]", "]", "](", ")", "(b)", "[a](b)", "![", "^[", "[^n]", "[r]", "[r][r]", "][r]"),
    *("*", "**", "_", "~~", "`", "``", "\\", "<b>", "</b>", "<", "<http://a.b>", "&amp;", "&"),
    *("a", "b c", " ", "\n", "  \n", "!", "#", ":", "+", "字", '"t"', "(", ">", "$", "{"),
]


@settings(max_examples=200)
@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
def test_it_reads_what_the_library_reads(text: str) -> None:
    text += "\n\n[r]: http://e.example/\n\n[^n]: A note.\n"
    assert OWN.render(text) == LIBRARY.render(text)


_ADDRESS_PIECES = [
    *(
        "http://",
        "https://",
        "HTTP://",
        "a.b",
        "A.b",
        "xn--a",
        "b-c",
        ".",
        "/",
        "//",
        "?",
        "#",
        ":",
    ),
    *(
        "a",
        "1",
        "_",
        "*",
        "~",
        "+",
        "=",
        "&",
        "&amp;",
        "%20",
        "%",
        "%zz",
        "é",
        "字",
        "(",
        ")",
        "\\",
    ),
    *("<", ">", '"', "'", "@", "$", "!", ",", ";", " ", "[", "]", "\n", "mailto:a", "javascript:"),
]


@settings(max_examples=400)
@given(st.lists(st.sampled_from(_ADDRESS_PIECES), max_size=12).map("".join), st.booleans())
def test_it_reads_the_addresses_of_links_as_the_library_does(address: str, web: bool) -> None:
    text = f"[a]({'https://a.example' if web else ''}{address}) and [b](<{address}>) *c*"
    assert OWN.render(text) == LIBRARY.render(text)


@pytest.mark.parametrize("sign", ["[", "]", "[a", "![", "^[", "[^", "[[a]", "[a](", "[a](b", "[ "])
def test_a_long_run_of_signs_takes_no_longer_a_sign_than_a_short_one(sign: str) -> None:
    spent: list[float] = []
    for length in (2_000, 20_000):
        before = time.process_time()
        OWN.render(f"{sign * (length // len(sign))}\n\n[^1]: A note.\n")
        spent.append(time.process_time() - before)
    assert spent[1] < 40 * spent[0] + 0.1
