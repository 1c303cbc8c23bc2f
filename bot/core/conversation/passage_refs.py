"""Passage references: which passages a reply is about, and where their words are that it quotes.

Those it quotes or names (``¶12``), else all passages of the part it replies to. A quote is a block
quote (``>``) or is in quotation marks; it may leave words out (``…``), and have the Markdown
that Discord's *Copy Text* copies. It is looked for word for word, without regard to case, accents
and punctuation, then by similarity; what is nearly as similar to another passage isn't taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import regex

from bot.core.conversation.anchors import Anchor, find_anchor
from bot.core.text.folding import fold_text
from bot.core.text.length import count_cjk_characters

__all__ = ["References", "find_quoted_passages", "find_references", "may_refer_to_passages"]

#: How similar a quote and a passage must be, 0 to 100; in quotation marks, which may quote anybody.
_MIN_SIMILARITY, _MIN_MARKED_SIMILARITY = 88.0, 95.0
#: How much more similar it must be than every other passage, unless their words are the same.
_MIN_LEAD = 4.0
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
    # Single marks, which are apostrophes, too.
    r"|(?<![\p{L}\p{N}])(?:‘((?:[^‘’]|’(?=\p{L})){12,})’|‚((?:[^‚‘’]|’(?=\p{L})){12,})[‘’])(?!\p{L})"
    r"|‹([^‹›]{6,})›|›([^‹›]{6,})‹|(?<!['\p{L}])''([^'](?:[^']|'(?!')){10,})''(?!\p{L})"
)
#: Each quote and each name of a passage has one of these, at least.
_SIGNS = (">", "¶", '"', "“", "„", "«", "»", "「", "『", "‘", "‚", "‹", "›", "''")
#: The bytes that none of these has in UTF-8.
_OTHER_BYTES = bytes({*range(256)} - {*"".join(_SIGNS).encode()})
_LINK = regex.compile(r"\[([^\]\n]+)\]\(<?[^)\s]*>?\)")
_GAP = regex.compile(r"\[\s*(?:…|\.{3})\s*\]|…|\.{3,}")


def may_refer_to_passages(text: str) -> bool:
    """Whether a reply may quote or name passages, so that they have to be loaded."""
    # Of most texts, no byte is left; then nothing has to be searched for.
    if not text.encode("utf-8", "surrogatepass").translate(None, _OTHER_BYTES):
        return False
    if not any([sign in text for sign in _SIGNS]):  # noqa: C419 - a generator takes twice as long
        return False
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
    """The paragraphs of a message's block quotes.

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
    return ["\n".join(lines) for lines in quotes if lines]


def _find_marked_quotes(text: str) -> list[str]:
    """The texts in quotation marks outside of block quotes and code."""
    lines = _FENCE.sub("", text).split("\n")
    own = "\n".join("" if _QUOTED.match(line) else line for line in lines)
    return [next(filter(None, found.groups())) for found in _MARKED.finditer(own)]


def _normalize(text: str) -> str:
    """The words of a text, without Markdown, punctuation, accents and case."""
    from rapidfuzz import utils  # takes 3 MB, and is rarely needed

    return " ".join(utils.default_process(fold_text(_LINK.sub(r"\1", text))).split())


def _is_comparable(words: str) -> bool:
    return len(words) >= _MIN_QUOTE or count_cjk_characters(words) >= _MIN_CJK_QUOTE


def _find_named(text: str, known: Mapping[int, str]) -> list[int]:
    found: list[int] = []
    for match in _NAMED.finditer(text):
        first, last = sorted((int(match[1]), int(match[2] or match[1])))
        found += [n for n in range(first, min(last, first + _MAX_RANGE) + 1) if n in known]
    return found


def _find_exact(quote: str, plain: Mapping[int, str], carried: Sequence[int]) -> int | None:
    """The passage that has the quote word for word; of several, one that is in the part."""
    exact = [number for number, words in plain.items() if f" {quote} " in f" {words} "]
    exact = exact or [number for number, words in plain.items() if quote in words]
    if not exact:
        return None
    return next((number for number in exact if number in carried), exact[0])


