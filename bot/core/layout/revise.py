"""Apply a new revision of an essay to the messages posted for the old one.

Discord can edit and delete messages but not insert any, so the new text has to fit into the posted
messages in their order. Parts that are the same in both revisions stay. Between them, new text
replaces the old; if it needs more messages than there are, the following parts are repacked too,
as few as possible. What doesn't fit goes into new messages after the last part.

If other messages come between two parts, each part links to the other, and needs room for that.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from bot.core import limits
from bot.core.essay.essay import Essay
from bot.core.layout.closing_message import choose_closing_question
from bot.core.layout.layout import Packer, balance_last_parts, list_items, note_lost_links
from bot.core.layout.parts import Part, Position
from bot.core.layout.split import Item, keep_beginning, render_piece
from bot.core.text.coded_text import CodedText
from bot.core.text.length import count_utf16_units
from bot.core.text.translate import gettext as _

__all__ = ["ROOM_FOR_LINK", "PostedPart", "RevisedLayout", "add_part_links", "revise"]

#: UTF-16 units of a line that links to the next or previous part, with its line break: a message
#: link (``make_message_link``) and some words.
ROOM_FOR_LINK = 130
#: With more than so many pairs of texts, only so many characters of each are compared.
_MANY_PAIRS, _COMPARED_LENGTH = 400, 300


@dataclass(frozen=True, slots=True)
class PostedPart:
    """A message posted for a part of the old revision.

    content:    the essay's text in it, without links to other parts; "" if it was emptied
    item_range: where that text is in the items of the old revision; None if unknown
    separated:  other messages come between this one and the part before it
    """

    content: str
    item_range: tuple[Position, Position] | None
    separated: bool = False


@dataclass(frozen=True, slots=True)
class RevisedLayout:
    """A new revision assigned to messages.

    parts:   the new part of each posted message; None: the message isn't needed any more
    more:    parts for new messages after the last
    links:   pairs of parts that link to each other: indexes in ``parts`` and ``more`` together
    closing: the question of the closing message, if it asks one
    """

    parts: tuple[Part | None, ...]
    more: tuple[Part, ...]
    links: tuple[tuple[int, int], ...]
    closing: str | None
    notes: tuple[CodedText, ...]


def add_part_links(content: str, *, before: str | None, after: str | None) -> str:
    """Add links to the part before and the part after, where given; each in its own line.

    The words stay within ``ROOM_FOR_LINK``, whatever the language.
    """
    if before is not None:
        line = _("Continued from {message}", message=before)
        content = f"{_limit_link_line(line, before)}\n{content}"
    if after is not None:
        line = _("Continued below: {message}", message=after)
        content = f"{content}\n{_limit_link_line(line, after)}"
    return content


def _limit_link_line(line: str, address: str) -> str:
    return f"-# {line if count_utf16_units(line) <= ROOM_FOR_LINK - 4 else address}"


def revise(
    old: Essay, new: Essay, posted: Sequence[PostedPart], *, numbered: bool = False
) -> RevisedLayout:
    """Assign ``new`` to the messages posted for ``old``.

    numbered: show ¶ numbers in small print above each passage
    """
    items = list_items(new, numbered=numbered)
    kept = _find_unchanged(list_items(old, numbered=numbered), items, posted)
    tight: set[int] = set()  # messages that need room for links
    assigned = _assign_parts(items, kept, posted, tight)
    # Each round reserves room in at least one more message, so this ends.
    while full := _find_overfull(assigned, _find_links(*assigned, posted)):
        assert not full & tight
        tight |= full
        for number in full:
            kept.pop(number, None)
        assigned = _assign_parts(items, kept, posted, tight)
    parts, more = assigned
    links = _find_links(parts, more, posted)
    carried = [part for part in parts if part is not None]
    asked = choose_closing_question(new, [*carried, *more])
    return RevisedLayout(tuple(parts), tuple(more), tuple(links), asked, note_lost_links(new))


# -- unchanged parts ------------------------------------------------------------------------------


def _find_unchanged(
    old: Sequence[Item], new: Sequence[Item], posted: Sequence[PostedPart]
) -> dict[int, tuple[Position, Position]]:
    """The messages whose text is in the new revision too, and where it is there."""
    before, after = [_render_item(item) for item in old], [_render_item(item) for item in new]
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    moved: dict[int, int] = {}
    for a, b, size in matcher.get_matching_blocks():
        moved.update((a + n, b + n) for n in range(size))
    packer = Packer(new)
    kept: dict[int, tuple[Position, Position]] = {}
    for number, message in enumerate(posted):
        if message.item_range is None:
            continue  # it was emptied
        (first, offset), (last, end) = message.item_range
        last_item = last if end else last - 1
        if first not in moved or last_item < first:
            continue
        by = moved[first] - first
        if any(moved.get(n) != n + by for n in range(first, last_item + 1)):
            continue
        item_range = (first + by, offset), (last + by, end)
        if packer.pack_between(*item_range).content == message.content:
            kept[number] = item_range
    return kept


def _render_item(item: Item) -> str:
    shown = [(one.source, one.file, one.alt, one.linked) for one in item.pictures]
    kind = f"\x00{shown}" if shown else "\x00on the card" if item.on_card else ""
    return render_piece(item, 0, item.length) + kind


# -- changed parts --------------------------------------------------------------------------------


def _assign_parts(
    items: Sequence[Item],
    kept: dict[int, tuple[Position, Position]],
    posted: Sequence[PostedPart],
    tight: set[int],
) -> tuple[list[Part | None], list[Part]]:
    """The part of each message, and the parts for new messages."""
    packer, ends = Packer(items), (len(items), 0)
    anchors = sorted(kept)
    parts: list[Part | None] = [None] * len(posted)
    more: list[Part] = []
    at, place = -1, (0, 0)  # the last message with a final part, and where its text ends
    while at < len(posted):
        ahead, skipped = bisect_left(anchors, at + 1), 0
        while True:
            there = ahead + skipped < len(anchors)
            right = anchors[ahead + skipped] if there else len(posted)
            until = kept[right][0] if there else ends
            gap = range(at + 1, right)
            filled = _pack_between(items, place, until, narrow=not tight.isdisjoint((*gap, right)))
            if len(filled) > len(gap) and at in kept:
                # The message before may have room.
                wider = range(at, right)
                narrow = not tight.isdisjoint((*wider, right))
                again = _pack_between(items, kept[at][0], until, narrow=narrow)
                if len(again) <= (len(wider) if there else len(filled)):
                    gap, filled = wider, again
            if not there or len(filled) <= len(gap):
                break
            skipped = 2 * skipped + 1
        if len(filled) > len(gap):
            filled, more = filled[: len(gap)], filled[len(gap) :]
        for number in gap:
            parts[number] = None
        chosen = _choose_messages([posted[number].content for number in gap], filled)
        for number, part in zip(chosen, filled, strict=True):
            parts[gap.start + number] = part
        if there:
            parts[right] = packer.pack_between(*kept[right])
            place = kept[right][1]
        at = right
    return parts, more


def _pack_between(
    items: Sequence[Item], start: Position, end: Position, *, narrow: bool
) -> list[Part]:
    """Pack the text between two positions."""
    if start >= end:
        return []
    limit = limits.MESSAGE_CONTENT - 2 * ROOM_FOR_LINK if narrow else limits.MESSAGE_CONTENT
    taken = list(items[: end[0]])
    if end[1]:
        taken.append(keep_beginning(items[end[0]], end[1]))
    packer = Packer(taken)
    parts = [part for _, part in balance_last_parts(packer, packer.pack_all(start, limit), limit)]
    if parts:
        parts[-1] = replace(parts[-1], item_range=(parts[-1].item_range[0], end))
    return parts


def _choose_messages(old: Sequence[str], new: Sequence[Part]) -> list[int]:
    """Choose the messages for the parts, in order: those whose old text is most similar."""
    if len(old) <= len(new):
        return list(range(len(new)))
    from rapidfuzz import fuzz  # takes 3 MB, and is rarely needed

    most = _COMPARED_LENGTH if len(old) * len(new) > _MANY_PAIRS else limits.MESSAGE_CONTENT
    # best[n][m]: total similarity if the first n parts are in the first m messages
    best = [[0.0] * (len(old) + 1)]
    for n, part in enumerate(new, 1):
        row = [float("-inf")] * (len(old) + 1)
        for m in range(n, len(old) + 1):
            alike = fuzz.ratio(old[m - 1][:most], part.content[:most])
            row[m] = max(row[m - 1], best[n - 1][m - 1] + alike)
        best.append(row)
    chosen: list[int] = []
    m = len(old)
    for n in range(len(new), 0, -1):
        while best[n][m] == best[n][m - 1]:
            m -= 1
        m -= 1
        chosen.append(m)
    return chosen[::-1]


# -- links ----------------------------------------------------------------------------------------


def _find_links(
    parts: Sequence[Part | None], more: Sequence[Part], posted: Sequence[PostedPart]
) -> list[tuple[int, int]]:
    """The pairs of neighbouring parts with other messages between them."""
    links: list[tuple[int, int]] = []
    before: int | None = None
    separated = False
    for number, part in enumerate(parts):
        separated = separated or posted[number].separated
        if part is None:
            continue
        if separated and before is not None:
            links.append((before, number))
        before, separated = number, False
    if more and before is not None:
        links.append((before, len(parts)))
    return links


def _find_overfull(
    assigned: tuple[Sequence[Part | None], Sequence[Part]], links: Sequence[tuple[int, int]]
) -> set[int]:
    """The messages without room for their links; new ones are numbered after the posted ones."""
    together = [*assigned[0], *assigned[1]]
    needed: dict[int, int] = {}
    for pair in links:
        for number in pair:
            needed[number] = needed.get(number, 0) + ROOM_FOR_LINK
    full = set()
    for number, room in needed.items():
        part = together[number]
        assert part is not None
        if count_utf16_units(part.content) + room > limits.MESSAGE_CONTENT:
            full.add(number)
    return full
