"""A gateway that only sends: frames made, compressed and framed beforehand, sent on demand.

`python -m tests.bench.feeder COUNT WARM_UP ONE_IN` prints its port, serves one client after another
and ends with its standard input. It knows nothing of Discord's rules; it must only never be slower
than its client.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Iterable, Sequence
from typing import Any

import orjson
import zstandard
from aiohttp import WSMsgType, web

from tests.bench.frames import CHANNEL_ID, Talk, application, heads, me

_TEXT, _BINARY = 0x81, 0x82


def framed(payload: bytes, first: int) -> bytes:
    """A whole unmasked WebSocket frame (RFC 6455, 5.2)."""
    length = len(payload)
    if length < 126:
        head = bytes((first, length))
    elif length < 1 << 16:
        head = bytes((first, 126)) + length.to_bytes(2, "big")
    else:
        head = bytes((first, 127)) + length.to_bytes(8, "big")
    return head + payload


def plain(segments: dict[str, list[bytes]]) -> dict[str, bytes]:
    """Each segment's frames as one run of bytes."""
    return {name: _joined(frames, _TEXT) for name, frames in segments.items()}


def compressed(segments: dict[str, list[bytes]]) -> dict[str, bytes]:
    """The same for a client that asked for zstd-stream: one context for the whole connection.

    docs: Gateway › Transport Compression.
    """
    zstd = zstandard.ZstdCompressor(level=1).compressobj()
    flush = zstandard.COMPRESSOBJ_FLUSH_BLOCK
    return {
        name: _joined((zstd.compress(frame) + zstd.flush(flush) for frame in frames), _BINARY)
        for name, frames in segments.items()
    }


def _joined(frames: Iterable[bytes], first: int) -> bytes:
    return b"".join(framed(frame, first) for frame in frames)


class Feeder:
    """Serves the newest client; ``calls`` counts its REST calls.

    ``shards``: the segments of each shard, if there are several; their first is ``hello``.
    """

    def __init__(self, talk: Talk, shards: Sequence[dict[str, list[bytes]]] = ()) -> None:
        shards = shards or [talk.segments()]
        self._plain = [plain(segments) for segments in shards]
        self._compressed = [compressed(segments) for segments in shards]
        self._stream = self._plain[0]
        self._transport: asyncio.Transport | None = None
        self._calls = 0

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/gateway/", self._gateway)
        app.router.add_get("/gateway", self._gateway)
        app.router.add_post("/feed/{segment}", self._feed)
        app.router.add_get("/calls", self._count)
        app.router.add_route("*", "/api/v10/{path:.*}", self._rest)
        return app

    async def _rest(self, request: web.Request) -> web.Response:
        """The calls of discord.py and Salon at start; all threads are empty."""
        self._calls += 1
        path = request.match_info["path"]
        if path == "users/@me":
            return answer(me())
        if path in {"oauth2/applications/@me", "applications/@me"}:
            return answer(application())
        if path.endswith("/commands") and request.method == "PUT":
            commands = await request.json()
            return answer(
                [
                    {
                        "id": str(n),
                        "application_id": "1",
                        "version": "1",
                        "description": "",
                        **command,
                    }
                    for n, command in enumerate(commands, start=1)
                ]
            )
        if path == "gateway/bot":
            return answer(gateway_limits(len(self._plain)))
        if path == f"channels/{CHANNEL_ID}/messages" and request.method == "GET":
            after = int(request.query.get("after", 0))
            return answer([head for head in heads() if int(head["id"]) > after])
        if path.endswith("/messages") and request.method == "GET":
            return answer([])
        if "/threads/" in path and request.method == "GET":
            return answer({"threads": [], "members": [], "has_more": False})
        print(f"feeder: {request.method} {path} isn't implemented", file=sys.stderr)
        return web.Response(status=404, body=b"{}", headers={"Content-Type": "application/json"})

    async def _gateway(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(compress=False, max_msg_size=0)
        await socket.prepare(request)
        wanted = request.query.get("compress")
        streams = self._compressed if wanted == "zstd-stream" else self._plain
        self._stream = streams[0]
        transport = request.transport
        assert transport is not None
        self._transport = transport
        transport.write(self._stream["hello"])
        async for frame in socket:
            payload: Any = orjson.loads(frame.data) if frame.type is WSMsgType.TEXT else {}
            if payload.get("op") == 2:
                self._stream = streams[payload["d"].get("shard", (0, 1))[0]]
                transport.write(self._stream["ready"])
        return socket

    async def _feed(self, request: web.Request) -> web.Response:
        """Send a segment; answers when its first byte left, on the machine's monotonic clock."""
        assert self._transport is not None
        at = time.monotonic()
        self._transport.write(self._stream[request.match_info["segment"]])
        return answer({"at": at})

    async def _count(self, request: web.Request) -> web.Response:
        return answer({"calls": self._calls})


def gateway_limits(shards: int) -> dict[str, Any]:
    """docs: Gateway Resource › Get Gateway Bot. All shards may identify at once."""
    limit = {"total": 1000, "remaining": 1000, "reset_after": 0, "max_concurrency": shards}
    return {"url": "ws://127.0.0.1:9/", "shards": shards, "session_start_limit": limit}


def answer(value: object) -> web.Response:
    """JSON as Discord sends it."""
    return web.Response(body=orjson.dumps(value), headers={"Content-Type": "application/json"})


async def serve(feeder: Feeder) -> None:
    """Serve until the standard input ends; its port is printed first."""
    runner = web.AppRunner(feeder.app())
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(serve(Feeder(Talk(*map(int, sys.argv[1:])))))
