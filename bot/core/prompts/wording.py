"""The text of prompts, nudges and last calls.

Every function takes plain text and returns Discord's Markdown of at most 2,000 UTF-16 units. A
member's name is written out, never mentioned.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.core.essay.default_question import DEFAULT_QUESTION, is_default_question
from bot.core.prompts.plan import (
    CustomText,
    DefaultQuestion,
    LastCall,
    NextQuestions,
    NumberedQuestion,
    Poll,
    PromptContent,
    QuotedPassage,
)
from bot.core.text.escape import escape, escape_line_start
from bot.core.text.message_quote import quote_message
from bot.core.text.plural import format_plural
from bot.core.text.titles import escape_title
from bot.core.text.truncate import truncate

__all__ = [
    "ANONYMOUS_CREDIT",
    "ASKED_DEFAULT",
    "BusiestThread",
    "NothingToSay",
    "PromptMaterial",
    "PromptText",
    "close_code_block",
    "credit_author",
    "make_nudge_text",
    "make_prompt_text",
    "make_questions_text",
    "quote",
]

#: Recorded when the default question was asked, beside positions of the essay's own questions.
ASKED_DEFAULT = "bare"

#: Replaces :func:`credit_author` for a member whose data was erased.
ANONYMOUS_CREDIT = "started by **somebody**"

_MAX_QUESTIONS = 3
_MAX_TITLE = 100
#: Units of a quotation, and of all questions together; escaping can double them.
_MAX_QUOTE = 400
_MAX_ASKED = 750
_ANSWER_HERE = "-# Reply to this message to start a thread."
#: In the essay's own thread or forum post, where no other threads are opened.
_ANSWER_INSIDE = "-# Write here, or reply to this message."
_ANSWER_THERE = "-# Join a thread, or reply to this message to start your own."


@dataclass(frozen=True, slots=True)
class BusiestThread:
    """The busiest thread of a discussion, who started it and how many messages it has."""

    thread_id: int
    author: str
    messages: int


@dataclass(frozen=True, slots=True)
class PromptMaterial:
    """What the text of a prompt is made from.

    asked:             what earlier prompts of the discussion asked: positions of questions from 0,
                       "bare" for the default question
    replies:           members' replies in the discussion
    passage:           the text of the passage to quote
    busiest_thread:    the thread to link in a last call
    default_question:  what to ask if the essay asks nothing itself, in the essay's language
    opens_threads:     replies to the prompt open threads; else everybody writes in one thread,
                       the prompt's
    """

    title: str
    questions: tuple[str, ...]
    asked: frozenset[str]
    replies: int
    passage: str | None = None
    busiest_thread: BusiestThread | None = None
    default_question: str = DEFAULT_QUESTION
    opens_threads: bool = True

    @property
    def answer_hint(self) -> str:
        """The line that says how to answer."""
        return _ANSWER_HERE if self.opens_threads else _ANSWER_INSIDE


@dataclass(frozen=True, slots=True)
class PromptText:
    """The text of a prompt.

    asked:      the questions it asks, as in PromptMaterial
    questions:  the words of these
    """

    content: str
    asked: tuple[str, ...] = ()
    poll: Poll | None = None
    questions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NothingToSay:
    """There is nothing (left) to say; the reason is recorded with the skipped prompt."""

    reason: str


def make_prompt_text(what: PromptContent, material: PromptMaterial) -> PromptText | NothingToSay:
    """The text of one prompt; an essay's own questions come before "What do you think?"."""
    match what:
        case NextQuestions(most):
            return _next_questions(most, material)
        case NumberedQuestion(number):
            if number > len(material.questions):
                return NothingToSay(f"the essay has no question {number}")
            return _ask([str(number - 1)], material)
        case QuotedPassage(number, question):
            if material.passage is None:
                return NothingToSay(f"the essay has no passage {number}")
            lines = [
                f"From **{_title(material)}**, ¶{number}:",
                quote(material.passage),
                close_code_block(question or material.default_question),
                material.answer_hint,
            ]
            return PromptText("\n".join(lines))
        case CustomText(text):
            return PromptText(
                f"{_opening(material)}\n{close_code_block(text)}\n{material.answer_hint}"
            )
        case Poll():
            return PromptText(_opening(material), poll=what)
        case LastCall():
            return _make_last_call(material)
        case DefaultQuestion():
            return _ask([ASKED_DEFAULT], material)


