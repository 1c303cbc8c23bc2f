"""Servers that Discord itself cannot reach for a while: bots hear nothing of them.

docs: Gateway Events › Guild Delete (``unavailable``), Guild Create (a server that becomes available
again), Ready (servers are unavailable until their Guild Create); Guild Resource › Unavailable
Guild Object. What REST answers meanwhile is documented nowhere; here it answers as ever.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.emulator import payloads

if TYPE_CHECKING:
    from bot.emulator.gateway.dispatcher import GatewayHub
    from bot.emulator.gateway.sessions import Session

__all__ = ["Outages"]


class Outages:
    """Which servers the bots' gateway does not reach."""

    def __init__(self, hub: GatewayHub) -> None:
        self._hub = hub
        self._lost: set[int] = set()

    def __bool__(self) -> bool:
        return bool(self._lost)

    def reaches(self, session: Session, guild_id: int | None) -> bool:
        """Whether a session is told of what happens in a server."""
        return not session.is_bot or guild_id not in self._lost

    def begin(self) -> int:
        """Lose every server; how many sessions were told."""
        told = 0
        for guild in self._hub.world.guilds.values():
            if guild.id in self._lost:
                continue
            for session in self._members(guild.id):
                data = {"id": str(guild.id), "unavailable": True}
                self._hub.tell(session, "GUILD_DELETE", data)
                told += 1
            self._lost.add(guild.id)
        return told

    def end(self) -> int:
        """Reach them all again; how many sessions were told."""
        told = 0
        lost, self._lost = self._lost, set()
        for guild_id in lost:
            guild = self._hub.world.guilds[guild_id]
            for session in self._members(guild_id):
                created = payloads.guild_create(self._hub.world, guild, session.user_id)
                self._hub.tell(session, "GUILD_CREATE", created)
                told += 1
        return told

    def _members(self, guild_id: int) -> list[Session]:
        world = self._hub.world
        return [
            session
            for session in self._hub.sessions.values()
            if session.is_bot and world.member(guild_id, session.user_id) is not None
        ]
