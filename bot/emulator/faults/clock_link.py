"""Clock link: a loopback WebSocket to set the bot's clock and wait until the bot is idle.

JSON text frames: the emulator sends requests, the bot answers each with the same ``id``.
``{"id", "do": "set", "offset": seconds}`` sets the bot's clock to real time + offset; the
answer is ``{"id"}``. ``{"id", "do": "settle", "sequences": {shard: n}}`` is answered
``{"id", "next_due": ISO 8601 or null}`` once the bot has handled the gateway events up to n of each
shard's current session ("0" without shards) and has nothing left to do at the current time. If
several processes of the bot are connected, each is asked about all shards, and answers for its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson
from aiohttp import WSMsgType, web

__all__ = ["BotLink", "ClockLink", "LinkLostError"]

_log = logging.getLogger(__name__)
_SET_WITHIN = 10.0


class LinkLostError(Exception):
    """The bot disconnected before it answered."""


class BotLink:
    """The connection to one process of the bot."""

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self._socket = socket
        self._number = 0
        self._asked: dict[int, asyncio.Future[dict[str, Any]]] = {}

    async def set_clock(self, offset: float) -> None:
        """Set the bot's clock to real time plus ``offset`` seconds. Raises LinkLostError."""
        try:
            await asyncio.wait_for(self._ask("set", {"offset": offset}), _SET_WITHIN)
        except TimeoutError:
            _log.error("The bot didn't set its clock within %.0f seconds.", _SET_WITHIN)

    async def settle(self, sequences: Mapping[int, int]) -> datetime | None:
        """Wait until the bot is done; when it next has something due. Raises LinkLostError."""
        by_shard = {str(shard): sequence for shard, sequence in sequences.items()}
        answer = await self._ask("settle", {"sequences": by_shard})
        due = answer.get("next_due")
        if due is None:
            return None
        try:
            moment = datetime.fromisoformat(due)
        except (TypeError, ValueError):
            _log.error("The bot's next_due isn't a time: %r.", due)
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
        """Receive the bot's answers until it disconnects."""
        async for message in self._socket:
            if message.type is not WSMsgType.TEXT:
                continue
            try:
                answer = orjson.loads(message.data)
                future = self._asked.get(answer["id"])
            except (ValueError, KeyError, TypeError):
                _log.error("The bot sent an invalid answer on the clock link.")
                continue
            if future is not None and not future.done():
                future.set_result(answer)

    def fail_pending(self) -> None:
        """Raise LinkLostError in everything that waits for an answer."""
        for future in self._asked.values():
            if not future.done():
                future.set_exception(LinkLostError())

    async def close(self) -> None:
        """Close the connection."""
        await self._socket.close(code=1001)


class ClockLink:
    """The processes of the bot that are connected to the link: one, or several with shards."""

    def __init__(self) -> None:
        self._linked: list[BotLink] = []
        self._arrived = asyncio.Event()

    @property
    def connected(self) -> tuple[BotLink, ...]:
        """The connected processes, in the order of their arrival."""
        return tuple(self._linked)

    async def wait_for_bot(self, within: float) -> tuple[BotLink, ...]:
        """Wait for a process to connect; empty if there is none after ``within`` real seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within):
                while not self._linked:
                    self._arrived.clear()
                    await self._arrived.wait()
        return self.connected

    async def serve(self, request: web.Request, offset: float) -> web.StreamResponse:
        """Serve one connection; the clock at its other end is set at once."""
        socket = web.WebSocketResponse(heartbeat=None)
        await socket.prepare(request)
        linked = BotLink(socket)
        greeting = asyncio.create_task(self._greet(linked, offset))
        try:
            await linked.listen()
        finally:
            if linked in self._linked:
                self._linked.remove(linked)
            linked.fail_pending()
            await asyncio.gather(greeting, return_exceptions=True)
        return socket

    async def _greet(self, linked: BotLink, offset: float) -> None:
        """Set the clock; only then the bot counts as connected."""
        await linked.set_clock(offset)
        self._linked.append(linked)
        self._arrived.set()

    async def close(self) -> None:
        """Close every connection."""
        for linked in list(self._linked):
            await linked.close()
