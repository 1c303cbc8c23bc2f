"""Which passages a reply answers."""

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
        ("nothing quoted answers what is carried", "Yes.", (1, 2), (1, 2)),
        ("a quote names its passage", "> The dough does not care\nNo?", (1, 2), (2,)),
        ("a quote with small slips does, too", "> the dough doesnt care how busy", (1,), (2,)),
        ("a long quote runs to the end", ">>> Rye is slower still,\nand nobody has", (), (3,)),
        ("a quote of something else does not", "> Whatever the weather may bring", (1,), (1,)),
        ("a few letters are found anywhere", "> the", (1,), (1,)),
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
        ("a range told backwards names the same", "see ¶2-1", (3,), (1, 2)),
        ("a number that is none names nothing", "¶40", (1,), (1,)),
        ("a huge range is bounded", "¶1-9999", (), (1, 2, 3)),
        ("quotes in code are no quotes", "```\n> The dough does not care\n```", (1,), (1,)),
    ],
)
def test_passages(
    case: str, text: str, carried: tuple[int, ...], expected: tuple[int, ...]
) -> None:
    assert find_answered_passages(text, PASSAGES, carried) == expected, case


def test_a_long_number_does_not_name_the_passage_that_it_begins_with() -> None:
    assert find_answered_passages("¶12345", {1234: "Far down."}, ()) == ()
    assert find_answered_passages("¶1234", {1234: "Far down."}, ()) == (1234,)


def test_plain_talk_asks_for_no_passages() -> None:
    assert not may_refer_to_passages("1 > 0, I should think")
    assert may_refer_to_passages("well\n> The dough")
