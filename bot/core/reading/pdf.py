"""Read PDFs: reassemble paragraphs, headings and footnotes from where the letters are on the pages.

A PDF has no paragraphs, only letters with positions (ISO 32000-1: 9.4 Text Objects). pdfminer.six
finds those; lines, columns and paragraphs are put together here.
"""

from __future__ import annotations

import io
import re
import struct
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import hypot
from statistics import median
from typing import Any

from pdfminer.converter import PDFLayoutAnalyzer
from pdfminer.layout import LTPage
from pdfminer.pdfdocument import PDFDocument, PDFEncryptionError
from pdfminer.pdfinterp import PDFPageInterpreter, PDFResourceManager
from pdfminer.pdfpage import PDFPage
from pdfminer.pdfparser import PDFParser
from pdfminer.pdftypes import stream_value
from pdfminer.psexceptions import PSException

from bot.core.essay.blocks import (
    Block,
    Frame,
    Heading,
    Mark,
    Paragraph,
    Span,
    collapse_white_space,
    get_spans_text,
)
from bot.core.essay.document import Document
from bot.core.text.coded_text import make_coded
from bot.core.text.translate import gettext as _
from bot.core.text.translate import gettext_noop
from bot.errors import UnreadableEssay

__all__ = ["read_pdf"]

_MAX_PAGES = 1_000
_MAX_LETTERS = 500_000
#: Bytes of drawing commands, unpacked: in all, and as many more for each page.
_MAX_CONTENT, _MAX_CONTENT_OF_PAGE = 1_500_000, 20_000
_MAX_FORMS = 4_000  # drawn forms and pictures; each may draw others
_MAX_FORM_DEPTH = 12
_IDENTITY = (1, 0, 0, 1, 0, 0)
_MIN_LETTERS = 8  # letters a page on average, besides running heads; a scan has fewer
_MAX_UNKNOWN = 0.3  # share of letters that the fonts don't name

_NOT_PDF = gettext_noop("This isn't a PDF.")
_DAMAGED = gettext_noop("This PDF is damaged and can't be opened. Save it again, then try again.")
_ENCRYPTED = gettext_noop("This PDF is protected by a password. Save it without one.")
_SCANNED = gettext_noop(
    "This PDF has no text, only pictures of it: it was scanned or drawn. Run text recognition "
    "(OCR) on it, or use the document it was made from."
)
_NO_LETTERS = gettext_noop(
    "The letters of this PDF can't be read, because its fonts don't say which letters they are. "
    "Use the document it was made from."
)
_TOO_BIG = gettext_noop("This PDF is far larger than an essay. It wasn't read.")

_PARSER_ERRORS = (
    PSException, ValueError, TypeError, KeyError, IndexError, AttributeError, AssertionError,
    OSError, EOFError, ArithmeticError, LookupError, struct.error, NotImplementedError,
)  # fmt: skip

