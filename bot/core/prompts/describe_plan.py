"""The words of a plan in the current language.

Admins write the keywords in English (:mod:`bot.core.prompts.plan`) and read them translated.
"""

from __future__ import annotations

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
from bot.core.text.translate import gettext as _
from bot.core.text.translate import ngettext

__all__ = ["describe_condition", "describe_content", "describe_step", "describe_wait"]

#: A Monday, to name weekdays by.
_MONDAY = date(2024, 1, 1)


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
    parts = [_describe_when(step.when), describe_condition(step.condition)]
    return f"{', '.join(part for part in parts if part)}: {describe_content(step.content)}"


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
