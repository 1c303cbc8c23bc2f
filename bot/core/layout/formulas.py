"""Find TeX formulas in a text, so that no message ends inside one.

The delimiters are those of LaTeX and of Markdown's dollar signs (mdit-py-plugins: dollarmath).
"""

from __future__ import annotations

import re

from bot.core.essay.blocks import Block, Paragraph, get_block_text

__all__ = ["MAX_FORMULA", "find_formulas", "is_display_formula"]

MAX_FORMULA = 2_000
"""Characters of a formula that is kept whole: no message holds more."""

_START = re.compile(
    r"\\\\|\\(?P<bracket>[\[(])|\\begin\{(?P<name>[a-zA-Z]+\*?)\}"
    r"|(?P<double>\$\$)|(?<![\w\\])(?P<single>\$)(?=[^\s$])"
)
_CLOSERS = {"[": "\\]", "(": "\\)"}
# No word character follows, so that "$5 and $10" isn't one.
_SINGLE_END = re.compile(r"(?:[^$\\\n]|\\.)*?(?<!\s)\$(?![\w$])")
_MAX_SINGLE = 500  # characters


def find_formulas(text: str) -> list[tuple[int, int]]:
    """Where the formulas of a text start and end."""
    found: list[tuple[int, int]] = []
    position = 0
    while start := _START.search(text, position):
        end = _find_end(text, start)
        if end is None:
            position = start.end()
        else:
            found.append((start.start(), end))
            position = end
    return found


def _find_end(text: str, start: re.Match[str]) -> int | None:
    if start["single"]:
        ended = _SINGLE_END.match(text, start.end(), start.end() + _MAX_SINGLE)
        return ended.end() if ended is not None else None
    if start["double"]:
        closer = "$$"
    elif start["bracket"]:
        closer = _CLOSERS[start["bracket"]]
    elif start["name"]:
        closer = f"\\end{{{start['name']}}}"
    else:
        return None
    place = text.find(closer, start.end(), start.start() + MAX_FORMULA)
    return place + len(closer) if place > start.end() else None


def is_display_formula(block: Block) -> bool:
    """Whether a block is nothing but a formula on lines of its own, and punctuation after it."""
    if not isinstance(block, Paragraph):
        return False
    text = get_block_text(block).strip()
    if len(text) > MAX_FORMULA or not text.startswith(("$$", "\\[", "\\begin")):
        return False
    found = find_formulas(text)
    return bool(found) and found[0][0] == 0 and not any(map(str.isalnum, text[found[0][1] :]))
