"""Which passages a reply answers: those it quotes or names, else those of the part it answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import regex
from rapidfuzz import fuzz, utils

__all__ = ["find_answered_passages", "may_refer_to_passages"]

#: How alike, of 100, a quote and the words of a passage have to be.
_CLOSE = 88.0
#: Characters of a quote from which on it is compared at all: shorter ones are found anywhere.
_LEAST = 12
#: Bounds on what one message costs: quotes compared, characters of each, passages named.
_MOST_QUOTES, _MOST_LENGTH, _MOST_NAMED = 8, 600, 50

_NUMBER = r"(\d{1,4})(?!\d)"
_NAMED = regex.compile(rf"¶\s?{_NUMBER}(?:\s?[-–—]\s?(?:¶\s?)?{_NUMBER})?")
_FENCE = regex.compile(r"```.*?(?:```|\Z)", regex.DOTALL)
_QUOTED = regex.compile(r"^> ?(.*)$")


def may_refer_to_passages(text: str) -> bool:
    """Whether it is worth asking for the essay's passages."""
    return "¶" in text or text.startswith(">") or "\n>" in text


def _quoted(text: str) -> Iterator[str]:
    """What each line of a message quotes, "" for nothing; ``>>>`` quotes all that follows."""
    lines = _FENCE.sub("", text).split("\n")
    for number, line in enumerate(lines):
        if line.startswith(">>> "):
            yield line[4:]
            yield from lines[number + 1 :]
            return
        found = _QUOTED.match(line)
        yield "" if found is None else found[1]


def _quotes(text: str) -> list[str]:
    """The block quotes of a message, each paragraph of theirs as one line.

    A passage is a paragraph, so who quotes several of them names several.
    """
    quotes: list[str] = []
    gathered: list[str] = []
    for line in (*_quoted(text), ""):
        if line.strip():
            gathered.append(line)
        elif gathered:
            quotes.append(" ".join(gathered))
            gathered = []
    plain = [utils.default_process(quote)[:_MOST_LENGTH].strip() for quote in quotes]
    return [quote for quote in plain if len(quote) >= _LEAST][:_MOST_QUOTES]


def _named(text: str, known: Mapping[int, str]) -> list[int]:
    found: list[int] = []
    for match in _NAMED.finditer(text):
        first, last = sorted((int(match[1]), int(match[2] or match[1])))
        found += [n for n in range(first, min(last, first + _MOST_NAMED) + 1) if n in known]
    return found


def find_answered_passages(
    text: str, passages: Mapping[int, str], carried: Sequence[int]
) -> tuple[int, ...]:
    """The numbers of the passages that a reply answers, in order, each once.

    ``passages``: number and text of all; ``carried``: those that the answered part carries. What
    is quoted (``>``) closely enough, or named as ``¶12`` or ``¶3–5``, counts alone; a reply that
    quotes and names nothing answers what is carried.
    """
    found = set(_named(text, passages))
    plain = {number: utils.default_process(words) for number, words in passages.items()}
    for quote in _quotes(text):
        best, where = 0.0, None
        for number, words in plain.items():
            score = fuzz.partial_ratio(quote, words, score_cutoff=_CLOSE)
            if len(words) < len(quote) and len(words) * 2 < len(quote):
                continue  # a passage much shorter than the quote lies in anything
            if score > best or (score and score == best and number in carried):
                best, where = score, number
        if where is not None:
            found.add(where)
    return tuple(sorted(found or set(carried)))
