"""The call budget: how many calls begin, which is next, and that every call of the bot waits."""

from __future__ import annotations

import asyncio
from collections import Counter

import aiohttp
import discord
import pytest
from discord.http import Route

from bot.core import limits
from bot.discord_api.call_budget import (
    CALLS_PER_SECOND,
    CallBudget,
    CallWindow,
    EvenCalls,
    Urgency,
    use_urgency,
)
from bot.discord_api.connection import get_intents, set_base_urls
from bot.discord_api.single_attempt import SingleCalls
from bot.emulator.server import Emulator
from tests.support.limited_emulator import limited_emulator
from tests.support.standstill import count_on_time

UNREAD, ORDINARY = Urgency.UNREAD, Urgency.ORDINARY
FOLLOW_UP, COMPARING = Urgency.FOLLOW_UP, Urgency.COMPARING


class Handed:
    """A source whose calls are handed out by the test."""

    def __init__(self) -> None:
        self.there = asyncio.Semaphore(0)
        self.asked: list[int] = []

    async def take(self, calls: int) -> tuple[int, float]:
        """One call, as soon as the test hands one out."""
        self.asked.append(calls)
        await self.there.acquire()
        return 1, 0.0

    def hand_out(self, calls: int) -> None:
        """Let so many calls begin."""
        for _ in range(calls):
            self.there.release()


class Calls:
    """Calls that wait for a budget, and in which order they began."""

    def __init__(self, budget: CallBudget) -> None:
        self.budget = budget
        self.began: list[tuple[Urgency, int]] = []
        self.tasks: list[asyncio.Task[None]] = []
        self._news = asyncio.Semaphore(0)

    async def add(self, urgency: Urgency, number: int) -> None:
        """Let so many more wait."""
        self.tasks += [asyncio.create_task(self._make(urgency, one)) for one in range(number)]
        await asyncio.sleep(0)

    async def _make(self, urgency: Urgency, number: int) -> None:
        with use_urgency(urgency):
            await self.budget.wait_for_turn()
        self.began.append((urgency, number))
        self._news.release()

    async def wait_for(self, number: int) -> None:
        """Return when so many have begun since the last time."""
        for _ in range(number):
            await self._news.acquire()

    def count(self, since: int = 0) -> Counter[Urgency]:
        """How many of each urgency have begun, from the ``since``-th on."""
        return Counter(urgency for urgency, _ in self.began[since:])

    async def stop(self) -> None:
        """Cancel those that wait."""
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)


async def test_calls_begin_evenly_and_few_at_once_after_a_rest() -> None:
    even = EvenCalls(2, at_once=3)
    taken, wait = await even.take(10)
    assert (taken, 0 < wait <= 1 / 2) == (3, True)
    even = EvenCalls(200, at_once=3)
    for _ in range(5):
        taken, wait = await even.take(10)
        assert 1 <= taken <= 3  # a rest saves up no more
        await asyncio.sleep(2 * wait)
    await asyncio.sleep(0.1)
    assert await even.take(2) == (2, 0.0)


async def test_no_second_has_more_even_calls_than_discord_allows() -> None:
    even, began = EvenCalls(), list[float]()
    loop = asyncio.get_running_loop()
    while len(began) < 70:
        taken, wait = await even.take(100)
        began += [loop.time()] * taken
        await asyncio.sleep(wait)
    for first in began:
        assert sum(first <= one < first + 1 for one in began) <= limits.CALLS_PER_SECOND - 2


async def test_a_window_has_room_for_so_many_calls_until_the_first_of_them_is_over() -> None:
    window = CallWindow(10, 0.05)
    assert await window.take(4) == (4, 0.0)
    taken, wait = await window.take(100)
    assert (taken, wait > 0) == (6, True)
    assert (await window.take(1))[0] == 0
    taken = 0
    while not taken:
        await asyncio.sleep(wait)
        taken, wait = await window.take(100)
    assert 4 <= taken <= 10


@pytest.mark.parametrize("urgency", Urgency)
async def test_a_call_that_finds_room_begins_whatever_it_is_for(urgency: Urgency) -> None:
    budget = CallBudget()
    with use_urgency(urgency):
        await budget.wait_for_turn()


async def test_reading_and_ordinary_calls_share_what_there_is_and_comparing_gets_one() -> None:
    source = Handed()
    calls = Calls(CallBudget(source))
    for urgency in reversed(Urgency):
        await calls.add(urgency, 60)
    source.hand_out(51)
    await calls.wait_for(51)
    assert calls.count() == {UNREAD: 42, ORDINARY: 6, FOLLOW_UP: 2, COMPARING: 1}
    for urgency in Urgency:  # of each, in order of arrival
        numbers = [number for one, number in calls.began if one is urgency]
        assert numbers == list(range(len(numbers)))
    await calls.stop()


@pytest.mark.parametrize("urgency", [UNREAD, ORDINARY])
async def test_what_the_others_leave_is_used(urgency: Urgency) -> None:
    source = Handed()
    calls = Calls(CallBudget(source))
    await calls.add(urgency, 100)
    source.hand_out(100)
    await calls.wait_for(100)
    assert calls.count() == {urgency: 100}


