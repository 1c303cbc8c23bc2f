"""Read HTML into blocks, from a stream of tags without a tree, so that deep nesting is cheap.

Markdown and Word documents are converted to HTML by their libraries and read here too. What isn't
text (scripts, styles, buttons) is left out; every other word is kept.
"""

from __future__ import annotations

import posixpath
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

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
    collapse_white_space,
    get_spans_text,
)
from bot.core.reading.html_embeds import get_watch_url, is_shown_embed, unwrap_redirect
from bot.core.reading.html_notes import NoteLinks, find_notes
from bot.core.reading.html_pictures import (
    choose_source,
    is_caption_class,
    is_formula_image,
    is_skipped_picture,
    name_embedded_picture,
)
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
from bot.core.text.coded_text import CodedText, make_coded
from bot.core.text.columns import expand_tabs

__all__ = ["HtmlContent", "read_html"]


@dataclass(slots=True)
class HtmlContent:
    """The blocks and footnotes of an HTML text, and notes about what could not be kept."""

    blocks: list[Block] = field(default_factory=list)
    footnotes: list[Block] = field(default_factory=list)
    notes: list[CodedText] = field(default_factory=list)


@dataclass(slots=True)
class _List:
    ordered: bool
    number: int
    group: int
    step: int = 1


@dataclass(slots=True)
class _Figure:
    """An open <figure>: where its blocks begin, and its captions with the place of each."""

    target: list[Block]
    start: int
    captions: list[tuple[int, list[Block]]] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(
        self,
        base: str | None,
        *,
        foreign: bool,
        notes: NoteLinks,
        classes: Mapping[str, Style],
        files: frozenset[str],
        folder: str,
    ) -> None:
        super().__init__(convert_charrefs=True)
        self.out = HtmlContent()
        self._base = base
        self._foreign = foreign  # unknown tags are text
        self._open: list[str] = []
        self._count: defaultdict[str, int] = defaultdict(int)
        self._coded = 0  # open elements of code
        self._spans: list[Span] = []
        self._marks: list[Mark] = [Mark.NONE]
        self._links: list[str | None] = []
        self._lists: list[_List] = []
        self._markers: list[str] = []  # of the open list items; empty once shown
        self._pre: list[str] | None = None
        self._language = ""
        self._tables: list[TableBuilder] = []
        self._deep_tables = 0  # open tables inside of too many others
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
        self._files, self._folder = files, folder
        self._sources: list[dict[str, str]] = []  # of the open <picture>
        self._pending: list[Picture] = []  # in the middle of a sentence: shown after its paragraph
        self._pictured = False  # a picture is shown here, and no text has followed
        self._fresh = False  # the block began with a picture and has had no text since
        self._figures: list[_Figure] = []
        self._captions: dict[int, int] = {}  # depth of a caption: where its blocks begin

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
            if tag == "img" and self._count["noscript"] == self._skipped and not self._pictured:
                self._add_image(given)  # for readers without scripts, as Discord's are
            if tag == "image" and self._files and self._count["svg"] == self._skipped:
                # A book's pictures of a whole page are often wrapped in SVG to be scaled.
                source = given.get("xlink:href") or given.get("href") or ""
                self._add_image({"src": source, "alt": given.get("aria-label", "")})
            if tag not in VOID:
                self._push(tag)
            return
        if tag in VOID:
            self._handle_void(tag, given)
            return
        if tag in BLOCKS:
            self._begin_block(tag)
        self._push(tag)
        if given and NOTE_BOX.search(f"{given.get('id', '')} {given.get('class', '')}"):
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

    # A tag without attributes, or with plain ones in quotation marks, is most of what a text with
    # much markup consists of: the library takes several times as long to read it. Its line numbers
    # aren't needed.

    def parse_starttag(self, i: int) -> int:
        found = _SIMPLE_START.match(self.rawdata, i)
        if found is None:
            return super().parse_starttag(i)
        self.lasttag = tag = found[1]
        written: Any = _ATTRIBUTE.findall(found[2]) if found[2] else []
        self.handle_starttag(tag, written)
        return found.end()

    def parse_endtag(self, i: int) -> int:
        self._ending = i
        found = _SIMPLE_END.match(self.rawdata, i) if self.cdata_elem is None else None
        if found is None:
            return super().parse_endtag(i)
        self.handle_endtag(found[1])
        return found.end()

    def updatepos(self, _i: int, j: int) -> int:
        return j

    def handle_data(self, data: str) -> None:
        if not data or self._is_skipping() or self._back:
            return
        if self._pre is not None:
            self._pre.append(data)
            self._quiet_from = len(self._open) + 1
            return
        if not data.isspace():
            self._pictured = False
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
        marks = self._marks[-1]
        if link is not None and not (self._count["u"] or self._count["ins"]):
            marks &= ~Mark.UNDERLINE  # a style's: links are underlined
        self._spans.append(Span(data, marks, link, self._coded > 0))

    def unknown_decl(self, data: str) -> None:
        if data.startswith("CDATA["):
            self.handle_data(data[6:])

    def finish(self) -> HtmlContent:
        self.close()
        while self._open:
            self._pop()
        self._flush()
        for what, count in self._lost.items():
            self.out.notes.append(make_coded(what, count=count))
        return self.out

    # The stack of open elements

    def _is_skipping(self) -> bool:
        return self._skipped > 0

    def _push(self, tag: str) -> None:
        self._open.append(tag)
        self._count[tag] += 1
        self._skipped += tag in SKIPPED
        self._coded += tag in CODE

    def _pop(self) -> str:
        if self._open[-1] == "blockquote":
            self._flush()  # text that is directly in it
        tag = self._open.pop()
        self._count[tag] -= 1
        self._coded -= tag in CODE
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
        if given and (tag not in BLOCKS or tag == "p"):
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
        if tag == "figcaption" or (tag in _CAPTION_TAGS and is_caption_class(classes)):
            self._captions[len(self._open)] = len(self._get_target())
        if tag in _PLAIN_TAGS:
            return
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
            case "figure":
                around = self._get_target()
                self._figures.append(_Figure(around, len(around)))
            case "picture":
                self._sources = []
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
                self._deep_tables += len(self._tables) >= _MAX_TABLES
                if not self._deep_tables:
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
        caption = self._captions.pop(len(self._open) + 1, None)
        if caption is not None:
            self._end_caption(caption)
        if tag in _PLAIN_TAGS:
            return
        match tag:
            case "figure" if self._figures:
                self._end_figure(self._figures.pop())
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
        number = int(start) if _LIST_NUMBER.fullmatch(start) else 1
        down = "reversed" in given and _LIST_NUMBER.fullmatch(given.get("start", "")) is not None
        self._lists.append(_List(tag == "ol", number, group, -1 if down else 1))

    def _enter_item(self, given: dict[str, str], classes: str) -> None:
        current = self._lists[-1] if self._lists else None
        if current is None or not current.ordered:
            self._markers.append("- ")
            return
        if _LIST_NUMBER.fullmatch(given.get("value", "")):
            current.number = int(given["value"])
        marker = f"{current.number}. "
        current.number += current.step
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
        self._place_picture(Picture(address, title if useful else "", linked=True))
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
            self._lost["note-lost-links"] += 1
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
            case "source" if self._count["picture"]:
                self._sources.append(given)
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
        source = choose_source(given, self._sources)
        if is_skipped_picture(given, source):
            return
        if alt and is_formula_image(given, source):
            self.handle_data(f"${alt.strip('$ ')}$")
            return
        written = given.get("src", "").strip()
        address = self._resolve_picture(source) or name_embedded_picture(written) or None
        if address is None:
            embedded = written.startswith("data:")
            if source or alt or (embedded and len(written) > _MAX_EMPTY_DATA):
                self._lost["note-pictures-without-address"] += 1
            if alt:
                self._spans += [Span(_BREAK), Span(alt, self._marks[-1]), Span(_BREAK)]
            elif source and self._pre is None:
                self._spans.append(Span(" "))  # the words around it stay two
            return
        # In Markdown a writer gives a title as the caption; pages have anything there.
        title = " ".join(given.get("title", "").split()) if self._foreign else ""
        caption = (Span(title),) if title and title != alt else ()
        if alt and any(self._count[name] for name in HEADINGS) and not self._get_text_end():
            self._spans.append(Span(alt, self._marks[-1]))  # it is the heading
            alt = ""
        self._pictured = True
        self._place_picture(Picture(address, alt, caption))

    def _resolve_picture(self, source: str) -> str | None:
        """A picture's URL, or its path inside the file that is read; None without either."""
        if not source:
            return None
        if self._files and not urlsplit(source).scheme:
            path = posixpath.normpath(
                posixpath.join(self._folder, unquote(re.split("[?#]", source)[0]))
            )
            if path in self._files:
                return path
        return self._resolve_url(source)

    def _get_text_end(self) -> str:
        """The last characters of the block that is being read; empty if it has no text yet."""
        end = ""
        for span in reversed(self._spans):
            end = (span.text[-_END_LENGTH:] + end).strip(" \t\n\r\f")
            if len(end) >= _END_LENGTH:
                break
        return end

    def _place_picture(self, picture: Picture) -> None:
        """Show a picture here; in the middle of a sentence, after the paragraph it is in."""
        text = self._get_text_end()
        middle = text and not text.endswith(_BREAK) and not _SENTENCE_END.search(text)
        if self._pre is not None or middle:
            self._pending.append(picture)
            self._spans += [Span(" ")] if self._pre is None else []
            return
        self._flush()
        self._emit_picture(picture)
        self._fresh = True

    def _emit_picture(self, picture: Picture) -> None:
        quoted = self._count["blockquote"] > 0
        lists = self._lists if self._footnote is None else self._lists[self._note_depth :]
        frame = Frame(quoted, len(lists), "", lists[0].group) if lists else Frame(quoted)
        self._emit(replace(picture, frame=frame))

    def _end_caption(self, start: int) -> None:
        """Make the blocks from ``start`` on the caption of their figure or the picture before."""
        target = self._get_target()
        blocks = target[start:]
        if not all(isinstance(block, Paragraph | Heading) for block in blocks) or not blocks:
            return
        if self._figures and self._figures[-1].target is target:
            del target[start:]
            self._figures[-1].captions.append((start, blocks))
        elif start and isinstance(target[start - 1], Picture):
            target[start - 1 :] = _add_caption(target[start - 1], blocks)

    def _end_figure(self, figure: _Figure) -> None:
        """Give the last picture of a figure its caption; other figures get it as a paragraph."""
        places = [
            place
            for place in range(figure.start, len(figure.target))
            if isinstance(figure.target[place], Picture)
        ]
        for place, blocks in reversed(figure.captions):
            if places:
                at = places[-1]
                figure.target[at : at + 1] = _add_caption(figure.target[at], blocks)
            else:
                figure.target[place:place] = blocks

    # Output

    def _make_frame(self) -> Frame:
        quoted = self._count["blockquote"] > 0
        # The list of notes is none; one inside a note is.
        lists = self._lists if self._footnote is None else self._lists[self._note_depth :]
        if not lists:
            return Frame(quoted)
        # Items that begin with a list have no text of their own: their markers come before.
        begun = len(self._markers)
        while begun > len(self._markers) - len(lists) and begun > 0 and self._markers[begun - 1]:
            begun -= 1
        marker = "".join(self._markers[begun:])
        self._markers[begun:] = [""] * (len(self._markers) - begun)
        return Frame(quoted, len(lists), marker, lists[0].group)

    def _get_target(self) -> list[Block]:
        """Where blocks go now: a table's cell, the footnotes or the text."""
        if self._tables and self._tables[-1].cell is not None:
            return self._tables[-1].cell
        return self.out.footnotes if self._footnote is not None else self.out.blocks

    def _emit(self, block: Block) -> None:
        self._get_target().append(block)

    def _flush(self, heading: int = 0) -> None:
        if self._pre is not None:
            return
        self._flush_text(heading)
        self._fresh = False
        pending, self._pending = self._pending, []
        for picture in pending:
            self._emit_picture(picture)

    def _flush_text(self, heading: int) -> None:
        if not self._spans:
            return
        if len(self._spans) == 1 and self._spans[0].text.isspace():
            self._spans = []  # between two blocks
            return
        spans = _insert_breaks(self._spans)
        self._spans = []
        if not spans:
            return
        if self._fresh and _is_caption(spans):
            target = self._get_target()
            if target and isinstance(target[-1], Picture) and not target[-1].caption:
                target[-1:] = _add_caption(target[-1], [Paragraph(spans)])
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
        self._flush()

    def _end_table(self) -> None:
        if self._deep_tables:
            self._deep_tables -= 1
            return
        table = self._tables.pop()
        for block in table.build(Frame(self._count["blockquote"] > 0)):
            self._emit(block)


