"""Answers from a form: their limits, the choice of a passage, and the message that is posted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.core import limits
from bot.core.text.escape import escape
from bot.core.text.translate import gettext as _
from bot.core.text.truncate import truncate

__all__ = [
    "MAX_ANSWER",
    "PASSAGES_PER_PAGE",
    "WHOLE_ESSAY",
    "Choice",
    "count_pages",
    "list_choices",
    "make_answer_content",
]

#: UTF-16 units of an answer; the rest of a message is left for the lines before it.
MAX_ANSWER = 1_800
#: A select has at most 25 options (docs: Component Reference › String Select); the first is the
#: whole essay.
PASSAGES_PER_PAGE = 24
#: The choice of no passage.
WHOLE_ESSAY = 0

#: Number and text of a passage.
Passage = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Choice:
    """An option of the select of passages. ``number``: of the passage, or WHOLE_ESSAY."""

    number: int
    label: str


def count_pages(passages: int) -> int:
    """How many selects are needed for so many passages."""
    return max(1, -(-passages // PASSAGES_PER_PAGE))


def list_choices(passages: Sequence[Passage], page: int = 0) -> list[Choice]:
    """The options of one page: the whole essay, then passages, by number and first words."""
    start = page * PASSAGES_PER_PAGE
    choices = [Choice(WHOLE_ESSAY, _("The whole essay"))]
    for number, text in passages[start : start + PASSAGES_PER_PAGE]:
        words = " ".join(text.split())
        choices.append(Choice(number, truncate(f"¶{number} {words}", limits.CHOICE)))
    return choices


def make_answer_content(
    text: str,
    *,
    author: str | None = None,
    passage: int | None = None,
    link: str | None = None,
    asks_author: bool = False,
) -> str:
    """The content of the message for an answer.

    author:       who wrote it, where the message isn't posted under their name
    passage:      the passage it is about, and ``link``: to the message with that passage; without a
                  passage, to the question that it answers
    asks_author:  it is a question to the author of the essay
    """
    lines = []
    if author is not None:
        name = escape(" ".join(truncate(author, limits.NICKNAME).split()))
        if asks_author:
            lines.append(_("**{name}** asks the author:", name=name))
        else:
            lines.append(_("**{name}** answers:", name=name))
    elif asks_author:
        lines.append(_("-# A question to the author"))
    if passage is not None and link is not None:
        lines.append(_("-# About [¶{number}]({link})", number=passage, link=link))
    elif link is not None:
        lines.append(_("-# Answers [this question]({link})", link=link))
    return "\n".join([*lines, text])
