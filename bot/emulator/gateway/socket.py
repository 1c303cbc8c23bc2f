"""The gateway's WebSocket endpoint: one connection from HELLO to its close code.

docs: Gateway (Connections, Identifying, Resuming, Rate Limiting); Opcodes and Status Codes ›
Gateway Close Event Codes.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any

import orjson
from aiohttp import WSMsgType, web

from bot.emulator.address import API_VERSIONS
from bot.emulator.gateway import opcodes
from bot.emulator.gateway.dispatcher import Dispatcher
from bot.emulator.gateway.sessions import Connection, Frame, compressor

__all__ = ["add_routes"]

_MAX_BYTES = 4096
_MAX_SENDS = 120
_SENDS_WITHIN = 60.0
_GRACE = 1.5
"""A connection without a heartbeat for this many intervals is closed."""


def add_routes(app: web.Application, dispatcher: Dispatcher) -> None:
    """Serve the gateway at ``/gateway``; the dispatcher listens while the application runs."""

    async def connect(request: web.Request) -> web.StreamResponse:
        return await _serve(dispatcher, request)

    async def open_dispatcher(_: web.Application) -> None:
        dispatcher.open()

    async def close_dispatcher(_: web.Application) -> None:
        await dispatcher.close()

    app.router.add_get("/gateway", connect)
    app.router.add_get("/gateway/", connect)
    app.on_startup.append(open_dispatcher)
    app.on_shutdown.append(close_dispatcher)


async def _serve(dispatcher: Dispatcher, request: web.Request) -> web.StreamResponse:
    """Serve one connection until it is closed."""
    socket = web.WebSocketResponse(max_msg_size=1024 * 1024, compress=False, autoping=True)
    try:
        await socket.prepare(request)
    except ConnectionError:
        return web.Response()  # the client is disconnected already
    query = request.query
    try:
        compress = compressor(query.get("compress"))
    except ValueError:
        compress = None
        await socket.close(code=opcodes.DECODE_ERROR)
        return socket
    if query.get("v", "10") not in API_VERSIONS:
        await socket.close(code=opcodes.INVALID_API_VERSION)
        return socket
    if query.get("encoding", "json") != "json":
        await socket.close(code=opcodes.DECODE_ERROR)
        return socket
    connection = Connection(socket, request.transport, compress=compress, address=str(request.url))
    dispatcher.add_connection(connection)

    def end(code: int) -> None:
        dispatcher.drop_by_code(connection, code)
        connection.close(code)

    timer = _HeartbeatTimer(dispatcher.heartbeat_interval * _GRACE, end)
    connection.push(dispatcher.hello())
    try:
        await _listen(dispatcher, connection, timer, end)
    finally:
        timer.stop()
        by_client = socket.close_code if connection.closing_code is None else None
        dispatcher.remove_connection(connection, by_client)
        await connection.finish()
    return socket


async def _listen(
    dispatcher: Dispatcher,
    connection: Connection,
    timer: _HeartbeatTimer,
    end: Callable[[int], None],
) -> None:
    sends: deque[float] = deque()
    loop = asyncio.get_running_loop()
    async for message in connection.socket:
        if message.type not in {WSMsgType.TEXT, WSMsgType.BINARY} or not connection.is_open:
            continue
        raw = message.data.encode() if isinstance(message.data, str) else bytes(message.data)
        dispatcher.note_sent(connection, raw)
        now = loop.time()
        sends.append(now)
        while now - sends[0] > _SENDS_WITHIN:
            sends.popleft()
        code = _limit_close_code(raw, len(sends))
        payload = None if code is not None else _read(raw)
        if code is None and payload is None:
            code = opcodes.DECODE_ERROR
        if payload is not None:
            if payload["op"] == opcodes.HEARTBEAT:
                timer.beat()
                connection.push(Frame(opcodes.ACK))
                continue
            code = opcodes.handle(dispatcher, connection, payload)
        if code is not None:
            end(code)


def _limit_close_code(raw: bytes, sends: int) -> int | None:
    """docs: Gateway › Sending Events (4096 bytes), Rate Limiting (120 events in 60 seconds)."""
    if len(raw) > _MAX_BYTES:
        return opcodes.DECODE_ERROR
    return opcodes.RATE_LIMITED if sends > _MAX_SENDS else None


def _read(raw: bytes) -> dict[str, Any] | None:
    try:
        payload = orjson.loads(raw)
    except ValueError:
        return None
    if not isinstance(payload, dict) or not isinstance(payload.get("op"), int):
        return None
    return payload


class _HeartbeatTimer:
    """Closes a connection that stops sending heartbeats (4009, session timed out).

    docs: Gateway › Sending Heartbeats; Opcodes and Status Codes › Gateway Close Event Codes.
    """

    def __init__(self, patience: float, end: Callable[[int], None]) -> None:
        self._patience = patience
        self._end = end
        self._timer = asyncio.get_running_loop().call_later(patience, self._expire)

    def beat(self) -> None:
        """Restart the timer after a heartbeat."""
        self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(self._patience, self._expire)

    def stop(self) -> None:
        """Stop the timer; the connection is closed."""
        self._timer.cancel()

    def _expire(self) -> None:
        self._end(opcodes.SESSION_TIMED_OUT)
