"""Reading EPUBs: the chapters of a book, together and one at a time."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

import pytest

from bot.core.essay.blocks import Picture, get_block_text
from bot.core.read_essay import read_essay
from bot.core.reading.epub import Chapter, list_chapters, read_epub
from bot.errors import UnreadableEssay

CONTAINER = (
    '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    '<rootfile full-path="OEBPS/book.opf" media-type="application/oebps-package+xml"/>'
    "</rootfiles></container>"
)


def make_epub(
    chapters: list[tuple[str, str]],
    *,
    more: Mapping[str, str | bytes] | None = None,
    prologue: str = "",
) -> bytes:
    """An EPUB whose chapters are (file name, HTML of the body), with a table of contents."""
    items = "".join(
        f'<item id="c{n}" href="{name.replace(" ", "%20")}" media-type="application/xhtml+xml"/>'
        for n, (name, _) in enumerate(chapters)
    )
    spine = "".join(f'<itemref idref="c{n}"/>' for n in range(len(chapters)))
    package = (
        f'{prologue}<package xmlns="http://www.idpf.org/2007/opf" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" version="3.0"><metadata>'
        "<dc:title>The Harbour Book</dc:title><dc:creator>Ann Lee</dc:creator>"
        "<dc:language>en</dc:language></metadata><manifest>"
        '<item id="toc" href="toc.xhtml" media-type="application/xhtml+xml" properties="nav"/>'
        f'{items}</manifest><spine><itemref idref="toc"/>{spine}</spine></package>'
    )
    files: dict[str, str | bytes] = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": CONTAINER,
        "OEBPS/book.opf": package,
        "OEBPS/toc.xhtml": "<html><body><nav>Contents</nav></body></html>",
        **{f"OEBPS/{name}": f"<html><body>{body}</body></html>" for name, body in chapters},
        **(more or {}),
    }
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()


BOOK = make_epub(
    [
        ("two words.xhtml", "<h1>The quay</h1><p>First <em>words</em>.</p>"),
        ("a.xhtml", "<p>Second words, without a heading.</p>"),
        ("empty.xhtml", "<p> </p>"),
        ("b.xhtml", "<h1>The ferry</h1><p>Third words.</p>"),
    ]
)


def test_a_book_is_read_in_the_order_of_its_spine_without_its_table_of_contents() -> None:
    texts = [get_block_text(block) for block in read_epub(BOOK).blocks]
    assert texts == [
        "The quay", "First words.", "", "Second words, without a heading.", "The ferry",
        "Third words.",
    ]  # fmt: skip
    essay = read_essay(BOOK, name="book.epub")
    assert (essay.title, essay.author, essay.language) == ("The Harbour Book", "Ann Lee", "en")


def test_an_epub_is_known_by_what_it_holds() -> None:
    assert read_essay(BOOK, name="book.zip").title == "The Harbour Book"
    assert read_essay(BOOK, format="epub").title == "The Harbour Book"


def test_chapters_are_listed_and_read_one_at_a_time() -> None:
    assert list_chapters(BOOK) == [Chapter(1, "The quay"), Chapter(2, ""), Chapter(3, "The ferry")]
    document = read_epub(BOOK, 3)
    assert [get_block_text(block) for block in document.blocks] == ["The ferry", "Third words."]
    assert document.metadata.title is None
    for number in (0, 4):
        with pytest.raises(UnreadableEssay, match="3 chapters"):
            read_epub(BOOK, number)


def test_a_file_named_twice_or_missing_is_read_once_or_left_out() -> None:
    data = make_epub([("a.xhtml", "<p>Words.</p>"), ("a.xhtml", "<p>Words.</p>")])
    assert len(read_epub(data).blocks) == 1


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (BOOK[: len(BOOK) // 2], "damaged"),
        (b"PK\x03\x04 and nothing", "damaged"),
        (make_epub([("a.xhtml", "word " * 2_000_000)]), "far larger than a book"),
        (make_epub([("a.xhtml", "<p> </p>")]), "empty"),
        (make_epub([], prologue="<unclosed>"), "damaged"),
        (
            make_epub(
                [("a.xhtml", "<p>Words.</p>")],
                more={
                    "META-INF/encryption.xml": '<encryption><EncryptionMethod Algorithm="aes"/>'
                    "</encryption>"
                },
            ),
            "copy protection",
        ),
    ],
    ids=["cut", "no-zip", "bomb", "empty", "package", "encrypted"],
)
def test_a_damaged_or_hostile_epub_gets_a_sentence(data: bytes, sentence: str) -> None:
    with pytest.raises(UnreadableEssay, match=sentence):
        read_essay(data, format="epub")


def test_entities_of_a_package_are_not_expanded() -> None:
    data = make_epub(
        [("a.xhtml", "<p>Words.</p>")],
        prologue='<!DOCTYPE p [<!ENTITY a "aaaa"><!ENTITY b SYSTEM "file:///etc/passwd">]>',
    )
    assert read_essay(data, format="epub").passages


def test_the_preview_of_a_whole_book_names_its_chapters() -> None:
    (note,) = map(str, read_essay(BOOK, name="book.epub").notes)
    assert note.startswith("All chapters of this EPUB are shown as one essay.")
    assert note.endswith("1 The quay; 2; 3 The ferry.")


def test_one_chapter_is_an_essay_of_its_own() -> None:
    essay = read_essay(BOOK, name="book.epub", chapter=3)
    assert (essay.title, essay.author, essay.notes) == ("The ferry", "Ann Lee", ())
    assert [passage.text for passage in essay.passages] == ["Third words."]


@pytest.mark.parametrize("chapter", [0, -1, 4])
def test_a_chapter_that_the_book_lacks_is_refused_with_a_sentence(chapter: int) -> None:
    with pytest.raises(UnreadableEssay, match=f"no chapter {chapter}. It has 3 chapters."):
        read_essay(BOOK, name="book.epub", chapter=chapter)


@pytest.mark.parametrize("name", ["a.md", "a.epub", "a.txt"])
def test_a_chapter_of_what_is_no_book_is_refused_with_a_sentence(name: str) -> None:
    with pytest.raises(UnreadableEssay, match="Only an EPUB has chapters"):
        read_essay(b"Some words.", name=name, chapter=1)


def test_a_picture_wrapped_in_svg_is_a_picture() -> None:
    body = (
        '<p>Before.</p><div><svg viewBox="0 0 9 9"><image width="9" xlink:href="img/a.png"/>'
        "<text>no</text></svg></div><p>After.</p>"
    )
    blocks = read_epub(make_epub([("a.xhtml", body)], more={"OEBPS/img/a.png": b"x"})).blocks
    assert [get_block_text(block) for block in blocks] == ["Before.", "", "After."]
    assert isinstance(blocks[1], Picture)
    assert blocks[1].source == "OEBPS/img/a.png"
