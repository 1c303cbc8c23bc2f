"""Text of a Word document in elements that mammoth doesn't know.

Ecma Office Open XML Part 1: 17.3.2 (Run Content), 17.3.3.25 (ruby), 17.16.19 (fldSimple), 22.1
(Math).
"""

from __future__ import annotations

import pytest

from bot.core.essay.essay import Essay
from bot.core.read_essay import read_essay
from bot.core.reading.docx_xml import prepare_xml
from tests.core.reading.word_documents import paragraph, word_document


def run(text: str) -> str:
    return f'<w:r><w:t xml:space="preserve">{text}</w:t></w:r>'


def read(inner: str) -> Essay:
    """A document with ``inner`` in its second paragraph."""
    body = paragraph("On Mending", "Title") + f"<w:p>{run('It is ')}{inner}{run(' here.')}</w:p>"
    return read_essay(word_document(body), name="mending.docx")


@pytest.mark.parametrize(
    "wrapped",
    [
        '<w:dir w:val="rtl">{}</w:dir>',
        '<w:bdo w:val="ltr">{}</w:bdo>',
        '<w:dir w:val="rtl"><w:bdo w:val="ltr">{}</w:bdo></w:dir>',
        '<w:fldSimple w:instr=" IF a &gt; b "><w:fldData>AAAA</w:fldData>{}</w:fldSimple>',
        '<w:customXml w:uri="u" w:element="e"><w:customXmlPr/>{}</w:customXml>',
    ],
)
def test_text_in_a_wrapper_is_kept(wrapped: str) -> None:
    essay = read(wrapped.format(run("warm")))
    assert [passage.text for passage in essay.passages] == ["It is warm here."]


def test_paragraphs_in_custom_markup_are_kept() -> None:
    body = (
        f'<w:customXml w:element="e">{paragraph("It is warm.")}{paragraph("Is it?")}</w:customXml>'
    )
    essay = read_essay(word_document(paragraph("On Mending", "Title") + body))
    assert [passage.text for passage in essay.passages] == ["It is warm.", "Is it?"]


def test_ruby_is_its_base_and_the_reading_in_brackets() -> None:
    ruby = (
        '<w:r><w:ruby><w:rubyPr><w:hps w:val="12"/></w:rubyPr>'
        f"<w:rt>{run('とうきょう')}</w:rt><w:rubyBase>{run('東京')}</w:rubyBase></w:ruby></w:r>"
    )
    assert read(ruby + ruby).passages[0].text == "It is 東京（とうきょう）東京（とうきょう） here."


def test_text_in_an_oval_is_kept_as_that_in_a_box() -> None:
    for shape in ("oval", "rect"):
        drawn = (
            f"<w:r><w:pict><v:{shape}><v:textbox><w:txbxContent>{paragraph('warm')}"
            f"</w:txbxContent></v:textbox></v:{shape}></w:pict></w:r>"
        )
        assert "warm" in " ".join(passage.text for passage in read(drawn).passages)


def m(name: str, inner: str) -> str:
    return f"<m:{name}>{inner}</m:{name}>"


def t(text: str) -> str:
    return f"<m:r><w:rPr><w:b/></w:rPr><m:t>{text}</m:t></m:r>"


ABOVE = m("sSup", m("e", t("x")) + m("sup", t("2")))
NARY = '<m:naryPr><m:chr m:val="∑"/></m:naryPr>'
LIMITS = m("sub", t("j=1")) + m("sup", t("n")) + m("e", t("j"))


@pytest.mark.parametrize(
    ("equation", "written"),
    [
        (t("a &lt; b"), "a < b"),
        (ABOVE, "x^2"),
        (m("sSub", m("e", t("x")) + m("sub", t("i+1"))), "x_(i+1)"),
        (m("f", m("num", ABOVE) + m("den", t("a+b"))), "(x^2)/(a+b)"),
        (m("rad", m("deg", "") + m("e", t("2"))), "√2"),
        (m("d", m("e", t("a+b"))), "(a+b)"),
        (
            m("d", '<m:dPr><m:begChr m:val="["/><m:endChr m:val="]"/></m:dPr>' + m("e", t("a"))),
            "[a]",
        ),
        (m("nary", NARY + LIMITS), "∑_(j=1)^nj"),
        (m("nary", m("sub", "") + m("sup", "") + m("e", t("f"))), "∫f"),
        (m("func", m("fName", t("sin")) + m("e", t("x"))), "sin x"),
        (m("m", m("mr", m("e", t("1"))) + m("mr", m("e", t("2")))), "1; 2;"),
    ],
)
def test_an_equation_is_written_on_a_line(equation: str, written: str) -> None:
    essay = read(m("oMath", equation))
    assert essay.passages[0].text == f"It is {written} here."
    assert "Equations of the Word document are written out on a line: 1." in map(str, essay.notes)


def test_an_equation_in_a_paragraph_of_its_own_is_kept() -> None:
    whole = m(
        "oMathPara", '<m:oMathParaPr><m:jc m:val="left"/></m:oMathParaPr>' + m("oMath", t("E"))
    )
    assert read(whole).passages[0].text == "It is E here."


def test_what_says_nothing_of_the_text_goes_and_what_marks_it_stays() -> None:
    silent = '<w:sz w:val="24"/><w:rFonts w:ascii="A" w:cs="B>C"/><w:lang/>'
    kept = '<w:b/><w:tab/><w:br w:type="page"/><w:topic/>'
    assert prepare_xml(f"{silent}{kept}".encode()) == (kept.encode(), 0)


def test_xml_in_another_encoding_is_left_alone() -> None:
    xml = "<w:dir>a</w:dir>".encode("utf-16")
    assert prepare_xml(xml) == (xml, 0)
