"""Notes about what couldn't be reproduced exactly, and how they are stored."""

from __future__ import annotations

from pathlib import Path

from bot.core.essay.preview_note import notes_from_lines, notes_to_lines
from bot.core.read_essay import read_essay
from bot.core.text.coded_text import make_coded
from bot.core.text.translate import use_language
from tests.support.catalogs import Sentences, use_sentences

LINKED = make_coded("note-pictures-linked-more", names="a\nb {c} [d]", more=2)


def test_notes_are_read_back_from_their_lines_with_their_values() -> None:
    notes = (make_coded("note-pdf"), LINKED)
    assert notes_to_lines(notes).count("\n") == 1
    assert notes_from_lines(notes_to_lines(notes)) == notes
    assert notes_from_lines("") == ()


def test_braces_in_a_note_are_shown_and_not_read_as_placeholders() -> None:
    (note,) = read_essay("# Title {#top}\n\nText.\n", format="markdown").notes
    assert str(note) == "Attributes such as {#name} and {: .class} are left out: 1."
    assert "a\nb {c} [d]" in str(LINKED)


def test_a_note_is_in_the_language_of_whoever_sees_it(tmp_path: Path) -> None:
    german: Sentences = {
        "Pictures that couldn't be fetched are links: {names}, and {more} more.": (
            "Nur verlinkt: {names} und {more} weitere."
        )
    }
    (read,) = notes_from_lines(notes_to_lines([LINKED]))
    with use_sentences(tmp_path, {"de": german}), use_language("de"):
        assert str(read) == "Nur verlinkt: a\nb {c} [d] und 2 weitere."
    assert str(read).startswith("Pictures that couldn't be fetched")
