"""Columns that a text takes up in a monospaced font, and tab stops."""

from __future__ import annotations

import wcwidth

__all__ = ["count_columns", "expand_tabs"]

_TAB_STOP = 8  # columns, as in terminals
_INDENT = 4  # columns of a tab at the beginning of a line, where 8 are too wide for a phone


def count_columns(text: str) -> int:
    """The columns of a line: wide characters take two, combining and zero-width ones none."""
    if text.isascii():
        return len(text)
    return wcwidth.width(text)


def expand_tabs(text: str) -> str:
    """Replace tabs by spaces, so that what the tabs align stays aligned.

    A text whose tabs only indent lines gets 4 columns for each; otherwise tab stops are 8 columns
    apart, all over the text.
    """
    if "\t" not in text:
        return text
    lines = text.split("\n")
    if not any("\t" in line.lstrip() for line in lines):
        return text.replace("\t", " " * _INDENT)
    return "\n".join(_expand_line(line) for line in lines)


def _expand_line(line: str) -> str:
    pieces = line.split("\t")
    out: list[str] = []
    column = 0
    for piece in pieces[:-1]:
        column += count_columns(piece)
        gap = _TAB_STOP - column % _TAB_STOP
        out += [piece, " " * gap]
        column += gap
    return "".join([*out, pieces[-1]])
