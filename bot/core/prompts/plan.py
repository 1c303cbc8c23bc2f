"""Prompt plans: parsing what admins write, formatting it again, and scheduling the steps.

Each line of a plan is a step: when, optionally on what condition, and what to say::

    after 1 day: questions
    after 3 days, if quiet for 24 hours: next question
    Thursday 18:00, if fewer than 5 replies: passage 4: Is that so?
    after 7 days: last call

On one line, steps are separated by ``;``. A semicolon in a text is written ``\\;``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.core import limits
from bot.core.prompts.local_time import WeeklyTime
from bot.core.text.length import count_utf16_units
from bot.core.text.translate import gettext as _
from bot.core.text.truncate import truncate
from bot.errors import UserError

__all__ = [
    "DEFAULT_PLAN",
    "Always",
    "Condition",
    "CustomText",
    "DefaultQuestion",
    "FewerReplies",
    "LastCall",
    "NextQuestions",
    "NumberedQuestion",
    "Poll",
    "PromptContent",
    "QuietFor",
    "QuotedPassage",
    "Step",
    "format_plan",
    "format_wait",
    "parse_clock",
    "parse_command_content",
    "parse_condition",
    "parse_content",
    "parse_plan",
    "parse_step",
    "parse_wait",
    "parse_weekday",
    "parse_weekly",
    "renumber",
    "schedule_steps",
]

#: The plan of every essay unless the server chose another.
DEFAULT_PLAN = """\
after 1 day: questions
after 3 days, if quiet for 24 hours: next question
after 7 days: last call"""

_MAX_STEPS = 20
_MAX_WAIT = timedelta(days=366)
_MAX_TEXT, _MAX_PASSAGE_TEXT = 1500, 500
_MAX_NUMBER = 99_999
#: Hours that a poll is open where the plan says nothing else.
_POLL_HOURS = 72

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_UNITS = {"minute": 60, "hour": 3600, "day": 86400, "week": 604800}
_WAIT = re.compile(
    r"(?:after|in)?\s*(\d+)\s*(min(?:ute)?|h(?:our)?|d(?:ay)?|w(?:eek)?)s?", re.IGNORECASE
)
_CLOCK = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?\s*(am|pm)?", re.IGNORECASE)
#: A semicolon separates steps only if a time follows, since a text may contain one, too.
_BETWEEN_STEPS = re.compile(
    r"\n|(?<!\\);(?=\s*(?:after|in|daily|every|mon|tue|wed|thu|fri|sat|sun|\d))", re.IGNORECASE
)
_TRAILING_SEMICOLONS = re.compile(r"(?:\s*(?<!\\);)+\s*$")
_QUIET = re.compile(r"(?:only )?(?:if )?quiet(?: for)? (\d+) ?h(?:ours?)?", re.IGNORECASE)
_FEWER = re.compile(r"(?:only )?(?:if )?fewer(?: than)? (\d+)(?: repl(?:y|ies))?", re.IGNORECASE)
_PASSAGE = re.compile(r"passage\s+¶?(\d+)\s*(?::\s*(.*))?", re.IGNORECASE | re.DOTALL)
_QUESTION = re.compile(r"question\s+(\d+)", re.IGNORECASE)

_KEYWORDS = ("questions", "next question", "last call", "default")
#: Similarity (0 to 100) from which on words count as a misspelled keyword; of words before a
#: number or a colon.
_KEYWORD_SIMILARITY, _FIRST_WORD_SIMILARITY = 80, 75
#: A keyword with nothing behind it.
_BARE_KEYWORD = re.compile(r"(?:poll|text|question|passage)s?\W*")
#: The word before a number ("question 2: why?"), before a poll's choices, and before a text.
_WORD_BEFORE_NUMBER = re.compile(r"(\w+?)\s*[¶#]?\d+\W*(?::.*)?", re.DOTALL)
_WORD_BEFORE_CHOICES = re.compile(r"(\w+)\s*:[^|]*\|.*", re.DOTALL)
_WORD_BEFORE_COLON = re.compile(r"(?:poll|text)\s*:")


@dataclass(frozen=True, slots=True)
class Always:
    """No condition."""

    def __str__(self) -> str:
        return ""


@dataclass(frozen=True, slots=True)
class QuietFor:
    """Only if nobody has written for ``hours``."""

    hours: int

    def __str__(self) -> str:
        return f"if quiet for {self.hours} hour{'' if self.hours == 1 else 's'}"


@dataclass(frozen=True, slots=True)
class FewerReplies:
    """Only if there are fewer than ``replies``."""

    replies: int

    def __str__(self) -> str:
        return f"if fewer than {self.replies} {'reply' if self.replies == 1 else 'replies'}"


Condition = Always | QuietFor | FewerReplies


@dataclass(frozen=True, slots=True)
class NextQuestions:
    """The essay's next questions that weren't asked yet, at most ``limit`` (1 or 3)."""

    limit: int

    def __str__(self) -> str:
        return "questions" if self.limit > 1 else "next question"


@dataclass(frozen=True, slots=True)
class NumberedQuestion:
    """The essay's question with this number, counted from 1."""

    number: int

    def __str__(self) -> str:
        return f"question {self.number}"


