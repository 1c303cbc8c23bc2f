"""Blocks, or pieces of them, as Discord Markdown.

What Discord's Markdown has (Markdown Text 101; docs: Reference › Message Formatting): three
levels of headings, lists with nesting, one level of quotation, fenced code, masked links,
emphasis, strikethrough and subtext. The rest is turned into these.
"""

from __future__ import annotations

from bot.core.essay.blocks import Block, Code, Frame, Heading, Mark, Paragraph, Rule, Span, Table
from bot.core.layout.inline_markdown import render_inline

__all__ = ["render_block", "render_code", "render_fence_start", "render_text"]

RULE = "\\* \\* \\*"
_LONGEST_LANGUAGE = 24  # characters
_DEEPEST = 4  # a list nested deeper would leave a phone no room for the text


def _lines(spans: tuple[Span, ...]) -> list[tuple[Span, ...]]:
    """The spans of each line; emphasis is closed and opened again at a line break."""
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


def _prefixes(frame: Frame, *, begins: bool) -> tuple[str, str]:
    """What stands before the first and before each further line."""
    quote = "> " if frame.quoted else ""
    if not frame.depth:
        return quote, quote
    indent = "  " * (min(frame.depth, _DEEPEST) - 1)
    hanging = indent + "  "
    first = indent + frame.marker if begins and frame.marker else hanging
    return quote + first, quote + hanging


def render_text(block: Paragraph | Heading, *, begins: bool = True) -> str:
    """A paragraph or heading, or a piece of one.

    A piece keeps the marks of its quotation or list; one that does not begin its block has no
    bullet or number of its own.
    """
    spans = block.spans
    first, further = _prefixes(block.frame, begins=begins)
    if isinstance(block, Heading):
        if block.level <= 3 and not block.frame.depth:
            spans = tuple(Span(s.text, s.marks & ~Mark.BOLD, s.link, s.code) for s in spans)
            # A heading is one line; a trailing # would be taken for part of the markup.
            title = " ".join(render_inline(row, line_start=False) for row in _lines(spans))
            title = title[:-1] + "\\#" if title.endswith("#") else title
            return f"{first}{'#' * block.level} {title}"
        spans = tuple(Span(s.text, s.marks | Mark.BOLD, s.link, s.code) for s in spans)
    out: list[str] = []
    for line in _lines(spans):
        prefix = further if out else first
        out.append(prefix + render_inline(line))
    return "\n".join(out)


def render_fence_start(code: Code) -> str:
    """The line that opens a code block; the language is kept where Discord knows such names."""
    language = code.language.lower()
    known = len(language) <= _LONGEST_LANGUAGE and all(
        letter.isascii() and (letter.isalnum() or letter in "+-#._") for letter in language
    )
    return f"```{language if known else ''}"


def render_code(code: Code) -> str:
    """A code block in its fences."""
    # Discord ends a fence at the first three backticks, wherever they stand; a space of no width
    # between them is the only way to show them.
    text = code.text.replace("```", "`\u200b`\u200b`").strip("\n")
    if text.endswith("`"):
        text += "\u200b"
    prefix = "> " if code.frame.quoted else ""
    lines = [render_fence_start(code), *text.split("\n"), "```"]
    return "\n".join(prefix + line for line in lines)


def render_block(block: Block, *, begins: bool = True) -> str:
    """Any block that can stand in a message; tables have been turned into others before."""
    match block:
        case Paragraph() | Heading():
            return render_text(block, begins=begins)
        case Code():
            return render_code(block)
        case Rule():
            return ("> " if block.frame.quoted else "") + RULE
        case Table():
            raise TypeError("tables are turned into text before they are rendered")
