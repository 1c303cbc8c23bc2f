"""Responding to an interaction: the first response, edits and follow-up messages.

AutoMod applies to responses that others can see. docs: Receiving and Responding to Interactions ›
Responding to an Interaction, Followup Messages.
"""

from __future__ import annotations

from typing import Any

from bot.emulator import payloads
from bot.emulator.rules import messages, modals
from bot.emulator.rules.automod import check_text
from bot.emulator.rules.commands import check_number
from bot.emulator.rules.components import IS_COMPONENTS_V2
from bot.emulator.rules.errors import api_error
from bot.emulator.rules.interactions import AUTOCOMPLETE, COMMAND, COMPONENT, MODAL
from bot.emulator.rules.json_form import Form, read_id
from bot.emulator.rules.message_input import (
    EDIT,
    EPHEMERAL,
    EXECUTE,
    SILENT,
    SUPPRESS_EMBEDS,
    Draft,
    read_draft,
)
from bot.emulator.rules.uploads import Upload
from bot.emulator.world.events import AutocompleteAnswered, Event, InteractionAnswered, ModalShown
from bot.emulator.world.models import Interaction, InteractionState, Message, MessageType
from bot.emulator.world.world import ANSWER_WITHIN, TOKEN_LASTS, World

__all__ = [
    "delete_response",
    "edit_response",
    "get_by_token",
    "get_pending",
    "get_response",
    "respond",
    "send_followup",
]

_LOADING = 1 << 7
_SETTABLE = SUPPRESS_EMBEDS | EPHEMERAL | SILENT | IS_COMPONENTS_V2
_MESSAGE, _DEFERRED, _DEFERRED_UPDATE, _UPDATE, _CHOICES, _MODAL = 4, 5, 6, 7, 8, 9
_ALLOWED = {
    COMMAND: (_MESSAGE, _DEFERRED, _MODAL),
    COMPONENT: (_MESSAGE, _DEFERRED, _DEFERRED_UPDATE, _UPDATE, _MODAL),
    AUTOCOMPLETE: (_CHOICES,),
    MODAL: (_MESSAGE, _DEFERRED, _DEFERRED_UPDATE, _UPDATE),
}
"""The response types allowed for each interaction type. docs: Interaction Callback Type."""


def get_pending(world: World, interaction_id: int, token: str) -> Interaction:
    """The interaction, if it still waits for its first response.

    Raises 10062 if there is none or its 3 seconds are over, 40060 if it has a response already.
    """
    interaction = world.interactions.get(interaction_id)
    if interaction is None or interaction.token != token:
        raise api_error(10062)
    if interaction.state is InteractionState.ANSWERED:
        raise api_error(40060)
    if interaction.state is InteractionState.FAILED or (
        interaction.created_at + ANSWER_WITHIN < world.now()
    ):
        raise api_error(10062)
    return interaction


def respond(world: World, interaction: Interaction, form: Form, uploads: list[Upload]) -> None:
    """Give the first response. docs: Create Interaction Response."""
    kind = form.integer("type", required=True)
    allowed = _ALLOWED[interaction.type]
    if interaction.type == MODAL and interaction.source_message_id is None:
        allowed = (_MESSAGE, _DEFERRED)
    if kind not in allowed:
        form.choice("type", allowed, required=True)
    data = form.form("data", required=kind in {_MESSAGE, _UPDATE, _CHOICES, _MODAL})
    form.check()
    inner = data or Form({}, ("data",), form.errors)
    event: Event = InteractionAnswered(interaction)
    if kind in {_MESSAGE, _DEFERRED}:
        _first_message(world, interaction, inner, uploads, deferred=kind == _DEFERRED)
    elif kind in {_DEFERRED_UPDATE, _UPDATE}:
        _update_source(world, interaction, inner, uploads, deferred=kind == _DEFERRED_UPDATE)
    elif kind == _CHOICES:
        event = AutocompleteAnswered(interaction, _choices(inner))
    else:
        modal = modals.read_modal(inner)
        form.check()
        interaction.modal = modal
        event = ModalShown(interaction)
    interaction.state = InteractionState.ANSWERED
    interaction.answer = {"type": kind, "data": form.body.get("data")}
    world.emit(event)


