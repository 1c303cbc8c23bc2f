"""The calls to Discord that may begin in a second, divided between what is urgent and what isn't.

Discord allows a bot 50 calls a second over all its endpoints (docs: Topics › Rate Limits › Global
Rate Limit), and announces that limit in no header. A call over it is refused, and discord.py then
holds back every other call, too. So each call waits for its turn here before it is sent. Calls
without the bot's token don't count, such as answers to interactions and executed webhooks.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Iterator
from contextvars import ContextVar
from enum import Enum
from types import SimpleNamespace
from typing import Protocol

import aiohttp

from bot.core import limits

__all__ = [
    "CALLS_PER_SECOND",
    "CallBudget",
    "CallSource",
    "CallWindow",
    "EvenCalls",
    "Urgency",
    "use_urgency",
]

#: Calls of a second that several processes share: two fewer than allowed, since calls don't arrive
#: as evenly as they are sent.
CALLS_PER_SECOND = limits.CALLS_PER_SECOND - 2
#: Calls that begin in a second in a single process, evenly, and how many at once after a rest. So
#: Discord refuses none even if those before it took 40 ms longer on their way.
_EVEN_CALLS, _AT_ONCE = limits.CALLS_PER_SECOND - 4, 2
#: How many of them compare at most, so that other calls find room at once.
_COMPARING_PER_SECOND = 40
#: An urgency that had no calls for a while goes first until it has had its share of so many
#: seconds.
_CREDIT_SECONDS = 0.5


class Urgency(Enum):
    """What a call is for. The value is its share of the calls if all four have calls waiting."""

    #: What was said while the bot was away.
    UNREAD = 42
    #: Everything else: commands, essays, answers, what an event asks for.
    ORDINARY = 6
    #: What follows from what was said, and may be much after an outage: threads, moved replies,
    #: indexes.
    FOLLOW_UP = 2
    #: What may have been edited or deleted: it gets what the others leave, and never nothing.
    COMPARING = 1


_urgency: ContextVar[Urgency] = ContextVar("urgency", default=Urgency.ORDINARY)


@contextlib.contextmanager
def use_urgency(urgency: Urgency) -> Iterator[None]:
    """Give the calls inside the block this urgency, also those of tasks that are begun in it."""
    token = _urgency.set(urgency)
    try:
        yield
    finally:
        _urgency.reset(token)


class CallSource(Protocol):
    """Where a budget gets its calls from."""

    async def take(self, calls: int) -> tuple[int, float]:
        """Take up to ``calls``, which is how many wait at this moment (at least one).

        Returns how many of them may begin now, and in how many seconds it makes sense to ask for
        the others. Calls that were taken aren't returned, even if nobody makes them any more. A
        budget asks once at a time. An error is raised by every call that waits.
        """


class EvenCalls:
    """Lets a call begin each ``1 / rate`` seconds: the source of a single process.

    ``at_once``: how many begin at once after a rest; none are saved up beyond that.
    """

    def __init__(self, rate: float = _EVEN_CALLS, at_once: int = _AT_ONCE) -> None:
        self._interval = 1 / rate
        self._ahead = (at_once - 1) / rate
        self._next = 0.0

    async def take(self, calls: int) -> tuple[int, float]:
        """:meth:`CallSource.take`."""
        now = asyncio.get_running_loop().time()
        self._next = max(self._next, now - self._ahead)
        taken = 0
        while taken < calls and self._next <= now:
            self._next += self._interval
            taken += 1
        return taken, 0.0 if taken == calls else self._next - now


class CallWindow:
    """Lets at most ``calls`` begin within any ``seconds``."""

    def __init__(self, calls: int = CALLS_PER_SECOND, seconds: float = 1.0) -> None:
        self._calls = calls
        self._seconds = seconds
        self._began: deque[float] = deque()

    async def take(self, calls: int) -> tuple[int, float]:
        """:meth:`CallSource.take`."""
        now = asyncio.get_running_loop().time()
        room = self.count_room(now)
        taken = min(calls, room)
        self.note(now, taken)
        return taken, 0.0 if taken == calls else self.get_wait(now)

    def count_room(self, now: float) -> int:
        """How many calls may begin now."""
        while self._began and self._began[0] + self._seconds <= now:
            self._began.popleft()
        return self._calls - len(self._began)

    def get_wait(self, now: float) -> float:
        """Seconds until there is room for one more call than now."""
        return self._began[0] + self._seconds - now if self._began else 0.0

    def note(self, now: float, calls: int = 1) -> None:
        """So many calls begin now."""
        self._began.extend([now] * calls)


class _Waiting:
    """The calls of one urgency that wait for their turn, in order of arrival.

    ``used`` is how many calls it has had, in seconds of its share: whichever has the least is next.
    """

    def __init__(self, urgency: Urgency) -> None:
        self.share = urgency.value
        self.turns: deque[asyncio.Future[None]] = deque()
        self.used = 0.0


class CallBudget:
    """Lets calls begin as ``source`` allows. One for each process: the limit is the token's.

    While there is room, a call begins at once. Otherwise those that wait begin in turn: each
    urgency gets at least its share, and those that need less leave the rest to the others. Of one
    urgency, the call that has waited longest is first.
    """

    def __init__(self, source: CallSource | None = None) -> None:
        self._source = source or EvenCalls()
        self._comparing = CallWindow(_COMPARING_PER_SECOND)
        self._waiting = {urgency: _Waiting(urgency) for urgency in Urgency}
        self._used = 0.0
        self._arrived = asyncio.Event()
        self._granting: asyncio.Task[None] | None = None

    async def wait_for_turn(self) -> None:
        """Return when a call may begin. A call whose wait is cancelled gives up its place."""
        waiting = self._waiting[_urgency.get()]
        if not waiting.turns:
            waiting.used = max(waiting.used, self._used - _CREDIT_SECONDS)
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiting.turns.append(turn)
        self._arrived.set()
        if self._granting is None:
            self._granting = asyncio.create_task(self._grant(), name="call budget")
        try:
            await turn
        except asyncio.CancelledError:
            with contextlib.suppress(ValueError):
                waiting.turns.remove(turn)
            raise

    def make_trace(self) -> aiohttp.TraceConfig:
        """Make an aiohttp session wait for its turn before each call with the bot's token.

        That includes the calls that discord.py repeats.
        """
        trace = aiohttp.TraceConfig()
        trace.on_request_start.append(self._wait_before_request)
        return trace

    async def _wait_before_request(
        self,
        session: aiohttp.ClientSession,
        context: SimpleNamespace,
        request: aiohttp.TraceRequestStartParams,
    ) -> None:
        del session, context
        if "Authorization" in request.headers:
            await self.wait_for_turn()

    async def _grant(self) -> None:
        """Let calls begin until none waits."""
        loop = asyncio.get_running_loop()
        try:
            while any(one.turns for one in self._waiting.values()):
                self._arrived.clear()
                now = loop.time()
                wanted = self._count_ready(now)
                if not wanted:  # there are only comparing ones, which have had their part
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(self._comparing.get_wait(now)):
                            await self._arrived.wait()
                    continue
                granted, wait = await self._source.take(wanted)
                for _ in range(granted):
                    self._begin_next(loop.time())
                if granted < wanted:
                    await asyncio.sleep(wait)
        except Exception as error:  # noqa: BLE001 - raised by those that wait
            self._fail(error)
        finally:
            self._granting = None

    def _count_ready(self, now: float) -> int:
        """How many of those that wait may begin if the source has enough."""
        compares = len(self._waiting[Urgency.COMPARING].turns)
        others = sum(len(one.turns) for one in self._waiting.values()) - compares
        return others + min(compares, self._comparing.count_room(now))

    def _begin_next(self, now: float) -> None:
        """Let the next call begin; none if it has been cancelled since the source was asked."""
        some = [
            (one.used, urgency)
            for urgency, one in self._waiting.items()
            if one.turns and (urgency is not Urgency.COMPARING or self._comparing.count_room(now))
        ]
        if not some:
            return
        _, urgency = min(some, key=lambda one: one[0])
        one = self._waiting[urgency]
        self._used = one.used
        one.used += 1 / one.share
        if urgency is Urgency.COMPARING:
            self._comparing.note(now)
        turn = one.turns.popleft()
        if not turn.done():
            turn.set_result(None)

    def _fail(self, error: Exception) -> None:
        for one in self._waiting.values():
            while one.turns:
                turn = one.turns.popleft()
                if not turn.done():
                    turn.set_exception(error)
