"""All of the REST API, put together."""

from __future__ import annotations

from bot.emulator.rest import (
    channels,
    commands,
    guilds,
    interactions,
    messages,
    reactions,
    threads,
    users,
    webhooks,
)
from bot.emulator.rest.request import Api

__all__ = ["add_routes"]


def add_routes(api: Api) -> None:
    """Serve every resource that the emulator knows."""
    for resource in (
        users,
        guilds,
        channels,
        reactions,  # before messages, for "pins" is no message's id
        messages,
        threads,
        webhooks,
        commands,
        interactions,
    ):
        resource.add_routes(api)
