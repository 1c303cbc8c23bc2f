"""Step hook: tests are called before and after each REST call and event of the bot."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

__all__ = ["NeverArrivedError", "Step", "Steps", "plain_path"]

Hook = Callable[["Step"], Awaitable[None]]
_ID = re.compile(r"(?<=/)\d{15,20}(?=/|$|\?)")


class NeverArrivedError(Exception):
    """Raised by a hook before a call: the call is dropped as if it had never arrived."""


@dataclass(frozen=True, slots=True)
class Step:
    """A point in the bot's traffic. ``number`` counts from 1; ``moment`` is relative to the effect.

    ``kind`` is a call of the bot or an event sent to it. ``what`` names it without ids, so that it
    is the same in every run: ``POST /channels/{id}/messages``, ``MESSAGE_CREATE``.
    """

    number: int
    kind: Literal["call", "event"]
    moment: Literal["before", "after"]
    what: str


def plain_path(path: str) -> str:
    """An API path with placeholders for ids and tokens."""
    path = _ID.sub("{id}", path)
    return re.sub(r"(/(?:webhooks|interactions)/\{id\}/)[^/?]+", r"\1{token}", path)


class Steps:
    """Counts the steps and calls ``hook``, which a test may set while the emulator runs."""

    def __init__(self) -> None:
        self.hook: Hook | None = None
        self.count = 0

    async def reach(
        self, kind: Literal["call", "event"], moment: Literal["before", "after"], what: str
    ) -> None:
        """Count a step and wait for the hook; raises what the hook raises."""
        self.count += 1
        if self.hook is not None:
            await self.hook(Step(self.count, kind, moment, what))

    async def on_event(self, moment: Literal["before", "after"], event: str) -> None:
        """Count a step of an event sent to the bot."""
        await self.reach("event", moment, event)