@dataclass(frozen=True, slots=True)
class QuotedPassage:
    """A quoted passage with a question; if that is empty, with "What do you think?"."""

    number: int
    question: str

    def __str__(self) -> str:
        return f"passage {self.number}" + (f": {self.question}" if self.question else "")


@dataclass(frozen=True, slots=True)
class CustomText:
    """A text written by an admin, in Discord's Markdown."""

    text: str

    def __str__(self) -> str:
        return f"text: {self.text}"


@dataclass(frozen=True, slots=True)
class Poll:
    """A Discord poll, open for three days."""

    question: str
    answers: tuple[str, ...]

    @property
    def hours(self) -> int:
        """How long it is open, in hours."""
        return _POLL_HOURS

    def __str__(self) -> str:
        return "poll: " + " | ".join((self.question, *self.answers))


@dataclass(frozen=True, slots=True)
class LastCall:
    """A last call that links the busiest thread."""

    def __str__(self) -> str:
        return "last call"


@dataclass(frozen=True, slots=True)
class DefaultQuestion:
    """The default question: "What do you think?"."""

    def __str__(self) -> str:
        return "default"


PromptContent = (
    NextQuestions
    | NumberedQuestion
    | QuotedPassage
    | CustomText
    | Poll
    | LastCall
    | DefaultQuestion
)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a plan: when, on what condition, and what to say."""

    when: timedelta | WeeklyTime
    condition: Condition
    content: PromptContent

    def __str__(self) -> str:
        condition = f", {self.condition}" if str(self.condition) else ""
        return f"{_format_when(self.when)}{condition}: {self.content}"


def parse_plan(text: str) -> tuple[Step, ...]:
    """The steps of a plan, one on a line (or separated by ``;``); UserError names a wrong line."""
    if text.strip().lower() == "none":
        return ()
    lines = [_TRAILING_SEMICOLONS.sub("", line).strip() for line in _BETWEEN_STEPS.split(text)]
    lines = [line for line in lines if line]
    if not lines:
        raise UserError(
            _(
                "Write the steps of the plan, “none” for no prompts, or “default” for the "
                "built-in plan."
            )
        )
    if len(lines) > _MAX_STEPS:
        raise UserError(
            _(
                "A plan has at most {most} steps; this one has {given}.",
                most=_MAX_STEPS,
                given=len(lines),
            )
        )
    return tuple(parse_step(line.replace("\\;", ";")) for line in lines)


def format_plan(steps: Sequence[Step]) -> str:
    """The plan that :func:`parse_plan` parses into these steps, one on a line."""
    return "\n".join(str(step).replace(";", "\\;") for step in steps) or "none"


def parse_step(line: str) -> Step:
    """One step, such as ``after 3 days, if quiet for 24 hours: next question``."""
    head, what = _split_step(line)
    when, _comma, condition = head.partition(",")
    wait = parse_wait(when)
    weekly = None if wait is not None else parse_weekly(when)
    moment = wait if wait is not None else weekly
    if moment is None:
        raise UserError(
            _(
                "I don't understand the time “{text}” in this plan. Write “after 3 days” or "
                "“Thursday 18:00”.",
                text=_echo(when),
            )
        )
    return Step(moment, parse_condition(condition), parse_content(what))


def _split_step(line: str) -> tuple[str, str]:
    """The time and the content, split at the first colon that isn't part of a time of day."""
    found = re.search(r":(?!\d\d)", line)
    if found is None:
        raise UserError(
            _(
                "The step “{line}” doesn't say what to post. Write for example “after 3 days: "
                "next question”.",
                line=_echo(line),
            )
        )
    return line[: found.start()], line[found.end() :].strip()