_LIGATURES = str.maketrans(
    {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st", "\xa0": " "}
)
_PAGE_NUMBER = re.compile(
    r"(?:page\s*)?[-–—|\[(\s]*(?:\d{1,4}|[ivxlc]{1,7})[-–—|\])\s]*(?:(?:of|/)\s*\d{1,4})?",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[.!?…:;。！？][\"'”’»)\]]*(?:\[\w{1,3}\])*$")
_BULLET = re.compile(r"[•◦▪‣●○■□▸\uf0b7]\s+")
_NUMBER = re.compile(r"(\d{1,3})[.)]\s+(?=\S)")  # of a list's item
_NOTE_START = re.compile(r"\[?(\d{1,3}|[*†‡§])\]?[.)]?\s*(?=\S)")
_REFERENCE = re.compile(rb"(\d{1,9})\s+\d{1,5}\s+obj\s+(\d{1,9})\s+\d{1,5}\s+R\s+endobj")
_MAX_REFERENCES = 20  # from one to the next
_CJK = re.compile(r"[\u2e80-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]")


@dataclass(slots=True)
class _Letter:
    text: str
    x0: float
    x1: float
    y: float  # of its baseline; grows upwards
    size: float
    marks: Mark


@dataclass(slots=True)
class _Line:
    """Letters side by side on a page, from left to right."""

    page: int
    letters: list[_Letter]
    x0: float = 0
    x1: float = 0
    y: float = 0
    size: float = 0
    spans: list[Span] = field(default_factory=list)
    text: str = ""

    def finish(self) -> None:
        self.letters.sort(key=lambda letter: letter.x0)
        written = [letter for letter in self.letters if letter.text.strip()]
        self.x0 = min(letter.x0 for letter in written)
        self.x1 = max(letter.x1 for letter in written)
        sizes = Counter(round(letter.size, 1) for letter in written)
        self.size = max(sizes, key=lambda size: (sizes[size], size))
        base = [letter.y for letter in written if letter.size >= 0.9 * self.size]
        self.y = median(base)
        self.spans = _make_spans(self)
        self.text = get_spans_text(self.spans)

    def has_mark(self, mark: Mark) -> bool:
        return all(mark in span.marks for span in self.spans if span.text.strip())


class _Collector(PDFLayoutAnalyzer):
    """Collects the letters of a page; drawings are ignored, pictures counted."""

    def __init__(self, manager: PDFResourceManager) -> None:
        super().__init__(manager, laparams=None)
        self.letters: list[_Letter] = []
        self.total = self.unknown = self.pictures = self.sideways = 0
        self.room = _MAX_CONTENT  # bytes of drawing commands that may still come
        self._forms = 0
        self._depth = 0
        self._fonts: dict[Any, Mark] = {}

    def paint_path(self, *_arguments: Any, **_more: Any) -> None:
        """Lines and areas aren't text."""

    def begin_figure(self, name: str, bbox: Any, matrix: Any) -> None:
        self._forms += 1
        self._depth += 1
        if self._forms > _MAX_FORMS or self._depth > _MAX_FORM_DEPTH:
            raise UnreadableEssay(_(_TOO_BIG))
        super().begin_figure(name, bbox, matrix)

    def end_figure(self, name: str) -> None:
        self._depth -= 1
        super().end_figure(name)

    def render_image(self, *_arguments: Any) -> None:
        self.pictures += 1

    def receive_layout(self, ltpage: LTPage) -> None:
        """The letters were collected while the page was read."""

    def handle_undefined_char(self, font: Any, cid: int) -> str:  # noqa: ARG002
        self.unknown += 1
        return "\ufffd"

    def render_char(
        self, matrix: Any, font: Any, fontsize: float, scaling: float, rise: float,
        cid: int, ncs: Any, graphicstate: Any,
    ) -> float:  # fmt: skip
        del ncs, graphicstate
        try:
            text = font.to_unichr(cid)
        except PSException:
            text = self.handle_undefined_char(font, cid)
        advance = float(font.char_width(cid) * fontsize * scaling)
        self.total += 1
        if self.total > _MAX_LETTERS:
            raise UnreadableEssay(_(_TOO_BIG))
        a, b, c, d, e, f = matrix
        if abs(b) > abs(a) * 0.2:
            self.sideways += bool(text.strip())
            return advance
        if font not in self._fonts:
            name = str(font.fontname or "").lower()
            marks = Mark.BOLD if re.search("bold|black|heavy|semibold", name) else Mark.NONE
            slanted = re.search("ital|obli|slanted|cmti|cmsl", name)
            self._fonts[font] = marks | (Mark.ITALIC if slanted else Mark.NONE)
        size = abs(fontsize) * hypot(c, d)
        letter = _Letter(
            text.translate(_LIGATURES), e, e + advance * a, f + rise * d, size, self._fonts[font]
        )
        if letter.size > 0.5 and text:
            self.letters.append(letter)
        return advance


class _Interpreter(PDFPageInterpreter):
    """Runs drawing commands, no more than an essay has."""

    device: _Collector

    def render_contents(self, resources: Any, streams: Sequence[Any], ctm: Any = _IDENTITY) -> None:
        for stream in streams:
            self.device.room -= len(stream_value(stream).get_data())
            if self.device.room < 0:
                raise UnreadableEssay(_(_TOO_BIG))
        super().render_contents(resources, streams, ctm)


# -- lines ----------------------------------------------------------------------------------------


def _make_spans(line: _Line) -> list[Span]:
    """The text of a line, with emphasis; a small raised number is a footnote's mark."""
    spans: list[Span] = []
    before: _Letter | None = None
    raised = ""
    for letter in line.letters:
        small = letter.size < 0.85 * line.size and letter.y > line.y + 0.15 * line.size
        if small and letter.text.strip() and (letter.text.isdigit() or letter.text in "*†‡§"):
            raised += letter.text
            before = letter
            continue
        if raised:
            spans.append(Span(f"[{raised}]"))
            raised = ""
        gap = letter.x0 - before.x1 if before is not None else 0
        if before is not None and gap > 0.18 * min(letter.size, line.size):
            spans.append(Span(" ", before.marks & letter.marks))
        spans.append(Span(letter.text, letter.marks))
        before = letter
    if raised:
        spans.append(Span(f"[{raised}]"))
    return list(collapse_white_space(spans))


def _make_lines(letters: Sequence[_Letter], page: int) -> list[_Line]:
    """The lines of a page from top to bottom; those of columns are separate."""
    rows: list[list[_Letter]] = []
    tops: list[tuple[float, float]] = []  # baseline and size of each row
    for letter in sorted(letters, key=lambda one: (-round(one.y, 1), one.x0)):
        if not letter.text.strip():
            continue
        for place in range(len(rows) - 1, max(-1, len(rows) - 4), -1):
            y, size = tops[place]
            big = max(size, letter.size)
            if abs(y - letter.y) <= (0.25 if min(size, letter.size) > 0.85 * big else 0.5) * big:
                rows[place].append(letter)
                if letter.size > size:
                    tops[place] = letter.y, letter.size
                break
        else:
            rows.append([letter])
            tops.append((letter.y, letter.size))
    lines: list[_Line] = []
    for row in rows:
        row.sort(key=lambda one: one.x0)
        current = _Line(page, [])
        for letter in row:
            if current.letters:
                last = current.letters[-1]
                if letter.x0 - last.x1 > 1.3 * max(letter.size, last.size):
                    lines.append(current)
                    current = _Line(page, [])
            current.letters.append(letter)
        lines.append(current)
    for line in lines:
        line.finish()
    return lines


def _find_gutter(lines: Sequence[_Line]) -> float | None:
    """The middle of the white space between two columns; None if there is one column."""
    if len(lines) < 6:
        return None
    left, right = min(line.x0 for line in lines), max(line.x1 for line in lines)
    step = 3.0
    count = int((right - left) / step) + 1
    if count < 20 or count > 2_000:
        return None
    covered = [0] * count
    for line in lines:
        for place in range(int((line.x0 - left) / step), int((line.x1 - left) / step) + 1):
            covered[place] += 1
    best: tuple[int, float] | None = None
    most = len(lines) // 5
    start: int | None = None
    for place in range(count + 1):
        free = place < count and covered[place] <= most
        if free and start is None:
            start = place
        elif not free and start is not None:
            x = left + step * (start + place) / 2
            sides = (
                [line for line in lines if line.x1 <= x],
                [line for line in lines if line.x0 >= x],
            )
            # The narrow side of a table or a numbered list is no column.
            if place - start >= 3 and all(
                len(side) >= 3
                and len(side) * 5 >= len(lines)
                and median(len(line.text) for line in side) >= 12
                for side in sides
            ):
                fewer = min(len(side) for side in sides)
                best = max(best or (0, 0.0), (fewer, x))
            start = None
    return best[1] if best is not None else None


def _order_lines(lines: Sequence[_Line], depth: int = 0) -> list[_Line]:
    """Lines in reading order: column after column, between lines that span them."""
    ordered = sorted(lines, key=lambda line: (-line.y, line.x0))
    gutter = _find_gutter(ordered) if depth < 4 else None
    if gutter is None:
        return _join_rows(ordered)
    result: list[_Line] = []
    sides: tuple[list[_Line], list[_Line]] = ([], [])

    def end_columns() -> None:
        for side in sides:
            result.extend(_order_lines(side, depth + 1))
            side.clear()

    for line in ordered:
        if line.x0 < gutter < line.x1:
            end_columns()
            result.append(line)
        else:
            sides[line.x0 >= gutter].append(line)
    end_columns()
    return result


def _join_rows(lines: Sequence[_Line]) -> list[_Line]:
    """Lines beside each other in one column (cells, a number and its heading) become one."""
    result: list[_Line] = []
    for line in lines:
        before = result[-1] if result else None
        if before is not None and before.page == line.page and abs(before.y - line.y) < 1:
            joined = _Line(line.page, [*before.letters, *line.letters])
            joined.finish()
            result[-1] = joined
        else:
            result.append(line)
    return result


# -- running heads and page numbers ---------------------------------------------------------------


def _drop_running_heads(pages: list[list[_Line]]) -> int:
    """Remove the lines that are repeated on top and at the bottom of pages; returns how many."""
    outer: list[tuple[int, _Line, tuple[str, bool]]] = []
    for number, lines in enumerate(pages):
        by_height = sorted(lines, key=lambda line: -line.y)
        for bottom, edge in ((False, by_height[:2]), (True, by_height[-2:])):
            for line in edge:
                text = re.sub(r"\d+|\b[ivxlc]+\b", "#", line.text.casefold()).strip()
                outer.append((number, line, (text, bottom)))
    seen = Counter(key for key in {(number, key) for number, _, key in outer})
    counts = Counter(key for _, key in seen)
    dropped = 0
    for number, line, key in outer:
        lines = pages[number]
        if line not in lines:
            continue
        heights = [one.y for one in lines]
        outermost = line.y <= min(heights) + 1 or line.y >= max(heights) - 1
        numbered = outermost and len(lines) > 1 and _PAGE_NUMBER.fullmatch(line.text.strip())
        inner = [abs(one.y - line.y) for one in lines if abs(one.y - line.y) > 1]
        apart = not inner or min(inner) > 1.5 * line.size
        often = apart and counts[key] >= (2 if len(pages) < 4 else 3) and len(line.text) < 120
        if numbered or (often and len(pages) > 1):
            lines.remove(line)
            dropped += 1
    return dropped


# -- paragraphs -----------------------------------------------------------------------------------


class _Assembler:
    """Puts lines together to paragraphs, headings and footnotes."""

    def __init__(self, lines: Sequence[_Line]) -> None:
        self._lines = lines
        sizes: Counter[float] = Counter()
        for line in lines:
            sizes[line.size] += len(line.text)
        self._body = max(sizes, key=lambda size: (sizes[size], size))
        larger = sorted((s for s in sizes if s >= 1.12 * self._body), reverse=True)
        self._levels = {size: min(level, 3) for level, size in enumerate(larger, 1)}
        words = re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", " ".join(line.text for line in lines))
        self._words = {word.casefold() for word in words}
        gaps = [
            round(one.y - other.y, 1)
            for one, other in pairwise(lines)
            if one.page == other.page and 0 < one.y - other.y < 4 * self._body
            and one.size == other.size == self._body
        ]  # fmt: skip
        self._leading = median(gaps) if gaps else 1.2 * self._body
        self.blocks: list[Block] = []
        self.footnotes: list[Block] = []
        self._lists = 0
        self._numbers: dict[int, int] = {}  # of the items of numbered lists, by their first line
        # For each page and point of its width: where the lines begin and end that begin there.
        self._edges: dict[int, dict[int, tuple[float, float]]] = defaultdict(dict)
        for line in lines:
            edges = self._edges[line.page]
            left, right = edges.get(int(line.x0), (line.x0, line.x1))
            edges[int(line.x0)] = min(left, line.x0), max(right, line.x1)

    def run(self) -> None:
        """Fill ``blocks`` and ``footnotes``."""
        notes = self._find_notes()
        self._numbers = self._find_numbers(notes)
        for into, kind in ((self.blocks, False), (self.footnotes, True)):
            group: list[_Line] = []
            for place, line in enumerate(self._lines):
                if (place in notes) is not kind:
                    continue
                if group and self._begins_paragraph(group, line, note=kind):
                    self._emit(group, into, note=kind)
                    group = []
                group.append(line)
            if group:
                self._emit(group, into, note=kind)

    def _find_notes(self) -> set[int]:
        """The lines of footnotes: small ones from a mark on, to the end of a page or column."""
        found: set[int] = set()
        run: list[int] = []
        for place in range(len(self._lines) - 1, -1, -1):
            line = self._lines[place]
            following = self._lines[place + 1] if place + 1 < len(self._lines) else None
            at_end = (
                following is None
                or following.page != line.page
                or following.y > line.y
                or place + 1 in found
                or bool(run)
            )
            if line.size > 0.93 * self._body or not at_end:
                run = []
                continue
            run.append(place)
            if _NOTE_START.match(line.text) and not line.text[0].isalpha():
                found.update(run)
                run = []
        return found

    def _find_numbers(self, notes: set[int]) -> dict[int, int]:
        """The numbers of list items, by the id of their first line.

        Only lines that are numbered one after the other are items: "1984. It was a cold day" isn't.
        """
        found: dict[int, int] = {}
        run: list[tuple[_Line, int]] = []

        def end_run() -> None:
            if len(run) > 1:
                found.update((id(line), number) for line, number in run)
            run.clear()

        for place, line in enumerate(self._lines):
            number = _NUMBER.match(line.text)
            if number is None or place in notes or self._get_level(line):
                continue
            value = int(number[1])
            if run and value == run[-1][1] + 1 and (
                line.page != run[0][0].page
                or line.y > run[-1][0].y
                or abs(line.x0 - run[0][0].x0) < 2 * line.size
            ):  # fmt: skip
                run.append((line, value))
            elif value <= 1:
                end_run()
                run.append((line, value))
        end_run()
        return found

    def _is_item(self, line: _Line) -> bool:
        return _BULLET.match(line.text) is not None or id(line) in self._numbers

    def _get_level(self, line: _Line) -> int:
        """The level of a heading; 0 for text."""
        if line.size in self._levels and len(line.text) < 200:
            return self._levels[line.size]
        bold = line.has_mark(Mark.BOLD) and line.size >= self._body
        if bold and len(line.text) < 100 and not line.text.endswith((".", ",", ";")):
            return min(3, max(self._levels.values(), default=1) + 1)
        return 0

    def _begins_paragraph(self, group: Sequence[_Line], line: _Line, *, note: bool) -> bool:
        last = group[-1]
        if note:
            return bool(_NOTE_START.match(line.text)) and not line.text[0].isalpha()
        level = self._get_level(line)
        if level != self._get_level(last) or (bool(level) and last.size != line.size):
            return True
        if self._is_item(line):
            return True
        ended = _SENTENCE_END.search(last.text) is not None
        if line.page != last.page or line.y > last.y:  # another page or column
            indented = self._is_indented(line)
            return level > 0 or (ended and (indented or not line.text[:1].islower()))
        gap = last.y - line.y
        if gap > 1.35 * max(self._leading * (line.size / self._body), 1.05 * line.size):
            return True
        if level or abs(last.size - line.size) > 0.2 * self._body:
            return not level
        starts = [one.x0 for one in group]
        if len(group) > 1 and line.x0 > min(starts[1:]) + 0.8 * line.size:
            return True
        if len(group) == 1 and line.x0 > last.x0 + 0.8 * line.size:
            return not self._is_item(last) and ended
        short = last.x1 < max(one.x1 for one in (*group, line)) - 0.12 * (line.x1 - line.x0)
        return ended and short and last.x1 < self._find_right_edge(last) - 2 * line.size

    def _find_right_edge(self, line: _Line) -> float:
        """The right end of the lines that begin near the place where this one does."""
        return max(right for _left, right in self._list_near(line, 3 * line.size))

    def _is_indented(self, line: _Line) -> bool:
        left = min(left for left, _right in self._list_near(line, 4 * line.size))
        return line.x0 > left + 0.8 * line.size

    def _list_near(self, line: _Line, distance: float) -> list[tuple[float, float]]:
        """The leftmost beginning and the rightmost end of lines, for each point of width."""
        edges = self._edges[line.page]
        points = range(int(line.x0 - distance), int(line.x0 + distance) + 1)
        if len(points) > len(edges):
            return [edge for point, edge in edges.items() if point in points]
        return [edges[point] for point in points if point in edges]

    def _emit(self, group: Sequence[_Line], into: list[Block], *, note: bool) -> None:
        level = 0 if note else self._get_level(group[0])
        spans = self._join(group)
        text = get_spans_text(spans)
        if not text.strip():
            return
        if note:
            found = _NOTE_START.match(text)
            if found is not None:
                spans = (Span(f"[{found[1]}] "), *_cut(spans, found.end()))
            into.append(Paragraph(collapse_white_space(spans)))
        elif level:
            into.append(Heading(level, tuple(Span(s.text, s.marks & ~Mark.BOLD) for s in spans)))
        elif self._is_item(group[0]) and (found := _BULLET.match(text) or _NUMBER.match(text)):
            last = into[-1] if into else None
            number = self._numbers.get(id(group[0]))
            marker = "- " if number is None else f"{number}. "
            if last is None or not last.frame.group or number in (0, 1):
                self._lists += 1
            frame = Frame(depth=1, marker=marker, group=self._lists)
            into.append(Paragraph(collapse_white_space(_cut(spans, found.end())), frame))
        else:
            into.append(Paragraph(spans))

    def _join(self, group: Sequence[_Line]) -> tuple[Span, ...]:
        spans: list[Span] = []
        for place, line in enumerate(group):
            following = group[place + 1].text if place + 1 < len(group) else ""
            own = list(line.spans)
            if following:
                last = own[-1]
                dropped = self._count_hyphen(line.text, following)
                if dropped is not None:
                    own[-1] = Span(last.text[: len(last.text) - dropped], last.marks)
                elif not (_CJK.match(line.text[-1:]) and _CJK.match(following[:1])):
                    own.append(Span(" ", last.marks & group[place + 1].spans[0].marks))
            spans += own
        return collapse_white_space(spans)

    def _count_hyphen(self, text: str, following: str) -> int | None:
        """The letters to drop at the end of a line that ends in a word; None: a space follows."""
        if text.endswith("\xad"):
            return 1
        if not text.endswith(("-", "‐", "–")) or len(text) < 2 or not text[-2].isalnum():
            return None
        if text[-1] == "–" or text[-2].isdigit():
            return 0
        first = re.match(r"[^\W\d_]+", following)
        if first is None:
            return 0
        head = re.search(r"[^\W\d_]+$", text[:-1])
        assert head is not None
        if f"{head[0]}-{first[0]}".casefold() in self._words or first[0][0].isupper():
            return 0
        joined = f"{head[0]}{first[0]}".casefold() in self._words
        return 0 if head[0].casefold() in _HYPHENATED and not joined else 1


# Words that keep their hyphen when a line ends after it: well-known, self-aware, twenty-one.
_HYPHENATED = frozenset(
    (
        *("well", "self", "half", "quasi", "twenty", "thirty", "forty", "fifty", "sixty"),
        *("seventy", "eighty", "ninety"),
    )
)


def _cut(spans: Iterable[Span], count: int) -> list[Span]:
    """The spans without their first ``count`` characters."""
    result: list[Span] = []
    for span in spans:
        result.append(Span(span.text[count:], span.marks))
        count = max(0, count - len(span.text))
    return result


def _has_reference_loop(data: bytes) -> bool:
    """Whether an object is only a reference to itself: the library would follow it for ever."""
    targets = {int(one): int(other) for one, other in _REFERENCE.findall(data)}
    for first in targets:
        followed = {first}
        place = targets[first]
        while place in targets and place not in followed and len(followed) < _MAX_REFERENCES:
            followed.add(place)
            place = targets[place]
        if place in targets:
            return True
    return False


def read_pdf(data: bytes) -> Document:
    """Read a PDF's text; pictures and drawings are left out.

    Raises UnreadableEssay for a PDF that is damaged, protected, scanned or too large.
    """
    if b"%PDF-" not in data[:1_024]:
        raise UnreadableEssay(_(_NOT_PDF))
    if _has_reference_loop(data):
        raise UnreadableEssay(_(_DAMAGED))
    pages: list[list[_Line]] = []
    manager = PDFResourceManager()
    collector = _Collector(manager)
    try:
        document = PDFDocument(PDFParser(io.BytesIO(data)))
        interpreter = _Interpreter(manager, collector)
        for number, page in enumerate(PDFPage.create_pages(document)):
            if number >= _MAX_PAGES:
                raise UnreadableEssay(_(_TOO_BIG))
            collector.letters = []
            collector.room += _MAX_CONTENT_OF_PAGE
            interpreter.process_page(page)
            pages.append(_order_lines(_make_lines(collector.letters, number)))
    except PDFEncryptionError as error:
        raise UnreadableEssay(_(_ENCRYPTED)) from error
    except RecursionError as error:
        raise UnreadableEssay(_(_TOO_BIG)) from error
    except _PARSER_ERRORS as error:
        raise UnreadableEssay(_(_DAMAGED)) from error
    if not pages:
        raise UnreadableEssay(_(_DAMAGED))
    if collector.unknown > _MAX_UNKNOWN * max(1, collector.total):
        raise UnreadableEssay(_(_NO_LETTERS))
    dropped = _drop_running_heads(pages)
    lines = [line for page_lines in pages for line in page_lines]
    letters = sum(len(line.text) for line in lines)
    if not letters or (letters < _MIN_LETTERS * len(pages) and collector.pictures >= len(pages)):
        raise UnreadableEssay(_(_SCANNED))
    assembler = _Assembler(lines)
    assembler.run()
    notes = [make_coded("note-pdf")]
    if dropped:
        notes.append(make_coded("note-pdf-running-heads", count=dropped))
    if collector.pictures:
        notes.append(make_coded("note-pdf-pictures", count=collector.pictures))
    if collector.sideways:
        notes.append(make_coded("note-pdf-sideways", count=collector.sideways))
    return Document(tuple(assembler.blocks), tuple(assembler.footnotes), notes=tuple(notes))
