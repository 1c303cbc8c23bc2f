"""Footnotes of HTML, by the links between marks and notes, however a program names them."""

from __future__ import annotations

import pytest

from bot.core.essay.blocks import get_block_text
from bot.core.read_essay import read_essay
from bot.core.reading.html import read_html

SUBSTACK = (
    '<p>Text<a class="footnote-anchor" id="footnote-anchor-1" href="#footnote-1">1</a> goes.</p>',
    (
        '<div class="footnote"><a id="footnote-1" href="#footnote-anchor-1" '
        'class="footnote-number">1'
        '</a><div class="footnote-content"><p>A note.</p><p>More.</p></div></div>'
    ),
)
WORDPRESS = (
    '<p>Text<sup data-fn="a1b2" class="fn"><a id="a1b2-link" href="#a1b2">1</a></sup> goes.</p>',
    (
        '<ol class="wp-block-footnotes"><li id="a1b2">A note.<br>More. <a '
        'href="#a1b2-link">↩︎</a></li>'
        "</ol>"
    ),
)
LIBREOFFICE = (
    (
        '<p>Text<a class="sdfootnoteanc" name="sdfootnote1anc" '
        'href="#sdfootnote1sym"><sup>1</sup></a>'
        " goes.</p>"
    ),
    (
        '<div id="sdfootnote1"><p><a class="sdfootnotesym" name="sdfootnote1sym" '
        'href="#sdfootnote1anc">1</a>A note.</p><p>More.</p></div>'
    ),
)
GOOGLE = (
    '<p>Text<sup><a href="#ftnt1" id="ftnt_ref1">[1]</a></sup> goes.</p>',
    '<div><p><a href="#ftnt_ref1" id="ftnt1">[1]</a><span> A note.</span></p><p>More.</p></div>',
)
WORD = (
    '<p>Text<a href="#_ftn1" name="_ftnref1" title=""><span>[1]</span></a> goes.</p>',
    (
        '<div id="ftn1"><p><a href="#_ftnref1" name="_ftn1" '
        'title=""><span>[1]</span></a> A note.</p>'
        "<p>More.</p></div>"
    ),
)
PANDOC = (
    (
        '<p>Text<a href="#fn1" class="footnote-ref" id="fnref1" '
        'role="doc-noteref"><sup>1</sup></a>'
        " goes.</p>"
    ),
    (
        '<section class="footnotes"><ol><li id="fn1"><p>A note.</p><p>More.<a href="#fnref1" '
        'class="footnote-back" role="doc-backlink">↩︎</a></p></li></ol></section>'
    ),
)
HAND_MADE = (
    '<p>Text<sup><a href="#n1" id="r1">1</a></sup> goes.</p>',
    '<div><p id="n1"><a href="#r1">1</a>. A note.<br>More.</p></div>',
)
ALL = [SUBSTACK, WORDPRESS, LIBREOFFICE, GOOGLE, WORD, PANDOC, HAND_MADE]
NAMES = ["Substack", "WordPress", "LibreOffice", "Google", "Word", "pandoc", "by hand"]


@pytest.mark.parametrize(("text", "note"), ALL, ids=NAMES)
@pytest.mark.parametrize("after", ["", "<p>After.</p>"])
def test_a_note_is_read_as_a_note_with_its_number(text: str, note: str, after: str) -> None:
    read = read_html(f"<div>{text}<p>Body.</p>{note}{after}</div>", base="https://a.example/")
    texts = [get_block_text(block) for block in read.blocks]
    assert texts == ["Text[1] goes.", "Body.", *(["After."] if after else [])]
    notes = "\n".join(get_block_text(block) for block in read.footnotes)
    assert notes == "[1] A note.\nMore."


@pytest.mark.parametrize(("text", "note"), ALL, ids=NAMES)
@pytest.mark.parametrize("heading", ["", "<hr>", "<h2>Notes</h2>"])
def test_the_closing_question_above_the_notes_is_found(text: str, note: str, heading: str) -> None:
    body = f"<p>Something is said here.</p>{text}<p>What would you ask?</p>{heading}{note}"
    essay = read_essay(f"<html><head><title>T</title></head><body>{body}</body></html>")
    assert essay.questions == ("What would you ask?",)
    assert "[1] A note." in "\n".join(passage.text for passage in essay.passages)


def test_several_notes_are_several_notes() -> None:
    text = "".join(f'<p>T<a href="#n{n}" id="r{n}">{n}</a></p>' for n in (1, 2, 3))
    notes = "".join(f'<p id="n{n}"><a href="#r{n}">{n}</a> N{n}.</p>' for n in (1, 2, 3))
    read = read_html(text + notes)
    assert [get_block_text(block) for block in read.footnotes] == ["[1] N1.", "[2] N2.", "[3] N3."]


@pytest.mark.parametrize("mark", ["*", "†", "a", "iv"])
def test_a_mark_may_be_a_sign_or_letters(mark: str) -> None:
    read = read_html(f'<p>T<a href="#n" id="r">{mark}</a></p><p id="n"><a href="#r">^</a> N.</p>')
    assert [get_block_text(block) for block in read.blocks] == [f"T[{mark}]"]
    assert [get_block_text(block) for block in read.footnotes] == [f"[{mark}] N."]


@pytest.mark.parametrize(
    "html",
    [
        (
            '<ul><li><a href="#a" id="t">1</a></li></ul><h2 id="a"><a href="#t">1</a> '
            "One</h2><p>X</p>"
        ),
        '<p><a href="#a" id="t">The whole story</a></p><p id="a"><a href="#t">back</a> X</p>',
        '<p><a href="#a">1</a></p><p id="a">X</p>',
    ],
)
def test_a_table_of_contents_has_no_notes(html: str) -> None:
    read = read_html(html)
    assert read.footnotes == []
    assert "X" in get_block_text(read.blocks[-1])
