"""The newest message of each channel and active thread, as the gateway describes a server.

It is evidence of what is unread: if that message isn't newer than the watermark, nothing is. Where
Discord says less, there is no evidence, and the history is read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import discord

from bot.ingest.recorder import Recorder

__all__ = ["DescribedServer", "LastMessages"]

#: A forum's or media channel's newest message is its newest post, not a message in it (docs:
#: Channel Resource › Channel Object, ``last_message_id``; Channel Types).
_FORUM_TYPES = (15, 16)


@dataclass(frozen=True, slots=True)
class DescribedServer:
    """What the gateway said of a server's channels and active threads.

    generation:      of the session (bot.ingest.recorder)
    last_ids:        by channel and active thread, its newest message, which may have been deleted;
                     None if Discord named none. A channel is missing if Discord didn't list it, a
                     thread if it isn't active
    knows_threads:   whether the library knows the same active threads. It keeps those from before
                     an outage of the server, of which some may be archived or deleted
    """

    generation: int
    last_ids: Mapping[int, int | None]
    knows_threads: bool


class LastMessages:
    """What the gateway has said of each server, until the bot begins to catch up with it.

    Events from then on are recorded as they arrive, so the description is used once. It is
    discarded if the bot may not have received all of them, for lack of a permission.
    """

    def __init__(
        self, recorder: Recorder, get_server: Callable[[int], discord.Guild | None]
    ) -> None:
        self._recorder = recorder
        self._get_server = get_server
        self._by_server: dict[int, DescribedServer] = {}

    def note_server(self, data: Mapping[str, Any]) -> None:
        """Note a GUILD_CREATE event, before the library does (docs: Gateway Events › Guild Create).

        Only channels in which the bot has posted, and their threads, are noted.
        """
        server_id = int(data["id"])
        self._by_server.pop(server_id, None)
        if data.get("unavailable"):
            return
        posted = self._recorder.posted_channels
        found: dict[int, int | None] = {}
        for channel in data.get("channels", ()):
            channel_id = int(channel["id"])
            if channel_id in posted and channel["type"] not in _FORUM_TYPES:
                found[channel_id] = _get_last_id(channel)
        for thread in data.get("threads", ()):
            if int(thread["parent_id"]) in posted:
                found[int(thread["id"])] = _get_last_id(thread)
        if found:
            known = self._get_server(server_id)
            stale = known is not None and any(
                one.parent_id in posted and one.id not in found for one in known.threads
            )
            self._by_server[server_id] = DescribedServer(
                self._recorder.get_generation(server_id), found, knows_threads=not stale
            )

    def take(self, server_id: int) -> DescribedServer | None:
        """What was said of a server; None if that isn't known in this session, or was used."""
        found = self._by_server.pop(server_id, None)
        if found is None or found.generation != self._recorder.get_generation(server_id):
            return None
        return found

    def discard(self, server_id: int) -> None:
        """Events may have been missed since the server was described."""
        self._by_server.pop(server_id, None)


def _get_last_id(channel: Mapping[str, Any]) -> int | None:
    found = channel.get("last_message_id")
    return None if found is None else int(found)
