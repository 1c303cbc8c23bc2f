"""Nested lists as Discord shows them: each message has to begin its lists again.

Discord numbers an ordered list from its first item on, whatever numbers follow, and from 1 to
1,000,000,000; an item without the items around it moves to the outermost level; an empty line, a
code block or a quotation ends every list. Observed in its clients: it documents none of this.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from bot.core.essay.blocks import Block, Code, Frame
from bot.core.layout.markdown import MAX_LIST_DEPTH, split_markers

__all__ = ["OpenLists", "find_joined", "get_depth", "mark_lists"]

_ORDERED = re.compile(r"(-?\d+)\. ")
_FIRST_NUMBER, _LAST_NUMBER = 1, 1_000_000_000
_BULLET = "- "


def get_depth(frame: Frame) -> int:
    """The level at which a block is shown; 0 outside of lists."""
    return min(frame.depth, MAX_LIST_DEPTH)


def mark_lists(blocks: Sequence[Block]) -> list[tuple[Block, tuple[str, ...]]]:
    """Each block with the markers of the list items it is in, outermost first.

    A number or bullet that Discord would change is written as text (``0\\. ``).
    """
    result: list[tuple[Block, tuple[str, ...]]] = []
    group = 0
    path: list[str] = []
    counted: list[str | None] = []  # for each level, the marker of the item that the next follows
    for block in blocks:
        frame = block.frame
        # A table or rule inside a list has no group.
        if frame.group and frame.group != group:
            group, path, counted = frame.group, [], []
        depth = get_depth(frame)
        if not depth or not frame.marker:
            result.append((block, tuple(path[:depth])))
            continue
        path += [_BULLET] * (depth - 1 - len(path))
        counted += [None] * (depth - len(counted))
        markers = split_markers(frame.marker)[-depth:]
        for level, marker in enumerate(markers[:-1], depth - len(markers)):
            # An item that begins with a list; a number that Discord would change is a bullet.
            kept = marker if _is_shown_as_it_is(marker, counted[level]) else _BULLET
            del path[level:], counted[level + 1 :]
            counted[level] = kept
            path.append(kept)
            counted += [None] * (depth - len(counted))
            markers[level - depth + len(markers)] = kept
        previous = counted[depth - 1]
        del path[depth - 1 :], counted[depth:]
        marker = markers[-1]
        literal = not _is_shown_as_it_is(marker, previous)
        counted[depth - 1] = None if literal else marker
        path.append(marker if _is_shown_as_it_is(marker, None) else _BULLET)
        if literal:
            found = _ORDERED.fullmatch(marker)
            markers[-1] = f"{found[1]}\\. " if found else f"\\{marker}"
        if "".join(markers) != frame.marker:
            block = replace(block, frame=replace(frame, marker="".join(markers)))
        result.append((block, tuple(path)))
    return result


def _is_shown_as_it_is(marker: str, previous: str | None) -> bool:
    """Whether Discord shows this bullet or number after the previous item of its list."""
    found = _ORDERED.fullmatch(marker)
    before = _ORDERED.fullmatch(previous) if previous is not None else None
    if found is None:
        return before is None
    if previous is not None:
        return before is not None and int(found[1]) == int(before[1]) + 1
    return _FIRST_NUMBER <= int(found[1]) <= _LAST_NUMBER


def find_joined(blocks: Sequence[Block]) -> list[bool]:
    """For each block, whether it is a further paragraph of an item with a nested list below it.

    An empty line before it would end the list, and that nested list would be shown a level higher.
    """
    result = [False] * len(blocks)
    group = deeper = 0
    for place in range(len(blocks) - 1, -1, -1):
        frame = blocks[place].frame
        if frame.group and frame.group != group:
            group, deeper = frame.group, 0
        if frame.marker:
            deeper = get_depth(frame)
        elif frame.group and not isinstance(blocks[place], Code):
            result[place] = deeper > 1
    return result


class OpenLists:
    """The lists that are open at the end of a message that is being written."""

    def __init__(self) -> None:
        self._before: Block | None = None
        self._levels = 0

    def count_levels(self, block: Block, gap: str) -> int | None:
        """How many of the lists around a block the message shows; None: all that it needs."""
        before = self._before
        if (
            before is None
            or isinstance(before, Code)
            or not block.frame.group
            or before.frame.group != block.frame.group
            or before.frame.quoted != block.frame.quoted
            or gap.count("\n") > 1
        ):
            self._levels = 0
        return None if self._levels >= get_depth(block.frame) - 1 else self._levels

    def add(self, block: Block, *, begins: bool) -> None:
        """Add a block to the message; ``begins``: with its marker."""
        depth = get_depth(block.frame)
        self._levels = depth if begins and block.frame.marker else min(self._levels, depth)
        self._before = block
