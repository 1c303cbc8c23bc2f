"""Catch up after an outage: read the history of all watched channels and threads.

The gateway is the fast path, the history is the proof. After every fresh identify, each watched
channel and thread is read, and live messages move its watermark again only when the reading has
reached the present. Reading starts some days before the record was last verified, so that changes
and deletions in the meantime are found by comparing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import timedelta

import discord
from discord.http import HTTPClient

from bot.alerts import notify_admins
from bot.clock import Clock
from bot.core.shards import UNSHARDED, Shards
from bot.core.text.coded import make_coded
from bot.discord_api.errors import TRANSIENT
from bot.discord_api.permissions import Permissions
from bot.ingest.catch_up_summary import make_catch_up_summary
from bot.ingest.channel_history import HistoryReader, ReadOutcome
from bot.ingest.member_names import MemberNames
from bot.ingest.reactions import ReactionReader
from bot.ingest.recorder import Recorder
from bot.ingest.thread_lists import ListOutcome, ThreadLister
from storage.db.database import Database, retry_until_available
from storage.db.errors import DatabaseUnavailable
from storage.db.writer import Transaction
from storage.delivery import alerts
from storage.replies import watermarks
from storage.replies.watermarks import WatchedChannel

__all__ = ["DEFAULT_COMPARE_WINDOW", "MAX_CONCURRENT_READS", "CatchUp"]

_log = logging.getLogger(__name__)

#: How long before the last verification the comparison begins (design, decision 4).
DEFAULT_COMPARE_WINDOW = timedelta(days=7)
#: Channels and threads read at once.
MAX_CONCURRENT_READS = 4
#: Seconds between attempts to read a channel; after the last one it stays pending.
_RETRY_WAITS = (1, 2, 5, 15)
#: Seconds between two verification marks, and between two looks at pending servers; the longest
#: delay of a pending server.
_INTERVAL, _MAX_WAIT = 60.0, 3600.0
#: Flags of an application that may read message content (docs: Application Resource › Flags).
_CONTENT_FLAGS = 1 << 18 | 1 << 19
_DISCORD_EPOCH = 1_420_070_400_000
_CONTENT_MISSING = make_coded("alert-content-missing")


class CatchUp:
    """Reads what was missed, a page at a time, and queues it in the recorder.

    A server with a channel that couldn't be read is pending: it is retried with a growing delay.
    ``is_connected``: whether a shard, by its id, is. Servers of other shards than ``shards`` are
    read by other processes.
    """

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        http: HTTPClient,
        permissions: Permissions,
        recorder: Recorder,
        guild: Callable[[int], discord.Guild | None],
        is_connected: Callable[[int], bool],
        on_done: Callable[[], None],
        compare_window: timedelta = DEFAULT_COMPARE_WINDOW,
        shards: Shards = UNSHARDED,
    ) -> None:
        self._database = database
        self._clock = clock
        self._http = http
        self._permissions = permissions
        self._recorder = recorder
        self._is_connected = is_connected
        self._on_done = on_done
        self._compare_window = compare_window
        self._shards = shards
        self._caught_up: dict[int, int] = {}
        self._names = MemberNames(http=http, guild=guild, clock=clock)
        self._histories = HistoryReader(
            database=database,
            clock=clock,
            http=http,
            permissions=permissions,
            recorder=recorder,
            names=self._names,
            can_read_content=self._can_read_content,
        )
        self._threads = ThreadLister(http=http, permissions=permissions, recorder=recorder)
        self._reactions = ReactionReader(
            database=database,
            http=http,
            permissions=permissions,
            recorder=recorder,
            clock=clock,
        )
        recorder.set_callbacks(
            reread=self._reactions.request, content_missing=self._on_content_missing
        )
        self._read_slots = asyncio.Semaphore(MAX_CONCURRENT_READS)
        self._server_locks: dict[int, asyncio.Lock] = {}
        self._waiting: set[int] = set()
        self._retry_waits: dict[int, float] = {}
        self._retry_at: dict[int, float] = {}
        self._unlisted: set[int] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._running = 0

    @property
    def idle(self) -> bool:
        """Whether nothing is being read."""
        return self._running == 0 and self._reactions.idle

    def has_caught_up(self, server_id: int) -> bool:
        """Whether everything the server missed before this connection has been read."""
        return self._caught_up.get(server_id) == self._recorder.get_generation(server_id)

    async def run(self) -> None:
        """Mark complete channels as verified and retry pending servers, at a fixed interval.

        Also reads changed reactions. Runs until cancelled.
        """
        async with asyncio.TaskGroup() as group:
            group.create_task(self._reactions.run(), name="reactions")
            while True:
                await asyncio.sleep(_INTERVAL)
                try:
                    await self.mark_verified()
                    await self.retry_pending()
                except DatabaseUnavailable as error:
                    _log.error(
                        "The archive can't be used (%s); retrying at the next interval.", error
                    )

    async def mark_verified(self) -> None:
        """Mark the complete channels of connected shards as verified now."""
        complete = self._recorder.get_complete_channels(self._is_connected)
        if not complete:
            return
        now_ms = self._clock.now_ms()
        await self._database.write(lambda tx: watermarks.mark_verified(tx, complete, now_ms))

    async def retry_pending(self) -> None:
        """Read pending servers whose delay is over; the delay doubles with each attempt.

        A server is pending, too, if a channel is watched since the last reading, such as the
        channel of a new essay.
        """
        now = asyncio.get_running_loop().time()
        places = await self._database.read(watermarks.get_servers)
        complete = self._recorder.complete_channels
        for channel_id, server_id in places.items():
            if channel_id not in complete and self._shards.has_server(server_id):
                self._retry_waits.setdefault(server_id, _INTERVAL)
        for server_id, wait in list(self._retry_waits.items()):
            if self._retry_at.get(server_id, 0) <= now:
                self._retry_waits[server_id] = min(wait * 2, _MAX_WAIT)
                self._retry_at[server_id] = now + wait
                await self._run_exclusively(server_id, is_retry=True)

    async def mark_unreachable(self, server_id: int) -> None:
        """The bot can't see a server any more: events there are missed until it can again."""
        self._caught_up.pop(server_id, None)
        await self._recorder.mark_incomplete(
            {one.channel_id for one in await self._get_watched(server_id)}
        )

    async def catch_up_server(self, server_id: int) -> None:
        """Bring the record of a server's channels and threads up to the present.

        Called whenever something may have been missed: after a fresh identify, when the bot can
        see a server again, when its permissions may have changed. If no channel of a server is
        watched, Discord isn't asked. A server is read once at a time; a call while another one
        waits is served by that one. What can't be read now stays pending (:meth:`retry_pending`).
        """
        self._mark_pending(server_id)
        if server_id not in self._waiting:
            await self._run_exclusively(server_id, is_retry=False)

    def _mark_pending(self, server_id: int) -> None:
        self._retry_waits[server_id] = _INTERVAL
        self._retry_at.pop(server_id, None)

    async def _run_exclusively(self, server_id: int, *, is_retry: bool) -> None:
        self._running += 1
        lock = self._server_locks.setdefault(server_id, asyncio.Lock())
        try:
            if not is_retry:
                self._waiting.add(server_id)
            try:
                await lock.acquire()
            finally:
                if not is_retry:
                    self._waiting.discard(server_id)
            generation = self._recorder.get_generation(server_id)
            try:
                await self._catch_up_server(server_id, is_retry=is_retry)
                if not is_retry:
                    self._caught_up[server_id] = generation
            finally:
                lock.release()
        finally:
            self._running -= 1
            self._on_done()

    async def catch_up_channel(self, channel_id: int) -> None:
        """Bring the record of one channel or thread up to the present."""
        self._running += 1
        try:
            found = await self._database.read(
                lambda tx: watermarks.get_watched(tx, channel_id=channel_id)
            )
            if found:
                await self._recorder.mark_incomplete({channel_id})
                await self._read_all(found, found[0].server_id)
        finally:
            self._running -= 1

    async def _get_watched(self, server_id: int) -> list[WatchedChannel]:
        return await self._database.read(lambda tx: watermarks.get_watched(tx, server_id=server_id))

    def _select_readable(self, some: Sequence[WatchedChannel]) -> list[WatchedChannel]:
        """Those of ``some`` that are incomplete and, as far as known, readable."""
        complete = self._recorder.complete_channels
        return [
            one
            for one in some
            if one.channel_id not in complete and self._permissions.can_read_history(one.parent_id)
        ]

    async def _catch_up_server(self, server_id: int, *, is_retry: bool) -> None:
        watched = await self._get_watched(server_id)
        if not watched:
            self._clear_pending(server_id)
            return
        some = self._select_readable(watched) if is_retry else watched
        await self._recorder.mark_incomplete({one.channel_id for one in some})
        if not some and server_id not in self._unlisted:
            self._clear_if_complete(server_id, watched)
            return
        if not await self._may_read_content():
            await self._alert_content_missing(server_id)
            return
        await retry_until_available(
            lambda: self._database.write(lambda tx: alerts.clear(tx, server_id, "content"))
        )
        began = self._clock.now()
        verified_at = max(one.verified_at for one in watched)
        self._names.clear()
        channels = [one for one in watched if not one.is_thread]
        # Channels first: they may contain the messages that threads were opened on.
        deletions = await self._read_all([one for one in some if not one.is_thread], server_id)
        await self._list_threads(server_id, [one.channel_id for one in channels])
        threads = [one for one in await self._get_watched(server_id) if one.is_thread]
        deletions += await self._read_all(
            self._select_readable(threads) if is_retry else threads, server_id
        )
        self._clear_if_complete(server_id, await self._get_watched(server_id))
        recovered = self._recorder.take_recovered(server_id)
        recovered.deletions += deletions
        away = timedelta(
            milliseconds=max(0, self._clock.now_ms() - verified_at) if verified_at else 0
        )
        took = (self._clock.now() - began).total_seconds()
        count = len(channels) + len(threads)
        if not recovered:
            _log.debug("Nothing was missed in %d channels and threads.", count)
            return
        summary = make_catch_up_summary(away, recovered)
        _log.info("%s (%d channels and threads, %.1f s)", summary, count, took)
        now_ms = self._clock.now_ms()

        async def alert(tx: Transaction) -> None:
            await alerts.clear(tx, server_id, "recovery")
            await notify_admins(tx, server_id, about="recovery", alert=summary, now_ms=now_ms)

        await retry_until_available(lambda: self._database.write(alert))

    async def _list_threads(self, server_id: int, channel_ids: list[int]) -> None:
        self._unlisted.add(server_id)
        for wait in (*_RETRY_WAITS, None):
            outcome = await self._threads.list_threads(server_id, channel_ids)
            if outcome is ListOutcome.COMPLETE:
                self._unlisted.discard(server_id)
            if outcome is not ListOutcome.RETRY or wait is None:
                return
            await asyncio.sleep(wait)

    def _clear_if_complete(self, server_id: int, watched: Sequence[WatchedChannel]) -> None:
        """A server isn't pending any more once all its channels and threads are complete."""
        complete = self._recorder.complete_channels
        if server_id not in self._unlisted and all(one.channel_id in complete for one in watched):
            self._clear_pending(server_id)

    def _clear_pending(self, server_id: int) -> None:
        self._unlisted.discard(server_id)
        self._retry_waits.pop(server_id, None)
        self._retry_at.pop(server_id, None)

    async def _read_all(self, some: Sequence[WatchedChannel], server_id: int) -> int:
        """Read these up to the present; the number of deletions that no event had reported."""
        if not some:
            return 0
        since = {one.channel_id: self._get_start_id(one) for one in some}
        oldest = min(since.values())
        expected = await self._database.read(
            lambda tx: watermarks.get_expected_messages(tx, server_id, oldest)
        )
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(
                    self._read(one, since[one.channel_id], expected.get(one.channel_id, []))
                )
                for one in some
            ]
        return sum(task.result() for task in tasks)

    def _get_start_id(self, one: WatchedChannel) -> int:
        """The message id after which a channel is read."""
        from_ms = one.verified_at - self._compare_window // timedelta(milliseconds=1)
        return max(one.first_id, min(one.message_id, max(0, from_ms - _DISCORD_EPOCH) << 22))

    async def _read(self, one: WatchedChannel, since: int, expected: list[int]) -> int:
        for wait in (*_RETRY_WAITS, None):
            try:
                async with self._read_slots:
                    outcome, deletions = await self._histories.read(one, since, expected)
            except discord.HTTPException as error:
                problem = f"Discord answered {error.status}"
            except TRANSIENT as error:
                problem = type(error).__name__
            except DatabaseUnavailable as error:
                problem = f"the archive can't be used: {error}"
            else:
                if outcome is ReadOutcome.UNREADABLE:
                    self._retry_waits.setdefault(one.server_id, _INTERVAL)
                return deletions
            if wait is not None:
                _log.warning(
                    "Couldn't read channel %d (%s); retrying in %d s.",
                    one.channel_id,
                    problem,
                    wait,
                )
                await asyncio.sleep(wait)
        _log.error("Couldn't read channel %d; trying again later.", one.channel_id)
        self._retry_waits.setdefault(one.server_id, _INTERVAL)
        return 0

    # -- content ------------------------------------------------------------------------------

    async def _may_read_content(self) -> bool:
        """Whether the bot may read message content; True if Discord can't be asked.

        Content that Discord withholds is recognized anyway: such a message is empty.
        """
        try:
            return await self._has_content_flag()
        except (discord.HTTPException, *TRANSIENT):
            return True

    async def _can_read_content(self) -> bool:
        """Whether it is certain that the bot may read message content."""
        try:
            return await self._has_content_flag()
        except (discord.HTTPException, *TRANSIENT):
            return False

    async def _has_content_flag(self) -> bool:
        application = await self._http.application_info()
        return bool(int(application.get("flags") or 0) & _CONTENT_FLAGS)

    def _on_content_missing(self, channel_ids: set[int]) -> None:
        task = asyncio.create_task(
            self._handle_content_missing(channel_ids), name="content_missing"
        )
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _handle_content_missing(self, channel_ids: set[int]) -> None:
        servers: set[int] = set()
        for one in await self._database.read(watermarks.get_watched):
            if one.channel_id in channel_ids:
                self._mark_pending(one.server_id)
                servers.add(one.server_id)
        if servers and not await self._may_read_content():
            for server_id in servers:
                await self._alert_content_missing(server_id)

    async def _alert_content_missing(self, server_id: int) -> None:
        _log.error("%s", _CONTENT_MISSING)
        now_ms = self._clock.now_ms()
        await self._database.write(
            lambda tx: notify_admins(
                tx, server_id, about="content", alert=_CONTENT_MISSING, now_ms=now_ms
            )
        )
