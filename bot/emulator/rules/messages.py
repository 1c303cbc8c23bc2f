"""Posting, editing and deleting messages.

docs: Message Resource; Gateway Events › Messages; Threads.
"""

from __future__ import annotations

import copy
from datetime import timedelta
from typing import Any

from bot.emulator import payloads
from bot.emulator.rules.components import IS_COMPONENTS_V2, TEXT, media_of, walk
from bot.emulator.rules.emojis import find_emoji
from bot.emulator.rules.errors import api_error
from bot.emulator.rules.file_types import detect_type
from bot.emulator.rules.json_form import Form, form_error
from bot.emulator.rules.mentions import find_mentions
from bot.emulator.rules.message_input import EPHEMERAL, SUPPRESS_EMBEDS, AttachmentData, Draft
from bot.emulator.rules.stickers import sent_items
from bot.emulator.rules.uploads import IS_ANIMATED, IS_SPOILER, file_name
from bot.emulator.world import thread_state
from bot.emulator.world.events import (
    MessageCreated,
    MessageDeleted,
    MessagesDeleted,
    MessageUpdated,
)
from bot.emulator.world.models import Attachment, Channel, Message, MessageType, User
from bot.emulator.world.permissions import Permission
from bot.emulator.world.world import World

__all__ = [
    "attach_files",
    "build_message",
    "check_fixed_parts",
    "delete",
    "delete_many",
    "edit",
    "post",
    "post_system_message",
]

EDITABLE = (
    MessageType.DEFAULT,
    MessageType.REPLY,
    MessageType.CHAT_INPUT_COMMAND,
    MessageType.CONTEXT_MENU_COMMAND,
)
UNDELETABLE = (
    MessageType.RECIPIENT_ADD,
    MessageType.RECIPIENT_REMOVE,
    MessageType.CHANNEL_NAME_CHANGE,
    MessageType.THREAD_STARTER_MESSAGE,
)
"""Types that can't be deleted. docs: Message Resource › Message Types (column Deletable)."""


def _join_texts(content: str, components: list[dict[str, Any]]) -> str:
    """Where mentions count: the content, and each text display.

    docs: Component Reference › Text Display (mentions in it ping by ``allowed_mentions``).
    """
    shown = [one["content"] or "" for one in walk(components) if one["type"] == TEXT]
    return "\n".join([content, *shown])


def build_message(world: World, channel: Channel, author: User, draft: Draft) -> Message:
    """Build a message from a draft and store its files, without posting it.

    Raises 50146 if the draft names a file that wasn't uploaded.
    """
    if draft.kept:
        raise api_error(50146)
    _check_media(draft, [])
    message_id = world.new_id()
    answered = world.messages.get((draft.reference or {}).get("message_id") or 0)
    replied_to = (
        answered.author_id if answered is not None and answered.webhook_id is None else None
    )
    texts = _join_texts(draft.content, draft.components)
    found = find_mentions(world, channel, author.id, texts, draft.allowed, replied_to)
    message = Message(
        id=message_id,
        channel_id=channel.id,
        author_id=author.id,
        type=MessageType.DEFAULT,
        content=draft.content,
        timestamp=world.now(),
        guild_id=channel.guild_id,
        tts=draft.tts,
        mention_everyone=found.everyone,
        mentions=found.users,
        mention_roles=found.roles,
        embeds=copy.deepcopy(draft.embeds),
        components=copy.deepcopy(draft.components),
        flags=draft.flags,
        nonce=draft.nonce,
        poll=_poll(world, author, draft),
        sticker_items=sent_items(world, author, channel, draft.sticker_ids),
    )
    attach_files(world, message, draft)
    return message


def _poll(world: World, user: User, draft: Draft) -> dict[str, Any] | None:
    """A draft's poll with the time it ends. Raises 520004 for an emoji the user can't use.

    A custom emoji gets its name. docs: Poll Resource; JSON Error Codes (520004).
    """
    if draft.poll is None:
        return None
    for answer in draft.poll["answers"]:
        emoji = answer["poll_media"].get("emoji") or {}
        if emoji.get("id") is None:
            continue
        known = find_emoji(world, user, int(emoji["id"]))
        if known is None:
            raise api_error(520004)
        emoji["name"] = known.name
        if known.animated:
            emoji["animated"] = True
    shown = {key: value for key, value in draft.poll.items() if key != "duration"}
    ends = world.now() + timedelta(hours=draft.poll["duration"])
    return {**shown, "expiry": payloads.iso(ends)}


