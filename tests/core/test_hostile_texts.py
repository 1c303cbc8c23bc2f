"""Long runs of the same signs cost work that grows as the text does."""

from __future__ import annotations

import contextlib
from functools import partial

import pytest

from bot.core.essay.source_format import Format
from bot.core.layout.layout import lay_out
from bot.core.read_essay import read_essay
from bot.errors import UnreadableEssay
from tests.support.call_counts import count_calls

LENGTH = 3_000  # characters: two messages of the densest marks
MOST = 3.0  # times as many calls for a text twice as long; quadratic work takes four times as many
PAGE = "<html><head><title>T</title></head><body><article><h1>T</h1>"

RUNS = ["[", "[ ", "![", "^[", "[a](", "[a](b) ", "![](", "`", "*a **b ", "*i* ", "a **b** ", "_a ",
        "~~a ~b", "<a ", "<", "& ", "<!--", "<?", "&#x", "$$a ", "> ", "> a\n", "> a\nb\n",
        "> > a\n\n", "- - ", "- a\n", "- > a\n", "- a\n  - b\n", "1. a\n", "# a\n", "a\n=\n",
        "```\na\n```\n\n", "\\begin{align}\na\n", "|-", "|a|b|\n|-|-|\n|c|d|\n\n", "<b>a",
        "<div>\n", "<table>\n\n<tr><td>", "[^a]: b\n\n", "w[^1] ", "w^[a] ", "a\n: b\n\n", "{% ",
        "“a", "P.S. ", "word ", "海辺", "👍🏽", "👩‍👩‍👧 ", "e\u0301"]  # fmt: skip
PAGES = ["<div>", "<div>a</div>", "<b>a", "<b>a</b> ", "<a href=b>a</a> ", "<ul><li>a", "a<br>",
         "<blockquote>a", "<table><tr><td>a", "<td>a</td>", "<td>",
         "<tr><td rowspan=9999 colspan=9999>a", "<div><h2>Related posts</h2><p>A river.</p></div>",
         "<h2>a</h2>", '<img src="http://e.example/a.png" alt="a">', "<!--", "<a "]  # fmt: skip


def read_and_lay_out(text: str, form: Format) -> None:
    with contextlib.suppress(UnreadableEssay):
        lay_out(read_essay(text, format=form))


def compare_calls(head: str, run: str, form: Format) -> float:
    """How many times as many calls a text takes that is twice as long."""
    texts = [head + run * (length // len(run)) for length in (LENGTH, LENGTH, 2 * LENGTH)]
    _, once, twice = (
        count_calls(partial(read_and_lay_out, text, form)) for text in texts
    )  # the first fills the caches
    return twice / once


@pytest.mark.parametrize("run", RUNS)
def test_twice_as_long_a_run_of_signs_takes_twice_the_calls(run: str) -> None:
    assert compare_calls("", run, "markdown") < MOST


@pytest.mark.parametrize("run", PAGES)
def test_twice_as_long_a_run_of_tags_takes_twice_the_calls(run: str) -> None:
    assert compare_calls(PAGE, run, "html") < MOST


def test_a_link_with_a_long_address_that_is_used_often_takes_no_more_calls_than_its_uses() -> None:
    definition = f"[a]: http://e.example/{'x' * 300}\n\n"
    assert compare_calls(definition, "[a] ", "markdown") < MOST
