"""Read Markdown: CommonMark, tables, strikethrough, footnotes, definition lists, front matter.

TeX between dollar signs is kept verbatim; raw HTML is read as HTML.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape as escape_html
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_block.table import escapedSplit, getLine, table
from markdown_it.token import Token
from mdit_py_plugins.amsmath import amsmath_plugin
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.footnote import footnote_plugin

from bot.core.essay.document import Document
from bot.core.reading.front_matter import split_front_matter
from bot.core.reading.html import read_html
from bot.core.reading.math import replace_formulas_in_html

__all__ = ["read_markdown"]

# More than 40 nested containers are a joke or an attack, and the parser would drop deeper content.
_DEEP_CONTAINERS = re.compile(r"^(?P<kept>(?:[ \t]*(?:>|[-+*](?=[ \t])|\d{1,9}[.)](?=[ \t]))){40})"
                         r"(?P<rest>.+)$", re.MULTILINE)  # fmt: skip
_MAX_INDENT = 60
_DEEP_INDENT = re.compile(r"^[ \t]{61,}(?=(?:[-+*]|\d{1,9}[.)])[ \t])", re.MULTILINE)
_LEADING_MARKERS = re.compile(r"^(?:[ \t]*(?:>|[-+*](?=[ \t])|\d{1,9}[.)](?=[ \t])))+")


def _render_tex(_self: Any, tokens: Sequence[Any], place: int, _options: Any, _env: Any) -> str:
    token = tokens[place]
    sign = "$$" if token.type.startswith("math_block") or "double" in token.type else "$"
    if token.type == "amsmath":
        sign = ""
    text = escape_html(f"{sign}{token.content}{sign}", quote=False)
    # As <br>, since HTML's newlines are only spaces.
    text = text.replace("\n", "<br>")
    return f"<p>{text}</p>\n" if token.block else text


def _parse_table(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """The library's table rule, but excess cells of a row are joined into the last one.

    GFM drops them (GitHub Flavored Markdown: 4.10 Tables), even if they come from a ``|`` in a code
    span; an essay must not lose a word.
    """
    before = len(state.tokens)
    if not table(state, start, end, silent):
        return False
    cells: list[Token] = []
    for token in state.tokens[before:]:  # none if ``silent``
        if token.type == "tr_open":
            cells = []
        elif token.type == "inline":
            cells.append(token)
        elif token.type == "tr_close" and cells[0].map is not None:
            written = _join_cells(getLine(state, cells[0].map[0]), len(cells))
            for cell, text in zip(cells, written, strict=False):
                cell.content = text
    return True


def _join_cells(line: str, count: int) -> list[str]:
    """The ``count`` cells of a row that has more; an empty list if it hasn't.

    Cells split by a ``|`` in a code span are joined first, then the excess at the end.
    """
    pieces = escapedSplit(line.strip())
    if not pieces[0]:
        del pieces[0]
    while len(pieces) > count and not pieces[-1].strip():
        del pieces[-1]
    excess = len(pieces) - count
    if excess <= 0:
        return []
    cells: list[str] = []
    for piece in pieces:
        if cells and excess > 0 and (len(cells) == count or cells[-1].count("`") % 2):
            cells[-1] += f"|{piece}"
            excess -= 1
        else:
            cells.append(piece)
    return [cell.strip() for cell in cells]


def _make_parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": True, "maxNesting": 100})
    parser.enable(["table", "strikethrough"])
    parser.block.ruler.at("table", _parse_table, {"alt": ["paragraph", "reference"]})
    parser.use(footnote_plugin).use(deflist_plugin)
    parser.use(dollarmath_plugin, allow_space=False, allow_digits=False, allow_labels=False)
    parser.use(amsmath_plugin)
    for kind in ("math_inline", "math_inline_double", "math_block", "amsmath"):
        parser.add_render_rule(kind, _render_tex)
    return parser


def _limit_nesting(text: str) -> str:
    """Limit nesting of quotations and lists to 40 on one line, or 30 by indentation."""
    text = _DEEP_INDENT.sub(" " * _MAX_INDENT, text)
    if not _DEEP_CONTAINERS.search(text):
        return text

    def flatten(found: re.Match[str]) -> str:
        return found["kept"] + " " + _LEADING_MARKERS.sub("", found["rest"])

    return _DEEP_CONTAINERS.sub(flatten, text)


def read_markdown(text: str) -> Document:
    """Read a Markdown text and its front matter."""
    metadata, body = split_front_matter(text)
    html = _make_parser().render(_limit_nesting(body))
    read = read_html(replace_formulas_in_html(html), base=metadata.source_url, foreign=True)
    return Document(tuple(read.blocks), tuple(read.footnotes), metadata, tuple(read.notes))
