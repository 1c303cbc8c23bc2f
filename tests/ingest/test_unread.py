"""What is unread is read first, as the gateway's last messages show; the rest is compared later."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.clock import Clock
from bot.emulator.faults.steps import Step
from bot.emulator.server import Emulator
from bot.ingest.catch_up import MAX_CONCURRENT_READS
from bot.ingest.last_messages import LastMessages
from bot.ingest.read_slots import ReadSlots
from bot.ingest.recorder import Recorder
from storage.db.writer import Transaction
from tests.support.archives import open_archive
from tests.support.running_bot import RunningBot, run_bot, run_emulator, wait_until

HISTORY = "GET /channels/{id}/messages"
ARCHIVED = "GET /channels/{id}/threads/archived/public"
ACTIVE = "GET /guilds/{id}/threads/active"
#: No message is compared that wasn't there, unchanged, when the record was last verified.
NO_WINDOW = timedelta(0)
#: Calls for the channel of an essay: what is new since the start of the comparison, and the
#: messages of the essay, which are looked for in any case.
CHANNEL_COMPARED = 2


async def kept(running: RunningBot) -> dict[str, dict[str, Any]]:
    return {reply["id"]: reply for reply in (await running.export())["replies"]}


@dataclass
class Calls:
    """Counts the bot's calls; from the ``held``-th call for a history on, they are held back."""

    held: int | None = None
    count: dict[str, int] = field(default_factory=dict)
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)

    async def step(self, step: Step) -> None:
        """The emulator's hook."""
        if step.kind != "call" or step.moment != "before":
            return
        self.count[step.what] = self.count.get(step.what, 0) + 1
        if step.what == HISTORY and self.held is not None and self.count[HISTORY] >= self.held:
            self.reached.set()
            await self.go_on.wait()

    def get(self, what: str) -> int:
        """How often it was called."""
        return self.count.get(what, 0)


@contextlib.contextmanager
def counted(emulator: Emulator, held: int | None = None) -> Any:
    calls = Calls(held)
    emulator.steps.hook = calls.step
    try:
        yield calls
    finally:
        emulator.steps.hook = None
        calls.go_on.set()


async def verify(running: RunningBot) -> None:
    """What the bot does every minute."""
    await running.salon.services.catch_up.retry_pending()
    await running.settle()
    await running.salon.services.catch_up.mark_verified()


@contextlib.asynccontextmanager
async def away(
    tmp_path: Path, emulator: Emulator, threads: int = 3
) -> AsyncIterator[tuple[RunningBot, list[int], list[int]]]:
    """A bot that is stopped behind the block, with threads of two replies each.

    The ids of the heads, which are those of the threads, and of the second replies.
    """
    async with run_bot(tmp_path, emulator) as running:
        *_, closing = await running.publish()
        heads = [
            await running.write("Ann", f"Point {number}.", to=closing["id"])
            for number in range(threads)
        ]
        await running.settle()
        seconds = [await running.write("Ben", "Why?", channel_id=head) for head in heads]
        await running.settle()
        await verify(running)
        await running.salon.close()
        yield running, heads, seconds


async def get_watermark(running: RunningBot, channel_id: int) -> tuple[int, int]:
    """The message up to which a record is complete, and when it was verified."""

    async def look(tx: Transaction) -> Any:
        sql = "SELECT message_id, verified_at FROM watermarks WHERE channel_id = :id"
        return await tx.row(sql, {"id": channel_id})

    row = await running.database.read(look)
    return row["message_id"], row["verified_at"]


@pytest.mark.slow
async def test_where_nothing_is_unread_and_nothing_new_no_history_is_read(tmp_path: Path) -> None:
    async with run_emulator() as emulator:
        async with away(tmp_path, emulator):
            pass
        with counted(emulator) as calls:
            async with run_bot(tmp_path, emulator, compare_window=NO_WINDOW) as running:
                watched = {running.channel(), *emulator.world.channels} - {
                    running.channel("admins"),
                    running.channel("essay-forum"),
                }
                assert watched <= running.salon.services.recorder.complete_channels
    assert (calls.get(HISTORY), calls.get(ARCHIVED), calls.get(ACTIVE)) == (CHANNEL_COMPARED, 1, 0)


