"""Markdown (CommonMark) with tables, strikethrough, footnotes, definition lists and front matter.

TeX between dollar signs is kept as it is written; raw HTML is read as HTML.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape as escape_html
from typing import Any

from markdown_it import MarkdownIt
from mdit_py_plugins.amsmath import amsmath_plugin
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.footnote import footnote_plugin

from bot.discussion.document import Document
from bot.discussion.frontmatter import split_front_matter
from bot.discussion.markup import read_markup

__all__ = ["read_markdown"]

# More than 40 containers in one another are meant as a joke or as an attack, and the parser would
# leave out what is deeper still.
_CONTAINERS = re.compile(r"^(?P<kept>(?:[ \t]*(?:>|[-+*](?=[ \t])|\d{1,9}[.)](?=[ \t]))){40})"
                         r"(?P<rest>.+)$", re.MULTILINE)  # fmt: skip
_WIDEST_INDENT = 60
_INDENT = re.compile(r"^[ \t]{61,}(?=(?:[-+*]|\d{1,9}[.)])[ \t])", re.MULTILINE)
_MARKS = re.compile(r"^(?:[ \t]*(?:>|[-+*](?=[ \t])|\d{1,9}[.)](?=[ \t])))+")


def _tex(_self: Any, tokens: Sequence[Any], place: int, _options: Any, _env: Any) -> str:
    token = tokens[place]
    sign = "$$" if token.type.startswith("math_block") or "double" in token.type else "$"
    if token.type == "amsmath":
        sign = ""
    text = escape_html(f"{sign}{token.content}{sign}", quote=False)
    # A comment parts what stands there from a rule that would read the line breaks as spaces.
    text = text.replace("\n", "<br>")
    return f"<p>{text}</p>\n" if token.block else text


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": True, "maxNesting": 100})
    parser.enable(["table", "strikethrough"])
    parser.use(footnote_plugin).use(deflist_plugin)
    parser.use(dollarmath_plugin, allow_space=False, allow_digits=False, allow_labels=False)
    parser.use(amsmath_plugin)
    for kind in ("math_inline", "math_inline_double", "math_block", "amsmath"):
        parser.add_render_rule(kind, _tex)
    return parser


def _shallow(text: str) -> str:
    """The text with at most 40 quotations or lists in one another on a line, or 30 by indents."""
    text = _INDENT.sub(" " * _WIDEST_INDENT, text)
    if not _CONTAINERS.search(text):
        return text

    def flat(found: re.Match[str]) -> str:
        return found["kept"] + " " + _MARKS.sub("", found["rest"])

    return _CONTAINERS.sub(flat, text)


def read_markdown(text: str) -> Document:
    """The blocks of a Markdown text, and what its front matter says."""
    metadata, body = split_front_matter(text)
    html = _parser().render(_shallow(body))
    read = read_markup(html, base=metadata.source_url, foreign=True)
    return Document(tuple(read.blocks), tuple(read.footnotes), metadata, tuple(read.notes))
