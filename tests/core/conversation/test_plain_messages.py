"""Where a plain message belongs: every boundary of the rules against a flood of threads."""

from __future__ import annotations

import pytest

from bot.core.conversation.plain_messages import (
    LOOK_BACK_MS,
    MAX_THREADS_PER_HOUR,
    Placement,
    PlainMessage,
    find_mentioned_members,
    is_short,
    place_plain_message,
)

ANN, BEN, CLEO = 11, 12, 13
MINUTE = 60_000
LONG = "I have waited a whole day for bread."


def place(
    at: int, *before: PlainMessage, author: int = ANN, text: str = LONG, threads: int = 0
) -> Placement:
    """Place a message after others, which are given with the oldest first."""
    return place_plain_message(PlainMessage(99, author, at, None), text, before[::-1], threads)


def head(id: int, author: int, at: int) -> PlainMessage:  # noqa: A002
    return PlainMessage(id, author, at, id)


def test_the_first_message_opens_a_thread() -> None:
    assert place(0) == Placement(opens_thread=True)


@pytest.mark.parametrize("after", [0, 10 * MINUTE])
def test_an_authors_next_message_within_ten_minutes_belongs_to_the_first(
    after: int,
) -> None:
    first = head(1, ANN, 0)
    assert place(after, first) == Placement(first)


def test_an_authors_next_message_after_ten_minutes_opens_a_thread() -> None:
    assert place(10 * MINUTE + 1, head(1, ANN, 0)) == Placement(opens_thread=True)


def test_the_ten_minutes_count_from_the_first_message_of_the_thread() -> None:
    first = head(1, ANN, 0)
    second = PlainMessage(2, ANN, 6 * MINUTE, 1)
    assert place(10 * MINUTE, first, second) == Placement(first)
    assert place(12 * MINUTE, first, second) == Placement(opens_thread=True)


def test_a_new_thread_begins_ten_minutes_of_its_own() -> None:
    first, second = head(1, ANN, 0), head(2, ANN, 12 * MINUTE)
    assert place(21 * MINUTE, first, second) == Placement(second)


def test_messages_with_another_members_between_them_dont_follow_each_other() -> None:
    ben = head(2, BEN, 6 * MINUTE)
    assert place(9 * MINUTE, head(1, ANN, 0), ben) == Placement(ben)
    assert place(9 * MINUTE, head(1, ANN, 0), head(2, BEN, 3 * MINUTE)) == Placement(
        opens_thread=True
    )


def test_a_message_within_five_minutes_of_another_members_belongs_to_that_thread() -> None:
    ben = head(1, BEN, 0)
    assert place(5 * MINUTE, ben) == Placement(ben)
    assert place(5 * MINUTE + 1, ben) == Placement(opens_thread=True)


def test_a_message_belongs_to_the_thread_that_the_message_before_it_belongs_to() -> None:
    second = PlainMessage(2, CLEO, 4 * MINUTE, 1)
    assert place(8 * MINUTE, head(1, BEN, 0), second) == Placement(second)


def test_a_message_that_mentions_a_member_belongs_to_their_newest_message() -> None:
    old, new = head(1, BEN, 0), head(2, BEN, 20 * MINUTE)
    placed = place(50 * MINUTE, old, new, text=f"<@{BEN}> {LONG}")
    assert placed == Placement(new)


def test_a_mention_counts_more_than_the_message_right_before() -> None:
    ben = head(1, BEN, 0)
    assert place(2 * MINUTE, ben, head(2, CLEO, MINUTE), text=f"<@!{BEN}> yes") == Placement(ben)
    assert place(2 * MINUTE, ben, head(2, ANN, MINUTE), text=f"<@{BEN}> yes") == Placement(ben)


def test_a_mentioned_member_is_looked_for_in_the_last_hour() -> None:
    ben = head(1, BEN, 0)
    assert place(LOOK_BACK_MS, ben, text=f"<@{BEN}> {LONG}") == Placement(ben)
    later = place(LOOK_BACK_MS + 1, ben, text=f"<@{BEN}> {LONG}")
    assert later == Placement(opens_thread=True)


def test_a_mention_of_oneself_or_of_somebody_who_wrote_nothing_changes_nothing() -> None:
    first = head(1, ANN, 0)
    text = f"<@{ANN}> <@{CLEO}> {LONG}"
    assert place(30 * MINUTE, first, text=text) == Placement(opens_thread=True)


def test_a_short_message_opens_no_thread() -> None:
    assert place(0, text="Well said, I think") == Placement()
    assert place(0, text="Well said, I think so") == Placement(opens_thread=True)


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("", True),
        ("one two three four", True),
        ("one two three four five", False),
        ("well-kept it's 3.14 four", True),
        ("パンは待つもので", True),
        ("待" * 9, True),
        ("待" * 10, False),
        ("빵은 기다림이다", True),
        ("one two " + "待" * 5, True),
        ("one two " + "待" * 6, False),
        ("<:bread:123456> <@11> <#12> one two", True),
        ("one two three four <a:yes_it_is:123456>", True),
        ("🍞🍞🍞🍞🍞🍞", True),
        ("Хлеб ждёт нас всех сегодня", False),
    ],
)
def test_a_message_is_short_under_five_words_or_ten_characters(text: str, short: bool) -> None:
    assert is_short(text) is short


def test_an_answer_to_a_short_message_belongs_to_it() -> None:
    short = PlainMessage(1, BEN, 0, None, waits=True)
    assert place(MINUTE, short) == Placement(short)
    assert place(6 * MINUTE, short, text=f"<@{BEN}> no") == Placement(short)


def test_an_author_who_goes_on_after_a_short_message_opens_a_thread() -> None:
    short = PlainMessage(1, ANN, 0, None, waits=True)
    assert place(MINUTE, short) == Placement(opens_thread=True)
    assert place(MINUTE, short, text="And so") == Placement()


def test_a_message_without_a_thread_that_waits_for_none_takes_no_other() -> None:
    limited = PlainMessage(1, BEN, 0, None)
    assert place(MINUTE, limited) == Placement(opens_thread=True)


def test_a_channel_gets_thirty_new_threads_an_hour() -> None:
    assert place(0, threads=MAX_THREADS_PER_HOUR - 1) == Placement(opens_thread=True)
    assert place(0, threads=MAX_THREADS_PER_HOUR) == Placement()


def test_a_message_of_an_erased_member_takes_no_other() -> None:
    assert place(MINUTE, head(1, 0, 0)) == Placement(opens_thread=True)


def test_mentions_are_found_with_and_without_the_old_mark() -> None:
    assert find_mentioned_members("<@1> <@!2> <@&3> <#4> @5") == {1, 2}
