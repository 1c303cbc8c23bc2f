"""A given title, and the line that was taken as the title."""

from __future__ import annotations

import pytest

from bot.core.extraction.title import find_former_title_line, retitle
from bot.core.read_essay import Format, read_essay

LINES = "It was raining in the town\n\nNobody minded, least of all the baker."


@pytest.mark.parametrize("form", ["markdown", "text"])
def test_a_given_title_leaves_a_line_that_is_only_like_a_title_in_the_text(form: Format) -> None:
    essay = read_essay(LINES, format=form, title=" Rye ")
    assert essay.title == "Rye"
    assert [passage.text for passage in essay.passages] == LINES.split("\n\n")


@pytest.mark.parametrize("head", ["# Slow bread", "It was raining in the town"])
def test_a_given_title_takes_the_place_of_a_heading_and_of_itself(head: str) -> None:
    title = "Rye" if head.startswith("#") else head
    essay = read_essay(f"{head}\n\nNobody minded, least of all the baker.", format="markdown",
                       title=title)  # fmt: skip
    assert essay.title == title
    assert len(essay.passages) == 1


@pytest.mark.parametrize(
    ("title", "stays"),
    [
        ("Rye", True),
        ("it was raining in the TOWN!", False),
        ("It was raining in the town, and other stories", False),
        ("It was rainning in the town", False),
        ("It was raining", True),
        ("It is raining in our town", True),
    ],
)
def test_the_line_stays_unless_the_title_says_all_of_it(title: str, stays: bool) -> None:
    before = read_essay(LINES, format="text")
    essay = retitle(before, title)
    assert essay.title == title
    assert [passage.text for passage in essay.passages] == LINES.split("\n\n")[not stays :]
    assert find_former_title_line(essay) == (LINES.split("\n")[0] if stays else None)
    assert essay.words == before.words + 6 * stays
    assert retitle(essay, before.title) == before
    assert read_essay(LINES, format="text", title=title) == essay


def test_a_line_that_is_all_of_the_text_still_asks_its_question() -> None:
    essay = read_essay("Would you wait a night for bread?", format="text", title="Bread")
    assert essay.questions == ("Would you wait a night for bread?",)
    assert [passage.text for passage in essay.passages] == ["Would you wait a night for bread?"]


def test_a_name_above_the_line_stays_above_it() -> None:
    text = "Ann Baker\n\nIt was raining in the town\n\nNobody minded."
    essay = read_essay(text, format="text")
    assert essay.title == "It was raining in the town"
    assert [p.text for p in retitle(essay, "Rye").passages] == text.split("\n\n")


def test_an_essay_with_its_title_in_the_metadata_has_no_former_title_line() -> None:
    essay = read_essay("---\ntitle: Rye\n---\n\n---\n\nA night.\n", format="markdown")
    assert find_former_title_line(retitle(essay, "Wheat")) is None


@pytest.mark.parametrize("below", ["", "\n---\n"])
def test_a_line_that_is_all_of_the_text_is_asked_only_while_it_is_in_the_body(below: str) -> None:
    before = read_essay(f"Is bread slow?\n{below}", format="markdown" if below else "text")
    assert (before.title, before.questions) == ("Is bread slow?", ())
    under_another = retitle(before, "Slow")
    assert under_another.questions == ("Is bread slow?",)
    assert retitle(under_another, before.title) == before


@pytest.mark.parametrize("mark", ["#", "##"])
@pytest.mark.parametrize("above", ["", "by Ann Lee\n\n"])
def test_a_heading_like_those_below_it_returns_under_another_title(mark: str, above: str) -> None:
    source = f"{above}# The soil\n\nIt is wet.\n\n# The seed\n\nIt is small."
    before = read_essay(source.replace("# ", f"{mark} "), format="markdown")
    assert before.title == "The soil"
    essay = retitle(before, "My garden")
    assert "The soil" in [passage.text for passage in essay.passages]
    assert retitle(essay, "The soil") == before
