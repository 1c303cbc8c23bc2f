"""Real discord.py against the emulator; only its two addresses are changed."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator, Awaitable
from pathlib import Path
from typing import Any, TypeVar

import discord
import pytest
import yarl
from discord import app_commands

from bot.emulator.faults.har import Recorder
from bot.emulator.server import Emulator
from tests.emulator.gateway_client import PATIENCE, call, channel, control, member

_T = TypeVar("_T")
_CHECK = Path(__file__).parents[3] / "shared" / "tools" / "check_wire.py"


async def soon(what: Awaitable[_T]) -> _T:
    """Wait for something within the deadline."""
    return await asyncio.wait_for(what, PATIENCE)


class Plain(discord.Client):
    """A client with one command; its events are put in queues."""

    def __init__(self, guild_id: int) -> None:
        intents = discord.Intents.default()
        intents.message_content = True
        super().__init__(intents=intents, max_messages=None)
        self.tree = app_commands.CommandTree(self)
        self.guild_id = guild_id
        self.said: asyncio.Queue[discord.Message] = asyncio.Queue()
        self.heard: asyncio.Queue[str] = asyncio.Queue()

        @self.tree.command(name="greet", description="Says hello")
        async def greet(interaction: discord.Interaction, name: str) -> None:
            await interaction.response.send_message(f"Hello {name}", ephemeral=True)
            await interaction.followup.send("And goodbye")

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Do not wait before identifying."""

    async def setup_hook(self) -> None:
        await self.tree.sync()

    async def on_ready(self) -> None:
        await self.heard.put("ready")

    async def on_resumed(self) -> None:
        await self.heard.put("resumed")

    async def on_thread_create(self, thread: discord.Thread) -> None:
        await self.heard.put(f"thread {thread.name}")

    async def on_message(self, message: discord.Message) -> None:
        if message.author != self.user and message.type is discord.MessageType.default:
            await self.said.put(message)


@contextlib.asynccontextmanager
async def logged_in(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Plain]:
    """A client that is ready."""
    monkeypatch.setattr(discord.http.Route, "BASE", emulator.api)
    monkeypatch.setattr(
        discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(emulator.gateway)
    )
    client = Plain(emulator.world.guild.id)
    async with client:
        running = asyncio.create_task(client.start(emulator.world.bot.token))
        ready = asyncio.create_task(client.heard.get())
        done, _ = await asyncio.wait(
            {running, ready}, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED
        )
        assert ready in done, running
        yield client
        await client.close()
        await soon(running)


async def _says(emulator: Emulator, name: str, content: str) -> dict[str, Any]:
    essays = channel(emulator, "essays")
    status, body = await call(
        emulator,
        "POST",
        f"/channels/{essays.id}/messages",
        member(emulator, name).token,
        {"content": content},
    )
    assert status == 200, body
    found: dict[str, Any] = body
    return found


async def _runs_greet(emulator: Emulator, client: Plain) -> str:
    """Ann runs /greet; the id of the interaction, once it is answered."""
    world = emulator.world
    command = next(c for c in world.commands.values() if c.name == "greet")
    answered = asyncio.Event()
    world.on_change.append(answered.set)
    status, body = await call(
        emulator,
        "POST",
        "/interactions",
        member(emulator, "Ann").token,
        {
            "type": 2,
            "application_id": str(world.application.id),
            "guild_id": str(world.guild.id),
            "channel_id": str(channel(emulator, "essays").id),
            "session_id": "x",
            "data": {
                "id": str(command.id),
                "name": "greet",
                "type": 1,
                "version": str(command.version),
                "options": [{"type": 3, "name": "name", "value": "Ann"}],
            },
        },
    )
    assert status in {200, 204}, body
    async with asyncio.timeout(PATIENCE):
        while not any(len(one.messages) == 2 for one in world.interactions.values()):
            answered.clear()
            await answered.wait()
    return str(next(iter(world.interactions)))


@pytest.mark.slow
async def test_discordpy_logs_in_receives_posts_responds_and_resumes(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    archive = tmp_path / "traffic.har"
    emulator.recorder = Recorder(archive)
    async with logged_in(emulator, monkeypatch) as client:
        assert [c.name for c in emulator.world.commands.values()] == ["greet"]

        await _says(emulator, "Ann", "What a fine essay")
        message = await soon(client.said.get())
        assert message.content == "What a fine essay"
        thread = await message.create_thread(name="Ann's thread")
        assert thread.id == message.id
        assert await soon(client.heard.get()) == "thread Ann's thread"
        answer = await thread.send("Welcome")
        assert answer.channel.id == thread.id
        history = [found.content async for found in thread.history(limit=5)]
        assert "Welcome" in history

        await _runs_greet(emulator, client)
        _, truth = await control(emulator, "GET", "/world")
        assert [i["state"] for i in truth["interactions"]] == ["answered"]

        await control(emulator, "POST", "/faults", {"kind": "gateway_close", "code": 4000})
        await _says(emulator, "Ben", "While you were away")
        assert (await soon(client.said.get())).content == "While you were away"
        assert await soon(client.heard.get()) == "resumed"
    await emulator.stop()
    emulator.recorder.close()

    entries = json.loads(archive.read_text())["log"]["entries"]
    assert emulator.world.bot.token not in archive.read_text()
    connections = [entry for entry in entries if "_webSocketMessages" in entry]
    assert len(connections) == 2
    if not _CHECK.is_file():
        pytest.skip("the checker of recorded traffic is not here")
    checker = await asyncio.create_subprocess_exec(
        sys.executable, str(_CHECK), str(archive), stdout=asyncio.subprocess.PIPE
    )
    told, _ = await asyncio.wait_for(checker.communicate(), 60)
    assert checker.returncode == 0, told.decode()


@pytest.mark.slow
async def test_discordpy_starts_a_new_session_after_an_invalid_session(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Between an invalid session and its next attempt the library waits up to five seconds.
    async with logged_in(emulator, monkeypatch) as client:
        await control(emulator, "POST", "/faults", {"kind": "invalid_session"})
        assert await asyncio.wait_for(client.heard.get(), 3 * PATIENCE) == "ready"
        await _says(emulator, "Ann", "Still there?")
        assert (await soon(client.said.get())).content == "Still there?"


async def test_discordpy_resumes_when_it_is_asked_to_reconnect(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with logged_in(emulator, monkeypatch) as client:
        await control(emulator, "POST", "/faults", {"kind": "reconnect"})
        assert await soon(client.heard.get()) == "resumed"


async def test_discordpy_raises_the_error_of_a_close_code(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    emulator.world.application.flags = 0
    monkeypatch.setattr(discord.http.Route, "BASE", emulator.api)
    monkeypatch.setattr(
        discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(emulator.gateway)
    )
    async with Plain(emulator.world.guild.id) as client:
        with pytest.raises(discord.PrivilegedIntentsRequired):
            await soon(client.start(emulator.world.bot.token))
