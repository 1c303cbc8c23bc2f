"""The control endpoints for the clock, with the bot's clock link, and the bot's process."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest

from bot.emulator.faults.controls import CLOCK_LINK
from bot.emulator.server import Emulator
from bot.emulator.world.models import InteractionState
from tests.emulator.gateway_client import (
    PATIENCE,
    call,
    channel,
    control,
    dispatch_message,
    identified,
    member,
)


class FakeBot:
    """The bot's end of the clock link, written from its protocol; it has due times and a log."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.offset = 0.0
        self.due: list[datetime] = []
        self.done: list[datetime] = []
        self.sequences: list[dict[str, int]] = []
        self.silent_once = asyncio.Event()

    def now(self) -> datetime:
        """The bot's clock: real time plus the offset it was sent."""
        return datetime.now(UTC) + timedelta(seconds=self.offset)

    async def answer(self) -> None:
        """Receive the next request and answer it."""
        asked = await self.socket.receive_json()
        answer: dict[str, Any] = {"id": asked["id"]}
        if asked["do"] == "set":
            self.offset = asked["offset"]
        else:
            self.sequences.append(asked["sequences"])
            now = self.now()
            self.done += [moment for moment in self.due if moment <= now]
            self.due = [moment for moment in self.due if moment > now]
            answer["next_due"] = min(self.due).isoformat() if self.due else None
        await self.socket.send_json(answer)

    async def run(self) -> None:
        """Answer requests until the link is closed."""
        with contextlib.suppress(TypeError):
            while True:
                await self.answer()


@contextlib.asynccontextmanager
async def linked(emulator: Emulator, **more: Any) -> AsyncIterator[FakeBot]:
    """A bot that is READY at the gateway and has its clock set; ``more`` is in its identify."""
    before = len(emulator.controls.link.connected)
    async with (
        identified(emulator, emulator.world.bot, **more),
        aiohttp.ClientSession() as session,
        session.ws_connect(emulator.page + CLOCK_LINK) as socket,
    ):
        bot = FakeBot(socket)
        await bot.answer()
        while len(emulator.controls.link.connected) == before:
            await emulator.controls.link.wait_for_bot(PATIENCE)
            await asyncio.sleep(0)
        running = asyncio.create_task(bot.run())
        try:
            yield bot
        finally:
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running


async def advance(emulator: Emulator, seconds: float) -> datetime:
    """Advance the clock; the new time."""
    status, body = await control(emulator, "POST", "/clock", {"advance": seconds})
    assert status == 200, body
    return datetime.fromisoformat(body["now"])


# Time -----------------------------------------------------------------------------------------


async def test_time_passes_without_a_bot(emulator: Emulator) -> None:
    before = emulator.world.now()
    after = await advance(emulator, 3600)
    assert after - before >= timedelta(hours=1)
    assert emulator.world.now() >= after


@pytest.mark.parametrize("seconds", [-1, "1", None, True, 1e300])
async def test_time_advances_only_forward_by_a_number(emulator: Emulator, seconds: object) -> None:
    offset = emulator.world.clock.offset
    status, body = await control(emulator, "POST", "/clock", {"advance": seconds})
    assert status == 400
    assert body["message"].startswith('"advance" must be')
    assert emulator.world.clock.offset == offset


async def test_invalid_json_is_rejected_with_a_sentence(emulator: Emulator) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{emulator.page}/rehearsal/clock", data=b"soon") as response,
    ):
        assert response.status == 400
        assert (await response.json())["message"] == "The body must be JSON."


async def test_the_bots_clock_is_set_when_it_connects_and_at_each_move(emulator: Emulator) -> None:
    await advance(emulator, 100)
    async with linked(emulator) as bot:
        assert bot.offset == emulator.world.clock.offset > 99
        await advance(emulator, 50)
        assert bot.offset == emulator.world.clock.offset > 148