@pytest.mark.slow
async def test_what_is_not_unread_is_complete_before_any_history_is_read(tmp_path: Path) -> None:
    """A live message moves the watermark at once, and what is uncompared isn't verified."""
    async with run_emulator() as emulator:
        async with away(tmp_path, emulator) as (running, (head, *_), _seconds):
            before = await get_watermark(running, head)
        with counted(emulator, held=1) as calls:
            async with run_bot(tmp_path, emulator, settles=False) as running:
                await calls.reached.wait()
                catch_up = running.salon.services.catch_up
                assert catch_up.is_comparing(running.server_id)
                assert not catch_up.has_caught_up(running.server_id)
                assert catch_up.progress.unread == 0
                assert catch_up.progress.uncompared > 1
                live = await running.write("Ben", "Live.", channel_id=head)

                async def moved() -> bool:
                    return (await get_watermark(running, head))[0] == live

                await wait_until(moved, "the watermark")
                await catch_up.mark_verified()
                assert (await get_watermark(running, head))[1] == before[1]
                calls.go_on.set()
                await running.settle()
                assert catch_up.has_caught_up(running.server_id)
                assert catch_up.progress.uncompared == 0
                assert (await get_watermark(running, head))[1] > before[1]


@pytest.mark.slow
async def test_news_in_one_of_many_threads_takes_one_call(tmp_path: Path) -> None:
    async with run_emulator() as emulator:
        async with away(tmp_path, emulator, threads=6) as (running, heads, _):
            missed = await running.write("Chloe", "Because.", channel_id=heads[3])
        with counted(emulator, held=2) as calls:
            async with run_bot(tmp_path, emulator, settles=False) as running:
                await calls.reached.wait()
                assert (await kept(running))[str(missed)]["text"] == "Because."
                assert running.salon.services.catch_up.is_comparing(running.server_id)
                calls.go_on.set()
                await running.settle()


@pytest.mark.slow
async def test_the_thread_where_somebody_wrote_last_is_read_first(tmp_path: Path) -> None:
    slots = MAX_CONCURRENT_READS
    async with run_emulator() as emulator:
        async with away(tmp_path, emulator, threads=slots + 4) as (running, heads, _):
            missed = [await running.write("Chloe", "Because.", channel_id=one) for one in heads]
        # As many are read at once as there are slots: the last of those that wait for one.
        with counted(emulator, held=slots + 2) as calls:
            async with run_bot(tmp_path, emulator, settles=False) as running:
                await calls.reached.wait()

                async def read_so_far() -> set[int]:
                    return {int(one) for one in await kept(running)} & set(missed)

                async def some() -> bool:
                    return len(await read_so_far()) > slots

                await wait_until(some, "what was read")
                first = await read_so_far()
                calls.go_on.set()
                await running.settle()
                assert set(missed) <= {int(one) for one in await kept(running)}
    assert first >= set(missed[-1:])
    assert missed[slots] not in first or missed[slots + 3] in first


@pytest.mark.slow
async def test_where_discord_names_no_last_message_the_history_is_read(tmp_path: Path) -> None:
    async with run_emulator() as emulator:
        async with away(tmp_path, emulator) as (running, heads, _):
            missed = await running.write("Chloe", "Because.", channel_id=heads[0])
            for one in emulator.world.channels.values():
                one.last_message_id = None
        with counted(emulator) as calls:
            async with run_bot(tmp_path, emulator, compare_window=NO_WINDOW) as running:
                assert (await kept(running))[str(missed)]["text"] == "Because."
    assert calls.get(HISTORY) == CHANNEL_COMPARED + len(heads)


@pytest.mark.slow
async def test_what_the_gateway_said_is_used_once(tmp_path: Path) -> None:
    """Everything is read then, as after a change of permissions."""
    async with run_emulator() as emulator:
        async with away(tmp_path, emulator) as (running, heads, _):
            missed = await running.write("Chloe", "Because.", channel_id=heads[0])
        async with run_bot(tmp_path, emulator) as running:
            assert str(missed) in await kept(running)
            with counted(emulator) as calls:
                await running.salon.services.catch_up.catch_up_server(running.server_id)
    assert (calls.get(HISTORY), calls.get(ACTIVE)) == (1 + len(heads), 1)


