"""A gateway and API with many servers in which little was said while a bot was away.

`python -m tests.bench.restarted` reads a line of JSON (:class:`Sizes`) and prints its port. Each
further line of input is a command: `silent` or `named` say whether it names last messages, `calls`
is answered with the calls since the last command, as (kind, monotonic time). It ends with its
input. Like Discord, it allows 50 calls a second (docs: Topics › Rate Limits › Global Rate Limit).
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import orjson
from aiohttp import WSMsgType, web

from bot.core.snowflake import get_snowflake_time, make_first_snowflake
from tests.bench import frames
from tests.bench.archives import Place
from tests.bench.feeder import answer, gateway_limits
from tests.bench.servers import id_of

__all__ = ["Sizes"]

_CALLS_A_SECOND = 50
_DAY_MS = 86_400_000
#: Ids a server: its channels, their messages, and its threads.
_CHANNELS, _POSTS, _THREADS = 200, 1000, 5000


@dataclass(frozen=True)
class Sizes:
    """How many servers and shards there are, what is watched, and how much of it has news.

    channels, threads: watched in each server

    news, recent:  shares of the channels and threads in which something was said while the bot was
                   away, or in the last days before that
    latency:       of a call, in seconds
    now_ms:        when the bot starts, in milliseconds
    """

    servers: int
    shards: int
    channels: int
    threads: int
    news: float
    recent: float
    latency: float
    now_ms: int

    def list_places(self) -> list[list[Place]]:
        """The discussions of each server; its threads are spread over them."""
        found: list[list[Place]] = []
        for number in range(self.servers):
            first = id_of(number)
            threads = [first + _THREADS + one for one in range(self.threads)]
            found.append(
                [
                    Place(
                        first,
                        first + _CHANNELS + one,
                        first + _POSTS + 10 * one,
                        (*(first + _POSTS + 10 * one + post for post in (1, 2, 3)),),  # type: ignore[arg-type]
                        threads[one :: self.channels],
                    )
                    for one in range(self.channels)
                ]
            )
        return found

    @cached_property
    def known_messages(self) -> dict[int, int]:
        """The newest message of each channel and thread before the bot was away."""
        found: dict[int, int] = {}
        recent = make_first_snowflake(self.now_ms - 2 * _DAY_MS)
        for places in self.list_places():
            for place in places:
                found[place.channel_id] = max(*place.posts, *place.threads)
                found.update((thread, thread) for thread in place.threads)
        for number, one in enumerate(_choose(found, self.recent, seed=1)):
            found[one] = recent + number
        return found

    @cached_property
    def new_messages(self) -> dict[int, int]:
        """What was said while it was away: by channel or thread, the message."""
        first = make_first_snowflake(self.now_ms - 60_000)
        chosen = _choose(self.known_messages, self.news, seed=2)
        return {one: first + number for number, one in enumerate(chosen)}


def _choose(some: Iterable[int], share: float, *, seed: int) -> list[int]:
    every = sorted(some)
    return random.Random(seed).sample(every, round(len(every) * share))


class RestartedServers:
    """Serves them; ``names`` is whether GUILD_CREATE names the last messages."""

    def __init__(self, sizes: Sizes) -> None:
        self._sizes = sizes
        self._places = sizes.list_places()
        self._channels = {
            channel_id: place
            for places in self._places
            for place in places
            for channel_id in (place.channel_id, *place.threads)
        }
        self._second, self._in_second = 0.0, 0
        self.calls: list[tuple[str, float]] = []
        self.names = True

    def app(self) -> web.Application:
        """The API, and the gateway on the same port."""
        app = web.Application()
        app.router.add_get("/gateway/", self._gateway)
        app.router.add_get("/gateway", self._gateway)
        app.router.add_route("*", "/api/v10/{path:.*}", self._rest)
        return app

    # -- the gateway ----------------------------------------------------------------------------

    async def _gateway(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(compress=False, max_msg_size=0)
        await socket.prepare(request)
        await socket.send_json({"op": 10, "d": {"heartbeat_interval": 41_250}})
        sequence = 0

        async def send(name: str, data: dict[str, Any]) -> None:
            nonlocal sequence
            sequence += 1
            await socket.send_str(frames.dispatch(name, sequence, data).decode())

        async for frame in socket:
            if frame.type is not WSMsgType.TEXT:
                continue
            sent = orjson.loads(frame.data)
            if sent["op"] == 1:
                await socket.send_json({"op": 11, "d": None})
            elif sent["op"] == 2:
                shard, shards = sent["d"].get("shard") or (0, 1)
                ready = frames.ready() | ({"shard": [shard, shards]} if shards > 1 else {})
                numbers = [
                    number
                    for number, places in enumerate(self._places)
                    if (places[0].server_id >> 22) % shards == shard
                ]
                ready["guilds"] = [
                    {"id": str(self._places[number][0].server_id), "unavailable": True}
                    for number in numbers
                ]
                await send("READY", ready)
                for number in numbers:
                    await send("GUILD_CREATE", self._server(number))
            elif sent["op"] == 8:
                await send("GUILD_MEMBERS_CHUNK", _members(sent["d"]))
        return socket

    def _server(self, number: int) -> dict[str, Any]:
        """docs: Gateway Events › Guild Create."""
        made = frames.guild()
        places = self._places[number]
        server_id = str(places[0].server_id)
        everyone = made["roles"][0] | {"id": server_id}
        channel, thread = made["channels"][0], made["threads"][0]
        return made | {
            "id": server_id,
            "name": f"Server {number}",
            "roles": [everyone],
            "channels": [
                channel
                | {"id": str(place.channel_id), "name": f"channel-{position}"}
                | {"position": position, "last_message_id": self._get_last(place.channel_id)}
                for position, place in enumerate(places)
            ],
            "threads": [
                thread
                | {"id": str(one), "guild_id": server_id, "parent_id": str(place.channel_id)}
                | {"last_message_id": self._get_last(one)}
                for place in places
                for one in place.threads
            ],
        }

    def _get_last(self, channel_id: int) -> str | None:
        if not self.names:
            return None
        known = self._sizes.known_messages[channel_id]
        return str(self._sizes.new_messages.get(channel_id, known))

    # -- the API ------------------------------------------------------------------------------

    async def _rest(self, request: web.Request) -> web.Response:
        path = request.match_info["path"]
        now = time.monotonic()
        if now - self._second >= 1:
            self._second, self._in_second = now, 0
        self._in_second += 1
        if self._in_second > _CALLS_A_SECOND:
            self.calls.append(("refused", now))
            left = max(0.0, self._second + 1 - now)
            body = {"message": "You are being rate limited.", "retry_after": left, "global": True}
            headers = {"Via": "1.1 bench", "X-RateLimit-Global": "true", "Retry-After": "1"}
            headers["Content-Type"] = "application/json"
            return web.Response(body=orjson.dumps(body), status=429, headers=headers)
        self.calls.append((_get_kind(request.method, path), now))
        await asyncio.sleep(self._sizes.latency)
        return await self._answer(request, path)

    async def _answer(self, request: web.Request, path: str) -> web.Response:
        if path == "users/@me":
            return answer(frames.me())
        if path in {"oauth2/applications/@me", "applications/@me"}:
            return answer(frames.application())
        if path == "gateway/bot":
            return answer(gateway_limits(self._sizes.shards))
        if path.endswith("/commands") and request.method == "PUT":
            return answer(
                [
                    {"id": str(n), "application_id": "1", "version": "1", "description": ""}
                    | command
                    for n, command in enumerate(await request.json(), start=1)
                ]
            )
        parts = path.split("/")
        if request.method == "GET" and parts[0] == "channels" and parts[2:] == ["messages"]:
            return answer(self._get_history(int(parts[1]), int(request.query.get("after", 0))))
        if request.method == "GET" and path.endswith("threads/active"):
            return answer({"threads": self._get_threads(int(parts[1])), "members": []})
        if request.method == "GET" and path.endswith("threads/archived/public"):
            return answer({"threads": [], "members": [], "has_more": False})
        if request.method == "GET" and parts[0] == "guilds" and "members" in parts:
            return answer(_member(parts[-1]))
        if request.method == "POST" and path.endswith("/threads"):
            return answer(self._get_threads(self._channels[int(parts[1])].server_id)[0])
        return answer({})

    def _get_threads(self, server_id: int) -> list[dict[str, Any]]:
        number = next(n for n, one in enumerate(self._places) if one[0].server_id == server_id)
        threads: list[dict[str, Any]] = self._server(number)["threads"]
        return threads

    def _get_history(self, channel_id: int, after: int) -> list[dict[str, Any]]:
        """The newest first. docs: Channel Resource › Get Channel Messages."""
        place = self._channels.get(channel_id)
        if place is None:  # a thread that the bot has just opened
            return []
        own = frames.me()
        found = []
        if channel_id == place.channel_id:
            found += [
                _message(one, channel_id, own, purpose)
                for one, purpose in zip(place.posts, ("card", "part", "closing"), strict=True)
            ]
            closing = {"message_id": str(place.posts[-1]), "channel_id": str(channel_id)}
            found += [
                _message(one, channel_id, frames.user(1, "Ann"), frames.HEAD)
                | {"type": 19, "message_reference": closing | {"type": 0}}
                for one in place.threads
            ]
        new = self._sizes.new_messages.get(channel_id)
        if new is not None:
            said = _message(new, channel_id, frames.user(2, "Ben"), "This is new.")
            if channel_id == place.channel_id:
                closing = {"message_id": str(place.posts[-1]), "channel_id": str(channel_id)}
                said |= {"type": 19, "message_reference": closing | {"type": 0}}
            found.append(said)
        return [one for one in reversed(found) if int(one["id"]) > after][-100:]


def _get_kind(method: str, path: str) -> str:
    if method == "GET" and path.endswith("/messages"):
        return "history"
    if method == "GET" and "/threads/" in path:
        return "threads"
    if method == "GET" and "/members/" in path:
        return "member"
    return "other"


def _message(message_id: int, channel_id: int, author: dict[str, Any], text: str) -> dict[str, Any]:
    made = frames.bare_message(0) | {
        "id": str(message_id),
        "channel_id": str(channel_id),
        "author": author,
        "content": text,
        "timestamp": get_snowflake_time(message_id).isoformat(),
    }
    for name in ("member", "guild_id", "nonce"):
        made.pop(name, None)
    return made


def _members(asked: dict[str, Any]) -> dict[str, Any]:
    """docs: Gateway Events › Guild Members Chunk."""
    return {
        "guild_id": asked["guild_id"],
        "members": [_member(one) for one in asked["user_ids"]],
        "chunk_index": 0,
        "chunk_count": 1,
        "not_found": [],
        "nonce": asked.get("nonce"),
    }


def _member(user_id: str) -> dict[str, Any]:
    return {**frames.member(), "user": frames.user(int(user_id), f"Member {user_id}")}


async def _main() -> None:
    served = RestartedServers(Sizes(**json.loads(sys.stdin.readline())))
    runner = web.AppRunner(served.app())
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    while command := (await asyncio.to_thread(sys.stdin.readline)).strip():
        if command == "calls":
            print(json.dumps(served.calls), flush=True)
        else:
            served.names = command == "named"
        served.calls = []
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(_main())
