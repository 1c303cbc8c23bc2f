"""The watched channels and threads of servers, read for all that ask at the same time together.

After a start, thousands of servers ask within a second, and a read of its own for each would be
most of what catching up costs where nothing was missed.
"""

from __future__ import annotations

import asyncio
import itertools

from storage.db.database import Database
from storage.replies import watermarks
from storage.replies.watermarks import WatchedChannel

__all__ = ["WatchedChannels"]

#: Servers in one read: with more, the event loop would be busy with its rows for too long.
_SERVERS_A_READ = 100


class WatchedChannels:
    """Reads what is watched in servers; what is committed when :meth:`get` is called is seen."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: dict[int, list[asyncio.Future[list[WatchedChannel]]]] = {}
        self._reading: asyncio.Task[None] | None = None

    async def get(self, server_id: int) -> list[WatchedChannel]:
        """What is watched in a server; channels come first. Raises DatabaseUnavailable."""
        found: asyncio.Future[list[WatchedChannel]] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(server_id, []).append(found)
        if self._reading is None:
            self._reading = asyncio.create_task(self._read_waiting(), name="watched channels")
        return await found

    async def _read_waiting(self) -> None:
        """Read until nobody waits. Who asks while a read is under way waits for the next one."""
        try:
            while self._waiting:
                server_ids = list(itertools.islice(self._waiting, _SERVERS_A_READ))
                waiting = {one: self._waiting.pop(one) for one in server_ids}
                await self._read(waiting)
        finally:
            self._reading = None

    async def _read(self, waiting: dict[int, list[asyncio.Future[list[WatchedChannel]]]]) -> None:
        try:
            watched = await self._database.read(
                lambda tx: watermarks.get_watched_by_server(tx, waiting)
            )
        except Exception as error:  # noqa: BLE001 - raised by those that wait
            for one in itertools.chain.from_iterable(waiting.values()):
                if not one.done():
                    one.set_exception(error)
            return
        for server_id, futures in waiting.items():
            for one in futures:
                if not one.done():
                    one.set_result(list(watched.get(server_id, ())))
