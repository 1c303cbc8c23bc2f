"""Read Markdown: CommonMark, tables, strikethrough, footnotes, definition lists, front matter.

TeX between dollar signs is kept verbatim; raw HTML is read as HTML.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape as escape_html
from itertools import pairwise
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_block.table import escapedSplit, getLine, table
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from mdit_py_plugins.amsmath import amsmath_plugin
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin

from bot.core.essay.blocks import Block, Heading, Mark, Paragraph, Span, get_block_text
from bot.core.essay.document import Document
from bot.core.reading.front_matter import split_front_matter
from bot.core.reading.html import read_html
from bot.core.reading.markdown_block import use_block_parser
from bot.core.reading.markdown_cjk import use_cjk_emphasis
from bot.core.reading.markdown_html import use_html_blocks
from bot.core.reading.markdown_markers import (
    convert_code_tags,
    list_dropped_markers,
    use_markers,
)
from bot.core.reading.markdown_notes import join_note_labels, make_footnotes, use_footnotes
from bot.core.reading.math import replace_formulas_in_html
from bot.core.reading.verse import indent_lines, is_verse

__all__ = ["read_markdown"]

# More than 20 nested containers are a joke or an attack, and the parser would drop deeper content.
_DEEP_CONTAINERS = re.compile(r"^(?P<kept>(?:[ \t]*(?:>|[-+*](?=[ \t])|\d{1,9}[.)](?=[ \t]))){20})"
                         r"(?P<rest>.+)$", re.MULTILINE)  # fmt: skip
_MAX_INDENT = 60
_DEEP_INDENT = re.compile(r"^[ \t]{61,}(?=(?:[-+*]|\d{1,9}[.)])[ \t])", re.MULTILINE)
# Lines such as "Title: The Bay" and "Author: Ann Lee" at the start: each is a paragraph.
_LABEL = r"[ ]{0,3}\**[^\W\d_][^\W_]{1,14}\**[ ]?[:：]\**[ ]*\S[^\n]{0,120}"
_LABELLED = re.compile(
    rf"\A\s*(?:\#{{1,6}}[ ][^\n]*\n+)?{_LABEL}(?:\n{_LABEL}){{1,5}}(?=\n[ \t]*(?:\n|\Z))"
)
_LINE_END = re.compile(r"(?: {2,}|\\)?\n+")
_MAX_WRAP = 100  # columns at which anybody wraps lines
_TEX_SIGNS = re.compile(r"[\\^_={}<>+]|^[^\w*]*\w?[^\w*]*$")
_BRACKET_FORMULA = re.compile(
    r"\\\((?P<round>(?:[^\\\n]|\\(?![\[\]()])[^\n]){1,500}?)\\\)"
    r"|\\\[(?P<square>(?:[^\\]|\\(?![\[\]()])[\s\S]){1,1500}?)\\\]"
)
_BRACKET_SIGNS = re.compile(
    r"(?<!\\)(?:\\\\)*\\[a-zA-Z]{2}|(?<!\\)[\^={}<>+]"
    r"|(?<![a-zA-Z\\])[a-zA-Z]_[a-zA-Z0-9](?!\w)"
)
# Markdown between two escaped brackets: a link, code, or an escape that TeX doesn't have.
_NO_FORMULA = re.compile(r"\]\(|`|\*\*|</|\\[\[\]()*~`.+=>@/'\"?^<-]")
_BEGIN = re.compile(r"\\begin\{(?P<name>[a-z]+\*?)\}", re.IGNORECASE)
_LEADING_MARKERS = re.compile(r"^(?:[ \t]*(?:>|[-+*](?=[ \t])|\d{1,9}[.)](?=[ \t])))+")


def _render_tex(_self: Any, tokens: Sequence[Any], place: int, _options: Any, _env: Any) -> str:
    token = tokens[place]
    if token.type == "math_brackets":
        return escape_html(token.content, quote=False).replace("\n", "<br>")
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
    use_block_parser(parser)
    use_cjk_emphasis(parser)
    parser.enable(["table", "strikethrough"])
    parser.block.ruler.at("table", _parse_table, {"alt": ["paragraph", "reference"]})
    use_footnotes(parser)
    use_html_blocks(parser)
    use_markers(parser)
    parser.core.ruler.before("inline", "verse", _keep_verse)
    parser.use(deflist_plugin)
    _guard_definitions(parser)
    parser.use(
        dollarmath_plugin,
        allow_space=False, allow_digits=False, allow_labels=False, double_inline=True,
    )  # fmt: skip
    _guard_dollars(parser)
    parser.inline.ruler.before("escape", "math_brackets", _parse_brackets)
    parser.use(amsmath_plugin)
    _guard_environments(parser)
    for kind in ("math_inline", "math_inline_double", "math_block", "amsmath", "math_brackets"):
        parser.add_render_rule(kind, _render_tex)
    return parser


def _keep_verse(state: StateCore) -> None:
    """Keep the line breaks of verse: CommonMark shows them as spaces."""
    paragraphs = [
        token
        for before, token in pairwise(state.tokens)
        if token.type == "inline" and before.type == "paragraph_open" and "\n" in token.content
    ]
    split = [token.content.split("\n") for token in paragraphs]
    width = max((len(line) for lines in split for line in lines[:-1]), default=0)
    long = sum(max(map(len, lines)) > _MAX_WRAP for lines in split)
    if long > max(1, len(split) // 5):
        return  # a line for each sentence or clause, as some write Markdown
    verses = sum(is_verse(lines, width) for lines in split)
    sources = state.src.split("\n")
    for token, lines in zip(paragraphs, split, strict=True):
        if not is_verse(lines, width, others=verses > 0):
            continue
        if "\\[" in token.content and _BRACKET_FORMULA.search(token.content):
            continue
        written = lines
        if token.map is not None:
            source = sources[token.map[0] : token.map[0] + len(lines)]
            if [one.strip() for one in source] == [one.strip() for one in lines]:
                written = source
        token.content = "\\\n".join(
            line.rstrip().removesuffix("\\") for line in indent_lines(written)
        )


def _parse_brackets(state: StateInline, silent: bool) -> bool:
    r"""Keep a formula between ``\(…\)`` or ``\[…\]`` verbatim, if it has signs of TeX."""
    found = _BRACKET_FORMULA.match(state.src, state.pos, state.posMax)
    inner = (found["round"] or found["square"]) if found is not None else ""
    if found is None or _BRACKET_SIGNS.search(inner) is None or _NO_FORMULA.search(inner):
        return False
    if not silent:
        token = state.push("math_brackets", "math", 0)
        token.content = found[0]
    state.pos = found.end()
    return True


def _guard_dollars(parser: MarkdownIt) -> None:
    """Don't read ``$$`` as a formula if spaces are inside it and no sign of TeX."""
    rules = parser.inline.ruler
    rule = next(one for one in rules.__rules__ if one.name == "math_inline").fn

    def guarded(state: StateInline, silent: bool) -> bool:
        start = state.pos
        if state.src.startswith("$$", start):
            end = state.src.find("$$", start + 2)
            inner = state.src[start + 2 : max(end, start + 2)]
            if inner != inner.strip() and not _TEX_SIGNS.search(inner):
                return False
        return rule(state, silent)

    rules.at("math_inline", guarded)


