"""Starting threads and forum posts, adding members, deleting channels.

docs: Channels Resource › Start Thread …, Delete/Close Channel; Topics › Threads.
"""

from __future__ import annotations

import asyncio

from bot.emulator.rules import messages
from bot.emulator.rules.access import require
from bot.emulator.rules.automod import check_text
from bot.emulator.rules.errors import api_error
from bot.emulator.rules.json_form import Form, form_error
from bot.emulator.rules.message_input import Draft
from bot.emulator.rules.slowmode import check_thread
from bot.emulator.world import thread_state
from bot.emulator.world.events import (
    ChannelCreated,
    ChannelDeleted,
    ChannelUpdated,
    MessageUpdated,
)
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

__all__ = [
    "DURATIONS",
    "ThreadForm",
    "add_member",
    "delete_channel",
    "read_form",
    "start_forum_post",
    "start_from_message",
    "start_without_message",
]

DURATIONS = (60, 1440, 4320, 10080)
HAS_THREAD = 1 << 5
_REQUIRE_TAG = 1 << 4
_UNTIL_FIRST_MESSAGE = 0.05
_KINDS = {
    ChannelType.TEXT: ChannelType.PUBLIC_THREAD,
    ChannelType.ANNOUNCEMENT: ChannelType.ANNOUNCEMENT_THREAD,
}


class ThreadForm:
    """The fields shared by all ways of starting a thread."""

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
    """Read the shared fields; the caller raises the form's errors."""
    return ThreadForm(form, parent)


def _check_limit(world: World, channel: Channel) -> None:
    """docs: Threads › Active threads; errors 160006 and 160007."""
    assert channel.guild_id is not None
    if sum(1 for _ in world.threads_of(channel.guild_id)) >= world.thread_limit:
        raise api_error(160007 if channel.type is ChannelType.ANNOUNCEMENT else 160006)


def _add_thread(
    world: World,
    parent: Channel,
    owner: User,
    fields: ThreadForm,
    thread_id: int,
    kind: ChannelType,
) -> Channel:
    """Add a thread to the world, with its owner as its first member."""
    now = world.last_thread[parent.id, owner.id] = world.now()
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


def start_from_message(
    world: World, user: User, parent: Channel, message: Message, form: Form
) -> Channel:
    """Start a thread from a message; it gets the message's id, so that there can be only one.

    docs: Channels Resource › Start Thread from Message; errors 160004, 50024, 50021.
    """
    if parent.type not in _KINDS:
        raise api_error(50024)
    require(world, user, parent, Permission.CREATE_PUBLIC_THREADS)
    fields = read_form(form, parent)
    form.check()
    if message.id in world.channels or message.flags & HAS_THREAD:
        raise api_error(160004)
    if message.type not in messages.EDITABLE:
        raise api_error(50021)
    check_text(world, user, parent, fields.name, title=True)
    _check_limit(world, parent)
    check_thread(world, user, parent)
    channel = _add_thread(world, parent, user, fields, message.id, _KINDS[parent.type])
    message.flags |= HAS_THREAD
    world.emit(ChannelCreated(channel))
    reference = {
        "type": 0,
        "channel_id": str(parent.id),
        "message_id": str(message.id),
        "guild_id": str(parent.guild_id),
    }
    messages.post_system_message(
        world,
        channel,
        user.id,
        MessageType.THREAD_STARTER_MESSAGE,
        reference=reference,
        reply_to=message.id,
    )
    world.emit(MessageUpdated(message))
    return channel


