"""Truncation counts UTF-16 units and never cuts inside a grapheme."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.text.truncate import truncate, truncate_lines


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


@given(st.text(max_size=60), st.integers(1, 40))
def test_a_truncated_text_fits_in_utf16_units(text: str, most: int) -> None:
    assert _units(truncate(text, most)) <= most


def test_a_text_that_fits_stays_as_it_is() -> None:
    assert truncate("two words ", 10) == "two words "


@pytest.mark.parametrize("text", ["🙂" * 1_500, "👩‍👩‍👧 " * 400])
def test_emoji_count_twice_as_much_as_letters_and_are_not_cut_apart(text: str) -> None:
    cut = truncate(text, 2_000)
    assert _units(cut) <= 2_000
    assert cut.endswith("…")
    assert text.startswith(cut[:-1])
    assert set(cut[:-1].split()) <= {"👩‍👩‍👧", cut[:-1]}


def test_a_text_is_cut_between_words_where_half_of_it_stays() -> None:
    assert truncate("a sentence of words", 12) == "a sentence…"
    assert truncate("a " + "x" * 20, 12) == "a xxxxxxxxx…"


def test_lines_that_are_left_out_are_counted() -> None:
    lines = [f"line {number:03}" for number in range(100)]
    shown = truncate_lines(lines, 150).split("\n")
    assert shown[:-1] == lines[: len(shown) - 1]
    assert shown[-1] == f"-# … and {100 - len(shown) + 1} more lines."
    assert truncate_lines(lines[:3]) == "line 000\nline 001\nline 002"


def test_the_default_limit_of_a_list_is_one_message() -> None:
    assert truncate_lines(["one", "two"]) == "one\ntwo"
    text = truncate_lines(["x" * 100] * 50)
    assert text.endswith("-# … and 31 more lines.")
    assert len(text) <= 2000


@given(st.text(alphabet="*_`~|[\\<@ab \n\U0001f35e>#", max_size=3000), st.integers(2, 400))
def test_a_truncated_text_keeps_its_beginning(text: str, most: int) -> None:
    short = truncate(text, most)
    assert _units(short) <= most
    assert short == text or text.startswith(short.removesuffix("…"))
