"""Render blocks, or pieces of them, as Discord Markdown.

Discord's Markdown (Markdown Text 101; docs: Reference › Message Formatting) has three levels of
headings, nested lists, one level of quotation, fenced code, masked links, emphasis, strikethrough
and subtext. Everything else is converted to these.
"""

from __future__ import annotations

from bot.core.essay.blocks import Block, Code, Frame, Heading, Mark, Paragraph, Rule, Span, Table
from bot.core.layout.inline_markdown import render_inline

__all__ = ["render_block", "render_code", "render_fence_start", "render_text"]

RULE = "\\* \\* \\*"
_MAX_LANGUAGE = 24  # characters
_MAX_LIST_DEPTH = 4  # a deeper list would leave no room for text on a phone


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


def _make_prefixes(frame: Frame, *, begins: bool) -> tuple[str, str]:
    """The prefix of the first line and of each further one."""
    quote = "> " if frame.quoted else ""
    if not frame.depth:
        return quote, quote
    indent = "  " * (min(frame.depth, _MAX_LIST_DEPTH) - 1)
    hanging = indent + "  "
    first = indent + frame.marker if begins and frame.marker else hanging
    return quote + first, quote + hanging


def render_text(block: Paragraph | Heading, *, begins: bool = True) -> str:
    """Render a paragraph or heading, or a piece of one.

    A piece is still quoted or indented; without ``begins`` it has no bullet or number.
    """
    spans = block.spans
    first, further = _make_prefixes(block.frame, begins=begins)
    if isinstance(block, Heading):
        if block.level <= 3 and not block.frame.depth:
            spans = tuple(Span(s.text, s.marks & ~Mark.BOLD, s.link, s.code) for s in spans)
            # A heading is one line; Discord would strip a trailing #.
            title = " ".join(render_inline(row, line_start=False) for row in _split_lines(spans))
            title = title[:-1] + "\\#" if title.endswith("#") else title
            return f"{first}{'#' * block.level} {title}"
        spans = tuple(Span(s.text, s.marks | Mark.BOLD, s.link, s.code) for s in spans)
    out: list[str] = []
    for line in _split_lines(spans):
        prefix = further if out else first
        out.append(prefix + render_inline(line))
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


def render_block(block: Block, *, begins: bool = True) -> str:
    """Render any block but a table; ``replace_table`` comes before."""
    match block:
        case Paragraph() | Heading():
            return render_text(block, begins=begins)
        case Code():
            return render_code(block)
        case Rule():
            return ("> " if block.frame.quoted else "") + RULE
        case Table():
            raise TypeError("tables are replaced before rendering")
