"""Render one line of spans as Discord Markdown: emphasis, links, inline code."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby, pairwise
from operator import itemgetter
from typing import NamedTuple

from bot.core.essay.blocks import Mark, Span, get_spans_text, merge_spans
from bot.core.text.escape import (
    encode_bare_urls,
    escape,
    escape_line_start,
    escape_link_text,
    escape_url,
    has_url,
)
from bot.core.text.length import count_utf16_units

__all__ = ["DELIMITERS", "MAX_LINK", "render_code_span", "render_inline"]

MAX_LINK = 1_000
"""UTF-16 units of a URL; a longer one would take half a message, so only its text is shown."""

_MAX_PIECES = 1_000  # changes of emphasis in one line; more are noise, and slow to render
# What may follow a bare URL without becoming a part of it.
_ENDS_URL = re.compile(r"[.,:;\"')\]]*(?:\s|$)")
_MARK_ORDER = (Mark.UNDERLINE, Mark.STRIKE, Mark.BOLD, Mark.ITALIC)
DELIMITERS = {
    Mark.UNDERLINE: "__",
    Mark.STRIKE: "~~",
    Mark.BOLD: "**",
    Mark.ITALIC: "*",
}


class _Piece(NamedTuple):
    """Markdown with the same emphasis throughout."""

    text: str
    marks: Mark


def render_code_span(text: str) -> str | None:
    """Inline code; None if Discord's Markdown can't express it."""
    if not text.strip() or "\n" in text or "``" in text:
        return None
    if "`" not in text:
        return f"`{text}`"
    # Discord strips a space next to a backtick.
    inner = f" {text}" if text.startswith("`") else text
    inner = f"{inner} " if text.endswith("`") else inner
    return f"``{inner}``"


def _make_code_piece(span: Span) -> _Piece:
    markdown = render_code_span(span.text)
    if markdown is None:
        return _Piece(escape(span.text), span.marks)
    # Discord searches for the end of emphasis even inside code.
    unsafe = any(character in span.text for character in "*_~|\\")
    return _Piece(markdown, Mark.NONE if unsafe else span.marks)


def _find_delimiters(spans: Sequence[Span]) -> str:
    """The signs that emphasis and code on a line are written with."""
    used = Mark.NONE
    for span in spans:
        used |= span.marks
    signs = "`" if any(span.code for span in spans) else ""
    signs += "*" if used & (Mark.BOLD | Mark.ITALIC) else ""
    signs += "_" if used & (Mark.ITALIC | Mark.UNDERLINE) else ""
    return signs + ("~" if Mark.STRIKE in used else "")


def _is_balanced(text: str) -> bool:
    if "[" not in text and "]" not in text:
        return True
    depth = 0
    for character in text:
        depth += (character == "[") - (character == "]")
        if depth < 0:
            return False
    return depth == 0


def _is_beginning(text: str, address: str) -> bool:
    """Whether a link's text is its URL, or how that begins."""
    shown = text.strip()
    return address.startswith((shown, escape_url(shown)))