def start_without_message(world: World, user: User, parent: Channel, form: Form) -> Channel:
    """Start a thread without a message.

    A public one posts a message of type THREAD_CREATED in the channel; without a ``type`` it is
    private. docs: Channels Resource › Start Thread without Message.
    """
    if parent.type not in _KINDS:
        raise api_error(50024)
    fields = read_form(form, parent)
    kind = form.choice("type", (10, 11, 12)) or 12
    invitable = form.boolean("invitable", default=True)
    if (kind == 10) != (parent.type is ChannelType.ANNOUNCEMENT):
        form.add_error("type", "BASE_TYPE_CHOICES", "This type of thread cannot be opened here.")
    form.check()
    private = kind == ChannelType.PRIVATE_THREAD
    require(
        world,
        user,
        parent,
        Permission.CREATE_PRIVATE_THREADS if private else Permission.CREATE_PUBLIC_THREADS,
    )
    check_text(world, user, parent, fields.name, title=True)
    _check_limit(world, parent)
    check_thread(world, user, parent)
    channel = _add_thread(world, parent, user, fields, world.new_id(), ChannelType(kind))
    assert channel.thread is not None
    channel.thread.invitable = invitable
    world.emit(ChannelCreated(channel))
    if not private:
        reference = {"type": 0, "channel_id": str(channel.id), "guild_id": str(parent.guild_id)}
        messages.post_system_message(
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
    form.check()
    known = {int(tag["id"]): tag for tag in parent.available_tags}
    manages = bool(world.permissions(user.id, parent.id) & Permission.MANAGE_THREADS)
    for tag in wanted:
        if tag not in known:
            raise form_error("applied_tags", "BASE_TYPE_CHOICES", "Unknown forum tag")
        if known[tag]["moderated"] and not manages:
            raise api_error(50013)
    if parent.flags & _REQUIRE_TAG and not wanted:
        if known and not manages and all(tag["moderated"] for tag in known.values()):
            raise api_error(40066)
        raise api_error(40067)
    return wanted


async def start_forum_post(
    world: World,
    user: User,
    parent: Channel,
    form: Form,
    draft: Draft,
    *,
    as_webhook: Message | None = None,
) -> tuple[Channel, Message]:
    """Start a forum post with its first message, which has the post's id.

    A member's post is created shortly before its first message; anyone who writes in it in
    between gets 40058. docs: Start Thread in Forum or Media Channel.
    """
    fields = read_form(form, parent)
    form.check()
    tags = _tags(world, user, parent, form)
    if draft.empty:
        raise api_error(50006)
    check_text(world, user, parent, fields.name, title=True)
    check_text(world, user, parent, draft.content)
    _check_limit(world, parent)
    if as_webhook is None:
        check_thread(world, user, parent)
    message = as_webhook or messages.build_message(world, parent, user, draft)
    channel = _add_thread(world, parent, user, fields, message.id, ChannelType.PUBLIC_THREAD)
    assert channel.thread is not None
    channel.thread.applied_tags = tags
    for part in message.attachments:
        part.channel_id = channel.id
    message.channel_id = parent.last_message_id = channel.id
    world.emit(ChannelCreated(channel))
    if not user.bot:
        world.opening.add(channel.id)
        try:
            await asyncio.sleep(_UNTIL_FIRST_MESSAGE)
        finally:
            world.opening.discard(channel.id)
    messages.post(world, message)
    return channel, message


def delete_channel(world: World, channel: Channel) -> None:
    """Delete a channel or thread with everything in it.

    A channel's threads are deleted too, without events of their own; a category's channels lose
    their parent. docs: Channels Resource › Delete/Close Channel; Gateway Events › Channel Delete,
    Thread Delete.
    """
    if channel.type is ChannelType.CATEGORY:
        for inner in [c for c in world.channels.values() if c.parent_id == channel.id]:
            inner.parent_id = None
            world.emit(ChannelUpdated(inner))
    if channel.thread is None:
        for inner in [c for c in world.channels.values() if c.thread and c.parent_id == channel.id]:
            _remove(world, inner)
    world.emit(ChannelDeleted(channel))
    _remove(world, channel)


def _remove(world: World, channel: Channel) -> None:
    world.timelines.pop(channel.id, None)
    for message in world.messages.values():  # ephemeral ones too
        if message.channel_id == channel.id:
            message.deleted = True
    for webhook in [w for w in world.webhooks.values() if w.channel_id == channel.id]:
        del world.webhooks[webhook.id]
    del world.channels[channel.id]
    world.touch()


def add_member(world: World, channel: Channel, by: User, user_id: int) -> None:
    """Add a user to a thread; if somebody else adds them, a system message says so.

    Raises 30033 if the thread has 1,000 members.
    docs: Channels Resource › Add Thread Member, Example Thread Channel (members per thread are
    limited); JSON Error Codes (30033); Message Types (RECIPIENT_ADD).
    """
    assert channel.thread is not None
    if user_id not in channel.thread.members and thread_state.is_full(channel):
        raise api_error(30033)
    if thread_state.join(world, channel, user_id) and by.id != user_id:
        messages.post_system_message(
            world, channel, by.id, MessageType.RECIPIENT_ADD, mentions=[user_id]
        )
