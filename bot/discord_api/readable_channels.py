"""What a member may read at this moment: a channel, or a thread of it.

*View Channel* and *Read Message History*, of a thread those in its channel; a private thread also
has to have the member in it, unless they have *Manage Threads* (docs: Topics › Threads › Private
Threads; Permissions › Inherited Permissions).
"""

from __future__ import annotations

import logging
from typing import Any

import discord

from bot.discord_api.errors import TRANSIENT

__all__ = ["ReadableChannels", "ThreadPlaces"]

_log = logging.getLogger(__name__)

#: Threads whose place is remembered.
_MAX_PLACES = 20_000
_PRIVATE = discord.ChannelType.private_thread.value


class ThreadPlaces:
    """The channel of a thread, and whether it is private; neither ever changes.

    For threads that the gateway doesn't tell about because they are archived.
    """

    def __init__(self) -> None:
        self._places: dict[int, tuple[int, bool]] = {}

    async def get(self, client: discord.Client, thread_id: int) -> tuple[int, bool] | None:
        """The id of its channel, and whether it is private; None if the bot can't see it."""
        known = self._places.get(thread_id)
        if known is not None:
            return known
        try:
            payload: Any = await client.http.get_channel(thread_id)
        except (discord.HTTPException, *TRANSIENT) as error:
            if not isinstance(error, discord.Forbidden | discord.NotFound):
                _log.warning("Couldn't read a thread from Discord (%s).", error)
            return None
        if payload.get("thread_metadata") is None or payload.get("parent_id") is None:
            return None
        if len(self._places) >= _MAX_PLACES:
            self._places.clear()
        place = int(payload["parent_id"]), payload["type"] == _PRIVATE
        self._places[thread_id] = place
        return place


class ReadableChannels:
    """Answers for one member and one request, each channel once.

    ``member``: as Discord describes them in the interaction, with their roles.
    """

    def __init__(
        self, client: discord.Client, server: discord.Guild, member: object, places: ThreadPlaces
    ) -> None:
        self._client = client
        self._server = server
        self._member = member
        self._places = places
        self._known: dict[int, bool] = {}

    async def can_read(self, channel_id: int) -> bool:
        """Whether the member may read the channel or thread; not if that can't be found out."""
        known = self._known.get(channel_id)
        if known is None:
            known = self._known[channel_id] = await self._find_out(channel_id)
        return known

    async def _find_out(self, channel_id: int) -> bool:
        if not isinstance(self._member, discord.Member):
            return False
        channel = self._server.get_channel(channel_id)
        if channel is not None:
            return self._get_granted(channel) is not None
        thread = self._server.get_thread(channel_id)
        if thread is not None:
            place: tuple[int, bool] | None = (thread.parent_id, thread.is_private())
        else:
            place = await self._places.get(self._client, channel_id)
        if place is None:
            return False
        parent = self._server.get_channel(place[0])
        granted = None if parent is None else self._get_granted(parent)
        if granted is None:
            return False
        return not place[1] or granted.manage_threads or await self._is_in(channel_id)

    def _get_granted(self, channel: discord.abc.GuildChannel) -> discord.Permissions | None:
        """The member's permissions in a channel; None if they may not read it."""
        assert isinstance(self._member, discord.Member)
        granted = channel.permissions_for(self._member)
        return granted if granted.view_channel and granted.read_message_history else None

    async def _is_in(self, thread_id: int) -> bool:
        assert isinstance(self._member, discord.Member)
        route = discord.http.Route(
            "GET",
            "/channels/{channel_id}/thread-members/{user_id}",
            channel_id=thread_id,
            user_id=self._member.id,
        )
        try:
            await self._client.http.request(route)
        except (discord.HTTPException, *TRANSIENT) as error:
            if not isinstance(error, discord.Forbidden | discord.NotFound):
                _log.warning("Couldn't read a thread's members (%s).", error)
            return False
        return True