def _make_link_pieces(
    spans: Sequence[Span], address: str, *, touches: bool, delimiters: str, quiet: bool
) -> list[_Piece]:
    """A masked link; if Discord wouldn't accept one, the text followed by the URL.

    touches:    the text after it continues without white space
    delimiters: the signs of the emphasis on its line
    quiet:      in ``<…>``, so that Discord shows no preview
    """
    text = get_spans_text(spans)
    common = spans[0].marks
    for span in spans:
        common &= span.marks
    address = escape_url(address)
    target = f"<{address}>" if quiet else address
    if not text.strip():
        return _make_plain_pieces(spans)
    if count_utf16_units(address) > MAX_LINK or not address.startswith(("http://", "https://")):
        return _make_plain_pieces([replace(span, link=None) for span in spans])
    if has_url(text) and _is_beginning(text, address):
        # Discord doesn't mask a link with a text that is a URL, so the whole URL is shown.
        return [_Piece(f"<{address}>" if touches or quiet else address, common)]
    plain = all(span.marks == common and not span.code for span in spans)
    if plain and _is_balanced(text) and not has_url(text):
        lead = text[: len(text) - len(text.lstrip(" "))]
        trail = text[len(text.rstrip(" ")) :]
        shown_text = escape_link_text(text.strip(" "), delimiters)
        pieces = [_Piece(lead, common), _Piece(f"[{shown_text}]({target})", common)]
        pieces.append(_Piece(trail, common))
        return [piece for piece in pieces if piece.text]
    inner = [replace(span, link=None, marks=span.marks & ~common) for span in spans]
    if has_url(text) or not _is_balanced(text) or any(span.code for span in spans):
        if any(span.code for span in spans) and _is_balanced(text) and not has_url(text):
            inner = [replace(span, code=False) for span in inner]
            return [_Piece(f"[{_render_pieces(_make_plain_pieces(inner))}]({target})", common)]
        shown = _make_plain_pieces([replace(span, link=None) for span in spans], quiet=quiet)
        return [*shown, _Piece(f" (<{address}>)", Mark.NONE)]
    # Balanced brackets in a link need no backslash, and Discord would show it.
    content = _render_pieces(_make_plain_pieces(inner)).replace("\\[", "[")
    lead = content[: len(content) - len(content.lstrip(" "))]
    trail = content[len(content.rstrip(" ")) :]
    pieces = [_Piece(lead, common)] if lead else []
    pieces.append(_Piece(f"[{content.strip(' ')}]({target})", common))
    if trail:
        pieces.append(_Piece(trail, common))
    return pieces


def _make_plain_pieces(
    spans: Sequence[Span], *, followed: bool = False, quiet: bool = False
) -> list[_Piece]:
    pieces: list[_Piece] = []
    members = merge_spans(spans)
    for place, span in enumerate(members):
        if place + 1 < len(members):
            touches = not members[place + 1].text[:1].isspace()
        else:
            touches = followed
        if span.code:
            pieces.append(_make_code_piece(span))
            continue
        text = encode_bare_urls(span.text)
        if span.marks is Mark.NONE:
            pieces.append(_Piece(escape(text, followed=touches, quiet=quiet), Mark.NONE))
            continue
        # Emphasis can't begin or end with white space.
        core = text.strip()
        if core is text:
            pieces.append(_Piece(escape(text, quiet=quiet), span.marks))
            continue
        lead = text[: len(text) - len(text.lstrip())]
        trail = text[len(text.rstrip()) :] if core else ""
        for part, marks in ((lead, Mark.NONE), (core, span.marks), (trail, Mark.NONE)):
            if part:
                shown = escape(part, quiet=quiet) if part is core else part
                pieces.append(_Piece(shown, marks))
    return pieces


def _share_marks_of_spaces(pieces: Sequence[_Piece]) -> list[_Piece]:
    """Give white space the marks that both of its neighbours have, so that emphasis continues."""
    result = list(pieces)
    for place, piece in enumerate(result):
        if piece.text and not piece.text.isspace():
            continue
        before = result[place - 1].marks if place else Mark.NONE
        after = result[place + 1].marks if place + 1 < len(result) else Mark.NONE
        result[place] = _Piece(piece.text, before & after)
    return result


def _write_marks(pieces: Sequence[_Piece], italic: str, without: Mark) -> tuple[str, bool]:
    """The Markdown, and whether Discord will read each delimiter as intended."""
    out: list[str] = []
    opened: list[Mark] = []
    closed_here = ""  # delimiters closed since the last text
    sound = True
    lasts = _find_mark_ends(pieces, without)
    order, kept = tuple(lasts), ~without
    for place, piece in enumerate(pieces):
        marks = piece.marks & kept
        if not opened and not marks and "_" not in closed_here:
            closed_here = ""
            out.append(piece.text)
            continue
        while opened and any(mark not in marks for mark in opened):
            mark = opened.pop()
            closed_here += italic if mark is Mark.ITALIC else DELIMITERS[mark]
            out.append(italic if mark is Mark.ITALIC else DELIMITERS[mark])
        new = [mark for mark in order if mark in marks and mark not in opened]
        if len(new) > 1:
            new.sort(key=lambda mark: -lasts[mark][place])
        text = piece.text
        if new and text[:1].isspace():  # a delimiter before white space opens no emphasis
            out.append(text[0])
            text = text[1:]
            closed_here = ""
        for mark in new:
            delimiter = italic if mark is Mark.ITALIC else DELIMITERS[mark]
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
    out.extend(italic if mark is Mark.ITALIC else DELIMITERS[mark] for mark in reversed(opened))
    return "".join(out), sound


