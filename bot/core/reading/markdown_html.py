"""Raw HTML in Markdown: a block continues over blank lines until its elements end.

CommonMark ends a block of HTML at a blank line (4.6 HTML blocks). What follows is then Markdown: an
indented row of a table becomes code, and the rest of a ``<pre>`` paragraphs.
"""

from __future__ import annotations

import re

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, html_block

__all__ = ["use_html_blocks"]

_TAG = re.compile(r"<(?P<end>/?)(?P<name>[a-zA-Z][a-zA-Z0-9-]*)(?:\s[^<>]*?)?(?P<empty>/?)>")
_STARTS_WITH_TAG = re.compile(r"\s*</?(?P<name>[a-zA-Z][a-zA-Z0-9-]*)(?=[\s/>]|$)")
_RAW = frozenset(("pre", "script", "style", "textarea"))
#: Elements that have to be closed, so that their tags can be counted.
_CONTAINERS = _RAW | frozenset(
    (
        *("table", "tbody", "thead", "tfoot", "div", "details", "summary", "section", "article"),
        *("aside", "figure", "figcaption", "ul", "ol", "dl", "blockquote", "center", "header"),
        *(
            "footer",
            "main",
            "nav",
            "form",
            "fieldset",
            "video",
            "audio",
            "picture",
            "svg",
            "object",
        ),
    )
)
_PARTS = frozenset(
    (
        *("tr", "td", "th", "caption", "colgroup", "col", "li", "dt", "dd", "p", "br", "hr"),
        *("source", "img", "iframe", "h1", "h2", "h3", "h4", "h5", "h6"),
    )
)


# A tag with Markdown below it (PHP Markdown Extra: Markdown Inside HTML Blocks; kramdown).
_WITH_MARKDOWN = re.compile(
    r"""[ ]*<(?:div|section|article|aside|details|blockquote|center|figure|header|footer)
    (?=\s)[^<>]*?\smarkdown(?:\s*=\s*["']?(?:1|block|span|true)["']?)?(?:\s[^<>]*)?>\s*""",
    re.VERBOSE | re.IGNORECASE,
)


class _Depth:
    """How many containers are open, and how many of them are raw text."""

    def __init__(self) -> None:
        self.open: dict[str, int] = {}

    def read(self, text: str) -> None:
        for found in _TAG.finditer(text):
            name = found["name"].lower()
            if name not in _CONTAINERS or found["empty"]:
                continue
            if self.is_raw() and not (found["end"] and self.open.get(name)):
                continue
            count = self.open.get(name, 0) + (-1 if found["end"] else 1)
            self.open[name] = max(0, count)

    def is_open(self) -> bool:
        return any(self.open.values())

    def is_raw(self) -> bool:
        return any(self.open.get(name) for name in _RAW)


def _get_line(state: StateBlock, line: int) -> str:
    return state.src[state.bMarks[line] : state.eMarks[line]]


def _read_block(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """The library's rule; then the block continues while an element is open and HTML follows."""
    if not html_block(state, start, end, silent):
        return False
    if not silent and _WITH_MARKDOWN.fullmatch(_get_line(state, start)) is not None:
        state.line = start + 1
        token = state.tokens[-1]
        token.map = [start, start + 1]
        token.content = state.getLines(start, start + 1, state.blkIndent, True)
    elif not silent:
        _extend(state, start, end)
    return True


def _read_indented(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A tag in an element that is still open isn't code, however far it is indented."""
    depth: _Depth = state.env.setdefault("html_depth", _Depth())
    if not state.is_code_block(start) or not depth.is_open():
        return False
    found = _STARTS_WITH_TAG.match(_get_line(state, start))
    if found is None or found["name"].lower() not in _CONTAINERS | _PARTS:
        return False
    if silent:
        return True
    line = start
    while line < end and not state.isEmpty(line):
        line += 1
    state.line = line
    token = state.push("html_block", "", 0)
    token.map = [start, line]
    token.content = state.getLines(start, line, state.blkIndent, True)
    _extend(state, start, end)
    return True


def _extend(state: StateBlock, start: int, end: int) -> None:
    token = state.tokens[-1]
    depth: _Depth = state.env.setdefault("html_depth", _Depth())
    line = state.line
    depth.read(token.content)
    while line < end and depth.is_open():
        following = line
        while following < end and state.isEmpty(following):
            following += 1
        if following >= end or state.sCount[following] < state.blkIndent:
            break
        text = _get_line(state, following)
        if depth.is_raw():
            closing = any(
                depth.open.get(name) and state.src.find(f"</{name}", state.bMarks[following]) >= 0
                for name in _RAW
            )
            if not closing:
                break  # never closed: the rest isn't swallowed
        elif following == line or _STARTS_WITH_TAG.match(text) is None:
            break
        line = following + 1
        depth.read(text)
        while not depth.is_raw() and line < end and not state.isEmpty(line):
            if state.sCount[line] < state.blkIndent:
                break
            depth.read(_get_line(state, line))
            line += 1
    if line > state.line:
        state.line = line
        token.map = [start, line]
        token.content = state.getLines(start, line, state.blkIndent, True)


def use_html_blocks(parser: MarkdownIt) -> None:
    """Make a parser read blocks of HTML up to their end."""
    parser.block.ruler.at(
        "html_block", _read_block, {"alt": ["paragraph", "reference", "blockquote"]}
    )
    parser.block.ruler.before("code", "html_indented", _read_indented)
