"""Opening threads and forum posts, and changing them.

docs: Channels Resource › Start Thread …, Modify Channel; Topics › Threads.
"""

from __future__ import annotations

import asyncio
from typing import Any

from bot.emulator import payloads
from bot.emulator.rules import messages
from bot.emulator.rules.errors import refuse
from bot.emulator.rules.json_form import Form, invalid
from bot.emulator.rules.message_input import Draft
from bot.emulator.world import thread_state
from bot.emulator.world.access import need
from bot.emulator.world.events import Event
from bot.emulator.world.models import (
    Channel,
    ChannelType,
    Message,
    MessageType,
    ThreadMember,
    ThreadState,
    User,
)
from bot.emulator.world.permissions import Permission
from bot.emulator.world.world import World

__all__ = ["DURATIONS", "ThreadForm", "delete", "open_from", "open_here", "open_post", "read_form"]

DURATIONS = (60, 1440, 4320, 10080)
HAS_THREAD = 1 << 5
_REQUIRE_TAG = 1 << 4
_UNTIL_FIRST_MESSAGE = 0.05
_KINDS = {
    ChannelType.TEXT: ChannelType.PUBLIC_THREAD,
    ChannelType.ANNOUNCEMENT: ChannelType.ANNOUNCEMENT_THREAD,
}


class ThreadForm:
    """The fields that every way of starting a thread has in common."""

    def __init__(self, form: Form, parent: Channel) -> None:
        self.name = form.string("name", least=1, most=100, required=True) or ""
        self.duration = (
            form.choice("auto_archive_duration", DURATIONS)
            or parent.default_auto_archive_duration
            or 4320
        )
        slowmode = form.integer("rate_limit_per_user", least=0, most=21600)
        self.slowmode = parent.default_thread_rate_limit_per_user if slowmode is None else slowmode


def read_form(form: Form, parent: Channel) -> ThreadForm:
    """Read the common fields; the caller tells the faults."""
    return ThreadForm(form, parent)


def _room(world: World, channel: Channel) -> None:
    """docs: Threads › Active threads; errors 160006 and 160007."""
    assert channel.guild_id is not None
    if sum(1 for _ in world.threads_of(channel.guild_id)) >= world.thread_limit:
        raise refuse(160007 if channel.type is ChannelType.ANNOUNCEMENT else 160006)


def _make(
    world: World,
    parent: Channel,
    owner: User,
    fields: ThreadForm,
    thread_id: int,
    kind: ChannelType,
) -> Channel:
    """Put a thread into the world and tell it; its owner is its first member."""
    now = world.now()
    thread = ThreadState(
        owner_id=owner.id,
        archived=False,
        archive_timestamp=now,
        auto_archive_duration=fields.duration,
        created_at=now,
        active_at=now,
    )
    if world.member(parent.guild_id, owner.id) is not None:
        thread.members[owner.id] = ThreadMember(owner.id, now)
    return world.add_channel(
        Channel(
            id=thread_id,
            type=kind,
            name=fields.name,
            guild_id=parent.guild_id,
            parent_id=parent.id,
            rate_limit_per_user=fields.slowmode,
            thread=thread,
        )
    )


def _tell(world: World, channel: Channel) -> None:
    """docs: Gateway Events › Thread Create (``newly_created``), Thread Members Update."""
    assert channel.thread is not None
    data: dict[str, Any] = {**payloads.channel(world, channel), "newly_created": True}
    world.emit(Event("THREAD_CREATE", data, channel.guild_id, channel.id))


def open_from(world: World, user: User, parent: Channel, message: Message, form: Form) -> Channel:
    """Start a thread from a message; it bears the message's id, so that there is only one.

    docs: Channels Resource › Start Thread from Message; errors 160004, 50024, 50021.
    """
    if parent.type not in _KINDS:
        raise refuse(50024)
    need(world, user, parent, Permission.CREATE_PUBLIC_THREADS)
    fields = read_form(form, parent)
    form.done()
    if message.id in world.channels or message.flags & HAS_THREAD:
        raise refuse(160004)
    if message.type not in messages.EDITABLE:
        raise refuse(50021)
    _room(world, parent)
    channel = _make(world, parent, user, fields, message.id, _KINDS[parent.type])
    message.flags |= HAS_THREAD
    _tell(world, channel)
    reference = {
        "type": 0,
        "channel_id": str(parent.id),
        "message_id": str(message.id),
        "guild_id": str(parent.guild_id),
    }
    messages.system(
        world,
        channel,
        user.id,
        MessageType.THREAD_STARTER_MESSAGE,
        reference=reference,
        reply_to=message.id,
    )
    messages.tell_update(world, message)
    return channel


