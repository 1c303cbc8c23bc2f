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
from bot.core.text.coded_text import CodedText, make_coded
from bot.core.text.escape import escape, escape_line_start
from bot.core.text.message_quote import quote_message
from bot.core.text.titles import escape_title
from bot.core.text.translate import (
    find_surroundings,
    gettext_noop,
    ngettext,
    ngettext_noop,
    use_language,
)
from bot.core.text.translate import gettext as _
from bot.core.text.truncate import truncate

__all__ = [
    "ASKED_DEFAULT",
    "BusiestThread",
    "NothingToSay",
    "PromptMaterial",
    "PromptText",
    "close_code_block",
    "list_credits",
    "make_nudge_text",
    "make_prompt_text",
    "make_questions_text",
    "quote",
]

#: Recorded when the default question was asked, beside positions of the essay's own questions.
ASKED_DEFAULT = "bare"

_BUSIEST = ngettext_noop(
    "The busiest thread is {thread}, started by **{author}** ({count} message).",
    "The busiest thread is {thread}, started by **{author}** ({count} messages).",
)
_MAX_QUESTIONS = 3
_MAX_TITLE = 100
#: Units of a quotation, and of all questions together; escaping can double them.
_MAX_QUOTE = 400
_MAX_ASKED = 750
_ANSWER_HERE = gettext_noop("-# Reply to this message to start a thread.")
#: In the essay's own thread or forum post, where no other threads are opened.
_ANSWER_INSIDE = gettext_noop("-# Write here, or reply to this message.")
_ANSWER_THERE = gettext_noop("-# Join a thread, or reply to this message to start your own.")


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
        return _(_ANSWER_HERE if self.opens_threads else _ANSWER_INSIDE)


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

    reason: CodedText


def make_prompt_text(what: PromptContent, material: PromptMaterial) -> PromptText | NothingToSay:
    """The text of one prompt; an essay's own questions come before "What do you think?"."""
    match what:
        case NextQuestions(most):
            return _next_questions(most, material)
        case NumberedQuestion(number):
            if number > len(material.questions):
                return NothingToSay(make_coded("no-question", number=number))
            return _ask([str(number - 1)], material)
        case QuotedPassage(number, question):
            if material.passage is None:
                return NothingToSay(make_coded("no-passage", number=number))
            lines = [
                _("From **{title}**, ¶{number}:", title=_title(material), number=number),
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
        return NothingToSay(make_coded("all-asked"))
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
    lines = [_("Back to **{title}**. Be the first to reply.", title=shown)]
    if replies:
        lines = [
            ngettext(
                "Back to **{title}**: {count} reply so far.",
                "Back to **{title}**: {count} replies so far.",
                replies,
                title=shown,
            )
        ]
    asked = questions[:_MAX_QUESTIONS]
    lines += [quote(question, _MAX_ASKED // len(asked)) for question in asked]
    lines.append(_(_ANSWER_HERE if opens_threads else _ANSWER_INSIDE))
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
    pointer = ngettext(
        *_BUSIEST,
        busiest.messages,
        thread=f"<#{busiest.thread_id}>",
        author=escape_title(busiest.author),
    )
    return PromptText(f"{_make_last_call_opening(material)} {pointer}\n{_(_ANSWER_THERE)}")


def _make_last_call_opening(material: PromptMaterial) -> str:
    if not material.replies:
        return _("Last call for **{title}**. Be the first to reply.", title=_title(material))
    return ngettext(
        "Last call for **{title}**: {count} reply so far.",
        "Last call for **{title}**: {count} replies so far.",
        material.replies,
        title=_title(material),
    )


def make_nudge_text(text: str, author: str, names: Mapping[int, str] | None = None) -> str:
    """The nudge of a thread: it quotes the first message and names its author.

    ``names``: of the people whom the message mentions, by their ids.
    """
    point = quote_message(text, names or {}, _MAX_QUOTE) or _("> *(no words)*")
    asked = _("What would you say to **{name}**? Be the first to reply.", name=escape_title(author))
    return f"{point}\n{asked}"


def quote(text: str, most: int = _MAX_QUOTE) -> str:
    """A text as a block quote of at most ``most`` units before escaping."""
    lines = [line.strip() for line in truncate(text.strip(), most).splitlines()]
    return "\n".join(f"> {escape_line_start(escape(line))}" for line in lines if line)


def close_code_block(text: str) -> str:
    """A text in Discord's Markdown; if its last code block is open, that is closed."""
    return text if text.count("```") % 2 == 0 else f"{text}\n```"


def list_credits(author: str) -> list[tuple[str, str]]:
    """How last calls name who started a thread, and what replaces that if they are erased.

    In every language.
    """
    name, found = escape_title(author), []
    for language, before, after in find_surroundings("author", *_BUSIEST):
        with use_language(language):
            found.append((f"{before}{name}{after}", f"{before}{_('somebody')}{after}"))
    return found


def escape_line(text: str) -> str:
    """A text escaped so that Discord shows it literally, on one line."""
    return escape(" ".join(text.split()))


def _opening(material: PromptMaterial) -> str:
    return _("Back to **{title}**:", title=_title(material))


def _title(material: PromptMaterial) -> str:
    return _short_title(material.title)


def _short_title(title: str) -> str:
    return escape_title(title, _MAX_TITLE)
