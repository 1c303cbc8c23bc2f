"""Passage references: which passages a reply is about.

Those it quotes or names (``¶12``), else all passages of the part it replies to. A quote is a block
quote (``>``) or is in quotation marks; it may leave words out (``…``), and have the Markdown
that Discord's *Copy Text* copies.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import regex
from rapidfuzz import fuzz, utils

from bot.core.text.length import count_cjk_characters

__all__ = ["find_quoted_passages", "may_refer_to_passages"]

#: How similar a quote and a passage must be, 0 to 100; in quotation marks, which may quote anybody.
_MIN_SIMILARITY, _MIN_MARKED_SIMILARITY = 88.0, 95.0
#: Characters a quote must have to be compared: a shorter one would match anything. In Chinese,
#: Japanese and Korean half as many say as much.
_MIN_QUOTE, _MIN_CJK_QUOTE = 12, 6
#: Limits on the work for one message: quotes compared, characters of each, passages in a range.
_MAX_QUOTES, _MAX_LENGTH, _MAX_RANGE = 8, 600, 50

_NUMBER = r"(\d{1,4})(?!\d)"
_NAMED = regex.compile(rf"¶\s?{_NUMBER}(?:\s?[-–—]\s?(?:¶\s?)?{_NUMBER})?")
_FENCE = regex.compile(r"```.*?(?:```|\Z)", regex.DOTALL)
_QUOTED = regex.compile(r"^\s{0,3}((?:> ?)+)(.*)$")
_MARKED = regex.compile(
    r"“([^“”]{6,})”|„([^„“”]{6,})[“”]|«([^«»]{6,})»|»([^«»]{6,})«|「([^「」]{6,})」|『([^『』]{6,})』"
    r'|(?<![\p{L}\p{N}])"([^"]{6,})"(?![\p{L}\p{N}])'
)
_LINK = regex.compile(r"\[([^\]\n]+)\]\(<?[^)\s]*>?\)")
_GAP = regex.compile(r"\[\s*(?:…|\.{3})\s*\]|…|\.{3,}")


def may_refer_to_passages(text: str) -> bool:
    """Whether a reply may quote or name passages, so that they have to be loaded."""
    quotes = text.lstrip().startswith(">") or "\n>" in text or "\n >" in text
    return "¶" in text or quotes or _MARKED.search(text) is not None


def _quoted_lines(text: str) -> Iterator[tuple[int, str]]:
    """How deeply each line is quoted, 0 for an unquoted one, and its text.

    ``>>>`` quotes all that follows.
    """
    lines = _FENCE.sub("", text).split("\n")
    for number, line in enumerate(lines):
        if line.startswith(">>> "):
            yield from ((1, one) for one in (line[4:], *lines[number + 1 :]))
            return
        found = _QUOTED.match(line)
        yield (0, "") if found is None else (found[1].count(">"), found[2])


def _find_block_quotes(text: str) -> list[str]:
    """The paragraphs of a message's block quotes, each as one line.

    A passage is a paragraph, so a quote of several paragraphs refers to several passages. A quote
    within a quote is one of its own.
    """
    quotes: list[list[str]] = [[]]
    before = 0
    for depth, line in _quoted_lines(text):
        if depth != before or not line.strip():
            quotes.append([])
        if line.strip():
            quotes[-1].append(line)
        before = depth
    return [" ".join(lines) for lines in quotes if lines]


def _find_marked_quotes(text: str) -> list[str]:
    """The texts in quotation marks outside of block quotes and code."""
    lines = _FENCE.sub("", text).split("\n")
    own = "\n".join("" if _QUOTED.match(line) else line for line in lines)
    return [next(filter(None, found.groups())) for found in _MARKED.finditer(own)]


def _normalize(text: str) -> str:
    """The words of a text, without Markdown, punctuation and case."""
    return " ".join(utils.default_process(_LINK.sub(r"\1", text)).split())


def _is_comparable(words: str) -> bool:
    return len(words) >= _MIN_QUOTE or count_cjk_characters(words) >= _MIN_CJK_QUOTE


def _find_named(text: str, known: Mapping[int, str]) -> list[int]:
    found: list[int] = []
    for match in _NAMED.finditer(text):
        first, last = sorted((int(match[1]), int(match[2] or match[1])))
        found += [n for n in range(first, min(last, first + _MAX_RANGE) + 1) if n in known]
    return found


def _find_source(
    quote: str, plain: Mapping[int, str], carried: Sequence[int], least: float
) -> int | None:
    """The passage that has the quote: word for word if there is one, else the most similar."""
    exact = [number for number, words in plain.items() if f" {quote} " in f" {words} "]
    exact = exact or [number for number, words in plain.items() if quote in words]
    if exact:
        return next((number for number in exact if number in carried), exact[0])
    best, where = 0.0, None
    for number, words in plain.items():
        if len(words) * 2 < len(quote):
            continue  # a passage much shorter than the quote would match any quote
        score = fuzz.partial_ratio(quote, words, score_cutoff=least)
        if score > best or (score and score == best and number in carried):
            best, where = score, number
    return where


def _find_sources(
    quote: str, plain: Mapping[int, str], carried: Sequence[int], least: float
) -> set[int]:
    """The passages that a quote is from, whose parts may be separated by an ellipsis."""
    whole = _normalize(quote)[:_MAX_LENGTH].strip()
    if not _is_comparable(whole):
        return set()
    pieces = [_normalize(piece)[:_MAX_LENGTH].strip() for piece in _GAP.split(quote)]
    pieces = [piece for piece in pieces if _is_comparable(piece)]
    if len(pieces) <= 1:
        where = _find_source(pieces[0] if pieces else whole, plain, carried, least)
        return set() if where is None else {where}
    found = {_find_source(piece, plain, carried, least) for piece in pieces[:_MAX_QUOTES]}
    return {number for number in found if number is not None}


def find_quoted_passages(
    text: str, passages: Mapping[int, str], carried: Sequence[int] = ()
) -> tuple[int, ...]:
    """The numbers of the passages that a reply quotes or names, in order, without duplicates.

    passages:  number and text of all of the essay's passages
    carried:   the passages of the part that the reply answers: of two passages with the same words,
               the one that is in it is meant
    """
    found = set(_find_named(text, passages))
    plain = {number: _normalize(words) for number, words in passages.items()}
    for quotes, least in (
        (_find_block_quotes(text), _MIN_SIMILARITY),
        (_find_marked_quotes(text), _MIN_MARKED_SIMILARITY),
    ):
        for quote in quotes[:_MAX_QUOTES]:
            found |= _find_sources(quote, plain, carried, least)
    return tuple(sorted(found))
