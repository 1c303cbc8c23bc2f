"""Passage references: which passages a reply is about."""

from __future__ import annotations

import pytest

from bot.core.conversation.passage_refs import find_answered_passages, may_refer_to_passages

PASSAGES = {
    1: "It takes a night to make a loaf, and most of it is waiting.",
    2: "The dough does not care how busy we are.",
    3: "Rye is slower still, and nobody has ever hurried it.",
}


@pytest.mark.parametrize(
    ("case", "text", "carried", "expected"),
    [
        ("a reply that quotes nothing answers the whole part", "Yes.", (1, 2), (1, 2)),
        ("a quote refers to its passage", "> The dough does not care\nNo?", (1, 2), (2,)),
        ("a quote with small errors does, too", "> the dough doesnt care how busy", (1,), (2,)),
        ("a long quote runs to the end", ">>> Rye is slower still,\nand nobody has", (), (3,)),
        ("a quote of something else doesn't", "> Whatever the weather may bring", (1,), (1,)),
        ("a few letters match too much", "> the", (1,), (1,)),
        (
            "a quote of two paragraphs names both",
            "> It takes a night to make a loaf\n> \n> The dough does not care how busy\nYes",
            (3,),
            (1, 2),
        ),
        (
            "a long quote of two paragraphs, too",
            ">>> It takes a night to make a loaf\n\nThe dough does not care how busy",
            (3,),
            (1, 2),
        ),
        (
            "a paragraph quoted over two lines is one",
            "> The dough does not care\n> how busy we are.",
            (1,),
            (2,),
        ),
        ("a number names a passage", "¶3 is the heart of it", (1,), (3,)),
        ("a range names several", "see ¶1–2", (3,), (1, 2)),
        ("a reversed range names the same", "see ¶2-1", (3,), (1, 2)),
        ("an unknown number names nothing", "¶40", (1,), (1,)),
        ("a huge range is limited", "¶1-9999", (), (1, 2, 3)),
        ("quotes in code don't count", "```\n> The dough does not care\n```", (1,), (1,)),
    ],
)
def test_a_reply_is_about_the_passages_it_quotes_or_names_else_about_the_part(
    case: str, text: str, carried: tuple[int, ...], expected: tuple[int, ...]
) -> None:
    assert find_answered_passages(text, PASSAGES, carried) == expected, case


def test_a_longer_number_does_not_name_a_passage_by_its_first_digits() -> None:
    assert find_answered_passages("¶12345", {1234: "Far down."}, ()) == ()
    assert find_answered_passages("¶1234", {1234: "Far down."}, ()) == (1234,)


def test_only_quotes_and_numbers_need_the_passages() -> None:
    assert not may_refer_to_passages("1 > 0, I should think")
    assert may_refer_to_passages("well\n> The dough")
