"""A backup a day, made while the bot runs, and no more of them kept than is of use."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from pathlib import Path

from bot.clock import Clock
from bot.errors import BackupError
from storage.db import backups

__all__ = ["BackupKeeper"]

_log = logging.getLogger(__name__)

_EVERY = timedelta(hours=24)
#: Seconds after the start until the first look, when the bot has enough to do, and between two.
_FIRST_LOOK, _BEAT = 60.0, 600.0


class BackupKeeper:
    """Looks now and then whether a backup is due, and makes it."""

    def __init__(self, database: Path, folder: Path, clock: Clock) -> None:
        self._database = database
        self._folder = folder
        self._clock = clock
        self._trouble = ""

    async def run(self) -> None:
        """Keep backups, until cancelled."""
        await asyncio.sleep(_FIRST_LOOK)
        while True:
            await self.look()
            await asyncio.sleep(_BEAT)

    async def look(self) -> None:
        """Make a backup if the newest is a day old; a failure is logged, and tried again."""
        now, stem = self._clock.now(), self._database.stem
        known = await asyncio.to_thread(backups.listed, self._folder, stem)
        if any(now - _EVERY < one.at <= now for one in known):
            return
        try:
            made = await asyncio.to_thread(backups.back_up, self._database, self._folder, now)
        except BackupError as error:
            if str(error) != self._trouble:
                _log.error("%s It is tried again every ten minutes.", error)
            self._trouble = str(error)
            return
        self._trouble = ""
        removed = await asyncio.to_thread(backups.thin_out, self._folder, stem, now)
        _log.info("Backed up to %s; %d older backups removed.", made.path, removed)
