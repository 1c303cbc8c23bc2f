"""Members' names in a server, for messages of the history, which doesn't contain them."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime

import discord
from discord.http import HTTPClient

from bot.clock import Clock
from bot.core import limits
from bot.core.conversation.events import Message
from bot.discord_api.errors import TRANSIENT, UNKNOWN_MEMBER, UNKNOWN_USER

__all__ = ["MemberNames"]

#: Seconds to wait for the response to Request Guild Members (docs: Gateway Events).
_RESPONSE_SECONDS = 5.0
#: Requests to the gateway within so many seconds for each shard. A connection may send 120 events
#: in 60 seconds (docs: Gateway › Rate Limiting), of which the library uses 110 and then waits.
_MOST_REQUESTS, _PERIOD = 90, 60.0


class MemberNames:
    """Fetches each member's name once, and again for messages written after that.

    A message in the history has its author's user name, but not the nickname in the server (docs:
    Gateway Events › Message Create Extra Fields: ``member`` is only in the event).
    """

    def __init__(
        self,
        *,
        http: HTTPClient,
        guild: Callable[[int], discord.Guild | None],
        clock: Clock,
    ) -> None:
        self._http = http
        self._guild = guild
        self._clock = clock
        self._known: dict[int, dict[int, tuple[str | None, datetime]]] = {}
        self._requests: dict[int, deque[float]] = {}

    def clear(self, server_id: int) -> None:
        """Fetch the names in a server again from now on, since people change their names."""
        self._known.pop(server_id, None)

    async def add_names(
        self, messages: Sequence[Message], known: set[int]
    ) -> tuple[list[Message], frozenset[int]]:
        """Messages of one server with their authors' names there, except for ``known`` ids.

        Also returns which of them have one: people who left keep their user names. The gateway
        returns many members at once. If it doesn't respond, or enough has been requested from it,
        each member is fetched by itself. Raises the library's errors if Discord can't be reached or
        fails.
        """
        new = [one for one in messages if one.id not in known and not one.from_bot]
        # Taken before the first await: another reading may clear them in the meantime.
        names = {one.author_id: self._get_known(one) for one in new if self._is_known(one)}
        unknown = {one.author_id for one in new if not self._is_known(one)}
        if unknown:
            names |= await self._fetch(new[0].server_id, unknown)
        named = {one.id: name for one in new if (name := names[one.author_id]) is not None}
        return [
            replace(one, author_name=named[one.id]) if one.id in named else one for one in messages
        ], frozenset(named)

    def _is_known(self, message: Message) -> bool:
        found = self._known.get(message.server_id, {}).get(message.author_id)
        return found is not None and found[1] > message.written_at

    def _get_known(self, message: Message) -> str | None:
        return self._known[message.server_id][message.author_id][0]

    async def _fetch(self, server_id: int, member_ids: Collection[int]) -> dict[int, str | None]:
        now = self._clock.now()
        found: dict[int, str | None] = dict.fromkeys(member_ids)
        try:
            found |= await self._fetch_from_gateway(server_id, member_ids)
        except (*TRANSIENT, discord.ConnectionClosed):
            for member_id in member_ids:
                found[member_id] = await self._fetch_one(server_id, member_id)
        known = self._known.setdefault(server_id, {})
        known.update((member_id, (name, now)) for member_id, name in found.items())
        return found

    async def _fetch_from_gateway(
        self, server_id: int, member_ids: Collection[int]
    ) -> dict[int, str]:
        """The names of these members in a server; people who left are missing.

        Requesting members by id needs no privileged intent. Raises the library's errors, and
        TimeoutError if no response comes in time, if the bot can't see the server, or if it has
        requested enough for now.
        """
        guild = self._guild(server_id)
        if guild is None:
            raise TimeoutError
        found: dict[int, str] = {}
        ids = sorted(member_ids)
        for start in range(0, len(ids), limits.MEMBERS_PER_REQUEST):
            self._count_request(guild.shard_id)
            some = ids[start : start + limits.MEMBERS_PER_REQUEST]
            async with asyncio.timeout(_RESPONSE_SECONDS):
                members = await guild.query_members(
                    user_ids=some, limit=limits.MEMBERS_PER_REQUEST, cache=False
                )
            found |= {member.id: member.display_name for member in members}
        return found

    def _count_request(self, shard_id: int) -> None:
        """Raises TimeoutError if the shard's connection has sent enough requests for now."""
        now = asyncio.get_running_loop().time()
        sent = self._requests.setdefault(shard_id, deque())
        while sent and now - sent[0] > _PERIOD:
            sent.popleft()
        if len(sent) >= _MOST_REQUESTS:
            raise TimeoutError
        sent.append(now)

    async def _fetch_one(self, server_id: int, member_id: int) -> str | None:
        """docs: Guild Resource › Get Guild Member. None: not a member any more."""
        try:
            data = await self._http.get_member(server_id, member_id)
        except discord.HTTPException as error:
            if error.code in (UNKNOWN_MEMBER, UNKNOWN_USER):
                return None
            raise
        user = data["user"]
        return data.get("nick") or user.get("global_name") or user["username"]
