"""Parses Discord's messages into plain data: one for the gateway and the history.

Both have the API's JSON, and the rules on what is in a message are the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.core.conversation.events import USER_MESSAGE_TYPES, Attachment, Edit, Message
from bot.core.conversation.forwards_polls_stickers import (
    NO_EXTRAS,
    Extras,
    Forward,
    Poll,
    PollAnswer,
)
from bot.core.conversation.reply_copy import File, OriginalReply
from bot.core.payload import get_signature

__all__ = [
    "has_hidden_content",
    "make_emoji_name",
    "parse_attachments",
    "parse_edit",
    "parse_message",
    "parse_original_reply",
]

#: message_reference.type of a forward (docs: Message Resource › Message Reference Types).
_FORWARD = 1
#: docs: Component Reference › Component Types.
_TEXT_DISPLAY = 10
_MESSAGE_LINK = re.compile(r"discord\.com/channels/([0-9]{1,20})/[0-9]{1,20}/([0-9]{1,20})")
_CONTENT = ("attachments", "embeds", "sticker_items", "poll", "message_snapshots", "components")
#: docs: Message Resource › Attachment Flags; a spoiler from before June 2026 has only the name.
_IS_SPOILER, _SPOILER_PREFIX = 1 << 3, "SPOILER_"
#: docs: Message Resource › Message Flags.
_SUPPRESS_EMBEDS, _HAS_THREAD, _VOICE_MESSAGE = 1 << 2, 1 << 5, 1 << 13


def parse_message(
    data: Mapping[str, Any], *, server_id: int, own_id: int, live: bool = False
) -> Message:
    """A message object of the API (docs: Message Resource › Message Object).

    live:  it is the message of a MESSAGE_CREATE event (docs: Gateway Events › Message Create): it
           was written just now, so its reactions aren't known, and if it is the bot's own, its
           nonce is
    """
    author = data["author"]
    author_id = int(author["id"])
    own = author_id == own_id
    reference, replied_to = data.get("message_reference"), None
    if reference and reference.get("type", 0) != _FORWARD:
        replied_to = reference.get("message_id")
    member, nonce, webhook_id = data.get("member"), data.get("nonce"), data.get("webhook_id")
    return Message(
        id=int(data["id"]),
        server_id=server_id,
        channel_id=int(data["channel_id"]),
        author_id=author_id,
        author_name=(member and member.get("nick"))
        or author.get("global_name")
        or author["username"],
        from_bot=bool(author.get("bot")) or webhook_id is not None,
        type=data["type"],
        text=_replace_nul(data["content"]),
        reference_id=None if replied_to is None else int(replied_to),
        written_at=datetime.fromisoformat(data["timestamp"]),
        edited_at=_parse_time(data.get("edited_timestamp")),
        attachments=parse_attachments(data),
        reactions=None if live else _parse_reactions(data),
        own=own,
        nonce=str(nonce) if live and nonce is not None else None,
        signature=get_signature(data) if own and not live else "",
        content_missing=has_hidden_content(data),
        copyable=_is_copyable(data),
        extras=_parse_extras(data),
        webhook_app_id=None
        if webhook_id is None or data.get("application_id") is None
        else int(data["application_id"]),
        linked_id=_find_linked_id(data["embeds"], server_id) if data.get("embeds") else None,
    )


def _parse_reactions(data: Mapping[str, Any]) -> tuple[tuple[str, int], ...]:
    return tuple(
        (make_emoji_name(reaction["emoji"]), reaction["count"])
        for reaction in data.get("reactions") or ()
    )


def _find_linked_id(embeds: Sequence[Mapping[str, Any]], server_id: int) -> int | None:
    """The message of the server that an embed links to."""
    for embed in embeds:
        author = embed.get("author") or {}
        for text in (embed.get("description"), embed.get("url"), author.get("url")):
            for server, message in _MESSAGE_LINK.findall(text or ""):
                if int(server) == server_id:
                    return int(message)
    return None


def _is_copyable(data: Mapping[str, Any]) -> bool:
    """Whether a message consists of text and files only."""
    # A webhook can't repeat the others (docs: Webhook Resource › Execute Webhook).
    if _has_extras(data) or data.get("components"):
        return False
    reference, flags = data.get("message_reference"), data.get("flags")
    return not (
        (reference and reference.get("type", 0) == _FORWARD)
        or (flags and int(flags) & _VOICE_MESSAGE)
    )


def _has_extras(data: Mapping[str, Any]) -> bool:
    return bool(data.get("sticker_items") or data.get("poll") or data.get("message_snapshots"))


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


def _replace_nul(text: str) -> str:
    """U+FFFD for NUL, which neither PostgreSQL nor XML can have; CommonMark replaces it, too.

    Members paste it from terminals, and Discord passes it on.
    """
    return text.replace("\0", "\ufffd") if "\0" in text else text


def has_hidden_content(data: Mapping[str, Any]) -> bool:
    """Whether Discord keeps the message's content from the bot: a member's message is all empty.

    (docs: Gateway › Message Content Intent: these fields are empty without it.) Few others look
    like that: an invitation to a game has only an ``activity`` (docs: Message Resource › Message
    Object), and so does a message of files that Discord took down.
    """
    if data.get("content") or any(data.get(part) for part in _CONTENT):
        return False
    return data["type"] in USER_MESSAGE_TYPES


def parse_edit(data: Mapping[str, Any]) -> Edit:
    """The message of a MESSAGE_UPDATE event, which has all of its fields."""
    return Edit(
        message_id=int(data["id"]),
        channel_id=int(data["channel_id"]),
        text=_replace_nul(data["content"]),
        edited_at=_parse_time(data.get("edited_timestamp")),
        attachments=parse_attachments(data),
        extras=_parse_extras(data),
    )


def parse_attachments(data: Mapping[str, Any]) -> tuple[Attachment, ...]:
    """The files attached to a message, and those of a message it forwards."""
    if not data.get("attachments") and not data.get("message_snapshots"):
        return ()
    return tuple(
        Attachment(
            file["filename"], file.get("content_type"), file["size"], int(file["id"]), file["url"]
        )
        for part in (data, *_get_snapshots(data))
        for file in part.get("attachments") or ()
    )


def _get_snapshots(data: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The messages that a message forwards (docs: Message Resource › Message Snapshot Object)."""
    return [one["message"] for one in data.get("message_snapshots") or ()]


