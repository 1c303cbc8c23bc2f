"""Decoding bytes in any encoding, and rejecting what isn't text."""

from __future__ import annotations

import codecs
import re

import pytest

from bot.core.essay.essay import UnreadableEssay
from bot.core.read_essay import read_essay

TEXT = "Café Chronicles\r\n\r\nThe naïve café – “always” open – closed.\r\n\r\nWhy?\r\n"


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode("utf-8"),
        codecs.BOM_UTF8 + TEXT.encode("utf-8"),
        TEXT.encode("utf-16"),
        TEXT.encode("utf-16-le"),
        TEXT.encode("utf-16-be"),
        TEXT.encode("utf-32"),
        TEXT.encode("cp1252"),
        TEXT.replace("\r\n", "\r").encode("utf-8"),
    ],
    ids=["utf-8", "with mark", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "old mac"],
)
def test_text_is_read_in_any_encoding(data: bytes) -> None:
    essay = read_essay(data, name="cafe.txt")
    assert essay.title == "Café Chronicles"
    assert [passage.text for passage in essay.passages] == [
        "The naïve café – “always” open – closed.",
        "Why?",
    ]


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("koi8-r", "Тишина бывает разная. Одна живёт в пустой комнате, другая между людьми. "),
        ("shift_jis", "静けさにはいろいろある。空っぽの部屋の静けさ、人と人の間の静けさ。"),
        ("gb18030", "安静有很多种。空房间里的安静，人与人之间的安静，都不一样。"),
    ],
)
def test_undeclared_encodings_of_other_scripts_are_detected(encoding: str, text: str) -> None:
    essay = read_essay((text * 8).encode(encoding), format="text")
    assert essay.passages[0].text == (text * 8).strip()
    assert (
        any(encoding in note.replace("cp932", "shift_jis") for note in map(str, essay.notes))
        or essay.notes
    )


def test_a_page_is_read_in_the_encoding_that_it_names() -> None:
    page = "<html><head><meta charset='iso-8859-2'></head><body><p>Zażółć gęślą jaźń.</p></body>"
    essay = read_essay(page.encode("iso-8859-2"), name="a.html")
    assert essay.passages[0].text == "Zażółć gęślą jaźń."


def test_a_few_broken_bytes_cost_only_themselves_and_are_noted() -> None:
    essay = read_essay("Ä café – naïve – über Straße".encode() + b"\xff end.", format="text")
    assert essay.passages[0].text == "Ä café – naïve – über Straße\ufffd end."
    assert any("\ufffd" in note for note in map(str, essay.notes))


def test_zeros_and_control_characters_are_left_out_and_noted() -> None:
    essay = read_essay(b"A Title\n\nhello \0world,\x07 this is text\n", format="text")
    assert essay.passages[0].text == "hello world, this is text"
    assert any("Control characters" in note for note in map(str, essay.notes))


def test_an_override_of_direction_is_left_out_but_joiners_stay() -> None:
    essay = read_essay(
        "A Title\n\nAn \u202eevil\u202c word, a 👨\u200d👩\u200d👧 and می\u200cخواهم."
    )
    assert "\u202e" not in essay.passages[0].text
    assert "👨\u200d👩\u200d👧" in essay.passages[0].text
    assert "می\u200cخواهم" in essay.passages[0].text


def test_lone_surrogates_do_not_break_anything() -> None:
    assert read_essay("A \ud800 word.", format="text").passages[0].text == "A \ufffd word."


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n" + b"\0" * 50,
        b"\x1f\x8b\x08\0" + b"x" * 40,
        bytes(range(256)) * 8,
        b"\0\1\2\3" * 64,
        codecs.BOM_UTF16_LE + b"\1\0\2\3" * 64,
        codecs.BOM_UTF16_LE + b"\0\xe0\1\xe0" * 64,
        b"\x0e\x0fa\x10" * 64,
        b"\x80\x00ab\xfe\xfd\xfc\xfb" * 64,
        b"\x81\x11\x12\x13\x14" * 64,
    ],
    ids=[
        *("png", "gzip", "all bytes", "zeros", "mark and controls", "mark and private use"),
        *("controls", "some zeros", "controls in an old encoding"),
    ],
)
def test_what_is_no_text_is_refused_with_a_sentence(data: bytes) -> None:
    with pytest.raises(UnreadableEssay, match=r"^This isn't text.*\.$"):
        read_essay(data, name="essay.txt")


