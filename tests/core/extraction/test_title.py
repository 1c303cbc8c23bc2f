"""A given title, and the heading or line that was taken as the title."""

from __future__ import annotations

import pytest

from bot.core.essay.blocks import Heading, get_block_text
from bot.core.essay.essay import Essay
from bot.core.essay.source_format import Format
from bot.core.extraction.title import find_former_title_line, retitle
from bot.core.layout.layout import lay_out
from bot.core.read_essay import read_essay
from tests.core.reading.pdf_documents import make_pdf, write_column
from tests.core.reading.test_epub import make_epub
from tests.core.reading.word_documents import paragraph, word_document

LINES = "It was raining in the town\n\nNobody minded, least of all the baker."


@pytest.mark.parametrize("form", ["markdown", "text"])
def test_a_given_title_leaves_a_line_that_is_only_like_a_title_in_the_text(form: Format) -> None:
    essay = read_essay(LINES, format=form, title=" Rye ")
    assert essay.title == "Rye"
    assert [passage.text for passage in essay.passages] == LINES.split("\n\n")


@pytest.mark.parametrize("head", ["# Slow bread", "It was raining in the town"])
def test_a_given_title_takes_the_place_of_itself(head: str) -> None:
    title = head.removeprefix("# ")
    essay = read_essay(f"{head}\n\nNobody minded, least of all the baker.", format="markdown",
                       title=title)  # fmt: skip
    assert essay.title == title
    assert len(essay.passages) == 1


PROSE = "A loaf takes a night and a day, and nobody has ever hurried one that was any good."
_PAGE = "<!doctype html><html><head>{}</head><body>{}</body></html>"
_H1 = f"<h1>Slow bread</h1><p>{PROSE}</p><p>{PROSE}</p>"
_CORE = (
    '<cp:coreProperties xmlns:cp="x" xmlns:dc="http://purl.org/dc/elements/1.1/">'
    "<dc:title>Slow bread</dc:title></cp:coreProperties>"
)
#: The same essay in every format, with its title as a heading.
SOURCES: dict[str, tuple[Format, str | bytes]] = {
    "Markdown": ("markdown", f"# Slow bread\n\n{PROSE}\n\n{PROSE}"),
    "second level": ("markdown", f"## *Slow* bread\n\n{PROSE}\n\n{PROSE}"),
    "underlined": ("markdown", f"Slow bread\n===\n\n{PROSE}\n\n{PROSE}"),
    "labelled": ("markdown", f"# Title: Slow bread\n\n{PROSE}\n\n{PROSE}"),
    "front matter": ("markdown", f"---\ntitle: Slow bread\n---\n# Slow bread\n\n{PROSE}\n"),
    "HTML": ("html", _H1),
    "page": ("html", _PAGE.format("<title>Slow bread - Ann's Bakery</title>", _H1)),
    "header": ("html", _PAGE.format("<title>Slow bread</title>",
        f"<header><h1>Slow bread</h1></header><article><p>{PROSE}</p><p>{PROSE}</p></article>")),
    "Word": ("docx", word_document(
        paragraph("Slow bread", "Title") + paragraph(PROSE) + paragraph(PROSE))),
    "Word's properties": ("docx", word_document(
        paragraph("Slow bread", "Title") + paragraph(PROSE), properties=_CORE)),
    "EPUB": ("epub", make_epub([("a.xhtml", _H1)])),
    "PDF": ("pdf", make_pdf([[
        *write_column(["Slow bread"], 72, 700, size=20),
        *write_column([PROSE[:44], PROSE[45:]] * 6, 72, 650),
    ]])),
    "text": ("text", f"# Slow bread\n\n{PROSE}\n\n{PROSE}"),
    "labelled text": ("text", f"Title: Slow bread\n\n{PROSE}\n\n{PROSE}"),
}  # fmt: skip
TITLES = {
    "Rye and water": True,
    "Sourdough": True,
    "パン": True,
    "!!!": True,
    "Slow bread": False,
    "SLOW BREAD!": False,
    "“Slōw Bréad”": False,
    "Slow bread, and other stories": False,
    "On slow bread": False,
    "Bread": False,
    "Slow breads": False,
    "Slowly bred": False,
    "Slow beer, or: the road": True,
}