#: Elements that are no more than their marks, or the end of a block.
_PLAIN_TAGS = frozenset(("p", "em", "i", "b", "strong", "span", "div", "s", "u", *HEADINGS))
# Simple tags of elements whose content the library reads like any other.
_SIMPLE = "|".join(
    sorted(BLOCKS | CODE | frozenset(MARKS) | {"a", "span", "font", "sup", "sub", "small", "mark"})
)
_SIMPLE_START = re.compile(rf'<({_SIMPLE})((?:[ \t\n]+[a-z][a-z-]*="[^"&<>]*")*)>')
_SIMPLE_END = re.compile(f"</({_SIMPLE})>")
_ATTRIBUTE = re.compile(r'([a-z][a-z-]*)="([^"]*)"')
_EMPTY_TITLES = frozenset(("video player", "youtube video player", "embedded content", "iframe",
                           "audio player", "player", "embed", "video"))  # fmt: skip


def _read_number(text: str, *, default: int) -> int:
    return int(text) if re.fullmatch(r"\d{1,4}", text) else default


_LIST_NUMBER = re.compile(r"-?\d{1,8}")
_CAPTION_TAGS = frozenset(("p", "div", "dd", "figcaption"))
_END_LENGTH = 20  # characters that tell whether a sentence ends
_MAX_CAPTION = 600  # characters; a longer one is text
_MAX_SHORT_CAPTION = 300  # of a line in italics
_MAX_EMPTY_DATA = 400  # characters of a data URL that holds nothing but a placeholder
_SENTENCE_END = re.compile(r"""[.!?:;…。！？：][)\]"'”’»」』）]*$""")