async def test_time_stops_whenever_the_bot_has_something_due(
    emulator: Emulator,
) -> None:
    async with linked(emulator) as bot:
        start = bot.now()
        moments = [start + timedelta(hours=hours) for hours in (1, 2, 30)]
        bot.due = list(moments)
        await advance(emulator, 24 * 3600)
        assert bot.done == moments[:2]
        assert bot.due == moments[2:]


async def test_the_clocks_of_all_processes_of_a_bot_are_set_and_each_is_waited_for(
    emulator: Emulator,
) -> None:
    async with linked(emulator, shard=[0, 2]) as one, linked(emulator, shard=[1, 2]) as other:
        start = one.now()
        moments = [start + timedelta(hours=hours) for hours in (1, 2, 3, 4)]
        one.due, other.due = moments[::2], [moments[0], *moments[1::2]]
        await advance(emulator, 24 * 3600)
        assert (one.done, other.done) == (moments[::2], [moments[0], *moments[1::2]])
        assert one.offset == other.offset == emulator.world.clock.offset
        await advance(emulator, 0)
        assert one.sequences[-1] == other.sequences[-1]
        assert sorted(one.sequences[-1]) == ["0", "1"]


async def test_a_process_is_asked_again_if_it_got_events_while_another_was_busy(
    emulator: Emulator,
) -> None:
    async with linked(emulator, shard=[0, 2]) as one, linked(emulator, shard=[1, 2]) as other:
        answer, ann = one.answer, member(emulator, "Ann")

        async def write_first() -> None:
            one.answer = answer  # type: ignore[method-assign]
            dispatch_message(emulator, ann, channel(emulator, "essays"), "Hello")
            await answer()

        one.answer = write_first  # type: ignore[method-assign]
        await advance(emulator, 0)
        before, after = (sorted(asked.values()) for asked in other.sequences[-2:])
        assert after == [before[0], before[1] + 1]


async def test_a_process_that_ends_does_not_stop_time_for_the_others(emulator: Emulator) -> None:
    async with linked(emulator, shard=[0, 2]) as one, linked(emulator, shard=[1, 2]) as other:

        async def leave() -> None:
            await one.socket.receive_json()
            await one.socket.close()

        one.answer = leave  # type: ignore[method-assign]
        other.due = [other.now() + timedelta(hours=1)]
        before = emulator.world.now()
        assert await advance(emulator, 7200) - before >= timedelta(hours=2)
        assert other.due == []


async def test_a_bot_that_is_overdue_does_not_stop_time(emulator: Emulator) -> None:
    async with linked(emulator) as bot:
        overdue = bot.now() - timedelta(hours=1)

        async def stubborn() -> None:
            while True:
                asked = await bot.socket.receive_json()
                answer: dict[str, Any] = {"id": asked["id"]}
                if asked["do"] == "settle":
                    answer["next_due"] = overdue.isoformat()
                await bot.socket.send_json(answer)

        bot.answer = stubborn  # type: ignore[method-assign]
        before = emulator.world.now()
        assert await advance(emulator, 3600) - before >= timedelta(hours=1)


async def test_a_bot_is_asked_about_the_last_event_of_its_session(emulator: Emulator) -> None:
    async with linked(emulator) as bot, identified(emulator, emulator.world.bot) as client:
        dispatch_message(emulator, member(emulator, "Ann"), channel(emulator, "essays"), "Hello")
        await client.event("MESSAGE_CREATE")
        await advance(emulator, 0)
        assert bot.sequences[-1] == {"0": client.sequence}


