"""The gateway: one WebSocket a client, from HELLO to its close code.

docs: Gateway (Connections, Identifying, Resuming, Rate Limiting); Opcodes and Status Codes ›
Gateway Close Event Codes.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import orjson
from aiohttp import WSMsgType, web

from bot.emulator.gateway import opcodes as incoming
from bot.emulator.gateway.dispatcher import GatewayHub
from bot.emulator.gateway.sessions import Connection, Frame, compressor

if TYPE_CHECKING:
    from bot.emulator.server import Emulator

__all__ = ["GatewayHub", "add_routes"]

_MOST_BYTES = 4096
_MOST_SENDS = 120
_SENDS_WITHIN = 60.0
_GRACE = 1.5
"""A client that lets this many heartbeat intervals pass is taken for dead."""


def add_routes(app: web.Application, emulator: Emulator) -> None:
    """Serve the gateway at ``/gateway`` and listen to the world for what it has to tell."""
    hub = GatewayHub(emulator)
    emulator.gateway_hub = hub

    async def connect(request: web.Request) -> web.StreamResponse:
        return await _serve(hub, request)

    app.router.add_get("/gateway", connect)
    app.router.add_get("/gateway/", connect)
    app.on_startup.append(_opening(hub))
    app.on_shutdown.append(_closing(hub))


def _opening(hub: GatewayHub) -> Any:
    async def open_hub(_: web.Application) -> None:
        hub.open()

    return open_hub


def _closing(hub: GatewayHub) -> Any:
    async def close_hub(_: web.Application) -> None:
        await hub.close()

    return close_hub


async def _serve(hub: GatewayHub, request: web.Request) -> web.StreamResponse:
    """One connection, from its HELLO to its end."""
    socket = web.WebSocketResponse(max_msg_size=1024 * 1024, compress=False, autoping=True)
    try:
        await socket.prepare(request)
    except ConnectionError:
        return web.Response()  # the client has gone already, and nobody reads it
    query = request.query
    try:
        compress = compressor(query.get("compress"))
    except ValueError:
        compress = None
        await socket.close(code=incoming.DECODE_ERROR)
        return socket
    if query.get("v", "10") != "10":
        await socket.close(code=incoming.INVALID_API_VERSION)
        return socket
    if query.get("encoding", "json") != "json":
        await socket.close(code=incoming.DECODE_ERROR)
        return socket
    connection = Connection(socket, request.transport, compress=compress, address=str(request.url))
    hub.welcome(connection)

    def end(code: int) -> None:
        hub.drop_by_code(connection, code)
        connection.close(code)

    watch = _Watch(hub.heartbeat_interval * _GRACE, end)
    connection.push(hub.hello())
    try:
        await _listen(hub, connection, watch, end)
    finally:
        watch.stop()
        hub.leave(connection, connection.closing_code or socket.close_code)
        await connection.finish()
    return socket


async def _listen(
    hub: GatewayHub, connection: Connection, watch: _Watch, end: Callable[[int], None]
) -> None:
    sends: deque[float] = deque()
    loop = asyncio.get_running_loop()
    async for message in connection.socket:
        if message.type not in {WSMsgType.TEXT, WSMsgType.BINARY} or not connection.is_open:
            continue
        raw = message.data.encode() if isinstance(message.data, str) else bytes(message.data)
        hub.note_sent(connection, raw)
        now = loop.time()
        sends.append(now)
        while now - sends[0] > _SENDS_WITHIN:
            sends.popleft()
        code = _refusal(raw, len(sends))
        payload = None if code is not None else _read(raw)
        if code is None and payload is None:
            code = incoming.DECODE_ERROR
        if payload is not None:
            if payload["op"] == incoming.HEARTBEAT:
                watch.beat()
                connection.push(Frame(incoming.ACK))
                continue
            code = incoming.take(hub, connection, payload)
        if code is not None:
            end(code)


def _refusal(raw: bytes, sends: int) -> int | None:
    """docs: Gateway › Sending Events (4096 bytes), Rate Limiting (120 events in 60 seconds)."""
    if len(raw) > _MOST_BYTES:
        return incoming.DECODE_ERROR
    return incoming.RATE_LIMITED if sends > _MOST_SENDS else None


def _read(raw: bytes) -> dict[str, Any] | None:
    try:
        payload = orjson.loads(raw)
    except ValueError:
        return None
    if not isinstance(payload, dict) or not isinstance(payload.get("op"), int):
        return None
    return payload


class _Watch:
    """Closes a connection whose client no longer sends heartbeats (4009, session timed out).

    docs: Gateway › Sending Heartbeats; Opcodes and Status Codes › Gateway Close Event Codes.
    """

    def __init__(self, patience: float, end: Callable[[int], None]) -> None:
        self._patience = patience
        self._end = end
        self._timer = asyncio.get_running_loop().call_later(patience, self._expire)

    def beat(self) -> None:
        """The client is alive."""
        self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(self._patience, self._expire)

    def stop(self) -> None:
        """The connection has ended by itself."""
        self._timer.cancel()

    def _expire(self) -> None:
        self._end(incoming.SESSION_TIMED_OUT)