def _find_mark_ends(pieces: Sequence[_Piece], without: Mark) -> dict[Mark, list[int]]:
    """For each used mark and piece, the index where the mark ends; the longest is opened first."""
    lasts: dict[Mark, list[int]] = {}
    used = Mark.NONE
    for piece in pieces:
        used |= piece.marks
    used &= ~without
    for mark in _MARK_ORDER:
        if mark not in used:
            continue
        ends = [0] * len(pieces)
        end = len(pieces)
        for place in range(len(pieces) - 1, -1, -1):
            if mark not in pieces[place].marks:
                end = place
            ends[place] = end
        lasts[mark] = ends
    return lasts


def _keep_bars_apart(pieces: Sequence[_Piece]) -> list[_Piece]:
    """Escape a ``|`` at the end of a piece if the next one begins with another: no spoiler."""
    if not any("|" in piece.text for piece in pieces):
        return list(pieces)
    result = list(pieces)
    for place, (one, other) in enumerate(pairwise(pieces)):
        if one.text.endswith("|") and not one.text.endswith("\\|") and other.text.startswith("|"):
            result[place] = _Piece(f"{one.text[:-1]}\\|", one.marks)
    return result


def _render_pieces(pieces: Sequence[_Piece]) -> str:
    bridged = _share_marks_of_spaces(_keep_bars_apart(pieces))
    merged = [
        _Piece("".join([piece.text for piece in group]), marks)
        for marks, group in groupby(bridged, key=itemgetter(1))
    ]
    if len(merged) > _MAX_PIECES:
        return "".join(piece.text for piece in merged)
    markdown = ""
    # Adjacent delimiters can be misread. Then write italics with underscores; if that doesn't help,
    # drop them on this line rather than show asterisks.
    for italic, without in (
        ("*", Mark.NONE),
        ("_", Mark.NONE),
        ("*", Mark.ITALIC),
        ("*", Mark.ITALIC | Mark.UNDERLINE),
        ("*", ~Mark.NONE),
    ):
        markdown, sound = _write_marks(merged, italic, without)
        if sound:
            break
    return markdown


def render_inline(spans: Sequence[Span], *, line_start: bool = True, quiet: bool = False) -> str:
    """Render spans without newlines as Discord Markdown.

    line_start: they begin a line, where ``#``, ``>``, ``-`` and ``1.`` have a meaning
    quiet:      links are written as ``<…>``, so that Discord shows no previews of them
    """
    if len(spans) == 1 and spans[0].link is None and not spans[0].code and not spans[0].marks:
        markdown = escape(encode_bare_urls(spans[0].text), quiet=quiet)  # the common case
    else:
        pieces: list[_Piece] = []
        groups = [(link, list(group)) for link, group in groupby(spans, key=lambda s: s.link)]
        delimiters = _find_delimiters(spans)
        for place, (link, members) in enumerate(groups):
            if link is not None:
                after = "".join(get_spans_text(group) for _, group in groups[place + 1 : place + 3])
                touches = _ENDS_URL.match(after) is None
                pieces.extend(
                    _make_link_pieces(
                        members, link, touches=touches, delimiters=delimiters, quiet=quiet
                    )
                )
            else:
                pieces.extend(
                    _make_plain_pieces(members, followed=place + 1 < len(groups), quiet=quiet)
                )
        markdown = _render_pieces(pieces)
    return escape_line_start(markdown) if line_start else markdown
