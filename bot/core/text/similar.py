"""Find similar texts: a question in a new revision, a line with its spelling corrected."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

import regex

from bot.core.text.folding import fold_text

__all__ = ["contains_line", "find_most_similar", "is_corrected_title", "split_words"]

#: Similarity (0 to 100) from which on a text counts as the other one, reworded.
_MIN_SIMILARITY = 70.0
#: ... and from which on a word counts as another one with its spelling corrected.
_MIN_WORD_SIMILARITY = 75.0
#: ... and from which on (0 to 1) a title counts as another one, corrected.
_MIN_TITLE_SIMILARITY = 0.6
#: Words; each character of a script without spaces.
_TITLE_WORD = regex.compile(
    r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]\p{M}*|"
    r"(?:(?![\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}])"
    r"[\p{L}\p{N}\p{M}])+"
)


def find_most_similar(text: str, among: Sequence[str]) -> int | None:
    """The index of ``text`` or of the text most similar to it; None if none is similar."""
    if text in among:
        return among.index(text)
    from rapidfuzz import fuzz, process  # takes 3 MB, and is rarely needed

    found = process.extractOne(text, among, scorer=fuzz.ratio, score_cutoff=_MIN_SIMILARITY)
    return None if found is None else int(found[2])


def contains_line(text: str, line: str) -> bool:
    """Whether a text contains a line's words in order, or is the line with corrected spelling."""
    said, wanted = split_words(text), split_words(line)
    if _contains_words(said, wanted):
        return True
    from rapidfuzz import fuzz  # takes 3 MB, and is rarely needed

    return len(said) == len(wanted) and all(
        one == other or fuzz.ratio(one, other) >= _MIN_WORD_SIMILARITY
        for one, other in zip(said, wanted, strict=True)
    )


def is_corrected_title(title: str, heading: str) -> bool:
    """Whether a title is a heading corrected: the same, longer, shorter or clearly similar.

    Case, punctuation and diacritics don't matter.
    """
    one, other = fold_text(title), fold_text(heading)
    said, wanted = _TITLE_WORD.findall(one), _TITLE_WORD.findall(other)
    if not said or not wanted:
        return one == other  # nothing but signs
    if _contains_words(said, wanted) or _contains_words(wanted, said):
        return True
    matcher = SequenceMatcher(None, _drop_signs(one), _drop_signs(other), autojunk=False)
    # The bound by the lengths is cheap, and a heading may be as long as an essay.
    return (
        matcher.real_quick_ratio() >= _MIN_TITLE_SIMILARITY
        and matcher.ratio() >= _MIN_TITLE_SIMILARITY
    )


def _contains_words(said: Sequence[str], wanted: Sequence[str]) -> bool:
    return any(said[n : n + len(wanted)] == wanted for n in range(len(said) - len(wanted) + 1))


def _drop_signs(text: str) -> str:
    return " ".join(regex.findall(r"[\p{L}\p{N}\p{M}]+", text))


def split_words(text: str) -> list[str]:
    """The words of a text without case and punctuation; each character of Chinese and kana."""
    return regex.findall(r"[\p{Han}\p{Hiragana}\p{Katakana}]|[\p{L}\p{N}\p{M}]+", text.casefold())
