"""Erases at once whom ``python -m bot forget`` names while the bot runs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import replace

from bot import erasure
from bot.clock import Clock
from bot.core.shards import Shards
from storage.db import erasure_log
from storage.db.database import Database
from storage.db.errors import StorageError
from storage.db.writer import Transaction

__all__ = ["ErasureWatch"]

_log = logging.getLogger(__name__)

#: Seconds until the next look after an error.
_RETRY = 5.0


class ErasureWatch:
    """Applies erasures that another process wrote to the erasure log, as they are written.

    Each process applies those in the servers of its own shards, through its writer: so no batch of
    messages is being recorded there at the same time, and each that follows sees the erasure.
    ``on_work``: called when edits in Discord were planned.
    """

    def __init__(
        self, database: Database, clock: Clock, shards: Shards, *, on_work: Callable[[], None]
    ) -> None:
        self._database = database
        self._clock = clock
        self._shards = shards
        self._on_work = on_work

    async def run(self) -> None:
        """Apply what is in the log, and what is added to it, until cancelled."""
        while True:
            try:
                async with aclosing(self._database.watch_erasures()) as changes:
                    async for _ in changes:
                        await self._apply()
            except (OSError, StorageError) as error:
                _log.error(
                    "The erasure log of %s can't be read (%s); trying again in %.0f s.",
                    self._database.name,
                    error,
                    _RETRY,
                )
            await asyncio.sleep(_RETRY)

    async def _apply(self) -> None:
        logged = await self._database.read_erasures()
        own = [one for one in logged if self._shards.has_server(one.server_id)]
        pending = await self._database.read(lambda tx: erasure_log.find_pending(tx, own))
        if not pending:
            return
        # What was said between the command and this may be recorded already, or still arrive.
        now_ms = self._clock.now_ms()
        erasures = [replace(one, erased_at=max(one.erased_at, now_ms)) for one in pending]

        async def apply(tx: Transaction) -> int:
            return await erasure_log.apply_log(tx, erasures, erasure.erase, now_ms)

        count = await self._database.write(apply)
        _log.info("`forget` was used: members erased, counted once a server: %d.", count)
        self._on_work()
        await self._database.log_erasures(erasures)
