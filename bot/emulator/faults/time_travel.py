"""Letting time pass: from one due moment to the next, the bot done with each before the next."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from bot.emulator.faults.clock_link import ClockLink, Linked, LinkLostError
from bot.emulator.world.models import InteractionState
from bot.emulator.world.world import ANSWER_WITHIN

if TYPE_CHECKING:
    from bot.emulator.gateway.dispatcher import GatewayHub
    from bot.emulator.gateway.sessions import Session
    from bot.emulator.server import Emulator

__all__ = ["TimeMachine"]

_log = logging.getLogger(__name__)

_SETTLED_WITHIN = 60.0
_LINKED_WITHIN = 15.0
_LEAST = timedelta(milliseconds=1)
_MOST_OVERDUE = timedelta(minutes=1)


class TimeMachine:
    """Moves the world's clock and the bot's, one move at a time.

    ``is_bot_running`` says whether a bot that is not linked is worth waiting for.
    """

    def __init__(
        self, emulator: Emulator, link: ClockLink, is_bot_running: Callable[[], bool]
    ) -> None:
        self._emulator = emulator
        self._link = link
        self._is_bot_running = is_bot_running
        self._lock = asyncio.Lock()
        self._without_session: Linked | None = None

    async def advance(self, seconds: float) -> datetime:
        """Let ``seconds`` pass; the moment that is reached.

        Stops at every moment at which the world or the bot has something to do, and waits there
        until it is done.
        """
        async with self._lock:
            world = self._emulator.world
            target = world.now() + timedelta(seconds=seconds)
            await self._wait_for_answers()
            step = _LEAST
            while True:
                due = await self._settle()
                now = world.now()
                if now >= target:
                    return now
                step = min(step * 2, _MOST_OVERDUE) if due is not None and due <= now else _LEAST
                moments = [moment for moment in (due, world.next_due()) if moment is not None]
                moment = min([target, *moments])
                await self._move(max(moment, min(now + step, target)))

    async def settle(self) -> None:
        """Wait until the bot has nothing left to do at the present moment."""
        async with self._lock:
            await self._settle()

    async def next_due(self) -> datetime | None:
        """When the bot next has something to do, once it is done with the present moment."""
        async with self._lock:
            return await self._settle()

    async def _move(self, moment: datetime) -> None:
        world = self._emulator.world
        world.clock.advance_to(moment)
        linked = self._link.current
        if linked is not None:
            try:
                await linked.move(world.clock.offset)
            except LinkLostError:
                _log.info("The bot has gone while its clock was moved.")
        world.pass_time()
        await self._wait_for_answers()

    async def _settle(self) -> datetime | None:
        """Wait until the bot is done; when it next has something to do.

        A bot that goes meanwhile is waited for if it runs again; without one there is
        nothing to wait for.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + _SETTLED_WITHIN
        while loop.time() < deadline:
            linked = self._link.current
            if linked is None and self._is_bot_running():
                linked = await self._link.arrival(_LINKED_WITHIN)
            if linked is None:
                return None
            try:
                is_done, due = await self._ask(linked, deadline - loop.time())
            except LinkLostError:
                continue
            if is_done:
                return due
        _log.error("The bot was not done within %.0f seconds; time passes on.", _SETTLED_WITHIN)
        return None

    async def _ask(self, linked: Linked, within: float) -> tuple[bool, datetime | None]:
        """Ask once; not done if the bot's session changes meanwhile, for its count begins anew."""
        hub: GatewayHub = self._emulator.gateway_hub
        session = await self._session(linked, min(_LINKED_WITHIN, within))
        if session is not None:
            hub.release(session)
        change = hub.next_change()
        asked = asyncio.ensure_future(linked.settle(session.sequence if session else 0))
        either: set[asyncio.Future[Any]] = {asked, change}
        try:
            await asyncio.wait(either, timeout=within, return_when=asyncio.FIRST_COMPLETED)
            if asked.done():
                return True, asked.result()
            return False, None
        finally:
            change.cancel()
            if not asked.done():
                asked.cancel()
                await asyncio.gather(asked, return_exceptions=True)

    async def _session(self, linked: Linked, within: float) -> Session | None:
        """The bot's gateway session, waited for; only once for a bot that never comes."""
        hub: GatewayHub = self._emulator.gateway_hub
        found = list(hub.bot_sessions())
        if found:
            return found[-1]
        if linked is self._without_session:
            return None
        try:
            return await asyncio.wait_for(hub.bot_ready(), within)
        except TimeoutError:
            self._without_session = linked
            return None

    async def _wait_for_answers(self) -> None:
        """Give interactions that wait for their first answer their real time before a jump."""
        world = self._emulator.world
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
