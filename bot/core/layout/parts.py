"""The result of laying out an essay: its parts (one Discord message each) and notes."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Layout", "Part", "Position"]

#: Where in a row of items something is: an item, and how many of its characters are before it.
Position = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Part:
    """One message of the essay: at most 2,000 UTF-16 units, and the passages it carries.

    item_range: from where to where it goes in the items that the essay is laid out by
    """

    content: str
    passages: tuple[int, ...]
    item_range: tuple[Position, Position] = ((0, 0), (0, 0))


@dataclass(frozen=True, slots=True)
class Layout:
    """The messages of an essay.

    closing: Discord Markdown for the message that asks the closing question; None where the last
             part ends with it anyway
    notes:   sentences about what could not be shown as it was, beside the essay's own notes
    """

    parts: tuple[Part, ...]
    closing: str | None
    notes: tuple[str, ...]
