"""A small bot on real discord.py that uses every kind of component."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import discord
import pytest
import yarl
from discord import app_commands
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.emulator.server import Emulator

__all__ = ["Parts", "showing_parts"]

_TITLES = ("On walking", "On waiting", "The hallway")
_READY_WITHIN = 20


class _Form(discord.ui.Modal, title="Tell us"):
    kind: discord.ui.Label[Any] = discord.ui.Label(
        text="Kind",
        component=discord.ui.Select(
            options=[discord.SelectOption(label="Praise"), discord.SelectOption(label="Doubt")]
        ),
    )
    why: discord.ui.Label[Any] = discord.ui.Label(
        text="Why",
        description="In a few words.",
        component=discord.ui.TextInput(style=discord.TextStyle.paragraph, max_length=50),
    )

    async def on_submit(self, interaction: discord.Interaction) -> None:
        kind, why = self.kind.component, self.why.component
        assert isinstance(kind, discord.ui.Select)
        assert isinstance(why, discord.ui.TextInput)
        await interaction.response.send_message(f"{kind.values[0]}: {why.value}", ephemeral=True)


class _Preview(discord.ui.View):
    """Buttons for pages, a select, a modal, and a button without a response."""

    def __init__(self) -> None:
        super().__init__(timeout=None)
        self._page = 1

    @discord.ui.button(label="Next page", style=discord.ButtonStyle.primary)
    async def turn(self, interaction: discord.Interaction, button: discord.ui.Button[Any]) -> None:
        self._page += 1
        await interaction.response.edit_message(content=f"Page {self._page}")

    @discord.ui.button(label="Silence")
    async def silence(
        self, interaction: discord.Interaction, button: discord.ui.Button[Any]
    ) -> None:
        """Never responds."""

    @discord.ui.select(options=[discord.SelectOption(label=one) for one in ("short", "long")])
    async def choose(
        self, interaction: discord.Interaction, select: discord.ui.Select[Any]
    ) -> None:
        await interaction.response.edit_message(content=f"It is {select.values[0]}.")


def _card() -> discord.ui.LayoutView:
    view = discord.ui.LayoutView(timeout=None)
    section: discord.ui.Section[Any] = discord.ui.Section(
        discord.ui.TextDisplay("# A card\nby *somebody*"),
        accessory=discord.ui.Button(label="Read it", url="https://example.org/essay"),
    )
    container: discord.ui.Container[Any] = discord.ui.Container(
        section,
        discord.ui.Separator(),
        discord.ui.TextDisplay("-# quietly"),
        accent_colour=discord.Colour(0x336699),
    )
    view.add_item(container)
    return view


class Parts(discord.Client):
    """Knows /show preview, card, form, silence and find, and two commands of context menus."""

    def __init__(self) -> None:
        intents = discord.Intents(guilds=True, guild_messages=True, message_content=True)
        super().__init__(intents=intents, max_messages=None, chunk_guilds_at_startup=False)
        self.tree = app_commands.CommandTree(self)
        group = app_commands.Group(name="show", description="Show things")

        @group.command(name="preview", description="Pages to turn")
        async def preview(interaction: discord.Interaction) -> None:
            await interaction.response.send_message("Page 1", view=_Preview(), ephemeral=True)

        @group.command(name="card", description="A card, an embed and a poll")
        async def card(interaction: discord.Interaction) -> None:
            await interaction.response.send_message(view=_card())
            embed = discord.Embed(title="An embed", description="**bold** there", colour=0x884422)
            embed.add_field(name="Pages", value="112", inline=True)
            assert isinstance(interaction.channel, discord.TextChannel)
            await interaction.channel.send(embed=embed)
            poll = discord.Poll("Which page?", timedelta(hours=2))
            poll.add_answer(text="Sixty").add_answer(text="Ninety")
            await interaction.channel.send(poll=poll)

        @group.command(name="form", description="A form to fill in")
        async def form(interaction: discord.Interaction) -> None:
            await interaction.response.send_modal(_Form())

        @group.command(name="silence", description="Never answers")
        async def silence(interaction: discord.Interaction) -> None:
            pass

        @group.command(name="find", description="Finds an essay")
        async def find(
            interaction: discord.Interaction,
            title: str,
            loud: bool = False,  # noqa: FBT001, FBT002, RUF100 - discord.py reads it as an option
            who: discord.Member | None = None,
        ) -> None:
            name = who.display_name if who else "nobody"
            await interaction.response.send_message(f"{title}, {loud}, for {name}")

        @find.autocomplete("title")
        async def titles(
            interaction: discord.Interaction, typed: str
        ) -> list[app_commands.Choice[str]]:
            found = [title for title in _TITLES if typed.lower() in title.lower()]
            return [app_commands.Choice(name=title, value=title) for title in found]

        @self.tree.context_menu(name="Count the words")
        async def count(interaction: discord.Interaction, message: discord.Message) -> None:
            words = len(message.content.split())
            await interaction.response.send_message(f"{words} words", ephemeral=True)

        @self.tree.context_menu(name="Greet")
        async def greet(interaction: discord.Interaction, member: discord.Member) -> None:
            await interaction.response.send_message(f"Hello, {member.display_name}")

        self.tree.add_command(group)

    async def setup_hook(self) -> None:
        await self.tree.sync()


@contextlib.asynccontextmanager
async def showing_parts(emulator: Emulator, patch: pytest.MonkeyPatch) -> AsyncIterator[Parts]:
    """The bot, connected to an emulator inside the block."""
    patch.setattr(Route, "BASE", emulator.api)
    patch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(emulator.gateway))
    client = Parts()
    running = asyncio.create_task(client.start(emulator.world.bot.token))
    try:
        async with asyncio.timeout(_READY_WITHIN):
            await emulator.dispatcher.wait_for_bot()
        yield client
    finally:
        await client.close()
        await asyncio.gather(running, return_exceptions=True)
