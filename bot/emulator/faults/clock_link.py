"""The loopback channel through which the bot is told the time and asked whether it is done.

JSON text frames: the emulator asks, the bot answers each with the same ``id``.
``{"id", "do": "set", "offset": seconds}`` moves the bot's clock to real time + offset, and is
answered ``{"id"}``. ``{"id", "do": "settle", "sequence": n}`` is answered
``{"id", "next_due": ISO 8601 or null}`` once the bot has handled the gateway events up to n of
its current session and nothing is left that can be done at the present moment.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime
from typing import Any

import orjson
from aiohttp import WSMsgType, web

__all__ = ["ClockLink", "LinkLostError", "Linked"]

_log = logging.getLogger(__name__)
_SET_WITHIN = 10.0


class LinkLostError(Exception):
    """The bot has gone while it was asked something."""


class Linked:
    """One bot at the other end of the link."""

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self._socket = socket
        self._number = 0
        self._asked: dict[int, asyncio.Future[dict[str, Any]]] = {}

    async def move(self, offset: float) -> None:
        """Set the bot's clock, ``offset`` seconds beside real time; raises LinkLostError."""
        try:
            await asyncio.wait_for(self._ask("set", {"offset": offset}), _SET_WITHIN)
        except TimeoutError:
            _log.error("The bot has not set its clock within %.0f seconds.", _SET_WITHIN)

    async def settle(self, sequence: int) -> datetime | None:
        """Wait until the bot is done; when it next has something to do. Raises LinkLostError."""
        answer = await self._ask("settle", {"sequence": sequence})
        due = answer.get("next_due")
        if due is None:
            return None
        try:
            moment = datetime.fromisoformat(due)
        except (TypeError, ValueError):
            _log.error("The bot's next_due is no moment: %r.", due)
            return None
        return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)

    async def _ask(self, do: str, rest: dict[str, Any]) -> dict[str, Any]:
        self._number += 1
        number = self._number
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._asked[number] = future
        try:
            question = orjson.dumps({"id": number, "do": do, **rest}).decode()
            await self._socket.send_str(question)
            return await future
        except ConnectionError as error:
            raise LinkLostError from error
        finally:
            self._asked.pop(number, None)

    async def listen(self) -> None:
        """Take the bot's answers until it goes."""
        async for message in self._socket:
            if message.type is not WSMsgType.TEXT:
                continue
            try:
                answer = orjson.loads(message.data)
                future = self._asked.get(answer["id"])
            except (ValueError, KeyError, TypeError):
                _log.error("The bot answers on the clock link what nobody understands.")
                continue
            if future is not None and not future.done():
                future.set_result(answer)

    def lose(self) -> None:
        """The bot has gone: who waits for it is told."""
        for future in self._asked.values():
            if not future.done():
                future.set_exception(LinkLostError())

    async def close(self) -> None:
        """The emulator goes."""
        await self._socket.close(code=1001)


class ClockLink:
    """Holds the bot that is linked, the newest if there are several."""

    def __init__(self) -> None:
        self._linked: list[Linked] = []
        self._arrived = asyncio.Event()

    @property
    def current(self) -> Linked | None:
        """The bot that is linked."""
        return self._linked[-1] if self._linked else None

    async def arrival(self, within: float) -> Linked | None:
        """The bot, as soon as it is linked; None if it is not within so many real seconds."""
        try:
            async with asyncio.timeout(within):
                while self.current is None:
                    self._arrived.clear()
                    await self._arrived.wait()
        except TimeoutError:
            return None
        return self.current

    async def serve(self, request: web.Request, offset: float) -> web.StreamResponse:
        """One bot's link, from its arrival to its end; it is told the time at once."""
        socket = web.WebSocketResponse(heartbeat=None)
        await socket.prepare(request)
        linked = Linked(socket)
        greeting = asyncio.create_task(self._greet(linked, offset))
        try:
            await linked.listen()
        finally:
            if linked in self._linked:
                self._linked.remove(linked)
            linked.lose()
            await asyncio.gather(greeting, return_exceptions=True)
        return socket

    async def _greet(self, linked: Linked, offset: float) -> None:
        """Tell the time; only a bot whose clock is right counts as linked."""
        await linked.move(offset)
        self._linked.append(linked)
        self._arrived.set()

    async def close(self) -> None:
        """Close every link."""
        for linked in list(self._linked):
            await linked.close()
