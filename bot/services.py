"""What cogs are given: everything they may use, and nothing of the client."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from bot.clock import Clock
from bot.outbox import Outbox, Sight
from bot.publishing import Publishing
from bot.recorder import Recorder
from bot.recovery import Recovery
from bot.sweep import Sweep
from storage.database import Database

__all__ = ["Busy", "Services"]


class Busy:
    """Counts what is under way outside of recorder, outbox and sweep: commands, mostly."""

    def __init__(self) -> None:
        self._count = 0

    @property
    def idle(self) -> bool:
        """Whether nothing is."""
        return self._count == 0

    @contextmanager
    def working(self) -> Iterator[None]:
        """Count the block as under way."""
        self._count += 1
        try:
            yield
        finally:
            self._count -= 1


@dataclass(frozen=True)
class Services:
    """The parts of a running Salon."""

    database: Database
    clock: Clock
    sight: Sight
    recorder: Recorder
    outbox: Outbox
    recovery: Recovery
    sweep: Sweep
    publishing: Publishing
    busy: Busy = field(default_factory=Busy)

    @property
    def idle(self) -> bool:
        """Whether nothing is left that can be done at the present moment."""
        return self.recorder.idle and self.recovery.idle and self.sweep.idle and self.busy.idle