async def test_a_bot_with_a_new_session_is_asked_again(emulator: Emulator) -> None:
    heard = asyncio.Event()
    async with linked(emulator) as bot:
        answer = bot.answer

        async def deaf() -> None:
            """Leaves the first request after a settle unanswered."""
            asked = await bot.socket.receive_json()
            assert asked["do"] == "settle"
            heard.set()
            bot.answer = answer  # type: ignore[method-assign]

        bot.answer = deaf  # type: ignore[method-assign]
        passing = asyncio.create_task(advance(emulator, 0))
        await asyncio.wait_for(heard.wait(), PATIENCE)
        await control(emulator, "POST", "/faults", {"kind": "invalid_session"})
        async with identified(emulator, emulator.world.bot):
            await asyncio.wait_for(passing, PATIENCE)


async def test_time_goes_on_if_the_bot_does_not_answer(emulator: Emulator) -> None:
    asked = asyncio.Event()
    async with linked(emulator) as bot:

        async def leave() -> None:
            await bot.socket.receive_json()
            asked.set()
            await bot.socket.close()

        bot.answer = leave  # type: ignore[method-assign]
        before = emulator.world.now()
        assert await advance(emulator, 60) - before >= timedelta(seconds=60)
        assert asked.is_set()


async def test_one_advance_waits_for_another(emulator: Emulator) -> None:
    before = emulator.world.now()
    moments = await asyncio.gather(*(advance(emulator, 100) for _ in range(3)))
    assert max(moments) - before >= timedelta(seconds=300)


async def test_the_worlds_due_times_are_not_skipped(emulator: Emulator) -> None:
    # docs: Threads › Active & Archived Threads
    essays, ann = channel(emulator, "essays"), member(emulator, "Ann")
    form = {"name": "Short", "type": 11, "auto_archive_duration": 60}
    path = f"/channels/{essays.id}/threads"
    status, made = await call(emulator, "POST", path, ann.token, form)
    assert status == 201, made
    thread_id = int(made["id"])
    thread = emulator.world.channels[thread_id].thread
    assert thread is not None
    due = thread.active_at + timedelta(minutes=60)
    await advance(emulator, 7200)
    assert thread.archived
    assert thread.archive_timestamp == due


async def test_an_interaction_gets_3_real_seconds_before_a_jump(emulator: Emulator) -> None:
    # docs: Receiving and Responding to Interactions › Responding to an Interaction (3 seconds)
    world, ann = emulator.world, member(emulator, "Ann")
    bots = f"Bot {world.bot.token}"
    path = f"/applications/{world.application.id}/commands"
    greet = {"name": "greet", "type": 1, "description": "Says hello"}
    _, (command,) = await call(emulator, "PUT", path, bots, [greet])
    async with identified(emulator, world.bot) as client:
        run = {
            "type": 2,
            "application_id": str(world.application.id),
            "guild_id": str(world.guild.id),
            "channel_id": str(channel(emulator, "essays").id),
            "session_id": "x",
            "data": {key: command[key] for key in ("id", "name", "type", "version")},
        }
        status, body = await call(emulator, "POST", "/interactions", ann.token, run)
        assert status in {200, 204}, body
        asked = await client.event("INTERACTION_CREATE")
        passing = asyncio.create_task(emulator.controls.time.advance(3600))
        path = f"/interactions/{asked['id']}/{asked['token']}/callback"
        status, body = await call(emulator, "POST", path, None, {"type": 5})
        assert status in {200, 204}, body
        await asyncio.wait_for(passing, PATIENCE)
    (interaction,) = world.interactions.values()
    assert interaction.state is InteractionState.ANSWERED


# The bot's process ----------------------------------------------------------------------------


async def test_bot_control_without_a_bot_is_rejected_with_a_sentence(emulator: Emulator) -> None:
    status, body = await control(emulator, "POST", "/bot", {"do": "kill"})
    assert (status, body) == (
        409,
        {"message": "This rehearsal doesn't run a bot (--no-bot)."},
    )


async def test_an_invalid_bot_control_is_rejected(emulator: Emulator) -> None:
    status, body = await control(emulator, "POST", "/bot", {"do": "dance"})
    assert status == 400
    assert body["message"] == '"do" must be "kill", "stop" or "start".'
