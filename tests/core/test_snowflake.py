"""Times in Discord's ids, and the longest message link."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.core.message_link import make_message_link
from bot.core.snowflake import get_snowflake_time, make_first_snowflake, make_snowflake_before


def test_the_example_of_discords_documentation_has_its_time() -> None:
    # docs: Reference › Snowflakes.
    time = get_snowflake_time(175_928_847_299_117_063)
    assert time == datetime(2016, 4, 30, 11, 18, 25, 796_000, UTC)


def test_an_id_before_a_time_is_a_minute_older_and_never_negative() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    before = make_snowflake_before(int(now.timestamp() * 1000))
    assert get_snowflake_time(before) == datetime(2025, 12, 31, 23, 59, tzinfo=UTC)
    assert make_snowflake_before(0) == 0
    assert get_snowflake_time(make_first_snowflake(int(now.timestamp() * 1000))) == now


def test_a_message_link_has_at_most_91_characters() -> None:
    longest = 2**64 - 1
    assert len(make_message_link(longest, longest, longest)) == 91
