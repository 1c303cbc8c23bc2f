"""Moments as milliseconds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.clock import from_milliseconds, to_milliseconds

MILLISECOND = timedelta(milliseconds=1)


@given(st.datetimes(timezones=st.just(UTC)))
def test_parts_of_a_millisecond_are_left_out(moment: datetime) -> None:
    milliseconds = to_milliseconds(moment)
    assert timedelta(0) <= moment - from_milliseconds(milliseconds) < MILLISECOND


@pytest.mark.parametrize(
    ("moment", "milliseconds"),
    [
        (datetime(1970, 1, 1, tzinfo=UTC), 0),
        (datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC), -1),
        (datetime(2026, 11, 29, 12, 0, 0, 123_000, tzinfo=UTC), 1_795_953_600_123),
        (datetime(2026, 11, 29, 12, 0, 0, 123_999, tzinfo=UTC), 1_795_953_600_123),
    ],
)
def test_a_moment_is_milliseconds_since_1970(moment: datetime, milliseconds: int) -> None:
    assert to_milliseconds(moment) == milliseconds
