"""Retry policy: how long to wait before the next attempt (backoff)."""

from __future__ import annotations

from typing import Final

__all__ = ["PROMPT_DELAYS", "get_delay"]

#: Seconds before the next attempt, at most: after a transient error, and after one that somebody
#: has to fix.
_LONGEST, _LONGEST_SLOW = 300, 3600
_SLOW_FACTOR = 30
#: The exponent at which the delay stops doubling.
_MOST_DOUBLINGS = 12

#: Milliseconds between the attempts to send a prompt, which gets five more after the first: a
#: prompt that is days late is worse than none.
PROMPT_DELAYS: Final = (5_000, 60_000, 600_000, 3_600_000, 14_400_000)


def get_delay(attempts: int, *, slow: bool) -> int:
    """Milliseconds until the next attempt, doubling with each (``attempts``: 1 for the first).

    After a transient error: 2 s, 4 s, … at most every five minutes. ``slow``, for what somebody
    has to fix, such as a permission: 1 minute, 2 minutes, … at most every hour.
    """
    growth = 1 << min(attempts, _MOST_DOUBLINGS)
    seconds = min(_SLOW_FACTOR * growth, _LONGEST_SLOW) if slow else min(growth, _LONGEST)
    return seconds * 1000
