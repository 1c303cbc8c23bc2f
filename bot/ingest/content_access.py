"""Whether Discord lets the bot read message content, from the flags of its application.

docs: Gateway › Message Content Intent; Application Resource › Application Flags.
"""

from __future__ import annotations

import asyncio

import discord
from discord.http import HTTPClient

from bot.discord_api.errors import TRANSIENT

__all__ = ["ContentAccess"]

#: GATEWAY_MESSAGE_CONTENT and GATEWAY_MESSAGE_CONTENT_LIMITED.
_CONTENT_FLAGS = 1 << 18 | 1 << 19
#: Seconds for which an answer counts when many servers are read one after the other.
_CURRENT_FOR = 60.0


class ContentAccess:
    """Asks Discord. Content that is withheld is recognized anyway: such a message is empty."""

    def __init__(self, http: HTTPClient) -> None:
        self._http = http
        self._allowed_until = 0.0
        self._lock = asyncio.Lock()

    async def may_read(self) -> bool:
        """Whether the bot may read message content; True if Discord can't be asked."""
        return await self._has_flag(otherwise=True)

    async def could_read_lately(self) -> bool:
        """The same, as it was in the last minute: servers that are read together ask once."""
        async with self._lock:
            now = asyncio.get_running_loop().time()
            if now < self._allowed_until:
                return True
            allowed = await self.may_read()
            if allowed:
                self._allowed_until = now + _CURRENT_FOR
            return allowed

    async def can_read(self) -> bool:
        """Whether it is certain that the bot may read message content."""
        return await self._has_flag(otherwise=False)

    async def _has_flag(self, *, otherwise: bool) -> bool:
        """``otherwise``: the answer if Discord can't be asked."""
        try:
            application = await self._http.application_info()
        except (discord.HTTPException, *TRANSIENT):
            return otherwise
        return bool(int(application.get("flags") or 0) & _CONTENT_FLAGS)
