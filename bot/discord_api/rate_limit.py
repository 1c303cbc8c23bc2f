"""A pace that calls keep, so that many at once stay within a limit that no header announces."""

from __future__ import annotations

import asyncio
from collections import deque

__all__ = ["Pace"]


class Pace:
    """Lets at most ``calls`` begin within any ``seconds``, in the order in which they asked."""

    def __init__(self, calls: int, seconds: float) -> None:
        self._seconds = seconds
        self._begun: deque[float] = deque(maxlen=calls)
        self._turns = asyncio.Lock()

    async def turn(self) -> None:
        """Return when the next call may begin."""
        async with self._turns:
            loop = asyncio.get_running_loop()
            if len(self._begun) == self._begun.maxlen:
                await asyncio.sleep(self._begun[0] + self._seconds - loop.time())
            self._begun.append(loop.time())
