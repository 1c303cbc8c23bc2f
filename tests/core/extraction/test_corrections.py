"""The form for corrections: its values, and applying them to the essay and its next revision."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.core.essay.essay import Epigraph, Essay
from bot.core.extraction.corrections import (
    FIELD_LIMITS,
    Corrections,
    apply_corrections,
    carry_over_corrections,
    get_form_values,
    list_corrected_facts,
)
from bot.core.read_essay import read_essay
from bot.core.text.length import count_utf16_units
from bot.errors import UserError

HEAD = "---\ntitle: Slow bread\nauthor: Ann\n---\n\n"
ESSAY = read_essay(f"{HEAD}It takes a night to make a loaf.\n", format="markdown")
LONG = replace(
    ESSAY,
    title="Bread " * 200,
    byline="By Ann " * 200,
    epigraph=Epigraph("Wait and see. " * 300, "An old baker " * 50),
)


def test_what_is_sent_back_as_it_was_shown_changes_nothing() -> None:
    for essay in (ESSAY, LONG):
        for closing in (None, "Why? " * 400):
            assert apply_corrections(essay, closing, get_form_values(essay, closing)) == (
                essay,
                closing,
            )


def test_what_is_shown_fits_its_field() -> None:
    shown = get_form_values(LONG, "Why? " * 400)
    texts = {
        "title": shown.title,
        "byline": shown.byline,
        "epigraph": shown.epigraph,
        "source": shown.epigraph_source,
        "closing": shown.closing,
    }
    assert all(count_utf16_units(text) <= FIELD_LIMITS[name] for name, text in texts.items())


def test_only_what_was_changed_changes() -> None:
    entered = replace(get_form_values(LONG, None), title="Rye", epigraph_source="Ben")
    essay, closing = apply_corrections(LONG, None, entered)
    assert LONG.epigraph is not None
    epigraph = replace(LONG.epigraph, source="Ben")
    assert (essay, closing) == (replace(LONG, title="Rye", epigraph=epigraph), None)


@pytest.mark.parametrize(
    ("byline", "entered", "kept"),
    [
        (None, "", (None, None)),
        (None, "Ben", ("Ben", None)),
        (None, "By Ann, a baker", ("By Ann, a baker", "Ann")),
        ("poet", "gardener", ("gardener", "Ann")),
        ("poet", "", (None, None)),
    ],
)
def test_another_byline_takes_the_place_of_what_stood_there(
    byline: str | None, entered: str, kept: tuple[str | None, str | None]
) -> None:
    before: Essay = replace(ESSAY, byline=byline)
    essay, _ = apply_corrections(
        before, None, replace(get_form_values(before, None), byline=entered)
    )
    assert (essay.byline, essay.author) == kept


def test_what_is_emptied_is_removed_except_the_title() -> None:
    essay, closing = apply_corrections(LONG, "Why?", Corrections("Rye", "", "", "", ""))
    assert (essay.byline, essay.author, essay.epigraph, closing) == (None, None, None, None)
    with pytest.raises(UserError, match="needs a title"):
        apply_corrections(LONG, "Why?", Corrections(" ", "", "", "", ""))


def test_only_what_differs_from_what_was_read_was_given() -> None:
    assert list_corrected_facts(ESSAY) == []
    essay, _ = apply_corrections(
        ESSAY, None, replace(get_form_values(ESSAY, None), title="Rye", epigraph="Wait.")
    )
    assert list_corrected_facts(essay) == ["title", "epigraph"]
    assert list_corrected_facts(replace(essay, extracted=None)) == [], "it is not known any more"


def test_a_removed_byline_comes_back_only_if_the_new_text_has_another() -> None:
    old, _ = apply_corrections(ESSAY, None, replace(get_form_values(ESSAY, None), byline=""))
    assert carry_over_corrections(old, ESSAY, titled=False).author is None
    other = read_essay(HEAD.replace("Ann", "Ben") + "A night.\n", format="markdown")
    assert carry_over_corrections(old, other, titled=False).author == "Ben"


def test_what_was_not_given_follows_the_new_text() -> None:
    bare = read_essay("A night.\n", format="markdown", name="night.md")
    assert carry_over_corrections(ESSAY, bare, titled=False) == bare
    old, _ = apply_corrections(ESSAY, None, replace(get_form_values(ESSAY, None), byline="By Ben"))
    assert carry_over_corrections(old, bare, titled=False).byline == "By Ben"
    assert carry_over_corrections(replace(old, extracted=None), bare, titled=False) == bare


def test_a_title_submitted_with_the_new_text_is_not_replaced() -> None:
    old, _ = apply_corrections(ESSAY, None, replace(get_form_values(ESSAY, None), title="Rye"))
    assert carry_over_corrections(old, ESSAY, titled=True).title == "Slow bread"
    assert carry_over_corrections(old, ESSAY, titled=False).title == "Rye"


def test_an_epigraph_that_was_given_stays_unless_the_text_has_another() -> None:
    old, _ = apply_corrections(ESSAY, None, replace(get_form_values(ESSAY, None), epigraph="Wait."))
    assert carry_over_corrections(old, ESSAY, titled=False).epigraph == Epigraph("Wait.", None)
    head = HEAD.replace("author", "epigraph: Go.\nauthor")
    other = read_essay(head + "A night.\n", format="markdown")
    assert carry_over_corrections(old, other, titled=False).epigraph == Epigraph("Go.", None)
