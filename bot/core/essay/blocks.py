"""The plain data an essay's text is kept as: blocks of spans, flat, so that they can be cut.

Nothing nests: a quotation or a list is told by the frame that each of its blocks carries, and
emphasis by the marks that each span carries. So a block can be cut at any character, and ten
thousand nested quotations cost no more than one.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = [
    "Block",
    "Code",
    "Frame",
    "Heading",
    "Mark",
    "Paragraph",
    "Rule",
    "Span",
    "Table",
    "collapse_white_space",
    "get_block_text",
    "get_spans_text",
    "merge_spans",
]


_WHITE = re.compile(r"[ \t\n\r\f\v]+")


class Mark(enum.Flag):
    """How a span is emphasised; several marks may hold at once."""

    NONE = 0
    BOLD = enum.auto()
    ITALIC = enum.auto()
    UNDERLINE = enum.auto()
    STRIKE = enum.auto()


@dataclass(frozen=True, slots=True)
class Span:
    """A run of characters that are all emphasised and linked alike.

    text: what is shown, literally; a newline is a line break that the writer meant
    link: an address, or None
    code: shown in a fixed-width face, as it is
    """

    text: str
    marks: Mark = Mark.NONE
    link: str | None = None
    code: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """Where a block stands.

    quoted: inside a quotation, however deep
    depth:  how many lists it is in
    marker: ``"- "`` or ``"3. "`` for a block that begins a list item, else empty
    group:  blocks of one list bear the same number, other than 0
    """

    quoted: bool = False
    depth: int = 0
    marker: str = ""
    group: int = 0


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text."""

    spans: tuple[Span, ...]
    frame: Frame = Frame()


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of level 1 to 6."""

    level: int
    spans: tuple[Span, ...]
    frame: Frame = Frame()


@dataclass(frozen=True, slots=True)
class Code:
    """Preformatted text; ``language`` is empty where none is named."""

    text: str
    language: str = ""
    frame: Frame = Frame()


@dataclass(frozen=True, slots=True)
class Table:
    """A table; ``header`` is empty where it has none, and rows may differ in length."""

    header: tuple[tuple[Span, ...], ...]
    rows: tuple[tuple[tuple[Span, ...], ...], ...]
    frame: Frame = Frame()


@dataclass(frozen=True, slots=True)
class Rule:
    """A break between sections."""

    frame: Frame = Frame()


Block = Paragraph | Heading | Code | Table | Rule


def get_spans_text(spans: Iterable[Span]) -> str:
    """What the spans show, without emphasis."""
    return "".join(span.text for span in spans)


def get_block_text(block: Block) -> str:
    """What a block shows, as plain text; the cells of a table's row are parted by tabs."""
    match block:
        case Paragraph() | Heading():
            return get_spans_text(block.spans)
        case Code():
            return block.text
        case Table():
            rows = ((block.header,) if block.header else ()) + block.rows
            return "\n".join(
                "\t".join(get_spans_text(cell).replace("\n", " ") for cell in row) for row in rows
            )
        case Rule():
            return ""


def merge_spans(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same spans, with neighbours that are alike made one and empty ones left out."""
    result: list[Span] = []
    alike: list[str] = []
    last: Span | None = None
    for span in spans:
        if not span.text:
            continue
        if (
            last is not None
            and span.marks is last.marks
            and span.link == last.link
            and span.code == last.code
        ):
            alike.append(span.text)
            continue
        if last is not None and len(alike) > 1:
            result[-1] = _with_text(last, "".join(alike))
        result.append(span)
        alike = [span.text]
        last = span
    if last is not None and len(alike) > 1:
        result[-1] = _with_text(last, "".join(alike))
    return tuple(result)


def _with_text(span: Span, text: str) -> Span:
    """The same kind of span; dataclasses.replace is too slow for what is done to every word."""
    return Span(text, span.marks, span.link, span.code)


def collapse_white_space(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Spans with white space made single, none around line breaks or at either end.

    Line breaks (newlines in a span's text) stay; so do spaces that do not break.
    """
    result: list[Span] = []
    gap = ""  # white space not yet written: "", " " or "\n"
    gap_links: set[str | None] = set()  # of the spans that it stood in
    for span in spans:
        if span.code:
            text = core = span.text.replace("\n", " ")
        else:
            text = _WHITE.sub(_one_sign, span.text)
            core = text.strip(" \n")
        before = text[: len(text) - len(text.lstrip(" \n"))] if not span.code else ""
        if before:
            gap = "\n" if "\n" in (gap, before) else " "
            gap_links.add(span.link)
        if not core:
            continue
        if gap and result:
            last = result[-1]
            same = {last.link, span.link} | gap_links
            link = last.link if len(same) == 1 and not last.code and not span.code else None
            result.append(Span(gap, last.marks & span.marks, link))
        result.append(_with_text(span, core))
        gap, gap_links = "", set()
        after = text[len(before) + len(core) :]
        if after:
            gap = after
            gap_links.add(span.link)
    return merge_spans(result)


def _one_sign(found: re.Match[str]) -> str:
    return "\n" if "\n" in found[0] else " "