def _find_similar(
    quote: str, plain: Mapping[int, str], carried: Sequence[int], least: float
) -> int | None:
    """The passage that is most similar to the quote; None if another one is nearly as similar."""
    from rapidfuzz import fuzz  # takes 3 MB, and is rarely needed

    scores: list[tuple[float, int]] = []
    for number, words in plain.items():
        if len(words) * 2 < len(quote):
            continue  # a passage much shorter than the quote would match any quote
        score = fuzz.partial_ratio(quote, words, score_cutoff=least - _MIN_LEAD)
        if score:
            scores.append((score, number))
    best = max((score for score, _ in scores), default=0.0)
    if best < least:
        return None
    equal = [number for score, number in scores if score == best]
    where = next((number for number in equal if number in carried), equal[0])
    rivals = [number for score, number in scores if number != where and score > best - _MIN_LEAD]
    if where in carried and not set(rivals) & set(carried):
        return where
    said = _get_aligned(quote, plain[where])
    return where if all(_get_aligned(quote, plain[one]) == said for one in rivals) else None


def _get_aligned(quote: str, words: str) -> str:
    """The words of a passage that a quote is most similar to."""
    from rapidfuzz import fuzz  # takes 3 MB, and is rarely needed

    found = fuzz.partial_ratio_alignment(quote, words)
    return "" if found is None else words[found.dest_start : found.dest_end].strip()


@dataclass(frozen=True, slots=True)
class _Quote:
    """A quote in a message: what it says, and how similar a passage must be."""

    text: str
    least: float


@dataclass(frozen=True, slots=True)
class References:
    """The passages that a reply refers to.

    numbers:   in order, without duplicates
    anchors:   the words that it quotes, in the order of its quotes
    is_exact:  each of its quotes is there word for word
    """

    numbers: tuple[int, ...]
    anchors: tuple[Anchor, ...]
    is_exact: bool


def _split_pieces(quote: str) -> list[tuple[str, str]]:
    """The pieces of a quote between ellipses, each as it is and normalized; those long enough."""
    whole = _normalize(quote)[:_MAX_LENGTH].strip()
    if not _is_comparable(whole):
        return []
    found = [(piece, _normalize(piece)[:_MAX_LENGTH].strip()) for piece in _GAP.split(quote)]
    found = [one for one in found if _is_comparable(one[1])]
    return found[:_MAX_QUOTES] or [(quote, whole)]


def _list_quotes(text: str) -> list[_Quote]:
    block = [_Quote(one, _MIN_SIMILARITY) for one in _find_block_quotes(text)]
    marked = [_Quote(one, _MIN_MARKED_SIMILARITY) for one in _find_marked_quotes(text)]
    return block[:_MAX_QUOTES] + marked[:_MAX_QUOTES]


def find_references(
    text: str, passages: Mapping[int, str], carried: Sequence[int] = ()
) -> References:
    """The passages that a reply quotes or names, and the words in them that it quotes.

    passages:  number and text of all of the essay's passages
    carried:   the passages of the part that the reply answers: of two passages with the same words,
               the one that is in it is meant
    """
    numbers = set(_find_named(text, passages))
    plain = {number: _normalize(words) for number, words in passages.items()}
    anchors: list[Anchor] = []
    is_exact = True
    for quote in _list_quotes(text):
        found = _find_pieces([quote.text.replace("\n", " ")], quote.least, plain, carried)
        if not found and "\n" in quote.text:
            # Two passages were quoted on two lines, with no empty line between.
            found = _find_pieces(quote.text.split("\n"), quote.least, plain, carried)
        is_exact = is_exact and bool(found) and all(one.is_exact for one in found)
        for one in found:
            numbers.add(one.number)
            anchor = find_anchor(one.number, passages[one.number], _LINK.sub(r"\1", one.text))
            if anchor is not None and anchor not in anchors:
                anchors.append(anchor)
    return References(tuple(sorted(numbers)), tuple(anchors), is_exact and bool(anchors))


@dataclass(frozen=True, slots=True)
class _FoundPiece:
    """A piece of a quote, and the passage that it is from."""

    text: str
    number: int
    is_exact: bool


def _find_pieces(
    lines: Sequence[str], least: float, plain: Mapping[int, str], carried: Sequence[int]
) -> list[_FoundPiece]:
    found: list[_FoundPiece] = []
    for piece, words in (pair for line in lines for pair in _split_pieces(line)):
        number = _find_exact(words, plain, carried)
        is_exact = number is not None
        if number is None:
            number = _find_similar(words, plain, carried, least)
        if number is not None:
            found.append(_FoundPiece(piece, number, is_exact))
    return found


def find_quoted_passages(
    text: str, passages: Mapping[int, str], carried: Sequence[int] = ()
) -> tuple[int, ...]:
    """The numbers of :func:`find_references`."""
    return find_references(text, passages, carried).numbers
