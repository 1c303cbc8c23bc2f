"""Comments files are read completely or rejected with a sentence; long comments are split."""

from __future__ import annotations

import json
from typing import Any

import pytest
import regex
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.emulator.demo.comments import UnplayableError, read_comments, split_message, utf16_length


def line(**keys: Any) -> str:
    return json.dumps({"id": 1, "parent": None, "author": "Ann", "text": "Yes."} | keys)


def jsonl(*lines: str) -> bytes:
    return "\n".join(lines).encode()


def order(data: bytes) -> list[str]:
    return [comment.id for comment in read_comments(data)]


def test_other_keys_and_empty_lines_are_ignored() -> None:
    data = b"\xef\xbb\xbf" + jsonl(line(id=7, votes=3), "", "  ", line(id=8, parent=7), "")
    first, second = read_comments(data)
    assert (first.id, first.parent, first.author, first.text) == ("7", None, "Ann", "Yes.")
    assert (second.parent, second.line) == ("7", 4)


def test_windows_line_ends_and_separators_within_a_text_are_fine() -> None:
    raw = '{"id": 1, "parent": null, "author": "A\u2028B", "text": "a\u0085b"}\r\n'.encode()
    (only,) = read_comments(raw)
    assert (only.author, only.text) == ("A\u2028B", "a\u0085b")


def test_a_comment_that_comes_before_its_parent_is_played_after_it() -> None:
    data = jsonl(
        line(id="c", parent="b"),
        line(id="b", parent="a"),
        line(id="x"),
        line(id="b2", parent="a"),
        line(id="a"),
        line(id="y"),
        line(id="d", parent="c"),
    )
    assert order(data) == ['"x"', '"a"', '"b"', '"c"', '"b2"', '"y"', '"d"']


def test_a_file_in_good_order_keeps_it() -> None:
    data = jsonl(line(id=1), line(id=2), line(id=3, parent=1), line(id=4, parent=2))
    assert order(data) == ["1", "2", "3", "4"]


def test_a_very_long_chain_of_replies_in_reverse_order_is_read() -> None:
    chain = [line(id=n, parent=n - 1 if n else None) for n in range(5000)]
    assert order(jsonl(*reversed(chain))) == [str(n) for n in range(5000)]


def test_a_number_and_its_digits_are_two_ids() -> None:
    assert order(jsonl(line(id=1), line(id="1"))) == ["1", '"1"']


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ("{", "isn't JSON"),
        ('{"id": ' + "[" * 100_000, "isn't JSON"),
        ("[1]", "isn't an object"),
        (json.dumps({"id": 2, "parent": None, "author": "Ann"}), "no text"),
        (json.dumps({"id": 2, "author": "Ann", "text": "Yes."}), "no parent"),
        (line(id=None), "id is neither"),
        (line(id=True), "id is neither"),
        (line(id=2, parent=1.5), "parent is neither"),
        (line(id=2, author=None), "author isn't a string"),
        (line(id=2, text=5), "text isn't a string"),
        (line(id=2, text=" \n\t\u3000"), "text is empty"),
        (line(id=2, text="half \ud83d"), "lone surrogate"),
        (line(id=1), "line 1 already has the id 1"),
        (line(id=2, parent=9), "parent 9 isn't in the file"),
        (line(id=2, parent="1"), 'parent "1" isn\'t in the file'),
        (line(id=2, parent=2), "form a loop"),
    ],
)
def test_an_invalid_line_is_reported(bad: str, why: str) -> None:
    with pytest.raises(UnplayableError, match=r"Line 3 of the comments") as refusal:
        read_comments(jsonl(line(), "", bad))
    assert why in str(refusal.value)
    assert refusal.value.status == 65


def test_a_cycle_of_replies_is_reported_by_its_first_line() -> None:
    data = jsonl(line(), line(id=2, parent=4), line(id=3, parent=2), line(id=4, parent=3))
    with pytest.raises(UnplayableError, match=r"Line 2 .* form a loop"):
        read_comments(data)


def test_bytes_that_are_not_utf_8_are_reported() -> None:
    with pytest.raises(UnplayableError, match=r"Line 2 .* isn't UTF-8"):
        read_comments(line().encode() + b"\n\xff\xfe\n")


def test_no_comments_are_fine() -> None:
    assert read_comments(b"\n") == ()


def test_a_comment_that_fits_is_one_message() -> None:
    assert split_message(f"  {'x' * 2000}\n") == ("x" * 2000,)


def test_a_long_comment_is_cut_between_paragraphs_if_it_can_be() -> None:
    first, second = "One. " * 20, "Two. " * 20
    text = f"{first.strip()}\n\n{second.strip()}"
    assert split_message(text, 120) == (first.strip(), second.strip())


def test_else_it_is_cut_between_lines_sentences_or_words() -> None:
    assert split_message("aaaa. bbbb\ncccc. dddd", 18) == ("aaaa. bbbb", "cccc. dddd")
    assert split_message("aa aa aa aa. bb bb bb", 18) == ("aa aa aa aa.", "bb bb bb")
    assert split_message("我读过了。我没有读完它因为它太长", 10) == (
        "我读过了。",
        "我没有读完它因为它太",
        "长",
    )
    assert split_message("aaaa bbbb cccc", 11) == ("aaaa bbbb", "cccc")
    assert split_message("aaaa bbbb", 4) == ("aaaa", "bbbb")


def test_an_early_paragraph_end_makes_no_short_message() -> None:
    text = "Hm.\n\n" + "word " * 30
    assert split_message(text, 100)[0].startswith("Hm.\n\nword")


def test_a_letter_is_never_separated_from_its_marks() -> None:
    family = "👨\u200d👩\u200d👧\u200d👦"
    for piece in split_message(family * 500):
        assert piece.replace(family, "") == ""


@settings(max_examples=200, deadline=None)
@given(
    st.text(
        st.sampled_from("ab. \n!?。…\u0301\u200d👩🏽👧\u0e01\u0e33\u1100\u1161🇩🇪\u3000\t"),
        min_size=1,
    ),
    st.integers(min_value=8, max_value=40),
)
@example("a" * 100, 8)
@example(" \u0301" * 40, 8)
def test_the_pieces_are_the_text_again_and_each_fits(text: str, limit: int) -> None:
    cut = split_message(text, limit)
    whole = text.strip()
    at = 0
    for piece in cut:
        found = whole.find(piece, at)
        assert not whole[at:found].strip()
        assert utf16_length(piece) <= limit
        assert piece.strip() or not whole
        at = found + len(piece)
    assert at == len(whole)


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from("ab. \n!👩🏽👧\u200d\u0301🇩🇪"), min_size=1))
def test_no_cut_falls_into_a_cluster_that_would_fit(text: str) -> None:
    limit = 12
    bounds = {0, *(match.end() for match in regex.finditer(r"\X", text.strip()))}
    clusters = regex.findall(r"\X", text.strip())
    if any(utf16_length(cluster) > limit for cluster in clusters):
        return
    at = 0
    whole = text.strip()
    for piece in split_message(text, limit):
        found = whole.find(piece, at)
        at = found + len(piece)
        assert found in bounds