def parse_wait(text: str) -> timedelta | None:
    """A wait such as ``after 3 days``, ``in 90 minutes`` or ``2h``; None for any other text.

    UserError if it is longer than a year.
    """
    found = _WAIT.fullmatch(text.strip())
    if found is None:
        return None
    unit = next(unit for unit in _UNITS if unit[0] == found[2][0].lower())
    seconds = int(found[1]) * _UNITS[unit] if len(found[1]) < 9 else _MAX_WAIT.total_seconds() + 1
    if seconds > _MAX_WAIT.total_seconds():
        raise UserError(
            _("“{text}” is longer than a year, which is the longest wait.", text=_echo(text))
        )
    return timedelta(seconds=seconds)


def parse_weekly(text: str) -> WeeklyTime | None:
    """A weekly or daily local time: ``Thursday 18:00``, ``Thu 6 pm``, ``daily 18:00``."""
    words = text.strip().lower().removeprefix("every ").replace(" at ", " ")
    day, _space, rest = words.partition(" ")
    weekday = parse_weekday(day)
    if weekday is None and day != "daily":
        rest = words
    at = parse_clock(rest)
    return None if at is None else WeeklyTime(weekday, at)


def parse_weekday(name: str) -> int | None:
    """The weekday of a name or its beginning (``thu``), 0 is Monday; None for any other word."""
    fitting = [number for number, day in enumerate(_DAYS) if day.startswith(name.lower())]
    return fitting[0] if len(name) >= 3 and fitting else None


def parse_clock(text: str) -> time | None:
    """A time of day: ``18:00``, ``6 pm``, ``7.30am``; None for any other text.

    A number alone isn't a time, since it may be a day.
    """
    found = _CLOCK.fullmatch(text.strip())
    if found is None or (found[2] is None and found[3] is None):
        return None
    hour, minute = int(found[1]), int(found[2] or 0)
    if found[3] is not None:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if found[3].lower() == "pm" else 0)
    return time(hour, minute) if hour < 24 and minute < 60 else None


def parse_condition(text: str) -> Condition:
    """``if quiet for N hours``, ``if fewer than N replies``, ``always`` or nothing."""
    asked = " ".join(text.split())
    if asked.lower() in ("", "always"):
        return Always()
    for pattern, make in ((_QUIET, QuietFor), (_FEWER, FewerReplies)):
        found = pattern.fullmatch(asked)
        if found is not None and len(found[1]) < 6 and int(found[1]):
            return make(int(found[1]))
    raise UserError(
        _(
            "I don't understand the condition “{text}”. Write “always”, “if quiet for 24 hours” "
            "or “if fewer than 5 replies”.",
            text=_echo(asked),
        )
    )


def parse_content(text: str) -> PromptContent:
    """What a prompt says, as admins write it; UserError if it isn't understood."""
    asked = text.strip()
    plain: dict[str, PromptContent] = {
        "questions": NextQuestions(3),
        "next question": NextQuestions(1),
        "question": NextQuestions(1),
        "last call": LastCall(),
        "default": DefaultQuestion(),
    }
    if asked.lower() in plain:
        return plain[asked.lower()]
    if found := _QUESTION.fullmatch(asked):
        return NumberedQuestion(_parse_number(found[1]))
    if found := _PASSAGE.fullmatch(asked):
        return QuotedPassage(
            _parse_number(found[1]), _limit_text(found[2] or "", _MAX_PASSAGE_TEXT)
        )
    kind, colon, rest = asked.partition(":")
    if colon and kind.strip().lower() == "poll":
        return _parse_poll(rest)
    if colon and kind.strip().lower() == "text" and rest.strip():
        return CustomText(_limit_text(rest))
    if not asked:
        raise UserError(
            _(
                "There is nothing to post. Write for example “next question”, “question 2” or "
                "“text: your words”."
            )
        )
    raise UserError(
        _(
            "I can't post “{text}”. Write “questions”, “next question”, “question 2”, “passage 4: "
            "why?”, “text: your words”, “poll: question | answer | answer”, “last call” or "
            "“default”.",
            text=_echo(asked),
        )
    )


def parse_command_content(text: str) -> PromptContent:
    """What a prompt says, as entered in a command: plain words need no ``text:`` before them.

    UserError for something that is almost one of the keywords, which would be posted as words by
    mistake.
    """
    asked = text.strip()
    try:
        return parse_content(asked)
    except UserError:
        if _looks_like_keyword(asked):
            raise
    return CustomText(_limit_text(asked))


