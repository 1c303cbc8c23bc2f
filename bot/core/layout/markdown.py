"""Render blocks, or pieces of them, as Discord Markdown.

Discord's Markdown (Markdown Text 101; docs: Reference › Message Formatting) has three levels of
headings, nested lists, one level of quotation, fenced code, masked links, emphasis, strikethrough
and subtext. Everything else is converted to these.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from bot.core.essay.blocks import (
    Block,
    Code,
    Frame,
    Heading,
    Mark,
    Paragraph,
    Picture,
    Rule,
    Span,
    Table,
)
from bot.core.layout.inline_markdown import render_inline
from bot.core.layout.pictures import render_pictures

__all__ = [
    "MAX_LIST_DEPTH",
    "render_block",
    "render_code",
    "render_fence_start",
    "render_text",
    "split_markers",
]

RULE = "\\* \\* \\*"
_MAX_LANGUAGE = 24  # characters
MAX_LIST_DEPTH = 10
"""Levels of nested lists that are shown; Discord's clients stop at about this many."""
_DEFAULT_MARKER = "- "
_MARKER = re.compile(r"\\?-\s|-?\d+\\?\.\s")


def _split_lines(spans: tuple[Span, ...]) -> list[tuple[Span, ...]]:
    """Split spans at newlines; emphasis ends and starts again there."""
    lines: list[list[Span]] = [[]]
    for span in spans:
        if span.code or "\n" not in span.text:
            lines[-1].append(span)
            continue
        for place, text in enumerate(span.text.split("\n")):
            if place:
                lines.append([])
            if text:
                lines[-1].append(Span(text, span.marks, span.link))
    return [tuple(line) for line in lines]


def split_markers(marker: str) -> list[str]:
    """The markers of a block that begins several items at once (``1. - ``), outermost first."""
    return _MARKER.findall(marker) or [marker]


def _make_prefixes(
    frame: Frame, path: Sequence[str], open_levels: int | None, *, begins: bool
) -> tuple[str, str]:
    """The prefix of the first line and of each further one; see :func:`render_block`."""
    quote = "> " if frame.quoted else ""
    if not frame.depth:
        return quote, quote
    depth = min(frame.depth, MAX_LIST_DEPTH)
    markers = [*path[:depth], *[_DEFAULT_MARKER] * (depth - len(path))]
    # Discord removes as many spaces per level as the marker of the outer item is wide.
    hanging = " " * sum(len(marker) for marker in markers)
    if not begins or not frame.marker:
        return quote + hanging, quote + hanging
    outer = markers[: depth - max(1, min(depth, len(split_markers(frame.marker))))]
    shown = len(outer) if open_levels is None else min(open_levels, len(outer))
    indent = " " * sum(len(marker) for marker in outer[:shown])
    return quote + indent + "".join(outer[shown:]) + frame.marker, quote + hanging


def render_text(
    block: Paragraph | Heading,
    *,
    begins: bool = True,
    path: Sequence[str] = (),
    open_levels: int | None = None,
    quiet: bool = False,
) -> str:
    """Render a paragraph or heading, or a piece of one; see :func:`render_block`.

    A piece is still quoted or indented; without ``begins`` it has no bullet or number.
    """
    spans = block.spans
    first, further = _make_prefixes(block.frame, path, open_levels, begins=begins)
    if isinstance(block, Heading):
        if block.level <= 3 and not block.frame.depth:
            spans = tuple(Span(s.text, s.marks & ~Mark.BOLD, s.link, s.code) for s in spans)
            # A heading is one line; Discord would strip a trailing #.
            title = " ".join(
                render_inline(row, line_start=False, quiet=quiet) for row in _split_lines(spans)
            )
            title = title[:-1] + "\\#" if title.endswith("#") else title
            return f"{first}{'#' * block.level} {title}"
        spans = tuple(Span(s.text, s.marks | Mark.BOLD, s.link, s.code) for s in spans)
    out: list[str] = []
    for line in _split_lines(spans):
        prefix = further if out else first
        out.append(prefix + render_inline(line, quiet=quiet))
    return "\n".join(out)


def render_fence_start(code: Code) -> str:
    """The opening fence of a code block, with the language if Discord accepts such a name."""
    language = code.language.lower()
    known = len(language) <= _MAX_LANGUAGE and all(
        letter.isascii() and (letter.isalnum() or letter in "+-#._") for letter in language
    )
    return f"```{language if known else ''}"


def render_code(code: Code) -> str:
    """Render a code block with its fences."""
    # Discord ends a code block at the first three backticks, anywhere; only a zero-width space
    # between them lets them be shown.
    text = code.text.replace("```", "`\u200b`\u200b`").strip("\n")
    if text.endswith("`"):
        text += "\u200b"
    prefix = "> " if code.frame.quoted else ""
    lines = [render_fence_start(code), *text.split("\n"), "```"]
    return "\n".join(prefix + line for line in lines)


def render_block(
    block: Block,
    *,
    begins: bool = True,
    path: Sequence[str] = (),
    open_levels: int | None = None,
    quiet: bool = False,
) -> str:
    """Render any block but a table; ``replace_table`` comes before. A picture becomes a link.

    path:        the markers of the list items that the block is in, outermost first, its own last
    open_levels: how many of the lists that it is nested in the message already shows; the first
                 line then begins with the markers of the others (``- - c``), since Discord shows an
                 indented item without the items around it a level higher. None: all of them
    quiet:       links are written as ``<…>``, so that Discord shows no previews of them
    """
    match block:
        case Paragraph() | Heading():
            return render_text(
                block, begins=begins, path=path, open_levels=open_levels, quiet=quiet
            )
        case Code():
            return render_code(block)
        case Rule():
            return ("> " if block.frame.quoted else "") + RULE
        case Picture():
            return render_pictures([replace(block, linked=True)], quiet=quiet)
        case Table():
            raise TypeError("tables are replaced before rendering")
