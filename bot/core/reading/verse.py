"""Tell verse from wrapped prose by its lines, and keep its indents.

A writer's program wraps a line because the next word doesn't fit. In verse it mostly would have.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

__all__ = ["indent_lines", "is_verse"]

_MAX_LINE = 60  # characters of a line of verse
_MIN_LINES = 3
_MIN_WIDTH = 40  # columns: nobody wraps prose at fewer
_MIN_FITTING = 0.6  # of the breaks: the next word would have fitted
_MAX_ENDED = 0.6  # of the lines that end with a sentence; more is one sentence a line
_SENTENCE_END = re.compile(r"[.!?…。！？][\"'”’»)\]]*\s*$")
_MAX_INDENT = 16  # columns that are shown
_SPACE = "\u00a0"  # unlike a space, it stays


def is_verse(lines: Sequence[str], width: int, *, others: bool = False) -> bool:
    """Whether each line break is intended.

    width:  of the longest wrapped line of the whole text
    others: the text has verse elsewhere, so that two lines are enough
    """
    lines = [shown for line in lines if (shown := line.strip())]
    if len(lines) < (2 if others else _MIN_LINES) or max(map(len, lines)) > _MAX_LINE:
        return False
    width = max(width, _MIN_WIDTH)
    breaks = list(pairwise(lines))
    fitting = sum(
        len(line) + 1 + len(following.split(maxsplit=1)[0]) <= width for line, following in breaks
    )
    ended = sum(_SENTENCE_END.search(line) is not None for line in lines[:-1])
    return fitting >= _MIN_FITTING * len(breaks) and ended <= _MAX_ENDED * len(breaks)


def indent_lines(lines: Sequence[str]) -> list[str]:
    """Lines with the indents that they have beside each other, as non-breaking spaces.

    An indent of the first line alone begins a paragraph and is left out.
    """
    widths = [len(line) - len(line.lstrip()) for line in (one.expandtabs(4) for one in lines)]
    margin = min(widths, default=0)
    if all(width == margin for width in widths[1:]):
        return [line.strip() for line in lines]
    return [
        _SPACE * min(width - margin, _MAX_INDENT) + line.strip()
        for width, line in zip(widths, lines, strict=True)
    ]
