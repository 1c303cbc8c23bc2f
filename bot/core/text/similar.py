"""Find similar texts: a question in a new revision, a line with its spelling corrected."""

from __future__ import annotations

from collections.abc import Sequence

import regex
from rapidfuzz import fuzz, process

__all__ = ["contains_line", "find_most_similar", "split_words"]

#: Similarity (0 to 100) from which on a text counts as the other one, reworded.
_MIN_SIMILARITY = 70.0
#: ... and from which on a word counts as another one with its spelling corrected.
_MIN_WORD_SIMILARITY = 75.0


def find_most_similar(text: str, among: Sequence[str]) -> int | None:
    """The index of ``text`` or of the text most similar to it; None if none is similar."""
    if text in among:
        return among.index(text)
    found = process.extractOne(text, among, scorer=fuzz.ratio, score_cutoff=_MIN_SIMILARITY)
    return None if found is None else int(found[2])


def contains_line(text: str, line: str) -> bool:
    """Whether a text contains a line's words in order, or is the line with corrected spelling."""
    said, wanted = split_words(text), split_words(line)
    if any(said[n : n + len(wanted)] == wanted for n in range(len(said) - len(wanted) + 1)):
        return True
    return len(said) == len(wanted) and all(
        one == other or fuzz.ratio(one, other) >= _MIN_WORD_SIMILARITY
        for one, other in zip(said, wanted, strict=True)
    )


def split_words(text: str) -> list[str]:
    """The words of a text without case and punctuation; each character of Chinese and kana."""
    return regex.findall(r"[\p{Han}\p{Hiragana}\p{Katakana}]|[\p{L}\p{N}\p{M}]+", text.casefold())
