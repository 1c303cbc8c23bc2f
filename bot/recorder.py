"""The recorder: events go in in order of arrival and are in the archive in that order.

:meth:`Recorder.put` is called before the first await of a handler, so that arrival, and not
completion, decides. One task writes them, as many at a time as have gathered.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections import deque
from collections.abc import Callable, Iterable

from bot.clock import Clock
from bot.discussion.talk import Event
from storage.database import Database
from storage.record import record

__all__ = ["Recorder"]

_log = logging.getLogger(__name__)

#: Events written in one unit of work.
_MOST_AT_ONCE = 1000
#: Seconds between attempts while the archive cannot be written (a full disk, say).
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 30.0


class Recorder:
    """Writes events into the archive, in order, a batch at a time.

    ``proven`` are the channels whose record has no gap: their live messages move the watermark.
    ``generation`` counts fresh identifies; what was proven in one is not in the next.
    """

    def __init__(self, database: Database, clock: Clock, on_work: Callable[[], None]) -> None:
        self._database = database
        self._clock = clock
        self._on_work = on_work
        self._events: deque[Event] = deque()
        self._arrived = asyncio.Event()
        self._put = 0
        self._done = 0
        self._progress = asyncio.Condition()
        self._proven: set[int] = set()
        self.generation = 0

    @property
    def idle(self) -> bool:
        """Whether everything put so far is committed."""
        return self._done == self._put

    def put(self, events: Iterable[Event]) -> int:
        """Take ``events`` in; the number to :meth:`wait` for."""
        for event in events:
            self._events.append(event)
            self._put += 1
        self._arrived.set()
        return self._put

    async def wait(self, number: int) -> None:
        """Return once everything up to ``number``, as :meth:`put` gave it, is committed."""
        async with self._progress:
            await self._progress.wait_for(lambda: self._done >= number)

    def prove(self, channel_id: int, generation: int) -> None:
        """The channel's record has no gap since ``generation`` began."""
        if generation == self.generation:
            self._proven.add(channel_id)

    def disprove(self, channel_id: int) -> None:
        """Events may have been missed in the channel."""
        self._proven.discard(channel_id)

    def doubt(self) -> int:
        """A fresh identify: events may have been missed everywhere; the new generation."""
        self._proven.clear()
        self.generation += 1
        return self.generation

    async def run(self) -> None:
        """Write what arrives, until cancelled."""
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            while self._events:
                count = min(len(self._events), _MOST_AT_ONCE)
                await self._write([self._events[index] for index in range(count)])
                for _ in range(count):
                    self._events.popleft()
                self._done += count
                async with self._progress:
                    self._progress.notify_all()

    async def _write(self, batch: list[Event]) -> None:
        wait = _FIRST_WAIT
        while True:
            try:
                recorded = await self._database.write(
                    lambda tx: record(
                        tx,
                        batch,
                        proven=frozenset(self._proven),
                        now_ms=self._clock.now_ms(),
                    )
                )
            except sqlite3.Error as error:
                _log.error(
                    "The archive cannot be written (%s); %d events wait, next attempt in %.1f s.",
                    error,
                    self._put - self._done,
                    wait,
                )
                await asyncio.sleep(wait)
                wait = min(wait * 2, _LONGEST_WAIT)
            else:
                if recorded.threads_wanted or recorded.posts_confirmed:
                    self._on_work()
                return
