"""Services: the parts of a running bot that cogs may use."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from bot.clock import Clock
from bot.delivery.scheduler import Scheduler
from bot.delivery.workers import Delivery
from bot.discord_api.command_permissions import CommandPermissions
from bot.discord_api.commands import CommandMentions
from bot.discord_api.permissions import Permissions
from bot.ingest.catch_up import CatchUp
from bot.ingest.recorder import Recorder
from bot.publishing.edit import Editing
from bot.publishing.publish import Publishing
from bot.publishing.restore_messages import Restoring
from storage.db.database import Database

__all__ = ["ActiveWork", "Services"]


class ActiveWork:
    """Work in progress outside of recorder, delivery and scheduler: mostly commands."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()
        self._count = 0

    @property
    def idle(self) -> bool:
        """Whether nothing is in progress; work that only waits doesn't count."""
        return self._count == 0

    @contextmanager
    def track(self) -> Iterator[None]:
        """Count the block as work in progress."""
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
        """Within :meth:`track`: the block only waits for delivery."""
        self._count -= 1
        try:
            yield
        finally:
            self._count += 1

    async def stop(self) -> None:
        """Cancel all work; acknowledged work continues at the next start."""
        tasks = self._tasks - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@dataclass(frozen=True)
class Services:
    """The parts of a running bot."""

    database: Database
    clock: Clock
    permissions: Permissions
    command_permissions: CommandPermissions
    recorder: Recorder
    delivery: Delivery
    catch_up: CatchUp
    scheduler: Scheduler
    publishing: Publishing
    editing: Editing
    restoring: Restoring
    commands: CommandMentions
    active_work: ActiveWork = field(default_factory=ActiveWork)

    @property
    def idle(self) -> bool:
        """Whether there is nothing left to do at this moment."""
        return (
            self.recorder.idle
            and self.catch_up.idle
            and self.scheduler.idle
            and self.active_work.idle
        )
