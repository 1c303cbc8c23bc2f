"""Sending a message: permissions, nonces, replies and slowmode.

docs: Message Resource › Create Message.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bot.emulator import payloads
from bot.emulator.rules import messages
from bot.emulator.rules.access import require
from bot.emulator.rules.automod import check_text
from bot.emulator.rules.components import IS_COMPONENTS_V2
from bot.emulator.rules.errors import api_error
from bot.emulator.rules.json_form import form_error
from bot.emulator.rules.message_input import SILENT, SUPPRESS_EMBEDS, Draft
from bot.emulator.rules.slowmode import check_message
from bot.emulator.world.models import Channel, Message, MessageType, User
from bot.emulator.world.permissions import Permission
from bot.emulator.world.seed import MESSAGE_CONTENT
from bot.emulator.world.world import World

__all__ = [
    "CONTENT_FLAGS",
    "SETTABLE",
    "require_can_write",
    "require_contents",
    "resolve_reference",
    "send_message",
]

SETTABLE = SUPPRESS_EMBEDS | SILENT | IS_COMPONENTS_V2
"""The flags that an author may set in Create Message."""

CONTENT_FLAGS = MESSAGE_CONTENT | MESSAGE_CONTENT >> 1
"""Application flags with which a bot reads every message's content."""

NONCE_LASTS = timedelta(minutes=3)
"""The documentation says "the past few minutes"."""


def require_can_write(world: World, user: User, channel: Channel) -> None:
    """Raises an error unless the user may write in the channel or thread.

    docs: Threads › Permissions (*Send Messages in Threads*); errors 160005 and 50083: writing in
    a locked thread needs *Manage Threads*, and a message doesn't unarchive it.
    """
    if channel.guild_id is None:
        _require_shared_server(world, channel)
        _require_accepting(world, user, channel)
        return
    thread = channel.thread
    if thread is None:
        require(world, user, channel, Permission.SEND_MESSAGES)
        return
    require(world, user, channel, Permission.SEND_MESSAGES_IN_THREADS)
    if thread.locked:
        if not world.permissions(user.id, channel.id) & Permission.MANAGE_THREADS:
            raise api_error(160005)
        if thread.archived:
            raise api_error(50083)
    if channel.id in world.opening and thread.owner_id != user.id:
        raise api_error(40058)


def _require_shared_server(world: World, channel: Channel) -> None:
    """Raises 50278 unless the two people of a direct message share a server.

    docs: JSON Error Codes (50278, whose status isn't documented); Users Resource › Create DM.
    """
    if not any(set(channel.recipients) <= guild.members.keys() for guild in world.guilds.values()):
        raise api_error(50278)


def _require_accepting(world: World, user: User, channel: Channel) -> None:
    """Raises 50007 if the other person takes no direct messages from the user.

    docs: JSON Error Codes (50007). Opening the channel succeeds; nobody is friends here.
    """
    if any(world.users[one].refuses_messages for one in channel.recipients if one != user.id):
        raise api_error(50007)


def require_contents(world: World, user: User, channel: Channel, draft: Draft) -> None:
    """Raises 50013 unless the user may send what the draft contains: files, embeds, a poll."""
    if channel.guild_id is None:
        return
    if draft.tts:
        require(world, user, channel, Permission.SEND_TTS_MESSAGES)
    if draft.uploads:
        require(world, user, channel, Permission.ATTACH_FILES)
    if draft.embeds:
        require(world, user, channel, Permission.EMBED_LINKS)
    if draft.poll is not None:
        require(world, user, channel, Permission.SEND_POLLS)


def _find_by_nonce(world: World, user: User, draft: Draft) -> Message | None:
    """The message that the author sent with the same nonce in the past few minutes.

    Raises 10008 if it was deleted.
    """
    message = world.messages.get(world.nonces.get(f"{user.id}:{draft.nonce}", 0))
    if message is None or message.timestamp + NONCE_LASTS <= world.now():
        return None
    if message.deleted:
        raise api_error(10008)
    return message


