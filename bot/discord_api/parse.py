"""Parses Discord's messages into plain data: one for the gateway and the history.

discord.py hands over a new message of the gateway as its own object, everything else as the API's
JSON; the rules on what is in a message are the same for both.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import discord

from bot.core.conversation.events import USER_MESSAGE_TYPES, Attachment, Edit, Message
from bot.core.conversation.reply_copy import File, OriginalReply
from bot.core.payload import get_signature

__all__ = [
    "has_hidden_content",
    "make_emoji_name",
    "parse_attachments",
    "parse_edit",
    "parse_gateway_message",
    "parse_message",
    "parse_original_reply",
]

#: message_reference.type of a forward (docs: Message Resource › Message Reference Types).
_FORWARD = 1
#: What a message may hold beside its text; a webhook can't repeat the uncopied ones (docs:
#: Webhook Resource › Execute Webhook).
_UNCOPIED = ("sticker_items", "poll", "message_snapshots", "components")
_CONTENT = ("attachments", "embeds", *_UNCOPIED)
#: docs: Message Resource › Attachment Flags; a spoiler from before June 2026 has only the name.
_IS_SPOILER, _SPOILER_PREFIX = 1 << 3, "SPOILER_"
#: docs: Message Resource › Message Flags.
_SUPPRESS_EMBEDS, _HAS_THREAD, _VOICE_MESSAGE = 1 << 2, 1 << 5, 1 << 13


def parse_message(data: Mapping[str, Any], *, server_id: int, own_id: int) -> Message:
    """A message object of the API (docs: Message Resource › Message Object)."""
    author = data["author"]
    author_id = int(author["id"])
    own = author_id == own_id
    reference = data.get("message_reference") or {}
    replied_to = reference.get("message_id") if reference.get("type", 0) != _FORWARD else None
    member = data.get("member") or {}
    return Message(
        id=int(data["id"]),
        server_id=server_id,
        channel_id=int(data["channel_id"]),
        author_id=author_id,
        author_name=member.get("nick") or author.get("global_name") or author["username"],
        from_bot=bool(author.get("bot")) or data.get("webhook_id") is not None,
        type=data["type"],
        text=data["content"],
        reference_id=None if replied_to is None else int(replied_to),
        written_at=datetime.fromisoformat(data["timestamp"]),
        edited_at=_parse_time(data.get("edited_timestamp")),
        attachments=parse_attachments(data),
        reactions=tuple(
            (make_emoji_name(reaction["emoji"]), reaction["count"])
            for reaction in data.get("reactions") or ()
        ),
        own=own,
        nonce=None,
        signature=get_signature(data) if own else "",
        content_missing=has_hidden_content(data),
        copyable=_is_copyable(data),
    )


def parse_gateway_message(message: discord.Message, *, own_id: int) -> Message | None:
    """A new message as discord.py hands it over; None outside of a server.

    Its reactions aren't known, and only it has a nonce.
    """
    guild = message.guild
    if guild is None:
        return None
    author, reference = message.author, message.reference
    forwarded = reference is not None and reference.type is discord.MessageReferenceType.forward
    uncopied = bool(
        forwarded or message.stickers or message.poll or message.components or message.flags.voice
    )
    empty = not (message.content or message.attachments or message.embeds or uncopied)
    return Message(
        id=message.id,
        server_id=guild.id,
        channel_id=message.channel.id,
        author_id=author.id,
        author_name=author.display_name,
        from_bot=author.bot or message.webhook_id is not None,
        type=message.type.value,
        text=message.content,
        reference_id=None if reference is None or forwarded else reference.message_id,
        written_at=message.created_at,
        edited_at=message.edited_at,
        attachments=tuple(
            Attachment(file.filename, file.content_type, file.size, file.id, file.url)
            for file in message.attachments
        ),
        own=author.id == own_id,
        nonce=None if message.nonce is None else str(message.nonce),
        content_missing=_is_hidden(message.type.value, empty=empty),
        copyable=not uncopied,
    )


def _is_copyable(data: Mapping[str, Any]) -> bool:
    """Whether a message consists of text and files only."""
    reference = data.get("message_reference") or {}
    return not (
        any(data.get(part) for part in _UNCOPIED)
        or reference.get("type", 0) == _FORWARD
        or int(data.get("flags") or 0) & _VOICE_MESSAGE
    )


def parse_original_reply(data: Mapping[str, Any], *, author_name: str) -> OriginalReply:
    """A message about to be moved, under the name its author had when it was written."""
    author, flags = data["author"], int(data.get("flags") or 0)
    return OriginalReply(
        author_id=int(author["id"]),
        author_name=author_name,
        avatar=author.get("avatar"),
        text=data["content"],
        files=tuple(
            File(
                file["filename"],
                file.get("content_type"),
                file["size"],
                file["url"],
                file.get("description"),
                is_spoiler=bool(int(file.get("flags") or 0) & _IS_SPOILER)
                or file["filename"].startswith(_SPOILER_PREFIX),
            )
            for file in data.get("attachments") or ()
        ),
        copyable=_is_copyable(data),
        embeds_suppressed=bool(flags & _SUPPRESS_EMBEDS),
        has_thread=bool(flags & _HAS_THREAD) or data.get("thread") is not None,
    )


def has_hidden_content(data: Mapping[str, Any]) -> bool:
    """Whether Discord keeps the message's content from the bot: a member's message is all empty.

    (docs: Gateway › Message Content Intent: these fields are empty without it.) Few others look
    like that: an invitation to a game has only an ``activity`` (docs: Message Resource › Message
    Object), and so does a message of files that Discord took down.
    """
    empty = not data.get("content") and not any(data.get(part) for part in _CONTENT)
    return _is_hidden(data["type"], empty=empty)


def _is_hidden(type_: int, *, empty: bool) -> bool:
    return empty and type_ in USER_MESSAGE_TYPES


def parse_edit(data: Mapping[str, Any]) -> Edit:
    """The message of a MESSAGE_UPDATE event, which has all of its fields."""
    return Edit(
        message_id=int(data["id"]),
        channel_id=int(data["channel_id"]),
        text=data["content"],
        edited_at=_parse_time(data.get("edited_timestamp")),
        attachments=parse_attachments(data),
    )


def parse_attachments(data: Mapping[str, Any]) -> tuple[Attachment, ...]:
    """The files attached to a message."""
    return tuple(
        Attachment(
            file["filename"], file.get("content_type"), file["size"], int(file["id"]), file["url"]
        )
        for file in data.get("attachments") or ()
    )


def make_emoji_name(emoji: Mapping[str, Any]) -> str:
    """How the archive names an emoji: the character, or ``name:id`` of a server's own."""
    if emoji.get("id") is None:
        return str(emoji["name"])
    return f"{emoji.get('name') or ''}:{emoji['id']}"


def _parse_time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
