"""Notes about what couldn't be reproduced exactly, and how they are stored."""

from __future__ import annotations

from pathlib import Path

from bot.core.essay.note import Note, make_note, notes_from_lines, notes_to_lines
from bot.core.text.translate import use_language
from tests.support.catalogs import Sentences, use_sentences

LEFT_OUT = make_note("Left out: {count}, {names}.", count=2, names="a\nb {c} [d]")


def test_a_note_fills_in_its_values_and_never_reads_them_as_placeholders() -> None:
    assert str(LEFT_OUT) == LEFT_OUT.translate() == "Left out: 2, a\nb {c} [d]."


def test_a_note_without_values_may_contain_braces() -> None:
    assert str(Note("A {#name} is left out.")) == "A {#name} is left out."


def test_notes_are_read_back_from_their_lines_with_their_values() -> None:
    notes = (Note("Please check it."), LEFT_OUT)
    assert notes_to_lines(notes).count("\n") == 1
    assert notes_from_lines(notes_to_lines(notes)) == notes
    assert notes_from_lines("") == ()


def test_a_note_that_an_older_version_stored_stays_its_sentence() -> None:
    (note,) = notes_from_lines("Attributes such as {#name} are left out: 3.")
    assert str(note) == note.translate() == "Attributes such as {#name} are left out: 3."


def test_a_note_is_in_the_language_of_whoever_sees_it(tmp_path: Path) -> None:
    german: Sentences = {LEFT_OUT.sentence: "Weggelassen: {count}, {names}."}
    with use_sentences(tmp_path, {"de": german}), use_language("de"):
        assert LEFT_OUT.translate() == "Weggelassen: 2, a\nb {c} [d]."
        assert str(LEFT_OUT) == "Left out: 2, a\nb {c} [d]."