def _read(source: str, title: str | None = None) -> Essay:
    form, data = SOURCES[source]
    return read_essay(data, format=form, title=title, chapter=1 if form == "epub" else None)


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize(("title", "returns"), TITLES.items(), ids=TITLES)
def test_a_heading_returns_to_the_top_of_the_text_under_another_title(
    source: str, title: str, returns: bool
) -> None:
    before = _read(source)
    assert before.title == "Slow bread"
    essay = retitle(before, title)
    assert _read(source, title) == essay
    top = essay.body[0].block
    assert (isinstance(top, Heading) and get_block_text(top) == "Slow bread") == returns
    assert len(essay.passages) == len(before.passages) + returns
    assert essay.words == before.words + 2 * returns
    assert find_former_title_line(essay) == ("Slow bread" if returns else None)
    content = lay_out(essay).parts[0].content.replace("*", "")
    assert content.lstrip("#").startswith(" Slow bread\n") == returns
    assert retitle(essay, "Slow bread") == before
    assert retitle(essay, "Something quite different") == retitle(
        before, "Something quite different"
    )


@pytest.mark.parametrize(
    ("heading", "title", "returns"),
    [
        ("Über das Brot", "uber das brot", False),
        ("Über das Brot", "Vom Wasser", True),
        ("海边的面包", "面包", False),
        ("海边的面包", "海边的面包与水", False),
        ("海边的面包", "城里的水", True),
        ("ラーメンの夜", "ラーメン", False),
        ("ラーメンの夜", "朝のコーヒー", True),
        ("한국의 빵", "한국의 빵과 물", False),
        ("한국의 빵", "바다", True),
        ("ขนมปังช้า", "ขนมปัง", False),
        ("الخبز البطيء", "الخُبز البَطيء", False),
        ("الخبز البطيء", "البحر", True),
        ("The art of bread", "Heart", True),
        ("Bread 2", "Water 2", True),
        ("???", "Bread", True),
        ("???", "???", False),
        ("🌊 🌊", "Bread", True),
        ("Bread " * 3_000, "Water", True),
        ("Bread " * 3_000, "Bread", False),
    ],
)
def test_which_titles_are_the_heading_corrected_in_any_language(
    heading: str, title: str, returns: bool
) -> None:
    before = read_essay(f"# {heading}\n\n{PROSE}", format="markdown")
    essay = retitle(before, title)
    assert len(essay.passages) == 1 + returns
    assert retitle(essay, before.title) == before


def test_a_heading_below_a_picture_and_a_byline_returns_to_its_place() -> None:
    text = f"![A loaf](https://example.org/a.png)\n\nby Ann Lee\n\n# Slow bread\n\n{PROSE}"
    before = read_essay(text, format="markdown")
    assert (before.title, before.author) == ("Slow bread", "Ann Lee")
    essay = retitle(before, "Rye")
    assert [passage.text for passage in essay.passages] == ["by Ann Lee", "Slow bread", PROSE]
    assert (essay.author, essay.questions) == (before.author, before.questions)
    (part,) = lay_out(essay).parts[1:]
    assert part.content == f"# Slow bread\n{PROSE}"
    assert retitle(essay, before.title) == before


def test_a_heading_that_is_all_of_the_text_is_the_text_under_another_title() -> None:
    essay = read_essay("# Is bread slow?", format="markdown", title="Rye")
    assert [passage.text for passage in essay.passages] == ["Is bread slow?"]


def test_a_title_that_only_the_metadata_has_does_not_enter_the_text() -> None:
    page = _PAGE.format("<title>Slow bread</title>", f"<article><p>{PROSE}</p></article>")
    for essay in (
        read_essay(page, format="html", title="Rye"),
        read_essay(f"---\ntitle: Slow bread\n---\n{PROSE}", format="markdown", title="Rye"),
    ):
        assert [passage.text for passage in essay.passages] == [PROSE]


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
