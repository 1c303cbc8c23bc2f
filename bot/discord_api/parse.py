"""Messages as Discord's API tells them, made into the archive's plain data."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.core.conversation.events import USER_MESSAGE_TYPES, Attachment, Edit, Message
from bot.core.conversation.reply_copy import File, OriginalReply
from bot.core.payload import get_signature

__all__ = ["attachments", "edit", "emoji_name", "is_withheld", "message", "original"]

#: message_reference.type of a forward (docs: Message Resource › Message Reference Types).
_FORWARD = 1
#: What a message may hold beside its text; a webhook cannot repeat the uncopied ones (docs:
#: Webhook Resource › Execute Webhook).
_UNCOPIED = ("sticker_items", "poll", "message_snapshots", "components")
_CONTENT = ("attachments", "embeds", *_UNCOPIED)
#: docs: Message Resource › Message Flags.
_SUPPRESS_EMBEDS, _HAS_THREAD, _VOICE_MESSAGE = 1 << 2, 1 << 5, 1 << 13


def message(data: Mapping[str, Any], *, server_id: int, own_id: int) -> Message:
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
        edited_at=_moment(data.get("edited_timestamp")),
        attachments=attachments(data),
        reactions=tuple(
            (emoji_name(reaction["emoji"]), reaction["count"])
            for reaction in data.get("reactions") or ()
        ),
        own=own,
        nonce=None,
        signature=get_signature(data) if own else "",
        content_missing=is_withheld(data),
        copyable=_whole(data),
    )


def _whole(data: Mapping[str, Any]) -> bool:
    """Whether text and files are all there is to a message."""
    reference = data.get("message_reference") or {}
    return not (
        any(data.get(part) for part in _UNCOPIED)
        or reference.get("type", 0) == _FORWARD
        or int(data.get("flags") or 0) & _VOICE_MESSAGE
    )


def original(data: Mapping[str, Any], *, author_name: str) -> OriginalReply:
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
            )
            for file in data.get("attachments") or ()
        ),
        copyable=_whole(data),
        embeds_suppressed=bool(flags & _SUPPRESS_EMBEDS),
        has_thread=bool(flags & _HAS_THREAD) or data.get("thread") is not None,
    )


def is_withheld(data: Mapping[str, Any]) -> bool:
    """Whether a member's message has nothing in it at all.

    It is what one looks like whose content Discord keeps from the bot (docs: Gateway › Message
    Content Intent: these fields are empty without it). Few others do: an invitation to a game has
    an ``activity`` alone (docs: Message Resource › Message Object), and so has a message of files
    that Discord took down.
    """
    return (
        data["type"] in USER_MESSAGE_TYPES
        and not data.get("content")
        and not any(data.get(part) for part in _CONTENT)
    )


def edit(data: Mapping[str, Any]) -> Edit:
    """The message of a MESSAGE_UPDATE event, which carries it whole."""
    return Edit(
        message_id=int(data["id"]),
        channel_id=int(data["channel_id"]),
        text=data["content"],
        edited_at=_moment(data.get("edited_timestamp")),
        attachments=attachments(data),
    )


def attachments(data: Mapping[str, Any]) -> tuple[Attachment, ...]:
    """The files on a message."""
    return tuple(
        Attachment(
            file["filename"], file.get("content_type"), file["size"], int(file["id"]), file["url"]
        )
        for file in data.get("attachments") or ()
    )


def emoji_name(emoji: Mapping[str, Any]) -> str:
    """How the archive names an emoji: the character, or ``name:id`` of a server's own."""
    if emoji.get("id") is None:
        return str(emoji["name"])
    return f"{emoji.get('name') or ''}:{emoji['id']}"


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