def _reads_content(world: World, user: User, message: Message) -> bool:
    """Whether a message's content isn't withheld. docs: Gateway › Message Content Intent."""
    application = world.application_of(user.id)
    own = message.author_id == user.id or user.id in message.mentions
    if application is None or own or message.guild_id is None:
        return True
    return bool(application.flags & CONTENT_FLAGS)


def resolve_reference(
    world: World, user: User, channel: Channel, draft: Draft
) -> tuple[dict[str, Any] | None, Message | None]:
    """The ``message_reference`` of a reply or a forward, and the message it refers to.

    docs: Message Resource › Message Reference Types, Replies: one that does not exist is an
    error unless ``fail_if_not_exists`` is false. Forwarding what one can't read is 160014, whose
    status isn't documented; only basic messages without a poll can be forwarded, and the code for
    others (here 50021) isn't documented either.
    """
    wanted = draft.reference
    if wanted is None:
        return None, None
    where = wanted["channel_id"] or channel.id
    found = world.message(where, wanted["message_id"])
    if wanted["type"] == 1:
        if found is None:
            raise form_error("message_reference", "REPLIES_UNKNOWN_MESSAGE", "Unknown message")
    elif where != channel.id:
        raise form_error(
            "message_reference",
            "REPLIES_CANNOT_REFERENCE_OTHER_CHANNEL",
            "Cannot reply to a message in another channel",
        )
    bits = world.permissions(user.id, where)
    if wanted["type"] == 1 and found is not None:
        if not bits & Permission.READ_MESSAGE_HISTORY or not _reads_content(world, user, found):
            raise api_error(160014)
        if found.type not in messages.EDITABLE or found.poll is not None:
            raise api_error(50021)
    if not bits & Permission.READ_MESSAGE_HISTORY:
        raise api_error(160002)
    if found is None:
        if wanted["fail_if_not_exists"]:
            raise form_error("message_reference", "REPLIES_UNKNOWN_MESSAGE", "Unknown message")
        return None, None
    if wanted["type"] == 0 and found.type not in messages.EDITABLE:
        raise form_error(
            "message_reference",
            "REPLIES_CANNOT_REPLY_TO_SYSTEM_MESSAGE",
            "Cannot reply to a system message",
        )
    reference: dict[str, Any] = {
        "type": wanted["type"],
        "channel_id": str(where),
        "message_id": str(found.id),
    }
    if found.guild_id is not None:
        reference["guild_id"] = str(found.guild_id)
    return reference, found


def send_message(world: World, user: User, channel: Channel, draft: Draft) -> Message:
    """Check every rule of Create Message and post the message."""
    require_can_write(world, user, channel)
    if draft.nonce is not None and draft.enforce_nonce:
        earlier = _find_by_nonce(world, user, draft)
        if earlier is not None:
            return earlier
    require_contents(world, user, channel, draft)
    reference, answered = resolve_reference(world, user, channel, draft)
    if draft.empty:
        raise api_error(50006)
    check_text(world, user, channel, draft.content)
    check_message(world, user, channel)
    message = messages.build_message(world, channel, user, draft)
    if reference is not None and answered is not None:
        message.reference = reference
        if reference["type"] == 0:
            message.type, message.reply_to = MessageType.REPLY, answered.id
        else:
            message.flags |= 1 << 14
            message.snapshots = [{"message": _snapshot(world, answered)}]
            message.mentions = [u for u in message.mentions if u != answered.author_id]
    world.last_sent[channel.id, user.id] = message.timestamp
    if draft.nonce is not None:
        _remember_nonce(world, f"{user.id}:{draft.nonce}", message.id)
    return messages.post(world, message)


def _remember_nonce(world: World, key: str, message_id: int) -> None:
    world.nonces.pop(key, None)
    world.nonces[key] = message_id
    while len(world.nonces) > 10_000:
        del world.nonces[next(iter(world.nonces))]


def _snapshot(world: World, message: Message) -> dict[str, Any]:
    """docs: Message Resource › Message Snapshot Object."""
    whole = payloads.message(world, message)
    names = (
        "type",
        "content",
        "mentions",
        "mention_roles",
        "sticker_items",
        "attachments",
        "embeds",
        "timestamp",
        "edited_timestamp",
        "flags",
        "components",
    )
    return {name: whole[name] for name in names if name in whole}
