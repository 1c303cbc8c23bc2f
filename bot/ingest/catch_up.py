"""Catch up after an outage: read what is unread, then compare the last days with the archive.

The gateway is the fast path, the history is the proof. When a session begins, the gateway names the
newest message of each channel and active thread. Where it isn't newer than the watermark, nothing
is unread, and live messages move the watermark from then on. The others are read first, in all
servers, beginning with those where somebody wrote last: that is where people are talking, and where
replies wait for their threads.

Behind that, with the calls that are left, each server's archived threads are listed, and what was
written since some days before the record was last verified is compared, which finds edits and
deletions. A channel or thread in which nobody has written since then has nothing to compare.

Where the gateway says less, such as after a change of permissions, everything is read: each
channel and thread, from those days before up to the present.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
from bisect import bisect_right
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import discord
from discord.http import HTTPClient

from bot.alerts import notify_admins
from bot.clock import Clock
from bot.core.conversation.proxies import MAX_DELAY
from bot.core.shards import UNSHARDED, Shards
from bot.core.snowflake import make_first_snowflake
from bot.core.text.coded_text import make_coded
from bot.discord_api.call_budget import Urgency, use_urgency
from bot.discord_api.errors import TRANSIENT
from bot.discord_api.permissions import Permissions
from bot.ingest.catch_up_summary import make_catch_up_summary
from bot.ingest.channel_history import HistoryReader, Reading, ReadOutcome
from bot.ingest.content_access import ContentAccess
from bot.ingest.last_messages import DescribedServer, LastMessages
from bot.ingest.member_names import MemberNames
from bot.ingest.reactions import ReactionReader
from bot.ingest.read_slots import ReadSlots
from bot.ingest.recorder import Recorder
from bot.ingest.thread_lists import ListOutcome, ThreadLister
from bot.ingest.watched_channels import WatchedChannels
from storage.db.database import Database, retry_until_available
from storage.db.errors import DatabaseUnavailable
from storage.db.writer import Transaction
from storage.delivery import alerts
from storage.replies import watermarks
from storage.replies.watermarks import WatchedChannel

__all__ = ["DEFAULT_COMPARE_WINDOW", "MAX_CONCURRENT_READS", "CatchUp", "Progress"]

_log = logging.getLogger(__name__)

#: How long before the last verification the comparison begins (design, decision 4).
DEFAULT_COMPARE_WINDOW = timedelta(days=7)
#: Channels and threads read at once, and servers compared at once.
MAX_CONCURRENT_READS = 12
#: Seconds between attempts to read a channel; after the last one it stays pending.
_RETRY_WAITS = (1, 2, 5, 15)
#: Seconds between two verification marks, and between two looks at pending servers; the longest
#: delay of a pending server.
_INTERVAL, _MAX_WAIT = 60.0, 3600.0
#: Seconds after which the servers that are done are announced while others aren't.
_ANNOUNCED_AFTER = 0.5
#: What is unread is read from so many ids before the watermark: an app may repost a message from
#: right before the outage, and the two are to be seen together.
_OVERLAP = 2 * MAX_DELAY // timedelta(milliseconds=1) << 22
#: What is read: threads that the bot wanted to open, beside the others; then first what is known to
#: be unread, what may be unread; last, what is only compared.
_OPENED, _UNREAD, _UNKNOWN, _COMPARED = range(4)
_CONTENT_MISSING = make_coded("alert-content-missing")


@dataclass(frozen=True, slots=True)
class Progress:
    """How many channels and threads are still to be read, and to be compared."""

    unread: int = 0
    uncompared: int = 0


@dataclass(frozen=True, slots=True)
class _Comparison:
    """What is left to do for a server once its channels and active threads have nothing unread.

    described:    what the gateway said of the server at the beginning
    began:        when catching up began
    verified_at:  when the server's record was last known to be current, in milliseconds
    watched:      the channels and threads that were watched at the beginning
    read_from:    where the reading began of channels whose unread messages were read
    deletions:    how many deletions that reading found
    """

    server_id: int
    described: DescribedServer
    began: datetime
    verified_at: int
    watched: frozenset[int]
    read_from: Mapping[int, int]
    deletions: int


class CatchUp:
    """Reads what was missed, a page at a time, and queues it in the recorder.

    A server with a channel that couldn't be read is pending: it is retried with a growing delay.
    ``is_connected``: whether a shard, by its id, is. Servers of other shards than ``shards`` are
    read by other processes.

    last_messages:  what the gateway said of each server when it described it
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
        self.last_messages = LastMessages(recorder, guild)
        self._database = database
        self._clock = clock
        self._permissions = permissions
        self._recorder = recorder
        self._get_server = guild
        self._is_connected = is_connected
        self._on_done = on_done
        self._compare_window = compare_window
        self._shards = shards
        self._caught_up: dict[int, int] = {}
        self._names = MemberNames(http=http, guild=guild, clock=clock)
        self._content = ContentAccess(http)
        self._watched = WatchedChannels(database)
        self._histories = HistoryReader(
            database=database,
            clock=clock,
            http=http,
            permissions=permissions,
            recorder=recorder,
            names=self._names,
            can_read_content=self._content.can_read,
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
        self._read_slots = ReadSlots(MAX_CONCURRENT_READS)
        self._server_locks: dict[int, asyncio.Lock] = {}
        self._waiting: set[int] = set()
        self._retry_waits: dict[int, float] = {}
        self._retry_at: dict[int, float] = {}
        self._unlisted: set[int] = set()
        #: Complete, but what was changed or deleted there meanwhile isn't known yet.
        self._uncompared: set[int] = set()
        self._to_compare: dict[int, _Comparison] = {}
        self._queue: asyncio.PriorityQueue[tuple[int, int, _Comparison]] = asyncio.PriorityQueue()
        self._numbers = itertools.count()
        self._tasks: set[asyncio.Task[None]] = set()
        #: Servers whose unread messages are being read. Until there are none, nothing is compared.
        self._starting = 0
        self._none_starts = asyncio.Event()
        self._running = 0
        self._unread = 0
        self._announcing: asyncio.TimerHandle | None = None

    @property
    def idle(self) -> bool:
        """Whether nothing is being read, nor waits to be compared."""
        return self._running == 0 and not self._to_compare and self._reactions.idle

    @property
    def progress(self) -> Progress:
        """How much is left to be read and compared at this moment."""
        return Progress(self._unread, len(self._uncompared))

    def has_caught_up(self, server_id: int) -> bool:
        """Whether everything the server missed before this connection has been read."""
        return not self.select_behind((server_id,))

    def select_behind(self, server_ids: Iterable[int]) -> list[int]:
        """Those of the servers that missed something before this connection and haven't read it."""
        generations: dict[int, int] = {}
        behind = []
        for server_id in server_ids:
            shard_id = self._shards.get_shard(server_id)
            if shard_id not in generations:
                generations[shard_id] = self._recorder.get_shard_generation(shard_id)
            if self._caught_up.get(server_id) != generations[shard_id]:
                behind.append(server_id)
        return behind

    def is_comparing(self, server_id: int) -> bool:
        """Whether nothing in the server's channels and active threads is unread any more.

        What was edited or deleted, and what was said in archived threads, isn't known yet.
        """
        return server_id in self._to_compare

    async def run(self) -> None:
        """Mark complete channels as verified and retry pending servers, at a fixed interval.

        Also compares, and reads changed reactions. Runs until cancelled.
        """
        async with asyncio.TaskGroup() as group:
            group.create_task(self._reactions.run(), name="reactions")
            for _ in range(MAX_CONCURRENT_READS):
                group.create_task(self._compare_servers(), name="comparison")
            while True:
                await asyncio.sleep(_INTERVAL)
                self._log_progress()
                try:
                    await self.mark_verified()
                    await self.retry_pending()
                except DatabaseUnavailable as error:
                    _log.error(
                        "The archive can't be used (%s); retrying at the next interval.", error
                    )

    def _log_progress(self) -> None:
        left = self.progress
        if self._running or self._to_compare:
            _log.info(
                "Catching up: %d channels and threads are still to be read, and %d to be compared "
                "with Discord's.",
                left.unread,
                left.uncompared,
            )

    async def mark_verified(self) -> None:
        """Mark the complete channels of connected shards as verified now.

        Not those that are still to be compared.
        """
        complete = self._recorder.get_complete_channels(self._is_connected)
        verified = complete - self._uncompared
        if not verified:
            return
        now_ms = self._clock.now_ms()
        await self._database.write(lambda tx: watermarks.mark_verified(tx, verified, now_ms))

    async def retry_pending(self) -> None:
        """Read pending servers whose delay is over; the delay doubles with each attempt.

        A server is pending, too, if a channel is watched since the last reading, such as the
        channel of a new essay. One that is still to be compared isn't retried.
        """
        now = asyncio.get_running_loop().time()
        places = await self._database.read(watermarks.get_servers)
        complete = self._recorder.complete_channels
        for channel_id, server_id in places.items():
            if channel_id not in complete and self._shards.has_server(server_id):
                self._retry_waits.setdefault(server_id, _INTERVAL)
        for server_id, wait in list(self._retry_waits.items()):
            if server_id in self._to_compare:
                continue
            if self._retry_at.get(server_id, 0) <= now:
                self._retry_waits[server_id] = min(wait * 2, _MAX_WAIT)
                self._retry_at[server_id] = now + wait
                await self._run_exclusively(server_id, is_retry=True)

    async def mark_unreachable(self, server_id: int) -> None:
        """The bot can't see a server any more: events there are missed until it can again."""
        self._caught_up.pop(server_id, None)
        self._to_compare.pop(server_id, None)
        self.last_messages.discard(server_id)
        watched = {one.channel_id for one in await self._watched.get(server_id)}
        await self._recorder.mark_incomplete(watched)
        self._uncompared -= watched

    async def catch_up_server(self, server_id: int, *, described: bool = False) -> None:
        """Bring the record of a server's channels and threads up to the present.

        Called whenever something may have been missed: after a fresh identify, when the bot can
        see a server again, when its permissions may have changed. If no channel of a server is
        watched, Discord isn't asked. A server is read once at a time; a call while another one
        waits is served by that one. What can't be read now stays pending (:meth:`retry_pending`).

        ``described``: the gateway has just described the server, so that what is unread is known
        (:class:`LastMessages`); the server is compared later.
        """
        if not described:
            self.last_messages.discard(server_id)
        self._mark_pending(server_id)
        if server_id in self._waiting:
            return
        self._starting += described
        try:
            await self._run_exclusively(server_id, is_retry=False)
        finally:
            self._starting -= described
            if not self._starting:
                self._none_starts.set()

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
                if not is_retry and server_id not in self._to_compare:
                    self._caught_up[server_id] = generation
            finally:
                lock.release()
        finally:
            self._running -= 1
            self._announce_done()

    def _announce_done(self) -> None:
        """A server is done: at a start, thousands are within seconds, and are announced together.

        The last one is announced at once.
        """
        if self._running == 0 and not self._to_compare:
            if self._announcing is not None:
                self._announcing.cancel()
                self._announcing = None
            self._on_done()
        elif self._announcing is None:
            loop = asyncio.get_running_loop()
            self._announcing = loop.call_later(_ANNOUNCED_AFTER, self._announce_some)

    def _announce_some(self) -> None:
        self._announcing = None
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
                await self._read_whole(found, found[0].server_id, _OPENED)
        finally:
            self._running -= 1

    def _select_readable(self, some: Sequence[WatchedChannel]) -> list[WatchedChannel]:
        """Those of ``some`` that are incomplete and, as far as known, readable."""
        complete = self._recorder.complete_channels
        return [
            one
            for one in some
            if one.channel_id not in complete
            and self._permissions.can_read_history(one.server_id, one.parent_id)
        ]

    async def _catch_up_server(self, server_id: int, *, is_retry: bool) -> None:
        described = None
        if not is_retry:
            described = self.last_messages.take(server_id)
            self._to_compare.pop(server_id, None)
        watched = await self._watched.get(server_id)
        if not watched:
            self._clear_pending(server_id)
        elif described is not None:
            await self._read_unread(server_id, watched, described)
        else:
            await self._read_everything(server_id, watched, is_retry=is_retry)

    # -- everything ---------------------------------------------------------------------------

    async def _read_everything(
        self, server_id: int, watched: Sequence[WatchedChannel], *, is_retry: bool
    ) -> None:
        """Read and compare all channels and threads; of a retry, those that are incomplete."""
        some = self._select_readable(watched) if is_retry else watched
        await self._recorder.mark_incomplete({one.channel_id for one in some})
        if not some and server_id not in self._unlisted:
            self._clear_if_complete(server_id, watched)
            return
        if not await self._content.may_read():
            await self._alert_content_missing(server_id)
            return
        await self._clear_content_alert(server_id)
        began, verified_at = self._clock.now(), max(one.verified_at for one in watched)
        self._names.clear(server_id)
        # Channels first: they may contain the messages that threads were opened on.
        deletions = await self._read_whole([one for one in some if not one.is_thread], server_id)
        await self._list_threads(server_id, _get_channel_ids(watched))
        watched = await self._watched.get(server_id)
        threads = [one for one in watched if one.is_thread]
        deletions += await self._read_whole(
            self._select_readable(threads) if is_retry else threads, server_id
        )
        watched = await self._watched.get(server_id)
        self._clear_if_complete(server_id, watched)
        await self._report(server_id, began, verified_at, deletions, len(watched))

    async def _read_whole(
        self, some: Sequence[WatchedChannel], server_id: int, urgency: int = _UNKNOWN
    ) -> int:
        """Read and compare these; the number of deletions that no event had reported."""
        expected = await self._get_expected(server_id, some)
        return await self._read_all(
            [
                Reading(one, self._get_start_id(one), expected.get(one.channel_id, []))
                for one in some
            ],
            urgency,
        )

    async def _get_expected(
        self, server_id: int, some: Sequence[WatchedChannel]
    ) -> dict[int, list[int]]:
        """The messages that should be there since the start of the comparison, by channel.

        Of a channel in which nobody has written since then, only those of essays.
        """
        if not some:
            return {}
        oldest = min(self._get_window_id(one) for one in some)
        return await self._database.read(
            lambda tx: watermarks.get_expected_messages(tx, server_id, oldest)
        )

    def _get_start_id(self, one: WatchedChannel) -> int:
        """The message id after which a channel is read and compared."""
        return max(one.first_id, min(one.message_id, self._get_window_id(one)))

    def _get_window_id(self, one: WatchedChannel) -> int:
        """The first id of the days that are compared."""
        return make_first_snowflake(
            one.verified_at - self._compare_window // timedelta(milliseconds=1)
        )

    async def _list_threads(
        self,
        server_id: int,
        channel_ids: list[int],
        urgency: int = _UNKNOWN,
        *,
        active: bool = True,
        archived: bool = True,
    ) -> Mapping[int, int | None]:
        """Report a server's threads to the recorder; the newest message of each archived one."""
        self._unlisted.add(server_id)
        for wait in (*_RETRY_WAITS, None):
            async with self._hold_slot((urgency, 0)):
                found = await self._threads.list_threads(
                    server_id, channel_ids, active=active, archived=archived
                )
            if found.outcome is ListOutcome.COMPLETE:
                self._unlisted.discard(server_id)
            if found.outcome is not ListOutcome.RETRY or wait is None:
                break
            await asyncio.sleep(wait)
        return found.last_ids

    def _clear_if_complete(self, server_id: int, watched: Sequence[WatchedChannel]) -> None:
        """A server isn't pending any more once all its channels and threads are complete."""
        complete = self._recorder.complete_channels
        if server_id not in self._unlisted and all(one.channel_id in complete for one in watched):
            self._clear_pending(server_id)

    def _clear_pending(self, server_id: int) -> None:
        self._unlisted.discard(server_id)
        self._retry_waits.pop(server_id, None)
        self._retry_at.pop(server_id, None)

    async def _report(
        self, server_id: int, began: datetime, verified_at: int, deletions: int, count: int
    ) -> None:
        """Log what was missed in a server, and tell its admins."""
        recovered = self._recorder.take_recovered(server_id)
        recovered.deletions += deletions
        away = timedelta(
            milliseconds=max(0, self._clock.now_ms() - verified_at) if verified_at else 0
        )
        took = (self._clock.now() - began).total_seconds()
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

    # -- what is unread -----------------------------------------------------------------------

    async def _read_unread(
        self, server_id: int, watched: Sequence[WatchedChannel], described: DescribedServer
    ) -> None:
        """Read what is unread in channels and active threads; the rest is done later."""
        began, last_ids = self._clock.now(), described.last_ids
        ids = frozenset(one.channel_id for one in watched)
        await self._recorder.mark_incomplete(ids)
        if not await self._content.could_read_lately():
            await self._alert_content_missing(server_id)
            return
        self._names.clear(server_id)
        self._uncompared |= ids
        active = [one for one in watched if not one.is_thread or one.channel_id in last_ids]
        some = self._mark_complete_if_current(active, last_ids, described.generation)
        expected = await self._get_expected(server_id, some)
        readings = [
            self._plan_reading(one, last_ids, expected.get(one.channel_id, [])) for one in some
        ]
        # Channels first: they may contain the messages that threads were opened on.
        deletions = await self._read_all(
            [one for one in readings if not one.channel.is_thread], _UNREAD, last_ids
        )
        new = await self._find_active_threads(server_id, watched, described)
        expected = await self._get_expected(server_id, new)
        readings += [self._plan_reading(one, {}, expected.get(one.channel_id, [])) for one in new]
        deletions += await self._read_all(
            [one for one in readings if one.channel.is_thread], _UNREAD, last_ids
        )
        if described.generation != self._recorder.get_generation(server_id):
            return
        self._to_compare[server_id] = comparison = _Comparison(
            server_id=server_id,
            described=described,
            began=began,
            verified_at=max(one.verified_at for one in watched),
            watched=ids,
            read_from={one.channel.channel_id: one.since for one in readings if not one.verifies},
            deletions=deletions,
        )
        newest = max((one for one in last_ids.values() if one is not None), default=0)
        self._queue.put_nowait((-newest, next(self._numbers), comparison))

    def _mark_complete_if_current(
        self, some: Sequence[WatchedChannel], last_ids: Mapping[int, int | None], generation: int
    ) -> list[WatchedChannel]:
        """Mark those as complete in which nothing is unread; the others."""
        readable: dict[int, bool] = {}
        others: list[WatchedChannel] = []
        for one in some:
            last_id = last_ids.get(one.channel_id)
            parent_id = one.parent_id
            if parent_id not in readable:
                readable[parent_id] = self._permissions.can_read_history(one.server_id, parent_id)
            if (
                last_id is None
                or last_id > one.message_id
                or not readable[parent_id]
                or self._recorder.is_marked_unread(one.channel_id)
            ):
                others.append(one)
            else:
                self._recorder.mark_complete(one.channel_id, generation)
        return others

    def _plan_reading(
        self, one: WatchedChannel, last_ids: Mapping[int, int | None], expected: Sequence[int]
    ) -> Reading:
        """Read what is unread; all of it at once if nothing else is to be compared in a channel.

        Threads are compared later, since that needs the names of members, which cost more calls.
        """
        start = self._get_start_id(one)
        if last_ids.get(one.channel_id) is None:
            return Reading(one, start, expected)
        unread_from = max(start, one.message_id - _OVERLAP)
        recent = bisect_right(expected, unread_from)
        if unread_from == start and not one.is_thread and not bisect_right(expected, start):
            return Reading(one, start, expected)
        return Reading(one, unread_from, expected[recent:], verifies=False)

    async def _find_active_threads(
        self, server_id: int, watched: Sequence[WatchedChannel], described: DescribedServer
    ) -> list[WatchedChannel]:
        """The active threads of discussions that aren't watched yet; they are from now on."""
        ids, channel_ids = {one.channel_id for one in watched}, _get_channel_ids(watched)
        server = self._get_server(server_id)
        if described.knows_threads and server is not None:
            if not await self._threads.report_active(server, set(channel_ids), ids):
                return []
        else:
            await self._list_threads(server_id, channel_ids, archived=False)
        now_watched = await self._watched.get(server_id)
        complete = self._recorder.complete_channels
        return [
            one
            for one in now_watched
            if one.is_thread and one.channel_id not in ids and one.channel_id not in complete
        ]

    # -- comparing ----------------------------------------------------------------------------

    async def _compare_servers(self) -> None:
        """Compare servers, those where somebody wrote last first, until cancelled."""
        while True:
            await self._wait_until_none_starts()
            *_, one = await self._queue.get()
            await self._wait_until_none_starts()
            lock = self._server_locks.setdefault(one.server_id, asyncio.Lock())
            async with lock:
                if self._to_compare.get(one.server_id) is not one:
                    continue
                try:
                    generation = one.described.generation
                    if generation == self._recorder.get_generation(one.server_id):
                        await self._compare_server(one)
                        self._caught_up[one.server_id] = generation
                except DatabaseUnavailable as error:
                    _log.error("The archive can't be used (%s); trying again later.", error)
                    self._mark_unread(one.watched & self._uncompared)
                except Exception:  # noqa: BLE001 - the server stays pending, and is read in whole
                    _log.exception("Unexpected error while comparing server %d.", one.server_id)
                    self._mark_unread(one.watched & self._uncompared)
                finally:
                    if self._to_compare.get(one.server_id) is one:
                        del self._to_compare[one.server_id]
                    self._announce_done()

    async def _wait_until_none_starts(self) -> None:
        while self._starting:
            self._none_starts.clear()
            await self._none_starts.wait()

    async def _compare_server(self, comparison: _Comparison) -> None:
        server_id, described = comparison.server_id, comparison.described
        await self._clear_content_alert(server_id)
        watched = await self._watched.get(server_id)
        deletions = comparison.deletions
        deletions += await self._compare(
            [one for one in watched if not one.is_thread], comparison, described.last_ids
        )
        # The archived ones first: one that is active again by now is in the gateway's list.
        archived = await self._list_threads(
            server_id, _get_channel_ids(watched), _COMPARED, active=False
        )
        await self._find_active_threads(server_id, watched, described)
        threads = [one for one in await self._watched.get(server_id) if one.is_thread]
        complete = self._recorder.complete_channels
        incomplete = [one for one in threads if one.channel_id not in complete]
        unread = [one for one in incomplete if one.channel_id not in comparison.watched]
        unread += self._mark_complete_if_current(
            [one for one in incomplete if one.channel_id in comparison.watched],
            archived,
            described.generation,
        )
        deletions += await self._read_whole(unread, server_id)
        deletions += await self._compare(threads, comparison, {**archived, **described.last_ids})
        watched = await self._watched.get(server_id)
        existing = {one.channel_id for one in watched}
        self._uncompared -= comparison.watched - existing
        self._clear_if_complete(server_id, watched)
        await self._report(
            server_id, comparison.began, comparison.verified_at, deletions, len(watched)
        )

    async def _compare(
        self,
        some: Iterable[WatchedChannel],
        comparison: _Comparison,
        last_ids: Mapping[int, int | None],
    ) -> int:
        """Compare those of ``some`` that are complete and uncompared; how many deletions it found.

        Where nobody has written since the start of the comparison, there is nothing to compare.
        """
        began = self._clock.now_ms()
        complete = self._recorder.complete_channels
        some = [
            one for one in some if one.channel_id in self._uncompared and one.channel_id in complete
        ]
        expected = await self._get_expected(comparison.server_id, some)
        readings: list[Reading] = []
        equal: set[int] = set()
        for one in some:
            start, last_id = self._get_start_id(one), last_ids.get(one.channel_id)
            ids = expected.get(one.channel_id, [])
            until = comparison.read_from.get(one.channel_id)
            if until is not None and not one.is_thread:
                readings.append(Reading(one, start, ids[: bisect_right(ids, until)], until))
            elif ids or last_id is None or last_id > start:
                readings.append(Reading(one, start, ids))
            else:
                await self._histories.request_open_polls(one, start)
                equal.add(one.channel_id)
        if equal:
            await self._database.write(lambda tx: watermarks.mark_verified(tx, equal, began))
            self._uncompared -= equal
        return await self._read_all(readings, _COMPARED)

    # -- one channel --------------------------------------------------------------------------

    async def _read_all(
        self,
        readings: Sequence[Reading],
        urgency: int,
        last_ids: Mapping[int, int | None] | None = None,
    ) -> int:
        """Read these; the number of deletions that no event had reported.

        Of two that are equally urgent, the one with the newer message in ``last_ids`` is first.
        """
        newest = last_ids or {}
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(
                    self._read(one, (urgency, -(newest.get(one.channel.channel_id) or 0)))
                )
                for one in readings
            ]
        return sum(task.result() for task in tasks)

    async def _read(self, reading: Reading, priority: tuple[int, int]) -> int:
        compares = priority[0] == _COMPARED
        self._unread += not compares
        try:
            return await self._read_with_retries(reading, priority)
        finally:
            self._unread -= not compares

    async def _read_with_retries(self, reading: Reading, priority: tuple[int, int]) -> int:
        one = reading.channel
        for wait in (*_RETRY_WAITS, None):
            try:
                async with self._hold_slot(priority):
                    outcome, deletions = await self._histories.read(reading)
            except discord.HTTPException as error:
                problem = f"Discord answered {error.status}"
            except TRANSIENT as error:
                problem = type(error).__name__
            except DatabaseUnavailable as error:
                problem = f"the archive can't be used: {error}"
            else:
                if outcome is ReadOutcome.UNREADABLE:
                    self._mark_unread((one.channel_id,))
                    self._retry_waits.setdefault(one.server_id, _INTERVAL)
                elif reading.verifies or outcome is ReadOutcome.DELETED:
                    self._uncompared.discard(one.channel_id)
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
        self._mark_unread((one.channel_id,))
        self._retry_waits.setdefault(one.server_id, _INTERVAL)
        return 0

    @contextlib.asynccontextmanager
    async def _hold_slot(self, priority: tuple[int, int]) -> AsyncIterator[None]:
        """Hold a slot for reading inside the block; its calls are as urgent as the reading.

        A thread that the bot has opened is read by the job that did so, a few at once, and needs
        none.
        """
        if priority[0] == _OPENED:
            yield
            return
        urgency = Urgency.COMPARING if priority[0] == _COMPARED else Urgency.UNREAD
        async with self._read_slots.hold(priority):
            with use_urgency(urgency):
                yield

    def _mark_unread(self, channel_ids: Collection[int]) -> None:
        """These couldn't be read or compared, so they are read in whole when that is retried."""
        for channel_id in channel_ids:
            self._recorder.mark_unread(channel_id)

    # -- content ------------------------------------------------------------------------------

    async def _clear_content_alert(self, server_id: int) -> None:
        await retry_until_available(
            lambda: self._database.write(lambda tx: alerts.clear(tx, server_id, "content"))
        )

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
        if servers and not await self._content.may_read():
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


def _get_channel_ids(watched: Iterable[WatchedChannel]) -> list[int]:
    return [one.channel_id for one in watched if not one.is_thread]
