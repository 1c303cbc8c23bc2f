"""Where a text may be cut: after sentences of any script, lines, clauses, words, clusters.

The rules are those of Unicode (UAX #29, Sentence Boundaries and Grapheme Cluster Boundaries),
with the abbreviations and initials added that end with a full stop and no sentence.
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
_BEFORE_DOT = regex.compile(r"([\p{L}\p{M}.]+)$")
_ABBREVIATIONS = frozenset(
    (
        *("mr", "mrs", "ms", "dr", "prof", "st", "sr", "jr", "vs", "e.g", "i.e", "cf", "al"),
        *("no", "vol", "pp", "ed", "eds", "fig", "ca", "approx"),
        *("bzw", "z.b", "d.h", "u.a", "nr", "hr", "fr", "sra", "mme", "mlle", "p.ex"),
    )
)
_NEXT = regex.compile(r"\s+[\p{Pi}\p{Ps}\"'“‘«¿¡—–-]*+(\X)")
_CLAUSE = regex.compile(rf"[,;:،؛]{_CLOSERS}(?=\s)|[，、；：]+{_CLOSERS}|[—–](?=\S)|\s[—–-]+(?=\s)")
_WORD = regex.compile(r"\s+")
_CLUSTER = regex.compile(r"\X")
_INNER = regex.compile(r"[\w'’]")  # what a word is made of


def _ends_here(text: str, dot: int, end: int) -> bool:
    """Whether the full stop at ``dot`` ends a sentence that is over at ``end``."""
    following = _NEXT.match(text, end)
    if following is not None and following[1][0].islower():
        return False
    before = _BEFORE_DOT.search(text, max(0, dot - 12), dot)
    if before is None:
        return True
    word = before[1]
    return not (len(word) == 1 and word.isupper() and word != "I") and (
        word.lower() not in _ABBREVIATIONS
    )


def find_sentence_ends(text: str) -> list[int]:
    """The places behind which another sentence or line begins, in order; linear in the text."""
    return [
        found.end()
        for found in _SENTENCE.finditer(text)
        if found["dot"] is None or _ends_here(text, found.start("dot"), found.end())
    ]


def split_sentences(text: str) -> list[str]:
    """The text's sentences, without the white space around them."""
    cuts = [0, *find_sentence_ends(text), len(text)]
    pieces = (text[one:other].strip() for one, other in pairwise(cuts))
    return [piece for piece in pieces if piece]


def find_clause_ends(text: str) -> list[int]:
    """The places behind commas, colons and dashes."""
    return [found.end() for found in _CLAUSE.finditer(text)]


def find_word_ends(text: str) -> list[int]:
    """The places where white space begins."""
    return [found.start() for found in _WORD.finditer(text)]


def find_symbol_ends(text: str) -> list[int]:
    """The places after signs that are no letters, where words without spaces are best parted."""
    return [found.end() for found in _CLUSTER.finditer(text) if not _INNER.match(found.group())]


def find_grapheme_ends(text: str) -> list[int]:
    """The places between what a reader takes for single characters."""
    return [found.end() for found in _CLUSTER.finditer(text)]
