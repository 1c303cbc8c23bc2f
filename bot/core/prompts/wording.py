"""With which words a discussion is brought back.

Every function takes plain text and gives Discord's Markdown of at most 2,000 UTF-16 units. A
member's name is written, never mentioned.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from bot.core.essay.default_question import DEFAULT_QUESTION, is_default_question
from bot.core.prompts.plan import House, LastCall, Passage, Poll, Question, Questions, Text, What
from bot.core.text.escape import escape, escape_line_start
from bot.core.text.plural import format_count
from bot.core.text.truncate import truncate

__all__ = [
    "BARE",
    "NOBODY_NAMED",
    "Alive",
    "Material",
    "Said",
    "Unsayable",
    "closed",
    "naming",
    "noted",
    "nudge_text",
    "positions",
    "prompt_text",
    "quoted",
    "words_for",
]

#: How that it was asked is noted beside the positions of the essay's own questions.
BARE = "bare"

#: In the place of a name.
NOBODY_NAMED = "**somebody** began"

_MOST_QUESTIONS = 3
_MOST_TITLE = 100
#: Units of a quotation, and of all questions together; escaped they may be twice as many.
_MOST_QUOTE = 400
_MOST_ASKED = 750
_ANSWER_HERE = "-# Reply to this message, and your reply opens a thread of its own."
#: In the essay's own thread or post, where no further threads are opened.
_ANSWER_INSIDE = "-# Write here, or reply to this message."
_ANSWER_THERE = "-# Write in a thread, or reply to this message and open one of your own."


@dataclass(frozen=True, slots=True)
class Alive:
    """A thread of the discussion: how many wrote how much in it, and who began it."""

    thread_id: int
    author: str
    messages: int


@dataclass(frozen=True, slots=True)
class Material:
    """What a prompt's words are made from.

    asked:   what earlier prompts of the discussion asked: positions of questions from 0, "bare"
    passage: the text of the passage that is to be quoted
    alive:   the most alive thread
    bare:    what is asked when the essay asks nothing of its own, in its language
    apart:   whether a reply to it opens a thread; else all talk is in one, as the prompt is
    """

    title: str
    questions: tuple[str, ...]
    asked: frozenset[str]
    replies: int
    passage: str | None = None
    alive: Alive | None = None
    bare: str = DEFAULT_QUESTION
    apart: bool = True

    @property
    def answer(self) -> str:
        """How to answer a prompt."""
        return _ANSWER_HERE if self.apart else _ANSWER_INSIDE


@dataclass(frozen=True, slots=True)
class Said:
    """A prompt's words. ``asked``: what of the essay's questions it asks, as in Material."""

    content: str
    asked: tuple[str, ...] = ()
    poll: Poll | None = None


@dataclass(frozen=True, slots=True)
class Unsayable:
    """There is nothing (left) to say; the reason stands beside the skipped prompt."""

    reason: str


def words_for(what: What, material: Material) -> Said | Unsayable:
    """The words of one prompt; specific questions come before a bare "What do you think?"."""
    match what:
        case Questions(most):
            return _next_questions(most, material)
        case Question(number):
            if number > len(material.questions):
                return Unsayable(f"the essay has no question {number}")
            return _asking([str(number - 1)], material)
        case Passage(number, question):
            if material.passage is None:
                return Unsayable(f"the essay has no passage {number}")
            lines = [
                f"From **{_title(material)}**, ¶{number}:",
                quoted(material.passage),
                closed(question or material.bare),
                material.answer,
            ]
            return Said("\n".join(lines))
        case Text(text):
            return Said(f"{_opening(material)}\n{closed(text)}\n{material.answer}")
        case Poll():
            return Said(_opening(material), poll=what)
        case LastCall():
            return _last_call(material)
        case House():
            return _asking([BARE], material)


def _next_questions(most: int, material: Material) -> Said | Unsayable:
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
    bare = bare[:1] or [BARE]
    left = [one for one in specific if one not in material.asked]
    if not left:
        # A bare question is asked once, in whichever words.
        left = [one for one in bare if one not in material.asked and BARE not in material.asked]
    if not left:
        return Unsayable("every question of the essay has been asked")
    return _asking(left[:most], material)


def _asking(asked: Sequence[str], material: Material) -> Said:
    questions = [material.bare if one == BARE else material.questions[int(one)] for one in asked]
    content = prompt_text(material.title, questions, material.replies, apart=material.apart)
    return Said(content, tuple(asked))


def prompt_text(title: str, questions: Sequence[str], replies: int, *, apart: bool = True) -> str:
    """The prompt that asks ``questions``, at most three so that it stays a nudge.

    ``replies`` is how many members' replies there are so far; ``apart`` as in Material.
    """
    opening = {0: "nobody has answered yet", 1: "one reply so far"}.get(
        replies, f"{replies} replies so far"
    )
    lines = [f"Back to **{_short_title(title)}**: {opening}."]
    asked = questions[:_MOST_QUESTIONS]
    lines += [quoted(question, _MOST_ASKED // len(asked)) for question in asked]
    lines.append(_ANSWER_HERE if apart else _ANSWER_INSIDE)
    return "\n".join(lines)


def _last_call(material: Material) -> Said | Unsayable:
    if material.alive is None:
        left = _next_questions(_MOST_QUESTIONS, material)
        if isinstance(left, Unsayable):
            left = Said("", ())
        asking = "\n".join(
            quoted(
                material.bare if one == BARE else material.questions[int(one)],
                _MOST_ASKED // len(left.asked),
            )
            for one in left.asked
        )
        far = "nobody has answered yet"
        if material.replies:  # in the one thread of the essay, or where no thread stands
            far = f"{_count(material.replies)} so far"
        lines = [f"Last call for **{_title(material)}**: {far}.", asking, material.answer]
        return Said("\n".join(line for line in lines if line), left.asked)
    alive = material.alive
    messages = format_count(alive.messages, "message")
    return Said(
        f"Last call for **{_title(material)}**: {_count(material.replies)} so far. The talk is "
        f"liveliest in <#{alive.thread_id}>, which {naming(alive.author)} "
        f"({messages}).\n{_ANSWER_THERE}"
    )


def nudge_text(text: str, author: str) -> str:
    """The one nudge of a thread: its first message quoted, its author named."""
    point = quoted(text) if text.strip() else "> *(no words)*"
    return (
        f"{point}\nNobody has answered **{literal(truncate(author, 80))}** yet. "
        "What would you say to this?"
    )


def quoted(text: str, most: int = _MOST_QUOTE) -> str:
    """A text as a quotation of at most ``most`` units before escaping, whatever lines it has."""
    lines = [line.strip() for line in truncate(text.strip(), most).splitlines()]
    return "\n".join(f"> {escape_line_start(escape(line))}" for line in lines if line)


def closed(text: str) -> str:
    """A text in Discord's Markdown whose last code block ends with it."""
    return text if text.count("```") % 2 == 0 else f"{text}\n```"


def naming(author: str) -> str:
    """How a last call names who began a thread; NOBODY_NAMED stands for who was forgotten."""
    return f"**{literal(truncate(author, 80))}** began"


def literal(text: str) -> str:
    """A text that Discord shows as it is, on one line."""
    return escape(" ".join(text.split()))


def positions(text: str) -> frozenset[str]:
    """What earlier prompts asked, as it is noted: positions and "bare", parted by blanks."""
    return frozenset(text.split())


def noted(asked: Collection[str]) -> str:
    """The note that :func:`positions` reads."""
    return " ".join(asked)


def _opening(material: Material) -> str:
    return f"Back to **{_title(material)}**:"


def _title(material: Material) -> str:
    return _short_title(material.title)


def _short_title(title: str) -> str:
    return literal(truncate(title, _MOST_TITLE))


def _count(replies: int) -> str:
    return format_count(replies, "reply", "replies")
