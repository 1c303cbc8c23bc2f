"""The world's records in the form in which Discord sends them.

docs: the object tables of the resources. Ids and permission bits are strings, moments ISO 8601
with an offset.
"""

from __future__ import annotations

from bot.emulator.payloads.applications import application, command, partial_application, webhook
from bot.emulator.payloads.dispatches import Dispatch, render
from bot.emulator.payloads.messages import attachment, message, message_event
from bot.emulator.payloads.people import iso, me, member, member_fields, role, user
from bot.emulator.payloads.places import channel, guild, guild_create, thread_member

__all__ = [
    "Dispatch",
    "application",
    "attachment",
    "channel",
    "command",
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
    "thread_member",
    "user",
    "webhook",
]
