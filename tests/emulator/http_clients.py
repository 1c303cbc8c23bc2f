"""HTTP clients for the bot and for members, for tests of the REST API's rules."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from typing import Any

import aiohttp

from bot.emulator.server import Emulator
from bot.emulator.world.models import Overwrite, OverwriteType, User
from bot.emulator.world.permissions import Permission


@dataclass(frozen=True)
class Reply:
    """A response; ``code`` is the JSON error code, None if there is no error."""

    status: int
    body: Any
    headers: dict[str, str]

    @property
    def code(self) -> int | None:
        """The JSON error code."""
        return self.body.get("code") if isinstance(self.body, dict) else None

    def fault(self, path: str) -> str:
        """The code of a field's first error, by its path written with dots."""
        at = self.body["errors"]
        for part in path.split("."):
            at = at[part]
        code: str = at["_errors"][0]["code"]
        return code


class ApiClient:
    """Calls the API with a user's token, or without one if ``user`` is None."""

    def __init__(
        self, emulator: Emulator, session: aiohttp.ClientSession, user: User | None
    ) -> None:
        self.emulator = emulator
        self.session = session
        self.known = user

    @property
    def user(self) -> User:
        """The user."""
        assert self.known is not None
        return self.known

    async def call(
        self, method: str, path: str, body: Any = None, files: dict[str, bytes] | None = None
    ) -> Reply:
        """Send a request; with ``files`` as a form whose ``payload_json`` is the body."""
        headers = {}
        if self.known is not None:
            prefix = "Bot " if self.known.bot else ""
            headers["Authorization"] = prefix + self.known.token
        form: aiohttp.FormData | None = None
        if files is not None:
            form = aiohttp.FormData(quote_fields=False, default_to_multipart=True)
            form.add_field("payload_json", json.dumps(body), content_type="application/json")
            for number, (name, content) in enumerate(files.items()):
                form.add_field(f"files[{number}]", io.BytesIO(content), filename=name)
        async with self.session.request(
            method,
            self.emulator.api + path,
            headers=headers,
            json=body if form is None else None,
            data=form,
        ) as response:
            text = await response.text()
            parsed = json.loads(text) if text else None
            return Reply(response.status, parsed, dict(response.headers))

    async def get(self, path: str) -> Reply:
        """GET."""
        return await self.call("GET", path)

    async def post(self, path: str, body: Any = None, **files: Any) -> Reply:
        """POST."""
        return await self.call("POST", path, body, **files)

    async def put(self, path: str, body: Any = None) -> Reply:
        """PUT."""
        return await self.call("PUT", path, body)

    async def patch(self, path: str, body: Any = None, **files: Any) -> Reply:
        """PATCH."""
        return await self.call("PATCH", path, body, **files)

    async def delete(self, path: str) -> Reply:
        """DELETE."""
        return await self.call("DELETE", path)

    async def post_message(
        self, channel_id: int | str, content: str, **more: Any
    ) -> dict[str, Any]:
        """Post a message, which must succeed; the message object."""
        reply = await self.post(f"/channels/{channel_id}/messages", {"content": content, **more})
        assert reply.status == 200, reply
        found: dict[str, Any] = reply.body
        return found

    async def open_thread(
        self, channel_id: int | str, message_id: int | str, name: str = "T"
    ) -> Any:
        """Start a thread from a message, which must succeed."""
        reply = await self.post(
            f"/channels/{channel_id}/messages/{message_id}/threads", {"name": name}
        )
        assert reply.status == 201, reply
        return reply.body


@dataclass(frozen=True)
class SeededServer:
    """A test's emulator, members and channels by short names."""

    emulator: Emulator
    bot: ApiClient
    ada: ApiClient
    ann: ApiClient
    ben: ApiClient
    nobody: ApiClient
    essays: int
    forum: int
    admins: int

    @property
    def guild_id(self) -> int:
        """The server."""
        return self.emulator.world.guild.id

    @property
    def application_id(self) -> int:
        """The bot's application."""
        return self.emulator.world.application.id

    def deny(self, user: User, channel_id: int, *permissions: Permission) -> None:
        """Deny a member permissions in one channel."""
        bits = sum(permissions)
        channel = self.emulator.world.channels[channel_id]
        channel.overwrites = [
            o for o in channel.overwrites if (o.type, o.id) != (OverwriteType.MEMBER, user.id)
        ]
        channel.overwrites.append(Overwrite(user.id, OverwriteType.MEMBER, deny=int(bits)))


def seeded_server(emulator: Emulator, session: aiohttp.ClientSession) -> SeededServer:
    """The members of a new world."""
    world = emulator.world
    people = {user.display_name: user for user in world.users.values()}
    places = {channel.name: channel.id for channel in world.channels.values()}

    def caller(user: User | None) -> ApiClient:
        return ApiClient(emulator, session, user)

    return SeededServer(
        emulator,
        caller(world.bot),
        caller(people["Ada"]),
        caller(people["Ann"]),
        caller(people["Ben"]),
        caller(None),
        places["essays"],
        places["essay-forum"],
        places["admins"],
    )
