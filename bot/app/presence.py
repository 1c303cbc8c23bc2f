"""Reports to the database that this process runs, for ``python -m bot doctor`` anywhere."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from bot.app.connection_state import Connection
from bot.checks import REPORT_INTERVAL, get_salon_version
from storage.db.errors import StorageError
from storage.db.processes import ProcessGroup, ShardState

__all__ = ["Presence"]

_log = logging.getLogger(__name__)


class Presence:
    """Reports every few seconds how the connections of the process are.

    ``get_connection``: gets the state of the current ones.
    """

    def __init__(self, processes: ProcessGroup, get_connection: Callable[[], Connection]) -> None:
        self._processes = processes
        self._get_connection = get_connection

    async def run(self) -> None:
        """Report until cancelled."""
        version, has_failed = get_salon_version(), False
        while True:
            states = {
                shard_id: ShardState(one.connected, one.latency, one.servers)
                for shard_id, one in self._get_connection().shards.items()
            }
            try:
                await self._processes.report(states, version)
                has_failed = False
            except StorageError as error:
                if not has_failed:
                    _log.warning("That this process runs can't be reported (%s).", error)
                has_failed = True
            await asyncio.sleep(REPORT_INTERVAL.total_seconds())
