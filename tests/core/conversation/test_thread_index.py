"""The index of a discussion: its order, its lines, and what the card shows of it."""

from __future__ import annotations

import dataclasses

import pytest

from bot.core.conversation.thread_index import (
    BUSIEST,
    NEWEST,
    PASSAGE,
    UNANSWERED,
    IndexEntry,
    IndexTotals,
    describe_entry,
    describe_index,
    sort_entries,
)
from bot.core.layout.card import CARD_TEXT
from bot.core.limits import COMPONENT_TEXT
from bot.core.snowflake import make_first_snowflake
from bot.core.text.length import count_utf16_units
from bot.core.text.translate import get_languages, use_language

SERVER = (1 << 63) - 1
NEWEST_ID = make_first_snowflake(1_767_225_600_000)
TOTALS = IndexTotals(people=3, replies=7, newest_id=NEWEST_ID)


def thread(number: int, **fields: object) -> IndexEntry:
    entry = IndexEntry(number, number, 1, 2, number, is_unanswered=False, passage=None)
    return dataclasses.replace(entry, **fields)  # type: ignore[arg-type]


def reply(number: int, **fields: object) -> IndexEntry:
    return thread(number, channel_id=5, **fields)


def ids(entries: list[IndexEntry]) -> list[int]:
    return [one.id for one in entries]


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (BUSIEST, [14, 13, 11, 12]),
        (NEWEST, [14, 13, 12, 11]),
        (UNANSWERED, [12, 14, 13, 11]),
        (PASSAGE, [13, 11, 12, 14]),
        ("forged", [14, 13, 11, 12]),
    ],
)
def test_entries_have_an_order(order: str, expected: list[int]) -> None:
    entries = [
        thread(11, passage=7),
        thread(12, people=1, replies=0, is_unanswered=True),
        thread(13, passage=2),
        thread(14, people=3),
    ]
    assert ids(sort_entries(entries, order)) == expected


def test_the_card_lists_the_ten_busiest_threads_without_names() -> None:
    entries = [thread(100 + n, people=n) for n in range(1, 13)]
    index = describe_index(TOTALS, [*entries, thread(500, people=1, replies=0)], SERVER)
    assert index is not None
    first, *lines = index.split("\n")
    assert first == "**3 people · 7 replies · 13 threads · latest <t:1767225600:R>**"
    assert lines == [f"<#{100 + n}> · 1 reply" for n in range(12, 2, -1)]


def test_a_discussion_without_replies_has_no_index() -> None:
    assert describe_index(IndexTotals(0, 0, 0), [], SERVER) is None


def test_a_reply_in_an_essays_own_thread_is_a_link_with_its_passage() -> None:
    link = f"https://discord.com/channels/{SERVER}/5/11"
    assert describe_entry(reply(11, passage=3), SERVER) == f"[¶3]({link}) · 1 reply"
    alone = reply(11, replies=0, is_unanswered=True)
    assert describe_entry(alone, SERVER) == f"[Reply]({link}) · ● unanswered"


def test_the_card_lists_the_most_answered_replies_in_an_essays_own_thread() -> None:
    entries = [
        reply(11, replies=2, people=2),
        reply(12, replies=5, people=1),
        reply(13, replies=0, is_unanswered=True),
    ]
    index = describe_index(TOTALS, entries, 1)
    assert index is not None
    first, *lines = index.split("\n")
    assert "thread" not in first
    assert [line.split("/")[-1] for line in lines] == ["12) · 5 replies", "11) · 2 replies"]


def test_the_passage_of_a_thread_is_shown_where_there_is_room() -> None:
    assert describe_entry(thread(11, passage=3), 1) == "<#11> · 1 reply"
    assert describe_entry(thread(11, passage=3), 1, shows_passage=True) == "<#11> · ¶3 · 1 reply"


def test_the_longest_index_fits_on_the_longest_card_in_every_language() -> None:
    big = (1 << 63) - 1
    many = [
        IndexEntry(big - n, big, 999_999, 9, big, is_unanswered=True, passage=99_999)
        for n in range(1, 20)
    ]
    for language in get_languages():
        with use_language(language):
            index = describe_index(IndexTotals(999_999, 9_999_999, NEWEST_ID), many, SERVER)
        assert index is not None
        assert count_utf16_units(index) <= COMPONENT_TEXT - CARD_TEXT
        assert index.count("\n") >= 5