def _is_caption(spans: Sequence[Span]) -> bool:
    """Whether the text below a picture, in the same paragraph, is all in italics."""
    text = get_spans_text(spans)
    return len(text) <= _MAX_SHORT_CAPTION and all(
        Mark.ITALIC in span.marks or not span.text.strip() for span in spans
    )


def _add_caption(picture: Block, blocks: Sequence[Block]) -> list[Block]:
    """The picture with its caption, or both if that is as long as a text."""
    spans: list[Span] = []
    for block in blocks:
        assert isinstance(block, Paragraph | Heading)
        spans += [Span(" "), *block.spans] if spans else block.spans
    text = get_spans_text(spans)
    if not isinstance(picture, Picture) or len(text) > _MAX_CAPTION:
        return [picture, *blocks]
    if all(Mark.ITALIC in span.marks or not span.text.strip() for span in spans):
        spans = [Span(s.text, s.marks & ~Mark.ITALIC, s.link, s.code) for s in spans]
    flat = [Span(s.text.replace("\n", " "), s.marks, s.link, s.code) for s in spans]
    caption = collapse_white_space(flat)
    if picture.caption and get_spans_text(picture.caption) != get_spans_text(caption):
        caption = (*picture.caption, Span("\n"), *caption)
    return [replace(picture, caption=caption)]


