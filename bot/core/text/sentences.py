"""Find where sentences, clauses, words and graphemes end, in any script.

The rules are Unicode's (UAX #29, Sentence Boundaries and Grapheme Cluster Boundaries), plus common
abbreviations and initials, whose full stop doesn't end a sentence.
"""

from __future__ import annotations

from itertools import pairwise

import regex

__all__ = [
    "find_clause_ends",
    "find_grapheme_ends",
    "find_sentence_ends",
    "find_symbol_ends",
    "find_word_ends",
    "split_sentences",
]

_CLOSERS = r"[\p{Pe}\p{Pf}\"'”’»]*+"
_SENTENCE = regex.compile(
    rf"""(?<![.…‥․])(?P<dot>[.…‥․]++){_CLOSERS}(?=\s)
    | (?<![!?‼⁇⁈⁉‽¡])[!?‼⁇⁈⁉‽¡]++[.!?]*+{_CLOSERS}(?=\s)
    | [。！？｡．؟۔।॥။።፧፨։᠃᠉]++{_CLOSERS}
    | \n
    """,
    regex.VERBOSE,
)
_WORD_BEFORE_DOT = regex.compile(r"([\p{L}\p{M}.]+)$")
_ABBREVIATIONS = frozenset(
    (
        *("mr", "mrs", "ms", "dr", "prof", "st", "sr", "jr", "vs", "e.g", "i.e", "cf", "al"),
        *("no", "vol", "pp", "ed", "eds", "fig", "ca", "approx"),
        *("bzw", "z.b", "d.h", "u.a", "nr", "hr", "fr", "sra", "mme", "mlle", "p.ex"),
    )
)
_NEXT_CHARACTER = regex.compile(r"\s+[\p{Pi}\p{Ps}\"'“‘«¿¡—–-]*+(\X)")
_CLAUSE = regex.compile(rf"[,;:،؛]{_CLOSERS}(?=\s)|[，、；：]+{_CLOSERS}|[—–](?=\S)|\s[—–-]+(?=\s)")
_WHITE_SPACE = regex.compile(r"\s+")
_GRAPHEME = regex.compile(r"\X")
_WORD_CHARACTER = regex.compile(r"[\w'’]")


def _is_sentence_end(text: str, dot: int, end: int) -> bool:
    """Whether the full stop at ``dot`` ends a sentence; ``end``: after its closing marks."""
    following = _NEXT_CHARACTER.match(text, end)
    if following is not None and following[1][0].islower():
        return False
    before = _WORD_BEFORE_DOT.search(text, max(0, dot - 12), dot)
    if before is None:
        return True
    word = before[1]
    return not (len(word) == 1 and word.isupper() and word != "I") and (
        word.lower() not in _ABBREVIATIONS
    )


def find_sentence_ends(text: str) -> list[int]:
    """The offsets after which another sentence or line begins, in order; linear in the text."""
    return [
        found.end()
        for found in _SENTENCE.finditer(text)
        if found["dot"] is None or _is_sentence_end(text, found.start("dot"), found.end())
    ]


def split_sentences(text: str) -> list[str]:
    """The sentences of a text, without the white space around them."""
    cuts = [0, *find_sentence_ends(text), len(text)]
    pieces = (text[one:other].strip() for one, other in pairwise(cuts))
    return [piece for piece in pieces if piece]


def find_clause_ends(text: str) -> list[int]:
    """The offsets after commas, semicolons, colons and dashes."""
    return [found.end() for found in _CLAUSE.finditer(text)]


def find_word_ends(text: str) -> list[int]:
    """The offsets where white space begins."""
    return [found.start() for found in _WHITE_SPACE.finditer(text)]


def find_symbol_ends(text: str) -> list[int]:
    """The offsets after characters that aren't letters: the best places in text without spaces."""
    return [
        found.end()
        for found in _GRAPHEME.finditer(text)
        if not _WORD_CHARACTER.match(found.group())
    ]


def find_grapheme_ends(text: str) -> list[int]:
    """The offsets after grapheme clusters: what a reader sees as one character."""
    return [found.end() for found in _GRAPHEME.finditer(text)]
