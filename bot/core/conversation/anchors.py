"""Anchors: where exactly in a passage the words are that a reply quotes.

As in the Web Annotation Data Model: the position of the words, and the words with a little of what
is before and after them, by which they can be found again in a text that was changed
(https://www.w3.org/TR/annotation-model/#selectors).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import regex

from bot.core.text.folding import fold_text

__all__ = ["Anchor", "find_anchor"]

#: Characters before and after the words.
_AROUND = 32
#: Characters of a quote that are looked for.
_MAX_LENGTH = 600

_CLUSTER = regex.compile(r"\s+|\X")


@dataclass(frozen=True, slots=True)
class Anchor:
    """Words of a passage.

    number:         of the passage
    start, end:     where they are in its text, in code points
    exact:          the words themselves
    before, after:  at most 32 characters on each side of them
    """

    number: int
    start: int
    end: int
    exact: str
    before: str
    after: str


def find_anchor(number: int, passage: str, quote: str) -> Anchor | None:
    """Where a quote is in a passage: word for word, or else where it is most similar to it.

    None if the quote has no words.
    """
    words, clusters = _map_words(passage)
    wanted = _map_words(quote)[0][:_MAX_LENGTH].strip()
    if not wanted or not words:
        return None
    at = f" {words} ".find(f" {wanted} ")
    if at < 0:
        at = words.find(wanted)
    length = len(wanted)
    if at < 0:
        from rapidfuzz import fuzz  # takes 3 MB, and is rarely needed

        aligned = fuzz.partial_ratio_alignment(wanted, words)
        if aligned is None or aligned.dest_end <= aligned.dest_start:
            return None
        at, length = _widen(words, aligned.dest_start, aligned.dest_end)
    used = [one for one in clusters[at : at + length] if one is not None]
    if not used:
        return None
    start, end = used[0][0], used[-1][1]
    return Anchor(
        number,
        start,
        end,
        passage[start:end],
        passage[max(0, start - _AROUND) : start],
        passage[end : end + _AROUND],
    )


def _widen(words: str, start: int, end: int) -> tuple[int, int]:
    """A range widened to whole words: its start and its length."""
    while start > 0 and words[start - 1] != " ":
        start -= 1
    while end < len(words) and words[end] != " ":
        end += 1
    while start < end and words[start] == " ":
        start += 1
    return start, end - start


def _map_words(text: str) -> tuple[str, Sequence[tuple[int, int] | None]]:
    """The folded words of a text separated by single spaces, and where each character is in it.

    None for the spaces between.
    """
    folded: list[str] = []
    places: list[tuple[int, int] | None] = []
    for found in _CLUSTER.finditer(text):
        for sign in fold_text(found[0]):
            if sign.isalnum() or regex.match(r"\p{M}", sign):
                folded.append(sign)
                places.append((found.start(), found.end()))
            elif folded and folded[-1] != " ":
                folded.append(" ")
                places.append(None)
        if found[0].isspace() and folded and folded[-1] != " ":
            folded.append(" ")
            places.append(None)
    if folded and folded[-1] == " ":
        folded.pop()
        places.pop()
    return "".join(folded), places
