"""The outlook of a plan: what each of its steps will ask of an essay that isn't published yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.core.essay.default_question import is_default_question
from bot.core.prompts.plan import CustomText, Poll, QuotedPassage, Step
from bot.core.prompts.wording import NothingToSay, PromptMaterial, PromptText, make_prompt_text

__all__ = ["ExpectedStep", "asks_only_default", "expect_steps"]


@dataclass(frozen=True, slots=True)
class ExpectedStep:
    """A step, and what it will say if every step before it was sent and nobody has replied."""

    step: Step
    text: PromptText | NothingToSay


def expect_steps(
    steps: Sequence[Step],
    *,
    title: str,
    questions: tuple[str, ...],
    passages: Mapping[int, str],
    default_question: str,
) -> list[ExpectedStep]:
    """What each step of a plan will say.

    ``passages``: the texts of the essay's passages by number. ``default_question``: in the essay's
    language.
    """
    asked: frozenset[str] = frozenset()
    found: list[ExpectedStep] = []
    for step in steps:
        passage = None
        if isinstance(step.content, QuotedPassage):
            passage = passages.get(step.content.number)
        text = make_prompt_text(
            step.content,
            PromptMaterial(
                title=title,
                questions=questions,
                asked=asked,
                replies=0,
                passage=passage,
                default_question=default_question,
            ),
        )
        if isinstance(text, PromptText):
            asked = asked.union(text.asked)
        found.append(ExpectedStep(step, text))
    return found


def asks_only_default(expected: Sequence[ExpectedStep], default_question: str) -> bool:
    """Whether all that the steps ask is the default question, such as "What do you think?"."""
    asked = [
        question
        for one in expected
        if isinstance(one.text, PromptText)
        for question in one.text.questions
    ]
    return (
        bool(asked)
        and all(question == default_question or is_default_question(question) for question in asked)
        and not any(_says_something(one) for one in expected)
    )


def _says_something(one: ExpectedStep) -> bool:
    """Whether a step brings words of its own."""
    if isinstance(one.text, NothingToSay):
        return False
    match one.step.content:
        case CustomText() | Poll():
            return True
        case QuotedPassage(_number, question):
            return bool(question)
        case _other:
            return False
