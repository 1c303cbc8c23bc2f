"""The routes of the whole REST API."""

from __future__ import annotations

from bot.emulator.rest import (
    channels,
    commands,
    guilds,
    interactions,
    messages,
    moderation,
    polls,
    reactions,
    soundboard,
    stickers,
    threads,
    users,
    webhooks,
)
from bot.emulator.rest.request import Api

__all__ = ["add_routes"]


def add_routes(api: Api) -> None:
    """Add the routes of every resource."""
    for resource in (
        users,
        guilds,
        channels,
        reactions,  # before messages, so that "pins" isn't taken for a message id
        messages,
        polls,
        moderation,
        soundboard,
        stickers,
        threads,
        webhooks,
        commands,
        interactions,
    ):
        resource.add_routes(api)
