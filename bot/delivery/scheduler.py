"""Scheduler: starts every job that is due; woken by timers and by new work.

A pass asks for the earliest time of each kind of work, and does the kinds that are due. APScheduler
is only the alarm clock: it wakes the scheduler when the next job is due, and once a minute. What is
due is in the database, so a lost alarm delays a job, and loses none.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Set
from datetime import datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.date import DateTrigger
from apscheduler.triggers.interval import IntervalTrigger

from bot.clock import Clock, from_milliseconds, to_milliseconds
from bot.core.conversation.thread_index import INDEX_WAITS_MS, NEW_FOR_MS
from bot.core.shards import Shards
from bot.core.snowflake import make_snowflake_before
from bot.core.text.coded_text import make_coded
from bot.delivery.archive_cleanup import ArchiveCleanup
from bot.delivery.messages import MessageSender
from bot.delivery.thread_links import plan_due_links
from bot.delivery.workers import Delivery
from bot.prompting.dispatch import plan_due
from bot.prompting.reconsider import reconsider_claimed
from bot.quotations import erase_due_channels
from storage.db.database import Database
from storage.db.due_times import get_due_times
from storage.db.errors import StorageError
from storage.db.shard_parameters import make_shard_parameters
from storage.db.writer import Transaction
from storage.delivery import card_indexes
from storage.essays import scheduled_essays
from storage.prompts import prompts
from storage.replies import answers, deleted_channels, reply_moves
from storage.servers import servers

__all__ = ["Scheduler"]

_log = logging.getLogger(__name__)

#: Seconds between two passes that look at everything.
_INTERVAL = 60
#: Work in the archive itself, and the query for when it is due; 0: there is some.
_PLANNED = {
    "scheduled essay": scheduled_essays.NEXT_DUE,
    "deleted channel": deleted_channels.NEXT_DUE,
    "left server": servers.NEXT_DUE,
    "changed index": card_indexes.UNDECIDED,
    "reply move to decide": reply_moves.UNDECIDED,
}
#: Work that is due now or not at all, so that no alarm is set for it.
_WITHOUT_TIME = frozenset({"changed index", "reply move to decide"})
_PROMPT, _CLEANUP = "prompt", "cleanup"
#: A parameter of card_indexes.NEXT_DUE: whatever time it is. No time is as late.
_ANY_TIME = {"until": (1 << 62) - 1}
#: Milliseconds after which an answer is erased whose member hasn't said where it belongs.
_UNPOSTED_FOR = 24 * 3_600_000
_NOT_CHOSEN = make_coded("answer-not-chosen")
#: Seconds of rest while the database is unavailable.
_REST_WITHOUT_DATABASE = 5.0
#: How soon the next pass is while prompts wait for the bot to catch up.
_CATCHING_UP_INTERVAL = timedelta(seconds=1)


class Scheduler:
    """Publishes, plans prompts, erases and delivers what is due, and sets the alarm for the next.

    shards:                those of this process; another one may do the work in the others
    get_served_shards:     gets those in whose servers work can be done now
    get_caught_up_shards:  gets those in which the messages of an outage have been read. Until then
                           no prompt is decided or sent there, since it isn't known whether a
                           discussion is active.
    left_kept_for:         how long a server's data is kept after the bot was removed from it
    """

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        delivery: Delivery,
        shards: Shards,
        get_served_shards: Callable[[], Shards],
        get_caught_up_shards: Callable[[], Shards],
        left_kept_for: timedelta,
    ) -> None:
        self._database = database
        self._clock = clock
        self._delivery = delivery
        self._shards = shards
        self._get_served_shards = get_served_shards
        self._get_caught_up_shards = get_caught_up_shards
        self._left_kept_for = left_kept_for // timedelta(milliseconds=1)
        self._woken = asyncio.Event()
        self._looks_at_everything = True
        self._running = False
        self._holds_prompts = False
        self._next_due: datetime | None = None
        self._cleanup = ArchiveCleanup(database, clock, on_work=self.wake)
        self._timers = AsyncIOScheduler(timezone="UTC")

    def wake(self) -> None:
        """Make another pass: something may be due."""
        self._woken.set()

    def _wake_for_everything(self) -> None:
        """Make a pass that also does what has no due time, such as erasing old answers."""
        self._looks_at_everything = True
        self.wake()

    @property
    def idle(self) -> bool:
        """Whether nothing is left that can be done now."""
        waiting = not self._woken.is_set() and not self._running and not self._holds_prompts
        return waiting and self._delivery.idle

    @property
    def next_due(self) -> datetime | None:
        """When the next job is due; None where nothing is planned."""
        return self._next_due

    async def run(self) -> None:
        """Make a pass whenever woken, until cancelled."""
        self._timers.add_job(
            self._wake_for_everything,
            IntervalTrigger(seconds=_INTERVAL, timezone="UTC"),
            id="interval",
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,
        )
        self._timers.start()
        unsubscribe = self._clock.on_move(self._wake_for_everything)
        self._cleanup.start()
        self.wake()
        try:
            while True:
                await self._woken.wait()
                self._woken.clear()
                self._running = True
                try:
                    await self._start_due()
                except StorageError as error:
                    _log.error(
                        "The database isn't available (%s); trying again in %.0f s.",
                        error,
                        _REST_WITHOUT_DATABASE,
                    )
                    await asyncio.sleep(_REST_WITHOUT_DATABASE)
                    self._wake_for_everything()
                finally:
                    self._running = False
        finally:
            unsubscribe()
            self._cleanup.stop()
            self._timers.shutdown(wait=False)

    async def _start_due(self) -> None:
        now = self._clock.now()
        now_ms = to_milliseconds(now)
        self._cleanup.note_changes(is_quiet=self._delivery.idle)
        served, caught_up = self._get_served_shards(), self._get_caught_up_shards()
        holds_prompts = not served.ids <= caught_up.ids
        due = await self._database.read(lambda tx: self._get_due_times(tx, served))
        if await self._plan_due(_select_due(due, now_ms), now, caught_up):
            due = await self._database.read(lambda tx: self._get_due_times(tx, served))
        kinds = _select_due(due, now_ms)
        await self._delivery.start_due(kinds, prompt_shards=caught_up)
        if _CLEANUP in kinds:
            # Until the bot has caught up, much is to be written.
            may_vacuum = bool(caught_up.ids) and not holds_prompts
            await self._cleanup.clean_if_due(is_quiet=self._delivery.idle, may_vacuum=may_vacuum)
            due = await self._database.read(lambda tx: self._get_due_times(tx, served))
        times = [at_ms for kind, at_ms in due.items() if kind not in _WITHOUT_TIME]
        self._next_due = from_milliseconds(min(times)) if times else None
        is_due = self._next_due is not None and self._next_due <= self._clock.now()
        self._holds_prompts = holds_prompts and is_due
        self._set_alarm()

    async def _get_due_times(self, tx: Transaction, served: Shards) -> dict[str, int]:
        """When the next of each kind of work is due, in milliseconds."""
        own = make_shard_parameters(self._shards)
        kept = {"left_kept_for": self._left_kept_for, "hidden_for": deleted_channels.RETENTION_MS}
        due = await get_due_times(tx, _PLANNED, own | kept)
        queries = {_PROMPT: prompts.NEXT_DUE, **self._delivery.next_due}
        due |= await get_due_times(tx, queries, make_shard_parameters(served) | _ANY_TIME)
        cleanup_at = await self._cleanup.get_next_due(tx)
        return due if cleanup_at is None else due | {_CLEANUP: cleanup_at}

    async def _plan_due(self, kinds: Set[str], now: datetime, caught_up: Shards) -> bool:
        """Do what is due in the archive, and plan what is to be sent; False if nothing is due."""
        everything, self._looks_at_everything = self._looks_at_everything, False
        now_ms = to_milliseconds(now)

        async def begin_due(tx: Transaction) -> None:
            await scheduled_essays.publish_due(
                tx, after_id=make_snowflake_before(now_ms), now_ms=now_ms, shards=self._shards
            )
            await erase_due_channels(tx, now_ms, self._shards)
            await plan_due_links(tx, now_ms, self._shards)
            await answers.erase_unposted(
                tx, now_ms - _UNPOSTED_FOR, _NOT_CHOSEN, now_ms=now_ms, shards=self._shards
            )
            await card_indexes.decide_due(
                tx, new_ms=NEW_FOR_MS, wait_ms=INDEX_WAITS_MS, now_ms=now_ms, shards=self._shards
            )

        begins = everything or bool(kinds & _PLANNED.keys())
        if begins:
            await self._database.write(begin_due)
            while await self._database.write(
                lambda tx: servers.erase_due(tx, now_ms, self._left_kept_for, self._shards)
            ):
                pass
        decides = everything or bool(kinds & {_PROMPT, MessageSender.name})
        if decides and caught_up.ids:
            busy = self._delivery.messages_under_way
            await self._database.write(lambda tx: reconsider_claimed(tx, now, busy, caught_up))
            while await self._database.write(lambda tx: plan_due(tx, now, caught_up)):
                pass
        return begins or decides

    def _set_alarm(self) -> None:
        if self._next_due is None:
            return
        alarm = self._next_due
        if alarm <= self._clock.now():
            if not self._holds_prompts:
                if self._delivery.idle:
                    self.wake()  # it became due during this pass
                return
            alarm = self._clock.now() + _CATCHING_UP_INTERVAL
        self._timers.add_job(
            self.wake,
            DateTrigger(self._clock.to_real_time(alarm), timezone="UTC"),
            id="alarm",
            replace_existing=True,
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,
        )


def _select_due(due: Mapping[str, int], now_ms: int) -> set[str]:
    return {kind for kind, at_ms in due.items() if at_ms <= now_ms}
