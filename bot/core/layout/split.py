"""Split a block that doesn't fit into a message, in time linear in the piece's length."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from bot.core.essay.blocks import (
    Block,
    Code,
    Heading,
    Mark,
    Paragraph,
    Picture,
    Span,
    get_block_text,
    merge_spans,
)
from bot.core.layout.formulas import MAX_FORMULA, find_formulas
from bot.core.layout.inline_markdown import DELIMITERS, MAX_LINK
from bot.core.layout.markdown import render_block
from bot.core.layout.pictures import render_pictures
from bot.core.text.length import count_utf16_units
from bot.core.text.sentences import (
    find_clause_ends,
    find_grapheme_ends,
    find_sentence_ends,
    find_symbol_ends,
    find_word_ends,
)

__all__ = [
    "Item",
    "bound_end",
    "keep_beginning",
    "make_item",
    "render_piece",
    "render_trimmed_piece",
    "split_item",
]

_MIN_PIECE = 150  # characters: no split leaves a smaller piece of a paragraph, if it can be avoided
_MAX_ATOM = 800  # characters: longer links and code spans may be split
_MAX_GUESSES = 6
_LOOKAHEAD = 64  # characters beyond the window, so that no grapheme is cut at its edge


@dataclass(frozen=True, slots=True)
class Item:
    """A block to be packed into messages.

    text:    its plain text
    length:  of ``text``
    starts:  the offset of each span in ``text``
    lead:    Markdown before the block's first piece
    path:    the markers of the list items it is in, outermost first
    open_levels: how many of these lists its message already shows; None: all
    joined:  no empty line comes before it, for the sake of the list below it
    introduces: it introduces the next item, as a heading does, and stays with it
    whole:   it must not be split if a message can hold it
    pictures: of a gallery; the message ends after it
    quiet:   links show no previews, since others of its message do
    on_card: the card shows it whole, so no message does
    """

    block: Block
    passage: int | None
    text: str
    length: int
    starts: tuple[int, ...]
    lead: str = ""
    path: tuple[str, ...] = ()
    open_levels: int | None = None
    joined: bool = False
    introduces: bool = False
    whole: bool = False
    pictures: tuple[Picture, ...] = ()
    quiet: bool = False
    on_card: bool = False


def make_item(
    block: Block, passage: int | None, lead: str = "", path: tuple[str, ...] = ()
) -> Item:
    """Make an item from a block."""
    text = get_block_text(block)
    starts: tuple[int, ...] = ()
    if isinstance(block, Paragraph | Heading):
        starts = tuple(accumulate((len(span.text) for span in block.spans), initial=0))[:-1]
    return Item(block, passage, text, len(text), starts, lead, path)


def _slice_spans(item: Item, start: int, end: int) -> tuple[Span, ...]:
    assert isinstance(item.block, Paragraph | Heading)
    spans = item.block.spans
    if not start and end >= item.length:
        return merge_spans(spans)
    result: list[Span] = []
    index = max(bisect_right(item.starts, start) - 1, 0)
    while index < len(spans) and item.starts[index] < end:
        span, at = spans[index], item.starts[index]
        text = span.text[max(start - at, 0) : end - at]
        result.append(Span(text, span.marks, span.link, span.code))
        index += 1
    return merge_spans(result)


def render_piece(item: Item, start: int, end: int) -> str:
    """The Markdown from ``start`` to ``end``; the first piece has the lead before it."""
    block = item.block
    if item.pictures:
        return render_pictures(item.pictures, quiet=item.quiet)
    if isinstance(block, Code):
        block = replace(block, text=block.text[start:end])
    elif isinstance(block, Paragraph | Heading):
        block = replace(block, spans=_slice_spans(item, start, end))
    markdown = render_block(
        block,
        begins=start == 0,
        path=item.path,
        open_levels=item.open_levels,
        quiet=item.quiet,
    )
    return item.lead + markdown if start == 0 else markdown


def render_trimmed_piece(item: Item, start: int, end: int) -> str:
    """The Markdown of one piece of a split block.

    start, end: where this piece starts, and where the next one does; trailing white space is cut
    """
    if end < item.length:
        if not isinstance(item.block, Code):
            end = _trim_end(item, start, end)
        elif item.text[end - 1 : end] == "\n":
            end -= 1
    return render_piece(item, start, end)


def keep_beginning(item: Item, end: int) -> Item:
    """An item cut off where one of its pieces ends; offsets in it stay valid."""
    block = item.block
    if isinstance(block, Code):
        end -= item.text[end - 1 : end] == "\n"
        block = replace(block, text=block.text[:end])
    elif isinstance(block, Paragraph | Heading):
        block = replace(block, spans=_slice_spans(item, 0, _trim_end(item, 0, end)))
    return make_item(block, item.passage, item.lead, item.path)


def _find_atoms(item: Item, start: int, end: int) -> list[tuple[int, int]]:
    """The links, code spans and formulas from ``start`` to ``end``, which must not be split."""
    if not isinstance(item.block, Paragraph | Heading):
        return []
    spans = item.block.spans
    atoms: list[tuple[int, int]] = []
    index = max(bisect_right(item.starts, start) - 1, 0)
    previous: Span | None = None
    while index < len(spans) and item.starts[index] < end:
        span, at = spans[index], item.starts[index]
        if span.link is not None or span.code:
            stop = at + len(span.text)
            if (
                atoms
                and previous is not None
                and previous.link is not None
                and previous.link == span.link
                and atoms[-1][1] == at
            ):
                atoms[-1] = (atoms[-1][0], stop)
            else:
                atoms.append((at, stop))
        previous = span
        index += 1
    atoms = [(one, other) for one, other in atoms if other - one <= _MAX_ATOM]
    formulas = find_formulas(item.text[start : end + MAX_FORMULA])
    return _unite(atoms, [(start + one, start + other) for one, other in formulas])


def _unite(
    some: Sequence[tuple[int, int]], others: Sequence[tuple[int, int]]
) -> list[tuple[int, int]]:
    """Ranges in order, with those that overlap united."""
    if not others:
        return list(some)
    united: list[tuple[int, int]] = []
    for one, other in sorted([*some, *others]):
        if united and one < united[-1][1]:
            united[-1] = (united[-1][0], max(united[-1][1], other))
        else:
            united.append((one, other))
    return united


def _drop_inside(ends: Sequence[int], atoms: Sequence[tuple[int, int]]) -> list[int]:
    result: list[int] = []
    index = 0
    for end in ends:
        while index < len(atoms) and atoms[index][1] <= end:
            index += 1
        if index == len(atoms) or end <= atoms[index][0]:
            result.append(end)
    return result


def _find_line_ends(text: str) -> list[int]:
    return [index for index, character in enumerate(text) if character == "\n"]


def _find_last_fitting(
    item: Item, start: int, ends: Sequence[int], room: int, growth: float = 1.02
) -> tuple[int, str] | None:
    """The last of the offsets up to which the piece fits, and the piece's Markdown.

    Each try costs a rendering, so the offset is guessed from how much longer the Markdown is than
    its text. If a few guesses fail, bisection finds it.

    growth: the first guess of how many times as long it is
    """
    fits, fails = -1, len(ends)
    fitting, measured_fit = "", 0  # the longest piece that fits, and its units
    guesses = 0
    while fails - fits > 1:
        index = bisect_right(ends, start + int(room / growth)) - 1 if guesses < _MAX_GUESSES else -1
        guesses += 1
        if not fits < index < fails:
            if 0 <= fits == index:
                index = fits + 1  # the guess fits: does the next one?
            elif index == fails:
                index = fails - 1
            else:
                index = (fits + fails) // 2
        end = ends[index]
        if fits >= 0 and end - ends[fits] > room - measured_fit:
            fails = index  # the text alone is longer than the room
            continue
        piece = render_piece(item, start, _trim_end(item, start, end))
        units = count_utf16_units(piece)
        growth = max(1.0, units / max(1, end - start))
        if units <= room:
            fits, fitting, measured_fit = index, piece, units
        else:
            fails = index
    return (ends[fits], fitting) if fits >= 0 else None


def _trim_end(item: Item, start: int, end: int) -> int:
    if isinstance(item.block, Code):
        return end
    while end > start and item.text[end - 1].isspace():
        end -= 1
    return end


def bound_end(item: Item, start: int, end: int, room: int) -> int:
    """The offset up to which a piece might fit, by its text and the URLs of its links alone."""
    if not isinstance(item.block, Paragraph | Heading):
        return end
    spans = item.block.spans
    least, address = 0, None
    for index in range(max(bisect_right(item.starts, start) - 1, 0), len(spans)):
        at, span = item.starts[index], spans[index]
        if at >= end:
            break
        stop = min(at + len(span.text), end)
        shown = stop - max(at, start)
        if span.link is not None and span.link != address and len(span.link) <= MAX_LINK:
            shown = max(shown, len(span.link))
        least, address = least + shown, span.link
        if least > room:
            return stop
    return end


def _estimate_growth(item: Item, start: int, end: int) -> float:
    """How many times as long as the text its Markdown may be, by its marks and links."""
    if not isinstance(item.block, Paragraph | Heading):
        return 1.02
    spans = item.block.spans
    signs, marks, address = 0, Mark.NONE, None
    for index in range(max(bisect_right(item.starts, start) - 1, 0), len(spans)):
        span = spans[index]
        if item.starts[index] >= end:
            break
        if span.code:
            signs += 2
        if span.marks is not marks:
            signs += sum(len(sign) for mark, sign in DELIMITERS.items()
                         if (mark in span.marks) is not (mark in marks))  # fmt: skip
            marks = span.marks
        if span.link is not None and span.link != address and len(span.link) <= MAX_LINK:
            signs += len(span.link) + 4
        address = span.link
    return max(1.02, 1 + signs / max(1, end - start))


def split_item(
    item: Item, start: int, room: int, *, finest: bool, gently: bool
) -> tuple[str, int] | None:
    """The Markdown of the piece that starts at ``start``, and where the next one starts.

    room:   UTF-16 units for the piece, including its marks and lead
    finest: a piece is needed: any split is better than none
    gently: the rest would fit into one message: split only between sentences
    """
    end = bound_end(item, start, min(start + max(room, 0), item.length), room)
    window = item.text[start : end + _LOOKAHEAD]
    code = isinstance(item.block, Code)
    tiers: list[Callable[[str], list[int]]]
    tiers = [_find_line_ends] if code else [find_sentence_ends]
    if finest or not gently:
        tiers += [find_word_ends] if code else [find_clause_ends, find_word_ends]
    if finest:
        tiers += [find_symbol_ends, find_grapheme_ends]
    atoms = _find_atoms(item, start, end)
    growth = _estimate_growth(item, start, end)
    least = _MIN_PIECE
    for tier in tiers:
        last = tier is find_grapheme_ends
        ends = [start + index for index in tier(window) if start + index <= end]
        ends = _drop_inside(ends, atoms)
        if finest and gently:
            # It has to be split; a little earlier, so that the rest isn't too short.
            ends = [end for end in ends if item.length - end >= least] or ends
        found = _find_last_fitting(item, start, ends, room, growth)
        if found is None or found[0] <= start:
            continue
        cut, units = found[0], count_utf16_units(found[1])
        if not last and (units < least or (gently and item.length - cut < least)):
            continue
        if not last and finest and units < room // 4 and not gently:
            continue
        return _finish_split(item, start, *found)
    if not finest:
        return None
    # One grapheme, link or code span fills the room: split it anywhere.
    found = _find_last_fitting(item, start, range(start + 1, end + 1), room)
    return None if found is None else _finish_split(item, start, *found)


def _finish_split(item: Item, start: int, cut: int, piece: str) -> tuple[str, int] | None:
    end = _trim_end(item, start, cut)
    following = cut
    if isinstance(item.block, Code):
        following += item.text[cut : cut + 1] == "\n"
    else:
        while following < item.length and item.text[following].isspace():
            following += 1
    return (piece, following) if end > start else None
