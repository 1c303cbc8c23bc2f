"""The rehearsal room: the web page's files and the endpoints it needs besides Discord's API.

The page is a Discord client: it uses the API and the gateway with a member's token. Here are the
other things it needs: its files, the members to choose from, a stream of the clock's and the bot's
state, skipping to the next prompt, and plays.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from importlib import resources
from typing import Any, Protocol

import orjson
from aiohttp import web

from bot.emulator.demo.play import Server
from bot.emulator.faults.controls import Controls
from bot.emulator.rest.request import json_response
from bot.emulator.web.origin_guard import add_security_headers, guard
from bot.emulator.web.room_play import BusyError, InvalidFilesError, RoomPlay, read_files
from bot.emulator.world.permissions import Permission

__all__ = ["Room", "add_routes"]

_KINDS = {"html": "text/html", "css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
_LOOK_EVERY = 1.0
"""Seconds between checks of what has no event: the bot's process and the clock."""
_MAX_HOPS = 200
_FURTHEST = 60 * 86400.0


class RoomServer(Server, Protocol):
    """The parts of the emulator that the room uses."""

    @property
    def controls(self) -> Controls:
        """The bot's process, the clock and the faults."""

    @property
    def gateway(self) -> str:
        """The gateway's address."""


class Room:
    """The state behind the page. ``offers`` is whether the page offers a visitor the tour."""

    def __init__(self, server: RoomServer) -> None:
        self._server = server
        self._closing = asyncio.Event()
        self._changed: set[asyncio.Event] = set()
        self.offers = True
        self.play = RoomPlay(server, self.notify)

    def notify(self) -> None:
        """Wake every open stream after a change of the state."""
        for event in self._changed:
            event.set()

    def people(self) -> dict[str, Any]:
        """The members to choose from with their tokens, the server's ids, and the clock."""
        world, guild = self._server.world, self._server.world.guild
        return {
            "guild_id": str(guild.id),
            "application_id": str(world.application.id),
            "bot_id": str(world.bot.id),
            "gateway": self._server.gateway,
            "offset": round(world.clock.offset, 3),
            "members": [
                {
                    "id": str(user.id),
                    "name": user.display_name or user.name,
                    "token": user.token,
                    "admin": bool(
                        world.guild_permissions(user.id, guild.id) & Permission.ADMINISTRATOR
                    ),
                }
                for user in map(world.users.__getitem__, guild.members)
                if not user.bot
            ],
        }

    def state(self) -> dict[str, Any]:
        """The clock (seconds ahead of real time), the bot, pending faults, the play."""
        server = self._server
        bot = server.controls.bot
        return {
            "offset": round(server.world.clock.offset, 3),
            "bot": None if bot is None else bot.state,
            "connected": any(True for _ in server.dispatcher.bot_sessions()),
            "faults": len(server.controls.faults),
            "members": len(server.world.guild.members),
            "offers": self.offers and not server.world.messages,
            "play": self.play.state(),
        }

    async def skip_to_next_prompt(self) -> bool:
        """Advance from one due time of the bot to the next until it has posted.

        False if it posts nothing within 60 days.
        """
        world, time = self._server.world, self._server.controls.time
        until = world.now().timestamp() + _FURTHEST
        before = self._count_posts()
        for _ in range(_MAX_HOPS):
            due = await time.next_due()
            if due is None or due.timestamp() > until:
                return False
            await time.advance(max(0.0, (due - world.now()).total_seconds()))
            self.notify()
            if self._count_posts() > before:
                return True
        return False

    def _count_posts(self) -> int:
        """How many messages the bot has posted, ephemeral ones not counted."""
        bot_id = self._server.world.bot.id
        found = self._server.world.messages.values()
        return sum(m.author_id == bot_id and m.ephemeral_to is None for m in found)

    async def close(self) -> None:
        """Stop the play and end every stream."""
        self._closing.set()
        self.notify()
        await self.play.close()

    async def states(self) -> AsyncIterator[dict[str, Any]]:
        """The state now, and again each time it has changed."""
        changed = asyncio.Event()
        self._changed.add(changed)
        shown: dict[str, Any] = {}
        try:
            while not self._closing.is_set():
                changed.clear()
                state = self.state()
                if state != shown:
                    yield state
                    shown = state
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(changed.wait(), _LOOK_EVERY)
        finally:
            self._changed.discard(changed)


def add_routes(app: web.Application, room: Room) -> None:
    """Serve the page at ``/``, its files at ``/page/``, and the room under ``/rehearsal/room``."""

    async def page(_: web.Request) -> web.Response:
        return _file("index.html")

    async def file(request: web.Request) -> web.Response:
        return _file(request.match_info["name"])

    async def people(_: web.Request) -> web.Response:
        return json_response(200, room.people())

    async def live(request: web.Request) -> web.StreamResponse:
        return await _stream(room, request)

    async def jump(_: web.Request) -> web.Response:
        return json_response(200, {"came": await room.skip_to_next_prompt()})

    async def begin(request: web.Request) -> web.Response:
        return await _begin(room, request)

    async def close(_: web.Application) -> None:
        await room.close()

    app.middlewares.append(guard())
    app.on_response_prepare.append(add_security_headers)
    app.on_shutdown.append(close)
    app.router.add_get("/", page)
    app.router.add_get("/page/{name}", file)
    app.router.add_get("/rehearsal/room", people)
    app.router.add_get("/rehearsal/room/live", live)
    app.router.add_post("/rehearsal/room/next-prompt", jump)
    app.router.add_post("/rehearsal/room/play", begin)


def _file(name: str) -> web.Response:
    """A file of the page by its name, which must not contain a folder."""
    kind = _KINDS.get(name.rpartition(".")[2])
    found = resources.files("bot.emulator.web").joinpath("page", name)
    if kind is None or "/" in name or "\\" in name or not found.is_file():
        return json_response(404, {"message": f"The page has no {name}.", "code": 0})
    return web.Response(body=found.read_bytes(), content_type=kind, charset="utf-8")


async def _stream(room: Room, request: web.Request) -> web.StreamResponse:
    """HTML Standard › Server-sent events: one ``data`` line a state."""
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    with contextlib.suppress(ConnectionError):
        async for state in room.states():
            await response.write(b"data: " + orjson.dumps(state) + b"\n\n")
    return response


async def _begin(room: Room, request: web.Request) -> web.Response:
    """Start a play: the project's own, or the files of a multipart form."""
    try:
        room.play.start(await read_files(request))
    except InvalidFilesError as error:
        return json_response(400, {"message": str(error), "code": 0})
    except BusyError as error:
        return json_response(409, {"message": str(error), "code": 0})
    return json_response(202, room.play.state())
