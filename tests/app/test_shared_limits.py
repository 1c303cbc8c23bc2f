"""Discord's limits for a bot, which two processes on one database keep together."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import aiohttp
import pytest

from bot.app.identify_slots import IdentifySlots
from bot.app.shared_calls import SharedCalls
from bot.core.shards import Shards
from bot.discord_api.call_budget import CALLS_PER_SECOND, CallBudget
from bot.emulator.server import Emulator
from storage.db.database import Database
from storage.db.errors import DatabaseUnavailable
from storage.db.processes import ProcessGroup, ShardState
from tests.support.archives import get_postgresql_address
from tests.support.limited_emulator import limited_emulator
from tests.support.processes import needs_postgresql, two_processes, wait_for_shards
from tests.support.standstill import count_on_time


@contextlib.asynccontextmanager
async def two_groups(folder: Path) -> AsyncIterator[tuple[ProcessGroup, ProcessGroup]]:
    """What two processes have, in one process."""
    from storage.db.postgresql.database import open_postgresql

    address = get_postgresql_address(folder)
    async with contextlib.AsyncExitStack() as stack:
        archives: list[Database] = [
            await stack.enter_async_context(
                open_postgresql(address, shards=Shards(2, frozenset((shard_id,))))
            )
            for shard_id in range(2)
        ]
        one, other = (archive.processes for archive in archives)
        assert one is not None
        assert other is not None
        yield one, other


class Unavailable:
    """A database that isn't available, on which two processes were seen."""

    count = 2

    async def report(self, states: object, version: str) -> None:
        """Never."""
        raise DatabaseUnavailable

    async def take_slot(self, name: str, seconds: float) -> float:
        """Never."""
        raise DatabaseUnavailable

    async def take_calls(
        self, calls: int, *, most: int, seconds: float, delay: float
    ) -> tuple[int, float]:
        """Never."""
        raise DatabaseUnavailable


async def count_refusals(emulator: Emulator, budget: CallBudget, calls: int) -> int:
    """Make so many calls at once; how many are refused."""
    url = f"{emulator.api}/gateway/bot"
    headers = {"Authorization": f"Bot {emulator.world.bot.token}"}

    async with aiohttp.ClientSession(headers=headers, trace_configs=[budget.make_trace()]) as one:

        async def call() -> int:
            async with one.get(url) as response:
                return response.status

        statuses = await asyncio.gather(*(call() for _ in range(calls)))
    assert set(statuses) <= {200, 429}
    return statuses.count(429)


async def count_refusals_of_two(emulator: Emulator, one: CallBudget, other: CallBudget) -> int:
    calls = 2 * CALLS_PER_SECOND
    return sum(
        await asyncio.gather(*(count_refusals(emulator, budget, calls) for budget in (one, other)))
    )


@needs_postgresql
async def test_discord_refuses_no_call_of_two_processes_that_share_the_limit(
    tmp_path: Path,
) -> None:
    async with limited_emulator() as emulator, two_groups(tmp_path) as groups:

        async def count() -> int:
            one, other = (CallBudget(SharedCalls(group)) for group in groups)
            return await count_refusals_of_two(emulator, one, other)

        assert await count_on_time(count) == 0


async def test_discord_refuses_calls_of_two_processes_that_do_not_share_it() -> None:
    async with limited_emulator() as emulator:
        assert await count_refusals_of_two(emulator, CallBudget(), CallBudget()) > 0


async def test_without_the_database_each_process_takes_its_part() -> None:
    source = SharedCalls(Unavailable())
    taken, wait = await source.take(100)
    assert (taken, wait > 0) == (CALLS_PER_SECOND // 2, True)
    taken, wait = await source.take(100)
    assert (taken, wait > 0) == (0, True)


@needs_postgresql
async def test_after_an_outage_a_process_first_takes_no_more_than_its_part(
    tmp_path: Path,
) -> None:
    class Failing:
        """The process group, which fails once."""

        def __init__(self, group: ProcessGroup) -> None:
            self._group, self.fails = group, True

        @property
        def count(self) -> int:
            return self._group.count

        async def report(self, states: Mapping[int, ShardState], version: str) -> None:
            await self._group.report(states, version)

        async def take_slot(self, name: str, seconds: float) -> float:
            return await self._group.take_slot(name, seconds)

        async def take_calls(
            self, calls: int, *, most: int, seconds: float, delay: float
        ) -> tuple[int, float]:
            if self.fails:
                raise DatabaseUnavailable
            return await self._group.take_calls(calls, most=most, seconds=seconds, delay=delay)

    async with two_groups(tmp_path) as (one, other):
        for group in (one, other):
            await group.report({}, "1")
        failing = Failing(one)
        source = SharedCalls(failing, rest=0.0)
        assert (await source.take(100))[0] == CALLS_PER_SECOND // 2
        failing.fails = False
        assert (await source.take(100))[0] == 0
        assert (await SharedCalls(other).take(100))[0] == CALLS_PER_SECOND


async def test_without_the_database_shards_identify() -> None:
    slots = IdentifySlots(1, 0.0, Unavailable())
    await slots.wait_for_turn(0)
    await slots.take(0)


@needs_postgresql
async def test_one_shard_of_two_processes_identifies_at_a_time(tmp_path: Path) -> None:
    async with two_groups(tmp_path) as (one, other):
        first, second = IdentifySlots(1, 600.0, one), IdentifySlots(1, 600.0, other)
        await first.take(0)
        waiting = asyncio.create_task(second.take(1))
        assert await other.take_slot("identify 0", 600.0) > 0
        assert not waiting.done()
        waiting.cancel()
        await IdentifySlots(2, 600.0, other).take(1)  # that is another bucket


@pytest.mark.slow
@needs_postgresql
async def test_two_processes_start_at_once_and_discord_refuses_none_of_their_shards(
    tmp_path: Path,
) -> None:
    async with two_processes(tmp_path, max_concurrency=1, rates=True) as both:
        await both.spawned.bot.start()
        await both.beside.start()
        await wait_for_shards(both.spawned.emulator, 2)
        await both.beside.kill()
        await both.beside.start()
        await wait_for_shards(both.spawned.emulator, 4)
        lines = both.lines + both.spawned.log
        refused = ("session has ended", "rate limit")
        assert [line for line in lines if any(one in line.lower() for one in refused)] == []
