"""Closing questions that an admin gave, one on a line; they replace the essay's own."""

from __future__ import annotations

import re
from dataclasses import replace

from bot.core.essay.essay import Essay

__all__ = ["split_questions", "with_given_questions"]

#: A bullet or a number before a question.
_MARKER = re.compile(r"(?:[-*+•–—]|\(?\d{1,2}[.)])\s+")


def split_questions(given: str | None) -> tuple[str, ...]:
    """The questions of a field that has one on each line; each once, without list markers."""
    lines = (_strip_marker(line) for line in (given or "").splitlines())
    return tuple(dict.fromkeys(" ".join(line.split()) for line in lines if line.strip()))


def _strip_marker(line: str) -> str:
    found = _MARKER.match(line.strip())
    return line.strip() if found is None else line.strip()[found.end() :]


def with_given_questions(essay: Essay, given: str | None) -> Essay:
    """The essay with the questions that are asked in its discussion.

    ``given``: what an admin entered; the essay's own questions count if that is empty.
    """
    questions = split_questions(given)
    return replace(essay, questions=questions) if questions else essay