def open_here(world: World, user: User, parent: Channel, form: Form) -> Channel:
    """Start a thread without a message.

    A public one is told in the channel by a message of type THREAD_CREATED; without a ``type``
    it is private. docs: Channels Resource › Start Thread without Message.
    """
    if parent.type not in _KINDS:
        raise refuse(50024)
    fields = read_form(form, parent)
    kind = form.choice("type", (10, 11, 12)) or 12
    invitable = form.boolean("invitable", default=True)
    if (kind == 10) != (parent.type is ChannelType.ANNOUNCEMENT):
        form.wrong("type", "BASE_TYPE_CHOICES", "This type of thread cannot be opened here.")
    form.done()
    private = kind == ChannelType.PRIVATE_THREAD
    need(
        world,
        user,
        parent,
        Permission.CREATE_PRIVATE_THREADS if private else Permission.CREATE_PUBLIC_THREADS,
    )
    _room(world, parent)
    channel = _make(world, parent, user, fields, world.new_id(), ChannelType(kind))
    assert channel.thread is not None
    channel.thread.invitable = invitable
    _tell(world, channel)
    if not private:
        reference = {"type": 0, "channel_id": str(channel.id), "guild_id": str(parent.guild_id)}
        messages.system(
            world,
            parent,
            user.id,
            MessageType.THREAD_CREATED,
            channel.name,
            reference=reference,
        )
    return channel


def _tags(world: World, user: User, parent: Channel, form: Form) -> list[int]:
    """docs: Start Thread in Forum or Media Channel (``applied_tags``); errors 40066, 40067."""
    wanted = form.snowflakes("applied_tags", most=5)
    form.done()
    known = {int(tag["id"]): tag for tag in parent.available_tags}
    manages = bool(world.permissions(user.id, parent.id) & Permission.MANAGE_THREADS)
    for tag in wanted:
        if tag not in known:
            raise invalid("applied_tags", "BASE_TYPE_CHOICES", "Unknown forum tag")
        if known[tag]["moderated"] and not manages:
            raise refuse(50013)
    if parent.flags & _REQUIRE_TAG and not wanted:
        if known and not manages and all(tag["moderated"] for tag in known.values()):
            raise refuse(40066)
        raise refuse(40067)
    return wanted


async def open_post(
    world: World,
    user: User,
    parent: Channel,
    form: Form,
    draft: Draft,
    *,
    as_webhook: Message | None = None,
) -> tuple[Channel, Message]:
    """Start a post in a forum, with its first message, which bears the post's id.

    A member's post is told a moment before its first message is there; whoever writes to it in
    between gets 40058. docs: Start Thread in Forum or Media Channel.
    """
    fields = read_form(form, parent)
    form.done()
    tags = _tags(world, user, parent, form)
    if draft.empty:
        raise refuse(50006)
    _room(world, parent)
    message = as_webhook or messages.fill(world, parent, user, draft)
    channel = _make(world, parent, user, fields, message.id, ChannelType.PUBLIC_THREAD)
    assert channel.thread is not None
    channel.thread.applied_tags = tags
    for part in message.attachments:
        part.channel_id = channel.id
    message.channel_id = parent.last_message_id = channel.id
    _tell(world, channel)
    if not user.bot:
        world.opening.add(channel.id)
        try:
            await asyncio.sleep(_UNTIL_FIRST_MESSAGE)
        finally:
            world.opening.discard(channel.id)
    messages.put(world, message)
    return channel, message


def delete(world: World, channel: Channel) -> None:
    """Take a channel or thread away, with everything in it, and tell it.

    With a channel its threads are gone, too, of which nothing more is told.
    docs: Gateway Events › Channel Delete, Thread Delete.
    """
    if channel.thread is None:
        for inner in [c for c in world.channels.values() if c.thread and c.parent_id == channel.id]:
            _remove(world, inner)
        data = payloads.channel(world, channel)
        world.emit(Event("CHANNEL_DELETE", data, channel.guild_id, channel.id))
    else:
        data = {
            "id": str(channel.id),
            "guild_id": str(channel.guild_id),
            "parent_id": str(channel.parent_id),
            "type": int(channel.type),
        }
        world.emit(Event("THREAD_DELETE", data, channel.guild_id, channel.id))
    _remove(world, channel)


def _remove(world: World, channel: Channel) -> None:
    world.timelines.pop(channel.id, None)
    for message in world.messages.values():  # with those that only one member saw
        if message.channel_id == channel.id:
            message.deleted = True
    for webhook in [w for w in world.webhooks.values() if w.channel_id == channel.id]:
        del world.webhooks[webhook.id]
    del world.channels[channel.id]
    world.touch()


def join_as(world: World, channel: Channel, by: User, user_id: int) -> None:
    """Bring somebody into a thread, which Discord tells there in a message of its own.

    docs: Channels Resource › Add Thread Member; Message Types (RECIPIENT_ADD).
    """
    if thread_state.join(world, channel, user_id) and by.id != user_id:
        messages.system(world, channel, by.id, MessageType.RECIPIENT_ADD, mentions=[user_id])
