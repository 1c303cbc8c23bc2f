"""One play in one process, from an empty world to the comparison."""

from __future__ import annotations

import contextlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from bot.client import Salon
from bot.rehearsal.founding import first_world
from bot.rehearsal.standin import StandIn
from tests.house import House, lived_in
from tests.truth.comparing import differences
from tests.truth.playing import Play
from tests.truth.stage import Bot

__all__ = ["Played", "play"]


@dataclass(frozen=True)
class Played:
    """How a play ended: what is wrong in the archive, and how often each thing was done."""

    wrong: list[str]
    done: Counter[str]
    told: list[str]


class Eager(Salon):
    """Salon without the five seconds before a second identify, which nobody here limits."""

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        del shard_id, initial


async def play(seed: int, actions: int, folder: Path) -> Played:
    """Play ``actions`` actions by ``seed`` and hold the archive against the world."""
    standin = StandIn(first_world(), rates=False)
    await standin.start()
    async with (
        aiohttp.ClientSession() as session,
        contextlib.AsyncExitStack() as world,
        contextlib.AsyncExitStack() as stack,
    ):
        world.push_async_callback(standin.stop)
        houses: list[House] = []

        async def start() -> None:
            world = standin.world
            there = world.bot.id in world.guild.members and not standin.gateway_hub.outages
            lived = lived_in(folder, standin, salon_type=Eager, sees_server=there)
            houses.append(await stack.enter_async_context(lived))

        async def stop() -> None:
            houses.clear()
            await stack.aclose()

        await start()
        await houses[0].publish()
        bot = Bot(start, stop, lambda: houses[0].salon.is_closed())
        one = Play(standin, bot, seed, houses[0].channel(), session)
        await one.run(actions)
        async with session.delete(f"{standin.page}/rehearsal/faults") as response:
            assert response.status < 300
        house = houses[0]
        await one.control("clock", {"advance": 2})
        await house.salon.services.recovery.pay()  # what it does every minute
        await one.control("clock", {"advance": 0})
        await one.calm()
        await one.control("clock", {"advance": 2})
        wrong = differences(await house.world(), await house.export(), str(one.own_id), one.names)
        return Played(wrong, one.done, one.told)
