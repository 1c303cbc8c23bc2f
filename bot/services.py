"""What cogs are given: everything they may use, and nothing of the client."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from bot.clock import Clock
from bot.delivery.messages import Outbox
from bot.delivery.scheduler import Sweep
from bot.discord_api.errors import Sight
from bot.ingest.catch_up import CatchUp
from bot.ingest.recorder import Recorder
from bot.publishing.edit import Editing
from bot.publishing.publish import Publishing
from storage.db.database import Database

__all__ = ["ActiveWork", "Services"]


class ActiveWork:
    """What is under way outside of recorder, outbox and sweep: commands, mostly."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()
        self._count = 0

    @property
    def idle(self) -> bool:
        """Whether nothing is being worked on; what only waits is not worked on."""
        return self._count == 0

    @contextmanager
    def track(self) -> Iterator[None]:
        """Count the block as under way."""
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._count += 1
        try:
            yield
        finally:
            self._count -= 1
            self._tasks.discard(task)

    @contextmanager
    def track_waiting(self) -> Iterator[None]:
        """Within :meth:`working`: the block only waits for what the outbox does."""
        self._count -= 1
        try:
            yield
        finally:
            self._count += 1

    async def stop(self) -> None:
        """Cancel what is under way; what was acknowledged goes on at the next start."""
        tasks = self._tasks - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@dataclass(frozen=True)
class Services:
    """The parts of a running Salon."""

    database: Database
    clock: Clock
    sight: Sight
    recorder: Recorder
    outbox: Outbox
    catch_up: CatchUp
    sweep: Sweep
    publishing: Publishing
    editing: Editing
    active_work: ActiveWork = field(default_factory=ActiveWork)

    @property
    def idle(self) -> bool:
        """Whether nothing is left that can be done at the present moment."""
        return (
            self.recorder.idle and self.catch_up.idle and self.sweep.idle and self.active_work.idle
        )
