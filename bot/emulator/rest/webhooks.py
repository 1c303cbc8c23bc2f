"""Webhooks, and interaction tokens, which are used like webhooks.

docs: Webhook Resource; Receiving and Responding to Interactions › Followup Messages.
"""

from __future__ import annotations

import re
import secrets

from bot.emulator import payloads
from bot.emulator.rest.request import Api, Call, Result, json_response
from bot.emulator.rules import interaction_responses, messages, threads
from bot.emulator.rules.access import get_channel, get_guild, require, require_in_guild
from bot.emulator.rules.components import IS_COMPONENTS_V2, walk_given
from bot.emulator.rules.errors import api_error
from bot.emulator.rules.json_form import Form, form_error, read_id
from bot.emulator.rules.message_input import EXECUTE, SILENT, SUPPRESS_EMBEDS, Draft, read_draft
from bot.emulator.world.events import WebhooksUpdated
from bot.emulator.world.models import Channel, ChannelType, Message, User, Webhook
from bot.emulator.world.permissions import Permission

__all__ = ["add_routes"]

_MAX_PER_CHANNEL = 15
_MAX_PER_GUILD = 1000
_FORBIDDEN = re.compile(r"discord|clyde", re.IGNORECASE)
_RESERVED = {"everyone", "here"}
_SETTABLE = SUPPRESS_EMBEDS | SILENT | IS_COMPONENTS_V2
_EXECUTE = "/webhooks/{webhook_id}/{webhook_token}"
_MESSAGE = f"{_EXECUTE}/messages/{{message_id}}"


def add_routes(api: Api) -> None:
    """Add the routes; a token in the path needs no other authentication."""
    api.add("POST", "/channels/{channel_id}/webhooks", _create)
    api.add("GET", "/channels/{channel_id}/webhooks", _of_channel)
    api.add("GET", "/guilds/{guild_id}/webhooks", _of_guild)
    api.add("GET", "/webhooks/{webhook_id}", _get)
    api.add("PATCH", "/webhooks/{webhook_id}", _change)
    api.add("DELETE", "/webhooks/{webhook_id}", _delete)
    api.add("GET", _EXECUTE, _get_by_token, open_to_all=True)
    api.add("PATCH", _EXECUTE, _change_by_token, open_to_all=True)
    api.add("DELETE", _EXECUTE, _delete_by_token, open_to_all=True)
    api.add("POST", _EXECUTE, _execute, open_to_all=True)
    api.add("GET", _MESSAGE, _get_message, open_to_all=True)
    api.add("PATCH", _MESSAGE, _edit_message, open_to_all=True)
    api.add("DELETE", _MESSAGE, _delete_message, open_to_all=True)


def _name(form: Form, field: str, *, required: bool) -> str | None:
    """docs: Webhook Resource › Create Webhook: 1 to 80, not with "clyde" or "discord" in it."""
    name = form.string(field, least=1 if required else 0, most=80, required=required)
    found = _FORBIDDEN.search(name or "")
    if found is not None:
        form.add_error(
            field,
            "USERNAME_INVALID_CONTAINS",
            f'Username cannot contain "{found[0].lower()}"',
        )
    if (name or "").lower() in _RESERVED:
        form.add_error(field, "USERNAME_INVALID_CONTAINS", f'Username cannot be "{name}"')
    return name or None


async def _create(call: Call) -> Result:
    """docs: Webhook Resource › Create Webhook; errors 30007 and 30058."""
    world, user = call.world, call.user
    channel = get_channel(world, user, call.id("channel_id"))
    _require_place(call, channel)
    form = call.form
    name = _name(form, "name", required=True) or ""
    form.check()
    _check_room(call, channel)
    if sum(1 for w in world.webhooks.values() if w.guild_id == channel.guild_id) >= _MAX_PER_GUILD:
        raise api_error(30058)
    application = world.application_of(user.id)
    assert channel.guild_id is not None
    webhook = Webhook(
        id=world.new_id(),
        channel_id=channel.id,
        guild_id=channel.guild_id,
        name=name,
        token=secrets.token_urlsafe(51),
        creator_id=user.id,
        application_id=application.id if application is not None else None,
    )
    world.webhooks[webhook.id] = webhook
    world.emit(WebhooksUpdated(channel))
    return payloads.webhook(world, webhook, secret=True)


def _require_place(call: Call, channel: Channel) -> None:
    """Raises 50024 where a webhook can't be, 50013 without *Manage Webhooks*."""
    nowhere = channel.guild_id is None or channel.thread is not None
    if nowhere or channel.type is ChannelType.CATEGORY:
        raise api_error(50024)
    require(call.world, call.user, channel, Permission.MANAGE_WEBHOOKS)


