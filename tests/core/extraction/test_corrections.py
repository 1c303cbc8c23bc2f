"""What a form shows of what was found in an essay, and what is made of its answer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.core.essay.essay import Epigraph, Essay
from bot.core.extraction.corrections import MOST, Corrections, carried, corrected, found, given
from bot.core.read_essay import read_essay
from bot.core.text.length import utf16_units
from bot.errors import Refused

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
            assert corrected(essay, closing, found(essay, closing)) == (essay, closing)


def test_what_is_shown_fits_its_field() -> None:
    shown = found(LONG, "Why? " * 400)
    texts = (shown.title, shown.byline, shown.epigraph, shown.epigraph_source, shown.closing)
    assert all(utf16_units(t) <= most for t, most in zip(texts, MOST.values(), strict=True))


def test_only_what_was_changed_changes() -> None:
    entered = replace(found(LONG, None), title="Rye", epigraph_source="Ben")
    essay, closing = corrected(LONG, None, entered)
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
    essay, _ = corrected(before, None, replace(found(before, None), byline=entered))
    assert (essay.byline, essay.author) == kept


def test_what_is_emptied_is_taken_away_but_for_the_title() -> None:
    essay, closing = corrected(LONG, "Why?", Corrections("Rye", "", "", "", ""))
    assert (essay.byline, essay.author, essay.epigraph, closing) == (None, None, None, None)
    with pytest.raises(Refused, match="needs a title"):
        corrected(LONG, "Why?", Corrections(" ", "", "", "", ""))


def test_only_what_differs_from_what_was_read_was_given() -> None:
    assert given(ESSAY) == []
    essay, _ = corrected(ESSAY, None, replace(found(ESSAY, None), title="Rye", epigraph="Wait."))
    assert given(essay) == ["title", "epigraph"]
    assert given(replace(essay, read=None)) == [], "it is not known any more"


def test_a_byline_that_was_taken_away_comes_back_only_where_the_text_says_another() -> None:
    old, _ = corrected(ESSAY, None, replace(found(ESSAY, None), byline=""))
    assert carried(old, ESSAY, titled=False).author is None
    other = read_essay(HEAD.replace("Ann", "Ben") + "A night.\n", format="markdown")
    assert carried(old, other, titled=False).author == "Ben"


def test_what_was_not_given_follows_the_new_text() -> None:
    bare = read_essay("A night.\n", format="markdown", name="night.md")
    assert carried(ESSAY, bare, titled=False) == bare
    old, _ = corrected(ESSAY, None, replace(found(ESSAY, None), byline="By Ben"))
    assert carried(old, bare, titled=False).byline == "By Ben"
    assert carried(replace(old, read=None), bare, titled=False) == bare


def test_a_title_handed_in_with_the_new_text_is_not_replaced() -> None:
    old, _ = corrected(ESSAY, None, replace(found(ESSAY, None), title="Rye"))
    assert carried(old, ESSAY, titled=True).title == "Slow bread"
    assert carried(old, ESSAY, titled=False).title == "Rye"


def test_an_epigraph_that_was_given_stays_unless_the_text_has_another() -> None:
    old, _ = corrected(ESSAY, None, replace(found(ESSAY, None), epigraph="Wait."))
    assert carried(old, ESSAY, titled=False).epigraph == Epigraph("Wait.", None)
    head = HEAD.replace("author", "epigraph: Go.\nauthor")
    other = read_essay(head + "A night.\n", format="markdown")
    assert carried(old, other, titled=False).epigraph == Epigraph("Go.", None)
