"""Folded text, in which case, diacritics and width don't matter; for the search.

Unicode compatibility normalization, case folding, and removal of the marks that don't make another
letter: accents, vowel points of Hebrew and Arabic, tone marks of Thai and Lao. Vowel signs of Thai
and of the Indic scripts and the voicing marks of Japanese stay, since words differ by them.
(The Unicode Standard, 3.13 Default Case Algorithms; Unicode Standard Annex #15.)
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection

import regex

__all__ = ["find_matches", "fold_text", "fold_unless_lower"]

#: Marks that are removed, and invisible characters: soft hyphen, joiners, direction marks.
_REMOVED = regex.compile(
    r"""[
        [[\p{Script=Inherited}\p{Hebrew}\p{Arabic}\p{Syriac}\p{Cyrillic}]&&\p{M}]--[\u3099\u309a]
    ]
    | [\u0E47-\u0E4E\u0EC8-\u0ECE]
    | [\u00AD\u034F\u061C\u200B-\u200F\u2060-\u2064\u202A-\u202E\u2066-\u2069\uFEFF]
    """,
    regex.VERBOSE | regex.V1,
)
#: The characters of ASCII, without control characters: some of these are white space.
_PRINTABLE = bytes(range(32, 127))
_CLUSTER = regex.compile(r"\s+|\X")


#: Characters that were met and become themselves, none of which is white space.
_UNCHANGED: set[str] = set()


class _Table(dict[str, str]):
    """What a character becomes; worked out when it is first met."""

    def __missing__(self, sign: str) -> str:
        lower = sign.casefold()
        if lower != sign:
            found = "".join(self[one] for one in lower)
        else:
            plain = _REMOVED.sub("", unicodedata.normalize("NFKD", sign))
            found = unicodedata.normalize("NFC", plain)
        self[sign] = found
        if found == sign and not sign.isspace():
            _UNCHANGED.add(sign)
        return found


#: Signs that are typed in several ways are one, and so is the Turkish letter without a dot.
_TABLE = _Table(
    dict.fromkeys("‘’‚‛′ʼ", "'")
    | dict.fromkeys("“”„‟″«»", '"')
    | dict.fromkeys("‐‑‒–—―−", "-")
    | {"ı": "i"}
)


def fold_text(text: str) -> str:
    """The text in lower case, without diacritics, with single spaces."""
    if text.isascii():
        return " ".join(text.lower().split())
    # Most texts have few other characters than those of ASCII, which bytes hold, too. What a
    # character of a normalized text becomes isn't replaced again, so the order doesn't matter.
    lower = unicodedata.normalize("NFKC", text).encode("utf-8", "surrogatepass").lower()
    folded = lower.decode("utf-8", "surrogatepass")
    others = lower.translate(None, _PRINTABLE).decode("utf-8", "surrogatepass")
    has_other_space = False
    for sign in set(others) - _UNCHANGED:
        plain = _TABLE[sign]
        if plain != sign:
            folded = folded.replace(sign, plain)
        elif sign.isspace():
            has_other_space = True
    if has_other_space or "  " in folded or folded.startswith(" ") or folded.endswith(" "):
        return " ".join(folded.split())
    return folded


def fold_unless_lower(text: str) -> str | None:
    """The folded text; None if it is the text with its ASCII letters in lower case.

    That is what SQL's ``lower`` makes of it.
    """
    if text.isascii() and text.isprintable() and "  " not in text and text == text.strip():
        return None
    folded = fold_text(text)
    return None if folded == (text.lower() if text.isascii() else text) else folded


def find_matches(text: str, words: Collection[str]) -> list[tuple[int, int]]:
    """Where folded ``words`` are in a text, in order and without overlap.

    The positions are the text's own; a match begins and ends between characters as people see them.
    """
    folded: list[str] = []
    starts: list[int] = []  # by position in the folded text: where its cluster begins in the text
    ends: list[int] = []
    for found in _CLUSTER.finditer(text):
        piece = " " if found[0].isspace() else fold_text(found[0])
        folded.append(piece)
        starts += [found.start()] * len(piece)
        ends += [found.end()] * len(piece)
    line = "".join(folded)
    spans = []
    for word in words:
        place = line.find(word)
        while word and place >= 0:
            spans.append((starts[place], ends[place + len(word) - 1]))
            place = line.find(word, place + len(word))
    spans.sort()
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
