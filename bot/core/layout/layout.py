"""Lay out an essay as messages. Pure, and linear in the essay's length.

Parts end between blocks. A block is split where it doesn't fit into any message or would leave one
too empty: between sentences if possible, else between clauses, words, and at last graphemes. The
Markdown of each part is complete in itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from bot.core import limits
from bot.core.essay.blocks import (
    Block,
    Code,
    Heading,
    Mark,
    Paragraph,
    Picture,
    Rule,
    get_block_text,
)
from bot.core.essay.essay import Essay
from bot.core.layout.card_blocks import find_blocks_on_card
from bot.core.layout.closing_message import choose_closing_question
from bot.core.layout.formulas import is_display_formula
from bot.core.layout.inline_markdown import MAX_LINK
from bot.core.layout.lists import OpenLists, find_joined, mark_lists
from bot.core.layout.parts import Layout, Part, Position
from bot.core.layout.pictures import group_pictures, split_picture
from bot.core.layout.split import (
    Item,
    bound_end,
    make_item,
    render_piece,
    render_trimmed_piece,
    split_item,
)
from bot.core.layout.tables import replace_table
from bot.core.text.coded_text import CodedText, make_coded
from bot.core.text.length import count_utf16_units

__all__ = [
    "Packer",
    "balance_last_parts",
    "lay_out",
    "list_items",
    "note_lost_links",
]

_FULL_ENOUGH = 0.75  # share of a message: a part this full may end before a block that doesn't fit
_MAX_LABEL, _MAX_LABELS = 150, 3  # characters of a bold line that introduces, and lines in a row
_MIN_TEXT = 300  # units: no message is cut shorter for the sake of captions
_SHORT_PART = 500  # units: a shorter last part is balanced with the one before


def _choose_separator(before: Item, after: Item) -> str:
    if after.pictures:
        return "\n\n" if after.pictures[0].linked else "\n"
    one, other = before.block.frame, after.block.frame
    if one.group and one.group == other.group and not isinstance(before.block, Code):
        # Another paragraph of the same list item is separated from the first.
        close = other.marker or isinstance(after.block, Code) or after.joined
        return "\n" if close else "\n\n"
    if isinstance(before.block, Heading) and one.quoted == other.quoted:
        return "\n"
    if one.quoted and other.quoted:
        return "\n> \n"
    return "\n\n"


class Packer:
    """Packs items into parts, one after another."""

    def __init__(self, items: Sequence[Item]) -> None:
        self._items = items
        self._rendered: dict[int, tuple[str, int]] = {}
        self._quiet: Packer | None = None  # the same items with links that show no previews

    def _get_quiet(self) -> Packer:
        if self._quiet is None:
            self._quiet = Packer([replace(item, quiet=True) for item in self._items])
        return self._quiet

    def _render_rest(
        self, number: int, offset: int, room: int, levels: int | None = None
    ) -> tuple[str, int] | None:
        """The Markdown of an item from ``offset`` on, and its units; None if it can't fit.

        levels: of lists that the message shows; see ``render_block``
        """
        item = self._items[number]
        if item.length - offset > room or bound_end(item, offset, item.length, room) < item.length:
            return None  # Markdown is never shorter than its text and the URLs of its links
        if offset or levels is not None:
            text = render_piece(replace(item, open_levels=levels), offset, item.length)
            return text, count_utf16_units(text)
        if number not in self._rendered:
            text = render_piece(item, 0, item.length)
            self._rendered[number] = (text, count_utf16_units(text))
        return self._rendered[number]

    def pack_next(self, start: Position, limit: int) -> tuple[Part, Position]:
        """Pack the next part from ``start`` on; also returns where the one after it starts."""
        part, end = self._pack(start, limit)
        if not part.previews:
            return part, end
        # Discord hides the previews of all links of a message, or only of those in <…>.
        quiet, end = self._get_quiet()._pack(start, limit)  # noqa: SLF001
        return (quiet, end) if quiet.previews else (self.pack_between(start, end), end)

    def _pack(self, start: Position, limit: int) -> tuple[Part, Position]:
        number, offset = start
        texts: list[str] = []
        taken: list[int] = []  # items
        sizes: list[int] = []
        used = 0
        lists = OpenLists()
        while number < len(self._items):
            item = self._items[number]
            if item.on_card:
                number, offset = number + 1, 0
                continue
            gap = _choose_separator(self._items[taken[-1]], item) if texts else ""
            room = limit - used - len(gap)
            if item.pictures:
                text, size = self._render_pictures(number)
                gap = gap if text else ""
                if texts and used + len(gap) + size > limit:
                    # Their captions need room: some of the text before goes with them.
                    less = limit - len(gap) - size
                    if less >= _MIN_TEXT:
                        return self._pack(start, less)
                    break
                end = (number + 1, 0)
                part = self._make_part([*texts, gap + text], [*taken, number], start, end)
                return part, end
            levels = lists.count_levels(item.block, gap)
            whole = self._render_rest(number, offset, room, levels)
            if whole is not None and whole[1] <= room:
                text, size = whole
                cut = None
            else:
                alone = all(self._introduces(n) for n in taken)
                if not alone and used >= limit * _FULL_ENOUGH:
                    break
                fits_next = self._fits_alone(number, offset, limit)
                if item.whole and fits_next and texts and not offset:
                    break
                item = replace(item, open_levels=levels)
                cut = split_item(item, offset, room, finest=alone, gently=fits_next)
                if cut is None:
                    if texts:
                        break
                    raise AssertionError("a cut between code points always fits")
                text = cut[0]
                size = count_utf16_units(text)
            texts.append(gap + text)
            sizes.append(size + len(gap))
            taken.append(number)
            used += size + len(gap)
            lists.add(item.block, begins=not offset)
            if cut is not None and cut[1] < item.length:
                offset = cut[1]
                break
            number, offset = number + 1, 0
        else:
            return self._make_part(texts, taken, start, (number, 0)), (number, 0)
        # A heading, or a break between sections, belongs with the text that follows.
        kept = len(taken)
        while offset == 0 and kept and self._belongs_to_next(taken[kept - 1]):
            kept -= 1
        # A part of nothing else is kept as it is: each would be alone, after packing all again.
        if kept and kept < len(taken):
            number = taken[kept]
            del taken[kept:], texts[kept:]
        return self._make_part(texts, taken, start, (number, offset)), (number, offset)

    def _render_pictures(self, number: int) -> tuple[str, int]:
        whole = self._render_rest(number, 0, limits.MESSAGE_CONTENT)
        assert whole is not None
        return whole

    def _introduces(self, number: int) -> bool:
        return isinstance(self._items[number].block, Heading) or self._items[number].introduces

    def _belongs_to_next(self, number: int) -> bool:
        return isinstance(self._items[number].block, Rule) or self._introduces(number)

    def is_split_badly(self, end: Position, limit: int) -> bool:
        """Whether a part that ends there splits an item that a message could hold whole."""
        number, offset = end
        return offset > 0 and self._items[number].whole and self._fits_alone(number, 0, limit)

    def _fits_alone(self, number: int, offset: int, limit: int) -> bool:
        whole = self._render_rest(number, offset, limit)
        return whole is not None and whole[1] <= limit

    def _make_part(
        self, texts: Sequence[str], taken: Sequence[int], start: Position, end: Position
    ) -> Part:
        numbers = dict.fromkeys(
            passage for n in taken if (passage := self._items[n].passage) is not None
        )
        pictures = tuple(picture for n in taken for picture in self._items[n].pictures)
        return Part("".join(texts), tuple(numbers), (start, end), pictures)

    def pack_between(self, start: Position, end: Position) -> Part:
        """The part between two positions, however long."""
        part = self._pack_range(start, end)
        return self._get_quiet()._pack_range(start, end) if part.previews else part  # noqa: SLF001

    def _pack_range(self, start: Position, end: Position) -> Part:
        texts: list[str] = []
        taken: list[int] = []
        number, offset = start
        lists = OpenLists()
        while (number, offset) < end:
            item = self._items[number]
            if item.on_card:
                number, offset = number + 1, 0
                continue
            stop = end[1] if number == end[0] else item.length
            gap = _choose_separator(self._items[taken[-1]], item) if texts else ""
            item = replace(item, open_levels=lists.count_levels(item.block, gap))
            whole = not offset and stop == item.length
            text = (render_piece if whole else render_trimmed_piece)(item, offset, stop)
            gap = gap if text else ""
            texts.append(gap + text)
            taken.append(number)
            lists.add(item.block, begins=not offset)
            number, offset = number + 1, 0
        return self._make_part(texts, taken, start, end)

    def pack_all(self, start: Position, limit: int) -> list[tuple[Position, Part]]:
        """All parts from a position on, each with its start."""
        parts: list[tuple[Position, Part]] = []
        position = start
        while position[0] < len(self._items):
            part, following = self.pack_next(position, limit)
            if part.content or part.pictures:  # else the rest is on the card
                parts.append((position, part))
            position = following
        return parts


def balance_last_parts(
    packer: Packer, parts: list[tuple[Position, Part]], most: int = limits.MESSAGE_CONTENT
) -> list[tuple[Position, Part]]:
    """Balance the last two parts if the last one would be very short."""
    if len(parts) < 2 or parts[-2][1].pictures:
        return parts
    sizes = [count_utf16_units(part.content) for _, part in parts[-2:]]
    if sizes[1] >= _SHORT_PART:
        return parts
    half = sum(sizes) // 2
    for limit in (half + 50, half + 200, half + 400, half + 600, half + 800):
        if limit >= most:
            break
        again = packer.pack_all(parts[-2][0], limit)
        if any(packer.is_split_badly(part.item_range[1], most) for _, part in again[:-1]):
            continue
        if len(again) == 2 and count_utf16_units(again[-1][1].content) > sizes[1]:
            return parts[:-2] + again
    return parts


def note_lost_links(essay: Essay) -> tuple[CodedText, ...]:
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
    return (make_coded("note-long-links", count=len(addresses)),)


def list_items(essay: Essay, *, numbered: bool = False) -> list[Item]:
    """The items that an essay's messages consist of; see :func:`lay_out`."""
    on_card = find_blocks_on_card(essay)
    placed = [
        (block, body.passage, place in on_card)
        for place, body in enumerate(essay.body)
        for whole in replace_table(body.block)
        for block in (split_picture(whole) if isinstance(whole, Picture) else (whole,))
        if isinstance(block, Rule | Picture) or get_block_text(block).strip()
    ]
    while placed and isinstance(placed[-1][0], Rule):
        placed.pop()
    blocks = [block for block, *_ in placed]
    labels, joined = _find_labels(blocks), find_joined(blocks)
    items: list[Item] = []
    shown: int | None = None
    galleries = _find_galleries(blocks)
    for number, (block, path) in enumerate(mark_lists(blocks)):
        if isinstance(block, Picture):
            items += [
                replace(make_item(gallery[0], None), pictures=gallery)
                for gallery in galleries.get(number, ())
            ]
            continue
        passage, lead = placed[number][1], ""
        if placed[number][2]:
            items.append(replace(make_item(block, passage), on_card=True))
            continue
        if numbered and passage != shown and not isinstance(block, Heading | Rule):
            quote = "> " if block.frame.quoted else ""
            lead = f"{quote}-# ¶{passage}\n"
            shown = passage
        item = make_item(block, passage, lead, path)
        if joined[number] or number in labels or is_display_formula(block):
            item = replace(
                item,
                joined=joined[number],
                introduces=number in labels,
                whole=is_display_formula(block),
            )
        items.append(item)
    return items


