"""Passage references: which passages a reply is about.

Those it quotes or names (``¶12``), else all passages of the part it replies to.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import regex
from rapidfuzz import fuzz, utils

__all__ = ["find_answered_passages", "may_refer_to_passages"]

#: How similar a quote and a passage must be, 0 to 100.
_MIN_SIMILARITY = 88.0
#: Characters a quote must have to be compared: a shorter one would match anything.
_MIN_QUOTE = 12
#: Limits on the work for one message: quotes compared, characters of each, passages in a range.
_MAX_QUOTES, _MAX_LENGTH, _MAX_RANGE = 8, 600, 50

_NUMBER = r"(\d{1,4})(?!\d)"
_NAMED = regex.compile(rf"¶\s?{_NUMBER}(?:\s?[-–—]\s?(?:¶\s?)?{_NUMBER})?")
_FENCE = regex.compile(r"```.*?(?:```|\Z)", regex.DOTALL)
_QUOTED = regex.compile(r"^> ?(.*)$")


def may_refer_to_passages(text: str) -> bool:
    """Whether a reply may quote or name passages, so that they have to be loaded."""
    return "¶" in text or text.startswith(">") or "\n>" in text


def _quoted_lines(text: str) -> Iterator[str]:
    """The quoted text of each line, "" for an unquoted line; ``>>>`` quotes all that follows."""
    lines = _FENCE.sub("", text).split("\n")
    for number, line in enumerate(lines):
        if line.startswith(">>> "):
            yield line[4:]
            yield from lines[number + 1 :]
            return
        found = _QUOTED.match(line)
        yield "" if found is None else found[1]


def _find_quotes(text: str) -> list[str]:
    """The paragraphs of a message's block quotes, each as one line.

    A passage is a paragraph, so a quote of several paragraphs refers to several passages.
    """
    quotes: list[str] = []
    gathered: list[str] = []
    for line in (*_quoted_lines(text), ""):
        if line.strip():
            gathered.append(line)
        elif gathered:
            quotes.append(" ".join(gathered))
            gathered = []
    plain = [utils.default_process(quote)[:_MAX_LENGTH].strip() for quote in quotes]
    return [quote for quote in plain if len(quote) >= _MIN_QUOTE][:_MAX_QUOTES]


def _find_named(text: str, known: Mapping[int, str]) -> list[int]:
    found: list[int] = []
    for match in _NAMED.finditer(text):
        first, last = sorted((int(match[1]), int(match[2] or match[1])))
        found += [n for n in range(first, min(last, first + _MAX_RANGE) + 1) if n in known]
    return found


def find_answered_passages(
    text: str, passages: Mapping[int, str], carried: Sequence[int]
) -> tuple[int, ...]:
    """The numbers of the passages that a reply is about, in order, without duplicates.

    passages:  number and text of all of the essay's passages
    carried:   the passages of the part that the reply answers

    A reply that quotes passages (``>``) closely enough, or names them as ``¶12`` or ``¶3–5``, is
    about those alone; any other reply is about the ``carried`` passages.
    """
    found = set(_find_named(text, passages))
    plain = {number: utils.default_process(words) for number, words in passages.items()}
    for quote in _find_quotes(text):
        best, where = 0.0, None
        for number, words in plain.items():
            score = fuzz.partial_ratio(quote, words, score_cutoff=_MIN_SIMILARITY)
            if len(words) < len(quote) and len(words) * 2 < len(quote):
                continue  # a passage much shorter than the quote would match any quote
            if score > best or (score and score == best and number in carried):
                best, where = score, number
        if where is not None:
            found.add(where)
    return tuple(sorted(found or set(carried)))
