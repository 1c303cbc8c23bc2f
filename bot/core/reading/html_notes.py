"""Find footnotes in HTML by their links: a mark links to a note, and the note links back.

Every program names them differently (Substack, WordPress, LibreOffice, Google Docs, Word, pandoc),
but two links that point at each other, with a number or a sign as text, are a mark and its note.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape

__all__ = ["NoteLinks", "find_notes"]

_TAG = re.compile(r"<(?P<name>[a-zA-Z][\w-]*)(?P<attributes>(?:\s[^<>]*)?)>")
_ATTRIBUTE = re.compile(
    r"\s(id|name|href)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", re.IGNORECASE
)
_HEADING = re.compile(r"[hH][1-6]")  # a section, to which a table of contents links
_ANY_TAG = re.compile(r"<[^<>]*>")
_MARK = re.compile(r"[\[(]?\s*([0-9]{1,4}|[ivxlc]{1,6}|[a-zA-Z]{1,2}|[*†‡§¶#]{1,3})\s*[\])]?\.?:?")
_BACK = re.compile(
    r"[\[(]?\s*(?:[0-9]{1,4}|[ivxlc]{1,6}|[a-zA-Z]{1,2}|[*†‡§¶#]{1,3}|"
    r"[↩↵⏎⤴↑^←⬆🔙↖\ufe0e\ufe0f]{1,3}|back|return|jump up)\s*[\])]?\.?:?",
    re.IGNORECASE,
)
_MAX_LINK = 300  # characters of HTML in a mark's link
_MAX_BEFORE = 120  # characters between the element with the mark's name and its link


@dataclass(slots=True)
class NoteLinks:
    """The names that links and notes have.

    marks: the label of each note, by its name
    backs: the names that the links in notes lead back to
    """

    marks: dict[str, str] = field(default_factory=dict)
    backs: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Link:
    at: int
    target: str
    names: tuple[str, ...]
    text: str


def find_notes(html: str) -> NoteLinks:
    """The notes of an HTML text."""
    found = NoteLinks()
    if "#" not in html or "href" not in html:
        return found
    places: dict[str, int] = {}
    links: list[_Link] = []
    recent: list[tuple[int, str]] = []  # names of elements, by position
    for tag in _TAG.finditer(html):
        if "=" not in tag["attributes"]:
            continue
        values = {
            name.lower(): unescape(one or two or three)
            for name, one, two, three in _ATTRIBUTE.findall(tag["attributes"])
        }
        link = tag["name"].lower() == "a"
        name = values.get("id") or (values.get("name") if link else None)
        if name:
            if not _HEADING.fullmatch(tag["name"]):
                places.setdefault(name, tag.start())
            recent.append((tag.start(), name))
        href = values.get("href", "")
        if not link or "#" not in href or href.endswith("#"):
            continue
        end = html.find("</a", tag.end(), tag.end() + _MAX_LINK)
        if end < 0:
            continue
        text = unescape(_ANY_TAG.sub("", html[tag.end() : end])).strip()
        near = tuple(one for at, one in recent[-4:] if tag.start() - at <= _MAX_BEFORE)
        links.append(_Link(tag.start(), href.rpartition("#")[2], near, text))
    by_target: dict[str, list[_Link]] = {}
    for link_ in links:
        by_target.setdefault(link_.target, []).append(link_)
    for mark in links:
        label = _MARK.fullmatch(mark.text)
        at = places.get(mark.target)
        if label is None or at is None or at <= mark.at or mark.target in found.marks:
            continue
        for back in (one for name in mark.names for one in by_target.get(name, ())):
            if back.at >= at and _BACK.fullmatch(back.text):
                found.marks[mark.target] = label[1]
                found.backs.add(back.target)
    return found
