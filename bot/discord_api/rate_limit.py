"""Client-side rate limiter, for a limit that no response header announces."""

from __future__ import annotations

import asyncio
from collections import deque

__all__ = ["RateLimiter"]


class RateLimiter:
    """Lets at most ``calls`` begin within any ``seconds``, first come, first served."""

    def __init__(self, calls: int, seconds: float) -> None:
        self._seconds = seconds
        self._started: deque[float] = deque(maxlen=calls)
        self._lock = asyncio.Lock()

    async def acquire(self) -> None:
        """Return when the next call may begin."""
        async with self._lock:
            loop = asyncio.get_running_loop()
            if len(self._started) == self._started.maxlen:
                await asyncio.sleep(self._started[0] + self._seconds - loop.time())
            self._started.append(loop.time())
