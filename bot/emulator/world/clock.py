"""The world's clock: real time plus an offset."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

__all__ = ["WorldClock"]


def _real_now() -> datetime:
    return datetime.now(UTC)


class WorldClock:
    """A clock that is ``offset`` seconds ahead of real time and never goes back.

    ``real_now`` returns the real time as an aware datetime.
    """

    def __init__(self, offset: float = 0.0, real_now: Callable[[], datetime] = _real_now) -> None:
        self._offset = offset
        self._real_now = real_now

    @property
    def offset(self) -> float:
        """Seconds by which the world is ahead of real time."""
        return self._offset

    def now(self) -> datetime:
        """The current time of the world, in UTC."""
        return self._real_now() + timedelta(seconds=self._offset)

    def advance_to(self, moment: datetime) -> None:
        """Move forward to an aware time; a time in the past changes nothing."""
        difference = (moment - self.now()).total_seconds()
        if difference > 0:
            self._offset += difference
