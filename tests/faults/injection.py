"""The faults, and the moments at which they strike: calls of the bot's, in the order they come."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from bot.emulator.faults.faults import CallFault, _Pending, path_matches
from bot.emulator.faults.steps import NeverArrivedError, Step, plain_path
from bot.emulator.server import Emulator

__all__ = ["CALL_FAULTS", "GIVEN_UP_AFTER", "Calls", "Moment", "suits"]

#: Seconds after which the bot gives a call up, in the runs in which one is not answered.
GIVEN_UP_AFTER = 1.5
#: Seconds for which such a call is held; longer than anybody waits.
_HELD_FOR = 2 * GIVEN_UP_AFTER

#: What befalls a call: the status it is answered with, None for a connection that is cut; and
#: whether what was asked for has been done by then.
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
class Moment:
    """The ``number``-th time (from 1) that something is called or executed in a scene."""

    what: str
    number: int

    def __str__(self) -> str:
        return f"{self.what}#{self.number}"

    @classmethod
    def read(cls, text: str) -> Moment:
        """The moment that was told as ``text``."""
        what, _, number = text.rpartition("#")
        return cls(what, int(number))


def suits(fault: str, call: Moment, hindered: Collection[Moment]) -> bool:
    """Whether a fault says anything new of a call.

    A GET has no effect to come behind, nor has a call that is ``hindered`` in the scene: with its
    effect it would be another scene.
    """
    has_effect = not call.what.startswith("GET ") and call not in hindered
    return has_effect or not fault.endswith("-after")


@dataclass
class Calls:
    """Listens to the bot's calls, and strikes at one of them.

    ``seen``: the calls in order; ``hindered``: those that a misfortune of the scene keeps from
    their effect. ``struck``: whether the one meant came. ``kill`` ends the bot's process, where it
    is one of its own.
    """

    emulator: Emulator
    at: Moment | None = None
    fault: str = ""
    seen: list[Moment] = field(default_factory=list)
    hindered: set[Moment] = field(default_factory=set)
    struck: bool = False
    listening: bool = True
    kill: Callable[[], None] | None = None
    _count: Counter[str] = field(default_factory=Counter)
    _held: asyncio.Task[object] | None = None

    async def on_step(self, step: Step) -> None:
        """The emulator's hook."""
        if step.kind != "call" or not self.listening:
            return
        if step.moment == "after":
            if self._held is not None and asyncio.current_task() is self._held:
                self._held = None
                if self.kill is not None:
                    self.kill()
                else:
                    await asyncio.sleep(_HELD_FOR)
            return
        self._count[step.what] += 1
        moment = Moment(step.what, self._count[step.what])
        self.seen.append(moment)
        if self._is_hindered(step.what):
            self.hindered.add(moment)
        if moment == self.at and not self.struck:
            self.struck = True
            await self._strike()

    def _is_hindered(self, what: str) -> bool:
        method, _, path = what.partition(" ")
        for planned in self.emulator.faults._pending:
            fault = planned.fault
            if (
                isinstance(fault, CallFault)
                and fault.method in {None, method}
                and path_matches(plain_path(fault.path), path)
            ):
                return not fault.after_effect
        return False

    async def _strike(self) -> None:
        if self.fault in ("killed", "killed-after"):
            assert self.kill is not None
            if self.fault == "killed":
                self.kill()
                raise NeverArrivedError
            self._held = asyncio.current_task()
            return
        status, after = CALL_FAULTS[self.fault]
        if self.fault == "timeout":
            await asyncio.sleep(_HELD_FOR)
            raise NeverArrivedError
        if self.fault == "timeout-after":
            self._held = asyncio.current_task()
            return  # the answer comes when nobody waits for it any more
        # The first in the line, so that it strikes this very call.
        fault = CallFault(None, "**", status, after)
        self.emulator.faults._pending.insert(0, _Pending(fault, 1))
