"""Render the opening card: the message payload before an essay's first part.

Components V2 (docs: Components Reference): a message with the flag 1 << 15 has no content, at most
40 components, and at most ``limits.COMPONENT_TEXT`` characters in all its text displays.
"""

from __future__ import annotations

from typing import Any

from bot.core import limits
from bot.core.essay.essay import Essay
from bot.core.text.escape import escape, escape_line_start, escape_url
from bot.core.text.length import count_utf16_units
from bot.core.text.sentences import find_grapheme_ends, find_word_ends
from bot.core.text.translate import gettext as _
from bot.core.text.translate import ngettext

__all__ = ["CARD_TEXT", "IS_COMPONENTS_V2", "MAX_COVER_URL", "render_card"]

IS_COMPONENTS_V2 = 1 << 15
#: UTF-16 units of a card's text at most: what the limits in :func:`render_card` add up to. The rest
#: of ``limits.COMPONENT_TEXT`` is left for the text of a draft below the card.
CARD_TEXT = 2_600

_CONTAINER, _TEXT, _GALLERY, _SEPARATOR, _ROW, _BUTTON = 17, 10, 12, 14, 1, 2
_LINK_STYLE = 5
#: Characters of a cover's address; Discord documents no limit.
MAX_COVER_URL = 2_000


def _truncate_text(text: str, limit: int) -> str:
    """At most ``limit`` UTF-16 units, cut between words if one ends in the second half."""
    if count_utf16_units(text) <= limit:
        return text
    room = limit - 1
    for ends in (find_word_ends(text[:limit]), find_grapheme_ends(text[: limit + 16])):
        fitting = [end for end in ends if count_utf16_units(text[:end]) <= room]
        if fitting and fitting[-1] > limit // 2:
            return text[: fitting[-1]].rstrip() + "…"
    return text[: room // 2] + "…"


def _escape_line(text: str, limit: int) -> str:
    """Essay text on one line, escaped, at most ``limit`` units including backslashes."""
    line = " ".join(text.split())
    shown = escape(line)
    room = limit
    while count_utf16_units(shown) > limit:
        room -= max(1, count_utf16_units(shown) - limit)
        shown = escape(_truncate_text(line, max(room, limit // 3)))
        if room <= limit // 3:
            break
    return escape_line_start(shown)


def _make_text(content: str) -> dict[str, Any]:
    return {"type": _TEXT, "content": content}


def _check_url(address: str | None, limit: int) -> str | None:
    if address is None or not address.startswith(("http://", "https://")):
        return None
    quoted = escape_url(address)
    return quoted if len(quoted) <= limit else None


def render_card(essay: Essay, privacy_command: str, *, saves_all: bool = False) -> dict[str, Any]:
    """The payload of an essay's opening card; at most 7 components and ``CARD_TEXT`` of text.

    The cover is uploaded with the card if the archive has a copy; otherwise its address is shown.

    privacy_command:  the slash command with which members see what is saved, as Markdown
    saves_all:        all messages in the channel are saved, not only replies
    """
    head = f"# {_escape_line(essay.title, 500)}"
    credit = essay.byline or essay.author
    if credit:
        head += f"\n{_escape_line(credit, 300)}"
        if essay.byline and essay.author and essay.author not in essay.byline:
            head += f" · {_escape_line(essay.author, 200)}"
    inner: list[dict[str, Any]] = [_make_text(head)]
    if essay.epigraph is not None:
        lines = essay.epigraph.text.split("\n")
        if len(essay.epigraph.text) > 600 or len(lines) > 12:
            lines = [" ".join(essay.epigraph.text.split())]
        quote = "\n".join(f"> {_escape_line(line, 800)}" for line in lines if line.strip())
        if essay.epigraph.source:
            quote += f"\n> — {_escape_line(essay.epigraph.source, 200)}"
        inner.append(_make_text(quote))
    cover = _check_url(essay.cover_image, MAX_COVER_URL)
    if essay.cover_file is not None:
        cover = f"attachment://{essay.cover_file}"
    if cover is not None:
        inner.append({"type": _GALLERY, "items": [{"media": {"url": cover}}]})
    facts = [
        ngettext("{count} minute to read", "{count} minutes to read", essay.reading_minutes),
        ngettext("{count} word", "{count} words", essay.words),
    ]
    if essay.date:
        facts.append(_escape_line(essay.date, 60))
    saved = _(
        "Replies here are saved. Use {command} to see or delete yours.", command=privacy_command
    )
    if saves_all:
        saved = _(
            "All messages in this channel are saved. Use {command} to see or delete yours.",
            command=privacy_command,
        )
    inner.append(_make_text(f"-# {' · '.join(facts)}\n-# {saved}"))
    components: list[dict[str, Any]] = [{"type": _CONTAINER, "components": inner}]
    source = _check_url(essay.source_url, limits.BUTTON_URL)
    if source is not None:
        button = {"type": _BUTTON, "style": _LINK_STYLE, "label": _("Source"), "url": source}
        components.append({"type": _ROW, "components": [button]})
    card: dict[str, Any] = {
        "flags": IS_COMPONENTS_V2,
        "components": components,
        "allowed_mentions": {"parse": []},
    }
    if essay.cover_file is not None:
        card["attachments"] = [{"id": 0, "filename": essay.cover_file}]
    return card
