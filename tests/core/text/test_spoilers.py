"""Spoilers stay hidden where a text is shortened or taken apart."""

from __future__ import annotations

import pytest

from bot.core.conversation.thread_names import make_thread_name
from bot.core.text.spoilers import cut_text, put_spoilers_on_lines, split_spoilers


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("no ||spoiler|| cut", "no ||spo||"),
        ("||", "||"),
        ("abc ||secret||", "abc ||se||"),
        ("before the spoiler ||x||", "before"),
    ],
)
def test_a_spoiler_that_is_cut_is_closed(text: str, cut: str) -> None:
    assert cut_text(text, 6) == cut


@pytest.mark.parametrize("most", range(0, 60, 3))
def test_no_cut_shows_what_is_hidden(most: int) -> None:
    text = "In the open ||HIDDEN `HIDDEN` HIDDEN\nHIDDEN|| open again ||HIDDEN|| and open"
    for line in put_spoilers_on_lines(text).splitlines():
        shown = "".join(one for one, hidden in split_spoilers(cut_text(line, most)) if not hidden)
        assert "H" not in shown


def test_a_spoiler_over_lines_is_put_on_one() -> None:
    text = put_spoilers_on_lines("one\n||two\n\n> three|| four\nfive")
    assert text == "one\n||two > three|| four\nfive"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("intro ||SECRET\n> quoted|| tail", "Ann: intro … tail"),
        ("||SECRET\n> quoted||", "Ann’s reply"),
        ("> ||SECRET\nSECRET|| tail", "Ann: … tail"),
        ("a ||SECRET\n>>> SECRET|| b", "Ann: a … b"),
        ("> quoted ||SECRET||\nown ||SECRET|| words", "Ann: own … words"),
        ("\ue0ff words", "Ann: words"),
    ],
)
def test_a_spoiler_that_begins_or_ends_in_a_quotation_is_in_no_name(text: str, name: str) -> None:
    assert make_thread_name("Ann", text) == name
