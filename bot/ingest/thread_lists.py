"""Finds threads that no event reported, in Discord's lists of active and archived threads."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import discord
from discord.http import HTTPClient, Route

from bot.core import limits
from bot.core.conversation.events import ThreadSeen
from bot.discord_api.errors import TRANSIENT, get_error_name
from bot.discord_api.permissions import Permissions
from bot.ingest.recorder import Recorder

__all__ = ["ListOutcome", "ThreadList", "ThreadLister"]

_log = logging.getLogger(__name__)


class ListOutcome(Enum):
    """Whether all threads of a server could be listed."""

    COMPLETE = "all of them"
    #: A transient error; try again soon.
    RETRY = "not all"
    #: A permission or the server is missing; retrying at once is no use.
    REFUSED = "Discord refuses"


@dataclass(frozen=True, slots=True)
class ThreadList:
    """How listing the threads of a server ended.

    ``last_ids``: by archived thread, its newest message, which may have been deleted; None if
    Discord names none.
    """

    outcome: ListOutcome
    last_ids: Mapping[int, int | None]


class ThreadLister:
    """Reports every existing thread to the recorder, which keeps those of discussions."""

    def __init__(
        self,
        *,
        http: HTTPClient,
        permissions: Permissions,
        recorder: Recorder,
    ) -> None:
        self._http = http
        self._permissions = permissions
        self._recorder = recorder

    async def list_threads(
        self,
        server_id: int,
        channel_ids: Sequence[int],
        *,
        active: bool = True,
        archived: bool = True,
    ) -> ThreadList:
        """List the active and the archived threads of a server's channels.

        The threads that could be listed are reported in any case.
        """
        seen: list[ThreadSeen] = []
        last_ids: dict[int, int | None] = {}
        outcome = ListOutcome.COMPLETE
        try:
            if active:
                await self._list_active(server_id, set(channel_ids), seen)
            for channel_id in channel_ids if archived else ():
                if self._permissions.can_read_history(server_id, channel_id):
                    await self._list_archived(server_id, channel_id, seen, last_ids)
        except (discord.HTTPException, *TRANSIENT) as error:
            refused = isinstance(error, discord.Forbidden | discord.NotFound)
            outcome = ListOutcome.REFUSED if refused else ListOutcome.RETRY
            _log.warning("Couldn't list all threads (%s).", error or get_error_name(error))
        await self._recorder.wait_until_committed(self._recorder.put(seen))
        return ThreadList(outcome, last_ids)

    async def report_active(
        self, server: discord.Guild, channel_ids: Collection[int], watched: Collection[int]
    ) -> bool:
        """Report the active threads that the gateway has named; whether there are any.

        Only those of ``channel_ids`` that aren't ``watched`` yet.
        """
        seen = [
            ThreadSeen(
                id=thread.id,
                server_id=server.id,
                channel_id=thread.parent_id,
                owner_id=thread.owner_id,
                name=thread.name,
                is_new=False,
            )
            for thread in server.threads
            if thread.parent_id in channel_ids and thread.id not in watched
        ]
        await self._recorder.wait_until_committed(self._recorder.put(seen))
        return bool(seen)

    async def _list_active(
        self, server_id: int, channel_ids: set[int], seen: list[ThreadSeen]
    ) -> None:
        """docs: Guild Resource › List Active Guild Threads."""
        found = await self._http.get_active_threads(server_id)
        found_threads = [_seen(thread, server_id) for thread in found["threads"]]
        seen += [thread for thread in found_threads if thread.channel_id in channel_ids]

    async def _list_archived(
        self,
        server_id: int,
        channel_id: int,
        seen: list[ThreadSeen],
        last_ids: dict[int, int | None],
    ) -> None:
        """docs: Channel Resource › List Public Archived Threads."""
        route = Route(
            "GET", "/channels/{channel_id}/threads/archived/public", channel_id=channel_id
        )
        params: dict[str, Any] = {"limit": limits.THREADS_PAGE}
        while True:
            found = await self._http.request(route, params=params)
            seen += [_seen(thread, server_id) for thread in found["threads"]]
            for thread in found["threads"]:
                last_id = thread.get("last_message_id")
                last_ids[int(thread["id"])] = None if last_id is None else int(last_id)
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