@pytest.mark.slow
async def test_an_archived_thread_is_read_only_if_it_has_news(tmp_path: Path) -> None:
    async with run_emulator() as emulator:
        async with away(tmp_path, emulator) as (running, heads, _):
            missed = await running.write("Chloe", "Because.", channel_id=heads[0])
            for head in heads[:2]:
                path = f"/channels/{head}"
                await running.call_as(running.member(), "PATCH", path, {"archived": True})
        with counted(emulator) as calls:
            async with run_bot(tmp_path, emulator, compare_window=NO_WINDOW) as running:
                assert (await kept(running))[str(missed)]["text"] == "Because."
                assert set(heads) <= running.salon.services.recorder.complete_channels
    assert calls.get(HISTORY) == CHANNEL_COMPARED + 1


@pytest.mark.slow
async def test_a_thread_that_is_in_no_list_is_read(tmp_path: Path) -> None:
    """So it is known to be deleted, and its replies are hidden."""
    async with run_emulator() as emulator:
        async with away(tmp_path, emulator) as (running, heads, seconds):
            await running.call_as(running.member(), "DELETE", f"/channels/{heads[1]}")
        async with run_bot(tmp_path, emulator, compare_window=NO_WINDOW) as running:
            replies = await kept(running)
    assert [replies[str(one)]["deleted"] for one in seconds] == [False, True, False]


@pytest.mark.slow
async def test_a_thread_opened_on_an_unread_reply_is_read(tmp_path: Path) -> None:
    async with run_emulator() as emulator:
        async with away(tmp_path, emulator) as (running, _, _seconds):
            closing = (await running.bot_messages())[-1]
            head = await running.write("Chloe", "Unseen.", to=closing["id"])
            path = f"/channels/{running.channel()}/messages/{head}/threads"
            await running.call_as(running.member("Chloe"), "POST", path, {"name": "Mine"})
            there = await running.write("Dev", "In here.", channel_id=head)
        with counted(emulator) as calls:
            async with run_bot(tmp_path, emulator) as running:
                reply = (await kept(running))[str(there)]
    assert (reply["text"], reply["parent"]) == ("In here.", str(head))
    assert calls.get(ACTIVE) == 0


@pytest.mark.slow
async def test_live_messages_during_the_reading_are_recorded_once_and_in_order(
    tmp_path: Path,
) -> None:
    async with run_emulator() as emulator:
        async with away(tmp_path, emulator) as (running, (head, *_), _seconds):
            missed = await running.write("Chloe", "Because.", channel_id=head)
        with counted(emulator, held=1) as calls:
            async with run_bot(tmp_path, emulator, settles=False) as running:
                await calls.reached.wait()
                assert not running.salon.services.catch_up.is_comparing(running.server_id)
                live = await running.write("Dev", "Live.", channel_id=head)

                async def recorded() -> bool:
                    return str(live) in await kept(running)

                await wait_until(recorded, "the live message")
                assert (await get_watermark(running, head))[0] < missed
                calls.go_on.set()
                await running.settle()
                replies = await kept(running)
                assert (await get_watermark(running, head))[0] >= live
    assert [replies[str(one)]["text"] for one in (missed, live)] == ["Because.", "Live."]


@pytest.mark.slow
async def test_a_reply_deleted_during_an_outage_is_noticed_where_nothing_is_unread(
    tmp_path: Path,
) -> None:
    """Also if the bot ends between reading what is unread and comparing the rest."""
    async with run_emulator() as emulator:
        async with away(tmp_path, emulator) as (running, heads, seconds):
            path = f"/channels/{heads[0]}/messages/{seconds[0]}"
            await running.call_as(running.member("Ben"), "DELETE", path)
            missed = await running.write("Chloe", "Because.", channel_id=heads[1])
        with counted(emulator, held=2) as calls:
            async with run_bot(tmp_path, emulator, settles=False) as running:
                await calls.reached.wait()
                await running.salon.services.catch_up.mark_verified()
                replies = await kept(running)
                assert str(missed) in replies
                assert not replies[str(seconds[0])]["deleted"]
                await running.salon.close()
        with counted(emulator, held=1) as calls:
            async with run_bot(tmp_path, emulator, settles=False) as running:
                await calls.reached.wait()
                assert running.salon.services.catch_up.is_comparing(running.server_id)
                calls.go_on.set()
                await running.settle()
                assert (await kept(running))[str(seconds[0])]["deleted"]


