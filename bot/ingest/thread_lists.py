"""Threads that nobody told of: found in Discord's lists of active and archived ones."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any

import discord
from discord.http import HTTPClient, Route

from bot.core import limits
from bot.core.conversation.events import ThreadSeen
from bot.discord_api.errors import PASSING, Sight, name
from bot.ingest.recorder import Recorder

__all__ = ["ListOutcome", "ThreadLister"]

_log = logging.getLogger(__name__)


class ListOutcome(Enum):
    """How much of a server's threads could be listed."""

    COMPLETE = "all of them"
    #: What was in the way may be gone in a moment.
    RETRY = "not all"
    #: A right or the server is missing: no use asking again at once.
    REFUSED = "Discord refuses"


class ThreadLister:
    """Tells the record of every thread that stands; it takes those of its discussions."""

    def __init__(self, *, http: HTTPClient, sight: Sight, recorder: Recorder) -> None:
        self._http = http
        self._sight = sight
        self._recorder = recorder

    async def list_threads(self, server_id: int, channel_ids: Sequence[int]) -> ListOutcome:
        """Look through a server's active threads and these channels' archived ones.

        What could be listed is told in any case.
        """
        seen: list[ThreadSeen] = []
        listed = ListOutcome.COMPLETE
        try:
            await self._list_active(server_id, set(channel_ids), seen)
            for channel_id in channel_ids:
                if self._sight.may_read_history(channel_id):
                    await self._list_archived(server_id, channel_id, seen)
        except (discord.HTTPException, *PASSING) as error:
            refused = isinstance(error, discord.Forbidden | discord.NotFound)
            listed = ListOutcome.REFUSED if refused else ListOutcome.RETRY
            _log.warning("The threads could not all be listed (%s).", error or name(error))
        await self._recorder.wait_until_committed(self._recorder.put(seen))
        return listed

    async def _list_active(
        self, server_id: int, channel_ids: set[int], seen: list[ThreadSeen]
    ) -> None:
        """docs: Guild Resource › List Active Guild Threads."""
        found = await self._http.get_active_threads(server_id)
        told = [_seen(thread, server_id) for thread in found["threads"]]
        seen += [thread for thread in told if thread.channel_id in channel_ids]

    async def _list_archived(self, server_id: int, channel_id: int, seen: list[ThreadSeen]) -> None:
        """docs: Channel Resource › List Public Archived Threads."""
        route = Route(
            "GET", "/channels/{channel_id}/threads/archived/public", channel_id=channel_id
        )
        params: dict[str, Any] = {"limit": limits.THREADS_PAGE}
        while True:
            found = await self._http.request(route, params=params)
            seen += [_seen(thread, server_id) for thread in found["threads"]]
            if not found.get("has_more") or not found["threads"]:
                return
            params["before"] = found["threads"][-1]["thread_metadata"]["archive_timestamp"]


def _seen(thread: Mapping[str, Any], server_id: int) -> ThreadSeen:
    return ThreadSeen(
        id=int(thread["id"]),
        server_id=server_id,
        channel_id=int(thread["parent_id"]),
        owner_id=int(thread["owner_id"]),
        name=thread["name"],
        is_new=False,
    )
