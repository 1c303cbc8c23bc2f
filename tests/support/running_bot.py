"""The whole house in one process: the emulator, the bot on real discord.py, and members who act.

What runs in the test's own process can be measured for coverage and looked into; what has to be
killed is started as a child process instead (tests.support.bot_process).
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import io
import json
import secrets
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.app.client import Salon, point_elsewhere
from bot.app.emulator_clock import clock_link
from bot.clock import Clock
from bot.delivery.attachments import Keeping
from bot.emulator.faults.controls import CLOCK_LINK
from bot.emulator.faults.har import Recorder
from bot.emulator.server import Emulator
from bot.emulator.world.models import User
from bot.emulator.world.seed import seed_world
from bot.publishing.fetch_page import fetch
from bot.settings import Settings
from storage.db.database import Database, open_database
from storage.essays.export import export
from tests.support.wire_check import wire_faults

#: Seconds of real time after which what a test waits for will not come.
PATIENCE = 30.0

ESSAY = """# Slow bread

By Ann Baker

It takes a night to make a loaf, and most of it is waiting.

The dough does not care how busy we are.

Would you wait a night for bread?
"""


async def until(true: Callable[[], Awaitable[Any]], what: str) -> Any:
    """Wait until ``true`` gives something; fail with ``what`` if it never does."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            while not (found := await true()):  # noqa: ASYNC110 - the world tells by being asked
                await asyncio.sleep(0.01)
            return found
    pytest.fail(f"never came: {what}")


def texts(components: list[dict[str, Any]]) -> str:
    """What the components of a message say."""
    found = []
    for component in components:
        found.append(component.get("content", ""))
        found.append(texts(component.get("components", [])))
    return "\n".join(found)


