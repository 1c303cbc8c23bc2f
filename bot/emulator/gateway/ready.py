"""HELLO and READY, and removing the token from recorded frames."""

from __future__ import annotations

from typing import Any

import orjson

from bot.emulator import payloads
from bot.emulator.gateway.sessions import Frame, Session
from bot.emulator.world.models import Guild
from bot.emulator.world.world import World

__all__ = ["hello_frame", "ready_payload", "redact_token"]


def hello_frame(heartbeat_interval: float) -> Frame:
    """HELLO; the interval is passed in seconds and sent in milliseconds.

    docs: Gateway Events › Hello.
    """
    interval = round(heartbeat_interval * 1000)
    data = {"t": None, "s": None, "op": 10, "d": {"heartbeat_interval": interval}}
    return Frame(orjson.dumps(data))


def ready_payload(
    world: World, session: Session, guilds: list[Guild], address: str
) -> dict[str, Any]:
    """READY for a session; ``address`` is where the client resumes it.

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


def redact_token(raw: bytes) -> str:
    """A client's frame as text, with the token replaced."""
    try:
        payload = orjson.loads(raw)
        if "token" in payload["d"]:
            payload["d"]["token"] = "scrubbed"  # noqa: S105
    except (ValueError, KeyError, TypeError):
        return raw.decode(errors="replace")
    return orjson.dumps(payload).decode()
