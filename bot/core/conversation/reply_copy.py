"""Copying a reply into its thread with a webhook: whether that is possible, and the payload.

A webhook can't reply, can't post stickers, polls or forwards, and can't have just any name (docs:
Webhook Resource › Execute Webhook, Create Webhook). A reply that can't be copied completely is
linked instead.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

import regex

from bot.core import limits
from bot.core.payload import SUPPRESS_EMBEDS, Payload
from bot.core.text.coded_text import CodedText, make_coded
from bot.core.text.length import count_utf16_units

__all__ = [
    "File",
    "OriginalReply",
    "check_copyable",
    "get_avatar_url",
    "hash_copy",
    "make_copy_payload",
    "make_webhook_name",
]

#: Bytes of all files of a request, with some room for the rest of it.
_MAX_FILES = limits.REQUEST_BYTES - 1024 * 1024

_CDN = "https://cdn.discordapp.com"
_FORBIDDEN = regex.compile(r"clyde|discord", regex.IGNORECASE)
_VISIBLE = regex.compile(r"[\p{L}\p{N}\p{P}\p{S}]")
_INVISIBLE = regex.compile(r"[\p{C}\s]+")
_RESERVED = ("everyone", "here")


@dataclass(frozen=True, slots=True)
class File:
    """A file of a message. ``size`` in bytes; ``url``: where to download it, for about a day.

    ``is_spoiler``: it is hidden until somebody clicks it.
    """

    name: str
    type: str | None
    size: int
    url: str
    description: str | None = None
    is_spoiler: bool = False


@dataclass(frozen=True, slots=True)
class OriginalReply:
    """A reply as it is in the channel, about to be moved.

    avatar:             the hash of its author's avatar; None for a default one of Discord's
    copyable:           it consists of text and files only: no sticker, poll, forward or voice
                        message
    embeds_suppressed:  its author removed the link previews
    has_thread:         there is a thread on it, which would lose its first message
    """

    author_id: int
    author_name: str
    avatar: str | None
    text: str
    files: tuple[File, ...]
    copyable: bool
    embeds_suppressed: bool
    has_thread: bool


def make_webhook_name(name: str) -> str | None:
    """The author's name as a webhook's name; None where a webhook can't have that name.

    1 to 80 characters, without "clyde" or "discord" in it, not "everyone" or "here", and with at
    least one visible character (docs: Webhook Resource › Create Webhook; User Resource ›
    Usernames and Nicknames).
    """
    found = " ".join(name.split())
    if not 1 <= count_utf16_units(found) <= limits.WEBHOOK_NAME or not _VISIBLE.search(found):
        return None
    if _FORBIDDEN.search(found) or found.casefold() in _RESERVED:
        return None
    return found


def check_copyable(original: OriginalReply) -> CodedText | None:
    """Why the reply can't be copied completely; None if it can."""
    if not original.copyable:
        return make_coded("more-than-text")
    if original.has_thread:
        return make_coded("has-thread")
    if count_utf16_units(original.text) > limits.MESSAGE_CONTENT:
        return make_coded("too-long")
    if not original.text and not original.files:
        return make_coded("nothing-to-copy")
    sizes = [file.size for file in original.files]
    if any(size > limits.FILE_BYTES for size in sizes) or sum(sizes) > _MAX_FILES:
        return make_coded("files-too-large")
    if make_webhook_name(original.author_name) is None:
        return make_coded("name-refused")
    return None


def make_copy_payload(original: OriginalReply) -> Payload:
    """The body of Execute Webhook for the copy; it pings nobody.

    The files are sent with it as ``files[n]``, in their order (docs: Reference › Uploading Files).
    """
    payload: Payload = {
        "content": original.text,
        "username": make_webhook_name(original.author_name),
        "avatar_url": get_avatar_url(original.author_id, original.avatar),
        "allowed_mentions": {"parse": []},
    }
    if original.embeds_suppressed:
        payload["flags"] = SUPPRESS_EMBEDS
    if original.files:
        payload["attachments"] = [
            {"id": str(number), "filename": file.name}
            | ({} if file.description is None else {"description": file.description})
            | ({"is_spoiler": True} if file.is_spoiler else {})
            for number, file in enumerate(original.files)
        ]
    return payload


def get_avatar_url(user_id: int, avatar: str | None) -> str:
    """A user's own avatar or their default one (docs: Reference › CDN Endpoints).

    avatar: the hash of their own one
    """
    if avatar is not None:
        return f"{_CDN}/avatars/{user_id}/{avatar}.png"
    return f"{_CDN}/embed/avatars/{(user_id >> 22) % 6}.png"


def hash_copy(name: str, text: str, sizes: Sequence[int]) -> str:
    """A hash by which a copy is found in the history; it reveals nothing of what was written.

    The payload that was sent and the message that the history returns have the same hash, although
    Discord trims content and normalizes names.
    """
    parts = [_INVISIBLE.sub("", name), text.strip(), list(sizes)]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