def _find_galleries(blocks: Sequence[Block]) -> dict[int, list[tuple[Picture, ...]]]:
    """The galleries of each run of pictures, by where the run starts."""
    found: dict[int, list[tuple[Picture, ...]]] = {}
    place = 0
    for pictured, run in groupby(blocks, key=lambda block: isinstance(block, Picture)):
        members = list(run)
        if pictured:
            found[place] = group_pictures([one for one in members if isinstance(one, Picture)])
        place += len(members)
    return found


def _is_bold_line(block: Block) -> bool:
    """Whether a block is a bold line of its own, such as a name with its definition below it."""
    if not isinstance(block, Paragraph) or block.frame.marker:
        return False
    text = get_block_text(block)
    return (
        len(text) <= _MAX_LABEL
        and "\n" not in text
        and all(
            Mark.BOLD in span.marks or not any(map(str.isalnum, span.text)) for span in block.spans
        )
    )


def _find_labels(blocks: Sequence[Block]) -> frozenset[int]:
    """The bold lines that introduce what follows: a few in a row at most, before other text."""
    labels: set[int] = set()
    run = 0
    for number, block in enumerate(blocks):
        if _is_bold_line(block):
            run += 1
            continue
        if 0 < run <= _MAX_LABELS and not isinstance(block, Heading | Rule):
            labels.update(range(number - run, number))
        run = 0
    return frozenset(labels)


def lay_out(essay: Essay, *, numbered: bool = False) -> Layout:
    """Lay out an essay as messages.

    Each part has 1 to 2,000 UTF-16 units, or none but pictures; an essay with only a title has no
    parts. Byline and epigraph are left out where the card shows them whole.

    numbered: show ¶ numbers in small print above each passage
    """
    packer = Packer(list_items(essay, numbered=numbered))
    parts = [
        part
        for _, part in balance_last_parts(packer, packer.pack_all((0, 0), limits.MESSAGE_CONTENT))
    ]
    return Layout(tuple(parts), choose_closing_question(essay, parts), note_lost_links(essay))
