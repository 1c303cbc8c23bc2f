"""The words of a plan in the current language.

Admins write the keywords in English (:mod:`bot.core.prompts.plan`) and read them translated.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from bot.core.prompts.local_time import WeeklyTime
from bot.core.prompts.plan import (
    Condition,
    CustomText,
    DefaultQuestion,
    FewerReplies,
    LastCall,
    NextQuestions,
    NumberedQuestion,
    Poll,
    PromptContent,
    QuietFor,
    QuotedPassage,
    Step,
)
from bot.core.text.locale_format import format_weekday
from bot.core.text.titles import shorten_title
from bot.core.text.translate import gettext as _
from bot.core.text.translate import ngettext

__all__ = [
    "describe_action",
    "describe_condition",
    "describe_content",
    "describe_moment",
    "describe_step",
    "describe_wait",
]

#: A Monday, to name weekdays by.
_MONDAY = date(2024, 1, 1)
#: UTF-16 units of a question or text that is quoted.
_MAX_QUOTED = 80


def describe_content(content: PromptContent) -> str:
    """What a prompt says, as it is written in a plan; the keywords are translated."""
    match content:
        case NextQuestions(limit):
            return _("questions") if limit > 1 else _("next question")
        case NumberedQuestion(number):
            return _("question {number}", number=number)
        case QuotedPassage(number, ""):
            return _("passage {number}", number=number)
        case QuotedPassage(number, question):
            return _("passage {number}: {question}", number=number, question=question)
        case CustomText(text):
            return _("text: {text}", text=text)
        case Poll(question, answers):
            return _("poll: {choices}", choices=" | ".join((question, *answers)))
        case LastCall():
            return _("last call")
        case DefaultQuestion():
            return _("default")


def describe_condition(condition: Condition) -> str:
    """A prompt's condition as it is written in a plan, translated; "" for none."""
    match condition:
        case QuietFor(hours):
            return ngettext("if quiet for {count} hour", "if quiet for {count} hours", hours)
        case FewerReplies(replies):
            return ngettext("if fewer than {count} reply", "if fewer than {count} replies", replies)
        case _always:
            return ""


def describe_step(step: Step) -> str:
    """A step of a plan as it is written there, translated: ``after 3 days: next question``."""
    return f"{describe_moment(step)}: {describe_content(step.content)}"


def _describe_when(when: timedelta | WeeklyTime) -> str:
    if isinstance(when, timedelta):
        return _("after {wait}", wait=describe_wait(when))
    clock = f"{when.at:%H:%M}"
    if when.weekday is None:
        return _("daily {time}", time=clock)
    day = datetime.combine(_MONDAY + timedelta(days=when.weekday), when.at)
    return _("{weekday} {time}", weekday=format_weekday(day), time=clock)


def describe_wait(wait: timedelta) -> str:
    """A wait in the largest unit that expresses it exactly: ``3 days``."""
    minutes = int(wait.total_seconds()) // 60
    if minutes and not minutes % (24 * 60):
        return ngettext("{count} day", "{count} days", minutes // (24 * 60))
    if minutes and not minutes % 60:
        return ngettext("{count} hour", "{count} hours", minutes // 60)
    return ngettext("{count} minute", "{count} minutes", minutes)


def describe_moment(step: Step) -> str:
    """When a step comes, and on what condition."""
    parts = (_describe_when(step.when), describe_condition(step.condition))
    return ", ".join(part for part in parts if part)


def describe_action(content: PromptContent, questions: Sequence[str]) -> str:
    """What a prompt will do: "asks 2 of the essay's questions".

    ``questions``: the words of those it will ask, if they are known.
    """
    match content:
        case LastCall():
            return _("makes the last call")
        case _ if len(questions) == 1:
            return _("asks “{question}”", question=shorten_title(questions[0], _MAX_QUOTED))
        case _ if questions:
            return ngettext(
                "asks {count} of the essay's questions",
                "asks {count} of the essay's questions",
                len(questions),
            )
        case NextQuestions(limit):
            return _("asks the essay's questions") if limit > 1 else _("asks the next question")
        case NumberedQuestion(number):
            return _("asks question {number}", number=number)
        case QuotedPassage(number, ""):
            return _("quotes passage {number}", number=number)
        case QuotedPassage(number, question):
            asked = shorten_title(question, _MAX_QUOTED)
            return _("quotes passage {number} and asks “{question}”", number=number, question=asked)
        case CustomText(text):
            return _("says “{text}”", text=shorten_title(text, _MAX_QUOTED))
        case Poll(question, _answers):
            return _("posts the poll “{question}”", question=shorten_title(question, _MAX_QUOTED))
        case DefaultQuestion():
            return _("asks the default question")
