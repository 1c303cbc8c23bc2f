"""One run: a scene is played, with one fault or none, and its end is compared."""

from __future__ import annotations

import asyncio
import contextlib
import random
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from tests.faults.call_faults import (
    CALL_FAULTS,
    CALL_TIMEOUT,
    CallFaultInjector,
    Occurrence,
    applies_to_call,
)
from tests.faults.comparison import EndState, differences, read_end_state
from tests.faults.forked_main import ProcessFault
from tests.faults.scene_play import ForkedProcessBot, ScenePlay, new_play
from tests.faults.scenes import SCENES
from tests.faults.shorter_waits import faster_bot
from tests.faults.statement_faults import (
    STATEMENT_FAULTS,
    StatementFaultInjector,
    applies_to_statement,
    watch_writer,
)
from tests.support.waits import set_wait

__all__ = [
    "FAULTS",
    "Injection",
    "PlayResult",
    "find_errors",
    "play_scene",
    "play_until_injected",
    "possible_injections",
    "sample",
]

#: Seconds of the world's time after the scene, in which the bot finishes everything pending.
_TIME_AFTER = 6 * 3600
#: Seconds of real time after which a run has failed.
_RUN_TIMEOUT = 100.0
#: Seconds of real time at the end of a run for what the bot retries in real time.
_RETRY_SECONDS = 15.0
#: Seconds of real time in which to repeat a play until the fault is injected.
_INJECTION_TIMEOUT = 30.0

#: The faults of a call and of a statement.
FAULTS = {
    "call": (*CALL_FAULTS, "killed", "killed-after"),
    "statement": STATEMENT_FAULTS,
}


@dataclass(frozen=True)
class Injection:
    """A fault, and where it is injected: into a ``call`` or a ``statement``."""

    kind: str
    at: Occurrence
    fault: str

    def __str__(self) -> str:
        return f"--{self.kind} '{self.at}' --fault {self.fault}"

    @property
    def kills_bot(self) -> bool:
        """Whether the fault kills the bot's process."""
        return self.fault.startswith("killed")


@dataclass(frozen=True)
class PlayResult:
    """How a play ended. ``error``: why it didn't reach its end, "" if it did.

    ``prevented``: the calls whose effect the scene itself prevents.
    """

    end_state: EndState | None
    calls: tuple[Occurrence, ...]
    prevented: frozenset[Occurrence]
    statements: tuple[Occurrence, ...]
    injected: bool
    error: str
    log: tuple[str, ...]
    seconds: float


def possible_injections(result: PlayResult) -> list[Injection]:
    """Every fault of every call and statement in a play without a fault."""
    calls = [
        Injection("call", call, fault)
        for call in result.calls
        for fault in FAULTS["call"]
        if applies_to_call(fault, call, result.prevented)
    ]
    statements = [
        Injection("statement", statement, fault)
        for statement in result.statements
        for fault in FAULTS["statement"]
        if applies_to_statement(fault, statement)
    ]
    return calls + statements


def sample(injections: list[Injection], seed: int, most: int) -> list[Injection]:
    """A random sample, determined by ``seed``."""
    return random.Random(seed).sample(injections, min(most, len(injections)))


async def play_scene(
    scene: str, injection: Injection | None = None, wanted: PlayResult | None = None
) -> PlayResult:
    """Play a scene; with ``wanted``, wait at the end until the play ends the same."""
    began = time.monotonic()
    error, end_state = "", None
    with tempfile.TemporaryDirectory() as folder:
        marker = Path(folder) / "injected"
        async with _new_play(injection, marker) as (play, calls, statements):
            try:
                async with asyncio.timeout(_RUN_TIMEOUT):
                    await SCENES[scene](play)
                    await play.settle(_TIME_AFTER)
                    end_state = await _wait_for_end_state(play, wanted)
            except Exception as failure:  # noqa: BLE001 - reported with the rest
                error = f"{type(failure).__name__}: {failure}"
            except pytest.fail.Exception as failure:
                error = str(failure)
            calls.active = False
            injected = calls.injected or statements.injected or marker.exists()
            with contextlib.suppress(Exception):
                await play.bot.stop()
        if not error and any("was still busy after" in line for line in play.log):
            error = "The bot did not become idle."
    return PlayResult(
        end_state,
        tuple(calls.calls),
        frozenset(calls.prevented),
        tuple(statements.statements),
        injected,
        error,
        tuple(play.log),
        time.monotonic() - began,
    )


