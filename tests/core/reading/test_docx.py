"""Reading Word documents."""

from __future__ import annotations

import io
import zipfile

import pytest

from bot.core.essay.blocks import Picture, Span
from bot.core.essay.essay import UnreadableEssay
from bot.core.layout.layout import lay_out
from bot.core.read_essay import read_essay
from tests.core.reading.word_documents import paragraph, word_document


def packed(files: dict[str, str]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return held.getvalue()


def test_a_document_gives_its_title_marks_quotations_links_and_footnotes() -> None:
    body = (
        paragraph("On Mending", "Title")
        + paragraph("A torn sleeve is a question.", marks="<w:i/>")
        + paragraph("What is needed", "Heading2")
        + '<w:p><w:r><w:t xml:space="preserve">A needle </w:t></w:r><w:r><w:rPr><w:b/></w:rPr>'
        "<w:t>and light</w:t></w:r><w:r><w:footnoteReference w:id='2'/></w:r>"
        '<w:hyperlink r:id="r3"><w:r><w:t xml:space="preserve"> see</w:t></w:r></w:hyperlink></w:p>'
        + paragraph("Mend it while the hole is small.", "Quote")
        + paragraph("What have you mended?")
    )
    notes = f'<w:footnote w:id="2">{paragraph("From a window.")}</w:footnote>'
    essay = read_essay(word_document(body, notes=notes), name="mending.docx")
    assert essay.title == "On Mending"
    assert essay.questions == ("What have you mended?",)
    (part,) = lay_out(essay).parts
    assert part.content == (
        "*A torn sleeve is a question.*\n\n## What is needed\nA needle **and light**\\[1]"
        " [see](https://a.example/x)\n\n> Mend it while the hole is small.\n\n"
        "What have you mended?\n\n\\[1] From a window."
    )


def test_docx_is_recognized_by_its_content_too() -> None:
    document = word_document(paragraph("The one sentence of it."))
    assert read_essay(document).passages[0].text == "The one sentence of it."


def test_its_properties_name_title_and_author_unless_they_are_the_programs_own() -> None:
    space = 'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:c="http://c.example"'
    core = "<c:p {}><dc:title>{}</dc:title><dc:creator>{}</dc:creator></c:p>"
    body = paragraph("The one sentence of it, which goes on.")
    told = read_essay(word_document(body, properties=core.format(space, "Mending", "Rosa Li")))
    assert (told.title, told.author) == ("Mending", "Rosa Li")
    junk = read_essay(
        word_document(body, properties=core.format(space, "Word", "Microsoft Office"))
    )
    assert junk.author is None
    assert junk.title.startswith("The one sentence")


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (word_document(paragraph("x"))[:400], "damaged"),
        (word_document("<w:p>"), "damaged"),
        (word_document(paragraph("x"), extra=70 * 1024 * 1024), "far larger"),
        (
            word_document(
                "<w:p><w:r><w:t>&x;</w:t></w:r></w:p>",
                prologue='<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/hostname">]>',
            ),
            "wasn't read",
        ),
        (word_document(""), "empty"),
        (packed({"content.xml": "<text/>"}), "but not a Word document"),
        (packed({"word/document.xml": "<!ENTITY x 'y'>"}), "wasn't read"),
        (b"PK\x03\x04" + b"\0" * 40, "damaged"),
    ],
    ids=[
        "cut off",
        "broken",
        "bomb",
        "external entity",
        "empty",
        "open document",
        "entity",
        "no archive",
    ],
)
def test_what_is_damaged_hostile_or_empty_is_refused_with_a_sentence(
    data: bytes, sentence: str
) -> None:
    with pytest.raises(UnreadableEssay, match=rf"{sentence}.*\.$"):
        read_essay(data, name="a.docx")


def _patched(data: bytes, *, offset: int, value: int) -> bytes:
    """The archive with a number set in the headers of all its files (APPNOTE 4.3.7, 4.3.12)."""
    patched = bytearray(data)
    for sign, at in ((b"PK\x03\x04", offset), (b"PK\x01\x02", offset + 2)):
        start = data.find(sign)
        while start >= 0:
            patched[start + at : start + at + 2] = value.to_bytes(2, "little")
            start = data.find(sign, start + 4)
    return bytes(patched)


