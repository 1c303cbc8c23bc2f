"""Catching up after an outage: missed messages are read, and a failed reading is retried."""

from __future__ import annotations

import asyncio
import functools
import logging
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import discord
import pytest
from discord.state import ConnectionState

from bot.core.conversation.events import Message
from bot.emulator.world.seed import invite_bot
from bot.ingest.member_names import MemberNames
from tests.support.running_bot import RunningBot, run_bot, run_emulator, running_bot


async def kept(running: RunningBot) -> dict[str, dict[str, Any]]:
    return {reply["id"]: reply for reply in (await running.export())["replies"]}


async def add_fault(
    running: RunningBot, method: str, path: str, status: int, times: int = 1
) -> None:
    fault = {"kind": "http", "method": method, "path": path, "status": status, "times": times}
    await running.control("faults", fault)


async def set_alerts_channel(running: RunningBot) -> None:
    sql = """
        INSERT INTO server_settings (server_id, alerts_channel_id) VALUES (:server, :channel)
        ON CONFLICT (server_id) DO UPDATE SET alerts_channel_id = excluded.alerts_channel_id
    """
    row = {"server": running.server_id, "channel": running.channel("admins")}
    await running.database.write(lambda tx: tx.run(sql, row))


async def record_message(
    running: RunningBot, who: str, text: str, message_id: int, **more: Any
) -> None:
    """Queue one message in the recorder, and nothing that happened around it."""
    message = Message(
        id=message_id,
        server_id=running.server_id,
        author_id=running.member(who).id,
        author_name=who,
        from_bot=False,
        text=text,
        written_at=running.clock.now(),
        **more,
    )
    recorder = running.salon.services.recorder
    await recorder.wait_until_committed(recorder.put((message,)))


@pytest.mark.slow
async def test_a_thread_that_no_event_reported_is_watched_from_its_first_message(
    tmp_path: Path,
) -> None:
    """Opened and deleted during outages: the message recorded in between is hidden."""
    async with run_emulator() as emulator, run_bot(tmp_path, emulator) as running:
        *_, closing = await running.publish()
        await running.control("faults", {"kind": "server_outage"})
        await running.settle()
        thread = int(closing["id"])
        path = f"/channels/{running.channel()}/messages/{thread}/threads"
        await running.call_as(running.member("Ben"), "POST", path, {"name": "Aside"})
        there = await running.write("Ben", "In here.", channel_id=thread)
        await record_message(
            running, "Ben", "In here.", there, channel_id=thread, type=0, reference_id=None
        )
        assert (await kept(running))[str(there)]["text"] == "In here."
        await running.call_as(running.member(), "DELETE", f"/channels/{thread}")
        await running.control("faults", {"kind": "server_return"})
        await running.settle()
        reply = (await kept(running))[str(there)]
    assert (reply["deleted"], reply["text"]) == (True, "")