def _check_media(draft: Draft, kept: list[Attachment]) -> None:
    """Raises 50035 if a component shows a file that the message doesn't have.

    docs: Components › Unfurled Media Item.
    """
    names = {
        file_name(draft.metadata.get(upload.number, AttachmentData()).filename or upload.filename)
        for upload in draft.uploads
    }
    names |= {record.filename for record in kept}
    for medium in media_of(draft.components):
        scheme, _, name = medium["url"].partition("://")
        if scheme == "attachment" and name not in names:
            raise api_error(50035, "The specified attachment was not found")


def attach_files(world: World, message: Message, draft: Draft) -> None:
    """Store a draft's files and replace ``attachment://`` with their addresses."""
    for upload in draft.uploads:
        said = draft.metadata.get(upload.number, AttachmentData())
        name = said.filename or upload.filename
        kind = detect_type(name, upload.content)
        spoiler = bool(said.is_spoiler) or name.startswith("SPOILER_")
        record = Attachment(
            id=world.new_id(),
            channel_id=message.channel_id,
            filename=file_name(name),
            size=len(upload.content),
            content_type=kind.content_type,
            description=said.description or None,
            width=kind.width,
            height=kind.height,
            flags=IS_SPOILER * spoiler | IS_ANIMATED * kind.animated,
            ephemeral=bool(message.flags & EPHEMERAL),
        )
        world.files.put(record.id, upload.content)
        message.attachments.append(record)
    by_name = {f"attachment://{record.filename}": record for record in message.attachments}
    for medium in media_of(message.components):
        shown = by_name.get(medium["url"])
        medium["id"] = str(world.new_id()) if medium["id"] == "0" else medium["id"]
        if shown is not None:
            address = payloads.attachment(world, shown)["url"]
            medium |= {"url": address, "proxy_url": address, "attachment_id": str(shown.id)}
            medium["content_type"] = shown.content_type
    for embed in message.embeds:
        for name in ("image", "thumbnail"):
            picture = embed.get(name)
            shown = by_name.get(picture["url"]) if picture else None
            if picture and shown is not None:
                address = payloads.attachment(world, shown)["url"]
                picture |= {"url": address, "proxy_url": address}


def post(world: World, message: Message) -> Message:
    """Post a message in its channel.

    In a thread it is counted, unarchives the thread, and adds its author and mentioned users.
    docs: Threads › Thread Membership, Archived threads.
    """
    channel = world.channels[message.channel_id]
    thread = channel.thread
    if message.ephemeral_to is not None:
        world.add_message(message)
        world.emit(MessageCreated(message))
        return message
    if thread is not None:
        if thread.archived:
            thread_state.unarchive(world, channel)
        thread.active_at = world.now()
        message.position = thread.total_message_sent
        if not _is_thread_starter(channel, message):
            thread.message_count += 1
            thread.total_message_sent += 1
        if message.type in EDITABLE and message.webhook_id is None:
            thread_state.join(world, channel, message.author_id)
    channel.last_message_id = message.id
    world.add_message(message)
    world.emit(MessageCreated(message))
    if thread is not None and message.type in EDITABLE:
        for user_id in message.mentions:
            if world.permissions(user_id, channel.id) & Permission.VIEW_CHANNEL:
                thread_state.join(world, channel, user_id)
    return message


def _is_thread_starter(channel: Channel, message: Message) -> bool:
    """Whether a message is the first one of its thread, which isn't counted."""
    return message.id == channel.id or message.type is MessageType.THREAD_STARTER_MESSAGE


def post_system_message(
    world: World,
    channel: Channel,
    author_id: int,
    kind: MessageType,
    content: str = "",
    *,
    mentions: list[int] | None = None,
    reference: dict[str, Any] | None = None,
    reply_to: int | None = None,
) -> Message:
    """Post a system message. docs: Message Resource › Message Types."""
    return post(
        world,
        Message(
            id=world.new_id(),
            channel_id=channel.id,
            author_id=author_id,
            type=kind,
            content=content,
            timestamp=world.now(),
            guild_id=channel.guild_id,
            mentions=mentions or [],
            reference=reference,
            reply_to=reply_to,
        ),
    )


def check_fixed_parts(message: Message, form: Form) -> None:
    """Raises an error if an edit would change a message's stickers (50080) or poll (520003).

    A message with a poll can't be edited at all but for its flags.
    docs: Poll Resource › Poll Endpoints; JSON Error Codes (50080, 520003).
    """
    kept = [item["id"] for item in message.sticker_items]
    to_second = (form.integer("flags") or 0) & IS_COMPONENTS_V2
    wanted = form.body.get("sticker_ids")
    if wanted is not None and not (wanted == [] and to_second) and wanted != kept:
        raise api_error(50080)
    new_poll = form.body.get("poll") is not None
    has_poll = message.poll is not None and not to_second
    if new_poll or (has_poll and form.body.keys() - {"flags"}):
        raise api_error(520003)


