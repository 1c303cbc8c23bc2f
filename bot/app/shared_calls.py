"""The calls to Discord that several processes of one bot may begin in a second, together.

Discord's limit is the bot's, whatever process calls (docs: Topics › Rate Limits › Global Rate
Limit), so the processes on one PostgreSQL database take their calls from one window in it.
"""

from __future__ import annotations

import asyncio
import logging

from bot.discord_api.call_budget import CALLS_PER_SECOND, CallWindow
from storage.db.errors import StorageError
from storage.db.processes import ProcessGroup

__all__ = ["SharedCalls"]

_log = logging.getLogger(__name__)

#: Shortest wait between two questions to the database, in seconds.
_SHORTEST_WAIT = 0.02
#: Seconds within which calls arrive at Discord that were taken: the shortest and the longest, how
#: many at first, while connections are opened, and how much they are shortened with each answer of
#: the database that came in time.
_SHORTEST_DELAY, _LONGEST_DELAY, _FIRST_DELAY, _SHORTENED = 0.1, 2.0, 0.5, 0.95
#: Seconds in which the database isn't asked after an error, and in which this process takes no more
#: than its part after that, since others may not have noticed yet that the database is back.
_REST, _CAREFUL = 5.0, 10.0


class SharedCalls:
    """The source of a budget (:class:`bot.discord_api.call_budget.CallSource`) in the database.

    The database notes for each call when it begins at the latest, which is a little later than it
    is taken. If an answer takes longer than that, its calls are lost, so that in no second more
    begin than allowed, however slow the way to the database is.

    ``rest``: seconds in which the database isn't asked after an error.

    While the database isn't available, the process takes its part: the calls of a second divided by
    the number of processes that were seen last.
    """

    def __init__(
        self, processes: ProcessGroup, calls: int = CALLS_PER_SECOND, *, rest: float = _REST
    ) -> None:
        self._processes = processes
        self._rest = rest
        self._calls = calls
        self._own = CallWindow(calls)
        self._delay = _FIRST_DELAY
        self._rests_until = self._is_careful_until = 0.0

    async def take(self, calls: int) -> tuple[int, float]:
        """Take from the window that the processes share."""
        now = asyncio.get_running_loop().time()
        if now < self._rests_until:
            return self._take_own_part(calls, now)
        wanted = calls
        if now < self._is_careful_until:
            wanted = min(calls, self._count_own_room(now))
            if not wanted:
                return 0, self._get_own_wait(now)
        try:
            taken, wait = await self._processes.take_calls(
                wanted, most=self._calls, seconds=1.0, delay=self._delay
            )
        except StorageError as error:
            return self._take_after_error(calls, error)
        then = asyncio.get_running_loop().time()
        if then - now > self._delay:
            self._delay = min(2 * (then - now), _LONGEST_DELAY)
            return 0, _SHORTEST_WAIT
        self._delay = max(
            _SHORTEST_DELAY, self._delay * _SHORTENED, min(2 * (then - now), self._delay)
        )
        self._own.note(then, taken)
        return taken, 0.0 if taken == calls else max(wait, _SHORTEST_WAIT)

    def _take_after_error(self, calls: int, error: StorageError) -> tuple[int, float]:
        now = asyncio.get_running_loop().time()
        if now > self._is_careful_until:
            _log.warning(
                "The calls to Discord can't be divided with other processes (%s). This one makes "
                "at most %d a second meanwhile.",
                error,
                self._part,
            )
        self._rests_until = now + self._rest
        self._is_careful_until = self._rests_until + _CAREFUL
        return self._take_own_part(calls, now)

    @property
    def _part(self) -> int:
        return max(1, self._calls // self._processes.count)

    def _take_own_part(self, calls: int, now: float) -> tuple[int, float]:
        taken = min(calls, self._count_own_room(now))
        self._own.note(now, taken)
        return taken, 0.0 if taken == calls else self._get_own_wait(now)

    def _count_own_room(self, now: float) -> int:
        used = self._calls - self._own.count_room(now)
        return max(0, self._part - used)

    def _get_own_wait(self, now: float) -> float:
        return max(self._own.get_wait(now), _SHORTEST_WAIT)
