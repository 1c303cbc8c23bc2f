"""Fault injection into the bot's calls to Discord, which are counted in the order they are made."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from bot.emulator.faults.faults import CallFault, path_matches
from bot.emulator.faults.steps import NeverArrivedError, Step, plain_path
from bot.emulator.server import Emulator

__all__ = ["CALL_FAULTS", "CALL_TIMEOUT", "CallFaultInjector", "Occurrence", "applies_to_call"]

#: Seconds after which the bot stops waiting for a call, in runs with an unanswered call.
CALL_TIMEOUT = 1.5
#: Seconds for which the response to such a call is held back: longer than anybody waits.
_HOLD_SECONDS = 2 * CALL_TIMEOUT

#: The status a call is answered with, None for a cut connection; and whether the fault comes
#: after the call had its effect.
CALL_FAULTS: dict[str, tuple[int | None, bool]] = {
    "500": (500, False),
    "500-after": (500, True),
    "503": (503, False),
    "503-after": (503, True),
    "429": (429, False),
    "cut": (None, False),
    "cut-after": (None, True),
    "timeout": (None, False),
    "timeout-after": (None, True),
}


@dataclass(frozen=True, order=True)
class Occurrence:
    """The ``number``-th time (from 1) that something is called or executed in a scene."""

    what: str
    number: int

    def __str__(self) -> str:
        return f"{self.what}#{self.number}"

    @classmethod
    def parse(cls, text: str) -> Occurrence:
        """Parse what ``str`` returned."""
        what, _, number = text.rpartition("#")
        return cls(what, int(number))


def applies_to_call(fault: str, call: Occurrence, prevented: Collection[Occurrence]) -> bool:
    """Whether injecting a fault into a call tests anything new.

    A fault after the effect doesn't apply to a GET, which has none, nor to a call whose effect the
    scene itself ``prevented``: with its effect it would be another scene.
    """
    has_effect = not call.what.startswith("GET ") and call not in prevented
    return has_effect or not fault.endswith("-after")


@dataclass
class CallFaultInjector:
    """Records the bot's calls, and injects ``fault`` into the one ``at`` which is given.

    ``calls``: the calls in order; ``prevented``: those whose effect a fault of the scene itself
    prevents. ``injected``: whether the call came. ``kill`` kills the bot's process, if it has its
    own.
    """

    emulator: Emulator
    at: Occurrence | None = None
    fault: str = ""
    calls: list[Occurrence] = field(default_factory=list)
    prevented: set[Occurrence] = field(default_factory=set)
    injected: bool = False
    active: bool = True
    kill: Callable[[], None] | None = None
    _count: Counter[str] = field(default_factory=Counter)
    _held: asyncio.Task[object] | None = None

    async def on_step(self, step: Step) -> None:
        """The emulator's hook."""
        if step.kind != "call" or not self.active:
            return
        if step.moment == "after":
            if self._held is not None and asyncio.current_task() is self._held:
                self._held = None
                if self.kill is not None:
                    self.kill()
                else:
                    await asyncio.sleep(_HOLD_SECONDS)
            return
        self._count[step.what] += 1
        occurrence = Occurrence(step.what, self._count[step.what])
        self.calls.append(occurrence)
        if self._is_prevented(step.what):
            self.prevented.add(occurrence)
        if occurrence == self.at and not self.injected:
            self.injected = True
            await self._inject()

    def _is_prevented(self, what: str) -> bool:
        method, _, path = what.partition(" ")
        for fault in self.emulator.faults.call_faults:
            if fault.method in {None, method} and path_matches(plain_path(fault.path), path):
                return not fault.after_effect
        return False

    async def _inject(self) -> None:
        if self.fault in ("killed", "killed-after"):
            assert self.kill is not None
            if self.fault == "killed":
                self.kill()
                raise NeverArrivedError
            self._held = asyncio.current_task()
            return
        status, after = CALL_FAULTS[self.fault]
        if self.fault == "timeout":
            await asyncio.sleep(_HOLD_SECONDS)
            raise NeverArrivedError
        if self.fault == "timeout-after":
            self._held = asyncio.current_task()
            return  # the response comes when nobody waits for it any more
        # First in the queue, so that it affects this very call.
        self.emulator.faults.put_first(CallFault(None, "**", status, after))