def _choices(form: Form) -> list[dict[str, Any]]:
    """docs: Interaction Callback Data Structure › Autocomplete: at most 25 choices."""
    found = []
    for choice in form.forms("choices", most=25, required=True):
        value = choice.body.get("value")
        if isinstance(value, str):
            choice.string("value", least=1, most=100, required=True, strip=False)
        elif isinstance(value, bool) or not isinstance(value, int | float):
            choice.add_error("value", "BASE_TYPE_REQUIRED", "This field is required")
        else:
            check_number(choice, "value", value, whole=isinstance(value, int))
        name = choice.string("name", least=1, most=100, required=True)
        found.append({"name": name, "value": value})
    form.check()
    return found


def _metadata(world: World, interaction: Interaction) -> dict[str, Any]:
    """docs: Message Resource › Message Interaction Metadata."""
    data: dict[str, Any] = {
        "id": str(interaction.id),
        "type": interaction.type,
        "user": payloads.user(world.users[interaction.member_id]),
        "authorizing_integration_owners": {"0": str(interaction.guild_id or 0)},
    }
    if interaction.type == COMMAND:
        given = interaction.payload["data"]
        data |= {"name": given["name"], "command_type": given["type"]}
        if given["type"] == 2:
            data["target_user"] = given["resolved"]["users"][given["target_id"]]
        elif given["type"] == 3:
            data["target_message_id"] = given["target_id"]
    elif interaction.type == COMPONENT:
        data["interacted_message_id"] = str(interaction.source_message_id)
    elif interaction.triggered_by is not None:
        opened = world.interactions[interaction.triggered_by]
        data["triggering_interaction_metadata"] = _metadata(world, opened)
    return data


def _build_message(world: World, interaction: Interaction, draft: Draft) -> Message:
    """Build a message of the application, without posting it."""
    application = world.applications[interaction.application_id]
    channel = world.channels.get(interaction.channel_id)
    if channel is None:
        raise api_error(10003)
    bot = world.users[application.bot_id]
    if not draft.flags & EPHEMERAL:
        check_text(world, bot, channel, draft.content)
    message = messages.build_message(world, channel, bot, draft)
    message.webhook_id = message.application_id = application.id
    message.interaction_id = interaction.id
    message.interaction_metadata = _metadata(world, interaction)
    if message.flags & EPHEMERAL:
        message.ephemeral_to = interaction.member_id
    return message


def _set_reference(message: Message, to: Message | None) -> None:
    """Make a message a reply to another, unless that one is ephemeral and this one isn't."""
    if to is None or to.deleted or (to.ephemeral_to is not None and message.ephemeral_to is None):
        return
    message.type, message.reply_to = MessageType.REPLY, to.id
    message.reference = {
        "type": 0,
        "channel_id": str(to.channel_id),
        "message_id": str(to.id),
    }
    if to.guild_id is not None:
        message.reference["guild_id"] = str(to.guild_id)


def _first_message(
    world: World, interaction: Interaction, form: Form, uploads: list[Upload], *, deferred: bool
) -> None:
    draft = read_draft(form, uploads, settable=_SETTABLE, fields=EXECUTE)
    if deferred and (form.integer("flags") or 0) & ~EPHEMERAL:
        form.add_error("flags", "BASE_TYPE_CHOICES", "Only EPHEMERAL may be set here.")
    form.check()
    if draft.empty and not deferred:
        raise api_error(50006)
    if deferred:
        draft = Draft(flags=draft.flags & EPHEMERAL | _LOADING)
    message = _build_message(world, interaction, draft)
    message.loading = deferred
    if interaction.type == COMMAND:
        context = interaction.payload["data"]["type"] != 1
        message.type = (
            MessageType.CONTEXT_MENU_COMMAND if context else MessageType.CHAT_INPUT_COMMAND
        )
    else:
        _set_reference(message, world.messages.get(interaction.source_message_id or 0))
    messages.post(world, message)
    interaction.original_id = message.id
    interaction.messages.append(message.id)


