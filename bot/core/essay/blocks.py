"""Blocks and spans: the flat data model of an essay's text.

Nothing nests. Each block has a frame that says whether it is in a quotation or list, and each span
has its marks (emphasis). So a block can be split at any character, and ten thousand nested
quotations cost no more than one.
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
    "Picture",
    "Rule",
    "Span",
    "Table",
    "collapse_white_space",
    "get_block_text",
    "get_spans_text",
    "merge_spans",
]


_WHITE_SPACE_RUN = re.compile(r"[ \t\n\r\f\v]+")
_UNTIDY = re.compile(r"[\t\n\r\f\v]|  ")  # what a run could be, other than one space


class Mark(enum.Flag):
    """Emphasis of a span; marks can be combined."""

    NONE = 0
    BOLD = enum.auto()
    ITALIC = enum.auto()
    UNDERLINE = enum.auto()
    STRIKE = enum.auto()

    # Python's own operators make a new object each time, which takes half of the time of a text
    # with much emphasis.

    def __and__(self, other: Mark) -> Mark:
        return _MARKS[self._value_ & other._value_]

    def __or__(self, other: Mark) -> Mark:
        return _MARKS[self._value_ | other._value_]

    def __invert__(self) -> Mark:
        return _MARKS[~self._value_]

    def __contains__(self, other: Mark) -> bool:
        return self._value_ & other._value_ == other._value_

    def __bool__(self) -> bool:
        return self._value_ != 0


_MARKS = tuple(Mark(value) for value in range(16))  # every combination; ~3 is -4, the 12th


@dataclass(frozen=True, slots=True)
class Span:
    """A run of characters with the same emphasis and link.

    text: literal text; a newline is an intended line break
    link: a URL, or None
    code: inline code
    """

    text: str
    marks: Mark = Mark.NONE
    link: str | None = None
    code: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """The quotation and list that a block is in.

    quoted: inside a quotation, at any depth
    depth:  how many lists it is nested in
    marker: ``"- "`` or ``"3. "`` if the block begins a list item, ``"3. - "`` if it begins two at
            once, one in the other; else empty
    group:  the same number, not 0, for all blocks of one list
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
    """A code block; ``language`` is empty if none is named."""

    text: str
    language: str = ""
    frame: Frame = Frame()


@dataclass(frozen=True, slots=True)
class Table:
    """A table; ``header`` may be empty, and rows may differ in length."""

    header: tuple[tuple[Span, ...], ...]
    rows: tuple[tuple[tuple[Span, ...], ...], ...]
    frame: Frame = Frame()


@dataclass(frozen=True, slots=True)
class Rule:
    """A thematic break between sections."""

    frame: Frame = Frame()


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture, or something else that Discord shows a preview of.

    source:  its URL, or its path inside the essay's file (``word/media/image1.png``)
    alt:     what it shows, for people who can't see it
    caption: the line below it
    file:    the name of the archive's copy; empty if there is none yet
    size:    of that copy, in bytes
    linked:  it is shown as a link with its preview: a video, or what couldn't be fetched
    """

    source: str
    alt: str = ""
    caption: tuple[Span, ...] = ()
    frame: Frame = Frame()
    file: str = ""
    size: int = 0
    linked: bool = False


Block = Paragraph | Heading | Code | Table | Rule | Picture


def get_spans_text(spans: Iterable[Span]) -> str:
    """The plain text of spans."""
    return "".join([span.text for span in spans])  # faster than from a generator


def get_block_text(block: Block) -> str:
    """The plain text of a block; cells of a table row are separated by tabs. Pictures have none."""
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
        case Rule() | Picture():
            return ""


def merge_spans(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Merge neighbouring spans with the same emphasis and link; drop empty ones."""
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
            result[-1] = _copy_with_text(last, "".join(alike))
        result.append(span)
        alike = [span.text]
        last = span
    if last is not None and len(alike) > 1:
        result[-1] = _copy_with_text(last, "".join(alike))
    return tuple(result)


def _copy_with_text(span: Span, text: str) -> Span:
    """A copy of a span with another text; dataclasses.replace is too slow for every word."""
    return Span(text, span.marks, span.link, span.code)


def collapse_white_space(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Collapse runs of white space; strip it at both ends and around line breaks.

    Line breaks (newlines in a span's text) and non-breaking spaces stay.
    """
    result: list[Span] = []
    gap = ""  # white space not yet written: "", " " or "\n"
    gap_links: set[str | None] = set()  # of the spans it was in
    for span in spans:
        before = ""
        if span.code:
            text = core = span.text.replace("\n", " ")
        else:
            text = span.text
            if _UNTIDY.search(text):
                text = _WHITE_SPACE_RUN.sub(_newline_or_space, text)
            core = text.strip(" \n")
            if core is not text:
                before = text[: len(text) - len(text.lstrip(" \n"))]
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
        result.append(span if core is span.text else _copy_with_text(span, core))
        if gap:
            gap, gap_links = "", set()
        after = text[len(before) + len(core) :] if core is not text else ""
        if after:
            gap = after
            gap_links.add(span.link)
    return merge_spans(result)


def _newline_or_space(found: re.Match[str]) -> str:
    return "\n" if "\n" in found[0] else " "
