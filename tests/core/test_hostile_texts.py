"""Long runs of the same signs are read and laid out in time that grows as the text does."""

from __future__ import annotations

import contextlib
import time

import pytest

from bot.core.layout.layout import lay_out
from bot.core.read_essay import Format, read_essay
from bot.errors import UnreadableEssay

LENGTH = 10_000  # characters
MOST = 8.0  # seconds of CPU on a busy host; quadratic time is far more
PAGE = "<html><head><title>T</title></head><body><article><h1>T</h1>"


def repeat(text: str) -> str:
    return text * (LENGTH // len(text))


RUNS = ["[", "[ ", "![", "^[", "[a](", "`", "*a **b ", "~~a ~b", "<a ", "<!--", "<?", "&#x", "$$a ",
        "> ", "> a\n", "- - ", "- a\n", "# a\n", "a\n=\n", "\\begin{align}\na\n", "|-", "<b>a",
        "<div>\n", "<table>\n\n<tr><td>", "[^a]: b\n\n", "a\n: b\n\n", "{% ",
        "“a", "P.S. "]  # fmt: skip
PAGES = ["<div>", "<b>a", "<ul><li>a", "<blockquote>a", "<table><tr><td>a",
         "<tr><td rowspan=9999 colspan=9999>a", "<div><h2>Related posts</h2><p>A river.</p></div>",
         "<h2>a</h2>", '<img src="http://e.example/a.png" alt="a">', "<!--", "<a "]  # fmt: skip


def spend(text: str, form: Format) -> float:
    before = time.process_time()
    with contextlib.suppress(UnreadableEssay):
        lay_out(read_essay(text, format=form))
    return time.process_time() - before


@pytest.mark.parametrize("run", RUNS)
def test_a_text_of_one_run_of_signs_is_read_in_time(run: str) -> None:
    assert spend(repeat(run), "markdown") < MOST


@pytest.mark.parametrize("run", PAGES)
def test_a_page_of_one_run_of_tags_is_read_in_time(run: str) -> None:
    assert spend(PAGE + repeat(run), "html") < MOST


def test_a_link_with_a_long_address_that_is_used_often_is_laid_out_in_time() -> None:
    source = f"[a]: http://e.example/{'x' * 300}\n\n{'[a] ' * 300}"
    assert spend(source, "markdown") < MOST
