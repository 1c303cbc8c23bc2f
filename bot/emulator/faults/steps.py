"""Steps: the counted moments of a bot's traffic, at which a test can strike."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

__all__ = ["NeverArrivedError", "Step", "Steps", "plain_path"]

Hook = Callable[["Step"], Awaitable[None]]
_ID = re.compile(r"(?<=/)\d{15,20}(?=/|$|\?)")


class NeverArrivedError(Exception):
    """Raised by a hook before a call's effect: the call is lost, as if it had never arrived."""


@dataclass(frozen=True, slots=True)
class Step:
    """``number`` counts from 1 in one emulator; ``moment`` is before or after the effect.

    ``kind`` is a call of the bot or an event sent to it; ``what`` names it without ids, so that
    the same step of another run reads the same: ``POST /channels/{id}/messages``,
    ``MESSAGE_CREATE``.
    """

    number: int
    kind: Literal["call", "event"]
    moment: Literal["before", "after"]
    what: str


def plain_path(path: str) -> str:
    """A path of the API with ids and tokens taken out of it."""
    path = _ID.sub("{id}", path)
    return re.sub(r"(/(?:webhooks|interactions)/\{id\}/)[^/?]+", r"\1{token}", path)


class Steps:
    """Counts the steps and tells the hook, if there is one."""

    def __init__(self, hook: Callable[[], Hook | None]) -> None:
        self._hook = hook
        self.count = 0

    async def take(
        self, kind: Literal["call", "event"], moment: Literal["before", "after"], what: str
    ) -> None:
        """Count one more step and wait for the hook; raises what the hook raises."""
        self.count += 1
        hook = self._hook()
        if hook is not None:
            await hook(Step(self.count, kind, moment, what))
