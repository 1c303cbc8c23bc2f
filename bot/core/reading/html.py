"""Read HTML into blocks, from a stream of tags without a tree, so that deep nesting is cheap.

Markdown and Word documents are converted to HTML by their libraries and read here too. What isn't
text (scripts, styles, buttons) is left out; every other word is kept.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from bot.core.essay.blocks import (
    Block,
    Code,
    Frame,
    Heading,
    Mark,
    Paragraph,
    Rule,
    Span,
    collapse_white_space,
    get_spans_text,
)
from bot.core.reading.html_embeds import get_watch_url, is_shown_embed, unwrap_redirect
from bot.core.reading.html_notes import NoteLinks, find_notes
from bot.core.reading.html_styles import PLAIN, Style, combine_styles, read_style
from bot.core.reading.html_table import TableBuilder
from bot.core.reading.html_tags import (
    BACK_REF,
    BLOCKS,
    CODE,
    ENDS,
    HEADINGS,
    KNOWN,
    LANGUAGE,
    LOWERED,
    MARKS,
    NOTE_BOX,
    NOTE_ID,
    NOTE_REF,
    RAISED,
    SKIPPED,
    VOID,
    WALLS,
)
from bot.core.text.columns import expand_tabs

__all__ = ["HtmlContent", "read_html"]


@dataclass(slots=True)
class HtmlContent:
    """The blocks and footnotes of an HTML text, and notes about what could not be kept."""

    blocks: list[Block] = field(default_factory=list)
    footnotes: list[Block] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _List:
    ordered: bool
    number: int
    group: int


class _Reader(HTMLParser):
    def __init__(
        self,
        base: str | None,
        *,
        foreign: bool,
        notes: NoteLinks,
        classes: Mapping[str, Style],
    ) -> None:
        super().__init__(convert_charrefs=True)
        self.out = HtmlContent()
        self._base = base
        self._foreign = foreign  # unknown tags are text
        self._open: list[str] = []
        self._count: Counter[str] = Counter()
        self._spans: list[Span] = []
        self._marks: list[Mark] = [Mark.NONE]
        self._links: list[str | None] = []
        self._lists: list[_List] = []
        self._markers: list[str] = []  # of the open list items; empty once shown
        self._pre: list[str] | None = None
        self._language = ""
        self._tables: list[TableBuilder] = []
        self._groups = 0
        self._footnote: str | None = None
        self._note_depth = 0  # lists around the current note
        self._back = 0
        self._skipped = 0
        self._note_mark = False
        self._ending = 0  # where the current closing tag begins
        self._lost: Counter[str] = Counter()
        self._noted = notes  # footnotes, by their links
        self._note_boxes: set[int] = set()  # depths of open elements that are named like notes
        self._quiet_from = 1  # the depth from which on open elements have had no text
        self._note_end = 0  # open elements around the current note; 0: it ends with its list
        self._classes = classes
        self._media = ""  # the open <video> or <audio> whose address isn't known yet
        self._ruby_brackets = False  # the ruby has brackets of its own

    # HTMLParser's callbacks

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {key: value or "" for key, value in attrs}
        if self._foreign and tag not in KNOWN:
            self.handle_data(self.get_starttag_text() or "")
            return
        if tag in BLOCKS and self._count["head"] == self._skipped:
            while self._count["head"]:  # its closing tag is optional
                self._pop()
        if self._is_skipping() or tag in SKIPPED:
            self._handle_media(tag, given)
            if tag not in VOID:
                self._push(tag)
            return
        if tag in VOID:
            self._handle_void(tag, given)
            return
        if tag in BLOCKS:
            self._begin_block(tag)
        self._push(tag)
        if NOTE_BOX.search(f"{given.get('id', '')} {given.get('class', '')}"):
            self._note_boxes.add(len(self._open))
        self._enter(tag, given)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # In HTML the slash is ignored, except for void and foreign elements.
        self.handle_starttag(tag, attrs)
        if tag not in VOID and tag not in BLOCKS and tag in KNOWN:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._foreign and tag not in KNOWN:
            end = self.rawdata.find(">", self._ending)
            self.handle_data(self.rawdata[self._ending : end + 1])  # verbatim
            return
        if tag == "br":
            self._handle_void("br", {})
        if tag in VOID or not self._count[tag]:
            if tag == "p" and not self._is_skipping():
                self._flush()
            return
        while True:
            ended = self._pop()
            if ended == tag:
                return

    def parse_endtag(self, i: int) -> int:
        self._ending = i
        return super().parse_endtag(i)

    def handle_data(self, data: str) -> None:
        if not data or self._is_skipping() or self._back:
            return
        if self._pre is not None:
            self._pre.append(data)
            self._quiet_from = len(self._open) + 1
            return
        if not data.isspace() and not self._note_mark:
            self._quiet_from = len(self._open) + 1
        if self._note_mark:
            # Without brackets, a superscript footnote number would join the word before it.
            mark = re.fullmatch(r"\s*(?:\w{1,4}|[*†‡§¶]{1,3})\s*", data)
            data = data if mark is None else f"[{data.strip()}]"
        elif self._count["sup"]:
            data = data.translate(RAISED) if data.strip().isdigit() else data
        elif self._count["sub"]:
            data = data.translate(LOWERED) if data.strip().isdigit() else data
        link = self._links[-1] if self._links else None
        code = any(self._count[name] for name in CODE)
        marks = self._marks[-1]
        if link is not None and not (self._count["u"] or self._count["ins"]):
            marks &= ~Mark.UNDERLINE  # a style's: links are underlined
        self._spans.append(Span(data, marks, link, code))

    def unknown_decl(self, data: str) -> None:
        if data.startswith("CDATA["):
            self.handle_data(data[6:])

    def finish(self) -> HtmlContent:
        self.close()
        while self._open:
            self._pop()
        self._flush()
        for what, count in self._lost.items():
            self.out.notes.append(f"{what}: {count}.")
        return self.out

    # The stack of open elements

    def _is_skipping(self) -> bool:
        return self._skipped > 0

    def _push(self, tag: str) -> None:
        self._open.append(tag)
        self._count[tag] += 1
        self._skipped += tag in SKIPPED

    def _pop(self) -> str:
        if self._open[-1] == "blockquote":
            self._flush()  # text that is directly in it
        tag = self._open.pop()
        self._count[tag] -= 1
        self._note_boxes.discard(len(self._open) + 1)
        self._quiet_from = min(self._quiet_from, len(self._open) + 1)
        if tag == self._media:
            self._media = ""
        if tag in SKIPPED:
            self._skipped -= 1
        elif not self._skipped:
            self._leave(tag)
        if 0 < len(self._open) < self._note_end or (not self._open and self._note_end):
            self._flush()
            self._footnote, self._note_end = None, 0
        return tag

    def _begin_block(self, tag: str) -> None:
        if self._count["p"] and tag != "caption":
            while self._count["p"]:
                self._pop()
        ends = ENDS.get(tag)
        if ends is not None and any(self._count[name] for name in ends):
            walls = WALLS[tag]
            for place in range(len(self._open) - 1, -1, -1):
                if self._open[place] in walls:
                    break
                if self._open[place] in ends:
                    while len(self._open) > place:
                        self._pop()
        self._flush()

    # Elements

    def _enter(self, tag: str, given: dict[str, str]) -> None:
        classes = given.get("class", "")
        marks = self._marks[-1] | MARKS.get(tag, Mark.NONE)
        if tag not in BLOCKS or tag == "p":
            style = read_style(given.get("style", ""))
            if tag in ("span", "font", "a") and self._classes:
                style = combine_styles(
                    [*(self._classes.get(name, PLAIN) for name in classes.split()), style]
                )
            marks = style.apply(marks, linked=bool(self._links) or tag == "a")
        self._marks.append(marks)
        name = given.get("id") or (given.get("name", "") if tag == "a" else "")
        if name in self._noted.marks and tag != "li":
            self._begin_note(self._noted.marks[name], block=tag in BLOCKS)
        match tag:
            case "a":
                href = given.get("href", "").strip()
                target = href.rpartition("#")[2] if "#" in href else ""
                noted = target in self._noted.marks or target in self._noted.backs
                self._links.append(None if noted else self._resolve_url(href))
                if target in self._noted.backs and self._footnote is not None:
                    self._back += 1
                    return
                self._note_mark = self._footnote is None and (
                    NOTE_REF.match(href) is not None or target in self._noted.marks
                )
                back = "backref" in classes or given.get("role") == "doc-backlink"
                arrow = BACK_REF.match(href) and self._footnote is not None
                self._back += bool(back or arrow) or bool(self._back)
            case "pre":
                self._pre = []
                found = LANGUAGE.search(classes)
                self._language = found[1] if found else ""
            case "code" if self._pre is not None and not self._language:
                found = LANGUAGE.search(classes)
                self._language = found[1] if found else ""
            case "q":
                self._spans.append(Span("“", self._marks[-1]))
            case "ruby":
                self._ruby_brackets = False
            case "rp":
                self._ruby_brackets = True
            case "rt" if not self._ruby_brackets and not self._is_silent():
                self._spans.append(Span(self._get_ruby_bracket(), self._marks[-1]))
            case "ul" | "ol" | "menu":
                self._enter_list(tag, given)
            case "li":
                self._enter_item(given, classes)
            case "dl":
                self._groups += not self._lists
            case "dd":
                group = self._lists[0].group if self._lists else self._groups
                self._lists.append(_List(False, 0, group))
                self._markers.append("- ")
            case "table":
                self._tables.append(TableBuilder())
            case "tr" if self._tables:
                self._tables[-1].begin_row()
            case "td" | "th" if self._tables:
                self._tables[-1].begin_cell(
                    heading=tag == "th",
                    rows=_read_number(given.get("rowspan", ""), default=1),
                    columns=_read_number(given.get("colspan", ""), default=1),
                )
            case _:
                pass

    def _leave(self, tag: str) -> None:
        if tag in BLOCKS:
            self._flush(heading=HEADINGS.get(tag, 0))
        self._marks.pop()
        match tag:
            case "a":
                self._links.pop()
                self._note_mark = False
                self._back = max(0, self._back - 1)
            case "pre":
                self._end_pre()
            case "q":
                self._spans.append(Span("”", self._marks[-1]))
            case "rt" if not self._ruby_brackets and not self._is_silent():
                opened = next(
                    (s.text for s in reversed(self._spans) if s.text in ("（", " (")), "（"
                )
                self._spans.append(Span(")" if opened == " (" else "）", self._marks[-1]))
            case "ul" | "ol" | "menu":
                self._lists.pop()
                if not self._lists and not self._note_end:
                    self._footnote = None
            case "li":
                if self._markers:
                    self._markers.pop()
            case "dd":
                self._lists.pop()
                self._markers.pop()
            case "td" | "th" if self._tables:
                self._tables[-1].end_cell()
            case "table":
                self._end_table()
            case _:
                pass

    def _enter_list(self, tag: str, given: dict[str, str]) -> None:
        if not self._lists or (self._footnote is not None and len(self._lists) == self._note_depth):
            self._groups += 1
            group = self._groups
        else:
            group = self._lists[-1].group
        start = given.get("start", "1")
        number = int(start) if re.fullmatch(r"\d{1,8}", start) else 1
        self._lists.append(_List(tag == "ol", number, group))

    def _enter_item(self, given: dict[str, str], classes: str) -> None:
        current = self._lists[-1] if self._lists else None
        if current is None or not current.ordered:
            self._markers.append("- ")
            return
        if re.fullmatch(r"\d{1,8}", given.get("value", "")):
            current.number = int(given["value"])
        marker = f"{current.number}. "
        current.number += 1
        name = given.get("id", "")
        if name in self._noted.marks:
            marker = f"{self._noted.marks[name]}. "
        if len(self._lists) == 1 and (
            "footnote" in classes or NOTE_ID.match(name) or name in self._noted.marks
        ):
            self._footnote, self._note_depth = f"[{marker[:-2]}] ", 1
            marker = ""
        self._markers.append(marker)

    def _begin_note(self, label: str, *, block: bool) -> None:
        """Begin a note that is no list item: it ends with the element that contains its name.

        That is the block with the name; or the paragraph the name is in, or the box around that if
        it begins with the note or is named like one.
        """
        depth = len(self._open)
        if not block:
            before = get_spans_text(collapse_white_space(self._spans)).strip()
            if before and not re.fullmatch(r"[\W\d]{0,4}", before):
                return  # in the middle of a sentence
            self._spans = []
            while depth and self._open[depth - 1] not in BLOCKS:
                depth -= 1
        while depth > 1 and (depth - 1 in self._note_boxes or depth - 1 >= self._quiet_from):
            if self._open[depth - 2] not in ("div", "section", "aside"):
                break
            depth -= 1
        boxed = depth in self._note_boxes or depth >= self._quiet_from
        if not depth or not (boxed or (self._open[depth - 1] in ("p", "li", "dd", "div") and block)
                             or self._open[depth - 1] in ("p", "li", "dd")):  # fmt: skip
            return
        self._footnote, self._note_end = f"[{label}] ", depth
        self._note_depth = len(self._lists)

    def _is_silent(self) -> bool:
        return self._pre is not None or self._back > 0

    def _get_ruby_bracket(self) -> str:
        before = next(
            (span.text.rstrip() for span in reversed(self._spans) if span.text.strip()), ""
        )
        return " (" if before[-1:].isascii() else "（"

    def _handle_media(self, tag: str, given: dict[str, str]) -> None:
        """Show an embedded page, video or sound as a link."""
        if tag == "source" and self._media and self._skipped == 1:
            self._media = "" if self._add_media(given) else self._media
        if self._is_skipping() or tag not in ("iframe", "video", "audio", "object"):
            return
        if not self._add_media(given) and tag in ("video", "audio"):
            self._media = tag

    def _add_media(self, given: dict[str, str]) -> bool:
        source = given.get("src") or given.get("data-src") or given.get("data") or ""
        if not source or self._pre is not None:
            return False
        if not is_shown_embed(source, given):
            return True
        address = self._resolve_url(get_watch_url(source))
        if address is None:
            return False
        title = " ".join((given.get("title") or given.get("aria-label") or "").split())
        useful = title and title.casefold() not in _EMPTY_TITLES
        self._spans += [
            Span(_BREAK),
            Span(title if useful else address, Mark.NONE, address),
            Span(_BREAK),
        ]
        return True

    def _resolve_url(self, href: str) -> str | None:
        href = href.strip()
        if not href or NOTE_REF.match(href) or BACK_REF.match(href):
            return None
        try:
            address = unwrap_redirect(urljoin(self._base, href) if self._base else href)
            parts = urlsplit(address)
        except ValueError:
            parts = urlsplit("")
        if parts.scheme in ("http", "https") and parts.netloc:
            return address
        if href and not href.startswith("#"):
            self._lost["Links that lead nowhere from Discord are shown as their text"] += 1
        return None

    def _handle_void(self, tag: str, given: dict[str, str]) -> None:
        match tag:
            case "br":
                self.handle_data("\n") if self._pre is not None else self._add_break()
            case "hr":
                self._begin_block("hr")
                self._emit(Rule(Frame(quoted=self._count["blockquote"] > 0)))
            case "img":
                self._add_image(given)
            case "input" if given.get("type", "").lower() == "checkbox":
                self.handle_data("☑ " if "checked" in given else "☐ ")
            case "wbr":
                pass
            case _:
                pass

    def _add_break(self) -> None:
        for span in reversed(self._spans):
            if span.text == _BREAK:
                self._flush()  # old pages separate paragraphs by two <br>
                return
            if span.text.strip():
                break
        self._spans.append(Span(_BREAK, self._marks[-1]))

    def _add_image(self, given: dict[str, str]) -> None:
        alt = " ".join(given.get("alt", "").split())
        if alt and len(alt) <= 8 and not any(character.isalnum() for character in alt):
            self.handle_data(alt)  # an emoji as an image
            return
        source = given.get("src", "") or given.get("data-src", "")
        address = None
        if source and not source.startswith("data:"):
            address = self._resolve_url(source)
        if address is None:
            self._lost["Pictures without an address on the web are left out"] += 1
            if alt:
                self._spans += [Span(_BREAK), Span(alt, self._marks[-1]), Span(_BREAK)]
            return
        self._spans += [Span(_BREAK), Span(alt or address, Mark.NONE, address), Span(_BREAK)]

    # Output

    def _make_frame(self) -> Frame:
        quoted = self._count["blockquote"] > 0
        # The list of notes is none; one inside a note is.
        lists = self._lists if self._footnote is None else self._lists[self._note_depth :]
        if not lists:
            return Frame(quoted)
        marker = ""
        if self._markers and self._markers[-1]:
            marker, self._markers[-1] = self._markers[-1], ""
        return Frame(quoted, len(lists), marker, lists[0].group)

    def _emit(self, block: Block) -> None:
        if self._tables and self._tables[-1].cell is not None:
            self._tables[-1].cell.append(block)
        else:
            (self.out.footnotes if self._footnote is not None else self.out.blocks).append(block)

    def _flush(self, heading: int = 0) -> None:
        if not self._spans or self._pre is not None:
            return
        spans = _insert_breaks(self._spans)
        self._spans = []
        if not spans:
            return
        heading = heading or next((n for name, n in HEADINGS.items() if self._count[name]), 0)
        if self._footnote:
            first = spans[0]
            if self._note_end and first.text.lstrip(".:)] "):
                stripped = first.text.lstrip(".:)] ")
                spans = (Span(stripped, first.marks, first.link, first.code), *spans[1:])
            spans = (Span(self._footnote), *spans)
            self._footnote = ""
        frame = self._make_frame()
        self._emit(Heading(heading, spans, frame) if heading else Paragraph(spans, frame))

    def _end_pre(self) -> None:
        text = expand_tabs("".join(self._pre or [])).strip("\n")
        self._pre = None
        if not text.strip():
            return
        frame = self._make_frame()
        self._emit(Code(text, self._language, Frame(frame.quoted, frame.depth, "", frame.group)))

    def _end_table(self) -> None:
        table = self._tables.pop()
        for block in table.build(Frame(self._count["blockquote"] > 0)):
            self._emit(block)


_EMPTY_TITLES = frozenset(("video player", "youtube video player", "embedded content", "iframe",
                           "audio player", "player", "embed", "video"))  # fmt: skip


def _read_number(text: str, *, default: int) -> int:
    return int(text) if re.fullmatch(r"\d{1,4}", text) else default


_BREAK = "\ue000"  # a <br>, unlike a newline, which is mere white space in HTML


def _insert_breaks(spans: list[Span]) -> tuple[Span, ...]:
    """Collapse HTML's white space and put the line breaks in."""
    flat = [
        Span(span.text if span.code else re.sub(r"[ \t\n\r\f]+", " ", span.text), span.marks,
             span.link, span.code)
        for span in spans
    ]  # fmt: skip
    broken = [Span("\n", span.marks) if span.text == _BREAK else span for span in flat]
    tidy = collapse_white_space(broken)
    return tidy if get_spans_text(tidy).strip() else ()


def read_html(
    html: str,
    *,
    base: str | None = None,
    foreign: bool = False,
    classes: Mapping[str, Style] | None = None,
) -> HtmlContent:
    """Read an HTML text.

    base:    the page's URL, for relative links
    foreign: unknown tags are words of the text (``List<String>`` in Markdown)
    classes: the emphasis that the page's style sheet gives to names of classes
    """
    reader = _Reader(base, foreign=foreign, notes=find_notes(html), classes=classes or {})
    reader.feed(html)
    return reader.finish()
