"""Members' messages as HTML: their spoilers and links."""

from __future__ import annotations

import pytest
from lxml import etree

from bot.library.message_html import render_message


def read_open(text: str) -> str:
    """What is shown of a message without a click."""
    tree = etree.fromstring(f"<div>{render_message(text, {})}</div>")
    for spoiler in tree.iterfind('.//span[@class="spoiler"]'):
        spoiler.text = "…"
        del spoiler[:]
    return "".join(map(str, tree.itertext()))


@pytest.mark.parametrize(
    "text",
    [
        "open ||SECRET|| open",
        "||a\n```\nSECRET\n```\nb|| open",
        "||a\n~~~\nSECRET\n~~~\n|| open",
        "~~~ ||\nSECRET\n|| open",
        "||a\n> SECRET\n\n- SECRET\n- b|| open",
        "||`SECRET` **SECRET**|| open",
        "[a](http://x.example/||SECRET||) open",
        '[a](http://x.example "||b") SECRET|| open',
        "[a](http://x.example/**||)> SECRET|| open",
        "<https://x.example/||SECRET||> open",
        "||a `SECRET|| b` open",
    ],
)
def test_a_spoiler_is_hidden_whatever_is_around_and_in_it(text: str) -> None:
    shown = read_open(text)
    assert "SECRET" not in shown
    assert "open" in shown
    html = render_message(text, {})
    assert "\ue000" not in html
    assert "\ue001" not in html
    assert "title=" not in html


def test_bars_in_code_are_bars() -> None:
    assert read_open("a `||b||`\n```\n||c||\n```").split() == ["a", "||b||", "||c||"]


@pytest.mark.parametrize(
    "text",
    [
        ">" * 300 + " deep",
        "> " * 25 + "deep",
        "- " * 25 + "deep",
        "1. " * 25 + "deep",
        "\n".join("  " * n + f"- {n}" for n in range(25)) + " deep",
        "_" * 30 + "*" * 90 + " deep",
        "[" * 60 + " deep",
    ],
)
def test_words_in_deep_quotations_and_lists_are_shown(text: str) -> None:
    assert "deep" in read_open(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("```py\nprint(1)\n```", "print(1)"),
        ("```These words\nand these\n```", "These words and these"),
        ("```never closed", "never closed"),
        ("~~~\nno code in Discord\n~~~", "no code in Discord"),
        ("~~~ words\nmore\n~~~", "words more"),
        ("```word", "word"),
    ],
)
def test_words_behind_a_fence_are_shown_unless_they_name_a_language(text: str, shown: str) -> None:
    assert " ".join(read_open(text).split()) == shown


def test_a_link_leads_to_the_web_or_is_text() -> None:
    html = render_message("[a](https://x.example/b) [c](/d) [e](#f) <g:h>", {})
    assert html.count("<a ") == 1
    assert '<a href="https://x.example/b">a</a>' in html
    assert "[c](/d) [e](#f) &lt;g:h&gt;" in html
