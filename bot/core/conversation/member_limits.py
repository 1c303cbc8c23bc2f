"""How much one member may have the bot do, so that nobody makes it spam or starves others.

Nothing is refused for it and nothing lost: what is more than that waits until its turn has come.
"""

from __future__ import annotations

__all__ = ["HOUR_MS", "MAX_PER_HOUR", "THREADS_PER_PRIORITY"]

#: Threads that one member's replies get in an hour, and replies of one member that are pointed at
#: or moved in an hour. No reader comes near that; a flood is spread out.
MAX_PER_HOUR = 240
#: Threads of one member that are opened in their order; each further so many of an hour stand
#: behind those of others.
THREADS_PER_PRIORITY = 60
#: In milliseconds.
HOUR_MS = 3_600_000
