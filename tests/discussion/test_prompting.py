"""When a discussion is brought back, and with which words."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.discussion.prompting import follow_up_due, prompt_text


def test_the_follow_up_is_due_a_day_after_publishing() -> None:
    assert follow_up_due(datetime(2026, 3, 28, 12, tzinfo=UTC)) == datetime(
        2026, 3, 29, 12, tzinfo=UTC
    )


def test_the_prompt_asks_the_specific_questions_before_the_bare_one() -> None:
    text = prompt_text("Slow bread", ["What do you think?", "Would you wait a night?"], 3)
    assert "Would you wait a night?" in text
    assert "What do you think?" not in text
    assert "3 replies so far" in text


def test_an_essay_that_asks_nothing_gets_the_bare_question() -> None:
    assert "> What do you think?" in prompt_text("Slow bread", [], 0)


def test_a_bare_question_in_the_essays_own_words_is_kept() -> None:
    assert "> So, what do you think?" in prompt_text("Slow bread", ["So, what do you think?"], 1)
    assert "> What do you think?" in prompt_text("Slow bread", ["What do you think?"], 1)


def test_a_long_list_of_questions_is_not_read_out() -> None:
    text = prompt_text("Slow bread", [f"Question {number}?" for number in range(9)], 0)
    assert text.count("\n> ") == 3