@pytest.mark.slow
async def test_a_server_that_becomes_available_just_when_the_library_gives_up_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library sends no event for such a server: what was missed there would wait."""
    async with run_emulator() as emulator:
        async with run_bot(tmp_path, emulator) as running:
            *_, closing = await running.publish()
            await running.salon.close()
            unseen = await running.write("Ann", "Unseen.", to=closing["id"])
        create, delay = ConnectionState.parse_guild_create, ConnectionState._delay_ready
        held: list[Callable[[], None]] = []

        def hold(state: ConnectionState[Any], data: Any) -> None:
            held.append(functools.partial(create, state, data))

        def let_go() -> None:
            monkeypatch.setattr(ConnectionState, "parse_guild_create", create)
            for announce in held:
                announce()

        async def wait(state: ConnectionState[Any]) -> None:
            loop = asyncio.get_running_loop()
            state.guild_ready_timeout = 0.5
            # It comes while a busy loop has not yet seen that the time is over.
            loop.call_later(0.45, time.sleep, 0.1)
            loop.call_later(0.51, let_go)
            await delay(state)

        monkeypatch.setattr(ConnectionState, "parse_guild_create", hold)
        monkeypatch.setattr(ConnectionState, "_delay_ready", wait)
        async with run_bot(tmp_path, emulator) as running:
            assert held, "it came while the library waited"
            reply = (await kept(running))[str(unseen)]
    assert reply["text"] == "Unseen."


@pytest.mark.slow
async def test_a_failed_listing_of_threads_is_retried(tmp_path: Path) -> None:
    async with run_emulator() as emulator:
        async with run_bot(tmp_path, emulator) as running:
            *_, closing = await running.publish()
            await running.salon.close()
            path = f"/channels/{running.channel()}/messages/{closing['id']}/threads"
            await running.call_as(running.member("Ben"), "POST", path, {"name": "Aside"})
            there = await running.write("Ben", "In here.", channel_id=int(closing["id"]))
            await add_fault(running, "GET", "/guilds/*/threads/active", 503)
        async with run_bot(tmp_path, emulator) as running:
            assert (await kept(running))[str(there)]["text"] == "In here."


@pytest.mark.slow
async def test_a_waiting_answer_that_was_deleted_in_an_outage_is_not_recorded(
    tmp_path: Path,
) -> None:
    """Ben answers a message that no event reported, and deletes his answer in an outage."""
    async with run_emulator() as emulator, run_bot(tmp_path, emulator) as running:
        *_, closing = await running.publish()
        await running.control("faults", {"kind": "server_outage"})
        await running.settle()
        head = await running.write("Ann", "I would.", to=closing["id"])
        answer = await running.write("Ben", "Why?", to=head)
        where = {"channel_id": running.channel(), "type": 19, "reference_id": head}
        await record_message(running, "Ben", "Why?", answer, **where)
        path = f"/channels/{running.channel()}/messages/{answer}"
        await running.call_as(running.member("Ben"), "DELETE", path)
        await running.control("faults", {"kind": "server_return"})
        await running.settle()
        assert list(await kept(running)) == [str(head)]


@pytest.mark.slow
async def test_a_missed_reply_has_its_authors_name_in_the_server(
    tmp_path: Path,
) -> None:
    async with run_emulator() as emulator:
        async with run_bot(tmp_path, emulator) as running:
            *_, closing = await running.publish()
            await running.salon.close()
            nick = f"/guilds/{running.server_id}/members/@me"
            await running.call_as(running.member("Ann"), "PATCH", nick, {"nick": "Annie"})
            missed = await running.write("Ann", "I would.", to=closing["id"])
        async with run_bot(tmp_path, emulator) as running:
            assert (await kept(running))[str(missed)]["author"]["name"] == "Annie"


def _ignore_message(data: object) -> None:
    del data


@pytest.mark.slow
async def test_a_missed_reply_first_known_by_a_reaction_gets_its_authors_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was written in a gap; somebody reacts during a reading that doesn't contain it."""
    async with running_bot(tmp_path) as running:
        *_, closing = await running.publish()
        nick = f"/guilds/{running.server_id}/members/@me"
        await running.call_as(running.member("Ann"), "PATCH", nick, {"nick": "Annie"})
        with monkeypatch.context() as gap:
            parsers = running.salon._connection.parsers
            gap.setitem(parsers, "MESSAGE_CREATE", _ignore_message)
            reply = await running.write("Ann", "Unheard.", to=closing["id"])
            await running.settle()
        path = f"/channels/{running.channel()}/messages/{reply}"
        recorder = running.salon.services.recorder
        with recorder.collect_live(running.channel()) as live:
            await running.call_as(running.member("Ben"), "PUT", f"{path}/reactions/🍞/@me")
            await running.settle()
        assert len(live) == 1
        recorder.request_reactions(live)
        await running.settle()
        assert str(reply) not in await kept(running)
        await running.salon.services.catch_up.catch_up_server(running.server_id)
        await running.settle()
        found = (await kept(running))[str(reply)]
    assert (found["author"]["name"], found["reactions"]) == ("Annie", [{"emoji": "🍞", "count": 1}])


async def test_a_reading_keeps_its_names_when_another_one_clears_them(tmp_path: Path) -> None:
    """A reading clears the known names of its server when it begins."""
    async with run_emulator() as emulator, run_bot(tmp_path, emulator) as running:

        def make_message(who: str, number: int) -> Message:
            return Message(
                id=number,
                server_id=running.server_id,
                channel_id=1,
                author_id=running.member(who).id,
                author_name="",
                from_bot=False,
                type=0,
                text="",
                reference_id=None,
                written_at=running.clock.now() - timedelta(hours=1),
            )

        def guild(server_id: int) -> discord.Guild | None:
            names.clear(server_id)  # as another reading's beginning does in between
            return running.salon.get_guild(server_id)

        names = MemberNames(http=running.salon.http, guild=guild, clock=running.clock)
        await names.add_names([make_message("Ann", 1)], set())
        some = [make_message("Ann", 2), make_message("Ben", 3)]
        named, _ = await names.add_names(some, set())
    assert [one.author_name for one in named] == ["Ann", "Ben"]


