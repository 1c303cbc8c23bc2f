"""The bot in the test's own process, on real discord.py, with an emulator and its members.

In the test's process it can be inspected and measured for coverage. To kill the bot, start it as
a child process instead (tests.support.spawned_bot).
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import io
import json
import secrets
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot import erasure
from bot.app.client import Salon
from bot.app.emulator_clock import clock_link
from bot.app.wiring import Options
from bot.clock import Clock
from bot.delivery.attachments import AttachmentLimits
from bot.discord_api.connection import set_base_urls
from bot.emulator.faults.controls import CLOCK_LINK
from bot.emulator.faults.har import Recorder
from bot.emulator.server import Emulator
from bot.emulator.world.models import Guild, User
from bot.emulator.world.seed import seed_world
from bot.ingest.catch_up import DEFAULT_COMPARE_WINDOW
from bot.publishing.fetch_page import fetch_page, fetch_picture
from bot.settings import Settings
from storage.db.database import Database
from tests.support.archives import open_archive
from tests.support.essay_reading import read_in_bot_process
from tests.support.exports import export_essay
from tests.support.wire_check import wire_faults

#: Seconds of real time after which :func:`wait_until` gives up.
WAIT_SECONDS = 30.0

ESSAY = """# Slow bread

By Ann Baker

It takes a night to make a loaf, and most of it is waiting.

The dough does not care how busy we are.

Would you wait a night for bread?
"""


async def wait_until(condition: Callable[[], Awaitable[Any]], what: str) -> Any:
    """Wait until ``condition`` returns something truthy, and return it; fail naming ``what``."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(WAIT_SECONDS):
            while not (found := await condition()):  # noqa: ASYNC110 - the world can only be polled
                await asyncio.sleep(0.01)
            return found
    pytest.fail(f"timed out waiting for {what}")


def component_texts(components: list[dict[str, Any]]) -> str:
    """The text in the components of a message."""
    found = []
    for component in components:
        found.append(component.get("content", ""))
        found.append(component_texts(component.get("components", [])))
    return "\n".join(found)


