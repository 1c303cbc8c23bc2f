"""Which text of a revision is the one that an earlier revision had."""

from __future__ import annotations

from collections.abc import Sequence

from rapidfuzz import fuzz, process

__all__ = ["find_most_similar"]

#: How alike, of 100, two texts have to be to count as the same one, reworded.
_ALIKE = 70.0


def find_most_similar(text: str, among: Sequence[str]) -> int | None:
    """The place of the text that is ``text``, or most like it; None where none is alike."""
    if text in among:
        return among.index(text)
    found = process.extractOne(text, among, scorer=fuzz.ratio, score_cutoff=_ALIKE)
    return None if found is None else int(found[2])
