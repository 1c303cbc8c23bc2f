"""Simulated server outages: bots get no events of servers that Discord itself can't reach.

docs: Gateway Events › Guild Delete (``unavailable``), Guild Create (a server that becomes available
again), Ready (servers are unavailable until their Guild Create); Guild Resource › Unavailable
Guild Object. What REST answers meanwhile isn't documented; here it answers as usual.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from bot.emulator import payloads
from bot.emulator.gateway.sessions import Session
from bot.emulator.world.world import World

__all__ = ["Outages"]


class Outages:
    """Which servers are unavailable to bots; ``sessions`` are all gateway sessions by id."""

    def __init__(self, world: World, sessions: Mapping[str, Session]) -> None:
        self._world = world
        self._sessions = sessions
        self._unavailable: set[int] = set()

    def __bool__(self) -> bool:
        return bool(self._unavailable)

    def is_available(self, session: Session, guild_id: int | None) -> bool:
        """Whether a session gets the events of a server."""
        return not session.is_bot or guild_id not in self._unavailable

    def begin(self) -> int:
        """Make every server unavailable; how many GUILD_DELETE were sent."""
        count = 0
        for guild in self._world.guilds.values():
            if guild.id in self._unavailable:
                continue
            for session in self._members(guild.id):
                _send(session, "GUILD_DELETE", {"id": str(guild.id), "unavailable": True})
                count += 1
            self._unavailable.add(guild.id)
        return count

    def end(self) -> int:
        """Make every server available again; how many GUILD_CREATE were sent."""
        count = 0
        unavailable, self._unavailable = self._unavailable, set()
        for guild_id in unavailable:
            guild = self._world.guilds[guild_id]
            for session in self._members(guild_id):
                created = payloads.guild_create(self._world, guild, session.user_id)
                _send(session, "GUILD_CREATE", created)
                count += 1
        return count

    def _members(self, guild_id: int) -> list[Session]:
        return [
            session
            for session in self._sessions.values()
            if session.is_bot
            and session.has_server(guild_id)
            and self._world.member(guild_id, session.user_id) is not None
        ]


def _send(session: Session, name: str, data: dict[str, Any]) -> None:
    session.dispatch(name, orjson.dumps(data))
