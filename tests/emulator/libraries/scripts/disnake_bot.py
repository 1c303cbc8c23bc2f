"""The bot of the library tests, with disnake. Run with one argument, the settings as JSON."""

from __future__ import annotations

import io
import json
import sys

import disnake
from disnake.ext import commands

SETTINGS = json.loads(sys.argv[1])
disnake.http.Route.BASE = f"{SETTINGS['page']}/api/v10"

intents = disnake.Intents.default()
intents.message_content = True
bot = commands.InteractionBot(intents=intents)


@bot.slash_command(description="Greets")
async def greet(
    inter: disnake.ApplicationCommandInteraction, name: str, file: disnake.Attachment
) -> None:
    await inter.response.defer(ephemeral=True)
    size = len(await file.read())
    await inter.edit_original_response(f"Hello {name}, {file.filename} has {size} bytes")
    await inter.followup.send("And goodbye", ephemeral=False)


@greet.autocomplete("name")
async def names(_: disnake.ApplicationCommandInteraction, typed: str) -> list[str]:
    return [name for name in ("Ada", "Ann", "Ben") if name.startswith(typed)]


@bot.message_command(name="Quote")
async def quote(inter: disnake.ApplicationCommandInteraction, message: disnake.Message) -> None:
    await inter.response.send_message(f"> {message.content}")


@bot.event
async def on_ready() -> None:
    await bot.get_channel(int(SETTINGS["channel"])).send("ready")


class Panel(disnake.ui.View):
    @disnake.ui.button(label="Press", custom_id="press")
    async def press(self, _: disnake.ui.Button, inter: disnake.MessageInteraction) -> None:
        await inter.response.edit_message(content="pressed", view=None)

    @disnake.ui.string_select(custom_id="choose", options={"One": "one", "Two": "two"})
    async def choose(
        self, select: disnake.ui.StringSelect, inter: disnake.MessageInteraction
    ) -> None:
        await inter.response.send_message(f"chose {select.values[0]}", ephemeral=True)

    @disnake.ui.user_select(custom_id="who")
    async def who(self, select: disnake.ui.UserSelect, inter: disnake.MessageInteraction) -> None:
        await inter.response.send_message(f"who {select.values[0].display_name}")


class Form(disnake.ui.Modal):
    def __init__(self) -> None:
        super().__init__(
            title="Form",
            custom_id="modal",
            components=[
                disnake.ui.Label("Words", disnake.ui.TextInput(custom_id="words")),
                disnake.ui.Label("Files", disnake.ui.FileUpload(custom_id="files")),
            ],
        )

    async def callback(self, inter: disnake.ModalInteraction) -> None:
        await inter.response.defer(ephemeral=True, with_message=True)
        words, file = inter.values["words"], inter.resolved_values["files"][0]
        size = len(await file.read())
        await inter.edit_original_response(f"{words}, {file.filename} has {size} bytes")


class FormButton(disnake.ui.View):
    @disnake.ui.button(label="Form", custom_id="form")
    async def form(self, _: disnake.ui.Button, inter: disnake.MessageInteraction) -> None:
        await inter.response.send_modal(Form())


async def do_messages(message: disnake.Message) -> None:
    sent = await message.reply(
        "first",
        embed=disnake.Embed(title="Card", description="Text"),
        file=disnake.File(io.BytesIO(b"words"), "notes.txt"),
    )
    await sent.edit(content="second")
    await sent.pin()
    await message.add_reaction("👍")
    gone = await message.channel.send("gone")
    await gone.delete()
    found = await message.channel.history(limit=10).flatten()
    found = [one for one in found if one.type is not disnake.MessageType.pins_add]
    await message.channel.send(f"history {len(found)} {found[-1].content}")


async def do_thread(message: disnake.Message) -> None:
    thread = await message.create_thread(name="Talk")
    await thread.send("inside")
    await thread.add_user(message.author)
    await thread.edit(archived=True, locked=True)


async def do_forum(_: disnake.Message) -> None:
    forum = await bot.fetch_channel(int(SETTINGS["forum"]))
    await forum.create_thread(name="Post", content="starter", applied_tags=forum.available_tags[:1])


async def do_panel(message: disnake.Message) -> None:
    await message.channel.send("panel", view=Panel(timeout=None))


async def do_form(message: disnake.Message) -> None:
    await message.channel.send("form here", view=FormButton(timeout=None))


async def do_webhook(message: disnake.Message) -> None:
    webhook = await message.channel.create_webhook(name="Copy")
    sent = await webhook.send("copied", username="Somebody else", wait=True)
    await sent.edit(content="copied again")
    await webhook.delete()


async def do_once(message: disnake.Message) -> None:
    await message.channel.send("once")


async def do_again(message: disnake.Message) -> None:
    await message.channel.send("again")


@bot.event
async def on_message(message: disnake.Message) -> None:
    if message.author.bot or not message.content.startswith("!"):
        return
    what = message.content[1:]
    await globals()[f"do_{what}"](message)
    await message.channel.send(f"done {what}")


bot.run(SETTINGS["token"])
