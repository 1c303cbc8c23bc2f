"""Questions to authors: which are open, who also asks, and their order."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from bot.core.conversation.author_questions import (
    AuthorQuestion,
    OpenQuestion,
    QuestionOrder,
    arrange_questions,
    list_open_questions,
    make_question_label,
)
from bot.core.text.length import count_utf16_units

NEWEST, WANTED = QuestionOrder.NEWEST, QuestionOrder.MOST_WANTED


def question(number: int, asker: int = 0, **more: Any) -> AuthorQuestion:
    return AuthorQuestion(
        id=number,
        discussion_id=1,
        title="Bread",
        asker_id=asker or number,
        asker_name="Ann",
        text="Why?",
        written_at=datetime(2026, 1, 1, tzinfo=UTC),
        message_id=number,
        channel_id=1,
        thread_id=number,
        **more,
    )


def ids(found: list[OpenQuestion]) -> list[int]:
    return [one.question.id for one in found]


def test_an_answered_question_is_not_open() -> None:
    assert ids(list_open_questions([question(1), question(2, is_answered=True)])) == [1]
    assert list_open_questions([]) == []


def test_merged_questions_are_one_and_each_other_person_counts_once() -> None:
    asked = [
        question(1, asker=7, thumbs=2),
        question(2, asker=8, same_as=1, thumbs=1),
        question(3, asker=8, same_as=2),
        question(4, asker=7, same_as=1),
        question(5, asker=9, same_as=1),
    ]
    (one,) = list_open_questions(asked)
    assert (one.question.id, one.also, one.wanted) == (1, 2, 5)


def test_an_answer_to_the_first_answers_all_and_to_another_only_that() -> None:
    first = question(1, is_answered=True)
    assert list_open_questions([first, question(2, same_as=1)]) == []
    other = question(2, same_as=1, is_answered=True)
    (one,) = list_open_questions([question(1), other])
    assert (one.question.id, one.also) == (1, 0)


def test_a_merged_question_is_listed_again_once_the_first_was_deleted() -> None:
    asked = [question(2, same_as=1), question(3, same_as=1)]
    assert ids(list_open_questions(asked)) == [2, 3]


def test_questions_that_were_merged_into_each_other_stay_listed() -> None:
    asked = [question(1, same_as=2), question(2, same_as=1)]
    assert len(list_open_questions(asked)) >= 1


def test_the_newest_or_the_most_wanted_comes_first_and_what_was_put_off_last() -> None:
    asked = list_open_questions([question(1, thumbs=3), question(2), question(3, later_at=5)])
    assert ids(arrange_questions(asked, NEWEST, one_per_person=False)) == [2, 1, 3]
    assert ids(arrange_questions(asked, WANTED, one_per_person=False)) == [1, 2, 3]


def test_one_per_person_shows_the_first_of_each() -> None:
    asked = list_open_questions(
        [question(1, asker=7, thumbs=3), question(2, asker=7), question(3, asker=8)]
    )
    assert ids(arrange_questions(asked, NEWEST, one_per_person=True)) == [3, 2]
    assert ids(arrange_questions(asked, WANTED, one_per_person=True)) == [1, 3]


def test_a_label_fits_into_an_option() -> None:
    long = question(1)
    assert make_question_label(long) == "Ann: Why?"
    wordy = AuthorQuestion(
        **{name: getattr(long, name) for name in long.__slots__} | {"text": "🍞" * 500}
    )
    assert count_utf16_units(make_question_label(wordy)) <= 100