def _update_source(
    world: World, interaction: Interaction, form: Form, uploads: list[Upload], *, deferred: bool
) -> None:
    source = world.messages.get(interaction.source_message_id or 0)
    if source is None or source.deleted:
        raise api_error(10008)
    interaction.original_id = source.id
    if deferred:
        return
    draft = _edit_draft(source, form, uploads)
    _check_words(world, source, draft)
    messages.edit(world, source, draft)


def _check_words(world: World, message: Message, draft: Draft) -> None:
    """Raises 200000 if AutoMod blocks an edit of a response that others can see.

    That a first response is blocked too isn't documented; here it is, for a bot's messages are.
    docs: Change Log, 27 June 2024 (updating a message, deferred ones too); Auto Moderation › Event
    Types (``MESSAGE_SEND``).
    """
    application = world.applications.get(message.application_id or 0)
    if application is not None and message.interaction_id and message.ephemeral_to is None:
        channel = world.channels[message.channel_id]
        check_text(world, world.users[application.bot_id], channel, draft.content)


def _edit_draft(message: Message, form: Form, uploads: list[Upload]) -> Draft:
    draft = read_draft(
        form,
        uploads,
        settable=SUPPRESS_EMBEDS | IS_COMPONENTS_V2,
        fields=EDIT | {"poll"} if message.loading else EDIT,
        v2=bool(message.flags & IS_COMPONENTS_V2),
    )
    form.check()
    if not message.loading:
        messages.check_fixed_parts(message, form)
    return draft


def get_by_token(world: World, application_id: int, token: str) -> Interaction:
    """The interaction whose token is used like a webhook's.

    Raises 10015 for an unknown token or before the first response, 50027 after 15 minutes.
    """
    for interaction in world.interactions.values():
        if interaction.token == token and interaction.application_id == application_id:
            break
    else:
        raise api_error(10015)
    if interaction.created_at + TOKEN_LASTS <= world.now():
        raise api_error(50027)
    if interaction.state is not InteractionState.ANSWERED or interaction.type == AUTOCOMPLETE:
        raise api_error(10015)
    return interaction


def send_followup(
    world: World, interaction: Interaction, form: Form, uploads: list[Upload]
) -> Message:
    """Send a follow-up, or fill in a response that was deferred and still loads.

    docs: Create Followup Message.
    """
    original = world.messages.get(interaction.original_id or 0)
    if original is not None and original.loading and not original.deleted:
        edit_response(world, original, form, uploads)
        return original
    draft = read_draft(form, uploads, settable=_SETTABLE, fields=EXECUTE)
    form.check()
    if draft.empty:
        raise api_error(50006)
    message = _build_message(world, interaction, draft)
    _set_reference(message, world.messages.get(interaction.original_id or 0))
    messages.post(world, message)
    interaction.messages.append(message.id)
    return message


def get_response(world: World, interaction: Interaction, wanted: str) -> Message:
    """One of an interaction's messages by id, the first as ``@original``. Raises 10008."""
    if wanted == "@original":
        message = world.messages.get(interaction.original_id or 0)
    else:
        number = read_id(wanted)
        message = world.messages.get(number or 0) if number in interaction.messages else None
    if message is None or message.deleted:
        raise api_error(10008)
    return message


def edit_response(world: World, message: Message, form: Form, uploads: list[Upload]) -> None:
    """docs: Edit Original Interaction Response, Edit Followup Message."""
    draft = _edit_draft(message, form, uploads)
    _check_words(world, message, draft)
    loading = message.loading
    message.loading, message.flags = False, message.flags & ~_LOADING
    try:
        messages.edit(world, message, draft)
    except Exception:
        message.loading = loading
        message.flags |= _LOADING if loading else 0
        raise
    if loading:
        message.edited_timestamp = None


def delete_response(world: World, message: Message) -> None:
    """docs: Delete Original Interaction Response, Delete Followup Message."""
    messages.delete(world, message)
