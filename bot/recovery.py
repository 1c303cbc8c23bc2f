"""The one way to catch up with what happened unseen.

The gateway is the fast path, the history is the proof: after every fresh identify each watched
channel and thread is read from its watermark on, and only when a reading has reached the present
do live messages move the watermark again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

import discord
from discord.http import HTTPClient

from bot import wire
from bot.clock import Clock
from bot.outbox import PASSING, Sight
from bot.recorder import Recorder
from storage import discussions
from storage.database import Database
from storage.discussions import Watched

__all__ = ["Recovery"]

_log = logging.getLogger(__name__)

_PAGE = 100
_CHANNELS_AT_ONCE = 4
#: Seconds before a channel that could not be read is tried again.
_WAITS = (1, 2, 5, 15, 60, 300)


class Recovery:
    """Reads what was missed, a page at a time, and hands it to the recorder."""

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        http: HTTPClient,
        sight: Sight,
        recorder: Recorder,
        on_done: Callable[[], None],
    ) -> None:
        self._database = database
        self._clock = clock
        self._http = http
        self._sight = sight
        self._recorder = recorder
        self._on_done = on_done
        self._caught_up: dict[int, int] = {}
        self._room = asyncio.Semaphore(_CHANNELS_AT_ONCE)
        self._running = 0

    @property
    def idle(self) -> bool:
        """Whether no channel is being caught up with."""
        return self._running == 0

    def has_caught_up(self, server_id: int) -> bool:
        """Whether what was said unseen in the server before this connection has been read."""
        return self._caught_up.get(server_id) == self._recorder.generation

    async def catch_up_server(self, server_id: int) -> None:
        """Bring the record of a server's channels and threads up to the present."""
        self._running += 1
        generation = self._recorder.generation
        try:
            watched = [
                one
                for one in await self._database.read(discussions.watched)
                if one.server_id == server_id
            ]
            for one in watched:
                self._recorder.disprove(one.channel_id)
            started = self._clock.now()
            read = await self._read_all(watched)
            if read:
                _log.info(
                    "Read %d messages, written unseen in %d channels and threads (%.1f s).",
                    read,
                    len(watched),
                    (self._clock.now() - started).total_seconds(),
                )
            self._caught_up[server_id] = generation
        finally:
            self._running -= 1
            self._on_done()

    async def catch_up(self, channel_id: int) -> None:
        """Bring the record of one channel or thread up to the present."""
        self._running += 1
        try:
            one = await self._database.read(lambda tx: discussions.watched_one(tx, channel_id))
            if one is not None:
                await self._read(one)
        finally:
            self._running -= 1

    async def _read_all(self, watched: Sequence[Watched]) -> int:
        # Channels first: what they hold may be the heads that threads hang on.
        channels = [one for one in watched if one.channel_id == one.parent_id]
        own_threads = [one for one in watched if one.channel_id != one.parent_id]
        read = 0
        for some in (channels, own_threads):
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._read(one)) for one in some]
            read += sum(task.result() for task in tasks)
        return read

    async def _read(self, one: Watched) -> int:
        """Read a channel from its watermark to the present; the number of messages read."""
        for wait in (*_WAITS, None):
            generation = self._recorder.generation
            try:
                async with self._room:
                    return await self._read_pages(one, generation)
            except discord.HTTPException as error:
                if error.status in (403, 404):
                    # Neither proves anything of the messages: no access, or the channel is gone.
                    _log.warning("Channel %d cannot be read: %s", one.channel_id, error.text)
                    return 0
                trouble = f"Discord answered {error.status}"
            except PASSING as error:
                trouble = type(error).__name__
            if wait is None:
                break
            _log.warning(
                "Channel %d could not be read (%s); again in %d s.", one.channel_id, trouble, wait
            )
            await asyncio.sleep(wait)
        _log.error("Channel %d stays unread until the next connection.", one.channel_id)
        return 0

    async def _read_pages(self, one: Watched, generation: int) -> int:
        if not self._sight.may_read_history(one.parent_id):
            # The history would answer with an empty list, which proves nothing.
            _log.warning("The history of channel %d may not be read.", one.parent_id)
            return 0
        newest, read = one.message_id, 0
        while True:
            page = await self._http.logs_from(one.channel_id, _PAGE, after=newest)
            messages = [
                wire.message(data, server_id=one.server_id, own_id=self._sight.own_id)
                for data in page
            ]
            messages.sort(key=lambda message: message.id)
            read += sum(not message.from_bot for message in messages)
            await self._recorder.wait(self._recorder.put(messages))
            if messages:
                newest = messages[-1].id
                await self._move_watermark(one.channel_id, newest)
            if len(messages) < _PAGE:
                self._recorder.prove(one.channel_id, generation)
                return read

    async def _move_watermark(self, channel_id: int, message_id: int) -> None:
        await self._database.write(
            lambda tx: discussions.move_watermark(tx, channel_id, message_id)
        )
