"""Reaction counts: read again from Discord after the gateway reported a change.

An event may arrive twice or late, and the history contains only counts, so counting events alone
would drift. The count that is stored after the last event is Discord's own.
"""

from __future__ import annotations

import asyncio
import logging

import discord
from discord.http import HTTPClient

from bot.clock import Clock
from bot.core.conversation.events import Deletion, Event, HistoryPage
from bot.discord_api import parse
from bot.discord_api.errors import TRANSIENT, UNKNOWN_MESSAGE
from bot.discord_api.permissions import Permissions
from bot.ingest.recorder import Recorder
from storage.db.database import Database
from storage.db.errors import DatabaseUnavailable
from storage.replies import watermarks

__all__ = ["ReactionReader"]

_log = logging.getLogger(__name__)

#: A token bucket: reads allowed at once, and seconds per further read. Many reactions to one
#: message cost one read at a time, not one each.
_BURST, _SECONDS_PER_READ = 20, 0.5
_MAX_ATTEMPTS = 5


class ReactionReader:
    """Reads messages whose reactions changed, each once for all changes in the meantime.

    A message that isn't in the archive is either in a gap of it or doesn't belong to it. It is left
    to the catch-up, which also gets its author's name in the server.
    """

    def __init__(
        self,
        *,
        database: Database,
        http: HTTPClient,
        permissions: Permissions,
        recorder: Recorder,
        clock: Clock,
    ) -> None:
        self._database = database
        self._http = http
        self._permissions = permissions
        self._recorder = recorder
        self._clock = clock
        self._requested: dict[tuple[int, int, int], int] = {}
        self._arrived = asyncio.Event()
        self._reading = False
        self._tokens = float(_BURST)
        self._filled_at = 0.0

    @property
    def idle(self) -> bool:
        """Whether there is nothing to read."""
        return not self._requested and not self._reading

    def request(self, messages: set[tuple[int, int, int]]) -> None:
        """Read these (server, channel, message) soon."""
        for key in messages:
            self._requested[key] = 0
        self._arrived.set()

    async def run(self) -> None:
        """Read the requested messages, until cancelled."""
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            while self._requested:
                self._reading = True
                try:
                    await self._wait_for_token()
                    key = next(iter(self._requested))
                    await self._read(*key, self._requested.pop(key))
                finally:
                    self._reading = False

    async def _wait_for_token(self) -> None:
        now = asyncio.get_running_loop().time()
        self._tokens = min(_BURST, self._tokens + (now - self._filled_at) / _SECONDS_PER_READ)
        self._filled_at = now
        if self._tokens < 1:
            await asyncio.sleep((1 - self._tokens) * _SECONDS_PER_READ)
        self._tokens -= 1

    async def _read(self, server_id: int, channel_id: int, message_id: int, attempts: int) -> None:
        event: Event
        try:
            if not await self._database.read(lambda tx: watermarks.is_recorded(tx, message_id)):
                return
            data = await self._http.get_message(channel_id, message_id)
        except discord.HTTPException as error:
            if error.code == UNKNOWN_MESSAGE:
                event = Deletion((message_id,), channel_id, self._clock.now())
            elif error.status < 500:
                return  # it is read by the catch-up when the channel is readable again
            else:
                await self._retry((server_id, channel_id, message_id), attempts)
                return
        except (*TRANSIENT, DatabaseUnavailable):
            await self._retry((server_id, channel_id, message_id), attempts)
            return
        else:
            read = parse.parse_message(data, server_id=server_id, own_id=self._permissions.own_id)
            event = HistoryPage(channel_id, (read,))
        await self._recorder.wait_until_committed(self._recorder.put((event,)))

    async def _retry(self, key: tuple[int, int, int], attempts: int) -> None:
        if attempts >= _MAX_ATTEMPTS:
            _log.warning("Couldn't read the reactions of message %d.", key[2])
            return
        await asyncio.sleep(1 << attempts)
        self._requested.setdefault(key, attempts + 1)