def _check_room(call: Call, channel: Channel) -> None:
    """docs: JSON Error Codes (30007)."""
    found = (w for w in call.world.webhooks.values() if w.channel_id == channel.id)
    if sum(1 for _ in found) >= _MAX_PER_CHANNEL:
        raise api_error(30007)


def _payload(call: Call, webhook: Webhook) -> dict[str, object]:
    """A webhook's payload; only the application that owns it sees its token."""
    application = call.world.application_of(call.user.id)
    mine = application.id if application is not None else None
    secret = webhook.application_id is None or webhook.application_id == mine
    return payloads.webhook(call.world, webhook, secret=secret)


async def _of_channel(call: Call) -> Result:
    world, user = call.world, call.user
    channel = get_channel(world, user, call.id("channel_id"))
    require(world, user, channel, Permission.MANAGE_WEBHOOKS)
    return [_payload(call, w) for w in world.webhooks.values() if w.channel_id == channel.id]


async def _of_guild(call: Call) -> Result:
    world, user = call.world, call.user
    guild = get_guild(world, user, call.id("guild_id"))
    require_in_guild(world, user, guild, Permission.MANAGE_WEBHOOKS)
    return [_payload(call, w) for w in world.webhooks.values() if w.guild_id == guild.id]


def _known(call: Call) -> Webhook:
    webhook = call.world.webhooks.get(call.id("webhook_id"))
    if webhook is None:
        raise api_error(10015)
    channel = call.world.channels[webhook.channel_id]
    require(call.world, call.user, channel, Permission.MANAGE_WEBHOOKS)
    return webhook


async def _get(call: Call) -> Result:
    """docs: Webhook Resource › Get Webhook: its own application needs no permission."""
    webhook = call.world.webhooks.get(call.id("webhook_id"))
    application = call.world.application_of(call.user.id)
    if webhook is None or application is None or webhook.application_id != application.id:
        webhook = _known(call)
    return _payload(call, webhook)


async def _change(call: Call) -> Result:
    """docs: Webhook Resource › Modify Webhook."""
    webhook = _known(call)
    form = call.form
    name = _name(form, "name", required="name" in form)
    where = form.snowflake("channel_id")
    form.check()
    before = call.world.channels[webhook.channel_id]
    if where is not None and where != webhook.channel_id:
        channel = get_channel(call.world, call.user, where)
        _require_place(call, channel)
        if channel.guild_id != webhook.guild_id:
            raise form_error("channel_id", "BASE_TYPE_CHOICES", "The channel isn't in the server.")
        _check_room(call, channel)
        webhook.channel_id = channel.id
        call.world.emit(WebhooksUpdated(channel))
    webhook.name = name or webhook.name
    call.world.emit(WebhooksUpdated(before))
    return _payload(call, webhook)


async def _delete(call: Call) -> Result:
    _remove(call, _known(call))
    return None


def _remove(call: Call, webhook: Webhook) -> None:
    del call.world.webhooks[webhook.id]
    call.world.emit(WebhooksUpdated(call.world.channels[webhook.channel_id]))


def _by_token(call: Call) -> Webhook:
    """The webhook of the path. Raises 10015 for an unknown id, 50027 for a wrong token."""
    webhook = call.world.webhooks.get(call.id("webhook_id"))
    if webhook is None:
        raise api_error(10015)
    given = call.text("webhook_token").encode(errors="replace")
    if not secrets.compare_digest(webhook.token.encode(), given):
        raise api_error(50027)
    return webhook


def _is_interaction(call: Call) -> bool:
    return call.id("webhook_id") in call.world.applications


async def _get_by_token(call: Call) -> Result:
    """docs: Get Webhook with Token: without the user who created it."""
    return payloads.webhook(call.world, _by_token(call), secret=True, creator=False)


async def _change_by_token(call: Call) -> Result:
    """docs: Modify Webhook with Token: its name only; without the user who created it."""
    webhook = _by_token(call)
    form = call.form
    name = _name(form, "name", required="name" in form)
    form.check()
    webhook.name = name or webhook.name
    call.world.emit(WebhooksUpdated(call.world.channels[webhook.channel_id]))
    return payloads.webhook(call.world, webhook, secret=True, creator=False)


async def _delete_by_token(call: Call) -> Result:
    _remove(call, _by_token(call))
    return None


def _check_components(call: Call, webhook: Webhook, form: Form) -> None:
    """Apply the rules for components of a webhook that no application owns.

    They are ignored unless ``with_components`` is set, and interactive ones are refused.
    docs: Webhook Resource › Execute Webhook, Edit Webhook Message (``components``).
    """
    with_components = call.flag("with_components")
    if webhook.application_id is not None:
        return
    if not with_components:
        form.body.pop("components", None)
    elif any(one.get("custom_id") for one in walk_given(form.body.get("components"))):
        form.add_error(
            "components", "NOT_FOR_WEBHOOKS", "This webhook can't send interactive components."
        )