def buttons(components: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The buttons of a message."""
    found = [component for component in components if component["type"] == 2]
    for component in components:
        found += buttons(component.get("components", []))
    return found


def form_data(form: dict[str, Any], entered: dict[str, str]) -> dict[str, Any]:
    """What a client submits for a form in which ``entered`` was typed, by the fields' labels."""
    components = []
    for label in form["data"]["components"]:
        field = label["component"]
        filled = {"type": field["type"], "custom_id": field["custom_id"]}
        if field["type"] == 4:
            filled["value"] = entered.get(label["label"], field.get("value", ""))
        else:
            filled["values"] = []
        components.append({"type": 18, "component": filled})
    return {"custom_id": form["data"]["custom_id"], "components": components}


@dataclass
class House:
    """A running Salon and the world around it."""

    emulator: Emulator
    salon: Salon
    database: Database
    clock: Clock
    session: aiohttp.ClientSession

    # -- the world ----------------------------------------------------------------------------

    def channel(self, name: str = "essays") -> int:
        """A channel's id by its name."""
        return next(c.id for c in self.emulator.world.channels.values() if c.name == name)

    def member(self, name: str | None = None) -> User:
        """A member by display name; the admin without one."""
        world = self.emulator.world
        if name is None:
            return world.users[next(iter(world.guilds.values())).owner_id]
        return next(user for user in world.users.values() if user.display_name == name)

    @property
    def server_id(self) -> int:
        """The server's id."""
        return next(iter(self.emulator.world.guilds))

    async def world(self) -> dict[str, Any]:
        """The truth."""
        async with self.session.get(f"{self.emulator.page}/rehearsal/world") as response:
            found: dict[str, Any] = await response.json()
            return found

    async def messages(self, channel_id: int | None = None) -> list[dict[str, Any]]:
        """What stands in a channel (``essays`` if none is named), the oldest first."""
        wanted = str(channel_id or self.channel())
        found = [
            message
            for message in (await self.world())["messages"]
            if message["channel_id"] == wanted and not message["deleted"]
        ]
        return sorted(found, key=lambda message: int(message["id"]))

    async def ours(self, channel_id: int | None = None) -> list[dict[str, Any]]:
        """What the bot wrote in a channel, notices of Discord's left out."""
        own = str(self.emulator.world.bot.id)
        return [
            message
            for message in await self.messages(channel_id)
            if message["author"]["id"] == own and message["type"] in (0, 19)
        ]

    async def control(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """One of the emulator's controls."""
        address = f"{self.emulator.page}/rehearsal/{path}"
        async with self.session.post(address, json=body) as response:
            text = await response.text()
            assert response.status < 300, text
            found: dict[str, Any] = json.loads(text) if text else {}
            return found

    async def settle(self, seconds: float = 0) -> None:
        """Let time pass, then wait until the bot has nothing left to do."""
        await self.control("clock", {"advance": seconds})

    # -- members ------------------------------------------------------------------------------

    async def act(
        self,
        member: User,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        file: tuple[str, bytes] | None = None,
    ) -> Any:
        """A call as a member; its answer."""
        headers = {"Authorization": member.token}
        data: Any = None
        if file is not None:
            data = aiohttp.FormData(quote_fields=False)
            data.add_field("payload_json", json.dumps(body), content_type="application/json")
            data.add_field("files[0]", io.BytesIO(file[1]), filename=file[0])
        elif body is not None:
            data = json.dumps(body)
            headers["Content-Type"] = "application/json"
        async with self.session.request(
            method, f"{self.emulator.api}{path}", data=data, headers=headers
        ) as response:
            text = await response.text()
            assert response.status < 300, f"{method} {path}: {response.status} {text}"
            return json.loads(text) if text else None

    async def write(
        self,
        who: str,
        text: str,
        *,
        to: str | int | None = None,
        channel_id: int | None = None,
        file: tuple[str, bytes] | None = None,
    ) -> int:
        """Write a message, as a reply ``to`` another one if named; its id."""
        body: dict[str, Any] = {"content": text}
        if to is not None:
            body["message_reference"] = {"message_id": str(to)}
        if file is not None:
            body["attachments"] = [{"id": "0", "filename": file[0]}]
        path = f"/channels/{channel_id or self.channel()}/messages"
        return int((await self.act(self.member(who), "POST", path, body, file))["id"])

    async def run(
        self,
        command: str,
        *,
        who: User | None = None,
        channel_id: int | None = None,
        file: tuple[str, bytes] | None = None,
        options: list[dict[str, Any]] | None = None,
    ) -> dict[str, Any]:
        """Run a slash command, by default as the admin in ``essays``; its interaction, answered."""
        name, *rest = command.split()
        known = next(c for c in self.emulator.world.commands.values() if c.name == name)
        given = list(options or [])
        data: dict[str, Any] = {
            "id": str(known.id),
            "name": name,
            "type": 1,
            "version": str(known.version),
        }
        if file is not None:
            given.append({"type": 11, "name": "file", "value": "0"})
            data["attachments"] = [{"id": "0", "filename": file[0]}]
        for part in reversed(rest):
            given = [{"type": 1, "name": part, "options": given}]
        data["options"] = given
        return await self.interact(2, data, who=who, channel_id=channel_id, file=file)

    async def interact(
        self,
        kind: int,
        data: dict[str, Any],
        *,
        who: User | None = None,
        channel_id: int | None = None,
        file: tuple[str, bytes] | None = None,
        **more: Any,
    ) -> dict[str, Any]:
        """Send an interaction as a Discord client does, and wait for its first answer."""
        member = who or self.member()
        before = {one["id"] for one in (await self.world())["interactions"]}
        body = {
            "type": kind,
            "application_id": str(self.emulator.world.application.id),
            "guild_id": str(self.server_id),
            "channel_id": str(channel_id or self.channel()),
            "session_id": secrets.token_hex(16),
            "nonce": str(secrets.randbits(60)),
            "data": data,
            **more,
        }
        await self.act(member, "POST", "/interactions", body, file)

        async def answered() -> dict[str, Any] | None:
            for one in (await self.world())["interactions"]:
                if one["id"] not in before and one["member_id"] == str(member.id):
                    found: dict[str, Any] = one
                    return found if one["state"] != "waiting" else None
            return None

        found: dict[str, Any] = await until(answered, f"an answer to {data}")
        return found

    async def said(self, interaction: dict[str, Any]) -> str:
        """What the interaction's answer says in the end, once the bot has nothing left to do."""
        await self.settle()
        for one in (await self.world())["interactions"]:
            if one["id"] == interaction["id"]:
                return "\n".join(
                    f"{message['content']}\n{texts(message['components'])}"
                    for message in one["messages"]
                )
        pytest.fail("the interaction is gone")

    async def press(
        self, interaction: dict[str, Any], label: str, *, who: User | None = None
    ) -> dict[str, Any]:
        """Press a button below an answer, by default as the admin; the pressing's interaction."""
        await self.settle()
        answer = await self.seen(interaction)
        (button,) = [b for b in buttons(answer["components"]) if b["label"] == label]
        data = {"component_type": 2, "custom_id": button["custom_id"]}
        return await self.interact(
            3, data, who=who, message_id=answer["id"], message_flags=answer["flags"]
        )

    async def seen(self, interaction: dict[str, Any]) -> dict[str, Any]:
        """The first message of an interaction's answer, as it stands now."""
        for one in (await self.world())["interactions"]:
            if one["id"] == interaction["id"] and one["messages"]:
                found: dict[str, Any] = one["messages"][0]
                return found
        pytest.fail("the interaction has no answer")

    async def publish(self, essay: str = ESSAY, name: str = "bread.md") -> list[dict[str, Any]]:
        """Publish an essay; the bot's messages."""
        before = len(await self.ours())
        await self.publishing(essay, name)
        await self.settle()
        return (await self.ours())[before:]

    async def publishing(self, essay: str = ESSAY, name: str = "bread.md") -> dict[str, Any]:
        """Hand an essay in and press *Publish*; the interaction that shows how it goes."""
        interaction = await self.run("essay publish", file=(name, essay.encode()))
        await self.press(interaction, "Publish")
        return interaction

    async def export(self, essay: str = "1") -> dict[str, Any]:
        """The archive's telling of a discussion."""
        return await self.database.read(lambda tx: export(tx, essay))


@contextlib.asynccontextmanager
async def lived_in(
    folder: Path,
    emulator: Emulator,
    *,
    clock: Clock | None = None,
    salon_type: type[Salon] = Salon,
    keeping: Keeping | None = None,
    sees_server: bool = True,
) -> AsyncIterator[House]:
    """The bot in ``emulator``, started and idle; ended with the block.

    ``sees_server``: whether it is to find a server, which it cannot where that is out of reach.
    """
    clock = clock or Clock()
    point_elsewhere(emulator.api, emulator.gateway)
    settings = Settings(
        token=emulator.world.bot.token,
        database=folder / "salon.sqlite3",
        backups=folder / "salon-backups",
        api_base=emulator.api,
        gateway_url=emulator.gateway,
        clock_url=emulator.page.replace("http://", "ws://", 1) + CLOCK_LINK,
    )
    async with (
        aiohttp.ClientSession() as session,
        open_database(settings.database) as database,
    ):
        # The tests' own pages stand on loopback, where a real one is never fetched from.
        page = functools.partial(fetch, allows=lambda address: address.is_loopback)
        salon = salon_type(database, clock, fetch_page=page, keeping=keeping)
        async with clock_link(settings.clock_url, clock, lambda: salon):
            life = asyncio.create_task(salon.start(settings.token))
            house = House(emulator, salon, database, clock, session)
            try:

                async def there() -> bool:
                    if life.done():
                        await life
                    if not sees_server:
                        return salon.services.recorder.generation > 0
                    return bool(salon.guilds) and not salon.guilds[0].unavailable

                await until(there, "the bot")
                await house.settle()
                yield house
            finally:
                await salon.close()
                life.cancel()
                await asyncio.gather(life, return_exceptions=True)


@contextlib.asynccontextmanager
async def a_world() -> AsyncIterator[Emulator]:
    """A new world, served, with no bot in it; it announces no rate limits.

    The bot's traffic is recorded, and at the end held against Discord's description of its API.
    """
    emulator = Emulator(seed_world(), rates=False)
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "traffic.har"
        emulator.recorder = Recorder(archive)
        await emulator.start()
        try:
            yield emulator
        finally:
            await emulator.stop()
            emulator.recorder.close()
        faults = wire_faults(archive)
        assert faults == [], "\n".join(faults)


@contextlib.asynccontextmanager
async def a_house(folder: Path) -> AsyncIterator[House]:
    """A new world with a running bot in it."""
    async with a_world() as emulator, lived_in(folder, emulator) as house:
        yield house
