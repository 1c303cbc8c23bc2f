"""The rehearsal room: what its page asks for beyond what Discord's own clients do.

The page is a Discord client: it reads, writes and listens through the API and the gateway with a
member's token. Here is the rest: the page's files, who there is to be, the clock and the bot's
state as they change, the next prompt, and the play.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from importlib import resources
from typing import TYPE_CHECKING, Any

import orjson
from aiohttp import web

from bot.emulator.rest.request import answer
from bot.emulator.web.origin_guard import guard, harden
from bot.emulator.web.room_play import BusyError, RoomPlay, UnusableFilesError, read_files
from bot.emulator.world.permissions import Permission

if TYPE_CHECKING:
    from bot.emulator.server import Emulator

__all__ = ["Room", "add_routes"]

_KINDS = {"html": "text/html", "css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
_LOOK_EVERY = 1.0
"""Seconds between two looks at what no event tells: the bot's process and the clock."""
_MOST_HOPS = 200
_FURTHEST = 60 * 86400.0


class Room:
    """What the page shows beside Discord. ``offers`` is whether a visitor is offered the tour."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._closing = asyncio.Event()
        self._changed: set[asyncio.Event] = set()
        self.offers = True
        self.play = RoomPlay(emulator, self.changed)

    def changed(self) -> None:
        """Let everybody who looks on know that the state is another."""
        for event in self._changed:
            event.set()

    def people(self) -> dict[str, Any]:
        """Everybody who can be chosen, with the token to act with; the server, and the clock."""
        world, guild = self._emulator.world, self._emulator.world.guild
        return {
            "guild_id": str(guild.id),
            "application_id": str(world.application.id),
            "bot_id": str(world.bot.id),
            "gateway": self._emulator.gateway,
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
        """The clock (seconds beside real time), the bot, the trouble that waits, the play."""
        emulator = self._emulator
        bot = emulator.controls.bot
        return {
            "offset": round(emulator.world.clock.offset, 3),
            "bot": None if bot is None else bot.state,
            "connected": any(True for _ in emulator.gateway_hub.bot_sessions()),
            "faults": len(emulator.faults),
            "members": len(emulator.world.guild.members),
            "offers": self.offers and not emulator.world.messages,
            "play": self.play.state(),
        }

    async def to_next_prompt(self) -> bool:
        """Let time pass from one due moment of the bot to the next until it has written.

        False if it has nothing to say within 60 days.
        """
        world, time = self._emulator.world, self._emulator.controls.time
        until = world.now().timestamp() + _FURTHEST
        before = self._said_by_bot()
        for _ in range(_MOST_HOPS):
            due = await time.next_due()
            if due is None or due.timestamp() > until:
                return False
            await time.advance(max(0.0, (due - world.now()).total_seconds()))
            self.changed()
            if self._said_by_bot() > before:
                return True
        return False

    def _said_by_bot(self) -> int:
        """How many messages for all the bot has written so far."""
        bot_id = self._emulator.world.bot.id
        found = self._emulator.world.messages.values()
        return sum(m.author_id == bot_id and m.ephemeral_to is None for m in found)

    async def close(self) -> None:
        """End the play and every stream."""
        self._closing.set()
        self.changed()
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


def add_routes(app: web.Application, emulator: Emulator) -> None:
    """Serve the page at ``/``, its files at ``/page/``, and the room under ``/rehearsal/room``."""
    room = Room(emulator)
    emulator.room = room

    async def page(_: web.Request) -> web.Response:
        return _file("index.html")

    async def file(request: web.Request) -> web.Response:
        return _file(request.match_info["name"])

    async def people(_: web.Request) -> web.Response:
        return answer(200, room.people())

    async def live(request: web.Request) -> web.StreamResponse:
        return await _stream(room, request)

    async def jump(_: web.Request) -> web.Response:
        return answer(200, {"came": await room.to_next_prompt()})

    async def begin(request: web.Request) -> web.Response:
        return await _begin(room, request)

    async def close(_: web.Application) -> None:
        await room.close()

    app.middlewares.append(guard())
    app.on_response_prepare.append(harden)
    app.on_shutdown.append(close)
    app.router.add_get("/", page)
    app.router.add_get("/page/{name}", file)
    app.router.add_get("/rehearsal/room", people)
    app.router.add_get("/rehearsal/room/live", live)
    app.router.add_post("/rehearsal/room/next-prompt", jump)
    app.router.add_post("/rehearsal/room/play", begin)


def _file(name: str) -> web.Response:
    """A file of the page, by a name without any folder."""
    kind = _KINDS.get(name.rpartition(".")[2])
    found = resources.files("bot.emulator.web").joinpath("page", name)
    if kind is None or "/" in name or "\\" in name or not found.is_file():
        return answer(404, {"message": f"The page has no {name}.", "code": 0})
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
    """Begin a play: the project's own without files, else the files of a multipart form."""
    try:
        room.play.begin(await read_files(request))
    except UnusableFilesError as error:
        return answer(400, {"message": str(error), "code": 0})
    except BusyError as error:
        return answer(409, {"message": str(error), "code": 0})
    return answer(202, room.play.state())
