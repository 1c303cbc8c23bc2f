"""Notes about what couldn't be reproduced exactly, as they are stored with an essay."""

from __future__ import annotations

from collections.abc import Iterable

from bot.core.text.coded_text import CodedText, read_coded

__all__ = ["notes_from_lines", "notes_to_lines"]


def notes_to_lines(notes: Iterable[CodedText]) -> str:
    """Notes as they are stored, one a line."""
    return "\n".join(note.stored for note in notes)


def notes_from_lines(lines: str) -> tuple[CodedText, ...]:
    """Reverse of :func:`notes_to_lines`."""
    read = (read_coded(line) for line in lines.split("\n"))
    return tuple(note for note in read if note is not None)
