"""Thread names."""

from __future__ import annotations

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from bot.core.conversation.thread_names import (
    has_erased_words,
    make_plain_thread_name,
    make_thread_name,
)
from bot.core.text.length import count_utf16_units


@pytest.mark.parametrize(
    ("author", "text", "expected"),
    [
        ("Ann", "Connection is what it stands for", "Ann: Connection is what it stands for"),
        (
            "Ann",
            "Connection is what it stands for. The rest is noise.",
            "Ann: Connection is what it stands for",
        ),
        ("Ann", "Is it really so simple? I doubt it.", "Ann: Is it really so simple?"),
        ("Ann", "No. It is not that simple at all.", "Ann: No. It is not that simple at all"),
        ("Ann", "**Bold** and _shy_, `code` and ||secret||", "Ann: Bold and shy, code and …"),
        ("Ben", "short ||secret|| word", "Ben: short … word"),
        ("Ben", "short ||one\ntwo|| ||three|| word", "Ben: short … word"),
        ("Ben", "a ||`b` **c**|| d", "Ben: a … d"),
        ("Ben", "literal `||code||` here", "Ben: literal code here"),
        ("Ben", "no ||pair here", "Ben: no pair here"),
        ("Ben", "||secret||", "Ben’s reply"),
        ("Ben", "> **||secret||**\n||more||", "Ben’s reply"),
        ("||Ben||", "Hello there", "Ben: Hello there"),
        ("Ann", "not \\*bold\\*", "Ann: not *bold*"),
        ("Ann", "snake_case_names stay", "Ann: snake_case_names stay"),
        ("Ann", "see [the essay](https://example.org/x) again", "Ann: see the essay again"),
        ("Ann", "> a quotation\nand my answer", "Ann: and my answer"),
        ("Ann", "Before.\n> a quotation\nand after", "Ann: Before. and after"),
        ("Ann", "> nothing but a quotation", "Ann: nothing but a quotation"),
        ("Ann", "My words first\n>>> a quotation\nto the end", "Ann: My words first"),
        ("Ann", "5 > 4, I should think", "Ann: 5 > 4, I should think"),
        ("Ann", "# Loud\n- one\n- two", "Ann: Loud one two"),
        ("Ann", "```py\nprint(1)\n```", "Ann: print(1)"),
        ("Ann", "<@123> what of <:salon:456>?", "Ann: … what of :salon:?"),
        ("Ann", "1986\\. A great year", "Ann: 1986. A great year"),
        ("Ann", "", "Ann’s reply"),
        ("Ann", "   \n\u200b", "Ann’s reply"),
        ("\u200d", "Hello there", "A reader: Hello there"),
        ("_Ann_", "Hello there", "Ann: Hello there"),
    ],
)
def test_a_thread_is_named_after_its_author_and_first_words(
    author: str, text: str, expected: str
) -> None:
    assert make_thread_name(author, text) == expected


def test_a_long_reply_is_cut_between_words() -> None:
    name = make_thread_name("Ann", "word " * 100)
    assert len(name) <= 100
    assert name.endswith("word…")


def test_no_grapheme_is_cut() -> None:
    family = "👩‍👩‍👧‍👦"
    name = make_thread_name("Ann", family * 40)
    assert name.removesuffix("…").removeprefix("Ann: ").replace(family, "") == ""


@given(author=st.text(max_size=60), text=st.text(max_size=300))
def test_any_author_and_text_make_a_name_that_discord_accepts(author: str, text: str) -> None:
    name = make_thread_name(author, text)
    assert 1 <= len(name.encode("utf-16-le", "surrogatepass")) // 2 <= 100
    assert "\n" not in name
    assert regex.search(r"[\p{L}\p{N}\p{P}\p{S}]", name)


def test_a_plain_name_contains_only_the_essays_title_and_fits() -> None:
    assert make_plain_thread_name("Slow bread") == "A reply to Slow bread"
    assert make_plain_thread_name("\n") == "A reply to An essay"
    assert count_utf16_units(make_plain_thread_name("Bread " * 40)) <= 100


@pytest.mark.parametrize(
    ("name", "old", "new", "expected"),
    [
        ("Ann: My number is 555", "My number is 555.", None, True),
        ("Ann: My number is 555", "My number is 555.", "Call me.", True),
        ("Ann: My number is 555", "My number is 555.", "||My number is 555||", True),
        ("Ann: My number is 555", "My number is 555.", "My number is 555. Call me!", False),
        ("Ann: My number…", "My number is 555.", "My number is secret.", False),
        ("Ann: Bold words", "**Bold** words", "**Bold** words, indeed", False),
        ("Ann’s reply", "", None, True),
        ("Ann’s reply", "", "Words now.", False),
        ("My number is 555", "My number is 555, call", None, True),  # as a client suggests it
        ("Of rye", "My number is 555.", None, False),
        ("A reply to Slow bread", "My number is 555.", None, False),
        ("…", "My number is 555.", None, False),
    ],
)
def test_a_thread_name_has_erased_words_if_its_message_does_not_say_them_any_more(
    name: str, old: str, new: str | None, expected: bool
) -> None:
    assert has_erased_words(name, "Ann", [old], new) is expected
    assert not has_erased_words(make_plain_thread_name("Slow bread"), "Ann", [old], new)


def test_a_name_is_recognized_though_its_author_is_called_otherwise_by_now() -> None:
    """In a thread, an author may first be recorded with another name than in the server."""
    name = make_thread_name("Chloe", "wait secretly")
    assert has_erased_words(name, "chloe_22", ["wait secretly"], "wait")
    assert has_erased_words(name, "chloe_22", ["wait secretly"], None)
    assert not has_erased_words(name, "chloe_22", ["wait secretly"], "please wait secretly")
    assert not has_erased_words("Our plan: dinner", "chloe_22", ["wait secretly"], "wait")
    wordless = make_thread_name("Chloe", "||wait||")
    assert has_erased_words(wordless, "chloe_22", ["||wait||"], None)
    assert not has_erased_words(wordless, "chloe_22", ["||wait||"], "wait")
    named = make_thread_name("A: B", "wait secretly")
    assert has_erased_words(named, "chloe_22", ["wait secretly"], "wait")
