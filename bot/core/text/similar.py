"""Find the text most similar to another one, such as a question or passage in a new revision."""

from __future__ import annotations

from collections.abc import Sequence

from rapidfuzz import fuzz, process

__all__ = ["find_most_similar"]

#: Similarity (0 to 100) from which on a text counts as the other one, reworded.
_MIN_SIMILARITY = 70.0


def find_most_similar(text: str, among: Sequence[str]) -> int | None:
    """The index of ``text`` or of the text most similar to it; None if none is similar."""
    if text in among:
        return among.index(text)
    found = process.extractOne(text, among, scorer=fuzz.ratio, score_cutoff=_MIN_SIMILARITY)
    return None if found is None else int(found[2])
