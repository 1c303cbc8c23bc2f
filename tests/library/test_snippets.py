"""The part of a message that a search shows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.library.snippets import make_snippet


@pytest.mark.parametrize(
    ("text", "words", "shown"),
    [
        ("I like BREAD.", ["bread"], "I like **BREAD**."),
        ("a cafe\N{COMBINING ACUTE ACCENT}!", ["cafe"], "a **cafe\N{COMBINING ACUTE ACCENT}**!"),
        ("line\n\nbreak here", ["break"], "line **break** here"),
        ("**not bold** word", ["word"], "\\*\\*not bold\\*\\* **word**"),
        ("see ||the secret|| word", ["word"], "see ||the secret|| **word**"),
        ("see ||the secret||", ["secret"], "see ||the **secret**||"),
        ("||a|b|| c", ["c"], "||a\\|b|| **c**"),
        ("# Big word", ["word"], "\\# Big **word**"),
        ("<@7> said @everyone word", ["word"], "@Ann said \\@everyone **word**"),
        ("<@8> word", ["word"], "@member **word**"),
        ("```\nword", ["word"], "\\`\\`\\` **word**"),
        ("", ["word"], ""),
    ],
)
def test_the_words_are_bold_and_everything_else_is_literal(
    text: str, words: list[str], shown: str
) -> None:
    assert make_snippet(text, words, {7: "Ann"}) == shown


def test_a_long_text_is_cut_around_the_first_match() -> None:
    snippet = make_snippet("before " * 100 + "needle " + "after " * 100, ["needle"], {})
    assert snippet.startswith("…before")
    assert snippet.endswith("…")
    assert "**needle**" in snippet
    assert len(snippet) < 300


@given(st.text(max_size=400), st.text(min_size=1, max_size=5))
def test_a_snippet_is_one_line_without_live_mentions(text: str, word: str) -> None:
    snippet = make_snippet(text + "<@1> @everyone", [word.casefold()], {})
    assert "\n" not in snippet
    assert "<@1>" not in snippet
