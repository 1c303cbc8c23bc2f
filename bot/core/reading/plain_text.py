"""Read plain text: only lines and paragraphs, no markup.

Paragraphs are separated by empty lines. Hard-wrapped lines are joined; intended line breaks (verse,
an address) stay, with the indents of the lines. In a text without empty lines each line is a
paragraph, unless it is hard-wrapped.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from bot.core.essay.blocks import Block, Paragraph, Rule, Span, collapse_white_space
from bot.core.essay.document import Document
from bot.core.reading.verse import indent_lines

__all__ = ["read_plain_text"]

_MIN_WIDTH, _MAX_WIDTH = 40, 110  # columns of hard-wrapped text
_RULE = re.compile(r"\s*(?:[-_=~#•·.]{3,}|(?:[*•·⁂#~—–-]\s*){1,9})\s*")
_LIST_ITEM = re.compile(r"\s*(?:[-*+•‣◦–—]|\(?[0-9]{1,3}[.)]|\(?[a-zA-Z][.)]|\[[0-9]+\])\s+\S")
_SENTENCE_END = re.compile(r"[.!?…。！？:][\"'”’»)\]]*\s*$")
_UNDERLINE = re.compile(r"\s*(?:=+|-{3,})\s*")
_QUOTE_START = re.compile(r"\s*(?:[“\"«„「『‘'—–―>]|--)")
_MAX_HEAD_LINE = 70  # characters of a title, byline or date
_CJK = re.compile(r"[\u2e80-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]")


def _split_groups(lines: Sequence[str]) -> list[list[str]]:
    groups: list[list[str]] = [[]]
    for line in lines:
        if line.strip():
            groups[-1].append(line.rstrip())
        elif groups[-1]:
            groups.append([])
    return [group for group in groups if group]


def _count_columns(line: str) -> int:
    return len(line.strip()) + len(_CJK.findall(line))


def _detect_width(groups: Sequence[Sequence[str]]) -> int | None:
    """The width at which the text was hard-wrapped; None if each line break is intended."""
    lines = [line for group in groups for line in group[:-1]]
    if not lines:
        return None
    broken = sorted(_count_columns(line) for line in lines)
    width = broken[(len(broken) - 1) * 19 // 20]  # a few lines may be longer
    if not _MIN_WIDTH <= width <= _MAX_WIDTH or median(broken) < 0.72 * width:
        return None
    # Lines that are paragraphs end with a sentence; wrapped lines seldom do.
    ended = sum(_SENTENCE_END.search(line) is not None for line in lines)
    if ended > 0.6 * len(lines):
        return None
    return width


def _is_wrapped(line: str, following: str, width: int) -> bool:
    """Whether the line ended only because the next word didn't fit."""
    first = following.split(maxsplit=1)[0]
    return _count_columns(line) + 1 + _count_columns(first) > width - 6


def _join_lines(lines: Sequence[str]) -> str:
    text = lines[0].strip()
    for line in lines[1:]:
        piece = line.strip()
        spaceless = _CJK.match(text[-1]) and _CJK.match(piece[0])
        text += piece if spaceless else f" {piece}"
    return text


def _unwrap(group: Sequence[str], width: int) -> list[list[str]]:
    """Join wrapped lines; returns paragraphs, each a list of its remaining lines."""
    margin = min(len(line) - len(line.lstrip()) for line in group)
    flush = sum(len(line) - len(line.lstrip()) == margin for line in group)
    indents_open = flush > len(group) // 2
    wraps = [_is_wrapped(one, other, width) for one, other in pairwise(group)]
    if wraps and sum(wraps) * 2 < len(wraps):
        return [list(group)]  # verse, an address: the line breaks are intended
    paragraphs: list[list[list[str]]] = [[[group[0]]]]
    for line, wrapped in zip(group[1:], wraps, strict=True):
        indent = len(line) - len(line.lstrip()) - margin
        if indents_open and 1 < indent < 9:
            paragraphs.append([[line]])
        elif (_LIST_ITEM.match(line) and not wrapped) or (
            not wrapped and _count_columns(paragraphs[-1][-1][-1]) < width * 0.6
        ):
            paragraphs[-1].append([line])
        else:
            paragraphs[-1][-1].append(line)
    return [[_join_lines(run) for run in paragraph] for paragraph in paragraphs]


def _is_head(groups: Sequence[Sequence[str]]) -> bool:
    """Whether the first lines are title, byline and so on, without empty lines between them."""
    first = groups[0]
    if not 2 <= len(first) <= 4 or len(groups) < 2 or _UNDERLINE.fullmatch(first[1]):
        return False
    if any(len(line.strip()) > _MAX_HEAD_LINE or line.rstrip().endswith(".") for line in first):
        return False
    return not any(_QUOTE_START.match(line) or _LIST_ITEM.match(line) for line in first)


def _make_paragraph(lines: Sequence[str]) -> Block:
    return Paragraph(collapse_white_space([Span("\n".join(indent_lines(lines)))]))


def read_plain_text(text: str) -> Document:
    """Read the paragraphs of a plain text."""
    groups = _split_groups(text.split("\n"))
    width = _detect_width(groups)
    one_a_line = width is None and all(len(group) == 1 for group in groups[1:])
    blocks: list[Block] = []
    if groups and _is_head(groups):
        groups[0:1] = [[line] for line in groups[0]]
    for group in groups:
        if len(group) == 1 and _RULE.fullmatch(group[0]):
            blocks.append(Rule())
        elif len(group) == 2 and _UNDERLINE.fullmatch(group[1]):
            blocks.append(_make_paragraph(group[:1]))  # a heading underlined with = or -
        elif width is not None:
            blocks.extend(_make_paragraph(lines) for lines in _unwrap(group, width))
        elif one_a_line or any(len(line) > _MAX_WIDTH for line in group):
            blocks.extend(_make_paragraph([line]) for line in group)
        else:
            blocks.append(_make_paragraph(group))
    return Document(tuple(blocks), literal=True)
