"""The most similar of several texts."""

from __future__ import annotations

from bot.core.text.similar import find_most_similar


def test_a_reworded_text_is_found_again_and_another_is_not() -> None:
    among = ("What is a loaf?", "Who taught you to bake bread?")
    assert find_most_similar("What is a loaf?", among) == 0
    assert find_most_similar("Who taught you to bake?", among) == 1
    assert find_most_similar("Is it late?", among) is None
    assert find_most_similar("Is it late?", ()) is None
