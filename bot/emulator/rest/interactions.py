"""Interactions: members' clients start them, the application responds.

docs: Interactions › Receiving and Responding to Interactions.
"""

from __future__ import annotations

from typing import Any

from bot.emulator import payloads
from bot.emulator.rest.request import Api, Call, Result
from bot.emulator.rules import interaction_responses, interactions
from bot.emulator.rules.errors import api_error

__all__ = ["add_routes"]

_LOADING = 1 << 7
_EPHEMERAL = 1 << 6


def add_routes(api: Api) -> None:
    """Add the routes; the token in the path authenticates the application."""
    api.add("POST", "/interactions", _start)
    api.add(
        "POST",
        "/interactions/{interaction_id}/{interaction_token}/callback",
        _answer,
        open_to_all=True,
    )


async def _start(call: Call) -> Result:
    """Start an interaction for a member's client; the result comes over the gateway."""
    if call.user.bot:
        raise api_error(20001)
    interactions.start(call.world, call.user, call.form, call.uploads)
    return None


async def _answer(call: Call) -> Result:
    """docs: Create Interaction Response (``with_response``)."""
    world = call.world
    interaction = interaction_responses.get_pending(
        world, call.id("interaction_id"), call.text("interaction_token")
    )
    interaction_responses.respond(world, interaction, call.form, call.uploads)
    if not call.flag("with_response"):
        return None
    about: dict[str, Any] = {
        "id": str(interaction.id),
        "type": interaction.type,
        "channel_id": str(interaction.channel_id),
    }
    if interaction.guild_id is not None:
        about["guild_id"] = str(interaction.guild_id)
    data: dict[str, Any] = {"interaction": about}
    message = world.messages.get(interaction.original_id or 0)
    if message is not None and interaction.answer is not None:
        about |= {
            "response_message_id": str(message.id),
            "response_message_loading": bool(message.flags & _LOADING),
            "response_message_ephemeral": bool(message.flags & _EPHEMERAL),
        }
        if interaction.answer["type"] != 6:
            # A deferred response has a message too: Discord documents only 4 and 7 here.
            kind = 7 if interaction.answer["type"] == 7 else 4
            data["resource"] = {"type": kind, "message": payloads.message(world, message)}
    return data
