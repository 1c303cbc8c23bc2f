"""The emulator's clock link: a rehearsal moves the bot's clock and waits until the bot is idle.

A WebSocket on loopback. The emulator sends JSON requests, and each is answered with its ``id``:
``set`` moves the clock; ``settle`` is answered once the bot has handled the gateway's events up to
a sequence number of each shard and has nothing left to do at the current time.
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

#: Seconds between two checks of whether the bot is idle.
_CHECK_INTERVAL = 0.005
#: Checks in a row that must find it idle: an event becomes a task, and the task a row.
_IDLE_CHECKS = 4


@contextlib.asynccontextmanager
async def clock_link(
    address: str | None, clock: Clock, salon: Callable[[], Salon | None]
) -> AsyncIterator[None]:
    """Follow the clock at ``address`` inside the block; its time is set when the block begins.

    Does nothing without an address. ``salon``: gets the current client.
    """
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
            request = json.loads(frame.data)
            if request["do"] != "settle":
                await _answer(link, request, clock, salon)
                continue
            # A newer request replaces the older one: the session of that may have ended, and then
            # its events never arrive.
            if settling is not None:
                settling.cancel()
            settling = asyncio.create_task(_answer(link, request, clock, salon))
    finally:
        if settling is not None:
            settling.cancel()
            await asyncio.gather(settling, return_exceptions=True)
    _log.warning(
        "Lost the connection to the emulator's clock; the clock runs on from its current time."
    )


async def _answer(
    link: aiohttp.ClientWebSocketResponse,
    request: dict[str, Any],
    clock: Clock,
    salon: Callable[[], Salon | None],
) -> None:
    answer: dict[str, Any] = {"id": request["id"]}
    match request["do"]:
        case "set":
            clock.set_offset(float(request["offset"]))
        case "settle":
            sequences = {int(shard): number for shard, number in request["sequences"].items()}
            answer["next_due"] = await _wait_until_idle(salon, sequences)
        case unknown:
            answer["error"] = f"unknown request: {unknown}"
    await link.send_json(answer)


async def _wait_until_idle(
    salon: Callable[[], Salon | None], sequences: dict[int, int]
) -> str | None:
    """Wait until the bot is idle; return when something becomes due next, in ISO 8601."""
    idle_checks = 0
    while idle_checks < _IDLE_CHECKS:
        bot = salon()
        if bot is not None and bot.has_received(sequences) and bot.services.idle:
            idle_checks += 1
            await asyncio.sleep(0)
        else:
            idle_checks = 0
            await asyncio.sleep(_CHECK_INTERVAL)
    bot = salon()
    next_due = None if bot is None else bot.services.scheduler.next_due
    return None if next_due is None else next_due.isoformat()