@pytest.mark.slow
async def test_an_unavailable_server_loses_nothing_and_is_read_when_it_is_back(
    tmp_path: Path,
) -> None:
    async with run_emulator() as emulator, run_bot(tmp_path, emulator) as running:
        *_, closing = await running.publish()
        first = await running.write("Ann", "I would.", to=closing["id"])
        second = await running.write("Ben", "I would not.", to=closing["id"])
        await running.settle()
        await running.control("faults", {"kind": "server_outage"})
        await running.settle()
        path = f"/channels/{running.channel()}/messages/{first}"
        await running.call_as(running.member("Ann"), "DELETE", path)
        await running.salon.services.catch_up.catch_up_server(running.server_id)
        assert (await kept(running))[str(first)]["text"] == "I would."
        await running.control("faults", {"kind": "server_return"})
        await running.settle()
        replies = await kept(running)
    assert (replies[str(first)]["deleted"], replies[str(second)]["deleted"]) == (True, False)


@pytest.mark.slow
async def test_a_bot_that_was_kicked_and_invited_again_has_lost_nothing(tmp_path: Path) -> None:
    async with run_emulator() as emulator, run_bot(tmp_path, emulator) as running:
        *_, closing = await running.publish()
        first = await running.write("Ann", "I would.", to=closing["id"])
        await running.settle()
        world = emulator.world
        path = f"/guilds/{running.server_id}/members/{world.bot.id}"
        await running.call_as(running.member(), "DELETE", path)
        await running.settle()
        assert (await kept(running))[str(first)]["text"] == "I would."
        missed = await running.write("Ben", "Why?", channel_id=first)
        invite_bot(world, world.guild, world.bot)
        await running.settle()
        replies = await kept(running)
    assert (replies[str(first)]["deleted"], replies[str(missed)]["text"]) == (False, "Why?")


@pytest.mark.slow
async def test_while_disconnected_no_channel_is_marked_as_verified(
    tmp_path: Path,
) -> None:
    async with run_emulator() as emulator, run_bot(tmp_path, emulator) as running:
        await running.publish()
        recovery = running.salon.services.catch_up

        async def verified_at() -> int:
            sql = "SELECT verified_at FROM watermarks WHERE channel_id = :id"
            rows = await running.database.read(lambda tx: tx.rows(sql, {"id": running.channel()}))
            return int(rows[0]["verified_at"])

        await running.settle(3600)
        await recovery.retry_pending()
        await recovery.mark_verified()
        noted = await verified_at()
        await running.salon.on_disconnect()
        running.clock.set_offset(running.clock.now_ms() / 1000 - time.time() + 3600)
        await recovery.mark_verified()
        assert await verified_at() == noted
        await running.salon.on_resumed()
        await recovery.mark_verified()
        assert await verified_at() >= noted + 3_600_000


