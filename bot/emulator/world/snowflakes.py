"""Discord's ids: a moment in milliseconds above 22 bits that keep ids of one moment apart.

docs: Reference › Snowflakes.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

__all__ = ["EPOCH", "Snowflakes", "snowflake_at", "snowflake_time"]

EPOCH = datetime(2015, 1, 1, tzinfo=UTC)
"""The first moment of 2015, from which Discord counts."""

_LOW_BITS = 22


def snowflake_at(moment: datetime) -> int:
    """The smallest id of an aware moment's millisecond."""
    return ((moment - EPOCH) // timedelta(milliseconds=1)) << _LOW_BITS


def snowflake_time(snowflake: int) -> datetime:
    """The moment, to the millisecond, at which an id was made."""
    return EPOCH + timedelta(milliseconds=snowflake >> _LOW_BITS)


class Snowflakes:
    """A source of ids that rise strictly, each of the moment at which it was asked for.

    ``last`` is the greatest id that was given before, so that a world taken up again repeats none.
    """

    def __init__(self, now: Callable[[], datetime], last: int = 0) -> None:
        self._now = now
        self.last = last

    def next(self) -> int:
        """A new id; more than 4,194,304 in one millisecond run on into the next one."""
        self.last = max(snowflake_at(self._now()), self.last + 1)
        return self.last
