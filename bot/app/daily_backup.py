"""Daily backup of the archive while the bot runs; deletes backups that are too old."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from pathlib import Path

from bot.clock import Clock
from bot.errors import BackupError
from storage.db import backups

__all__ = ["DailyBackup"]

_log = logging.getLogger(__name__)

_EVERY = timedelta(hours=24)
#: Seconds until the first check, since the bot is busy after a start, and between checks.
_FIRST_CHECK, _INTERVAL = 60.0, 600.0


class DailyBackup:
    """Checks every ten minutes whether a backup is due, and makes it."""

    def __init__(self, database: Path, folder: Path, clock: Clock) -> None:
        self._database = database
        self._folder = folder
        self._clock = clock
        self._last_error = ""

    async def run(self) -> None:
        """Run until cancelled."""
        await asyncio.sleep(_FIRST_CHECK)
        while True:
            await self.back_up_if_due()
            await asyncio.sleep(_INTERVAL)

    async def back_up_if_due(self) -> None:
        """Make a backup if the newest is a day old; a failure is logged and retried later."""
        now, stem = self._clock.now(), self._database.stem
        known = await asyncio.to_thread(backups.list_backups, self._folder, stem)
        if any(now - _EVERY < one.at <= now for one in known):
            return
        try:
            made = await asyncio.to_thread(backups.back_up, self._database, self._folder, now)
        except BackupError as error:
            if str(error) != self._last_error:
                _log.error("%s Retrying every ten minutes.", error)
            self._last_error = str(error)
            return
        self._last_error = ""
        removed = await asyncio.to_thread(backups.delete_superfluous, self._folder, stem, now)
        _log.info("Backed up to %s. Older backups deleted: %d.", made.path, removed)
