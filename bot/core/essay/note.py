"""Notes: sentences about what couldn't be reproduced exactly, translated when they are shown."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from bot.core.text.translate import gettext as _

__all__ = [
    "Note",
    "make_note",
    "note_from_json",
    "note_to_json",
    "notes_from_lines",
    "notes_to_lines",
]


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence for the admin who publishes an essay; ``str(note)`` is English.

    sentence: in English, with named placeholders; its id in the catalogs
    values:   what the placeholders stand for, by name
    """

    sentence: str
    values: tuple[tuple[str, int | str], ...] = ()

    def __str__(self) -> str:
        return self.sentence.format(**dict(self.values)) if self.values else self.sentence

    def translate(self) -> str:
        """The sentence in the current language."""
        return _(self.sentence, **dict(self.values))


def make_note(sentence: str, /, **values: int | str) -> Note:
    """A note of a sentence that is marked for the catalogs, and the values of its placeholders."""
    return Note(sentence, tuple(values.items()))


def note_to_json(note: Note) -> str | list[Any]:
    """A note as plain JSON: its sentence, with the values if it has any."""
    return [note.sentence, dict(note.values)] if note.values else note.sentence


def note_from_json(data: str | list[Any]) -> Note:
    """Reverse of :func:`note_to_json`; older rows have English sentences without placeholders."""
    if isinstance(data, str):
        return Note(data)
    sentence, values = data
    return Note(sentence, tuple(values.items()))


def notes_to_lines(notes: Iterable[Note]) -> str:
    """Notes as they are stored, one a line: a sentence, or JSON if it has values."""
    stored = (note_to_json(note) for note in notes)
    return "\n".join(one if isinstance(one, str) else json.dumps(one) for one in stored)


def notes_from_lines(lines: str) -> tuple[Note, ...]:
    """Reverse of :func:`notes_to_lines`."""
    return tuple(
        note_from_json(json.loads(line) if line.startswith("[") else line)
        for line in lines.split("\n")
        if line
    )