async def _execute(call: Call) -> Result:
    """docs: Webhook Resource › Execute Webhook (``wait``, ``thread_id``, ``thread_name``)."""
    world = call.world
    if _is_interaction(call):
        interaction = interaction_responses.get_by_token(
            world, call.id("webhook_id"), call.text("webhook_token")
        )
        message = interaction_responses.send_followup(world, interaction, call.form, call.uploads)
        return payloads.message(world, message)
    webhook = _by_token(call)
    form = call.form
    shown = _name(form, "username", required=False)
    avatar = form.string("avatar_url", most=2048)
    thread_name = form.string("thread_name", least=1, most=100)
    tags = form.snowflakes("applied_tags", most=5)
    _check_components(call, webhook, form)
    draft = read_draft(form, call.uploads, settable=_SETTABLE, fields=EXECUTE)
    for name in ("message_reference", "sticker_ids"):
        if form.body.get(name):
            form.add_error(name, "NOT_FOR_WEBHOOKS", "A webhook can't send this")
    form.check()
    if draft.empty:
        raise api_error(50006)
    channel = _target(call, webhook)
    home = world.channels[webhook.channel_id].type
    in_forum = home in {ChannelType.FORUM, ChannelType.MEDIA}
    if in_forum and channel.thread is not None and thread_name is not None:
        raise api_error(220002)
    if tags and (not in_forum or thread_name is None):
        raise form_error("applied_tags", "BASE_TYPE_CHOICES", "Only new forum posts have tags")
    if channel.type in {ChannelType.FORUM, ChannelType.MEDIA}:
        message = await _post(call, webhook, channel, form, draft, thread_name, shown, avatar)
    else:
        if thread_name is not None:
            raise api_error(220003)
        message = messages.post(world, _fill(call, webhook, channel, draft, shown, avatar))
    return payloads.message(world, message) if call.flag("wait") else json_response(204)


def _target(call: Call, webhook: Webhook) -> Channel:
    query = call.query
    thread_id = query.snowflake("thread_id")
    query.check()
    if thread_id is None:
        return call.world.channels[webhook.channel_id]
    thread = call.world.channels.get(thread_id)
    if thread is None or thread.thread is None or thread.parent_id != webhook.channel_id:
        raise api_error(10003)
    if thread.thread.locked and thread.thread.archived:
        raise api_error(50083)
    return thread


def _fill(
    call: Call,
    webhook: Webhook,
    channel: Channel,
    draft: Draft,
    shown: str | None,
    avatar: str | None,
) -> Message:
    author = User(webhook.id, webhook.name, None, "", bot=True)
    message = messages.build_message(call.world, channel, author, draft)
    message.webhook_id = webhook.id
    message.application_id = webhook.application_id
    message.shown_name = shown or webhook.name
    message.shown_avatar = avatar
    return message


async def _post(
    call: Call,
    webhook: Webhook,
    forum: Channel,
    form: Form,
    draft: Draft,
    name: str | None,
    shown: str | None,
    avatar: str | None,
) -> Message:
    """docs: Execute Webhook: in a forum either ``thread_name`` or ``thread_id`` is needed."""
    if name is None:
        raise api_error(220001)
    message = _fill(call, webhook, forum, draft, shown, avatar)
    owner = User(webhook.id, webhook.name, None, "", bot=True)
    fields = Form({"name": name, "applied_tags": form.body.get("applied_tags") or []})
    _, message = await threads.start_forum_post(
        call.world, owner, forum, fields, draft, as_webhook=message
    )
    return message


def _message(call: Call) -> Message:
    """A message of this webhook or interaction. Raises 10008."""
    wanted = call.text("message_id")
    if _is_interaction(call):
        interaction = interaction_responses.get_by_token(
            call.world, call.id("webhook_id"), call.text("webhook_token")
        )
        return interaction_responses.get_response(call.world, interaction, wanted)
    webhook = _by_token(call)
    where = _target(call, webhook).id
    message = call.world.message(where, read_id(wanted) or 0)
    if message is None or message.webhook_id != webhook.id:
        raise api_error(10008)
    return message


async def _get_message(call: Call) -> Result:
    return payloads.message(call.world, _message(call))


async def _edit_message(call: Call) -> Result:
    """docs: Edit Webhook Message, Edit Original Interaction Response."""
    message = _message(call)
    if not _is_interaction(call):
        channel = call.world.channels[message.channel_id]
        if channel.thread is not None and channel.thread.archived:
            raise api_error(50083)
        form = call.form
        _check_components(call, _by_token(call), form)
        form.check()
    interaction_responses.edit_response(call.world, message, call.form, call.uploads)
    return payloads.message(call.world, message)


async def _delete_message(call: Call) -> Result:
    interaction_responses.delete_response(call.world, _message(call))
    return None
