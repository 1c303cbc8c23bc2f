"""Render the opening card: the message payload before an essay's first part.

Components V2 (docs: Components Reference): a message with the flag 1 << 15 has no content, at most
40 components, and at most ``limits.COMPONENT_TEXT`` characters in all its text displays.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.core import limits
from bot.core.essay.essay import Epigraph, Essay
from bot.core.layout.discussion_buttons import make_card_buttons
from bot.core.payload import Payload
from bot.core.text.escape import escape, escape_line_start, escape_url
from bot.core.text.length import count_utf16_units
from bot.core.text.sentences import find_grapheme_ends, find_word_ends
from bot.core.text.translate import gettext as _
from bot.core.text.translate import ngettext

__all__ = [
    "CARD_TEXT",
    "IS_COMPONENTS_V2",
    "MAX_COVER_URL",
    "add_index",
    "get_credit",
    "remove_ping",
    "render_card",
    "shows_byline_whole",
    "shows_epigraph_whole",
]

IS_COMPONENTS_V2 = 1 << 15
#: UTF-16 units of a card's text at most: what the limits in :func:`render_card` add up to. The rest
#: of ``limits.COMPONENT_TEXT`` is left for the text of a draft below the card.
CARD_TEXT = 2_600
#: UTF-16 units of a byline, of a name or source, and of each line of an epigraph.
_MAX_BYLINE, _MAX_NAME, _MAX_LINE = 300, 200, 800
#: Characters and lines of an epigraph; the lines of a longer one are joined.
_MAX_EPIGRAPH, _MAX_EPIGRAPH_LINES = 600, 12

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


def get_credit(essay: Essay) -> str:
    """What the card says below the title: the byline or the author, or both."""
    if essay.byline and essay.author and essay.author not in essay.byline:
        return f"{essay.byline} · {essay.author}"
    return essay.byline or essay.author or ""


def _fits(text: str, limit: int) -> bool:
    """Whether a line is shown without being shortened."""
    return count_utf16_units(escape(" ".join(text.split()))) <= limit


def _split_epigraph(epigraph: Epigraph) -> list[str]:
    """The lines in which the card shows an epigraph: one if it is long."""
    lines = epigraph.text.split("\n")
    if len(epigraph.text) > _MAX_EPIGRAPH or len(lines) > _MAX_EPIGRAPH_LINES:
        return [" ".join(epigraph.text.split())]
    return lines


def shows_byline_whole(essay: Essay) -> bool:
    """Whether the card doesn't shorten byline and author."""
    return all(
        _fits(text or "", limit)
        for text, limit in ((essay.byline or essay.author, _MAX_BYLINE), (essay.author, _MAX_NAME))
    )


def shows_epigraph_whole(epigraph: Epigraph) -> bool:
    """Whether the card neither shortens an epigraph nor joins its lines."""
    lines = _split_epigraph(epigraph)
    return (
        len(lines) == len(epigraph.text.split("\n"))
        and all(_fits(line, _MAX_LINE) for line in lines)
        and _fits(epigraph.source or "", _MAX_NAME)
    )


def _make_text(content: str) -> dict[str, Any]:
    return {"type": _TEXT, "content": content}


def _check_url(address: str | None, limit: int) -> str | None:
    if address is None or not address.startswith(("http://", "https://")):
        return None
    quoted = escape_url(address)
    return quoted if len(quoted) <= limit else None


def render_card(
    essay: Essay, privacy_command: str, *, saves_all: bool = False, ping_role: int | None = None
) -> dict[str, Any]:
    """The payload of an essay's opening card; at most 10 components and ``CARD_TEXT`` of text.

    The cover is uploaded with the card if the archive has a copy; otherwise its address is shown.

    privacy_command:  the slash command with which members see what is saved, as Markdown
    saves_all:        all messages in the channel are saved, not only replies
    ping_role:        the role that is mentioned below it; None for nobody
    """
    head = f"# {_escape_line(essay.title, 500)}"
    credit = essay.byline or essay.author
    if credit:
        head += f"\n{_escape_line(credit, _MAX_BYLINE)}"
        if essay.byline and essay.author and essay.author not in essay.byline:
            head += f" · {_escape_line(essay.author, _MAX_NAME)}"
    inner: list[dict[str, Any]] = [_make_text(head)]
    if essay.epigraph is not None:
        lines = _split_epigraph(essay.epigraph)
        quote = "\n".join(f"> {_escape_line(line, _MAX_LINE)}" for line in lines if line.strip())
        if essay.epigraph.source:
            quote += f"\n> — {_escape_line(essay.epigraph.source, _MAX_NAME)}"
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
    buttons = make_card_buttons()
    if source is not None:
        button = {"type": _BUTTON, "style": _LINK_STYLE, "label": _("Source"), "url": source}
        buttons.append(button)
    components.append({"type": _ROW, "components": buttons})
    card: dict[str, Any] = {
        "flags": IS_COMPONENTS_V2,
        "components": components,
        "allowed_mentions": {"parse": []},
    }
    if ping_role is not None:
        # docs: Message Resource › Allowed Mentions Object: only this role.
        components.append(_make_text(f"<@&{ping_role}>"))
        card["allowed_mentions"] = {"parse": [], "roles": [str(ping_role)]}
    if essay.cover_file is not None:
        card["attachments"] = [{"id": 0, "filename": essay.cover_file}]
    return card


def add_index(card: Payload, index: str | None) -> Payload:
    """A card with the discussion's index above its last lines, and with its buttons.

    A card that was posted by an earlier version has no buttons.
    """
    container, *rows = card["components"]
    *inner, last = container["components"]
    if index is not None:
        inner.append(_make_text(index))
    buttons = make_card_buttons()
    ids = {button["custom_id"] for button in buttons}
    buttons += [
        button
        for row in rows
        for button in row.get("components", ())
        if button.get("custom_id") not in ids
    ]
    row = {"type": _ROW, "components": buttons}
    return card | {"components": [container | {"components": [*inner, last]}, row]}


def remove_ping(card: Mapping[str, Any]) -> dict[str, Any]:
    """A card without the role it mentions: what later edits of it are compared with."""
    return {
        **card,
        "components": [
            one
            for one in card["components"]
            if not (one["type"] == _TEXT and one["content"].startswith("<@&"))
        ],
        "allowed_mentions": {"parse": []},
    }