@pytest.mark.parametrize(
    ("offset", "value", "sentence"),
    [(6, 1, "protected by a password"), (8, 97, "damaged")],
    ids=["encrypted", "packed in a way nobody knows"],
)
def test_a_locked_or_strangely_packed_document_is_refused_with_a_sentence(
    offset: int, value: int, sentence: str
) -> None:
    data = _patched(word_document(paragraph("x")), offset=offset, value=value)
    with pytest.raises(UnreadableEssay, match=sentence):
        read_essay(data, name="a.docx")


def illustrated(before: str, after: str, *, target: str = "media/0.png", more: str = "") -> bytes:
    """A document with a picture between two texts of a paragraph."""
    drawing = (
        '<w:drawing><wp:inline xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/'
        'wordprocessingDrawing"><wp:docPr id="1" name="p" descr="A needle"/><a:graphic '
        'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><a:graphicData>'
        '<pic:pic xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture">'
        '<pic:blipFill><a:blip r:embed="r9"/></pic:blipFill></pic:pic></a:graphicData>'
        "</a:graphic></wp:inline></w:drawing>"
    )
    relation = (
        '<Relationship Id="r9" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
        f'relationships/image" Target="{target}"/></Relationships>'
    )
    body = (
        f'<w:p><w:r><w:t xml:space="preserve">{before}</w:t>{drawing}<w:t>{after}</w:t></w:r></w:p>'
        f"{more}"
    )
    held = io.BytesIO()
    made = io.BytesIO(word_document(body, pictures=1))
    with zipfile.ZipFile(made) as source, zipfile.ZipFile(held, "w") as changed:
        for name in source.namelist():
            content = source.read(name)
            if name == "word/_rels/document.xml.rels":
                content = content.replace(b"</Relationships>", relation.encode())
            changed.writestr(name, content)
    return held.getvalue()


def test_a_picture_in_a_sentence_comes_after_its_paragraph() -> None:
    essay = read_essay(illustrated("Before, ", "after it all."), name="a.docx")
    assert [passage.text for passage in essay.passages] == ["Before, after it all."]
    assert essay.body[1].block == Picture("word/media/0.png", "A needle")
    assert essay.notes == ()


def test_a_paragraph_of_the_style_caption_belongs_to_the_picture_before_it() -> None:
    styles = '<w:style w:type="paragraph" w:styleId="Caption"><w:name w:val="caption"/></w:style>'
    caption = paragraph("Figure 1: a needle", "Caption")
    text = illustrated("A text.", "", more=caption + paragraph("After."))
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(text)) as source, zipfile.ZipFile(held, "w") as changed:
        for name in source.namelist():
            content = source.read(name)
            if name == "word/styles.xml":
                content = content.replace(b"</w:styles>", styles.encode() + b"</w:styles>")
            changed.writestr(name, content)
    essay = read_essay(held.getvalue(), name="a.docx")
    caption_spans = (Span("Figure 1: a needle"),)
    assert essay.body[1].block == Picture("word/media/0.png", "A needle", caption_spans)
    assert [passage.text for passage in essay.passages] == ["A text.", "After."]


@pytest.mark.parametrize(
    ("target", "note"),
    [
        ("media/1.png", "only links to are left out: 1."),  # it isn't in the archive
        ("https://a.example/x.png", "only links to are left out: 1."),
        ("media/0.emf", None),
    ],
)
def test_a_picture_that_is_not_in_the_document_is_noted(target: str, note: str | None) -> None:
    essay = read_essay(illustrated("Before.", "After.", target=target), name="a.docx")
    assert not any(isinstance(one.block, Picture) for one in essay.body)
    assert note is None or any(note in one for one in map(str, essay.notes))


def test_a_text_with_the_suffix_docx_is_read_as_text() -> None:
    assert read_essay(b"The one sentence.", name="a.docx").passages[0].text == "The one sentence."


