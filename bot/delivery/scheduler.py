"""The sweep: whatever is due is begun, whoever noticed it and whenever.

APScheduler is only the alarm clock: it wakes the sweep at the nearest due moment and at a steady
beat. What is due stands in the archive, so a lost alarm delays, and loses nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.date import DateTrigger
from apscheduler.triggers.interval import IntervalTrigger

from bot.clock import Clock, from_milliseconds, to_milliseconds
from bot.delivery.attachments import FileKeeper
from bot.delivery.message_edits import Errands
from bot.delivery.messages import Outbox
from bot.delivery.thread_links import plan_due_links
from bot.prompting.dispatch import plan_due
from bot.prompting.reconsider import reconsider_claimed
from storage.db.database import Database
from storage.db.errors import StorageError
from storage.db.writer import Transaction
from storage.delivery import message_edits as owed
from storage.delivery import messages, temporary_messages, threads
from storage.essays import scheduled
from storage.prompts import prompts
from storage.replies import attachments, deleted_channels, reply_moves
from storage.servers import servers

__all__ = ["Sweep"]

_log = logging.getLogger(__name__)

_BEAT_SECONDS = 60
#: Seconds of rest where the archive could not be used, which may have passed by then.
_ARCHIVE_REST = 5.0
#: How soon it is looked again where prompts wait for what was missed to be read.
_LOOK_AGAIN = timedelta(seconds=1)


class Sweep:
    """Plans the prompts that are due as posts, lets the outbox go on, and arms the alarm.

    ``caught_up``: whether what was said unseen has been read. Until then no prompt is decided or
    sent: whether a talk is lively is not known. ``left_kept_for``: how long what is kept of a
    server outlives the bot's removal from it.
    """

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        outbox: Outbox,
        errands: Errands,
        files: FileKeeper,
        caught_up: Callable[[], bool],
        left_kept_for: timedelta,
    ) -> None:
        self._database = database
        self._clock = clock
        self._outbox = outbox
        self._errands = errands
        self._files = files
        self._caught_up = caught_up
        self._left_kept_for = left_kept_for // timedelta(milliseconds=1)
        self._woken = asyncio.Event()
        self._sweeping = False
        self._held = False
        self._next_due: datetime | None = None
        self._scheduler = AsyncIOScheduler(timezone="UTC")

    def wake(self) -> None:
        """Look again: something may be due."""
        self._woken.set()

    @property
    def idle(self) -> bool:
        """Whether nothing is left that can be done at the present moment."""
        resting = not self._woken.is_set() and not self._sweeping and not self._held
        return resting and self._at_rest

    @property
    def _at_rest(self) -> bool:
        return self._outbox.idle and self._errands.idle and self._files.idle

    @property
    def next_due(self) -> datetime | None:
        """The nearest moment at which something becomes due; None where nothing is planned."""
        return self._next_due

    async def run(self) -> None:
        """Sweep at every waking, until cancelled."""
        self._scheduler.add_job(
            self.wake,
            IntervalTrigger(seconds=_BEAT_SECONDS, timezone="UTC"),
            id="beat",
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,
        )
        self._scheduler.start()
        forget_clock = self._clock.on_move(self.wake)
        self.wake()
        try:
            while True:
                await self._woken.wait()
                self._woken.clear()
                self._sweeping = True
                try:
                    await self._sweep()
                except StorageError as error:
                    _log.error(
                        "The archive cannot be used (%s); what is due waits for %.0f s.",
                        error,
                        _ARCHIVE_REST,
                    )
                    await asyncio.sleep(_ARCHIVE_REST)
                    self.wake()
                finally:
                    self._sweeping = False
        finally:
            forget_clock()
            self._scheduler.shutdown(wait=False)

    async def _sweep(self) -> None:
        now = self._clock.now()
        now_ms = to_milliseconds(now)

        async def begin_due(tx: Transaction) -> None:
            await scheduled.publish_due(tx, now_ms)
            await deleted_channels.erase_due(tx, now_ms)
            await plan_due_links(tx, now_ms)

        await self._database.write(begin_due)
        while await self._database.write(
            lambda tx: servers.erase_due(tx, now_ms, self._left_kept_for)
        ):
            pass
        held = not self._caught_up()
        if not held:
            busy = self._outbox.under_way
            await self._database.write(lambda tx: reconsider_claimed(tx, now, busy))
        while not held and await self._database.write(lambda tx: plan_due(tx, now)):
            pass
        await self._outbox.go_on(with_prompts=not held)
        await self._errands.go_on()
        await self._files.go_on()
        self._next_due = await self._database.read(self._nearest)
        self._held = held and self._next_due is not None and self._next_due <= self._clock.now()
        self._arm()

    def _arm(self) -> None:
        if self._next_due is None:
            return
        alarm = self._next_due
        if alarm <= self._clock.now():
            if not self._held:
                if self._at_rest:
                    self.wake()  # it became due while this sweep was looking
                return
            alarm = self._clock.now() + _LOOK_AGAIN
        self._scheduler.add_job(
            self.wake,
            DateTrigger(self._clock.to_real_time(alarm), timezone="UTC"),
            id="alarm",
            replace_existing=True,
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,
        )

    async def _nearest(self, tx: Transaction) -> datetime | None:
        return await _nearest(tx, await servers.next_due(tx, self._left_kept_for))


async def _nearest(tx: Transaction, *more: int | None) -> datetime | None:
    moments = [
        *more,
        await prompts.get_next_due(tx),
        await messages.get_next_due(tx),
        await threads.get_next_due(tx),
        await scheduled.next_due(tx),
        await reply_moves.get_next_due(tx),
        await attachments.get_next_due(tx),
        await owed.get_next_due(tx),
        await deleted_channels.get_next_due(tx),
        await temporary_messages.get_next_due(tx),
    ]
    known = [moment for moment in moments if moment is not None]
    return from_milliseconds(min(known)) if known else None