def _require_reset(message: Message, draft: Draft) -> None:
    """Raises 50035 unless an edit to version 2 components resets the fields in use.

    docs: Message Resource › Edit Message (``flags``).
    """
    used = {
        "content": (message.content, draft.content),
        "embeds": (message.embeds, draft.embeds),
    }
    for name, (old, new) in used.items():
        if old and (name not in draft.given or new):
            raise form_error(
                name,
                "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
                f"The '{name}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2",
            )


def edit(world: World, message: Message, draft: Draft) -> None:
    """Change the given fields; the message must not become empty (50006).

    Raises 50146 if the draft keeps a file that neither is in the message nor was uploaded; which
    code this has isn't documented. The caller checks permissions.
    docs: Message Resource › Edit Message.
    """
    channel = world.channels[message.channel_id]
    given = draft.given
    if set(draft.kept or []) - {record.id for record in message.attachments}:
        raise api_error(50146)
    kept = [a for a in message.attachments if draft.kept is None or a.id in draft.kept]
    _check_media(draft, kept)
    if message.flags & IS_COMPONENTS_V2 and "components" in given and not draft.components:
        raise api_error(50006)
    remains = (
        (draft.content if "content" in given else message.content),
        (draft.embeds if "embeds" in given else message.embeds),
        (draft.components if "components" in given else message.components),
        kept or draft.uploads,
        message.poll or draft.poll,
        message.sticker_items,
    )
    if not any(remains):
        raise api_error(50006)
    if draft.flags & IS_COMPONENTS_V2 and not message.flags & IS_COMPONENTS_V2:
        _require_reset(message, draft)
        message.sticker_items, message.poll = [], None
        message.flags |= IS_COMPONENTS_V2
    if "content" in given or ("components" in given and message.flags & IS_COMPONENTS_V2):
        author = message.author_id
        answered = world.messages.get(message.reply_to or 0)
        replied = answered.author_id if answered is not None else None
        texts = _join_texts(
            draft.content if "content" in given else message.content,
            draft.components if "components" in given else message.components,
        )
        found = find_mentions(world, channel, author, texts, draft.allowed, replied)
        message.mentions, message.mention_roles = found.users, found.roles
        message.mention_everyone = found.everyone
    if "content" in given:
        message.content = draft.content
    if "embeds" in given:
        message.embeds = copy.deepcopy(draft.embeds)
    if "components" in given:
        message.components = copy.deepcopy(draft.components)
    if "flags" in given:
        message.flags = (message.flags & ~SUPPRESS_EMBEDS) | (draft.flags & SUPPRESS_EMBEDS)
    if draft.poll is not None:
        message.poll = _poll(world, world.users[message.author_id], draft)
        world.open_polls.add(message.id)
    for record in kept:
        said = draft.metadata.get(record.id, AttachmentData())
        if said.description is not None:
            record.description = said.description or None
        if said.is_spoiler is not None:
            record.flags = record.flags & ~IS_SPOILER | IS_SPOILER * said.is_spoiler
    message.attachments = kept
    attach_files(world, message, draft)
    if given & {"content", "embeds", "components", "attachments"} or draft.uploads:
        message.edited_timestamp = world.now()
    world.emit(MessageUpdated(message))


def delete(world: World, message: Message) -> None:
    """Delete a message. Raises 50021 for types that can't be deleted.

    The caller checks permissions. An archived thread allows it and stays archived.
    docs: Threads › Active & Archived Threads.
    """
    if message.type in UNDELETABLE:
        raise api_error(50021)
    channel = world.channels[message.channel_id]
    _remove(world, channel, message)
    world.emit(MessageDeleted(message))


def delete_many(world: World, channel: Channel, deleted: list[Message]) -> None:
    """Delete several messages at once. docs: Message Resource › Bulk Delete Messages."""
    for message in deleted:
        _remove(world, channel, message)
    world.emit(MessagesDeleted(channel, tuple(message.id for message in deleted)))


def _remove(world: World, channel: Channel, message: Message) -> None:
    world.remove_message(message)
    if channel.thread is not None and not _is_thread_starter(channel, message):
        channel.thread.message_count = max(0, channel.thread.message_count - 1)
