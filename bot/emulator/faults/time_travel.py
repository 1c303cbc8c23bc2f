"""Advancing the clock of world and bot, from one due time to the next."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from bot.emulator.faults.clock_link import BotLink, ClockLink, LinkLostError
from bot.emulator.gateway.dispatcher import Dispatcher
from bot.emulator.gateway.sessions import Session
from bot.emulator.world.models import InteractionState
from bot.emulator.world.world import ANSWER_WITHIN, World

__all__ = ["TimeTravel"]

_log = logging.getLogger(__name__)

_SETTLED_WITHIN = 60.0
_LINKED_WITHIN = 15.0
_LEAST = timedelta(milliseconds=1)
_MAX_OVERDUE = timedelta(minutes=1)


class TimeTravel:
    """Moves the world's clock and the bot's, one move at a time.

    ``is_bot_running`` tells whether to wait for a bot that isn't connected to the clock link.
    """

    def __init__(
        self,
        world: World,
        dispatcher: Dispatcher,
        link: ClockLink,
        is_bot_running: Callable[[], bool],
    ) -> None:
        self._world = world
        self._dispatcher = dispatcher
        self._link = link
        self._is_bot_running = is_bot_running
        self._lock = asyncio.Lock()
        self._without_session: tuple[BotLink, ...] = ()

    async def advance(self, seconds: float) -> datetime:
        """Advance the clocks by ``seconds``; the new time.

        Stops at every time when the world or the bot has something due, and waits until it is
        done.
        """
        async with self._lock:
            world = self._world
            target = world.now() + timedelta(seconds=seconds)
            await self._wait_for_answers()
            step = _LEAST
            while True:
                due = await self._settle()
                now = world.now()
                if now >= target:
                    return now
                step = min(step * 2, _MAX_OVERDUE) if due is not None and due <= now else _LEAST
                moments = [moment for moment in (due, world.next_due()) if moment is not None]
                moment = min([target, *moments])
                await self._move_to(max(moment, min(now + step, target)))

    async def settle(self) -> None:
        """Wait until the bot has nothing left to do at the current time."""
        async with self._lock:
            await self._settle()

    async def next_due(self) -> datetime | None:
        """When the bot next has something due, once it is done at the current time."""
        async with self._lock:
            return await self._settle()

    async def _move_to(self, moment: datetime) -> None:
        world = self._world
        world.clock.advance_to(moment)
        # All at once: what is due in several processes at the same moment begins together.
        await asyncio.gather(*(self._set_clock(linked) for linked in self._link.connected))
        world.pass_time()
        await self._wait_for_answers()

    async def _set_clock(self, linked: BotLink) -> None:
        try:
            await linked.set_clock(self._world.clock.offset)
        except LinkLostError:
            _log.info("The bot disconnected while its clock was moved.")

    async def _settle(self) -> datetime | None:
        """Wait until the bot is done; when it next has something due.

        If the bot disconnects but its process runs, waits for it to reconnect. Without a bot,
        returns None at once.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + _SETTLED_WITHIN
        while loop.time() < deadline:
            linked = self._link.connected
            if not linked and self._is_bot_running():
                linked = await self._link.wait_for_bot(_LINKED_WITHIN)
            if not linked:
                return None
            try:
                is_done, due = await self._ask(linked, deadline - loop.time())
            except LinkLostError:
                continue
            if is_done:
                return due
        _log.error("The bot was still busy after %.0f seconds; going on anyway.", _SETTLED_WITHIN)
        return None

    async def _ask(
        self, linked: tuple[BotLink, ...], within: float
    ) -> tuple[bool, datetime | None]:
        """Ask every process once, until the first thing that any of them has due.

        Not done if a session of the bot changes, as its sequence starts over then, or if one
        process got an event while another was asked.
        """
        sessions = await self._sessions(linked, min(_LINKED_WITHIN, within))
        for session in sessions:
            self._dispatcher.release(session)
        change = self._dispatcher.next_change()
        # Of a shard with several sessions, the newest counts.
        sequences = {one.shard[0] if one.shard else 0: one.sequence for one in sessions}
        questions = [asyncio.ensure_future(one.settle(sequences or {0: 0})) for one in linked]
        asked = asyncio.gather(*questions)
        either: set[asyncio.Future[Any]] = {asked, change}
        try:
            await asyncio.wait(either, timeout=within, return_when=asyncio.FIRST_COMPLETED)
            if not asked.done():
                return False, None
            due = min(filter(None, asked.result()), default=None)
            reached = {one.shard[0] if one.shard else 0: one.sequence for one in sessions}
            return len(linked) == 1 or reached == sequences, due
        finally:
            change.cancel()
            for question in questions:
                question.cancel()
            await asyncio.gather(asked, *questions, return_exceptions=True)

    async def _sessions(self, linked: tuple[BotLink, ...], within: float) -> list[Session]:
        """Wait for the bot's gateway sessions; only once for a bot that never connects."""
        found = list(self._dispatcher.bot_sessions())
        if found or linked == self._without_session:
            return found
        try:
            return [await asyncio.wait_for(self._dispatcher.wait_for_bot(), within)]
        except TimeoutError:
            self._without_session = linked
            return []

    async def _wait_for_answers(self) -> None:
        """Wait up to 3 real seconds for interactions that have no response yet, before a jump."""
        world = self._world
        changed = asyncio.Event()
        world.on_change.append(changed.set)
        try:
            async with asyncio.timeout(ANSWER_WITHIN.total_seconds()):
                while any(
                    interaction.state is InteractionState.WAITING
                    for interaction in world.interactions.values()
                ):
                    changed.clear()
                    await changed.wait()
        except TimeoutError:
            world.pass_time()
        finally:
            world.on_change.remove(changed.set)
