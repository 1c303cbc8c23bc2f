"""What is searched for, and what can't be."""

from __future__ import annotations

import pytest

from bot.core.text.search_query import MAX_CHARACTERS, parse_search
from bot.errors import UserError


@pytest.mark.parametrize(
    ("entered", "words"),
    [
        ("bread", ["bread"]),
        ("Bread, please?", ["please", "bread"]),
        ("“slow bread” night", ["slow bread", "night"]),
        ('say "slow bread', ["bread", "slow", "say"]),
        ("bread BREAD bréad", ["bread"]),
        ("字", ["字"]),
        ("C++", ["c++"]),
        ("(C#), F#", ["c#", "f#"]),
        ("#bread# x#y", ["bread", "x#y"]),
        ("🍞", ["🍞"]),
        ("don’t", ["don't"]),
        ("a bread", ["bread", "a"]),
        ('"" bread', ["bread"]),
        ("กิน", ["กิน"]),
    ],
)
def test_words_and_phrases_are_searched_for_the_longest_first(
    entered: str, words: list[str]
) -> None:
    assert list(parse_search(entered)) == words


@pytest.mark.parametrize(
    ("entered", "sentence"),
    [
        ("", "nothing to search for"),
        ("?! … —", "nothing to search for"),
        ('"', "nothing to search for"),
        ('" . "', "nothing to search for"),
        ("a", "A single letter"),
        ("é 7 б", "A single letter"),
        ("x" * (MAX_CHARACTERS + 1), "too long"),
        ("word " * 800, "too long"),
        ("a b c d e f g h i j kl", "too many words"),
        ("\N{SOFT HYPHEN}\N{ZERO WIDTH SPACE}", "nothing to search for"),
    ],
)
def test_what_cannot_be_searched_for_gets_a_sentence(entered: str, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        parse_search(entered)
