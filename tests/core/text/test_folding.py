"""What the search takes for the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.text.folding import find_matches, fold_text, fold_unless_lower


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("CAFÉ", "cafe"),
        ("cafe\N{COMBINING ACUTE ACCENT}", "café"),
        ("İstanbul", "istanbul"),
        ("ISPARTA", "ısparta"),
        ("ΟΔΟΣ", "οδός"),
        ("Straße", "STRASSE"),
        ("Ｗｉｄｅ", "wide"),
        ("ﬁsh", "fish"),
        ("ŽLUŤOUČKÝ", "zlutoucky"),
        ("Ёлка", "елка"),
        ("ใช้", "ใช"),
        ("שָׁלוֹם", "שלום"),
        ("كِتَاب", "كتاب"),
        ("❤️", "❤"),
        ("한글", "\N{HANGUL CHOSEONG HIEUH}\N{HANGUL JUNGSEONG A}\N{HANGUL JONGSEONG NIEUN}글"),
        ("don’t", "don't"),
        ("one\n  two\tthree", "one two three"),
        ("soft\N{SOFT HYPHEN}ware", "software"),
    ],
)
def test_case_marks_width_and_white_space_do_not_matter(one: str, other: str) -> None:
    assert fold_text(one) == fold_text(other)


@pytest.mark.parametrize(
    ("one", "other"), [("がき", "かき"), ("กิน", "กัน"), ("面", "麵"), ("👍", "👎"), ("हिन्दी", "हन्द")]
)
def test_other_letters_stay_other_letters(one: str, other: str) -> None:
    assert fold_text(one) != fold_text(other)


@given(st.text())
def test_a_folded_text_is_not_changed_by_folding_it_again(text: str) -> None:
    assert fold_text(fold_text(text)) == fold_text(text)


@given(st.text(st.characters(codec="utf-8")))
def test_a_text_that_needs_no_folding_is_its_lower_case_in_sqlite(text: str) -> None:
    lower = "".join(one.lower() if one.isascii() else one for one in text)
    assert fold_text(text) == (lower if (folded := fold_unless_lower(text)) is None else folded)


@pytest.mark.parametrize(
    ("text", "words", "found"),
    [
        ("A CAFÉ here", ["cafe"], ["CAFÉ"]),
        ("cafe\N{COMBINING ACUTE ACCENT}s", ["cafe"], ["cafe\N{COMBINING ACUTE ACCENT}"]),
        ("am\n  Straßenrand", ["am strassenrand"], ["am\n  Straßenrand"]),
        ("one two one", ["one", "two"], ["one", "two", "one"]),
        ("banana", ["ana", "nan"], ["anan"]),
        ("İstanbul", ["i"], ["İ"]),
        ("nothing", ["else"], []),
    ],
)
def test_matches_are_found_in_the_text_as_it_was_written(
    text: str, words: list[str], found: list[str]
) -> None:
    assert [text[start:end] for start, end in find_matches(text, words)] == found


@given(st.text(), st.text(min_size=1, max_size=3))
def test_matches_are_in_order_and_do_not_overlap(text: str, word: str) -> None:
    end = 0
    for start, until in find_matches(text, [fold_text(word)]):
        assert end <= start < until <= len(text)
        end = until


def test_what_a_sign_becomes_is_not_replaced_again() -> None:
    signs = map(chr, (*range(0xD800), *range(0xE000, 0x110000)))
    becomes = {fold_text(sign) for sign in signs}
    assert {text for text in becomes if fold_text(text) != text} == set()
