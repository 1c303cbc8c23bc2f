"""The bot of the library tests, with py-cord. Run with one argument, the settings as JSON."""

from __future__ import annotations

import io
import json
import sys

import discord

SETTINGS = json.loads(sys.argv[1])
discord.http.Route.API_BASE_URL = f"{SETTINGS['page']}/api/v{{API_VERSION}}"

intents = discord.Intents.default()
intents.message_content = True
bot = discord.Bot(intents=intents)


async def names(context: discord.AutocompleteContext) -> list[str]:
    return [name for name in ("Ada", "Ann", "Ben") if name.startswith(context.value)]


@bot.slash_command(description="Greets")
@discord.option("name", str, description="Whom", autocomplete=names)
@discord.option("file", discord.Attachment, description="A file")
async def greet(context: discord.ApplicationContext, name: str, file: discord.Attachment) -> None:
    await context.defer(ephemeral=True)
    size = len(await file.read())
    await context.interaction.edit_original_response(
        content=f"Hello {name}, {file.filename} has {size} bytes"
    )
    await context.followup.send("And goodbye", ephemeral=False)


@bot.message_command(name="Quote")
async def quote(context: discord.ApplicationContext, message: discord.Message) -> None:
    await context.respond(f"> {message.content}")


@bot.event
async def on_ready() -> None:
    await bot.get_channel(int(SETTINGS["channel"])).send("ready")


class Panel(discord.ui.View):
    @discord.ui.button(label="Press", custom_id="press")
    async def press(self, _: discord.ui.Button, inter: discord.Interaction) -> None:
        await inter.response.edit_message(content="pressed", view=None)

    @discord.ui.select(
        custom_id="choose",
        options=[
            discord.SelectOption(label="One", value="one"),
            discord.SelectOption(label="Two", value="two"),
        ],
    )
    async def choose(self, select: discord.ui.Select, inter: discord.Interaction) -> None:
        await inter.response.send_message(f"chose {select.values[0]}", ephemeral=True)

    @discord.ui.user_select(custom_id="who")
    async def who(self, select: discord.ui.Select, inter: discord.Interaction) -> None:
        await inter.response.send_message(f"who {select.values[0].display_name}")


class Form(discord.ui.DesignerModal):
    def __init__(self) -> None:
        self.words = discord.ui.TextInput(custom_id="words")
        self.files = discord.ui.FileUpload(custom_id="files")
        super().__init__(
            discord.ui.Label("Words", self.words),
            discord.ui.Label("Files", self.files),
            title="Form",
            custom_id="modal",
        )

    async def callback(self, inter: discord.Interaction) -> None:
        await inter.response.defer(ephemeral=True, invisible=False)
        file = self.files.values[0]
        size = len(await file.read())
        await inter.edit_original_response(
            content=f"{self.words.value}, {file.filename} has {size} bytes"
        )


class FormButton(discord.ui.View):
    @discord.ui.button(label="Form", custom_id="form")
    async def form(self, _: discord.ui.Button, inter: discord.Interaction) -> None:
        await inter.response.send_modal(Form())


async def do_messages(message: discord.Message) -> None:
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
    found = await message.channel.history(limit=10).flatten()
    found = [one for one in found if one.type is not discord.MessageType.pins_add]
    await message.channel.send(f"history {len(found)} {found[-1].content}")


async def do_thread(message: discord.Message) -> None:
    thread = await message.create_thread(name="Talk")
    await thread.send("inside")
    await thread.add_user(message.author)
    await thread.edit(archived=True, locked=True)


async def do_forum(_: discord.Message) -> None:
    forum = await bot.fetch_channel(int(SETTINGS["forum"]))
    await forum.create_thread(name="Post", content="starter", applied_tags=forum.available_tags[:1])


async def do_panel(message: discord.Message) -> None:
    await message.channel.send("panel", view=Panel(timeout=None))


async def do_form(message: discord.Message) -> None:
    await message.channel.send("form here", view=FormButton(timeout=None))


async def do_webhook(message: discord.Message) -> None:
    webhook = await message.channel.create_webhook(name="Copy")
    sent = await webhook.send("copied", username="Somebody else", wait=True)
    await sent.edit(content="copied again")
    await webhook.delete()


async def do_once(message: discord.Message) -> None:
    await message.channel.send("once")


async def do_again(message: discord.Message) -> None:
    await message.channel.send("again")


@bot.event
async def on_message(message: discord.Message) -> None:
    if message.author.bot or not message.content.startswith("!"):
        return
    what = message.content[1:]
    await globals()[f"do_{what}"](message)
    await message.channel.send(f"done {what}")


bot.run(SETTINGS["token"])