def _looks_like_keyword(asked: str) -> bool:
    """Whether a text that isn't understood was probably meant as a keyword."""
    words = " ".join(asked.lower().split()).strip("“”„\"'`«» ")
    if not words or _BARE_KEYWORD.fullmatch(words) or _WORD_BEFORE_COLON.match(words):
        return True
    if _is_translated_keyword(words):
        return True
    from rapidfuzz import fuzz  # takes 3 MB, and is rarely needed

    for pattern, expected in (
        (_WORD_BEFORE_NUMBER, ("question", "passage")),
        (_WORD_BEFORE_CHOICES, ("poll",)),
    ):
        found = pattern.fullmatch(words)
        if found and any(fuzz.ratio(found[1], one) >= _FIRST_WORD_SIMILARITY for one in expected):
            return True
    return any(fuzz.ratio(words, keyword) >= _KEYWORD_SIMILARITY for keyword in _KEYWORDS)


def _is_translated_keyword(words: str) -> bool:
    """Whether words are a keyword as the answers show it, in the current language."""
    keywords = (_("questions"), _("next question"), _("last call"), _("default"))
    if words in {keyword.lower() for keyword in keywords}:
        return True
    before_words = (_("poll: {choices}"), _("text: {text}"))
    if words.startswith(tuple(one.partition("{")[0].strip().lower() for one in before_words)):
        return True
    numbered = (_("question {number}"), _("passage {number}"))
    return any(
        re.fullmatch(re.escape(one.lower()).replace(r"\{number\}", r"\d+") + r"(?::.*)?", words)
        for one in numbered
    )


def renumber(text: str, number: int) -> str:
    """The content ``question 1`` or ``passage 1: why?`` with another number."""
    return re.sub(r"\d+", str(number), text, count=1)


def _echo(text: str) -> str:
    """What was entered, short enough to quote in an error message."""
    return truncate(" ".join(text.split()), 80)


def _parse_number(digits: str) -> int:
    number = int(digits) if len(digits) < 10 else _MAX_NUMBER + 1
    if number < 1:
        raise UserError(_("Questions and passages are numbered from 1."))
    if number > _MAX_NUMBER:
        raise UserError(_("No essay has a question or passage {number}.", number=_echo(digits)))
    return number


def _limit_text(text: str, most: int = _MAX_TEXT) -> str:
    text = text.strip()
    if count_utf16_units(text) > most:
        raise UserError(_("This text is too long: {most} characters are the limit.", most=most))
    return text


def _parse_poll(text: str) -> Poll:
    question, *answers = (part.strip() for part in text.split("|"))
    if not question or count_utf16_units(question) > limits.POLL_QUESTION:
        raise UserError(
            _(
                "A poll's question needs 1 to {most} characters.",
                most=limits.POLL_QUESTION,
            )
        )
    if not 2 <= len(answers) <= limits.POLL_ANSWERS:
        raise UserError(
            _(
                "A poll needs 2 to {most} answers, each after a “|”.",
                most=limits.POLL_ANSWERS,
            )
        )
    if not all(answers) or any(
        count_utf16_units(answer) > limits.POLL_ANSWER for answer in answers
    ):
        raise UserError(
            _(
                "Each answer of a poll needs 1 to {most} characters.",
                most=limits.POLL_ANSWER,
            )
        )
    return Poll(question, tuple(answers))


def _format_when(when: timedelta | WeeklyTime) -> str:
    if isinstance(when, WeeklyTime):
        day = "daily" if when.weekday is None else _DAYS[when.weekday].capitalize()
        return f"{day} {when.at:%H:%M}"
    return f"after {format_wait(when)}"


def format_wait(wait: timedelta) -> str:
    """A wait in the largest unit that expresses it exactly: ``3 days``."""
    seconds = int(wait.total_seconds())
    for unit in ("day", "hour", "minute"):
        count, rest = divmod(seconds, _UNITS[unit])
        if count and not rest:
            return f"{count} {unit}" + ("" if count == 1 else "s")
    return f"{seconds // 60} minutes"


def schedule_steps(
    steps: Sequence[Step], published_at: datetime, zone: ZoneInfo
) -> tuple[datetime, ...]:
    """When each step is due, in UTC, for an essay published at ``published_at``.

    A wait counts from publishing. A local time is the first one after publishing and after the
    step before.
    """
    moments: list[datetime] = []
    last = published_at
    for step in steps:
        if isinstance(step.when, WeeklyTime):
            moment = step.when.next_after(last, zone)
        else:
            moment = published_at + step.when
        moments.append(moment)
        last = max(last, moment)
    return tuple(moments)
