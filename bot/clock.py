"""The one source of now.

Everything that asks for the time asks a :class:`Clock`, so that a rehearsal or a test can let a
year pass in a minute. A moved clock stays beside real time at a fixed distance; it never stops.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

__all__ = ["Clock", "from_milliseconds", "to_milliseconds"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_milliseconds(moment: datetime) -> int:
    """Milliseconds since 1970 UTC, the form in which the archive keeps a moment."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def from_milliseconds(milliseconds: int) -> datetime:
    """The aware UTC moment for milliseconds since 1970."""
    return _EPOCH + timedelta(milliseconds=milliseconds)


class Clock:
    """Real time plus an offset in seconds, zero unless somebody moves it.

    ``on_move`` callbacks run, in the order they were added, each time the offset changes: whoever
    has armed an alarm in real time arms it anew at real now + (due - clock now).
    """

    def __init__(self) -> None:
        self._offset = 0.0
        self._on_move: list[Callable[[], None]] = []

    @property
    def offset(self) -> float:
        """Seconds this clock is ahead of real time."""
        return self._offset

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        return datetime.fromtimestamp(time.time() + self._offset, UTC)

    def now_ms(self) -> int:
        """The present moment in milliseconds since 1970 UTC."""
        return int((time.time() + self._offset) * 1000)

    def to_real_time(self, moment: datetime) -> datetime:
        """When, in real time, this clock will show ``moment``."""
        return moment - timedelta(seconds=self._offset)

    def on_move(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call ``callback`` after every change of the offset, until what is returned is called."""
        self._on_move.append(callback)
        return lambda: self._on_move.remove(callback)

    def set_offset(self, offset: float) -> None:
        """Set the offset in seconds and tell those who asked to know."""
        if offset == self._offset:
            return
        self._offset = offset
        for callback in self._on_move:
            callback()
