"""Reading PDFs: paragraphs, columns, headings and notes from where the letters are."""

from __future__ import annotations

import random

import pytest

from bot.core.essay.blocks import Heading, Mark, Paragraph, get_block_text
from bot.core.essay.document import Document
from bot.core.read_essay import read_essay
from bot.core.reading.pdf import read_pdf
from bot.errors import UnreadableEssay
from tests.core.reading.pdf_documents import Text, make_pdf, write_column, write_objects

WORDS = (
    *("harbour", "ferry", "quay", "wood", "stone", "water", "night", "morning", "rope", "lamp"),
    *("nobody", "waits", "moves", "stays", "slowly", "because", "under", "after", "before", "long"),
)


def write_paragraph(seed: int, count: int, width: int) -> list[str]:
    """Lines of a paragraph without repeated lines."""
    chance = random.Random(seed)
    lines = [f"Word{seed}"]
    for number in range(count):
        word = f"{chance.choice(WORDS)}{chr(97 + number % 26)}"
        if len(lines[-1]) + len(word) >= width:
            lines.append(word)
        else:
            lines[-1] += f" {word}"
    return [*lines[:-1], f"{lines[-1]}."]


def texts(document: Document) -> list[str]:
    return [get_block_text(block) for block in document.blocks]


@pytest.mark.parametrize("gap", [18, 30, 60])
@pytest.mark.parametrize("interleaved", [False, True])
@pytest.mark.parametrize("offset", [0, 5])
def test_columns_are_read_one_after_the_other(gap: int, interleaved: bool, offset: int) -> None:
    left, right = write_paragraph(1, 160, 40), write_paragraph(2, 150, 40)
    widths = 40 * 5
    drawn = write_column(left, 60, 700)
    drawn += write_column(right, 60 + widths + gap, 700 - offset)
    if interleaved:
        drawn.sort(key=lambda text: -text.y)
    assert texts(read_pdf(make_pdf([drawn]))) == [" ".join(left), " ".join(right)]


def test_a_title_above_columns_is_a_heading_and_comes_first() -> None:
    left, right = write_paragraph(1, 160, 40), write_paragraph(2, 150, 40)
    title = Text(120, 740, "A title across both of the columns", 18, "b")
    drawn = [*write_column(right, 300, 700), *write_column(left, 60, 700), title]
    document = read_pdf(make_pdf([drawn]))
    assert isinstance(document.blocks[0], Heading)
    assert texts(document) == [title.text, " ".join(left), " ".join(right)]


@pytest.mark.parametrize("kind", ["gap", "indent"])
def test_paragraphs_are_told_apart(kind: str) -> None:
    drawn: list[Text] = []
    y = 740.0
    expected = []
    for seed in range(4):
        lines = write_paragraph(seed, 60, 80)
        expected.append(" ".join(lines))
        column = write_column(lines, 70, y)
        if kind == "indent":
            column[0] = Text(85, y, lines[0])
        drawn += column
        y -= 12 * len(lines) + (10 if kind == "gap" else 0)
    assert texts(read_pdf(make_pdf([drawn]))) == expected


def test_a_paragraph_goes_on_on_the_next_page() -> None:
    lines = write_paragraph(5, 300, 80)
    pages = [write_column(lines[:10], 70, 740), write_column(lines[10:], 70, 740)]
    assert texts(read_pdf(make_pdf(pages))) == [" ".join(lines)]


@pytest.mark.parametrize("head", ["Harbour Studies", "Chapter {}", "{} Ann Lee"])
@pytest.mark.parametrize("foot", ["{}", "- {} -", "Page {} of 9", "{} / 9"])
def test_running_heads_and_page_numbers_are_left_out_with_a_note(head: str, foot: str) -> None:
    pages, expected = [], []
    for number in range(1, 6):
        lines = write_paragraph(number, 100, 80)
        expected.append(" ".join(lines))
        drawn = write_column(lines, 70, 700)
        drawn.append(Text(70, 760, head.format(number), 9, "i"))
        drawn.append(Text(300, 30, foot.format(number), 9))
        pages.append(drawn)
    document = read_pdf(make_pdf(pages))
    assert texts(document) == expected
    assert any("page numbers are left out: 10" in note for note in map(str, document.notes))


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("The har-", "bour is quiet."), "The harbour is quiet."),
        (("A well-known word. A well-", "known word."), "A well-known word. A well-known word."),
        (("The Anglo-", "Saxon word."), "The Anglo-Saxon word."),
        (("A self-", "aware sailor."), "A self-aware sailor."),
        (("Twenty-", "one boats."), "Twenty-one boats."),
        (
            ("A dwell-", "ing, self-", "ish, though selfish."),
            "A dwelling, selfish, though selfish.",
        ),
        (("From 1914-", "1918 it was so."), "From 1914-1918 it was so."),
        (("He went -", "and came back."), "He went - and came back."),
    ],
)
def test_words_split_at_the_end_of_a_line_are_joined(lines: tuple[str, ...], expected: str) -> None:
    assert texts(read_pdf(make_pdf([write_column(lines, 70, 700)]))) == [expected]


