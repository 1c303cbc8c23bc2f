"""Tasks: those that run as long as the process does, and pieces of work under way."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

__all__ = ["Tasks"]

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
