"""Quotations of members' messages: readable, and spoilers stay hidden."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.text.length import count_utf16_units
from bot.core.text.message_quote import find_mentioned, quote_message
from bot.core.text.spoilers import remove_spoilers, split_spoilers

NAMES = {1: "Dev *Star*"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("**bold** _shy_ ~~out~~ __line__ ***all***", "> bold shy out line all"),
        ("<@1> and <@!1> and <@2>", r"> @Dev \*Star\* and @Dev \*Star\* and <@2>"),
        ("in <#3> with <@&4> at <t:12:R>", "> in <#3> with <@&4> at <t:12:R>"),
        ("<:bread:4> <a:rise:5> </essay list:6>", r"> \:bread: \:rise: /essay list"),
        ("- one\n* two\n# Head\n> quoted\n-# small", "> • one\n> • two\n> Head\n> quoted\n> small"),
        ("`a*b*` and\n```py\nx_1 = 2\n```", "> a\\*b\\* and\n> x\\_1 = 2"),
        ("[the essay](https://example.org/x)", "> the essay"),
        ("see https://example.org/a_b_c_", "> see https://example.org/a_b_c_"),
        ("2 * 3 and snake_case", r"> 2 \* 3 and snake\_case"),
        (r"\*not bold\* \@everyone", r"> \*not bold\* \@everyone"),
        ("@everyone", r"> \@everyone"),
        ("short ||secret|| word", "> short ||secret|| word"),
        ("a ||one\ntwo|| b", "> a ||one||\n> ||two|| b"),
        ("**||c||** ||**d**||", "> ||c|| ||d||"),
        ("a| ||b|c|| d", r"> a\| ||b\|c|| d"),
        ("code `||x||` and ||pairless", r"> code \|\|x\|\| and \|\|pairless"),
        ("||||", r"> \|\|\|\|"),
        ("   \n", ""),
    ],
)
def test_a_quotation_is_readable_and_hides_what_was_hidden(text: str, expected: str) -> None:
    assert quote_message(text, NAMES, 400) == expected


def test_a_spoiler_that_is_cut_stays_hidden() -> None:
    quoted = quote_message("word " * 70 + "||" + "secret " * 50 + "||", {}, 400)
    assert quoted.endswith("…||")
    assert "secret" not in remove_spoilers(quoted, "")


def test_the_mentioned_are_found() -> None:
    assert find_mentioned("<@1> <@!22> <@&3> <#4>") == {1, 22}


MARKS = st.text(alphabet="*_`~|\\ \n<@#:>-[]()x1", max_size=60)


@given(MARKS, MARKS, MARKS)
def test_no_mark_around_a_spoiler_uncovers_it(before: str, inside: str, after: str) -> None:
    text = f"{before}||SECRET{inside}||{after}"
    hidden = "".join(piece for piece, is_hidden in split_spoilers(text) if is_hidden)
    if "SECRET" in hidden:
        quoted = quote_message(text, {}, 400)
        for line in quoted.split("\n"):
            assert "SECRET" not in remove_spoilers(line.removeprefix("> "), ""), quoted


@given(MARKS, st.integers(1, 400))
def test_a_quotation_fits(text: str, most: int) -> None:
    assert count_utf16_units(quote_message(text * 50, NAMES, most)) <= 1500
