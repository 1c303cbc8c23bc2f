"""Payloads of messages and attachments. docs: Message Resource; Gateway Events › Messages."""

from __future__ import annotations

from typing import Any

from bot.emulator.payloads.channels import channel
from bot.emulator.payloads.users import iso, member_fields, optional_id, user
from bot.emulator.world.models import Attachment, Message, MessageType, Reaction, User
from bot.emulator.world.signed_urls import sign_url
from bot.emulator.world.world import World

__all__ = ["attachment", "message", "message_event"]


def attachment(world: World, one: Attachment) -> dict[str, Any]:
    """docs: Message Resource › Attachment Object."""
    path = f"/attachments/{one.channel_id}/{one.id}/{one.filename}"
    url = sign_url(f"{world.cdn}{path}", path, world.cdn_secret, world.now())
    data: dict[str, Any] = {
        "id": str(one.id),
        "filename": one.filename,
        "size": one.size,
        "url": url,
        "proxy_url": url,
        "flags": one.flags,
    }
    if one.content_type is not None:
        data["content_type"] = one.content_type
    if one.description is not None:
        data["description"] = one.description
    if one.width is not None and one.height is not None:
        data |= {"width": one.width, "height": one.height}
    if one.ephemeral:
        data["ephemeral"] = True
    return data


def message(world: World, one: Message, viewer: int | None = None) -> dict[str, Any]:
    """docs: Message Resource › Message Object, with the message it replies to, one level deep."""
    data = _message(world, one, viewer)
    if one.type in {MessageType.REPLY, MessageType.THREAD_STARTER_MESSAGE}:
        answered = world.messages.get(one.reply_to or 0)
        there = answered is not None and not answered.deleted
        data["referenced_message"] = (
            _message(world, answered, viewer) if answered is not None and there else None
        )
    return data


def message_event(world: World, one: Message) -> dict[str, Any]:
    """A message in MESSAGE_CREATE and MESSAGE_UPDATE; only these have its nonce.

    docs: Gateway Events › Message Create Extra Fields (``guild_id``, ``member``, and members
    in ``mentions``).
    """
    data = message(world, one)
    if one.nonce is not None:
        data["nonce"] = one.nonce
    here = world.channels.get(one.channel_id)
    data["channel_type"] = int(here.type) if here is not None else 0
    if one.guild_id is None:
        return data
    data["guild_id"] = str(one.guild_id)
    where = world.guilds[one.guild_id]
    author = where.members.get(one.author_id)
    if author is not None and one.webhook_id is None:
        data["member"] = member_fields(author)
    for mentioned in data["mentions"]:
        belongs = where.members.get(int(mentioned["id"]))
        if belongs is not None:
            mentioned["member"] = member_fields(belongs)
    return data


def _author(world: World, one: Message) -> dict[str, Any]:
    if one.shown_name is None:
        return user(world.users[one.author_id])
    return {
        **user(User(one.webhook_id or one.author_id, one.shown_name, None, "", bot=True)),
        "avatar": one.shown_avatar,
        "discriminator": "0000",
    }


def _message(world: World, one: Message, viewer: int | None) -> dict[str, Any]:
    data: dict[str, Any] = {
        "id": str(one.id),
        "channel_id": str(one.channel_id),
        "type": int(one.type),
        "author": _author(world, one),
        "content": one.content,
        "timestamp": iso(one.timestamp),
        "edited_timestamp": iso(one.edited_timestamp),
        "tts": one.tts,
        "mention_everyone": one.mention_everyone,
        "mentions": [user(world.users[i]) for i in one.mentions if i in world.users],
        "mention_roles": [str(role_id) for role_id in one.mention_roles],
        "attachments": [attachment(world, part) for part in one.attachments],
        "embeds": one.embeds,
        "components": one.components,
        "pinned": one.pinned,
        "flags": one.flags,
    }
    if one.reactions:
        data["reactions"] = [_reaction(part, viewer) for part in one.reactions]
    if one.sticker_items:
        data["sticker_items"] = one.sticker_items
    if one.reference is not None:
        data["message_reference"] = one.reference
    if one.snapshots:
        data["message_snapshots"] = one.snapshots
    if one.webhook_id is not None:
        data["webhook_id"] = str(one.webhook_id)
    if one.application_id is not None:
        data["application_id"] = str(one.application_id)
    if one.interaction_metadata is not None:
        data["interaction_metadata"] = one.interaction_metadata
    if one.position is not None:
        data["position"] = one.position
    if one.poll is not None:
        data["poll"] = _poll(one, viewer)
    opened = world.channels.get(one.id)
    if opened is not None and opened.thread is not None and opened.id != one.channel_id:
        data["thread"] = channel(world, opened)
    return data


def _poll(one: Message, viewer: int | None) -> dict[str, Any]:
    assert one.poll is not None
    counts = [
        {"id": answer_id, "count": len(voters), "me_voted": viewer in voters}
        for answer_id, voters in sorted(one.poll_votes.items())
        if voters
    ]
    finalized = bool(one.poll.get("finalized"))
    shown = {key: value for key, value in one.poll.items() if key != "finalized"}
    return {**shown, "results": {"is_finalized": finalized, "answer_counts": counts}}


def _reaction(one: Reaction, viewer: int | None) -> dict[str, Any]:
    return {
        "emoji": {"id": optional_id(one.emoji_id), "name": one.emoji_name},
        "count": len(one.users),
        "count_details": {"burst": 0, "normal": len(one.users)},
        "burst_colors": [],
        "me_burst": False,
        "me": viewer in one.users,
    }