_MAX_TABLES = 20  # in each other; what is deeper belongs to the cells of the last
_MAX_OPEN = 50  # signs of a tag, comment or instruction without an end; more would take very long
_BREAK = "\ue000"  # a <br>, unlike a newline, which is mere white space in HTML


_SPACE, _UNTIDY = re.compile(r"[ \t\n\r\f]+"), re.compile(r"[\t\n\r\f]|  ")


def _insert_breaks(spans: list[Span]) -> tuple[Span, ...]:
    """Collapse HTML's white space and put the line breaks in."""
    broken = [
        Span("\n", span.marks)
        if span.text == _BREAK
        else Span(_SPACE.sub(" ", span.text), span.marks, span.link)
        if not span.code and _UNTIDY.search(span.text)
        else span
        for span in spans
    ]
    tidy = collapse_white_space(broken)
    return tidy if get_spans_text(tidy).strip() else ()


def _escape_unended(html: str) -> str:
    """Escape the signs after which the parser would search for an end that never comes."""
    for sign, end in (("<!--", "-->"), ("<", ">")):
        place = html.rfind(end) + 1
        if html.count(sign, place) > _MAX_OPEN:
            html = html[:place] + html[place:].replace(sign, f"&lt;{sign[1:]}")
    return html


def read_html(
    html: str,
    *,
    base: str | None = None,
    foreign: bool = False,
    classes: Mapping[str, Style] | None = None,
    files: frozenset[str] = frozenset(),
    folder: str = "",
) -> HtmlContent:
    """Read an HTML text.

    base:    the page's URL, for relative links
    foreign: unknown tags are words of the text (``List<String>`` in Markdown)
    classes: the emphasis that the page's style sheet gives to names of classes
    files:   the pictures inside the file that the text is from
    folder:  of that text in the file, to which the addresses of those are relative
    """
    reader = _Reader(base, foreign=foreign, notes=find_notes(html), classes=classes or {},
                     files=files, folder=folder)  # fmt: skip
    reader.feed(_escape_unended(html))
    return reader.finish()