def _guard_definitions(parser: MarkdownIt) -> None:
    """Don't read a line that begins with ``~`` as a definition: it signs a quotation."""
    rule = next(one for one in parser.block.ruler.__rules__ if one.name == "deflist")
    rule_function = rule.fn

    def guarded(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        line = start if silent else start + 1
        if not silent and line < end and state.isEmpty(line):
            line += 1
        if line < end and state.src.startswith("~", state.bMarks[line] + state.tShift[line]):
            return False
        return rule_function(state, start, end, silent)

    parser.block.ruler.at("deflist", guarded, {"alt": list(rule.alt)})


def _guard_environments(parser: MarkdownIt) -> None:
    """Don't look for the end of a TeX environment that has none."""
    rule = next(one for one in parser.block.ruler.__rules__ if one.name == "amsmath")

    def guarded(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        found = _BEGIN.match(state.src, state.bMarks[start] + state.tShift[start])
        if found is None:
            return False
        ends: dict[str, int] = state.env.setdefault("environment_ends", {})
        name = found["name"]
        if name not in ends:
            closing = re.compile(rf"\\end\{{{re.escape(name)}\}}[^\S\n]*(?:\n|\Z)")
            ends[name] = max((one.start() for one in closing.finditer(state.src)), default=-1)
        return ends[name] > found.start() and rule_function(state, start, end, silent)

    rule_function = rule.fn
    parser.block.ruler.at(
        "amsmath",
        guarded,
        {"alt": ["paragraph", "reference", "blockquote", "list", "footnote_def"]},
    )


def _limit_nesting(text: str) -> str:
    """Limit nesting of quotations and lists to 20 on one line, or 30 by indentation."""
    text = _DEEP_INDENT.sub(" " * _MAX_INDENT, text)
    if not _DEEP_CONTAINERS.search(text):
        return text

    def flatten(found: re.Match[str]) -> str:
        return found["kept"] + " " + _LEADING_MARKERS.sub("", found["rest"])

    return _DEEP_CONTAINERS.sub(flatten, text)


def read_markdown(text: str) -> Document:
    """Read a Markdown text and its front matter."""
    metadata, body = split_front_matter(text)
    body = _LABELLED.sub(lambda found: _LINE_END.sub("\n\n", found[0]), body, count=1)
    env: dict[str, Any] = {"footnotes": make_footnotes()}
    html = _make_parser().render(_limit_nesting(join_note_labels(convert_code_tags(body))), env)
    read = read_html(replace_formulas_in_html(html), base=metadata.source_url, foreign=True)
    notes = (*read.notes, *list_dropped_markers(env))
    blocks = list(read.blocks)
    if metadata.subtitle is not None:
        _insert_subtitle(blocks, metadata.subtitle)
    return Document(tuple(blocks), tuple(read.footnotes), metadata, notes)


def _insert_subtitle(blocks: list[Block], subtitle: str) -> None:
    """Insert the front matter's subtitle below the title, unless the text begins with it."""
    first = next((n for n, block in enumerate(blocks[:2]) if not isinstance(block, Heading)), 0)
    texts = [get_block_text(block).strip().casefold() for block in blocks[:4]]
    if subtitle.casefold() not in texts:
        blocks.insert(first, Paragraph((Span(subtitle, Mark.ITALIC),)))