def test_headings_are_found_by_size_and_by_weight() -> None:
    drawn = [
        Text(70, 740, "The title", 24),
        Text(70, 700, "A section", 16),
        *write_column(write_paragraph(1, 40, 80), 70, 676),
        Text(70, 600, "A bold heading", 10, "b"),
        *write_column(write_paragraph(2, 40, 80), 70, 584),
    ]
    blocks = read_pdf(make_pdf([drawn])).blocks
    levels = [block.level for block in blocks if isinstance(block, Heading)]
    assert levels == [1, 2, 3]
    essay = read_essay(make_pdf([drawn]), name="a.pdf")
    assert essay.title == "The title"


def test_emphasis_is_kept() -> None:
    drawn = [Text(70, 700, "One "), Text(95, 700, "slanted", 10, "i"), Text(130, 700, " word here")]
    (block,) = read_pdf(make_pdf([drawn])).blocks
    assert isinstance(block, Paragraph)
    assert [span.text for span in block.spans if Mark.ITALIC in span.marks] == ["slanted"]


def test_footnotes_are_notes_and_their_marks_have_brackets() -> None:
    lines = write_paragraph(1, 200, 80)
    drawn = [Text(70, 700 - 12 * place, line, 10, "m") for place, line in enumerate(lines)]
    drawn += [Text(70 + 6 * len(lines[0]), 704, "1", 6)]  # letters of Courier are 0.6 em wide
    drawn += [Text(70, 90, "1 A note about ferries,", 7.5), Text(70, 81, "in two lines.", 7.5)]
    drawn += [Text(70, 70, "2 Another note.", 7.5)]
    document = read_pdf(make_pdf([drawn]))
    assert [get_block_text(note) for note in document.footnotes] == [
        "[1] A note about ferries, in two lines.", "[2] Another note.",
    ]  # fmt: skip
    assert texts(document) == [" ".join([f"{lines[0]}[1]", *lines[1:]])]


def test_items_with_bullets_are_a_list() -> None:
    drawn = write_column(["Things to bring:", "\u2022 a rope", "\u2022 a lamp"], 70, 700)
    blocks = read_pdf(make_pdf([drawn])).blocks
    assert [(block.frame.marker, get_block_text(block)) for block in blocks] == [
        ("", "Things to bring:"), ("- ", "a rope"), ("- ", "a lamp"),
    ]  # fmt: skip


@pytest.mark.parametrize("point", [".", ")"])
@pytest.mark.parametrize("first", [0, 1])
def test_numbered_items_are_a_list_with_its_numbers(point: str, first: int) -> None:
    items = ["a rope that is long enough for the whole of the quay,", "and dry,", "a lamp"]
    numbered = [f"{first}{point} {items[0]}", items[1], f"{first + 1}{point} {items[2]}"]
    drawn = write_column(["Things to bring:", *numbered], 70, 700)
    blocks = read_pdf(make_pdf([drawn])).blocks
    assert [(block.frame.marker, get_block_text(block)) for block in blocks] == [
        ("", "Things to bring:"), (f"{first}. ", " ".join(items[:2])), (f"{first + 1}. ", items[2]),
    ]  # fmt: skip


def test_a_numbered_list_goes_on_on_the_next_page() -> None:
    pages = [write_column(["1. a rope", "2. a lamp"], 70, 100), write_column(["3. a hat"], 70, 700)]
    blocks = read_pdf(make_pdf(pages)).blocks
    assert [block.frame.marker for block in blocks] == ["1. ", "2. ", "3. "]
    assert len({block.frame.group for block in blocks}) == 1


@pytest.mark.parametrize("line", ["1984. It was cold then.", "3. It was cold then.", "1. Cold."])
def test_a_line_that_only_begins_with_a_number_is_no_list(line: str) -> None:
    drawn = write_column(["Nobody knows what happened in the year", line, "And so on."], 70, 700)
    blocks = read_pdf(make_pdf([drawn])).blocks
    assert all(not block.frame.marker for block in blocks)
    assert line in " ".join(get_block_text(block) for block in blocks)


