"""Titles in answers and alerts are short, literal and on one line."""

from __future__ import annotations

import pytest

from bot.core.text.length import count_utf16_units
from bot.core.text.titles import MAX_TITLE, escape_title, shorten_title


@pytest.mark.parametrize("pattern", ["night ", "🥖", "👩‍👩‍👧", "夜", "*", "_`|", "e\u0301", "\n"])
def test_a_long_title_is_shortened_before_it_is_escaped(pattern: str) -> None:
    title = pattern * 4000
    assert count_utf16_units(shorten_title(title)) <= MAX_TITLE
    shown = escape_title(title)
    assert count_utf16_units(shown) <= 2 * MAX_TITLE
    assert "\n" not in shown


def test_a_title_is_shown_literally() -> None:
    assert escape_title("Slow *bread*\nand  <@1>") == "Slow \\*bread\\* and \\<@1>"
