"""Tasks: those that run as long as the process does, and pieces of work under way."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from storage.db.errors import DatabaseUnavailable

__all__ = ["Tasks", "UnderWay"]

_log = logging.getLogger(__name__)

#: Seconds of rest after a bug, so that what stays to be done is not tried in a circle; and where
#: the archive could not be used, which may have passed by then.
_REST, _ARCHIVE_REST = 60, 5


class Tasks:
    """Named, long-running tasks, ended together.

    None of them is to end by itself: ``on_failure`` is told when one does, by a bug, by being
    cancelled or otherwise.
    """

    def __init__(self, on_failure: Callable[[], None]) -> None:
        self._on_failure = on_failure
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._stopping = False

    def start(self, work: Coroutine[Any, Any, None], *, name: str) -> None:
        """Run ``work`` until :meth:`stop`."""
        task = asyncio.create_task(work, name=name)
        task.add_done_callback(self._ended)
        self._tasks[name] = task

    def _ended(self, _: asyncio.Task[None]) -> None:
        if not self._stopping:
            self._on_failure()

    def has(self, name: str) -> bool:
        """Whether a task of this name was started."""
        return name in self._tasks

    def failure(self) -> BaseException | None:
        """The exception that ended one of them, if any did."""
        for task in self._tasks.values():
            if task.done() and not task.cancelled() and task.exception() is not None:
                return task.exception()
        return None

    async def stop(self) -> None:
        """Cancel them all and wait until they have ended."""
        self._stopping = True
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)


class UnderWay:
    """Pieces of work with a key each, that end by themselves; ``on_change`` is told of it."""

    def __init__(self, on_change: Callable[[], None]) -> None:
        self._on_change = on_change
        self._tasks: dict[int, asyncio.Task[None]] = {}

    @property
    def idle(self) -> bool:
        """Whether nothing is under way."""
        return not self._tasks

    @property
    def keys(self) -> frozenset[int]:
        """The keys of what is under way."""
        return frozenset(self._tasks)

    def begin(self, key: int, work: Coroutine[Any, Any, None]) -> None:
        """Do ``work``; its key must be free."""
        self._tasks[key] = asyncio.create_task(self._do(key, work), name=f"under-way-{key}")

    async def _do(self, key: int, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except DatabaseUnavailable as error:
            _log.error(
                "The archive cannot be used (%s); what was under way goes on in %d s.",
                error,
                _ARCHIVE_REST,
            )
            await asyncio.sleep(_ARCHIVE_REST)
        except Exception:  # noqa: BLE001 - the rest goes on, whatever went wrong in one piece
            _log.exception("Unexpected in something under way; it rests for a minute.")
            await asyncio.sleep(_REST)
        finally:
            del self._tasks[key]
            self._on_change()

    async def stop(self) -> None:
        """Cancel what is under way."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
