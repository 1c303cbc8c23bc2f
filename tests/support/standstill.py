"""Whether the process of a test stood still, so that it says nothing about a rate."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable

__all__ = ["count_on_time"]

#: Seconds in which the process doesn't run, so that calls of two windows arrive at once; how often
#: is counted at most; and seconds between, in which Discord's window becomes empty.
_STANDSTILL, _ATTEMPTS, _PAUSE = 0.05, 5, 1.0
#: Seconds between two looks at the time.
_TICK = 0.01


async def count_on_time(count: Callable[[], Awaitable[int]]) -> int:
    """What is counted; counted again if the process stood still meanwhile, up to five times."""
    for _ in range(_ATTEMPTS):
        async with _measure_standstill() as longest:
            found = await count()
        if longest[0] < _STANDSTILL:
            break
        await asyncio.sleep(_PAUSE)
    return found


@contextlib.asynccontextmanager
async def _measure_standstill() -> AsyncIterator[list[float]]:
    """Measure the longest time, in seconds, in which the event loop was busy or didn't run."""
    longest = [0.0]

    async def look() -> None:
        while True:
            begun = time.monotonic()
            await asyncio.sleep(_TICK)
            longest[0] = max(longest[0], time.monotonic() - begun - _TICK)

    looking = asyncio.create_task(look())
    try:
        yield longest
    finally:
        looking.cancel()
