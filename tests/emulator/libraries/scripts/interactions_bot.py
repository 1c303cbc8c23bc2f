"""The bot of the library tests, with interactions.py. One argument: the settings as JSON."""

import io
import json
import sys

import aiohttp
import interactions
from interactions.api.events import MessageCreate, Startup

SETTINGS = json.loads(sys.argv[1])
interactions.api.http.route.Route.BASE = f"{SETTINGS['page']}/api/v10"

bot = interactions.Client(
    intents=interactions.Intents.DEFAULT | interactions.Intents.MESSAGE_CONTENT,
    delete_unused_application_cmds=False,
)


async def size_of(file: interactions.Attachment) -> int:
    async with aiohttp.ClientSession() as session, session.get(file.url) as response:
        return len(await response.read())


@interactions.slash_command("greet", description="Greets")
@interactions.slash_option(
    "name", "Whom", interactions.OptionType.STRING, required=True, autocomplete=True
)
@interactions.slash_option("file", "A file", interactions.OptionType.ATTACHMENT, required=True)
async def greet(ctx: interactions.SlashContext, name: str, file: interactions.Attachment) -> None:
    await ctx.defer(ephemeral=True)
    await ctx.send(f"Hello {name}, {file.filename} has {await size_of(file)} bytes")
    await ctx.send("And goodbye")


@greet.autocomplete("name")
async def names(ctx: interactions.AutocompleteContext) -> None:
    known = [name for name in ("Ada", "Ann", "Ben") if name.startswith(ctx.input_text)]
    await ctx.send(choices=[{"name": name, "value": name} for name in known])


@interactions.message_context_menu("Quote")
async def quote(ctx: interactions.ContextMenuContext) -> None:
    await ctx.send(f"> {ctx.target.content}")


@interactions.component_callback("press")
async def press(ctx: interactions.ComponentContext) -> None:
    await ctx.edit_origin(content="pressed", components=[])


@interactions.component_callback("choose")
async def choose(ctx: interactions.ComponentContext) -> None:
    await ctx.send(f"chose {ctx.values[0]}", ephemeral=True)


@interactions.component_callback("who")
async def who(ctx: interactions.ComponentContext) -> None:
    await ctx.send(f"who {ctx.values[0].display_name}")


@interactions.component_callback("form")
async def form(ctx: interactions.ComponentContext) -> None:
    words = interactions.ShortText(label="Words", custom_id="words")
    await ctx.send_modal(interactions.Modal(words, title="Form", custom_id="modal"))


@interactions.modal_callback("modal")
async def submit(ctx: interactions.ModalContext, words: str) -> None:
    await ctx.defer(ephemeral=True)
    await ctx.send(words)


async def do_messages(message: interactions.Message) -> None:
    sent = await message.reply(
        "first",
        embeds=interactions.Embed(title="Card", description="Text"),
        files=interactions.File(file=io.BytesIO(b"words"), file_name="notes.txt"),
    )
    await sent.edit(content="second")
    await sent.pin()
    await message.add_reaction("👍")
    gone = await message.channel.send("gone")
    await gone.delete()
    found = await message.channel.fetch_messages(limit=10)
    found = [
        one for one in found if one.type is not interactions.MessageType.CHANNEL_PINNED_MESSAGE
    ]
    await message.channel.send(f"history {len(found)} {found[-1].content}")


async def do_thread(message: interactions.Message) -> None:
    thread = await message.create_thread(name="Talk")
    await thread.send("inside")
    await thread.add_member(message.author)
    await thread.edit(archived=True, locked=True)


async def do_forum(_: interactions.Message) -> None:
    forum = await bot.fetch_channel(SETTINGS["forum"], force=True)
    await forum.create_post("Post", "starter", applied_tags=[forum.available_tags[0]])


async def do_panel(message: interactions.Message) -> None:
    rows = interactions.spread_to_rows(
        interactions.Button(style=2, label="Press", custom_id="press"),
        interactions.StringSelectMenu(
            interactions.StringSelectOption(label="One", value="one"),
            interactions.StringSelectOption(label="Two", value="two"),
            custom_id="choose",
        ),
        interactions.UserSelectMenu(custom_id="who"),
    )
    await message.channel.send("panel", components=rows)


async def do_form(message: interactions.Message) -> None:
    button = interactions.Button(style=1, label="Form", custom_id="form")
    await message.channel.send("form here", components=button)


async def do_webhook(message: interactions.Message) -> None:
    webhook = await message.channel.create_webhook("Copy")
    sent = await webhook.send("copied", username="Somebody else", wait=True)
    await webhook.edit_message(sent, content="copied again")
    await webhook.delete()


async def do_once(message: interactions.Message) -> None:
    await message.channel.send("once")


async def do_again(message: interactions.Message) -> None:
    await message.channel.send("again")


@interactions.listen(Startup)
async def on_startup(_: Startup) -> None:
    await bot.get_channel(SETTINGS["channel"]).send("ready")


@interactions.listen(MessageCreate)
async def on_message_create(event: MessageCreate) -> None:
    message = event.message
    if message.author.bot or not message.content.startswith("!"):
        return
    what = message.content[1:]
    await globals()[f"do_{what}"](message)
    await message.channel.send(f"done {what}")


bot.start(SETTINGS["token"])
