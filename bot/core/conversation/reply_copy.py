"""Whether a reply can be moved into its thread whole, and what its copy is to say.

A webhook cannot reply, show stickers, polls or forwards, or bear just any name (docs: Webhook
Resource › Execute Webhook, Create Webhook). What it cannot copy whole is pointed at instead.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

import regex

from bot.core import limits
from bot.core.payload import SUPPRESS_EMBEDS, Payload
from bot.core.text.length import count_utf16_units

__all__ = [
    "File",
    "OriginalReply",
    "explain_not_copyable",
    "hash_copy",
    "make_copy_payload",
    "make_webhook_name",
]

#: Bytes of all files of a request, with some room for the rest of it.
_MOST_FILES = limits.REQUEST_BYTES - 1024 * 1024

_CDN = "https://cdn.discordapp.com"
_FORBIDDEN = regex.compile(r"clyde|discord", regex.IGNORECASE)
_VISIBLE = regex.compile(r"[\p{L}\p{N}\p{P}\p{S}]")
_UNSEEN = regex.compile(r"[\p{C}\s]+")
_RESERVED = ("everyone", "here")


@dataclass(frozen=True, slots=True)
class File:
    """A file on a message. ``size`` in bytes; ``address``: where it can be had for a while."""

    name: str
    type: str | None
    size: int
    url: str
    description: str | None = None


@dataclass(frozen=True, slots=True)
class OriginalReply:
    """A reply as it stands in the channel, about to be moved.

    avatar:      the hash of its author's picture; None for Discord's own
    whole:       no sticker, poll, forward or voice message: text and files are all there is
    suppressed:  its author took the link previews away
    has_thread:  a thread stands on it, which would be left without its head
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
    """The author's name as a webhook may bear it; None where it may not.

    1 to 80 characters, not with "clyde" or "discord" in it, not "everyone" or "here", and
    something to see in it (docs: Webhook Resource › Create Webhook; User Resource › Usernames and
    Nicknames).
    """
    found = " ".join(name.split())
    if not 1 <= count_utf16_units(found) <= limits.WEBHOOK_NAME or not _VISIBLE.search(found):
        return None
    if _FORBIDDEN.search(found) or found.casefold() in _RESERVED:
        return None
    return found


def explain_not_copyable(original: OriginalReply) -> str | None:
    """Why the reply cannot be copied whole, as a few words; None where it can."""
    if not original.copyable:
        return "it is more than text and files"
    if original.has_thread:
        return "a thread stands on it"
    if count_utf16_units(original.text) > limits.MESSAGE_CONTENT:
        return "it is longer than a webhook may write"
    if not original.text and not original.files:
        return "there is nothing in it to copy"
    sizes = [file.size for file in original.files]
    if any(size > limits.FILE_BYTES for size in sizes) or sum(sizes) > _MOST_FILES:
        return "its files are larger than a webhook may send"
    if make_webhook_name(original.author_name) is None:
        return "no webhook may bear its author's name"
    return None


def make_copy_payload(original: OriginalReply) -> Payload:
    """The body of Execute Webhook for the copy; it pings nobody.

    The files go beside it as ``files[n]``, in their order (docs: Reference › Uploading Files).
    """
    payload: Payload = {
        "content": original.text,
        "username": make_webhook_name(original.author_name),
        "avatar_url": _face(original),
        "allowed_mentions": {"parse": []},
    }
    if original.embeds_suppressed:
        payload["flags"] = SUPPRESS_EMBEDS
    if original.files:
        payload["attachments"] = [
            {"id": str(number), "filename": file.name}
            | ({} if file.description is None else {"description": file.description})
            for number, file in enumerate(original.files)
        ]
    return payload


def _face(original: OriginalReply) -> str:
    """docs: Reference › CDN Endpoints: a user's own picture, or the default one of their id."""
    if original.avatar is not None:
        return f"{_CDN}/avatars/{original.author_id}/{original.avatar}.png"
    return f"{_CDN}/embed/avatars/{(original.author_id >> 22) % 6}.png"


def hash_copy(name: str, text: str, sizes: Sequence[int]) -> str:
    """What a copy says as one short text that tells copies apart and gives no word away.

    The same for what was sent and for the message as history tells it: Discord trims content and
    tidies names.
    """
    said = [_UNSEEN.sub("", name), text.strip(), list(sizes)]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()
