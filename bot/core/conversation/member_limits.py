"""How much one member may have the bot do, so that nobody makes it spam or starves others.

Nothing is refused for it and nothing lost: what is more than that waits until its turn has come.
"""

from __future__ import annotations

__all__ = ["AHEAD", "AN_HOUR", "MOST_AN_HOUR"]

#: Threads that one member's replies get in an hour, and replies of one member that are pointed at
#: or moved in an hour. No reader comes near that; a flood is spread out.
MOST_AN_HOUR = 240
#: Threads of one member that are opened in their order; each further so many of an hour stand
#: behind those of others.
AHEAD = 60
#: In milliseconds.
AN_HOUR = 3_600_000
