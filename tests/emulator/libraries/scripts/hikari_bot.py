"""The bot of the library tests, with hikari. Run with one argument, the settings as JSON."""

from __future__ import annotations

import asyncio
import json
import sys

import hikari

SETTINGS = json.loads(sys.argv[1])
bot = hikari.GatewayBot(
    SETTINGS["token"],
    rest_url=f"{SETTINGS['page']}/api/v10",
    intents=hikari.Intents.ALL_UNPRIVILEGED | hikari.Intents.MESSAGE_CONTENT,
    banner=None,
)
EPHEMERAL = hikari.MessageFlag.EPHEMERAL
MESSAGE = hikari.ResponseType.MESSAGE_CREATE


@bot.listen()
async def start(_: hikari.StartedEvent) -> None:
    greet = bot.rest.slash_command_builder("greet", "Greets")
    greet.add_option(
        hikari.CommandOption(
            type=hikari.OptionType.STRING,
            name="name",
            description="Whom",
            is_required=True,
            autocomplete=True,
        )
    )
    greet.add_option(
        hikari.CommandOption(
            type=hikari.OptionType.ATTACHMENT, name="file", description="A file", is_required=True
        )
    )
    quote = bot.rest.context_menu_command_builder(hikari.CommandType.MESSAGE, "Quote")
    application = await bot.rest.fetch_application()
    await bot.rest.set_application_commands(application, [greet, quote])
    await bot.rest.create_message(int(SETTINGS["channel"]), "ready")


async def do_messages(message: hikari.Message) -> None:
    sent = await message.respond(
        "first",
        reply=True,
        embed=hikari.Embed(title="Card", description="Text"),
        attachment=hikari.Bytes(b"words", "notes.txt"),
    )
    await sent.edit("second")
    await bot.rest.pin_message(sent.channel_id, sent)
    await message.add_reaction("👍")
    gone = await message.respond("gone")
    await gone.delete()
    found = await bot.rest.fetch_messages(message.channel_id).limit(10)
    found = [one for one in found if one.type is not hikari.MessageType.CHANNEL_PINNED_MESSAGE]
    await message.respond(f"history {len(found)} {found[-1].content}")


async def do_thread(message: hikari.Message) -> None:
    thread = await bot.rest.create_message_thread(message.channel_id, message, "Talk")
    await thread.send("inside")
    await bot.rest.add_thread_member(thread, message.author)
    await bot.rest.edit_channel(thread, archived=True, locked=True)


async def do_forum(_: hikari.Message) -> None:
    forum = await bot.rest.fetch_channel(int(SETTINGS["forum"]))
    await bot.rest.create_forum_post(forum, "Post", "starter", tags=[forum.available_tags[0].id])


async def do_panel(message: hikari.Message) -> None:
    buttons = bot.rest.build_message_action_row()
    buttons.add_interactive_button(hikari.ButtonStyle.SECONDARY, "press", label="Press")
    choose = bot.rest.build_message_action_row()
    menu = choose.add_text_menu("choose")
    menu.add_option("One", "one").add_option("Two", "two")
    who = bot.rest.build_message_action_row()
    who.add_select_menu(hikari.ComponentType.USER_SELECT_MENU, "who")
    await message.respond("panel", components=[buttons, choose, who])


async def do_form(message: hikari.Message) -> None:
    row = bot.rest.build_message_action_row()
    row.add_interactive_button(hikari.ButtonStyle.PRIMARY, "form", label="Form")
    await message.respond("form here", component=row)


async def do_webhook(message: hikari.Message) -> None:
    webhook = await bot.rest.create_webhook(message.channel_id, "Copy")
    sent = await webhook.execute("copied", username="Somebody else")
    await webhook.edit_message(sent, "copied again")
    await webhook.delete()


async def do_once(message: hikari.Message) -> None:
    await message.respond("once")


async def do_again(message: hikari.Message) -> None:
    await message.respond("again")


ACTS = {
    name.removeprefix("do_"): act for name, act in list(globals().items()) if name.startswith("do_")
}


@bot.listen()
async def obey(event: hikari.GuildMessageCreateEvent) -> None:
    if event.is_bot or not (event.content or "").startswith("!"):
        return
    what = event.content[1:]
    await ACTS[what](event.message)
    await event.message.respond(f"done {what}")


@bot.listen()
async def interact(event: hikari.InteractionCreateEvent) -> None:
    interaction = event.interaction
    if isinstance(interaction, hikari.AutocompleteInteraction):
        typed = next(one.value for one in interaction.options if one.is_focused)
        known = [name for name in ("Ada", "Ann", "Ben") if name.startswith(typed)]
        choices = [hikari.impl.AutocompleteChoiceBuilder(name, name) for name in known]
        await interaction.create_response(choices)
    elif isinstance(interaction, hikari.CommandInteraction):
        await run(interaction)
    elif isinstance(interaction, hikari.ComponentInteraction):
        await press(interaction)
    elif isinstance(interaction, hikari.ModalInteraction):
        await interaction.create_initial_response(
            hikari.ResponseType.DEFERRED_MESSAGE_CREATE, flags=EPHEMERAL
        )
        await interaction.edit_initial_response(interaction.components[0].components[0].value)


async def run(interaction: hikari.CommandInteraction) -> None:
    if interaction.command_name == "Quote":
        message = interaction.resolved.messages[interaction.target_id]
        await interaction.create_initial_response(MESSAGE, f"> {message.content}")
        return
    await interaction.create_initial_response(
        hikari.ResponseType.DEFERRED_MESSAGE_CREATE, flags=EPHEMERAL
    )
    given = {one.name: one.value for one in interaction.options}
    file = interaction.resolved.attachments[given["file"]]
    size = len(await file.read())
    await interaction.edit_initial_response(
        f"Hello {given['name']}, {file.filename} has {size} bytes"
    )
    await interaction.execute("And goodbye")


async def press(interaction: hikari.ComponentInteraction) -> None:
    if interaction.custom_id == "press":
        await interaction.create_initial_response(
            hikari.ResponseType.MESSAGE_UPDATE, "pressed", components=[]
        )
    elif interaction.custom_id == "choose":
        await interaction.create_initial_response(
            MESSAGE, f"chose {interaction.values[0]}", flags=EPHEMERAL
        )
    elif interaction.custom_id == "who":
        (member,) = interaction.resolved.members.values()
        await interaction.create_initial_response(MESSAGE, f"who {member.display_name}")
    else:
        row = bot.rest.build_modal_action_row()
        row.add_text_input("words", "Words")
        await interaction.create_modal_response("Form", "modal", component=row)


asyncio.set_event_loop(asyncio.new_event_loop())
bot.run(check_for_updates=False)
