"""The clock: the only source of the current time.

All code gets the time from a :class:`Clock`, so that a rehearsal or a test can let a year pass in
a minute. A clock with an offset runs at normal speed; it never stops.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

__all__ = ["Clock", "from_milliseconds", "to_milliseconds"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_milliseconds(moment: datetime) -> int:
    """Milliseconds since 1970 UTC, the form in which the archive stores a moment."""
    # Three times as fast as dividing it by a timedelta, and it is done for every message.
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000


def from_milliseconds(milliseconds: int) -> datetime:
    """The aware UTC moment for milliseconds since 1970."""
    return _EPOCH + timedelta(milliseconds=milliseconds)


class Clock:
    """Real time plus an offset in seconds, which is zero unless it is set.

    ``on_move`` callbacks run, in the order they were added, each time the offset changes. A timer
    in real time must then be set again, to real now + (due - clock now).
    """

    def __init__(self) -> None:
        self._offset = 0.0
        self._on_move: list[Callable[[], None]] = []

    @property
    def offset(self) -> float:
        """Seconds this clock is ahead of real time."""
        return self._offset

    def now(self) -> datetime:
        """The current time, aware, in UTC."""
        return datetime.fromtimestamp(time.time() + self._offset, UTC)

    def now_ms(self) -> int:
        """The current time in milliseconds since 1970 UTC."""
        return int((time.time() + self._offset) * 1000)

    def to_real_time(self, moment: datetime) -> datetime:
        """The real time at which this clock shows ``moment``."""
        return moment - timedelta(seconds=self._offset)

    def on_move(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call ``callback`` after every change of the offset; returns a function that ends that."""
        self._on_move.append(callback)
        return lambda: self._on_move.remove(callback)

    def set_offset(self, offset: float) -> None:
        """Set the offset in seconds and run the callbacks."""
        if offset == self._offset:
            return
        self._offset = offset
        for callback in self._on_move:
            callback()
