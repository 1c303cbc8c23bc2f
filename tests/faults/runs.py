"""A run: one scene, with one fault in it or none, judged by what it comes to."""

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

import bot.discord_api.single_attempt
from tests.faults.comparison import Ended, differences, ended
from tests.faults.injected import Lot
from tests.faults.injection import CALL_FAULTS, GIVEN_UP_AFTER, Calls, Moment, suits
from tests.faults.scene_play import BotApart, ScenePlay, new_play
from tests.faults.scenes import SCENES
from tests.faults.speedup import hastened
from tests.faults.statements import STATEMENT_FAULTS, Statements, listening, may_be_struck

__all__ = ["FAULTS", "Played", "Strike", "play", "sample", "strikes", "struck", "wrong_with"]

#: Seconds of the world's time in which everything that is owed is made up for.
_AFTERWARDS = 6 * 3600
#: Seconds of real time after which a run has gone wrong, and in which what is tried again in real
#: time comes about at the end of one.
_PATIENCE, _AT_THE_END = 100.0, 15.0
#: Seconds of real time in which a fault has to strike that does not come in every play.
_STRIKES_WITHIN = 30.0

#: The faults, by what they befall.
FAULTS = {
    "call": (*CALL_FAULTS, "killed", "killed-after"),
    "statement": STATEMENT_FAULTS,
}


@dataclass(frozen=True)
class Strike:
    """A fault, and what it befalls: a ``call`` or a ``statement``."""

    kind: str
    at: Moment
    fault: str

    def __str__(self) -> str:
        return f"--{self.kind} '{self.at}' --fault {self.fault}"

    @property
    def kills(self) -> bool:
        """Whether the bot's process ends by it."""
        return self.fault.startswith("killed")


@dataclass(frozen=True)
class Played:
    """How a run ended. ``problem``: why it did not come to its end, "" if it did.

    ``hindered``: the calls that the scene itself keeps from their effect.
    """

    ended: Ended | None
    calls: tuple[Moment, ...]
    hindered: frozenset[Moment]
    statements: tuple[Moment, ...]
    struck: bool
    last_error: str
    log: tuple[str, ...]
    seconds: float


def strikes(played: Played) -> list[Strike]:
    """Everything that can befall what was called and executed in an undisturbed run."""
    calls = [
        Strike("call", call, fault)
        for call in played.calls
        for fault in FAULTS["call"]
        if suits(fault, call, played.hindered)
    ]
    statements = [
        Strike("statement", statement, fault)
        for statement in played.statements
        for fault in FAULTS["statement"]
        if may_be_struck(fault, statement)
    ]
    return calls + statements


def sample(found: list[Strike], seed: int, most: int) -> list[Strike]:
    """Some of them, as a seed says."""
    return random.Random(seed).sample(found, min(most, len(found)))


async def play(scene: str, strike: Strike | None = None, wanted: Played | None = None) -> Played:
    """Play a scene, struck or not; a struck one has until the end to come to what is ``wanted``."""
    began = time.monotonic()
    last_error, found = "", None
    with tempfile.TemporaryDirectory() as folder:
        mark = Path(folder) / "struck"
        async with _staged(strike, mark) as (play, calls, statements):
            try:
                async with asyncio.timeout(_PATIENCE):
                    await SCENES[scene](play)
                    await play.settle(_AFTERWARDS)
                    found = await _at_the_end(play, wanted)
            except Exception as error:  # noqa: BLE001 - told with everything else
                last_error = f"{type(error).__name__}: {error}"
            except pytest.fail.Exception as error:
                last_error = str(error)
            calls.listening = False
            did = calls.struck or statements.struck or mark.exists()
            with contextlib.suppress(Exception):
                await play.bot.stop()
        if not last_error and any("was not done within" in line for line in play.log):
            last_error = "The bot was not done with what there was to do."
    return Played(
        found,
        tuple(calls.seen),
        frozenset(calls.hindered),
        tuple(statements.seen),
        did,
        last_error,
        tuple(play.log),
        time.monotonic() - began,
    )


async def struck(scene: str, strike: Strike, wanted: Played) -> Played:
    """Play a scene until the fault strikes, for some time at the most.

    What comes in the order of real time, two calls at once for instance, may come differently. A
    play without the fault has to come to the same as the undisturbed one.
    """
    until = time.monotonic() + _STRIKES_WITHIN
    while True:
        played = await play(scene, strike, wanted)
        if played.struck or wrong_with(wanted, played, unless_struck=False):
            return played
        if time.monotonic() > until:
            return played


async def _at_the_end(play: ScenePlay, wanted: Played | None) -> Ended:
    """What the play has come to, given that what is tried again in real time has its time."""
    found = ended(play.emulator, play.path)
    loop = asyncio.get_running_loop()
    until = loop.time() + _AT_THE_END
    while (
        wanted is not None
        and wanted.ended is not None
        and differences(wanted.ended, found)
        and loop.time() < until
    ):
        await asyncio.sleep(0.2)
        await play.settle(60)
        found = ended(play.emulator, play.path)
    return found


def wrong_with(wanted: Played, found: Played, *, unless_struck: bool = True) -> list[str]:
    """What is wrong with how a run ended, that it was not struck among it."""
    if found.last_error:
        return [found.last_error]
    assert wanted.ended is not None
    assert found.ended is not None
    wrong = differences(wanted.ended, found.ended)
    return [*wrong, "the fault never struck"] if unless_struck and not found.struck else wrong


@contextlib.asynccontextmanager
async def _staged(
    strike: Strike | None, mark: Path
) -> AsyncIterator[tuple[ScenePlay, Calls, Statements]]:
    of_call = strike is not None and strike.kind == "call"
    of_statement = strike is not None and strike.kind == "statement"
    statements = Statements()
    apart = None
    if strike is not None and of_statement:
        statements = Statements(strike.at, strike.fault)
    if strike is not None and strike.kills:
        apart = Lot(mark, strike.at if of_statement else None, strike.fault)
    impatient = strike is not None and strike.fault.startswith("timeout")
    with hastened(), listening(statements), _impatient(impatient):
        async with new_play(apart=apart) as play:
            calls = Calls(play.emulator)
            if strike is not None and of_call:
                calls = Calls(play.emulator, strike.at, strike.fault)
            if isinstance(play.bot, BotApart):
                calls.kill = play.bot.kill
            play.emulator.steps.hook = calls.on_step
            play.calls = calls.seen
            yield play, calls, statements


@contextlib.contextmanager
def _impatient(wanted: bool) -> Iterator[None]:
    """The bot gives a call up after a second or so, where one will not be answered."""
    if not wanted:
        yield
        return
    with pytest.MonkeyPatch.context() as changed:
        soon = aiohttp.ClientTimeout(total=GIVEN_UP_AFTER)
        changed.setattr(aiohttp.client, "DEFAULT_TIMEOUT", soon)
        changed.setattr(bot.discord_api.single_attempt, "_SECONDS", GIVEN_UP_AFTER)
        yield