def test_every_word_of_many_layouts_is_read_once() -> None:
    for seed in range(12):
        chance = random.Random(seed)
        pages, words = [], []
        for number in range(3):
            y = 740.0
            drawn: list[Text] = []
            while y > 200:
                lines = write_paragraph(100 * seed + 10 * number + int(y) % 10, 40, 60)
                words += " ".join(lines).split()
                drawn += write_column(lines, 70 + chance.choice([0, 0, 30]), y)
                y -= 12 * len(lines) + chance.choice([0, 8, 30])
            pages.append(drawn)
        document = read_pdf(make_pdf(pages))
        assert " ".join(texts(document)).split() == words


def test_a_note_says_that_a_pdf_was_reassembled() -> None:
    essay = read_essay(
        make_pdf([write_column(["Some words.", "And more."], 70, 700)]), format="pdf"
    )
    assert any("put together from its pages" in note for note in map(str, essay.notes))


SCAN = (
    b"<< /Type /XObject /Subtype /Image /Width 1 /Height 1 /BitsPerComponent 8 /Length 1 "
    b"/ColorSpace /DeviceGray >>\nstream\n\0\nendstream"
)


@pytest.mark.parametrize("number", [[], [Text(300, 30, "12")]])
def test_a_scanned_pdf_gets_one_sentence(number: list[Text]) -> None:
    data = make_pdf(
        [number] * 3, extra=[SCAN], resources=b"/XObject << /I 7 0 R >>", content=b"/I Do\n"
    )
    with pytest.raises(UnreadableEssay, match="was scanned"):
        read_essay(data, name="scan.pdf")


def test_an_encrypted_pdf_gets_one_sentence() -> None:
    key = b"<" + b"41" * 32 + b">"
    data = make_pdf(
        [write_column(["Secret words."], 70, 700)],
        trailer=b"/ID [<00> <00>] /Encrypt << /Filter /Standard /V 1 /R 2 /P -44 /O %s /U %s >>"
        % (key, key),
    )
    with pytest.raises(UnreadableEssay, match="protected by a password"):
        read_essay(data, name="secret.pdf")


def test_a_damaged_pdf_gets_one_sentence_or_is_read() -> None:
    whole = make_pdf([write_column(write_paragraph(1, 90, 80), 70, 700)])
    chance = random.Random(1)
    for _ in range(150):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 12)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        data = data[: chance.choice([len(data), chance.randrange(len(data))])]
        try:
            read_essay(bytes(data), format="pdf")
        except UnreadableEssay as error:
            assert str(error).endswith(".")  # noqa: PT017


def test_what_is_no_pdf_is_not_read_as_one() -> None:
    with pytest.raises(UnreadableEssay, match="isn't a PDF"):
        read_essay(b"Words.", format="pdf")
    assert read_essay(b"Words of a text.", name="a.pdf").passages


def test_a_pdf_that_is_read_as_text_gets_one_sentence() -> None:
    data = make_pdf([write_column(["Some words."], 70, 700)])
    for form in ("text", "markdown", "html"):
        with pytest.raises(UnreadableEssay, match="isn't text, but a PDF"):
            read_essay(data, format=form)


@pytest.mark.parametrize("data", [b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", b"%PDF-", b"%PDF-1.4\n1 0 obj"])
def test_the_beginning_of_a_pdf_alone_is_damaged(data: bytes) -> None:
    with pytest.raises(UnreadableEssay, match="damaged"):
        read_essay(data)


def test_a_pdf_without_anything_on_its_pages_gets_one_sentence() -> None:
    with pytest.raises(UnreadableEssay, match="no text"):
        read_essay(make_pdf([[], []]))


def test_a_short_text_beside_pictures_is_read() -> None:
    data = make_pdf(
        [[Text(70, 700, "A line of words."), Text(70, 680, "Another line of words.")], []],
        extra=[SCAN], resources=b"/XObject << /I 7 0 R >>", content=b"/I Do\n",
    )  # fmt: skip
    essay = read_essay(data)
    assert any("Pictures in the PDF are left out: 2." in note for note in map(str, essay.notes))


def test_a_dialogue_with_dashes_is_no_list() -> None:
    drawn = write_column(["\u2013 Who is there?", "\u2013 Nobody, it is me."], 70, 700)
    assert [block.frame.marker for block in read_pdf(make_pdf([drawn])).blocks] == [""]


@pytest.mark.parametrize(
    "objects",
    [[b"2 0 R"], [b"3 0 R", b"2 0 R"], [b"<< /Type /Pages /Count 2 /Kids [2 0 R 2 0 R] >>"]],
)
def test_a_pdf_whose_pages_refer_to_themselves_gets_one_sentence(objects: list[bytes]) -> None:
    data = write_objects([b"<< /Type /Catalog /Pages 2 0 R >>", *objects])
    with pytest.raises(UnreadableEssay, match="damaged"):
        read_pdf(data)
