"""Payloads: the world's records and events as JSON in Discord's form.

docs: the object tables of the resources. Ids and permission bits are strings, times are ISO 8601
with an offset.
"""

from __future__ import annotations

from bot.emulator.payloads.applications import (
    application,
    command,
    command_permissions,
    partial_application,
    webhook,
)
from bot.emulator.payloads.automod import automod_rule
from bot.emulator.payloads.channels import channel, thread_member
from bot.emulator.payloads.dispatches import Dispatch, render
from bot.emulator.payloads.guilds import guild, guild_create
from bot.emulator.payloads.messages import attachment, message, message_event
from bot.emulator.payloads.stickers import sticker, sticker_item
from bot.emulator.payloads.users import iso, me, member, member_fields, role, user

__all__ = [
    "Dispatch",
    "application",
    "attachment",
    "automod_rule",
    "channel",
    "command",
    "command_permissions",
    "guild",
    "guild_create",
    "iso",
    "me",
    "member",
    "member_fields",
    "message",
    "message_event",
    "partial_application",
    "render",
    "role",
    "sticker",
    "sticker_item",
    "thread_member",
    "user",
    "webhook",
]