def character_style(name: str, properties: str = "") -> str:
    return (
        f'<w:style w:type="character" w:styleId="S"><w:name w:val="{name}"/>'
        f"<w:rPr>{properties}</w:rPr></w:style>"
    )


@pytest.mark.parametrize(
    ("name", "properties", "expected"),
    [
        ("Emphasis", "<w:i/>", "*so*"),
        ("Subtle Emphasis", "<w:i/>", "*so*"),
        ("Intense Emphasis", "<w:i/>", "*so*"),
        ("Book Title", "<w:b/><w:i/>", "***so***"),
        ("Strong", "<w:b/>", "**so**"),
        ("My Own Slant", "<w:i/>", "*so*"),
        ("My Own Weight", "<w:b/>", "**so**"),
        ("My Own Plain", '<w:i w:val="0"/>', "so"),
    ],
)
def test_a_character_style_is_emphasis(name: str, properties: str, expected: str) -> None:
    run = paragraph("so", marks='<w:rStyle w:val="S"/>')
    body = paragraph("On Mending", "Title") + run + paragraph("It is warm.")
    data = word_document(body, styles=character_style(name, properties))
    text = "\n\n".join(part.content for part in lay_out(read_essay(data, name="a.docx")).parts)
    assert text == f"{expected}\n\nIt is warm."


@pytest.mark.parametrize(
    ("properties", "hidden"),
    [
        ("<w:vanish/>", True),
        ('<w:vanish w:val="1"/>', True),
        ("<w:b/><w:vanish/><w:i/>", True),
        ("<w:specVanish/>", True),
        ('<w:rStyle w:val="S"/>', True),
        ('<w:rStyle w:val="S"/><w:vanish w:val="0"/>', False),
        ('<w:vanish w:val="0"/>', False),
        ("<w:b/>", False),
    ],
)
def test_hidden_text_is_left_out(properties: str, hidden: bool) -> None:
    secret = f"<w:r><w:rPr>{properties}</w:rPr><w:t>secret </w:t></w:r>"
    plain = '<w:r><w:t xml:space="preserve">It is {}</w:t></w:r>'
    runs = f"{plain.format('')}{secret}{plain.format('warm')}"
    body = f"{paragraph('On Mending', 'Title')}<w:p>{runs}</w:p>"
    data = word_document(body, styles=character_style("Hidden", "<w:vanish/>"))
    text = read_essay(data, name="a.docx").passages[0].text
    assert ("secret" in text) is not hidden
    assert "warm" in text


@pytest.mark.parametrize(
    "between",
    [
        '<w:br w:type="page"/>',
        '<w:br w:type="column"/>',
        '<w:br w:clear="all" w:type="page"/>',
        '<w:ptab w:relativeTo="margin" w:alignment="right" w:leader="none"/>',
    ],
)
def test_words_around_a_page_break_stay_two(between: str) -> None:
    body = f"<w:p><w:r><w:t>one</w:t>{between}<w:t>two</w:t></w:r></w:p>"
    data = word_document(paragraph("On Mending", "Title") + body)
    assert read_essay(data, name="a.docx").passages[0].text == "one two"


def test_a_bold_first_line_above_headings_is_the_title() -> None:
    body = "".join(
        (
            paragraph("My garden", marks="<w:b/>"), paragraph("by Ann Lee"),
            paragraph("It rained all day."), paragraph("The soil", "Heading2"),
            paragraph("It is wet."), paragraph("The seed", "Heading2"), paragraph("It is small."),
        )
    )  # fmt: skip
    essay = read_essay(word_document(body), name="a.docx")
    assert (essay.title, essay.author) == ("My garden", "Ann Lee")
    assert {"The soil", "The seed"} <= {passage.text for passage in essay.passages}


def test_a_carriage_return_is_a_line_break() -> None:
    body = "<w:p><w:r><w:t>one</w:t><w:cr/><w:t>two</w:t></w:r></w:p>"
    data = word_document(paragraph("On Mending", "Title") + body)
    assert read_essay(data, name="a.docx").passages[0].text == "one\ntwo"
