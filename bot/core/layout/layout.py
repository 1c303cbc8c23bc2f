"""Lay out an essay as messages. Pure, and linear in the essay's length.

Parts end between blocks. A block is split where it doesn't fit into any message or would leave one
too empty: between sentences if possible, else between clauses, words, and at last graphemes. The
Markdown of each part is complete in itself.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.core import limits
from bot.core.essay.blocks import Block, Code, Heading, Paragraph, Rule, get_block_text
from bot.core.essay.essay import Essay
from bot.core.layout.closing_message import make_closing_message
from bot.core.layout.inline_markdown import MAX_LINK
from bot.core.layout.markdown import render_block
from bot.core.layout.parts import Layout, Part, Position
from bot.core.layout.split import Item, make_item, render_piece, render_trimmed_piece, split_item
from bot.core.layout.tables import replace_table
from bot.core.text.length import count_utf16_units

__all__ = [
    "Packer",
    "balance_last_parts",
    "lay_out",
    "list_items",
    "note_lost_links",
]

_FULL_ENOUGH = 0.75  # share of a message: a part this full may end before a block that doesn't fit
_SHORT_PART = 500  # units: a shorter last part is balanced with the one before


def _choose_separator(before: Block, after: Block) -> str:
    one, other = before.frame, after.frame
    if one.group and one.group == other.group and not isinstance(before, Code):
        # Another paragraph of the same list item is separated from the first.
        return "\n" if other.marker or isinstance(after, Code) else "\n\n"
    if isinstance(before, Heading) and one.quoted == other.quoted:
        return "\n"
    if one.quoted and other.quoted:
        return "\n> \n"
    return "\n\n"


class Packer:
    """Packs items into parts, one after another."""

    def __init__(self, items: Sequence[Item]) -> None:
        self._items = items
        self._rendered: dict[int, tuple[str, int]] = {}

    def _render_rest(self, number: int, offset: int, room: int) -> tuple[str, int] | None:
        """The Markdown of an item from ``offset`` on, and its units; None if it can't fit."""
        item = self._items[number]
        if item.length - offset > room:
            return None  # Markdown is never shorter than its text
        if offset:
            text = render_piece(item, offset, item.length)
            return text, count_utf16_units(text)
        if number not in self._rendered:
            text = item.lead + render_block(item.block)
            self._rendered[number] = (text, count_utf16_units(text))
        return self._rendered[number]

    def pack_next(self, start: Position, limit: int) -> tuple[Part, Position]:
        """Pack the next part from ``start`` on; also returns where the one after it starts."""
        number, offset = start
        texts: list[str] = []
        taken: list[int] = []  # items
        sizes: list[int] = []
        used = 0
        while number < len(self._items):
            item = self._items[number]
            gap = _choose_separator(self._items[number - 1].block, item.block) if texts else ""
            room = limit - used - len(gap)
            whole = self._render_rest(number, offset, room)
            if whole is not None and whole[1] <= room:
                text, size = whole
                cut = None
            else:
                alone = all(isinstance(self._items[n].block, Heading) for n in taken)
                if not alone and used >= limit * _FULL_ENOUGH:
                    break
                fits_next = self._fits_alone(number, offset, limit)
                cut = split_item(item, offset, room, finest=alone, gently=fits_next)
                if cut is None:
                    if texts:
                        break
                    raise AssertionError("a cut between code points always fits")
                text = render_piece(item, offset, cut[0])
                size = count_utf16_units(text)
            texts.append(gap + text)
            sizes.append(size + len(gap))
            taken.append(number)
            used += size + len(gap)
            if cut is not None and cut[1] < item.length:
                offset = cut[1]
                break
            number, offset = number + 1, 0
        else:
            return self._make_part(texts, taken, start, (number, 0)), (number, 0)
        # A heading, or a break between sections, belongs with the text that follows.
        while (
            offset == 0
            and len(taken) > 1
            and self._belongs_to_next(taken[-1])
            and start[0] != taken[-1]
        ):
            number = taken.pop()
            texts.pop()
        return self._make_part(texts, taken, start, (number, offset)), (number, offset)

    def _belongs_to_next(self, number: int) -> bool:
        return isinstance(self._items[number].block, Heading | Rule)

    def _fits_alone(self, number: int, offset: int, limit: int) -> bool:
        whole = self._render_rest(number, offset, limit)
        return whole is not None and whole[1] <= limit

    def _make_part(
        self, texts: Sequence[str], taken: Sequence[int], start: Position, end: Position
    ) -> Part:
        numbers = dict.fromkeys(
            passage for n in taken if (passage := self._items[n].passage) is not None
        )
        return Part("".join(texts), tuple(numbers), (start, end))

    def pack_between(self, start: Position, end: Position) -> Part:
        """The part between two positions, however long."""
        texts: list[str] = []
        taken: list[int] = []
        number, offset = start
        while (number, offset) < end:
            item = self._items[number]
            stop = end[1] if number == end[0] else item.length
            gap = _choose_separator(self._items[number - 1].block, item.block) if texts else ""
            whole = not offset and stop == item.length
            text = (
                item.lead + render_block(item.block)
                if whole
                else render_trimmed_piece(item, offset, stop)
            )
            texts.append(gap + text)
            taken.append(number)
            number, offset = number + 1, 0
        return self._make_part(texts, taken, start, end)

    def pack_all(self, start: Position, limit: int) -> list[tuple[Position, Part]]:
        """All parts from a position on, each with its start."""
        parts: list[tuple[Position, Part]] = []
        position = start
        while position[0] < len(self._items):
            part, following = self.pack_next(position, limit)
            parts.append((position, part))
            position = following
        return parts


