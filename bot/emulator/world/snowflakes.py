"""Snowflakes, Discord's ids: a time in milliseconds, then 22 bits to make them unique.

docs: Reference › Snowflakes.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

__all__ = ["EPOCH", "Snowflakes", "snowflake_at", "snowflake_time"]

EPOCH = datetime(2015, 1, 1, tzinfo=UTC)
"""The start of 2015, from which Discord counts."""

_LOW_BITS = 22


def snowflake_at(moment: datetime) -> int:
    """The smallest id of an aware time's millisecond."""
    return ((moment - EPOCH) // timedelta(milliseconds=1)) << _LOW_BITS


def snowflake_time(snowflake: int) -> datetime:
    """The time, to the millisecond, at which an id was made."""
    return EPOCH + timedelta(milliseconds=snowflake >> _LOW_BITS)


class Snowflakes:
    """Makes strictly increasing ids from the current time.

    ``last`` is the greatest id so far, so that a world that was loaded again repeats none.
    """

    def __init__(self, now: Callable[[], datetime], last: int = 0) -> None:
        self._now = now
        self.last = last

    def next(self) -> int:
        """A new id; more than 4,194,304 in one millisecond continue in the next one."""
        self.last = max(snowflake_at(self._now()), self.last + 1)
        return self.last