async def play_until_injected(scene: str, injection: Injection, wanted: PlayResult) -> PlayResult:
    """Repeat a play until the fault is injected, for a limited time.

    The order of things that depend on real time, such as two calls at once, may vary, and so does
    how often a statement is executed, since events are recorded in batches: if a play has fewer
    occurrences, the last one is struck in the next. A play in which the fault wasn't injected has
    to end the same, too.
    """
    deadline = time.monotonic() + _INJECTION_TIMEOUT
    while True:
        result = await play_scene(scene, injection, wanted)
        if result.injected or find_errors(wanted, result, must_be_injected=False):
            return result
        if time.monotonic() > deadline:
            return result
        injection = _find_last(injection, result)


def _find_last(injection: Injection, result: PlayResult) -> Injection:
    """The same injection, but not beyond the last occurrence in a play without it."""
    same = [
        one
        for one in possible_injections(result)
        if (one.kind, one.fault, one.at.what)
        == (injection.kind, injection.fault, injection.at.what)
    ]
    last = max(same, key=lambda one: one.at.number, default=injection)
    return min(injection, last, key=lambda one: one.at.number)


async def _wait_for_end_state(play: ScenePlay, wanted: PlayResult | None) -> EndState:
    """The end state, after what is retried in real time had its time."""
    found = read_end_state(play.emulator, play.path)
    loop = asyncio.get_running_loop()
    deadline = loop.time() + _RETRY_SECONDS
    while (
        wanted is not None
        and wanted.end_state is not None
        and differences(wanted.end_state, found)
        and loop.time() < deadline
    ):
        await asyncio.sleep(0.2)
        await play.settle(60)
        found = read_end_state(play.emulator, play.path)
    return found


def find_errors(
    wanted: PlayResult, found: PlayResult, *, must_be_injected: bool = True
) -> list[str]:
    """What is wrong with how a run ended; that its fault wasn't injected is an error, too."""
    if found.error:
        return [found.error]
    assert wanted.end_state is not None
    assert found.end_state is not None
    errors = differences(wanted.end_state, found.end_state)
    if must_be_injected and not found.injected:
        errors.append("the fault was never injected")
    return errors


@contextlib.asynccontextmanager
async def _new_play(
    injection: Injection | None, marker: Path
) -> AsyncIterator[tuple[ScenePlay, CallFaultInjector, StatementFaultInjector]]:
    """A play with a fault; one that kills the bot is played with a bot in its own process."""
    into_call = injection is not None and injection.kind == "call"
    into_statement = injection is not None and injection.kind == "statement"
    statements = StatementFaultInjector()
    process_fault = None
    if injection is not None and into_statement:
        statements = StatementFaultInjector(injection.at, injection.fault)
    if injection is not None and injection.kills_bot:
        at = injection.at if into_statement else None
        process_fault = ProcessFault(marker, at, injection.fault)
    times_out = injection is not None and injection.fault.startswith("timeout")
    with faster_bot(), watch_writer(statements), _shorter_call_timeout(times_out):
        async with new_play(process_fault=process_fault) as play:
            calls = CallFaultInjector(play.emulator)
            if injection is not None and into_call:
                calls = CallFaultInjector(play.emulator, injection.at, injection.fault)
            if isinstance(play.bot, ForkedProcessBot):
                calls.kill = play.bot.kill
            play.emulator.steps.hook = calls.on_step
            play.calls = calls.calls
            yield play, calls, statements


@contextlib.contextmanager
def _shorter_call_timeout(applies: bool) -> Iterator[None]:
    """Let the bot stop waiting for a call after a second or so, if one will not be answered."""
    if not applies:
        yield
        return
    with pytest.MonkeyPatch.context() as patch:
        timeout = aiohttp.ClientTimeout(total=CALL_TIMEOUT)
        patch.setattr(aiohttp.client, "DEFAULT_TIMEOUT", timeout)
        set_wait(patch, "call without retries", CALL_TIMEOUT)
        yield