@pytest.mark.parametrize("data", [b"", b" \r\n\t\n", "\ufeff\u200b\n".encode()])
def test_what_is_empty_is_refused_with_a_sentence(data: bytes) -> None:
    with pytest.raises(UnreadableEssay, match="empty"):
        read_essay(data, name="essay.txt")


@pytest.mark.parametrize("start", range(4))
@pytest.mark.parametrize("unit", [b"\0\1\2\xff", b"\0\1\2\3", b"\0\x05\x09\xf0", b"\0\x21\x8a\xa1"])
@pytest.mark.parametrize("times", [3, 3_000])
def test_numbers_with_a_zero_byte_are_no_utf_16(unit: bytes, start: int, times: int) -> None:
    with pytest.raises(UnreadableEssay, match=r"^This isn't text"):
        read_essay((unit[start:] + unit[:start]) * times, name="essay.txt")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("text", ["Été – “là”", "Da – nein.", "Ещё one more word", "A\n\nb"])
def test_short_texts_in_utf_16_are_read(text: str, encoding: str) -> None:
    essay = read_essay(f"Title\n\n{text}".encode(encoding), name="essay.txt")
    assert essay.passages[0].text == text.split("\n")[0]


@pytest.mark.parametrize(
    "text",
    [
        "Café\n\nLe café.",
        "Été\n\nÇa va ?",
        "¿Qué?\n\n¡Sí!",
        "Größe\n\nÜber Öl.",
        "Så\n\nEn å, en ø – «på» øya.",
    ],
)
def test_a_few_accented_words_are_western_european(text: str) -> None:
    essay = read_essay(text.encode("cp1252"), format="text")
    assert [essay.title, *(passage.text for passage in essay.passages)] == text.split("\n\n")
    assert any("cp1252" in note for note in map(str, essay.notes))


def test_a_short_text_in_cyrillic_is_not() -> None:
    essay = read_essay("Привет\n\nКак дела?".encode("cp1251"), format="text")
    assert (essay.title, essay.passages[0].text) == ("Привет", "Как дела?")


@pytest.mark.parametrize("name", ["essay.doc", "essay.docx", "essay.txt"])
def test_an_old_or_locked_word_document_is_refused_with_what_to_do(name: str) -> None:
    data = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504
    with pytest.raises(UnreadableEssay, match=r"password\. Save it as \.docx"):
        read_essay(data, name=name)


def test_a_page_in_a_japanese_encoding_of_seven_bits_is_read() -> None:
    page = "<html><head><meta charset=iso-2022-jp></head><body><p>静けさにはいろいろある。</p>"
    essay = read_essay(page.encode("iso-2022-jp"), name="a.html")
    assert essay.passages[0].text == "静けさにはいろいろある。"


def test_a_page_that_names_an_encoding_nobody_knows_is_guessed_at() -> None:
    page = "<html><head><meta charset='x-none-such'></head><body><p>Le café est ouvert.</p></body>"
    assert (
        read_essay(page.encode("cp1252"), name="a.html").passages[0].text == "Le café est ouvert."
    )


def test_a_long_western_text_is_detected_by_its_few_accents() -> None:
    text = "Der Zug fährt über die Brücke, und niemand grüßt mehr aus dem Fenster hinaus. "
    essay = read_essay((text * 3).encode("cp1252"), format="text")
    assert essay.passages[0].text == (text * 3).strip()
    assert any("cp1252" in note for note in map(str, essay.notes))


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"{\\rtf1\\ansi {\\b Slow bread}\\par}", "Rich Text (.rtf). Save it as .docx"),
        (b"%PDF-1.4\n1 0 obj", "This PDF is damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100), "old Word document"),
    ],
)
def test_what_writers_programs_save_otherwise_gets_a_remedy(data: bytes, told: str) -> None:
    with pytest.raises(UnreadableEssay, match=re.escape(told)):
        read_essay(data)
