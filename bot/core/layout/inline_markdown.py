"""One line of spans as Discord Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from bot.core.essay.blocks import Mark, Span, get_spans_text, merge_spans
from bot.core.text.escape import escape, escape_line_start, escape_url, has_url
from bot.core.text.length import count_utf16_units

__all__ = ["LONGEST_LINK", "render_code_span", "render_inline"]

LONGEST_LINK = 1_000
"""An address of more UTF-16 units is not worth half a message: its text is shown without it."""

_MOST_PIECES = 1_000  # of one line that change emphasis: it is noise then, and slow to write
_ORDER = (Mark.UNDERLINE, Mark.STRIKE, Mark.BOLD, Mark.ITALIC)
_DELIMITERS = {
    Mark.UNDERLINE: "__",
    Mark.STRIKE: "~~",
    Mark.BOLD: "**",
    Mark.ITALIC: "*",
}


@dataclass(frozen=True, slots=True)
class _Piece:
    """Markdown that is emphasised as a whole."""

    text: str
    marks: Mark


def render_code_span(text: str) -> str | None:
    """A code span; None where Discord has no way to write it."""
    if not text.strip() or "\n" in text or "``" in text:
        return None
    if "`" not in text:
        return f"`{text}`"
    # Spaces beside backticks are taken away again by Discord.
    inner = f" {text}" if text.startswith("`") else text
    inner = f"{inner} " if text.endswith("`") else inner
    return f"``{inner}``"


def _code_piece(span: Span) -> _Piece:
    markdown = render_code_span(span.text)
    if markdown is None:
        return _Piece(escape(span.text), span.marks)
    # Discord looks for the end of an emphasis without regard to code.
    unsafe = any(character in span.text for character in "*_~|\\")
    return _Piece(markdown, Mark.NONE if unsafe else span.marks)


def _balanced(text: str) -> bool:
    depth = 0
    for character in text:
        depth += (character == "[") - (character == "]")
        if depth < 0:
            return False
    return depth == 0


def _link_piece(spans: Sequence[Span], address: str) -> list[_Piece]:
    """A masked link; where Discord would refuse one, the text and the address beside it."""
    text = get_spans_text(spans)
    common = spans[0].marks
    for span in spans:
        common &= span.marks
    inner = [replace(span, link=None, marks=span.marks & ~common) for span in spans]
    address = escape_url(address)
    if not text.strip():
        return _plain_pieces(spans)
    if count_utf16_units(address) > LONGEST_LINK or not address.startswith(("http://", "https://")):
        return _plain_pieces([replace(span, link=None) for span in spans])
    if has_url(text) and (spans[0].link or "").startswith(text.strip()):
        return _plain_pieces([replace(span, link=None) for span in spans])
    if has_url(text) or not _balanced(text) or any(span.code for span in spans):
        if any(span.code for span in spans) and _balanced(text) and not has_url(text):
            inner = [replace(span, code=False) for span in inner]
            return [_Piece(f"[{_emphasised(_plain_pieces(inner))}]({address})", common)]
        shown = _plain_pieces([replace(span, link=None) for span in spans])
        return [*shown, _Piece(f" (<{address}>)", Mark.NONE)]
    # Brackets that pair up need no backslash in a link, and Discord would not see one there.
    content = _emphasised(_plain_pieces(inner)).replace("\\[", "[")
    lead = content[: len(content) - len(content.lstrip(" "))]
    trail = content[len(content.rstrip(" ")) :]
    pieces = [_Piece(lead, common)] if lead else []
    pieces.append(_Piece(f"[{content.strip(' ')}]({address})", common))
    if trail:
        pieces.append(_Piece(trail, common))
    return pieces


def _plain_pieces(spans: Sequence[Span], *, followed: bool = False) -> list[_Piece]:
    pieces: list[_Piece] = []
    members = merge_spans(spans)
    for place, span in enumerate(members):
        if place + 1 < len(members):
            touches = not members[place + 1].text[:1].isspace()
        else:
            touches = followed
        if span.code:
            pieces.append(_code_piece(span))
            continue
        text = span.text
        if span.marks is Mark.NONE:
            pieces.append(_Piece(escape(text, followed=touches), Mark.NONE))
            continue
        # An emphasis neither begins nor ends with white space.
        core = text.strip()
        lead = text[: len(text) - len(text.lstrip())]
        trail = text[len(text.rstrip()) :] if core else ""
        for part, marks in ((lead, Mark.NONE), (core, span.marks), (trail, Mark.NONE)):
            if part:
                pieces.append(_Piece(escape(part) if part is core else part, marks))
    return pieces


def _bridge(pieces: Sequence[_Piece]) -> list[_Piece]:
    """White space between two pieces belongs to what they share, so that one emphasis spans it."""
    result = list(pieces)
    for place, piece in enumerate(result):
        if piece.text.strip():
            continue
        before = result[place - 1].marks if place else Mark.NONE
        after = result[place + 1].marks if place + 1 < len(result) else Mark.NONE
        result[place] = _Piece(piece.text, before & after)
    return result


def _written(pieces: Sequence[_Piece], italic: str, without: Mark) -> tuple[str, bool]:
    """The Markdown, and whether Discord will read each delimiter as it is meant."""
    out: list[str] = []
    opened: list[Mark] = []
    closed_here = ""  # what was closed since the last text
    sound = True
    lasts = _lasting(pieces, without)
    for place, piece in enumerate(pieces):
        marks = piece.marks & ~without
        while any(mark not in marks for mark in opened):
            mark = opened.pop()
            closed_here += italic if mark is Mark.ITALIC else _DELIMITERS[mark]
            out.append(italic if mark is Mark.ITALIC else _DELIMITERS[mark])
        new = [mark for mark in _ORDER if mark in marks and mark not in opened]
        new.sort(key=lambda mark: -lasts[mark][place])
        text = piece.text
        if new and text[:1].isspace():  # what opens before white space is not read as an emphasis
            out.append(text[0])
            text = text[1:]
            closed_here = ""
        for mark in new:
            delimiter = italic if mark is Mark.ITALIC else _DELIMITERS[mark]
            if closed_here and closed_here[-1] + delimiter[0] in ("**", "__", "~~", "~_"):
                sound = False
            opened.append(mark)
            out.append(delimiter)
        if closed_here and "_" in (italic, closed_here[-1]) and not new:
            first = text[:1]
            if closed_here[-1] == "_" and (first.isalnum() or first == "_"):
                sound = False
        closed_here = ""
        out.append(text)
    out.extend(italic if mark is Mark.ITALIC else _DELIMITERS[mark] for mark in reversed(opened))
    return "".join(out), sound


def _lasting(pieces: Sequence[_Piece], without: Mark) -> dict[Mark, list[int]]:
    """For each mark and piece, at which piece the mark ends: what lasts longest is opened first."""
    lasts: dict[Mark, list[int]] = {}
    for mark in _ORDER:
        ends = [0] * len(pieces)
        end = len(pieces)
        for place in range(len(pieces) - 1, -1, -1):
            if mark not in pieces[place].marks & ~without:
                end = place
            ends[place] = end
        lasts[mark] = ends
    return lasts


def _emphasised(pieces: Sequence[_Piece]) -> str:
    bridged = _bridge(pieces)
    merged = [
        _Piece("".join(piece.text for piece in group), marks)
        for marks, group in groupby(bridged, key=lambda piece: piece.marks)
    ]
    if len(merged) > _MOST_PIECES:
        return "".join(piece.text for piece in merged)
    markdown = ""
    # Delimiters that touch can be misread: then italics are written with the other sign, and if
    # that does not help either, they are given up on this line rather than shown as asterisks.
    for italic, without in (
        ("*", Mark.NONE),
        ("_", Mark.NONE),
        ("*", Mark.ITALIC),
        ("*", Mark.ITALIC | Mark.UNDERLINE),
        ("*", ~Mark.NONE),
    ):
        markdown, sound = _written(merged, italic, without)
        if sound:
            break
    return markdown


def render_inline(spans: Sequence[Span], *, line_start: bool = True) -> str:
    """One line of spans (no newline in them) as Discord Markdown.

    line_start: whether it begins a line, where ``#``, ``>``, ``-`` and ``1.`` would have a meaning
    """
    if len(spans) == 1 and spans[0].link is None and not spans[0].code and not spans[0].marks:
        markdown = escape(spans[0].text)  # most of most essays
    else:
        pieces: list[_Piece] = []
        groups = [(link, list(group)) for link, group in groupby(spans, key=lambda s: s.link)]
        for place, (link, members) in enumerate(groups):
            if link is not None:
                pieces.extend(_link_piece(members, link))
            else:
                pieces.extend(_plain_pieces(members, followed=place + 1 < len(groups)))
        markdown = _emphasised(pieces)
    return escape_line_start(markdown) if line_start else markdown
