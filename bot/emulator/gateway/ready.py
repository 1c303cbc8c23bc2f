"""What a client is greeted with at the gateway, and what is kept of what it sends."""

from __future__ import annotations

from typing import Any

import orjson

from bot.emulator import payloads
from bot.emulator.gateway.sessions import Frame, Session
from bot.emulator.world.models import Guild
from bot.emulator.world.world import World

__all__ = ["hello", "ready", "scrubbed"]


def hello(heartbeat_interval: float) -> Frame:
    """docs: Gateway Events › Hello (given in seconds, told in milliseconds)."""
    interval = round(heartbeat_interval * 1000)
    data = {"t": None, "s": None, "op": 10, "d": {"heartbeat_interval": interval}}
    return Frame(orjson.dumps(data))


def ready(world: World, session: Session, guilds: list[Guild], address: str) -> dict[str, Any]:
    """READY for a session; ``address`` is where it can be resumed.

    docs: Gateway Events › Ready (``guilds`` are unavailable until their GUILD_CREATE).
    """
    data: dict[str, Any] = {
        "v": 10,
        "user": payloads.me(world.users[session.user_id]),
        "guilds": [{"id": str(guild.id), "unavailable": True} for guild in guilds],
        "session_id": session.id,
        "resume_gateway_url": address,
        "session_type": "normal",
        "private_channels": [],
        "relationships": [],
        "presences": [],
    }
    if session.shard is not None:
        data["shard"] = list(session.shard)
    application = world.application_of(session.user_id)
    if application is not None:
        data["application"] = payloads.partial_application(application)
    return data


def scrubbed(raw: bytes) -> str:
    """A client's frame without the token in it."""
    try:
        payload = orjson.loads(raw)
        if "token" in payload["d"]:
            payload["d"]["token"] = "scrubbed"  # noqa: S105
    except (ValueError, KeyError, TypeError):
        return raw.decode(errors="replace")
    return orjson.dumps(payload).decode()