@pytest.mark.slow
async def test_withheld_content_overwrites_nothing_and_is_reported(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with run_emulator() as emulator, run_bot(tmp_path, emulator) as running:
        *_, closing = await running.publish()
        await set_alerts_channel(running)
        head = await running.write("Ann", "I would.", to=closing["id"])
        await running.settle()
        first = await running.write("Ben", "Why?", channel_id=head)
        await running.settle()
        shown, emulator.world.application.flags = emulator.world.application.flags, 0
        path = f"/channels/{head}/messages/{first}"
        await running.call_as(running.member("Ben"), "PATCH", path, {"content": "Why not?"})
        unseen = await running.write("Chloe", "Indeed.", channel_id=head)
        recovery = running.salon.services.catch_up
        await recovery.catch_up_server(running.server_id)
        await running.settle()
        assert (await kept(running))[str(first)]["text"] == "Why?"
        (alert,) = await running.bot_messages(running.channel("admins"))
        assert "Message Content Intent" in alert["content"]
        assert "Message Content Intent" in caplog.text
        emulator.world.application.flags = shown
        await recovery.catch_up_server(running.server_id)
        await running.settle()
        replies = await kept(running)
    assert (replies[str(first)]["text"], replies[str(unseen)]["text"]) == ("Why not?", "Indeed.")


@pytest.mark.slow
async def test_an_empty_message_does_not_hide_later_ones(tmp_path: Path) -> None:
    """Discord removed its only file. Another message's stored text isn't overwritten."""
    async with run_emulator() as emulator:
        async with run_bot(tmp_path, emulator) as running:
            *_, closing = await running.publish()
            head = await running.write("Ann", "I would.", to=closing["id"])
            await running.settle()
            known = await running.write("Ben", "Why?", channel_id=head)
            await running.settle()
            await running.salon.close()
            bare = await running.write("Ben", "", channel_id=head, file=("a.png", b"a"))
            emulator.world.messages[bare].attachments.clear()
            emulator.world.messages[known].content = ""
            later = [
                await running.write("Ben", f"Point {number}.", channel_id=head)
                for number in range(101)
            ]
        async with run_bot(tmp_path, emulator) as running:
            replies = await kept(running)
            assert [one for one in later if str(one) not in replies] == []
            assert replies[str(bare)]["text"] == ""
            assert replies[str(known)]["text"] == "Why?"
            assert head in running.salon.services.recorder.complete_channels


@pytest.mark.parametrize("lost", [1 << 10, 1 << 16], ids=["View Channel", "Read Message History"])
@pytest.mark.slow
async def test_without_the_permission_to_read_nothing_is_erased(tmp_path: Path, lost: int) -> None:
    async with run_emulator() as emulator:
        async with run_bot(tmp_path, emulator) as running:
            *_, closing = await running.publish()
            first = await running.write("Ann", "I would.", to=closing["id"])
            await running.settle()
            there = await running.write("Ben", "Why?", channel_id=first)
            await running.settle()
            await running.salon.close()
            overwrite = f"/channels/{running.channel()}/permissions/{emulator.world.bot.id}"
            denied = {"type": 1, "allow": "0", "deny": str(lost)}
            await running.call_as(running.member(), "PUT", overwrite, denied)
            for who, place, message in (("Ann", running.channel(), first), ("Ben", first, there)):
                path = f"/channels/{place}/messages/{message}"
                await running.call_as(running.member(who), "DELETE", path)
        async with run_bot(tmp_path, emulator) as running:
            replies = await kept(running)
            assert [one["text"] for one in replies.values()] == ["I would.", "Why?"]
            await running.call_as(running.member(), "DELETE", overwrite)
            await running.settle()
            replies = await kept(running)
    assert [(one["text"], one["deleted"]) for one in replies.values()] == [("", True)] * 2


async def test_after_hours_offline_one_line_says_what_was_recovered(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "bot.ingest.catch_up")
    async with run_emulator() as emulator:
        async with run_bot(tmp_path, emulator) as running:
            *_, closing = await running.publish()
            await set_alerts_channel(running)
            first, second, third = [
                await running.write("Ann", f"Point {number}.", to=closing["id"])
                for number in range(3)
            ]
            await running.settle()
            await running.salon.services.catch_up.retry_pending()
            await running.salon.services.catch_up.mark_verified()
            await running.salon.close()
            here = f"/channels/{running.channel()}/messages"
            for message in (first, second):
                await running.call_as(
                    running.member("Ann"), "PATCH", f"{here}/{message}", {"content": "Better."}
                )
            await running.call_as(running.member("Ann"), "DELETE", f"{here}/{third}")
            for number in range(14):
                await running.write("Ben", f"Reason {number}.", channel_id=first)
            emulator.world.clock.advance_to(emulator.world.now() + timedelta(hours=3, minutes=12))
        async with run_bot(tmp_path, emulator) as running:
            (alert,) = await running.bot_messages(running.channel("admins"))
    line = "Back after 3 h 12 min: 14 replies, 2 edits and 1 deletion recovered."
    assert alert["content"] == line
    assert any(record.getMessage().startswith(line) for record in caplog.records)


@pytest.mark.slow
async def test_a_channel_deleted_in_an_outage_is_hidden_with_its_threads_and_reported(
    tmp_path: Path,
) -> None:
    async with run_emulator() as emulator:
        async with run_bot(tmp_path, emulator) as running:
            *_, closing = await running.publish()
            await set_alerts_channel(running)
            first = await running.write("Ann", "I would.", to=closing["id"])
            await running.settle()
            await running.write("Ben", "Why?", channel_id=first)
            await running.settle()
            await running.salon.close()
            await running.call_as(running.member(), "DELETE", f"/channels/{running.channel()}")
        async with run_bot(tmp_path, emulator) as running:
            assert {one["text"] for one in (await kept(running)).values()} == {""}
            (alert,) = await running.bot_messages(running.channel("admins"))
            assert "was deleted" in alert["content"]


@pytest.mark.slow
async def test_replies_of_a_deleted_channel_are_hidden_at_once_and_erased_after_a_week(
    tmp_path: Path,
) -> None:
    async with run_emulator() as emulator, run_bot(tmp_path, emulator) as running:
        *_, closing = await running.publish()
        first = await running.write("Ann", "I would.", to=closing["id"])
        await running.settle()
        await running.write("Ben", "Why?", channel_id=first)
        await running.settle()
        await running.call_as(running.member(), "DELETE", f"/channels/{running.channel()}")
        await running.settle()
        assert {one["text"] for one in (await kept(running)).values()} == {""}

        async def texts() -> set[str]:
            rows = await running.database.read(lambda tx: tx.rows("SELECT text FROM replies"))
            return {row["text"] for row in rows}

        assert await texts() == {"I would.", "Why?"}
        await running.settle(timedelta(days=7, hours=1).total_seconds())
        assert await texts() == {""}
