"""Plain text: what stands in it is meant literally, only its lines and paragraphs are read.

Paragraphs are parted by empty lines. Lines that were broken at a fixed width are joined again;
lines that end where their writer wanted them to (verse, an address) stay lines. A text without
any empty line has a paragraph on each line, unless its lines were broken at a fixed width.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from bot.core.essay.blocks import Block, Paragraph, Rule, Span, collapse_white_space
from bot.core.essay.document import Document

__all__ = ["read_plain_text"]

_NARROWEST, _WIDEST = 40, 110  # columns of text that was broken at a fixed width
_RULE = re.compile(r"\s*(?:[-_=~#•·.]{3,}|(?:[*•·⁂#~—–-]\s*){1,9})\s*")
_LIST = re.compile(r"\s*(?:[-*+•‣◦–—]|\(?[0-9]{1,3}[.)]|\(?[a-zA-Z][.)]|\[[0-9]+\])\s+\S")
_ENDED = re.compile(r"[.!?…。！？:][\"'”’»)\]]*\s*$")
_UNDERLINE = re.compile(r"\s*(?:=+|-{3,})\s*")
_QUOTES = re.compile(r"\s*(?:[“\"«„「『‘'—–―>]|--)")
_HEAD_LINE = 70  # characters of a line of a title, a byline, a date
_NO_SPACE = re.compile(r"[\u2e80-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]")


def _groups(lines: Sequence[str]) -> list[list[str]]:
    groups: list[list[str]] = [[]]
    for line in lines:
        if line.strip():
            groups[-1].append(line.rstrip())
        elif groups[-1]:
            groups.append([])
    return [group for group in groups if group]


def _columns(line: str) -> int:
    return len(line.strip()) + len(_NO_SPACE.findall(line))


def _fixed_width(groups: Sequence[Sequence[str]]) -> int | None:
    """The width at which the text was broken; None where each line ends on purpose."""
    lines = [line for group in groups for line in group[:-1]]
    if not lines:
        return None
    broken = sorted(_columns(line) for line in lines)
    width = broken[(len(broken) - 1) * 19 // 20]  # a few lines may stand out
    if not _NARROWEST <= width <= _WIDEST or median(broken) < 0.72 * width:
        return None
    # Paragraphs that stand on a line each end with their sentences; broken lines seldom do.
    ended = sum(_ENDED.search(line) is not None for line in lines)
    if ended > 0.6 * len(lines):
        return None
    return width


def _wrapped(line: str, following: str, width: int) -> bool:
    """Whether the line ended only because the next word did not fit any more."""
    first = following.split(maxsplit=1)[0]
    return _columns(line) + 1 + _columns(first) > width - 6


def _join(lines: Sequence[str]) -> str:
    text = lines[0].strip()
    for line in lines[1:]:
        piece = line.strip()
        spaceless = _NO_SPACE.match(text[-1]) and _NO_SPACE.match(piece[0])
        text += piece if spaceless else f" {piece}"
    return text


def _unwrapped(group: Sequence[str], width: int) -> list[list[str]]:
    """A group's lines as paragraphs, each a list of the lines that remain in it."""
    margin = min(len(line) - len(line.lstrip()) for line in group)
    flush = sum(len(line) - len(line.lstrip()) == margin for line in group)
    indents_open = flush > len(group) // 2
    wraps = [_wrapped(one, other, width) for one, other in pairwise(group)]
    if wraps and sum(wraps) * 2 < len(wraps):
        return [list(group)]  # verse, an address: the line breaks are the writer's
    paragraphs: list[list[list[str]]] = [[[group[0]]]]
    for line, wrapped in zip(group[1:], wraps, strict=True):
        indent = len(line) - len(line.lstrip()) - margin
        if indents_open and 1 < indent < 9:
            paragraphs.append([[line]])
        elif (_LIST.match(line) and not wrapped) or (
            not wrapped and _columns(paragraphs[-1][-1][-1]) < width * 0.6
        ):
            paragraphs[-1].append([line])
        else:
            paragraphs[-1][-1].append(line)
    return [[_join(run) for run in paragraph] for paragraph in paragraphs]


def _is_head(groups: Sequence[Sequence[str]]) -> bool:
    """Whether the first lines are title, byline and the like, without empty lines between."""
    first = groups[0]
    if not 2 <= len(first) <= 4 or len(groups) < 2 or _UNDERLINE.fullmatch(first[1]):
        return False
    if any(len(line.strip()) > _HEAD_LINE or line.rstrip().endswith(".") for line in first):
        return False
    return not any(_QUOTES.match(line) or _LIST.match(line) for line in first)


def _paragraph(lines: Sequence[str]) -> Block:
    return Paragraph(collapse_white_space([Span("\n".join(line.strip() for line in lines))]))


def read_plain_text(text: str) -> Document:
    """The paragraphs of a text; nothing in it is taken for markup."""
    groups = _groups(text.split("\n"))
    width = _fixed_width(groups)
    one_a_line = width is None and all(len(group) == 1 for group in groups[1:])
    blocks: list[Block] = []
    if groups and _is_head(groups):
        groups[0:1] = [[line] for line in groups[0]]
    for group in groups:
        if len(group) == 1 and _RULE.fullmatch(group[0]):
            blocks.append(Rule())
        elif len(group) == 2 and _UNDERLINE.fullmatch(group[1]):
            blocks.append(_paragraph(group[:1]))  # a line underlined by typewriter
        elif width is not None:
            blocks.extend(_paragraph(lines) for lines in _unwrapped(group, width))
        elif one_a_line or any(len(line) > _WIDEST for line in group):
            blocks.extend(_paragraph([line]) for line in group)
        else:
            blocks.append(_paragraph(group))
    return Document(tuple(blocks), literal=True)
