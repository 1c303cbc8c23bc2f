"""Closing questions that an admin gave, one on a line."""

from __future__ import annotations

import pytest

from bot.core.essay.given_questions import split_questions, with_given_questions
from bot.core.read_essay import read_essay


@pytest.mark.parametrize(
    ("given", "questions"),
    [
        (None, ()),
        (" \n \n", ()),
        ("Why?", ("Why?",)),
        ("Why?\nAnd how?", ("Why?", "And how?")),
        ("  Why? \r\n\r\n And   how? \n", ("Why?", "And how?")),
        ("- Why?\n- And how?", ("Why?", "And how?")),
        ("1. Why?\n2) And how?\n(3) When?", ("Why?", "And how?", "When?")),
        ("Why?\nWhy?", ("Why?",)),
        ("1984 or Brave New World?", ("1984 or Brave New World?",)),
        ("What of 3. places?", ("What of 3. places?",)),
    ],
)
def test_each_line_is_a_question(given: str | None, questions: tuple[str, ...]) -> None:
    assert split_questions(given) == questions


def test_given_questions_replace_the_essays_own() -> None:
    essay = read_essay("# Bread\n\nIt takes a night.\n\nWould you wait?", format="markdown")
    assert with_given_questions(essay, None).questions == ("Would you wait?",)
    assert with_given_questions(essay, "\n").questions == ("Would you wait?",)
    assert with_given_questions(essay, "Why?\nHow?").questions == ("Why?", "How?")
