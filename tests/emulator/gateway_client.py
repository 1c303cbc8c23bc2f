"""A minimal gateway client and plain HTTP calls, for tests of the emulator's rules."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp

from bot.emulator.gateway.intents import ALL_INTENTS, Intent
from bot.emulator.payloads import Dispatch
from bot.emulator.server import Emulator
from bot.emulator.world.models import Channel, User

PATIENCE = 10.0
"""Seconds after which a test stops waiting."""
USUAL = ALL_INTENTS & ~Intent.GUILD_PRESENCES
"""The intents that the application of a new world may request."""


class Closed(Exception):
    """The gateway closed the connection with ``code``."""

    def __init__(self, code: int | None) -> None:
        super().__init__(str(code))
        self.code = code


class GatewayClient:
    """One connection; keeps the last sequence number and the session's id."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.sequence: int | None = None
        self.session_id = ""

    async def send(self, op: int, data: Any = None) -> None:
        """Send one payload."""
        await self.socket.send_json({"op": op, "d": data})

    async def receive(self) -> dict[str, Any]:
        """The next payload. Raises Closed with the code if the connection closes."""
        message = await asyncio.wait_for(self.socket.receive(), PATIENCE)
        if message.type is aiohttp.WSMsgType.TEXT:
            payload: dict[str, Any] = json.loads(message.data)
            if payload["s"] is not None:
                self.sequence = payload["s"]
            if payload["t"] == "READY":
                self.session_id = payload["d"]["session_id"]
            return payload
        raise Closed(message.data if message.type is aiohttp.WSMsgType.CLOSE else None)

    async def event(self, name: str) -> dict[str, Any]:
        """The data of the next event, which must have this name."""
        payload = await self.receive()
        assert payload["t"] == name, payload
        data: dict[str, Any] = payload["d"]
        return data

    async def until(self, name: str) -> dict[str, Any]:
        """The data of the next event with this name, skipping others."""
        while True:
            payload = await self.receive()
            if payload["t"] == name:
                data: dict[str, Any] = payload["d"]
                return data

    async def closes(self) -> int | None:
        """Wait for the gateway to close the connection; its close code."""
        try:
            while True:
                await self.receive()
        except Closed as closed:
            return closed.code

    async def identify(self, user: User, intents: int | None = USUAL, **more: Any) -> None:
        """Send an identify for a user."""
        data: dict[str, Any] = {"token": user.token, "properties": {}, **more}
        if intents is not None:
            data["intents"] = intents
        await self.send(2, data)

    async def resume(self, user: User, session_id: str, sequence: Any) -> None:
        """Send a resume."""
        await self.send(6, {"token": user.token, "session_id": session_id, "seq": sequence})


@contextlib.asynccontextmanager
async def connected(emulator: Emulator, query: str = "") -> AsyncIterator[GatewayClient]:
    """A connection that has received HELLO."""
    address = f"{emulator.gateway}?v=10&encoding=json{query}"
    async with aiohttp.ClientSession() as session, session.ws_connect(address) as socket:
        client = GatewayClient(socket)
        hello = await client.receive()
        assert hello["op"] == 10
        yield client


@contextlib.asynccontextmanager
async def identified(
    emulator: Emulator, user: User, intents: int = USUAL, **more: Any
) -> AsyncIterator[GatewayClient]:
    """A connection that has received READY and the servers."""
    async with connected(emulator) as client:
        await client.identify(user, intents, **more)
        ready = await client.event("READY")
        if intents & 1:
            for _ in ready["guilds"]:
                await client.event("GUILD_CREATE")
        yield client


def enable_all_intents(emulator: Emulator) -> None:
    """Enable every privileged intent, as in the developer portal."""
    emulator.world.application.flags = 1 << 12 | 1 << 14 | 1 << 18


def member(emulator: Emulator, name: str) -> User:
    """A member by display name."""
    return next(u for u in emulator.world.users.values() if u.display_name == name)


def channel(emulator: Emulator, name: str) -> Channel:
    """A channel by name."""
    return next(c for c in emulator.world.channels.values() if c.name == name)


def dispatch_message(
    emulator: Emulator, author: User, where: Channel, content: str, **more: Any
) -> None:
    """Dispatch a made-up message to the gateway's sessions."""
    data: dict[str, Any] = {
        "id": str(emulator.world.new_id()),
        "channel_id": str(where.id),
        "guild_id": str(where.guild_id),
        "author": {"id": str(author.id), "username": author.name, "bot": author.bot},
        "content": content,
        "embeds": [{"title": content}],
        "attachments": [],
        "components": [],
        "mentions": [],
        **more,
    }
    emulator.dispatcher.publish(Dispatch("MESSAGE_CREATE", data, where.guild_id, where.id))


async def call(
    emulator: Emulator,
    method: str,
    path: str,
    token: str | None = None,
    body: Any = None,
    *,
    api: bool = True,
) -> tuple[int, Any]:
    """Send an HTTP request, by default to the API; its status and JSON."""
    headers = {} if token is None else {"Authorization": token}
    address = (emulator.api if api else emulator.page) + path
    async with (
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as session,
        session.request(method, address, json=body, headers=headers) as response,
    ):
        text = await response.text()
        return response.status, json.loads(text) if text else None


async def control(emulator: Emulator, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    """Send a request to a control endpoint."""
    return await call(emulator, method, f"/rehearsal{path}", None, body, api=False)
