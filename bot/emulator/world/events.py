"""What happens in the world, as the gateway tells it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["Event"]


@dataclass(frozen=True, slots=True)
class Event:
    """One dispatch of the gateway, before it is decided who may see it.

    ``data`` is the payload as somebody with every intent sees it. With a ``channel_id`` only
    those who may view the channel get it; with a ``user_id`` only that user's sessions do (an
    interaction goes to its application's bot, an ephemeral message to one member).
    docs: Gateway › List of Intents, Gateway Events.
    """

    name: str
    data: dict[str, Any]
    guild_id: int | None = None
    channel_id: int | None = None
    user_id: int | None = None
