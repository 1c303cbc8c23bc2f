"""Problems in a play: outages, missing permissions, faults of the connection."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import aiohttp

from bot.emulator.world.seed import invite_bot
from tests.truth.play_state import PlayState

__all__ = ["Problems"]

_EVENTS = (
    "MESSAGE_CREATE",
    "MESSAGE_UPDATE",
    "MESSAGE_DELETE",
    "MESSAGE_REACTION_ADD",
    "MESSAGE_REACTION_REMOVE",
    "THREAD_CREATE",
)
_VIEW, _HISTORY = 1 << 10, 1 << 16

_CALLS = (
    ("GET", "/channels/*/messages"),
    ("POST", "/channels/*/messages/*/threads"),
    ("GET", "/channels/*/messages/*"),
    ("GET", "/guilds/*/threads/active"),
    ("GET", "/channels/*/threads/archived/public"),
    ("GET", "/guilds/*/members/*"),
)
_MOVING_CALLS = (
    ("POST", "/webhooks/*/*"),
    ("PATCH", "/webhooks/*/*/messages/*"),
    ("DELETE", "/channels/*/messages/*"),
)


class Problems(PlayState):
    """Everything that goes wrong, and how it ends."""

    async def _hide(self) -> bool:
        """The bot loses the permission to view the channel, or to read its history."""
        if self.hidden:
            await self.do("show")
        self.hidden = True
        deny = self.random.choice((_VIEW, _HISTORY, _VIEW | _HISTORY))
        path = f"/channels/{self.channel_id}/permissions/{self.own_id}"
        return await self._call(
            self.admin, "PUT", path, {"type": 1, "allow": "0", "deny": str(deny)}
        )

    async def _show(self) -> bool:
        if not self.hidden:
            await self.do("hide")
        self.hidden = False
        path = f"/channels/{self.channel_id}/permissions/{self.own_id}"
        return await self._call(self.admin, "DELETE", path)

    async def _lose_server(self) -> bool:
        """The server becomes unavailable."""
        if self.lost:
            await self.do("find server")
        self.lost = True
        await self.control("faults", {"kind": "server_outage"})
        return True

    async def _find_server(self) -> bool:
        if not self.lost:
            await self.do("lose server")
        self.lost = False
        await self.control("faults", {"kind": "server_return"})
        return True

    async def _kick(self) -> bool:
        if self.own_id not in self.guild.members:
            await self.do("invite")
        path = f"/guilds/{self.guild.id}/members/{self.own_id}"
        return await self._call(self.admin, "DELETE", path)

    async def _invite(self) -> bool:
        if self.own_id in self.guild.members:
            await self.do("kick")
        invite_bot(self.emulator.world, self.guild, self.emulator.world.bot)
        return True

    async def _end_problems(self) -> None:
        """End all problems: permissions, server and connection are restored."""
        if self.hidden:
            await self.do("show")
        if self.own_id not in self.guild.members:
            await self.do("invite")
        if self.lost:
            await self.do("find server")
        if not self.bot.is_up:
            await self.do("return")

    async def _outage(self) -> bool:
        if not self.bot.is_up:
            await self.do("return")
        self.bot.is_up = False
        await self.bot.stop()
        return True

    async def _return(self) -> bool:
        if self.bot.is_up:
            await self.do("outage")
        self.bot.is_up = True
        await self.bot.start()
        return True

    async def _fault(self, body: dict[str, Any]) -> bool:
        if not self.bot.is_up:
            await self.do("return")
        await self.control("faults", body)
        return True

    async def _disconnect(self, body: dict[str, Any]) -> bool:
        """Break an established connection; breaking another one may stop discord.py for good."""
        if not self.bot.is_up:
            await self.do("return")
        hub = self.emulator.dispatcher
        if not any(hub.bot_sessions()):
            await self._settle()
        lost = hub.next_change()
        struck = any(hub.bot_sessions()) and await self._fault(body)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(lost, 5 if struck else 0)
        return struck

    async def _cut(self) -> bool:
        return await self._disconnect({"kind": "reconnect"})

    async def _close(self) -> bool:
        return await self._disconnect({"kind": "gateway_close", "code": 4000})

    async def _invalid_session(self) -> bool:
        return await self._disconnect({"kind": "invalid_session"})

    async def _duplicate(self) -> bool:
        event = self.random.choice(_EVENTS)
        return await self._fault({"kind": "duplicate", "event": event, "times": 1})

    async def _reorder(self) -> bool:
        event = self.random.choice(_EVENTS)
        return await self._fault({"kind": "reorder", "event": event, "times": 1})

    async def _failing_call(self) -> bool:
        status = self.random.choice((500, 502, 503, None))
        method, path = self.random.choice(_CALLS + (_MOVING_CALLS if self.moves else ()))
        after = self.random.choice((True, False))
        return await self._fault(
            {"kind": "http", "method": method, "path": path, "status": status, "times": 1}
            | {"after_effect": after}
        )

    async def _settle(self) -> bool:
        # In a server with proxies, opening a thread waits.
        await self._wait_until_idle(6 if self.proxies else 0)
        return True

    async def _wait_until_idle(self, seconds: float = 0) -> None:
        """Advance the clock, then wait until the bot has done what it can do now."""
        if self.bot.is_up:
            with contextlib.suppress(aiohttp.ServerDisconnectedError):
                await self.control("clock", {"advance": seconds})
