"""The index of a discussion: its threads, or in an essay's own thread the replies with answers.

It has no member's name, so that nothing in it has to be erased.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bot.core.message_link import make_message_link
from bot.core.snowflake import get_snowflake_time
from bot.core.text.length import count_utf16_units
from bot.core.text.timestamps import format_timestamp
from bot.core.text.translate import gettext as _
from bot.core.text.translate import gettext_noop, ngettext

__all__ = [
    "BUSIEST",
    "INDEX_WAITS_MS",
    "NEWEST",
    "NEW_FOR_MS",
    "ORDERS",
    "PASSAGE",
    "UNANSWERED",
    "IndexEntry",
    "IndexTotals",
    "describe_entry",
    "describe_index",
    "describe_totals",
    "sort_entries",
]

BUSIEST, NEWEST, UNANSWERED, PASSAGE = "busiest", "newest", "unanswered", "passage"
#: The orders of the list of threads, and what they are called.
ORDERS: Final = {
    BUSIEST: gettext_noop("Busiest first"),
    NEWEST: gettext_noop("Newest first"),
    UNANSWERED: gettext_noop("Unanswered first"),
    PASSAGE: gettext_noop("By passage"),
}
#: How long a discussion is new, in milliseconds; and how long after the first change the index on
#: its card is updated, while it is new and later. So there is at most one edit in that time.
NEW_FOR_MS: Final = 86_400_000
INDEX_WAITS_MS: Final = (600_000, 1_800_000)
#: Entries on the card, and UTF-16 units of them all: a card of full length leaves room for these.
_ON_CARD, _MAX_UNITS = 10, 1_300


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """A thread, or a reply in an essay's own thread.

    channel_id:    of a thread its own id; of a reply where it is
    replies:       how many answer it
    people:        how many wrote them
    newest_id:     of the newest message in it
    is_unanswered: nobody but its author has written in it
    passage:       the first one it is about, if any
    has_author:    one of the essay's authors has answered in it
    """

    id: int
    channel_id: int
    replies: int
    people: int
    newest_id: int
    is_unanswered: bool
    passage: int | None
    has_author: bool = False

    @property
    def is_thread(self) -> bool:
        """Whether it is a thread; else it is a reply."""
        return self.id == self.channel_id


@dataclass(frozen=True, slots=True)
class IndexTotals:
    """The numbers of a discussion. ``newest_id``: of its newest reply; 0 if there is none."""

    people: int
    replies: int
    newest_id: int


def _get_key(order: str) -> Callable[[IndexEntry], Any]:
    match order:
        case "newest":
            return lambda one: -one.id
        case "unanswered":
            return lambda one: (not one.is_unanswered, -one.id)
        case "passage":
            return lambda one: (one.passage is None, one.passage, one.id)
        case _:
            return lambda one: (-one.people, -one.replies, -one.newest_id)


def sort_entries(entries: Iterable[IndexEntry], order: str) -> list[IndexEntry]:
    """The entries in one of ``ORDERS``; an unknown one counts as the busiest first.

    The busiest is the one with the most people, then replies, then the newest.
    """
    return sorted(entries, key=_get_key(order))


def describe_entry(entry: IndexEntry, server_id: int, *, shows_passage: bool = False) -> str:
    """An entry as one line of Discord's Markdown. ``shows_passage``: of a thread, too."""
    marks = []
    if entry.is_thread:
        marks.append(f"<#{entry.id}>")
        if shows_passage and entry.passage is not None:
            marks.append(f"¶{entry.passage}")
    else:
        link = make_message_link(server_id, entry.channel_id, entry.id)
        label = _("Reply") if entry.passage is None else f"¶{entry.passage}"
        marks.append(f"[{label}]({link})")
    if entry.replies:
        marks.append(ngettext("{count} reply", "{count} replies", entry.replies))
    if entry.is_unanswered:
        marks.append(_("● unanswered"))
    if entry.has_author:
        marks.append("✦")
    return " · ".join(marks)


def describe_totals(totals: IndexTotals, threads: int) -> str:
    """How many people, replies and threads there are, and when the newest reply was written."""
    marks = [
        ngettext("{count} person", "{count} people", totals.people),
        ngettext("{count} reply", "{count} replies", totals.replies),
    ]
    if threads:
        marks.append(ngettext("{count} thread", "{count} threads", threads))
    when = format_timestamp(get_snowflake_time(totals.newest_id), "R")
    marks.append(_("latest {when}", when=when))
    return " · ".join(marks)


def describe_index(
    totals: IndexTotals, entries: Sequence[IndexEntry], server_id: int
) -> str | None:
    """The index on the card, as Discord's Markdown; None if nobody has replied.

    The busiest threads, or in an essay's own thread the most answered replies.
    """
    if not totals.replies:
        return None
    threads = sum(one.is_thread for one in entries)
    shown = [one for one in sort_entries(entries, BUSIEST) if one.is_thread or one.replies]
    if not threads:
        shown.sort(key=lambda one: (-one.replies, -one.people, -one.newest_id))
    lines = [f"**{describe_totals(totals, threads)}**"]
    for entry in shown[:_ON_CARD]:
        lines.append(describe_entry(entry, server_id))
        if count_utf16_units("\n".join(lines)) > _MAX_UNITS:
            return "\n".join(lines[:-1])
    return "\n".join(lines)
