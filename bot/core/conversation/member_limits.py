"""Limits on the work one member can cause, so that nobody makes the bot spam or starves others.

Nothing is refused or lost: work above a limit waits and is done later.
"""

from __future__ import annotations

__all__ = ["HOUR_MS", "MAX_PER_HOUR", "THREADS_PER_PRIORITY"]

#: Threads opened for one member's replies in an hour, and replies of one member that are moved or
#: linked in an hour. No reader comes near that; a flood is spread out.
MAX_PER_HOUR = 240
#: Of one member's threads in an hour, each further so many are queued one priority lower, behind
#: those of other members.
THREADS_PER_PRIORITY = 60
#: An hour in milliseconds.
HOUR_MS = 3_600_000
