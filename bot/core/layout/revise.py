"""Laying a new revision of an essay over the messages that carry the old one.

Discord can change and delete a message but not insert one, so the new text has to be read in the
order in which the messages stand. What both revisions have in common stays where it is; between
two such parts the new text takes the place of the old, and where that needs more messages than
there are, the parts that follow are laid anew as far as it takes. What no longer fits goes on in
new messages after the last part.

Where other messages stand between one part and the next, each says where the other is, and has
room left for that.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from rapidfuzz import fuzz

from bot.core import limits
from bot.core.essay.essay import Essay
from bot.core.layout.closing_message import make_closing_message
from bot.core.layout.layout import Packer, balance_last_parts, list_items, note_lost_links
from bot.core.layout.markdown import render_block
from bot.core.layout.parts import Part, Position
from bot.core.layout.split import Item, keep_beginning
from bot.core.text.length import count_utf16_units

__all__ = ["ROOM_FOR_LINK", "PostedPart", "RevisedLayout", "add_part_links", "revise"]

#: UTF-16 units of a line that says where an essay goes on, the line break included: an address of
#: 29 characters and three ids of at most 20, and two slashes (docs: Reference › Snowflakes).
ROOM_FOR_LINK = 130
#: What is compared of two texts where there are many, in characters and in pairs.
_COMPARED, _MANY = 300, 400


@dataclass(frozen=True, slots=True)
class PostedPart:
    """A message that carries a part, or did.

    content: what it shows of the essay, without its links to other parts; "" where it was emptied
    item_range:  where that stands in the items of the old revision; None where it is not known
    separated:   other messages stand between this one and the part before it
    """

    content: str
    item_range: tuple[Position, Position] | None
    separated: bool = False


@dataclass(frozen=True, slots=True)
class RevisedLayout:
    """Where a new revision stands.

    parts:   for each message that stands, what it is to carry; None: it is not needed any more
    more:    the parts in new messages after the last
    links:   pairs of parts that say where the other is: places in ``parts`` and ``more`` together
    closing: the closing question, where it is to be asked separately
    """

    parts: tuple[Part | None, ...]
    more: tuple[Part, ...]
    links: tuple[tuple[int, int], ...]
    closing: str | None
    notes: tuple[str, ...]


def add_part_links(content: str, *, before: str | None, after: str | None) -> str:
    """A part with the addresses of the part before it and of the one after it, where asked for."""
    if before is not None:
        content = f"-# Continued from {before}\n{content}"
    if after is not None:
        content = f"{content}\n-# Continued below: {after}"
    return content


def revise(
    old: Essay, new: Essay, standing: Sequence[PostedPart], *, numbered: bool = False
) -> RevisedLayout:
    """Lay ``new`` over the messages that carry ``old``.

    numbered: ¶ numbers are shown small above each passage
    """
    items = list_items(new, numbered=numbered)
    kept = _kept(list_items(old, numbered=numbered), items, standing)
    tight: set[int] = set()  # messages that have to leave room for links
    laid = _laid(items, kept, standing, tight)
    # Each round gives room to a message that had none, so there are no more rounds than messages.
    while full := _too_full(laid, _links(*laid, standing)):
        assert not full & tight
        tight |= full
        for number in full:
            kept.pop(number, None)
        laid = _laid(items, kept, standing, tight)
    parts, more = laid
    links = _links(parts, more, standing)
    carried = [part for part in parts if part is not None]
    asked = make_closing_message(new, [*carried, *more])
    return RevisedLayout(tuple(parts), tuple(more), tuple(links), asked, note_lost_links(new))


# -- what stays ---------------------------------------------------------------------------------


def _kept(
    old: Sequence[Item], new: Sequence[Item], standing: Sequence[PostedPart]
) -> dict[int, tuple[Position, Position]]:
    """The messages whose text the new revision has as well, and where it has it."""
    matcher = SequenceMatcher(None, [_key(item) for item in old], [_key(item) for item in new],
                              autojunk=False)  # fmt: skip
    moved: dict[int, int] = {}
    for a, b, size in matcher.get_matching_blocks():
        moved.update((a + n, b + n) for n in range(size))
    packer = Packer(new)
    kept: dict[int, tuple[Position, Position]] = {}
    for number, message in enumerate(standing):
        if message.item_range is None or not message.content:
            continue
        (first, offset), (last, end) = message.item_range
        last_item = last if end else last - 1
        if first not in moved or last_item < first:
            continue
        by = moved[first] - first
        if any(moved.get(n) != n + by for n in range(first, last_item + 1)):
            continue
        item_range = (first + by, offset), (last + by, end)
        if packer.between(*item_range).content == message.content:
            kept[number] = item_range
    return kept


def _key(item: Item) -> str:
    return item.lead + render_block(item.block)


# -- what is laid anew --------------------------------------------------------------------------


def _laid(
    items: Sequence[Item],
    kept: dict[int, tuple[Position, Position]],
    standing: Sequence[PostedPart],
    tight: set[int],
) -> tuple[list[Part | None], list[Part]]:
    """What each message carries, and what goes on after them."""
    packer, ends = Packer(items), (len(items), 0)
    anchors = sorted(kept)
    parts: list[Part | None] = [None] * len(standing)
    more: list[Part] = []
    at, place = -1, (0, 0)  # the last message that is settled, and where its text ends
    while at < len(standing):
        ahead, skipped = bisect_left(anchors, at + 1), 0
        while True:
            there = ahead + skipped < len(anchors)
            right = anchors[ahead + skipped] if there else len(standing)
            until = kept[right][0] if there else ends
            gap = range(at + 1, right)
            filled = _filled(items, place, until, narrow=not tight.isdisjoint((*gap, right)))
            if len(filled) > len(gap) and at in kept:
                # There may be room in the message before.
                wider = range(at, right)
                narrow = not tight.isdisjoint((*wider, right))
                again = _filled(items, kept[at][0], until, narrow=narrow)
                if len(again) <= (len(wider) if there else len(filled)):
                    gap, filled = wider, again
            if not there or len(filled) <= len(gap):
                break
            skipped = 2 * skipped + 1
        if len(filled) > len(gap):
            filled, more = filled[: len(gap)], filled[len(gap) :]
        for number in gap:
            parts[number] = None
        chosen = _chosen([standing[number].content for number in gap], filled)
        for number, part in zip(chosen, filled, strict=True):
            parts[gap.start + number] = part
        if there:
            parts[right] = packer.between(*kept[right])
            place = kept[right][1]
        at = right
    return parts, more


def _filled(items: Sequence[Item], start: Position, end: Position, *, narrow: bool) -> list[Part]:
    """The parts that the text between two places takes."""
    if start >= end:
        return []
    limit = limits.MESSAGE_CONTENT - 2 * ROOM_FOR_LINK if narrow else limits.MESSAGE_CONTENT
    taken = list(items[: end[0]])
    if end[1]:
        taken.append(keep_beginning(items[end[0]], end[1]))
    packer = Packer(taken)
    parts = [part for _, part in balance_last_parts(packer, packer.all_from(start, limit), limit)]
    if parts:
        parts[-1] = replace(parts[-1], item_range=(parts[-1].item_range[0], end))
    return parts


def _chosen(old: Sequence[str], new: Sequence[Part]) -> list[int]:
    """Which messages carry the parts, in order: those whose old text is most like theirs."""
    if len(old) <= len(new):
        return list(range(len(new)))
    most = _COMPARED if len(old) * len(new) > _MANY else limits.MESSAGE_CONTENT
    # best[n][m]: how alike, if the first m messages carry the first n parts
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


# -- links --------------------------------------------------------------------------------------


def _links(
    parts: Sequence[Part | None], more: Sequence[Part], standing: Sequence[PostedPart]
) -> list[tuple[int, int]]:
    """The pairs of neighbouring parts between which other messages stand."""
    links: list[tuple[int, int]] = []
    before: int | None = None
    separated = False
    for number, part in enumerate(parts):
        separated = separated or standing[number].separated
        if part is None:
            continue
        if separated and before is not None:
            links.append((before, number))
        before, separated = number, False
    if more and before is not None:
        links.append((before, len(parts)))
    return links


def _too_full(
    laid: tuple[Sequence[Part | None], Sequence[Part]], links: Sequence[tuple[int, int]]
) -> set[int]:
    """The messages that have no room for their links; new ones count after those that stand."""
    together = [*laid[0], *laid[1]]
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
