"""What each step of a plan will ask of an essay that isn't published yet."""

from __future__ import annotations

from bot.core.prompts.plan import DEFAULT_PLAN, parse_plan
from bot.core.prompts.plan_preview import asks_only_default, expect_steps
from bot.core.prompts.wording import NothingToSay

DEFAULT = "Was meint ihr?"


def expect(
    plan: str, *questions: str, passages: dict[int, str] | None = None
) -> tuple[list[tuple[str, ...] | str], bool]:
    """The questions of each step, or why it is skipped; and whether only the default is asked."""
    found = expect_steps(
        parse_plan(plan),
        title="Bread",
        questions=questions,
        passages=passages or {},
        default_question=DEFAULT,
    )
    told = [
        str(one.text.reason) if isinstance(one.text, NothingToSay) else one.text.questions
        for one in found
    ]
    return told, asks_only_default(found, DEFAULT)


def test_no_step_asks_what_an_earlier_one_asks() -> None:
    told, only_default = expect(DEFAULT_PLAN, "Why?", "How?", "When?", "Where?")
    assert told == [("Why?", "How?", "When?"), ("Where?",), (DEFAULT,)]
    assert not only_default


def test_an_essay_without_questions_is_only_asked_the_default_one() -> None:
    for questions in ((), ("What do you think?",)):
        told, only_default = expect(DEFAULT_PLAN, *questions)
        assert len(told) == 3
        assert only_default


def test_words_of_the_plan_itself_count_as_more_than_the_default_question() -> None:
    for step in ("text: Come back", "poll: Rye? | Yes | No", "passage 1: Is it?"):
        _told, only_default = expect(
            f"after 1 day: default\nafter 2 days: {step}", passages={1: "x"}
        )
        assert not only_default
    assert expect("after 1 day: default\nafter 2 days: passage 1", passages={1: "x"})[1]


def test_a_question_or_passage_that_is_not_there_is_named() -> None:
    told, only_default = expect("after 1 day: question 3\nafter 2 days: passage 9", "Why?")
    assert told == ["the essay has no question 3", "the essay has no passage 9"]
    assert not only_default


def test_an_empty_plan_asks_nothing() -> None:
    assert expect("none") == ([], False)
