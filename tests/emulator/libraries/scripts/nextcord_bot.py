"""The bot of the library tests, with nextcord. Run with one argument, the settings as JSON."""

from __future__ import annotations

import io
import json
import sys

import nextcord

SETTINGS = json.loads(sys.argv[1])
nextcord.http.Route.BASE = f"{SETTINGS['page']}/api/v10"

intents = nextcord.Intents.default()
intents.message_content = True
bot = nextcord.Client(intents=intents)


@bot.slash_command(description="Greets")
async def greet(inter: nextcord.Interaction, name: str, file: nextcord.Attachment) -> None:
    await inter.response.defer(ephemeral=True)
    size = len(await file.read())
    await inter.edit_original_message(content=f"Hello {name}, {file.filename} has {size} bytes")
    await inter.followup.send("And goodbye", ephemeral=False)


@greet.on_autocomplete("name")
async def names(inter: nextcord.Interaction, typed: str) -> None:
    known = [name for name in ("Ada", "Ann", "Ben") if name.startswith(typed)]
    await inter.response.send_autocomplete(known)


@bot.message_command(name="Quote")
async def quote(inter: nextcord.Interaction, message: nextcord.Message) -> None:
    await inter.response.send_message(f"> {message.content}")


@bot.event
async def on_ready() -> None:
    await bot.sync_all_application_commands()
    await bot.get_channel(int(SETTINGS["channel"])).send("ready")


class Panel(nextcord.ui.View):
    @nextcord.ui.button(label="Press", custom_id="press")
    async def press(self, _: nextcord.ui.Button, inter: nextcord.Interaction) -> None:
        await inter.response.edit_message(content="pressed", view=None)

    @nextcord.ui.select(
        custom_id="choose",
        options=[
            nextcord.SelectOption(label="One", value="one"),
            nextcord.SelectOption(label="Two", value="two"),
        ],
    )
    async def choose(self, select: nextcord.ui.Select, inter: nextcord.Interaction) -> None:
        await inter.response.send_message(f"chose {select.values[0]}", ephemeral=True)

    @nextcord.ui.user_select(custom_id="who")
    async def who(self, select: nextcord.ui.UserSelect, inter: nextcord.Interaction) -> None:
        await inter.response.send_message(f"who {select.values[0].global_name}")


class Form(nextcord.ui.Modal):
    def __init__(self) -> None:
        super().__init__("Form", custom_id="modal")
        self.words = nextcord.ui.TextInput("Words", custom_id="words")
        self.add_item(self.words)

    async def callback(self, inter: nextcord.Interaction) -> None:
        await inter.response.defer(ephemeral=True, with_message=True)
        await inter.edit_original_message(content=self.words.value)


class FormButton(nextcord.ui.View):
    @nextcord.ui.button(label="Form", custom_id="form")
    async def form(self, _: nextcord.ui.Button, inter: nextcord.Interaction) -> None:
        await inter.response.send_modal(Form())


async def do_messages(message: nextcord.Message) -> None:
    sent = await message.reply(
        "first",
        embed=nextcord.Embed(title="Card", description="Text"),
        file=nextcord.File(io.BytesIO(b"words"), "notes.txt"),
    )
    await sent.edit(content="second")
    await sent.pin()
    await message.add_reaction("👍")
    gone = await message.channel.send("gone")
    await gone.delete()
    found = await message.channel.history(limit=10).flatten()
    found = [one for one in found if one.type is not nextcord.MessageType.pins_add]
    await message.channel.send(f"history {len(found)} {found[-1].content}")


async def do_thread(message: nextcord.Message) -> None:
    thread = await message.create_thread(name="Talk")
    await thread.send("inside")
    await thread.add_user(message.author)
    await thread.edit(archived=True, locked=True)


async def do_forum(_: nextcord.Message) -> None:
    forum = await bot.fetch_channel(int(SETTINGS["forum"]))
    await forum.create_thread(
        name="Post", content="starter", applied_tags=list(forum.available_tags[:1])
    )


async def do_panel(message: nextcord.Message) -> None:
    await message.channel.send("panel", view=Panel(timeout=None))


async def do_form(message: nextcord.Message) -> None:
    await message.channel.send("form here", view=FormButton(timeout=None))


async def do_webhook(message: nextcord.Message) -> None:
    webhook = await message.channel.create_webhook(name="Copy")
    sent = await webhook.send("copied", username="Somebody else", wait=True)
    await sent.edit(content="copied again")
    await webhook.delete()


async def do_once(message: nextcord.Message) -> None:
    await message.channel.send("once")


async def do_again(message: nextcord.Message) -> None:
    await message.channel.send("again")


@bot.event
async def on_message(message: nextcord.Message) -> None:
    if message.author.bot or not message.content.startswith("!"):
        return
    what = message.content[1:]
    await globals()[f"do_{what}"](message)
    await message.channel.send(f"done {what}")


bot.run(SETTINGS["token"])
