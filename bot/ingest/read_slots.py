"""Slots for reading: so many readings at once, the most urgent first."""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import itertools
from collections.abc import AsyncIterator

__all__ = ["ReadSlots"]


class ReadSlots:
    """Lets ``count`` readings run at once; a free slot goes to the lowest priority number.

    Of two with the same priority, the one that has waited longer is first.
    """

    def __init__(self, count: int) -> None:
        self._free = count
        self._numbers = itertools.count()
        self._waiting: list[tuple[tuple[int, int], int, asyncio.Future[None]]] = []

    @contextlib.asynccontextmanager
    async def hold(self, priority: tuple[int, int]) -> AsyncIterator[None]:
        """Hold a slot inside the block."""
        await self._acquire(priority)
        try:
            yield
        finally:
            self._release()

    async def _acquire(self, priority: tuple[int, int]) -> None:
        if self._free:
            self._free -= 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (priority, next(self._numbers), turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._release()  # its turn came in the moment in which it was cancelled
            raise

    def _release(self) -> None:
        while self._waiting:
            *_, turn = heapq.heappop(self._waiting)
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1