def _parse_extras(data: Mapping[str, Any]) -> Extras:
    """The forwarded message, poll and stickers of a message object of the API."""
    if not _has_extras(data):
        return NO_EXTRAS
    reference = data.get("message_reference") or {}
    source = reference.get("message_id") if reference.get("type", 0) == _FORWARD else None
    return Extras(
        forward=_parse_forward(_get_snapshots(data), None if source is None else int(source)),
        poll=None if data.get("poll") is None else _parse_poll(data["poll"]),
        stickers=_parse_stickers(data),
    )


def _parse_forward(
    snapshots: Sequence[Mapping[str, Any]], message_id: int | None
) -> Forward | None:
    if not snapshots:
        return None
    texts = [_get_snapshot_text(one) for one in snapshots]
    stickers = [name for one in snapshots for name in _parse_stickers(one)]
    said = _replace_nul("\n\n".join(text for text in texts if text))
    return Forward(message_id, said, tuple(stickers))


def _get_snapshot_text(data: Mapping[str, Any]) -> str:
    """What a forwarded message says: an app's may say it in embeds or components alone."""
    if data.get("content"):
        return str(data["content"])
    lines = [
        str(embed[part])
        for embed in data.get("embeds") or ()
        for part in ("title", "description")
        if embed.get(part)
    ]
    return "\n".join((*lines, *_find_texts(data.get("components") or ())))


def _find_texts(components: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The texts displayed by components (docs: Component Reference › Text Display)."""
    for component in components:
        if component.get("type") == _TEXT_DISPLAY:
            yield str(component["content"])
        yield from _find_texts(component.get("components") or ())


def _parse_stickers(data: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(str(sticker["name"]) for sticker in data.get("sticker_items") or ())


def _parse_poll(data: Mapping[str, Any]) -> Poll:
    """docs: Poll Resource › Poll Object; answers nobody voted for have no count."""
    results = data.get("results") or {}
    ended = bool(results.get("is_finalized"))
    counts = {int(one["id"]): int(one["count"]) for one in results.get("answer_counts") or ()}
    answers = []
    for answer in data["answers"]:
        media, votes = answer["poll_media"], counts.get(int(answer["answer_id"]), 0)
        emoji = make_emoji_name(media["emoji"]) if media.get("emoji") else ""
        answers.append(PollAnswer(media.get("text") or "", emoji, votes if ended else None))
    return Poll(data["question"].get("text") or "", tuple(answers), ended)


def make_emoji_name(emoji: Mapping[str, Any]) -> str:
    """How the archive names an emoji: the character, or ``name:id`` of a server's own."""
    if emoji.get("id") is None:
        return str(emoji["name"])
    return f"{emoji.get('name') or ''}:{emoji['id']}"


def _parse_time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
