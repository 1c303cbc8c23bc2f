"""Background tasks of the client, which run as long as it does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

__all__ = ["BackgroundTasks"]


class BackgroundTasks:
    """Named, long-running tasks that are stopped together.

    None of them should end by itself: ``on_failure`` is called when one does, because of a bug, a
    cancellation or anything else.
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

    def get_failure(self) -> BaseException | None:
        """The exception that ended one of the tasks, if one did."""
        for task in self._tasks.values():
            if task.done() and not task.cancelled() and task.exception() is not None:
                return task.exception()
        return None

    async def stop(self, *names: str) -> None:
        """Cancel the tasks of these names, or all, and wait until they have ended.

        From now on it isn't a failure if one ends.
        """
        self._stopping = True
        tasks = [task for name, task in self._tasks.items() if not names or name in names]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
