"""A small bot on real discord.py that hosts an essay correctly, or with one flaw on purpose.

Plays are tested with it instead of the real bot, so that what counts as done doesn't depend on how
the real one does it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import aiohttp
import discord
import pytest
import yarl
from discord import app_commands
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.emulator.faults.controls import CLOCK_LINK
from bot.emulator.server import Emulator

__all__ = ["Flaws", "SmallBot", "small_bot"]

CLOSING = "What do you think?"


@dataclass
class Flaws:
    """What the bot does wrong; nothing by default."""

    refuses: str | None = None
    misses_first: int = 0
    dies_after_acknowledging: bool = False
    forgets_part: int | None = None
    forgets_threads: bool = False
    forgets_prompt: bool = False
    deletes_a_part_next_day: bool = False


class SmallBot(discord.Client):
    """Has /essay publish with a file, opens threads on replies, posts a prompt a day later."""

    def __init__(self, emulator: Emulator, flaws: Flaws) -> None:
        intents = discord.Intents(guilds=True, guild_messages=True, message_content=True)
        super().__init__(intents=intents, max_messages=None, chunk_guilds_at_startup=False)
        self._emulator = emulator
        self._flaws = flaws
        self._posted: list[discord.Message] = []
        self._channel: discord.TextChannel | None = None
        self._due: datetime | None = None
        self._at_work = asyncio.Lock()
        self.published = 0
        self.tree = app_commands.CommandTree(self)
        group = app_commands.Group(name="essay", description="Essays")

        @group.command(name="publish", description="Publish an essay")
        async def publish(interaction: discord.Interaction, file: discord.Attachment) -> None:
            async with self._at_work:
                await self._publish(interaction, file)

        self.tree.add_command(group)

    async def setup_hook(self) -> None:
        await self.tree.sync()

    async def _publish(self, interaction: discord.Interaction, file: discord.Attachment) -> None:
        if self._flaws.misses_first > 0:
            self._flaws.misses_first -= 1
            return
        if self._flaws.refuses is not None:
            await interaction.response.send_message(self._flaws.refuses, ephemeral=True)
            return
        await interaction.response.defer(ephemeral=True)
        if self._flaws.dies_after_acknowledging:
            self._flaws.dies_after_acknowledging = False
            return
        self.published += 1
        channel = interaction.channel
        assert isinstance(channel, discord.TextChannel)
        title, *paragraphs = (await file.read()).decode().strip().split("\n\n")
        view = discord.ui.LayoutView()
        view.add_item(discord.ui.TextDisplay(f"# {title}"))
        await channel.send(view=view)
        for number, paragraph in enumerate(paragraphs):
            if number != self._flaws.forgets_part:
                self._posted.append(await channel.send(discord.utils.escape_markdown(paragraph)))
        self._posted.append(await channel.send(CLOSING))
        self._channel = channel
        self._due = self._emulator.world.now() + timedelta(days=1)
        await interaction.edit_original_response(content="It is published.")

    async def obey_clock(self) -> None:
        """Answer the clock link, after doing what is due."""
        address = self._emulator.page.replace("http://", "ws://") + CLOCK_LINK
        async with aiohttp.ClientSession() as session, session.ws_connect(address) as link:
            async for frame in link:
                asked = json.loads(frame.data)
                async with self._at_work:
                    await self._ask_again_if_due()
                due = None if self._due is None else self._due.isoformat()
                await link.send_json({"id": asked["id"], "next_due": due})

    async def _ask_again_if_due(self) -> None:
        if self._channel is None or self._due is None or self._emulator.world.now() < self._due:
            return
        self._due = None
        if self._flaws.deletes_a_part_next_day:
            await self._posted[0].delete()
        if not self._flaws.forgets_prompt:
            await self._channel.send("And today, what do you think?")

    async def on_message(self, message: discord.Message, /) -> None:
        reference = message.reference
        answers_us = reference is not None and reference.message_id in {m.id for m in self._posted}
        if answers_us and not self._flaws.forgets_threads:
            await message.create_thread(name=message.content[:50].split("\n")[-1] or "Thread")


@contextlib.asynccontextmanager
async def small_bot(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, **flaws: Any
) -> AsyncIterator[SmallBot]:
    """A small bot that is connected to the emulator."""
    monkeypatch.setattr(Route, "BASE", emulator.api)
    monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(emulator.gateway))
    client = SmallBot(emulator, Flaws(**flaws))
    life = asyncio.create_task(client.start(emulator.world.bot.token))
    clock = asyncio.create_task(client.obey_clock())
    try:
        await asyncio.wait_for(emulator.dispatcher.wait_for_bot(), 20)
        yield client
    finally:
        await client.close()
        clock.cancel()
        await asyncio.gather(life, clock, return_exceptions=True)