@pytest.mark.slow
async def test_threads_that_the_library_keeps_from_before_an_outage_are_not_reported(
    tmp_path: Path,
) -> None:
    """One of them was deleted during the outage of the server, and stays hidden."""
    async with run_emulator() as emulator, run_bot(tmp_path, emulator) as running:
        *_, closing = await running.publish()
        head = await running.write("Ann", "I would.", to=closing["id"])
        await running.settle()
        there = await running.write("Ben", "Why?", channel_id=head)
        await running.settle()
        for deletes in (True, False):
            await running.control("faults", {"kind": "server_outage"})
            await running.settle()
            if deletes:
                await running.call_as(running.member(), "DELETE", f"/channels/{head}")
            with counted(emulator) as calls:
                await running.control("faults", {"kind": "server_return"})
                await running.settle()
            replies = await kept(running)
            assert replies[str(there)]["deleted"]
            assert replies[str(head)]["thread_id"] is None
            assert calls.get(ACTIVE) >= 1


async def test_only_what_was_said_in_this_session_is_evidence(tmp_path: Path) -> None:
    async def confirm(*_: object) -> bool:
        return False

    async with open_archive(tmp_path / "salon.sqlite3") as database:
        recorder = Recorder(database, Clock(), confirm_own_message=confirm, on_work=lambda: None)
        recorder.posted_channels |= {1, 2, 3}
        last = LastMessages(recorder, lambda _: None)
        channels = [
            {"id": "1", "type": 0, "last_message_id": "11"},
            {"id": "2", "type": 0, "last_message_id": None},
            {"id": "3", "type": 15, "last_message_id": "33"},
            {"id": "4", "type": 0, "last_message_id": "44"},
        ]
        threads = [
            {"id": "12", "parent_id": "1", "last_message_id": "13"},
            {"id": "34", "parent_id": "3", "last_message_id": "35"},
            {"id": "45", "parent_id": "4", "last_message_id": "46"},
        ]
        server = {"id": "9", "channels": channels, "threads": threads}
        last.note_server(server)
        described = last.take(9)
        assert described is not None
        # A forum's last message is a post, and what isn't watched isn't noted.
        assert described.last_ids == {1: 11, 2: None, 12: 13, 34: 35}
        assert last.take(9) is None
        last.note_server(server)
        recorder.start_generation()
        assert last.take(9) is None
        last.note_server(server)
        last.note_server({"id": "9", "unavailable": True})
        assert last.take(9) is None
        last.note_server(server)
        last.discard(9)
        assert last.take(9) is None


async def test_the_most_urgent_reading_is_first_and_a_cancelled_one_holds_no_slot() -> None:
    slots, order = ReadSlots(1), list[int]()

    async def read(priority: int) -> None:
        async with slots.hold((priority, 0)):
            order.append(priority)

    async with slots.hold((0, 0)):
        some = [asyncio.create_task(read(number)) for number in (3, 1, 2, 0)]
        await asyncio.sleep(0)
        some[1].cancel()
    await asyncio.gather(*some, return_exceptions=True)
    assert order == [0, 2, 3]
    async with asyncio.timeout(5), slots.hold((9, 0)):
        pass


@pytest.mark.slow
async def test_an_unread_message_in_a_thread_gets_its_authors_name_when_it_is_compared(
    tmp_path: Path,
) -> None:
    """Also if the bot ends between the two; somebody who has left keeps their user name."""
    async with run_emulator() as emulator:
        async with away(tmp_path, emulator) as (running, (head, *_), _seconds):
            nick = f"/guilds/{running.server_id}/members/@me"
            for who, name in (("Chloe", "Clo"), ("Dev", "Devil")):
                await running.call_as(running.member(who), "PATCH", nick, {"nick": name})
            missed = await running.write("Chloe", "Because.", channel_id=head)
            left = await running.write("Dev", "Bye.", channel_id=head)
            path = f"/guilds/{running.server_id}/members/{running.member('Dev').id}"
            await running.call_as(running.member(), "DELETE", path)
            emulator.world.clock.advance_to(emulator.world.now() + timedelta(hours=1))
        with counted(emulator, held=2) as calls:
            async with run_bot(tmp_path, emulator, settles=False) as running:
                await calls.reached.wait()
                assert (await kept(running))[str(missed)]["author"]["name"] == "Chloe"
                await running.salon.close()
        async with run_bot(tmp_path, emulator) as running:
            replies = await kept(running)
    names = [replies[str(one)]["author"]["name"] for one in (missed, left)]
    assert names == ["Clo", "Dev"]
