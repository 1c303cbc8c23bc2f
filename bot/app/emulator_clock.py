"""The link through which a rehearsal moves the bot's clock and waits until the bot is idle.

The far side asks with JSON frames, and each is answered with its ``id``: ``set`` moves the clock;
``settle`` is answered once the bot has dealt with the gateway's events up to a sequence number
and nothing is left that can be done at the present moment.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp

from bot.app.client import Salon
from bot.clock import Clock

__all__ = ["clock_link"]

_log = logging.getLogger(__name__)

#: Seconds between two looks at whether the bot is idle.
_LOOK_EVERY = 0.005
#: Looks in a row that must find it idle: an event becomes a task, and the task a row.
_LOOKS = 4


@contextlib.asynccontextmanager
async def clock_link(
    address: str | None, clock: Clock, salon: Callable[[], Salon | None]
) -> AsyncIterator[None]:
    """Obey the clock at ``address`` inside the block; its time is known when the block begins."""
    if address is None:
        yield
        return
    async with aiohttp.ClientSession() as session, session.ws_connect(address) as link:
        first = await link.receive_json()
        await _answer(link, first, clock, salon)
        listening = asyncio.create_task(_listen(link, clock, salon), name="clock-link")
        try:
            yield
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)


async def _listen(
    link: aiohttp.ClientWebSocketResponse, clock: Clock, salon: Callable[[], Salon | None]
) -> None:
    settling: asyncio.Task[None] | None = None
    try:
        async for frame in link:
            if frame.type is not aiohttp.WSMsgType.TEXT:
                continue
            asked = json.loads(frame.data)
            if asked["do"] != "settle":
                await _answer(link, asked, clock, salon)
                continue
            # A newer question takes the place of the older: the session it asked about may be
            # gone, and then its events are never heard.
            if settling is not None:
                settling.cancel()
            settling = asyncio.create_task(_answer(link, asked, clock, salon))
    finally:
        if settling is not None:
            settling.cancel()
            await asyncio.gather(settling, return_exceptions=True)
    _log.warning("The rehearsal's clock is gone; time goes on as it is.")


async def _answer(
    link: aiohttp.ClientWebSocketResponse,
    asked: dict[str, Any],
    clock: Clock,
    salon: Callable[[], Salon | None],
) -> None:
    answer: dict[str, Any] = {"id": asked["id"]}
    match asked["do"]:
        case "set":
            clock.set_offset(float(asked["offset"]))
        case "settle":
            answer["next_due"] = await _settled(salon, asked.get("sequence"))
        case unknown:
            answer["error"] = f"unknown request: {unknown}"
    await link.send_json(answer)


async def _settled(salon: Callable[[], Salon | None], sequence: int | None) -> str | None:
    """Wait until nothing is left to do; when something becomes due next, in ISO 8601."""
    quiet = 0
    while quiet < _LOOKS:
        bot = salon()
        if bot is not None and bot.has_received(sequence) and bot.services.idle:
            quiet += 1
            await asyncio.sleep(0)
        else:
            quiet = 0
            await asyncio.sleep(_LOOK_EVERY)
    bot = salon()
    next_due = None if bot is None else bot.services.scheduler.next_due
    return None if next_due is None else next_due.isoformat()