def balance_last_parts(
    packer: Packer, parts: list[tuple[Position, Part]], most: int = limits.MESSAGE_CONTENT
) -> list[tuple[Position, Part]]:
    """Balance the last two parts if the last one would be very short."""
    if len(parts) < 2:
        return parts
    sizes = [count_utf16_units(part.content) for _, part in parts[-2:]]
    if sizes[1] >= _SHORT_PART:
        return parts
    half = sum(sizes) // 2
    for limit in (half + 50, half + 200, half + 400, half + 600, half + 800):
        if limit >= most:
            break
        again = packer.pack_all(parts[-2][0], limit)
        if len(again) == 2 and count_utf16_units(again[-1][1].content) > sizes[1]:
            return parts[:-2] + again
    return parts


def note_lost_links(essay: Essay) -> tuple[str, ...]:
    """A note about URLs that are too long for a message."""
    addresses = {
        span.link
        for placed in essay.body
        if isinstance(placed.block, Paragraph | Heading)
        for span in placed.block.spans
        if span.link is not None and count_utf16_units(span.link) > MAX_LINK
    }
    if not addresses:
        return ()
    return (f"Links too long for a message are shown as their text: {len(addresses)}.",)


def list_items(essay: Essay, *, numbered: bool = False) -> list[Item]:
    """The items that an essay's messages consist of; see :func:`lay_out`."""
    items: list[Item] = []
    shown: int | None = None
    for placed in essay.body:
        for block in replace_table(placed.block):
            if not isinstance(block, Rule) and not get_block_text(block).strip():
                continue
            lead = ""
            if numbered and placed.passage != shown and not isinstance(block, Heading | Rule):
                quote = "> " if block.frame.quoted else ""
                lead = f"{quote}-# ¶{placed.passage}\n"
                shown = placed.passage
            items.append(make_item(block, placed.passage, lead))
    while items and isinstance(items[-1].block, Rule):
        items.pop()
    return items


def lay_out(essay: Essay, *, numbered: bool = False) -> Layout:
    """Lay out an essay as messages.

    Each part has 1 to 2,000 UTF-16 units; an essay with only a title has no parts.

    numbered: show ¶ numbers in small print above each passage
    """
    packer = Packer(list_items(essay, numbered=numbered))
    parts = [
        part
        for _, part in balance_last_parts(packer, packer.pack_all((0, 0), limits.MESSAGE_CONTENT))
    ]
    return Layout(tuple(parts), make_closing_message(essay, parts), note_lost_links(essay))
