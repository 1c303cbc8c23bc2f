"""Threads that nobody told of: found in Discord's lists of active and archived ones."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import discord
from discord.http import HTTPClient, Route

from bot.discussion.talk import ThreadSeen
from bot.patience import Sight
from bot.recorder import Recorder

__all__ = ["ThreadLists"]

_log = logging.getLogger(__name__)

_PAGE = 100


class ThreadLists:
    """Tells the record of every thread that stands; it takes those of its discussions."""

    def __init__(self, *, http: HTTPClient, sight: Sight, recorder: Recorder) -> None:
        self._http = http
        self._sight = sight
        self._recorder = recorder

    async def look(self, server_id: int, channel_ids: Sequence[int]) -> None:
        """Look through a server's active threads and these channels' archived ones."""
        seen = await self._active(server_id, set(channel_ids))
        for channel_id in channel_ids:
            if self._sight.may_read_history(channel_id):
                seen += await self._archived(server_id, channel_id)
        await self._recorder.wait(self._recorder.put(seen))

    async def _active(self, server_id: int, channel_ids: set[int]) -> list[ThreadSeen]:
        """docs: Guild Resource › List Active Guild Threads."""
        try:
            found = await self._http.get_active_threads(server_id)
        except discord.HTTPException as error:
            _log.warning("The active threads could not be listed: %s", error.text or error.status)
            return []
        seen = [_seen(thread, server_id) for thread in found["threads"]]
        return [thread for thread in seen if thread.channel_id in channel_ids]

    async def _archived(self, server_id: int, channel_id: int) -> list[ThreadSeen]:
        """docs: Channel Resource › List Public Archived Threads."""
        seen: list[ThreadSeen] = []
        before: str | None = None
        while True:
            route = Route(
                "GET", "/channels/{channel_id}/threads/archived/public", channel_id=channel_id
            )
            params: dict[str, Any] = {"limit": _PAGE}
            if before is not None:
                params["before"] = before
            try:
                found = await self._http.request(route, params=params)
            except discord.HTTPException as error:
                _log.warning(
                    "The archived threads of channel %d could not be listed: %s",
                    channel_id,
                    error.text or error.status,
                )
                return seen
            seen += [_seen(thread, server_id) for thread in found["threads"]]
            if not found.get("has_more") or not found["threads"]:
                return seen
            before = found["threads"][-1]["thread_metadata"]["archive_timestamp"]


def _seen(thread: Mapping[str, Any], server_id: int) -> ThreadSeen:
    return ThreadSeen(
        id=int(thread["id"]),
        server_id=server_id,
        channel_id=int(thread["parent_id"]),
        owner_id=int(thread["owner_id"]),
        name=thread["name"],
        new=False,
    )