def find_buttons(components: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The buttons of a message."""
    found = [component for component in components if component["type"] == 2]
    for component in components:
        found += find_buttons(component.get("components", []))
    return found


def form_data(form: dict[str, Any], entered: dict[str, str]) -> dict[str, Any]:
    """The payload of a submitted form; ``entered`` is what was typed, by the fields' labels."""
    components = []
    for label in form["data"]["components"]:
        field = label["component"]
        filled = {"type": field["type"], "custom_id": field["custom_id"]}
        if field["type"] == 4:
            filled["value"] = entered.get(label["label"], field.get("value", ""))
        elif field["type"] == 3:
            usual = [one["value"] for one in field["options"] if one.get("default")]
            filled["values"] = [entered[label["label"]]] if label["label"] in entered else usual
        elif field["type"] in (5, 6, 7, 8):  # users, roles, channels: ids separated by spaces
            usual = [one["id"] for one in field.get("default_values", ())]
            given = entered.get(label["label"])
            filled["values"] = usual if given is None else given.split()
        else:
            filled["values"] = []
        components.append({"type": 18, "component": filled})
    return {"custom_id": form["data"]["custom_id"], "components": components}


@dataclass
class EmulatorClient:
    """An emulator, and everything its members can do in it, over HTTP as Discord clients do it."""

    emulator: Emulator
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
        """The emulator's whole state (``GET /rehearsal/world``)."""
        async with self.session.get(f"{self.emulator.page}/rehearsal/world") as response:
            found: dict[str, Any] = await response.json()
            return found

    async def messages(self, channel_id: int | None = None) -> list[dict[str, Any]]:
        """A channel's messages (``essays`` by default), oldest first, without deleted ones."""
        wanted = str(channel_id or self.channel())
        found = [
            message
            for message in (await self.world())["messages"]
            if message["channel_id"] == wanted and not message["deleted"]
        ]
        return sorted(found, key=lambda message: int(message["id"]))

    async def bot_messages(self, channel_id: int | None = None) -> list[dict[str, Any]]:
        """What the bot wrote in a channel, oldest first; Discord's system messages left out."""
        own = str(self.emulator.world.bot.id)
        return [
            message
            for message in await self.messages(channel_id)
            if message["author"]["id"] == own and message["type"] in (0, 19)
        ]

    async def control(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Call one of the emulator's controls (``POST /rehearsal/…``); its answer."""
        address = f"{self.emulator.page}/rehearsal/{path}"
        async with self.session.post(address, json=body) as response:
            text = await response.text()
            assert response.status < 300, text
            found: dict[str, Any] = json.loads(text) if text else {}
            return found

    async def settle(self, seconds: float = 0) -> None:
        """Advance the clock, then wait until the bot is idle."""
        await self.control("clock", {"advance": seconds})

    # -- members ------------------------------------------------------------------------------

    async def call_as(
        self,
        member: User,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        file: tuple[str, bytes] | None = None,
    ) -> Any:
        """Make an API call as a member; its answer."""
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
        """Post a message as a member, as a reply ``to`` another one if given; its id."""
        body: dict[str, Any] = {"content": text}
        if to is not None:
            body["message_reference"] = {"message_id": str(to)}
        if file is not None:
            body["attachments"] = [{"id": "0", "filename": file[0]}]
        path = f"/channels/{channel_id or self.channel()}/messages"
        return int((await self.call_as(self.member(who), "POST", path, body, file))["id"])

    async def run_command(
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
        nonce = str(secrets.randbits(60))
        body = {
            "type": kind,
            "application_id": str(self.emulator.world.application.id),
            "guild_id": str(self.server_id),
            "channel_id": str(channel_id or self.channel()),
            "session_id": secrets.token_hex(16),
            "nonce": nonce,
            "data": data,
            **more,
        }
        await self.call_as(member, "POST", "/interactions", body, file)
        made = self.emulator.world.interactions.values()
        own_id = next(str(one.id) for one in made if one.nonce == nonce)

        async def answered() -> dict[str, Any] | None:
            (found,) = [one for one in (await self.world())["interactions"] if one["id"] == own_id]
            return found if found["state"] != "waiting" else None

        found: dict[str, Any] = await wait_until(answered, f"an answer to {data}")
        return found

    async def answer_text(self, interaction: dict[str, Any]) -> str:
        """The text of the interaction's answer, once the bot is idle."""
        await self.settle()
        for one in (await self.world())["interactions"]:
            if one["id"] == interaction["id"]:
                return "\n".join(
                    f"{message['content']}\n{component_texts(message['components'])}"
                    for message in one["messages"]
                )
        pytest.fail("the interaction doesn't exist")

    async def press(
        self, interaction: dict[str, Any], label: str, *, who: User | None = None
    ) -> dict[str, Any]:
        """Press a button below an answer, by default as the admin; the new interaction."""
        await self.settle()
        answer = await self.answer_message(interaction)
        (button,) = [b for b in find_buttons(answer["components"]) if b["label"] == label]
        data = {"component_type": 2, "custom_id": button["custom_id"]}
        return await self.interact(
            3, data, who=who, message_id=answer["id"], message_flags=answer["flags"]
        )

    async def answer_message(self, interaction: dict[str, Any]) -> dict[str, Any]:
        """The first message of an interaction's answer, in its current state."""
        for one in (await self.world())["interactions"]:
            if one["id"] == interaction["id"] and one["messages"]:
                found: dict[str, Any] = one["messages"][0]
                return found
        pytest.fail("the interaction has no answer")

    async def publish(self, essay: str = ESSAY, name: str = "bread.md") -> list[dict[str, Any]]:
        """Publish an essay; the bot's messages."""
        before = len(await self.bot_messages())
        await self.start_publishing(essay, name)
        await self.settle()
        return (await self.bot_messages())[before:]

    async def start_publishing(self, essay: str = ESSAY, name: str = "bread.md") -> dict[str, Any]:
        """Submit an essay and press *Publish*; the interaction that shows the progress."""
        interaction = await self.run_command("essay publish", file=(name, essay.encode()))
        await self.press(interaction, "Publish")
        return interaction


@dataclass
class ServerClient(EmulatorClient):
    """The members of one of several servers."""

    guild: Guild

    @property
    def server_id(self) -> int:
        """The server's id."""
        return self.guild.id

    def channel(self, name: str = "essays") -> int:
        """A channel's id by its name."""
        channels = self.emulator.world.channels_of(self.guild.id)
        return next(channel.id for channel in channels if channel.name == name)


@dataclass
class RunningBot(EmulatorClient):
    """A bot that runs in this process, and the emulator it is connected to."""

    salon: Salon
    database: Database
    clock: Clock

    async def export(self, essay: str = "1") -> dict[str, Any]:
        """The export of a discussion."""
        return await self.database.read(lambda tx: export_essay(tx, essay))


@contextlib.contextmanager
def missing_files(emulator: Emulator) -> Iterator[None]:
    """Answer requests for attachments' bytes with 404 in the block."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(emulator.world.files, "get", lambda file_id: None)
        yield


@contextlib.asynccontextmanager
async def run_bot(
    folder: Path,
    emulator: Emulator,
    *,
    clock: Clock | None = None,
    salon_type: Callable[[Database, Clock, Options], Salon] = Salon,
    attachment_limits: AttachmentLimits | None = None,
    compare_window: timedelta = DEFAULT_COMPARE_WINDOW,
    sees_server: bool = True,
    settles: bool = True,
) -> AsyncIterator[RunningBot]:
    """Run the bot against ``emulator``: started and idle, stopped when the block ends.

    ``sees_server``: whether to wait for a server; False where none is available to the bot.
    ``settles``: whether to wait until it is idle; False where one of its shards can't connect.
    """
    clock = clock or Clock()
    set_base_urls(emulator.api, emulator.gateway)
    settings = Settings(
        token=emulator.world.bot.token,
        database=folder / "salon.sqlite3",
        backups=folder / "salon-backups",
        api_base=emulator.api,
        gateway_url=emulator.gateway,
        clock_url=emulator.page.replace("http://", "ws://", 1) + CLOCK_LINK,
    )
    async with contextlib.AsyncExitStack() as stack:
        stack.enter_context(read_in_bot_process())
        session = await stack.enter_async_context(aiohttp.ClientSession())
        database = await stack.enter_async_context(
            open_archive(settings.database, erase_member=erasure.erase)
        )
        # The tests serve their web pages on loopback, which the bot itself never fetches from.
        page = functools.partial(fetch_page, allows=lambda address: address.is_loopback)
        picture = functools.partial(fetch_picture, allows=lambda address: address.is_loopback)
        salon = salon_type(
            database,
            clock,
            Options(
                attachments=attachment_limits or AttachmentLimits(),
                compare_window=compare_window,
                fetch_page=page,
                fetch_picture=picture,
            ),
        )
        async with clock_link(settings.clock_url, clock, lambda: salon):
            life = asyncio.create_task(salon.start(settings.token))
            running = RunningBot(emulator, session, salon, database, clock)
            try:

                async def there() -> bool:
                    if life.done():
                        await life
                    if not sees_server:
                        return salon.services.recorder.generation > 0
                    return bool(salon.guilds) and not salon.guilds[0].unavailable

                await wait_until(there, "the bot")
                if settles:
                    await running.settle()
                yield running
            finally:
                await salon.close()
                life.cancel()
                await asyncio.gather(life, return_exceptions=True)


@contextlib.asynccontextmanager
async def run_emulator() -> AsyncIterator[Emulator]:
    """Run an emulator with a new world, without rate limits; no bot is started.

    The traffic is recorded, and checked against Discord's API description when the block ends.
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
async def running_bot(folder: Path) -> AsyncIterator[RunningBot]:
    """Run an emulator with a new world and the bot."""
    async with run_emulator() as emulator, run_bot(folder, emulator) as running:
        yield running
