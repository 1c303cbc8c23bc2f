"""Columns that a text takes up in a monospaced font, and tab stops."""

from __future__ import annotations

__all__ = ["count_columns", "expand_tabs"]

_TAB_STOP = 8  # columns, as in terminals
_INDENT = 4  # spaces for a tab that aligns nothing: 8 columns are too wide for a phone


def count_columns(text: str) -> int:
    """The columns of a line: wide characters take two, combining and zero-width ones none."""
    if text.isascii():
        return len(text)
    import wcwidth  # takes 1 MB, and is rarely needed

    return wcwidth.width(text)


def expand_tabs(text: str) -> str:
    """Replace tabs by spaces, so that what the tabs align stays aligned.

    Where at least two lines have tabs after their beginning, tab stops are 8 columns apart, all
    over the text; elsewhere there is nothing to align, and each tab becomes 4 spaces.
    """
    if "\t" not in text:
        return text
    lines = text.split("\n")
    if sum("\t" in line.strip() for line in lines) < 2:
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
