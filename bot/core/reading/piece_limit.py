"""Limit of the pieces that a text may consist of: lines, list items, cells, notes, emphasis.

Each costs up to 0.1 ms, so 500,000 characters of ``- a`` would take over ten seconds. A text of so
many pieces that are nearly empty is no essay. One with fewer, or with longer ones, is read.
"""

from __future__ import annotations

import re
from typing import Literal

from bot.core.text.translate import gettext as _
from bot.core.text.translate import gettext_noop
from bot.errors import UnreadableEssay

__all__ = ["check_piece_limit"]

# For each kind, how many there may be in any text; beyond, their characters on average.
_MAX_LINES, _MIN_LINE = 10_000, 12
_MAX_NOTES, _MIN_NOTE = 10_000, 16
_MAX_SIGNS, _MIN_BETWEEN_SIGNS = 100_000, 5
_MAX_BLOCKS, _MIN_BLOCK = 20_000, 8
_SIGNS = re.compile(r"\*+|_+|~+|`+|\[")
#: Elements that are a piece each, and those that are one if text follows directly.
_BLOCK = re.compile(
    r"<(?:(?:td|th|tr|li|dt|dd|br|hr)\b[^<>]*>|"
    r"(?:p|h[1-6]|div|blockquote|section|article|pre|center|address|aside)\b[^<>]*>[ \t\n]*[^<\s])",
    re.IGNORECASE,
)
_TAG = re.compile(r"<[^<>]*>")
_TOO_MANY = gettext_noop(
    "This consists of more than {count} lines, cells, notes or words with emphasis, most of them "
    "nearly empty. Is it really an essay?"
)


def check_piece_limit(text: str, kind: Literal["markdown", "html", "text"]) -> None:
    """Raise UnreadableEssay for a text of very many pieces of a few characters each."""
    if kind != "html" and text.count("\n") > _MAX_LINES:
        lengths = [length for line in text.split("\n") if (length := len(line.strip()))]
        _check(len(lengths), _MAX_LINES, sum(lengths), _MIN_LINE)
    if kind == "markdown":
        _check(text.count("[^") + text.count("^["), _MAX_NOTES, len(text), _MIN_NOTE)
        if sum(map(text.count, "*_~`[")) > _MAX_SIGNS:
            signs = sum(1 for _found in _SIGNS.finditer(text))
            _check(signs, _MAX_SIGNS, len(text), _MIN_BETWEEN_SIGNS)
    if kind != "text" and text.count("<") > _MAX_BLOCKS:
        blocks = sum(1 for _found in _BLOCK.finditer(text))
        if blocks > _MAX_BLOCKS:
            _check(blocks, _MAX_BLOCKS, len(_TAG.sub("", text)), _MIN_BLOCK)


def _check(count: int, most: int, length: int, least: int) -> None:
    if count > most and length < least * count:
        raise UnreadableEssay(_(_TOO_MANY, count=most))
