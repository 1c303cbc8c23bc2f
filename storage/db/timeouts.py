"""Timeouts: how long the current task waits for the archive, when another process has locked it.

A gateway event waits for as long as it takes. A command doesn't: Discord wants an answer within
3 seconds (docs: Receiving and Responding to Interactions › Interaction Callback).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from contextvars import ContextVar

__all__ = ["ArchiveTimeout", "get_timeout", "set_timeout", "without_timeout"]


class ArchiveTimeout:
    """Limits how long a task waits for a write to begin, and for a read to end.

    ``seconds``: for each write; until :meth:`extend` is called, for everything together. What the
    task does meanwhile, such as reading an essay, isn't counted.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._left: float | None = seconds

    def extend(self) -> None:
        """An answer was sent: reads have no limit, and each write has all seconds again."""
        self._left = None

    @contextlib.contextmanager
    def wait_for_archive(self) -> Iterator[None]:
        """Count the time that the block takes."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            yield
        finally:
            if self._left is not None:
                self._left = max(self._left - (loop.time() - began), 0.0)

    @property
    def write_seconds(self) -> float:
        """Seconds that a write may wait before it begins."""
        return self._seconds if self._left is None else self._left

    @property
    def read_seconds(self) -> float | None:
        """Seconds that a read may take; None: no limit."""
        return self._left


_current: ContextVar[ArchiveTimeout | None] = ContextVar("archive_timeout", default=None)


def get_timeout() -> ArchiveTimeout | None:
    """The current task's timeout; None: it waits for as long as it takes."""
    return _current.get()


def set_timeout(timeout: ArchiveTimeout) -> None:
    """Limit how long the current task, and tasks it starts from now on, wait."""
    _current.set(timeout)


@contextlib.contextmanager
def without_timeout() -> Iterator[None]:
    """Wait in the block for as long as it takes."""
    token = _current.set(None)
    try:
        yield
    finally:
        _current.reset(token)