def _next_questions(most: int, material: PromptMaterial) -> PromptText | NothingToSay:
    specific = [
        str(position)
        for position, question in enumerate(material.questions)
        if not is_default_question(question)
    ]
    bare = [
        str(position)
        for position, question in enumerate(material.questions)
        if is_default_question(question)
    ]
    bare = bare[:1] or [ASKED_DEFAULT]
    left = [one for one in specific if one not in material.asked]
    if not left:
        # The default question is asked once, in whatever wording.
        left = [
            one for one in bare if one not in material.asked and ASKED_DEFAULT not in material.asked
        ]
    if not left:
        return NothingToSay("every question of the essay has been asked")
    return _ask(left[:most], material)


def _ask(asked: Sequence[str], material: PromptMaterial) -> PromptText:
    questions = [
        material.default_question if one == ASKED_DEFAULT else material.questions[int(one)]
        for one in asked
    ]
    content = make_questions_text(
        material.title, questions, material.replies, opens_threads=material.opens_threads
    )
    return PromptText(content, tuple(asked), questions=tuple(questions))


def make_questions_text(
    title: str, questions: Sequence[str], replies: int, *, opens_threads: bool = True
) -> str:
    """A prompt that asks ``questions``, at most three so that it stays short.

    ``replies``: members' replies so far; ``opens_threads`` as in PromptMaterial.
    """
    shown = _short_title(title)
    lines = [f"Back to **{shown}**. Be the first to reply."]
    if replies:
        lines = [
            format_plural(
                replies,
                "Back to **{title}**: {count} reply so far.",
                "Back to **{title}**: {count} replies so far.",
                title=shown,
            )
        ]
    asked = questions[:_MAX_QUESTIONS]
    lines += [quote(question, _MAX_ASKED // len(asked)) for question in asked]
    lines.append(_ANSWER_HERE if opens_threads else _ANSWER_INSIDE)
    return "\n".join(lines)


def _make_last_call(material: PromptMaterial) -> PromptText | NothingToSay:
    if material.busiest_thread is None:
        left = _next_questions(_MAX_QUESTIONS, material)
        if isinstance(left, NothingToSay):
            left = PromptText("", ())
        asking = "\n".join(
            quote(
                material.default_question if one == ASKED_DEFAULT else material.questions[int(one)],
                _MAX_ASKED // len(left.asked),
            )
            for one in left.asked
        )
        lines = [_make_last_call_opening(material), asking, material.answer_hint]
        return PromptText(
            "\n".join(line for line in lines if line), left.asked, questions=left.questions
        )
    busiest = material.busiest_thread
    pointer = format_plural(
        busiest.messages,
        "The busiest thread is {thread}, {credit} ({count} message).",
        "The busiest thread is {thread}, {credit} ({count} messages).",
        thread=f"<#{busiest.thread_id}>",
        credit=credit_author(busiest.author),
    )
    return PromptText(f"{_make_last_call_opening(material)} {pointer}\n{_ANSWER_THERE}")


def _make_last_call_opening(material: PromptMaterial) -> str:
    if not material.replies:
        return f"Last call for **{_title(material)}**. Be the first to reply."
    return format_plural(
        material.replies,
        "Last call for **{title}**: {count} reply so far.",
        "Last call for **{title}**: {count} replies so far.",
        title=_title(material),
    )


def make_nudge_text(text: str, author: str, names: Mapping[int, str] | None = None) -> str:
    """The nudge of a thread: it quotes the first message and names its author.

    ``names``: of the people whom the message mentions, by their ids.
    """
    point = quote_message(text, names or {}, _MAX_QUOTE) or "> *(no words)*"
    name = escape_title(author)
    return f"{point}\nWhat would you say to **{name}**? Be the first to reply."


def quote(text: str, most: int = _MAX_QUOTE) -> str:
    """A text as a block quote of at most ``most`` units before escaping."""
    lines = [line.strip() for line in truncate(text.strip(), most).splitlines()]
    return "\n".join(f"> {escape_line_start(escape(line))}" for line in lines if line)


def close_code_block(text: str) -> str:
    """A text in Discord's Markdown; if its last code block is open, that is closed."""
    return text if text.count("```") % 2 == 0 else f"{text}\n```"


def credit_author(author: str) -> str:
    """How a last call names who started a thread; ANONYMOUS_CREDIT for erased members."""
    return f"started by **{escape_title(author)}**"


def escape_line(text: str) -> str:
    """A text escaped so that Discord shows it literally, on one line."""
    return escape(" ".join(text.split()))


def _opening(material: PromptMaterial) -> str:
    return f"Back to **{_title(material)}**:"


def _title(material: PromptMaterial) -> str:
    return _short_title(material.title)


def _short_title(title: str) -> str:
    return escape_title(title, _MAX_TITLE)
