"""The bot of the library tests, with discord.py. Run with one argument, the settings as JSON."""

from __future__ import annotations

import asyncio
import io
import json
import sys

import discord
import yarl
from discord import app_commands

SETTINGS = json.loads(sys.argv[1])
discord.http.Route.BASE = f"{SETTINGS['page']}/api/v10"
discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(SETTINGS["gateway"])


class Form(discord.ui.Modal, title="Form"):
    words = discord.ui.Label(text="Words", component=discord.ui.TextInput(custom_id="words"))
    files = discord.ui.Label(text="Files", component=discord.ui.FileUpload(custom_id="files"))

    async def on_submit(self, interaction: discord.Interaction) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        words, (file,) = self.words.component.value, self.files.component.values
        size = len(await file.read())
        await interaction.edit_original_response(
            content=f"{words}, {file.filename} has {size} bytes"
        )


class Panel(discord.ui.View):
    @discord.ui.button(label="Press", custom_id="press")
    async def press(self, interaction: discord.Interaction, _: discord.ui.Button) -> None:
        await interaction.response.edit_message(content="pressed", view=None)

    @discord.ui.select(
        custom_id="choose",
        options=[discord.SelectOption(label="One", value="one"), discord.SelectOption(label="Two")],
    )
    async def choose(self, interaction: discord.Interaction, select: discord.ui.Select) -> None:
        await interaction.response.send_message(f"chose {select.values[0]}", ephemeral=True)

    @discord.ui.select(cls=discord.ui.UserSelect, custom_id="who")
    async def who(self, interaction: discord.Interaction, select: discord.ui.UserSelect) -> None:
        await interaction.response.send_message(f"who {select.values[0].display_name}")


class FormButton(discord.ui.View):
    @discord.ui.button(label="Form", custom_id="form")
    async def form(self, interaction: discord.Interaction, _: discord.ui.Button) -> None:
        await interaction.response.send_modal(Form())


class Bot(discord.Client):
    def __init__(self) -> None:
        intents = discord.Intents.default()
        intents.message_content = True
        super().__init__(intents=intents)
        self.tree = app_commands.CommandTree(self)

    async def setup_hook(self) -> None:
        @self.tree.command(name="greet", description="Greets")
        @app_commands.describe(name="Whom", file="A file")
        async def greet(
            interaction: discord.Interaction, name: str, file: discord.Attachment
        ) -> None:
            await interaction.response.defer(ephemeral=True)
            size = len(await file.read())
            await interaction.edit_original_response(
                content=f"Hello {name}, {file.filename} has {size} bytes"
            )
            await interaction.followup.send("And goodbye", ephemeral=False)

        @greet.autocomplete("name")
        async def names(_: discord.Interaction, current: str) -> list[app_commands.Choice[str]]:
            known = [name for name in ("Ada", "Ann", "Ben") if name.startswith(current)]
            return [app_commands.Choice(name=name, value=name) for name in known]

        @self.tree.context_menu(name="Quote")
        async def quote(interaction: discord.Interaction, message: discord.Message) -> None:
            await interaction.response.send_message(f"> {message.content}")

        await self.tree.sync()

    async def on_ready(self) -> None:
        await self.get_channel(int(SETTINGS["channel"])).send("ready")

    async def on_message(self, message: discord.Message) -> None:
        if message.author.bot or not message.content.startswith("!"):
            return
        what = message.content[1:]
        await getattr(self, f"do_{what}")(message)
        await message.channel.send(f"done {what}")

    async def do_messages(self, message: discord.Message) -> None:
        sent = await message.reply(
            "first",
            embed=discord.Embed(title="Card", description="Text"),
            file=discord.File(io.BytesIO(b"words"), "notes.txt"),
        )
        await sent.edit(content="second")
        await sent.pin()
        await message.add_reaction("👍")
        gone = await message.channel.send("gone")
        await gone.delete()
        found = [
            one
            async for one in message.channel.history(limit=10)
            if one.type is not discord.MessageType.pins_add
        ]
        await message.channel.send(f"history {len(found)} {found[-1].content}")

    async def do_thread(self, message: discord.Message) -> None:
        thread = await message.create_thread(name="Talk")
        await thread.send("inside")
        await thread.add_user(message.author)
        await thread.edit(archived=True, locked=True)

    async def do_forum(self, _: discord.Message) -> None:
        forum = await self.fetch_channel(int(SETTINGS["forum"]))
        await forum.create_thread(
            name="Post", content="starter", applied_tags=[forum.available_tags[0]]
        )

    async def do_panel(self, message: discord.Message) -> None:
        await message.channel.send("panel", view=Panel(timeout=None))

    async def do_form(self, message: discord.Message) -> None:
        await message.channel.send("form here", view=FormButton(timeout=None))

    async def do_webhook(self, message: discord.Message) -> None:
        webhook = await message.channel.create_webhook(name="Copy")
        sent = await webhook.send("copied", username="Somebody else", wait=True)
        await sent.edit(content="copied again")
        await webhook.delete()

    async def do_once(self, message: discord.Message) -> None:
        await message.channel.send("once")

    async def do_again(self, message: discord.Message) -> None:
        await message.channel.send("again")


async def main() -> None:
    async with Bot() as bot:
        await bot.start(SETTINGS["token"])


discord.utils.setup_logging()
asyncio.run(main())
