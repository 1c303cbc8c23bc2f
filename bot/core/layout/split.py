"""Cutting one block where it does the least harm, in time linear in what is cut off."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from bot.core.essay.blocks import Block, Code, Heading, Paragraph, Span, get_block_text, merge_spans
from bot.core.layout.markdown import render_block
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
    "keep_beginning",
    "make_item",
    "render_piece",
    "render_trimmed_piece",
    "split_item",
]

_LEAST = 150  # characters: smaller pieces of a paragraph are not worth a cut
_ATOM = 800  # characters: a link or code span longer than this has to be cut after all
_GUESSES = 6
_CLUSTER = 64  # characters looked at beyond a window, so that no cluster is cut at its edge


@dataclass(frozen=True, slots=True)
class Item:
    """A block on its way into messages.

    text:    what it shows
    length:  of ``text``
    starts:  where each of its spans starts in ``text``
    lead:    Markdown that goes before the block's first piece
    """

    block: Block
    passage: int | None
    text: str
    length: int
    starts: tuple[int, ...]
    lead: str = ""


def make_item(block: Block, passage: int | None, lead: str = "") -> Item:
    """A block, measured."""
    text = get_block_text(block)
    starts: tuple[int, ...] = ()
    if isinstance(block, Paragraph | Heading):
        starts = tuple(accumulate((len(span.text) for span in block.spans), initial=0))[:-1]
    return Item(block, passage, text, len(text), starts, lead)


def _spans(item: Item, start: int, end: int) -> tuple[Span, ...]:
    assert isinstance(item.block, Paragraph | Heading)
    spans = item.block.spans
    result: list[Span] = []
    place = max(bisect_right(item.starts, start) - 1, 0)
    while place < len(spans) and item.starts[place] < end:
        span, at = spans[place], item.starts[place]
        result.append(replace(span, text=span.text[max(start - at, 0) : end - at]))
        place += 1
    return merge_spans(result)


def render_piece(item: Item, start: int, end: int) -> str:
    """The Markdown of the characters from ``start`` to ``end``; the lead before the first piece."""
    block = item.block
    if isinstance(block, Code):
        block = replace(block, text=block.text[start:end])
    elif isinstance(block, Paragraph | Heading):
        block = replace(block, spans=_spans(item, start, end))
    markdown = render_block(block, begins=start == 0)
    return item.lead + markdown if start == 0 else markdown


def render_trimmed_piece(item: Item, start: int, end: int) -> str:
    """The Markdown of one piece of a split block.

    start, end: where this piece starts, and where the next one does; trailing white space is cut
    """
    if end < item.length:
        if not isinstance(item.block, Code):
            end = _trimmed(item, start, end)
        elif item.text[end - 1 : end] == "\n":
            end -= 1
    return render_piece(item, start, end)


def keep_beginning(item: Item, end: int) -> Item:
    """An item that goes only up to where a piece of it goes on; places in it stay the same."""
    block = item.block
    if isinstance(block, Code):
        end -= item.text[end - 1 : end] == "\n"
        block = replace(block, text=block.text[:end])
    elif isinstance(block, Paragraph | Heading):
        block = replace(block, spans=_spans(item, 0, _trimmed(item, 0, end)))
    return make_item(block, item.passage, item.lead)


def _atoms(item: Item, start: int, end: int) -> list[tuple[int, int]]:
    """The links and code spans between ``start`` and ``end`` that must not be cut."""
    if not isinstance(item.block, Paragraph | Heading):
        return []
    spans = item.block.spans
    atoms: list[tuple[int, int]] = []
    place = max(bisect_right(item.starts, start) - 1, 0)
    previous: Span | None = None
    while place < len(spans) and item.starts[place] < end:
        span, at = spans[place], item.starts[place]
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
        place += 1
    return [(one, other) for one, other in atoms if other - one <= _ATOM]


def _outside(ends: Sequence[int], atoms: Sequence[tuple[int, int]]) -> list[int]:
    result: list[int] = []
    place = 0
    for end in ends:
        while place < len(atoms) and atoms[place][1] <= end:
            place += 1
        if place == len(atoms) or end <= atoms[place][0]:
            result.append(end)
    return result


def _line_ends(text: str) -> list[int]:
    return [place for place, character in enumerate(text) if character == "\n"]


def _best(item: Item, start: int, ends: Sequence[int], room: int) -> int | None:
    """The last of the places up to which the piece fits the room.

    The place is guessed from how much longer the Markdown is than its text; a few guesses are
    enough, and each costs a rendering. Where they go wrong, halving the rest finds the place.
    """
    fits, fails = -1, len(ends)
    measured_fit = 0  # units of the longest piece that fitted
    growth = 1.02
    guesses = 0
    while fails - fits > 1:
        place = bisect_right(ends, start + int(room / growth)) - 1 if guesses < _GUESSES else -1
        guesses += 1
        if not fits < place < fails:
            if 0 <= fits == place:
                place = fits + 1  # the guess fitted: does the next one?
            elif place == fails:
                place = fails - 1
            else:
                place = (fits + fails) // 2
        end = ends[place]
        if fits >= 0 and end - ends[fits] > room - measured_fit:
            fails = place  # what is shown is longer than the room already
            continue
        units = count_utf16_units(render_piece(item, start, _trimmed(item, start, end)))
        growth = max(1.0, units / max(1, end - start))
        if units <= room:
            fits, measured_fit = place, units
        else:
            fails = place
    return ends[fits] if fits >= 0 else None


def _trimmed(item: Item, start: int, end: int) -> int:
    if isinstance(item.block, Code):
        return end
    while end > start and item.text[end - 1].isspace():
        end -= 1
    return end


def split_item(
    item: Item, start: int, room: int, *, finest: bool, gently: bool
) -> tuple[int, int] | None:
    """Where to end the piece that starts at ``start``, and where the next one goes on.

    room:   UTF-16 units for the piece, its marks and lead included
    finest: the piece has to be made: any cut is better than none
    gently: the rest would fit a message whole: cut it only between sentences
    """
    end = min(start + max(room, 0), item.length)
    window = item.text[start : end + _CLUSTER]
    code = isinstance(item.block, Code)
    tiers: list[Callable[[str], list[int]]]
    tiers = [_line_ends] if code else [find_sentence_ends]
    if finest or not gently:
        tiers += [find_word_ends] if code else [find_clause_ends, find_word_ends]
    if finest:
        tiers += [find_symbol_ends, find_grapheme_ends]
    atoms = _atoms(item, start, end)
    least = _LEAST
    for tier in tiers:
        last = tier is find_grapheme_ends
        ends = [start + place for place in tier(window) if start + place <= end]
        ends = _outside(ends, atoms)
        if finest and gently:
            # It is cut whatever is left of it; so that this is no stub, rather a little earlier.
            ends = [end for end in ends if item.length - end >= least] or ends
        cut = _best(item, start, ends, room)
        if cut is None or cut <= start:
            continue
        if not last and (cut - start < least or (gently and item.length - cut < least)):
            continue
        if not last and finest and cut - start < room // 4 and not gently:
            continue
        return _ended(item, start, cut)
    if not finest:
        return None
    # One cluster, link or code span fills the room: cut it where it must be.
    cut = _best(item, start, range(start + 1, end + 1), room)
    return None if cut is None else _ended(item, start, cut)


def _ended(item: Item, start: int, cut: int) -> tuple[int, int] | None:
    end = _trimmed(item, start, cut)
    following = cut
    if isinstance(item.block, Code):
        following += item.text[cut : cut + 1] == "\n"
    else:
        while following < item.length and item.text[following].isspace():
            following += 1
    return (end, following) if end > start else None