@pytest.mark.parametrize("urgency", [UNREAD, ORDINARY])
async def test_calls_that_had_all_of_it_leave_the_next_ones_to_those_that_come(
    urgency: Urgency,
) -> None:
    source = Handed()
    calls = Calls(CallBudget(source))
    await calls.add(urgency, 400)
    source.hand_out(200)
    await calls.wait_for(200)
    others = {UNREAD: ORDINARY, ORDINARY: UNREAD}[urgency]
    await calls.add(others, 100)
    source.hand_out(3)
    await calls.wait_for(3)
    assert calls.count(200)[others] >= 2
    source.hand_out(96)
    await calls.wait_for(96)
    late = calls.count(203)
    assert 5 <= late[UNREAD] / late[ORDINARY] <= 12
    await calls.stop()


async def test_comparing_leaves_room_for_an_ordinary_call() -> None:
    calls = Calls(CallBudget())
    await calls.add(COMPARING, 200)
    await calls.wait_for(40)
    await calls.add(ORDINARY, 1)
    await calls.tasks[-1]
    assert len(calls.began) < 200
    await calls.stop()


async def test_a_cancelled_call_gives_up_its_place() -> None:
    source = Handed()
    calls = Calls(CallBudget(source))
    await calls.add(ORDINARY, 10)
    for task in calls.tasks[:5]:
        task.cancel()
    await asyncio.sleep(0)
    source.hand_out(6)  # one was asked for while all ten waited
    await calls.wait_for(5)
    assert [number for _, number in calls.began] == [5, 6, 7, 8, 9]
    await calls.stop()


async def test_cancelling_all_calls_ends_the_work_for_them() -> None:
    source = Handed()
    calls = Calls(CallBudget(source))
    await calls.add(UNREAD, 3)
    await calls.stop()
    source.hand_out(1)
    await calls.add(UNREAD, 1)
    source.hand_out(1)
    await calls.wait_for(1)
    assert calls.began == [(UNREAD, 0)]


async def test_an_error_of_the_source_is_raised_by_every_call_that_waits() -> None:
    class Broken(Handed):
        async def take(self, calls: int) -> tuple[int, float]:
            if not self.asked:
                self.asked.append(calls)
                raise OSError("no source")
            return calls, 0.0

    calls = Calls(CallBudget(Broken()))
    await calls.add(ORDINARY, 3)
    found = await asyncio.gather(*calls.tasks, return_exceptions=True)
    assert [type(one) for one in found] == [OSError] * 3
    await calls.add(ORDINARY, 1)
    await calls.tasks[-1]
    assert calls.count() == {ORDINARY: 1}


async def count_refusals(emulator: Emulator, budget: CallBudget, calls: int) -> int:
    """How many of these calls Discord refuses if discord.py makes all of them at once."""
    refused = 0

    async def note(
        session: aiohttp.ClientSession, context: object, request: aiohttp.TraceRequestEndParams
    ) -> None:
        nonlocal refused
        del session, context
        refused += request.response.status == 429

    trace = budget.make_trace()
    trace.on_request_end.append(note)
    async with discord.Client(intents=get_intents(), http_trace=trace) as client:
        await client.login(emulator.world.bot.token)
        made = await asyncio.gather(
            *(client.http.get_channel(number) for number in range(1, calls + 1)),
            return_exceptions=True,
        )
    assert {type(one) for one in made} == {discord.NotFound}
    return refused


async def test_discord_refuses_none_of_the_calls_that_waited_for_their_turn() -> None:
    async with limited_emulator() as emulator:
        set_base_urls(emulator.api, emulator.gateway)

        async def count() -> int:
            return await count_refusals(emulator, CallBudget(), 3 * CALLS_PER_SECOND)

        assert await count_on_time(count) == 0


async def test_discord_refuses_calls_that_all_begin_at_once() -> None:
    async with limited_emulator() as emulator:
        set_base_urls(emulator.api, emulator.gateway)
        assert await count_refusals(emulator, CallBudget(CallWindow(1000)), 60) > 0


async def test_a_call_with_the_bots_token_waits_and_one_without_it_does_not() -> None:
    """docs: Topics › Rate Limits › Global Rate Limit."""
    source = Handed()
    budget = CallBudget(source)
    async with limited_emulator() as emulator:
        set_base_urls(emulator.api, emulator.gateway)
        channel = next(iter(emulator.world.channels))
        client = discord.Client(intents=get_intents(), http_trace=budget.make_trace())
        async with client:
            login = asyncio.create_task(client.login(emulator.world.bot.token))
            source.hand_out(2)
            await login
            single = SingleCalls(client.http, budget)
            route = Route("GET", "/channels/{channel_id}", channel_id=channel)
            waiting = [
                asyncio.create_task(client.http.get_channel(channel)),
                asyncio.create_task(single.call(route, as_bot=True)),
            ]
            webhook = Route("POST", "/webhooks/{id}/{token}", id=1, token="unknown")
            with pytest.raises(discord.HTTPException):
                await single.call(webhook, as_bot=False, body={"content": "Hello."})
            adapter = discord.Webhook.partial(1, "unknown", client=client)
            with pytest.raises(discord.NotFound):
                await adapter.send("Hello.")
            assert not any(task.done() for task in waiting)
            source.hand_out(2)
            await asyncio.gather(*waiting)
            await single.close()
