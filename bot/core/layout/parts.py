"""The result of laying out an essay: its parts (one Discord message each) and notes."""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.essay.blocks import Picture
from bot.core.text.coded_text import CodedText

__all__ = ["Layout", "Part", "Position"]

#: A position in an essay's items: the index of an item, and an offset in its text.
Position = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Part:
    """One message of the essay: at most 2,000 UTF-16 units, and the numbers of its passages.

    item_range: its start and end in the essay's items
    pictures:   what is attached to it, or shown as previews of its links; without text the content
                may be empty
    """

    content: str
    passages: tuple[int, ...]
    item_range: tuple[Position, Position] = ((0, 0), (0, 0))
    pictures: tuple[Picture, ...] = ()

    @property
    def attached(self) -> tuple[Picture, ...]:
        """The pictures that are uploaded with it."""
        return tuple(picture for picture in self.pictures if not picture.linked)

    @property
    def previews(self) -> bool:
        """Whether previews of its links are shown."""
        return any(picture.linked for picture in self.pictures)


@dataclass(frozen=True, slots=True)
class Layout:
    """The messages of an essay.

    closing: what the closing message asks, as Markdown; None if the last part ends with it
    notes:   about what could not be reproduced, besides the essay's own notes
    """

    parts: tuple[Part, ...]
    closing: str | None
    notes: tuple[CodedText, ...]
