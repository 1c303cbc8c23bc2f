"""The one way to catch up with what happened unseen.

The gateway is the fast path, the history is the proof: after every fresh identify each watched
channel and thread is read, and only when a reading has reached the present do live messages move
the watermark again. What is read begins some days before the record last held, so that what was
changed or deleted meanwhile is found by comparing.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Sequence
from datetime import timedelta

import discord
from discord.http import HTTPClient

from bot.clock import Clock
from bot.discord_api.errors import PASSING, Sight
from bot.ingest.catch_up_summary import RecoveredCounts, make_catch_up_summary
from bot.ingest.channel_history import Histories, Outcome
from bot.ingest.member_names import MemberNames
from bot.ingest.reactions import ReactionReader
from bot.ingest.recorder import Recorder
from bot.ingest.thread_lists import Listed, ThreadLists
from storage.db.database import Database, until_usable
from storage.db.writer import Transaction
from storage.delivery import alerts
from storage.replies import watermarks
from storage.replies.watermarks import Watched

__all__ = ["AT_ONCE", "COMPARED", "Recovery"]

_log = logging.getLogger(__name__)

#: How far before the end of the record's hold the comparing begins (design, decision 4).
COMPARED = timedelta(days=7)
#: Channels and threads read at once.
AT_ONCE = 4
#: Seconds before a channel that could not be read is tried again; then it is owed.
_WAITS = (1, 2, 5, 15)
#: Seconds between two notes that the record holds, and two looks at what is owed; the longest
#: time that what is owed waits for another attempt.
_BEAT, _LONGEST_WAIT = 60.0, 3600.0
#: Flags of an application that may read what messages say (docs: Application Resource › Flags).
_CONTENT_FLAGS = 1 << 18 | 1 << 19
_DISCORD_EPOCH = 1_420_070_400_000
_WITHHELD = (
    "Discord does not show me what messages say: switch on “Message Content Intent” in the "
    "developer portal (Bot › Privileged Gateway Intents). Nothing that is kept was changed."
)


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
        guild: Callable[[int], discord.Guild | None],
        hears: Callable[[], bool],
        on_done: Callable[[], None],
        compared: timedelta = COMPARED,
    ) -> None:
        self._database = database
        self._clock = clock
        self._http = http
        self._sight = sight
        self._recorder = recorder
        self._hears = hears
        self._on_done = on_done
        self._compared = compared
        self._caught_up: dict[int, int] = {}
        self._names = MemberNames(http=http, guild=guild, clock=clock)
        self._histories = Histories(
            database=database,
            clock=clock,
            http=http,
            sight=sight,
            recorder=recorder,
            names=self._names,
            is_shown=self._is_shown,
        )
        self._threads = ThreadLists(http=http, sight=sight, recorder=recorder)
        self._reactions = ReactionReader(
            database=database,
            http=http,
            sight=sight,
            recorder=recorder,
            clock=clock,
        )
        recorder.tell(reacted=self._reactions.want, withheld=self._withheld)
        self._room = asyncio.Semaphore(AT_ONCE)
        self._servers: dict[int, asyncio.Lock] = {}
        self._waiting: set[int] = set()
        self._owing: dict[int, float] = {}
        self._due: dict[int, float] = {}
        self._unlisted: set[int] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._running = 0

    @property
    def idle(self) -> bool:
        """Whether nothing is being caught up with."""
        return self._running == 0 and self._reactions.idle

    def has_caught_up(self, server_id: int) -> bool:
        """Whether what was said unseen in the server before this connection has been read."""
        return self._caught_up.get(server_id) == self._recorder.generation

    async def run(self) -> None:
        """Note at a steady beat where the record holds, try again what could not be read, and
        read reactions once more; until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._reactions.run(), name="reactions")
            while True:
                await asyncio.sleep(_BEAT)
                try:
                    await self.hold_true()
                    await self.pay()
                except sqlite3.OperationalError as error:
                    _log.error("The archive cannot be used (%s); the next beat tries again.", error)

    async def hold_true(self) -> None:
        """Note that the record is what Discord has, where that is so: not while nobody tells."""
        if not self._hears():
            return
        proven, now_ms = self._recorder.proven, self._clock.now_ms()
        await self._database.write(lambda tx: watermarks.hold_true(tx, proven, now_ms))

    async def pay(self) -> None:
        """Read what is owed and may be read by now, each server at growing intervals.

        Owed, too, is what is watched since the last reading, such as an essay's channel.
        """
        now = asyncio.get_running_loop().time()
        places = await self._database.read(watermarks.places)
        proven = self._recorder.proven
        for channel_id, server_id in places.items():
            if channel_id not in proven:
                self._owing.setdefault(server_id, _BEAT)
        for server_id, wait in list(self._owing.items()):
            if self._due.get(server_id, 0) <= now:
                self._owing[server_id] = min(wait * 2, _LONGEST_WAIT)
                self._due[server_id] = now + wait
                await self._one_at_a_time(server_id, owed=True)

    async def lose(self, server_id: int) -> None:
        """A server cannot be seen any more: what happens there is missed until it can be again."""
        self._caught_up.pop(server_id, None)
        await self._recorder.doubt_in({one.channel_id for one in await self._watched(server_id)})

    async def catch_up_server(self, server_id: int) -> None:
        """Bring the record of a server's channels and threads up to the present.

        Called whenever something may have been missed: after a fresh identify, when a server can
        be seen again, when the bot's rights may have changed. Where nothing is kept of a server,
        nothing is asked of it. One reading of a server at a time; who comes while another waits
        is served by that one. What cannot be read now stays owed (:meth:`pay`).
        """
        self._owe(server_id)
        if server_id not in self._waiting:
            await self._one_at_a_time(server_id, owed=False)

    def _owe(self, server_id: int) -> None:
        self._owing[server_id] = _BEAT
        self._due.pop(server_id, None)

    async def _one_at_a_time(self, server_id: int, *, owed: bool) -> None:
        self._running += 1
        lock = self._servers.setdefault(server_id, asyncio.Lock())
        try:
            if not owed:
                self._waiting.add(server_id)
            try:
                await lock.acquire()
            finally:
                if not owed:
                    self._waiting.discard(server_id)
            generation = self._recorder.generation
            try:
                await self._catch_up_server(server_id, owed=owed)
                if not owed:
                    self._caught_up[server_id] = generation
            finally:
                lock.release()
        finally:
            self._running -= 1
            self._on_done()

    async def catch_up(self, channel_id: int) -> None:
        """Bring the record of one channel or thread up to the present."""
        self._running += 1
        try:
            found = await self._database.read(
                lambda tx: watermarks.watched(tx, channel_id=channel_id)
            )
            if found:
                await self._recorder.doubt_in({channel_id})
                await self._read_all(found, found[0].server_id)
        finally:
            self._running -= 1

    async def _watched(self, server_id: int) -> list[Watched]:
        return await self._database.read(lambda tx: watermarks.watched(tx, server_id=server_id))

    def _to_read(self, some: Sequence[Watched]) -> list[Watched]:
        """Of these, what is owed and may be read for all that is known."""
        proven = self._recorder.proven
        return [
            one
            for one in some
            if one.channel_id not in proven and self._sight.may_read_history(one.parent_id)
        ]

    async def _catch_up_server(self, server_id: int, *, owed: bool) -> None:
        watched = await self._watched(server_id)
        if not watched:
            self._settled(server_id)
            return
        some = self._to_read(watched) if owed else watched
        await self._recorder.doubt_in({one.channel_id for one in some})
        if not some and server_id not in self._unlisted:
            self._settle(server_id, watched)
            return
        if not await self._shows_content():
            await self._tell_withheld(server_id)
            return
        await until_usable(
            lambda: self._database.write(lambda tx: alerts.past(tx, server_id, "content"))
        )
        began = self._clock.now()
        held = max(one.true_at for one in watched)
        self._names.forget()
        channels = [one for one in watched if not one.is_thread]
        # Channels first: what they hold may be the heads that threads hang on.
        deletions = await self._read_all([one for one in some if not one.is_thread], server_id)
        await self._list_threads(server_id, [one.channel_id for one in channels])
        threads = [one for one in await self._watched(server_id) if one.is_thread]
        deletions += await self._read_all(self._to_read(threads) if owed else threads, server_id)
        self._settle(server_id, await self._watched(server_id))
        found = self._recorder.take_found(server_id)
        recovered = RecoveredCounts(found.replies, found.edits, deletions)
        away = timedelta(milliseconds=max(0, self._clock.now_ms() - held) if held else 0)
        took = (self._clock.now() - began).total_seconds()
        told = make_catch_up_summary(away, recovered)
        count = len(channels) + len(threads)
        if not recovered:
            _log.debug("Nothing was missed in %d channels and threads.", count)
            return
        _log.info("%s (%d channels and threads, %.1f s)", told, count, took)
        now_ms = self._clock.now_ms()

        async def tell(tx: Transaction) -> None:
            await alerts.past(tx, server_id, "recovery")
            await alerts.tell(tx, server_id, about="recovery", text=told, now_ms=now_ms)

        await until_usable(lambda: self._database.write(tell))

    async def _list_threads(self, server_id: int, channel_ids: list[int]) -> None:
        self._unlisted.add(server_id)
        for wait in (*_WAITS, None):
            listed = await self._threads.look(server_id, channel_ids)
            if listed is Listed.WHOLE:
                self._unlisted.discard(server_id)
            if listed is not Listed.TRY_AGAIN or wait is None:
                return
            await asyncio.sleep(wait)

    def _settle(self, server_id: int, watched: Sequence[Watched]) -> None:
        """Nothing is owed of a server of which everything is proven."""
        proven = self._recorder.proven
        if server_id not in self._unlisted and all(one.channel_id in proven for one in watched):
            self._settled(server_id)

    def _settled(self, server_id: int) -> None:
        self._unlisted.discard(server_id)
        self._owing.pop(server_id, None)
        self._due.pop(server_id, None)

    async def _read_all(self, some: Sequence[Watched], server_id: int) -> int:
        """Read these to the present; the number of deletions that nobody had told."""
        if not some:
            return 0
        since = {one.channel_id: self._since(one) for one in some}
        oldest = min(since.values())
        expected = await self._database.read(lambda tx: watermarks.expected(tx, server_id, oldest))
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(
                    self._read(one, since[one.channel_id], expected.get(one.channel_id, []))
                )
                for one in some
            ]
        return sum(task.result() for task in tasks)

    def _since(self, one: Watched) -> int:
        """The id after which a channel is read."""
        from_ms = one.true_at - self._compared // timedelta(milliseconds=1)
        return max(one.first_id, min(one.message_id, max(0, from_ms - _DISCORD_EPOCH) << 22))

    async def _read(self, one: Watched, since: int, expected: list[int]) -> int:
        for wait in (*_WAITS, None):
            try:
                async with self._room:
                    outcome, deletions = await self._histories.read(one, since, expected)
            except discord.HTTPException as error:
                trouble = f"Discord answered {error.status}"
            except PASSING as error:
                trouble = type(error).__name__
            except sqlite3.OperationalError as error:
                trouble = f"the archive cannot be used: {error}"
            else:
                if outcome is Outcome.UNSEEN:
                    self._owing.setdefault(one.server_id, _BEAT)
                return deletions
            if wait is not None:
                _log.warning(
                    "Channel %d could not be read (%s); again in %d s.",
                    one.channel_id,
                    trouble,
                    wait,
                )
                await asyncio.sleep(wait)
        _log.error("Channel %d stays unread for now.", one.channel_id)
        self._owing.setdefault(one.server_id, _BEAT)
        return 0

    # -- content ------------------------------------------------------------------------------

    async def _shows_content(self) -> bool:
        """Whether Discord shows the bot what messages say.

        Where it cannot be asked, it does: what was withheld is known by being empty.
        """
        try:
            return await self._has_content_flag()
        except (discord.HTTPException, *PASSING):
            return True

    async def _is_shown(self) -> bool:
        """Whether it is certain that Discord shows the bot what messages say."""
        try:
            return await self._has_content_flag()
        except (discord.HTTPException, *PASSING):
            return False

    async def _has_content_flag(self) -> bool:
        application = await self._http.application_info()
        return bool(int(application.get("flags") or 0) & _CONTENT_FLAGS)

    def _withheld(self, channel_ids: set[int]) -> None:
        task = asyncio.create_task(self._withheld_in(channel_ids), name="withheld")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _withheld_in(self, channel_ids: set[int]) -> None:
        servers: set[int] = set()
        for one in await self._database.read(watermarks.watched):
            if one.channel_id in channel_ids:
                self._owe(one.server_id)
                servers.add(one.server_id)
        if servers and not await self._shows_content():
            for server_id in servers:
                await self._tell_withheld(server_id)

    async def _tell_withheld(self, server_id: int) -> None:
        _log.error("%s", _WITHHELD)
        now_ms = self._clock.now_ms()
        await self._database.write(
            lambda tx: alerts.tell(tx, server_id, about="content", text=_WITHHELD, now_ms=now_ms)
        )
