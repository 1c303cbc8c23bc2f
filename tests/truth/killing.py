"""A play in which the bot is killed again and again while it catches up.

``python -m tests.truth.killing --seeds 100 [--first N] [--kills N]`` runs more of them.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from bot.emulator.faults.steps import Step
from tests.support.running_bot import run_bot
from tests.support.spawned_bot import SpawnedBot, spawned_bot
from tests.truth.answers import apply_answers, find_answers
from tests.truth.compare import differences
from tests.truth.play_state import Bot
from tests.truth.proxies import apply_proxies
from tests.truth.random_play import RandomPlay
from tests.truth.run_play import set_up_proxies

__all__ = ["KillResult", "play_and_kill"]

#: What happens while the bot is away.
_MISSED_ACTIONS = (
    *("talk", "talk", "talk", "answer essay", "answer in thread", "answer in channel", "attach"),
    *("edit", "edit", "delete", "delete many", "react", "take back", "clear reactions"),
    *("open thread", "archive", "delete thread", "rename", "say"),
)
_MISSED_PROXIES = ("proxy at once",) * 3 + ("edit proxy", "delete proxy")
#: Messages that the bot saw but whose reposts it missed: so many whose threads it opened, and so
#: many others.
_ORIGINALS = 2
#: Seconds after which a thread is opened in a server with proxies. A repost has to come within 15
#: seconds (docs/proxies.md), so no more than this may pass before the bot ends.
_THREAD_SECONDS = 6
#: Answers from forms that may not be posted yet when the bot ends.
_FORM_ANSWERS = 4
#: Calls and events between a start and the next kill, and real seconds behind such a step: the
#: bot may be reading, deciding or writing then.
_STEPS, _BEHIND = (4, 40), 0.03


@dataclass(frozen=True)
class KillResult:
    """What is wrong in the archive at the end, and how often the bot was killed."""

    wrong: list[str]
    kills: int


class _Killer:
    """Kills the bot at random steps, ``kills`` times; each time it is started again."""

    def __init__(self, spawned: SpawnedBot, chance: random.Random, kills: int) -> None:
        self._spawned = spawned
        self._chance = chance
        self._next = chance.randint(*_STEPS)
        self._pending: asyncio.TimerHandle | None = None
        self.left = kills

    async def step(self, step: Step) -> None:
        """The emulator's hook."""
        if self.left and self._pending is None and step.number >= self._next:
            delay = self._chance.uniform(0, _BEHIND)
            self._pending = asyncio.get_running_loop().call_later(delay, self.kill_now)

    def kill_now(self) -> None:
        """Kill the bot now, if it runs; it is started again."""
        self._pending = None
        self._next = self._spawned.emulator.steps.count + self._chance.randint(*_STEPS)
        if self.left and self._spawned.bot.is_running:
            # It may be dead already, of the kill before, but not noticed yet.
            with contextlib.suppress(ProcessLookupError):
                self._spawned.kill()
                self.left -= 1


async def play_and_kill(
    seed: int, folder: Path, *, missed: int = 120, kills: int = 4, shards: int = 1
) -> KillResult:
    """Publish, miss ``missed`` actions, and be killed ``kills`` times while catching up.

    Every third server has a proxy app. ``shards``: how many connections the killed bot has.
    """
    has_proxies = seed % 3 == 0
    async with (
        spawned_bot(folder, forked=True, SALON_SHARDS=str(shards)) as spawned,
        aiohttp.ClientSession() as session,
    ):
        spawned.emulator.world.sharding.max_concurrency = shards
        async with run_bot(folder, spawned.emulator) as running:
            await running.publish()
            play = RandomPlay(spawned.emulator, _no_bot(), seed, running.channel(), session)
            missable: tuple[str, ...] = _MISSED_ACTIONS
            if has_proxies:
                await set_up_proxies(play, running)
                missable += _MISSED_PROXIES
            for _ in range(missed // 4):
                await play.do(play.random.choice(missable))
            await running.settle()
            originals = []
            if has_proxies:
                originals += [await play.write_original() for _ in range(_ORIGINALS)]
                await running.settle(_THREAD_SECONDS)
                originals += [await play.write_original() for _ in range(_ORIGINALS)]
            await running.settle()
            for _ in range(_FORM_ANSWERS):
                await play.do("answer by form")
        play.bot.is_up = False
        for original in originals:
            if original is not None:
                await play.repost(original)
        for _ in range(missed):
            await play.do(play.random.choice(missable))
        killer = _Killer(spawned, play.random, kills)
        spawned.emulator.steps.hook = killer.step
        await spawned.bot.start()
        while killer.left:
            await play.control("clock", {"advance": 0})
            killer.kill_now()  # it has caught up before its turn came
            await asyncio.gather(*spawned.restarts)
        spawned.emulator.steps.hook = None
        await asyncio.gather(*spawned.restarts)
        await play.control("clock", {"advance": 30})
        exported = await spawned.export()
        world = await spawned.world()
        posted, wrong = find_answers(world, play.answers, str(play.own_id))
        play.names |= {message_id: answer.names for message_id, answer in posted.items()}
        world = apply_answers(world, posted)
        wrong += differences(
            apply_proxies(world, exported, play.reposted, play.interrupted),
            exported,
            str(play.own_id),
            play.names,
        )
        return KillResult(wrong, len(spawned.restarts))


def _no_bot() -> Bot:
    async def nothing() -> None:
        """The bot is started and stopped elsewhere."""

    return Bot(nothing, nothing, lambda: False)


def main() -> int:
    """Run the plays one after the other; 1 if one failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.truth.killing", description=__doc__)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--kills", type=int, default=4)
    parser.add_argument("--missed", type=int, default=120)
    parser.add_argument("--shards", type=int, default=1, help="connections of the killed bot")
    options = parser.parse_args()
    failed, kills = [], 0
    for seed in range(options.first, options.first + options.seeds):
        with tempfile.TemporaryDirectory() as folder:
            found = asyncio.run(
                play_and_kill(
                    seed,
                    Path(folder),
                    missed=options.missed,
                    kills=options.kills,
                    shards=options.shards,
                )
            )
        kills += found.kills
        result = "; ".join(found.wrong) or "equal"
        print(f"seed {seed}: {found.kills} kills, {result}", flush=True)  # noqa: T201
        if found.wrong:
            failed.append(seed)
    print(  # noqa: T201
        f"{options.seeds - len(failed)} of {options.seeds} equal after {kills} kills; "
        f"failing: {failed}"
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
