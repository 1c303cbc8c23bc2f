"""Cleans the archive's files after erasures: the log within seconds, the file within a day.

The write-ahead log is truncated a little after an erasure, so that many in a row cost few
checkpoints. VACUUM writes the whole file again: at most once a day, when nothing has changed for a
while, and in any case before a day has passed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from bot.clock import Clock
from storage.db import checkpoint_and_vacuum
from storage.db.checkpoint_and_vacuum import CleanupState
from storage.db.database import Database
from storage.db.errors import StorageError
from storage.db.writer import Transaction

__all__ = ["ArchiveCleanup", "get_vacuum_time"]

_log = logging.getLogger(__name__)

#: Milliseconds from an erasure to the checkpoint, and between two attempts while readers are busy;
#: a read takes 30 s at most.
_TRUNCATE_AFTER, _TRUNCATE_AGAIN = 15_000, 1_000
#: Milliseconds without a change after which the archive counts as quiet.
_QUIET_AFTER = 600_000
_HOUR = 3_600_000
_DAY = 24 * _HOUR


def get_vacuum_time(state: CleanupState, changed_at: int) -> int | None:
    """When to run VACUUM, in milliseconds; None if nothing was erased since the last one.

    ``changed_at``: when anything was last changed in the archive.
    """
    if state.erased_at is None:
        return None
    when_quiet = min(changed_at + _QUIET_AFTER, state.erased_at + _DAY - _HOUR)
    return when_quiet if state.vacuumed_at is None else max(when_quiet, state.vacuumed_at + _DAY)


class ArchiveCleanup:
    """Truncates the write-ahead log and runs VACUUM when they are due, by the scheduler's passes.

    ``on_work``: called when something has become due.
    """

    def __init__(self, database: Database, clock: Clock, *, on_work: Callable[[], None]) -> None:
        self._database = database
        self._clock = clock
        self._on_work = on_work
        self._truncate_at: int | None = None
        self._changes = -1
        self._changed_at = 0
        self._not_before = 0
        self._unsubscribe: Callable[[], None] = lambda: None

    def start(self) -> None:
        """Watch for erasures, those before the start included."""
        self._unsubscribe = self._database.on_erasure(self._note_erasure)
        if self._database.log_has_erased_words:
            self._note_erasure()

    def stop(self) -> None:
        """Stop watching."""
        self._unsubscribe()

    def _note_erasure(self) -> None:
        if self._truncate_at is None:
            self._truncate_at = self._clock.now_ms() + _TRUNCATE_AFTER
        self._on_work()

    def note_changes(self, *, is_quiet: bool) -> None:
        """Note whether the archive is changing. ``is_quiet``: nothing is under way."""
        changes = self._database.changes
        if changes != self._changes or not is_quiet:
            self._changes, self._changed_at = changes, self._clock.now_ms()

    async def clean_if_due(self, *, is_quiet: bool, may_vacuum: bool) -> None:
        """Do what is due. ``may_vacuum``: else that waits."""
        self.note_changes(is_quiet=is_quiet)
        now_ms = self._clock.now_ms()
        due_at = await self._database.read(self._get_vacuum_time) if may_vacuum else None
        if due_at is not None and due_at <= now_ms:
            await self._vacuum(now_ms)
        if self._truncate_at is not None and self._truncate_at <= now_ms:
            self._truncate_at, done = None, False
            try:
                done = await self._database.truncate_log()
            finally:
                if not done and self._truncate_at is None:
                    self._truncate_at = now_ms + _TRUNCATE_AGAIN

    async def _vacuum(self, now_ms: int) -> None:
        try:
            await self._database.vacuum(now_ms)
        except StorageError as error:
            self._not_before = now_ms + _HOUR
            _log.error(
                "VACUUM failed (%s), so erased words may still be in %s; trying again in an hour.",
                error,
                self._database.name,
            )
        else:
            _log.info("Rewrote the archive's file after erasures (VACUUM).")
        self._changes = self._database.changes

    async def _get_vacuum_time(self, tx: Transaction) -> int | None:
        due_at = get_vacuum_time(await checkpoint_and_vacuum.get_state(tx), self._changed_at)
        return None if due_at is None else max(due_at, self._not_before)

    async def get_next_due(self, tx: Transaction) -> int | None:
        """When something is due next, in milliseconds; None if nothing is."""
        due = [await self._get_vacuum_time(tx), self._truncate_at]
        return min((at for at in due if at is not None), default=None)
