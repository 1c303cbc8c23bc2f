"""An essay's own thread or post: archived, locked, deleted, missed, and tags of a forum."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.core.text.coded_text import read_coded
from bot.emulator.faults.steps import Step
from bot.emulator.world.models import ThreadState
from bot.publishing.publish import Actor
from storage.servers import settings
from tests.delivery.test_styles import LONG, command, kept, numbers, publish
from tests.support.running_bot import (
    ESSAY,
    RunningBot,
    component_texts,
    run_bot,
    run_emulator,
    running_bot,
)

THREADS = "/channels/*/messages/*/threads"
MESSAGES = "/channels/*/messages"


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[RunningBot]:
    async with running_bot(tmp_path) as opened:
        yield opened


def state_of(running: RunningBot, thread_id: int) -> ThreadState:
    state = running.emulator.world.channels[thread_id].thread
    assert state is not None
    return state


async def change(running: RunningBot, channel_id: int, **body: Any) -> None:
    await running.call_as(running.member(), "PATCH", f"/channels/{channel_id}", body)


async def fault(running: RunningBot, method: str, path: str, **more: Any) -> None:
    body = {"kind": "http", "method": method, "path": path, "times": 1, "after_effect": False}
    await running.control("faults", body | more)


# -- what moderators and Discord do to threads ----------------------------------------------------


@pytest.mark.parametrize("channel", ["essays", "essay-forum"])
async def test_a_prompt_opens_a_thread_that_discord_archived(
    running: RunningBot, channel: str
) -> None:
    style = "thread" if channel == "essays" else None
    thread_id, inside = await publish(running, channel=channel, style=style)
    await change(running, thread_id, archived=True)
    await running.settle(86_400 + 7200)
    assert len(await running.bot_messages(thread_id)) > len(inside)
    assert not state_of(running, thread_id).archived


@pytest.mark.parametrize("archived", [False, True], ids=["locked", "locked and archived"])
async def test_nothing_is_posted_into_a_thread_that_a_moderator_locked(
    running: RunningBot, archived: bool
) -> None:
    thread_id, inside = await publish(running, style="thread")
    await change(running, thread_id, locked=True, archived=archived)
    await running.settle(86_400 + 7200)
    assert len(await running.bot_messages(thread_id)) == len(inside)
    assert (state_of(running, thread_id).locked, state_of(running, thread_id).archived) == (
        True,
        archived,
    )
    listed = await running.answer_text(await running.run_command("prompts list"))
    assert f"<#{thread_id}> is locked. Unlock it" in listed
    await change(running, thread_id, locked=False, archived=False)
    await running.settle(2 * 3600)
    assert len(await running.bot_messages(thread_id)) == len(inside) + 1


async def test_publishing_waits_for_a_thread_that_was_locked_meanwhile(running: RunningBot) -> None:
    await fault(running, "POST", MESSAGES, status=503, times=10_000)
    shown = await running.run_command(
        "essay publish",
        file=("long.md", LONG.encode()),
        options=[{"type": 7, "name": "channel", "value": str(running.channel("essay-forum"))}],
    )
    await running.press(shown, "Publish")
    await running.settle()
    (thread,) = (await running.world())["threads"]
    await change(running, int(thread["id"]), locked=True)
    running.emulator.faults.clear()
    await running.settle(3600)
    assert len(await running.bot_messages(int(thread["id"]))) == 1, "the card"
    assert "is locked. Unlock it" in await running.answer_text(await command(running, "show"))
    await change(running, int(thread["id"]), locked=False)
    await running.settle(2 * 3600)
    assert numbers(await running.bot_messages(int(thread["id"]))) == ["0", "1", "2", "3", "4"]


async def test_prompts_end_when_the_essays_own_thread_is_deleted(running: RunningBot) -> None:
    thread_id, _ = await publish(running, style="thread")
    await running.write("Ann", "Mine.", channel_id=thread_id)
    await running.settle()
    await running.call_as(running.member(), "DELETE", f"/channels/{thread_id}")
    await running.settle(2 * 86_400)
    rows = await running.database.read(
        lambda tx: tx.rows("SELECT state, reason FROM prompts ORDER BY id")
    )
    assert rows[0]["state"] == "skipped"
    assert "thread" in str(read_coded(rows[0]["reason"]))
    assert "own thread was deleted" in await running.answer_text(await command(running, "show"))
    (reply,) = (await running.export())["replies"]
    assert reply["deleted"], "what stood there is hidden"
    (card,) = await running.bot_messages()
    await running.write("Ben", "And now?", to=card["id"])
    await running.settle()
    assert "And now?" in await kept(running)


async def test_an_essay_whose_own_thread_was_deleted_cannot_be_edited(
    running: RunningBot,
) -> None:
    thread_id, _ = await publish(running, style="thread")
    options = [{"type": 3, "name": "essay", "value": "1"}]
    new = ("new.md", LONG.replace("Paragraph 0", "Paragraph zero").encode())
    shown = await running.run_command("essay edit", options=options, file=new)
    await running.settle()
    await running.call_as(running.member(), "DELETE", f"/channels/{thread_id}")
    await running.settle()
    assert "own thread was deleted" in await running.answer_text(
        await running.press(shown, "Apply")
    )
    again = await running.run_command("essay edit", options=options, file=new)
    assert "own thread was deleted, and its text with it" in await running.answer_text(again)
    assert (await running.export())["essay"]["state"] == "open"


@pytest.mark.parametrize("channel", ["essays", "essay-forum"])
async def test_publishing_stops_if_its_thread_is_deleted_and_can_start_again(
    running: RunningBot, channel: str
) -> None:
    # The card and its thread get through, and then nothing.
    await fault(running, "POST", MESSAGES, status=503, after_effect=False, times=10_000)
    options = [
        {"type": 7, "name": "channel", "value": str(running.channel(channel))},
    ]
    if channel == "essays":
        options.append({"type": 3, "name": "style", "value": "thread"})
        running.emulator.faults.clear()
        await fault(running, "POST", THREADS, status=None, after_effect=True)
        await fault(running, "POST", THREADS, status=503, times=10_000)
    shown = await running.run_command(
        "essay publish", file=("long.md", LONG.encode()), options=options
    )
    await running.press(shown, "Publish")
    await running.settle()
    (thread,) = (await running.world())["threads"]
    await running.call_as(running.member(), "DELETE", f"/channels/{thread['id']}")
    running.emulator.faults.clear()
    await running.settle(900)
    stopped = await command(running, "show")
    assert "stopped" in await running.answer_text(stopped)
    await running.press(stopped, "Retry")
    await running.settle(60)
    (again,) = (await running.world())["threads"]
    assert again["id"] != thread["id"]
    assert numbers(await running.bot_messages(int(again["id"]))) == ["0", "1", "2", "3", "4"]
    assert len(await running.bot_messages()) == (1 if channel == "essays" else 0), "one card"
    assert (await running.export())["essay"]["state"] == "open"


async def test_a_card_deleted_before_its_thread_is_opened_stops_publishing(
    running: RunningBot,
) -> None:
    await fault(running, "POST", THREADS, status=503, times=10_000)
    options = [{"type": 3, "name": "style", "value": "thread"}]
    shown = await running.run_command(
        "essay publish", file=("long.md", LONG.encode()), options=options
    )
    await running.press(shown, "Publish")
    await running.settle()
    (card,) = await running.bot_messages()
    path = f"/channels/{running.channel()}/messages/{card['id']}"
    await running.call_as(running.member(), "DELETE", path)
    running.emulator.faults.clear()
    await running.settle(60)
    stopped = await command(running, "show")
    assert "The opening card was deleted" in await running.answer_text(stopped)
    await running.press(stopped, "Retry")
    await running.settle(60)
    (thread,) = (await running.world())["threads"]
    assert numbers(await running.bot_messages(int(thread["id"]))) == ["0", "1", "2", "3", "4"]


async def test_another_essay_does_not_wait_for_a_thread_that_cannot_be_opened(
    running: RunningBot,
) -> None:
    """What belongs into a thread holds up nobody once that thread is given up."""
    await fault(running, "POST", THREADS, status=400, times=1)
    options = [{"type": 3, "name": "style", "value": "thread"}]
    shown = await running.run_command(
        "essay publish", file=("long.md", LONG.encode()), options=options
    )
    await running.press(shown, "Publish")
    await running.settle()
    assert len(await running.publish(ESSAY)) == 3, "card, part and closing message"


async def test_an_essay_withdrawn_before_its_thread_is_opened_leaves_nothing(
    running: RunningBot,
) -> None:
    await fault(running, "POST", THREADS, status=503, times=10_000)
    options = [{"type": 3, "name": "style", "value": "thread"}]
    shown = await running.run_command(
        "essay publish", file=("long.md", LONG.encode()), options=options
    )
    await running.press(shown, "Publish")
    await running.settle()
    await running.press(await command(running, "withdraw"), "Withdraw")
    running.emulator.faults.clear()
    await running.settle(900)
    assert await running.bot_messages() == []
    assert (await running.world())["threads"] == []


async def test_admins_are_alerted_once_that_a_thread_cannot_be_locked(running: RunningBot) -> None:
    await publish(running, style="thread")
    thread_id = running.emulator.world.channels[int((await running.bot_messages())[0]["id"])].id
    await running.database.write(
        lambda tx: settings.set_alerts_channel(tx, running.server_id, running.channel("admins"))
    )
    path = f"/channels/{running.channel()}/permissions/{running.salon.own_id}"
    deny = {"type": 1, "allow": "0", "deny": str(1 << 34)}
    await running.call_as(running.member(), "PUT", path, deny)
    await command(running, "close")
    await running.settle(3 * 3600)
    told = [message["content"] for message in await running.bot_messages(running.channel("admins"))]
    assert told == [f"I can't lock <#{thread_id}>. Give me *Manage Threads* there."]
    await running.call_as(running.member(), "DELETE", path)
    await running.settle(2 * 3600)
    assert state_of(running, thread_id).locked


@pytest.mark.parametrize("after_effect", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("status", [502, 503, None])
@pytest.mark.parametrize("path", [f"{MESSAGES}/*", "/channels/*"])
async def test_a_withdrawn_forum_post_is_emptied_and_locked_whatever_fails(
    running: RunningBot, path: str, status: int | None, after_effect: bool
) -> None:
    thread_id, ours = await publish(running, channel="essay-forum")
    await fault(running, "PATCH", path, status=status, after_effect=after_effect)
    await running.press(await command(running, "withdraw"), "Withdraw")
    await running.settle(900)
    left = await running.bot_messages(thread_id)
    assert len(left) == len(ours)
    told = {
        f"{message['content']}{component_texts(message['components'])}".strip() for message in left
    }
    assert told == {"-# This essay was withdrawn."}
    assert (state_of(running, thread_id).locked, state_of(running, thread_id).archived) == (
        True,
        True,
    )


async def test_a_forum_post_created_after_its_withdrawal_is_emptied(
    running: RunningBot,
) -> None:
    """The call was under way when the essay was withdrawn."""
    under_way, withdrawn = asyncio.Event(), asyncio.Event()

    async def hold(step: Step) -> None:
        if step.what == "POST /channels/{id}/threads" and step.moment == "before":
            under_way.set()
            await withdrawn.wait()

    options = [{"type": 7, "name": "channel", "value": str(running.channel("essay-forum"))}]
    shown = await running.run_command(
        "essay publish", file=("long.md", LONG.encode()), options=options
    )
    await running.answer_text(shown)
    running.emulator.steps.hook = hold
    pressing = asyncio.create_task(running.press(shown, "Publish"))
    await under_way.wait()
    actor = Actor(running.member().id, "Ada")
    await running.salon.services.publishing.withdraw(1, actor)
    withdrawn.set()
    await pressing
    await running.settle(900)
    (thread,) = (await running.world())["threads"]
    (card,) = await running.bot_messages(int(thread["id"]))
    assert "This essay was withdrawn." in component_texts(card["components"])
    assert state_of(running, int(thread["id"])).locked


async def test_a_prompt_that_is_a_poll_is_deleted_with_its_essays_text(running: RunningBot) -> None:
    """A poll cannot be edited away."""
    thread_id, ours = await publish(running, channel="essay-forum")
    options = [
        {"type": 3, "name": "essay", "value": "1"},
        {"type": 3, "name": "what", "value": "poll: Rye or wheat? | Rye | Wheat"},
    ]
    await running.run_command("prompts now", options=options)
    await running.settle()
    assert len(await running.bot_messages(thread_id)) == len(ours) + 1
    await running.press(await command(running, "withdraw"), "Withdraw")
    await running.settle(900)
    assert len(await running.bot_messages(thread_id)) == len(ours)


async def test_an_essay_in_its_own_thread_or_post_is_edited_there(running: RunningBot) -> None:
    for number, place in enumerate(("essays", "essay-forum"), 1):
        channel = [{"type": 7, "name": "channel", "value": str(running.channel(place))}]
        style = [{"type": 3, "name": "style", "value": "thread"}] if number == 1 else []
        source = LONG.replace("# Long", f"# Long {number}")
        shown = await running.run_command(
            "essay publish", file=("l.md", source.encode()), options=channel + style
        )
        await running.press(shown, "Publish")
        await running.settle()
        longer = source.replace("# Long", "# Longer") + "\n\nParagraph 5. " + "More of it. " * 120
        edited = await running.run_command(
            "essay edit",
            file=("l.md", longer.encode()),
            options=[{"type": 3, "name": "essay", "value": str(number)}],
        )
        await running.press(edited, "Apply")
        await running.settle(900)
        (thread,) = [
            one for one in (await running.world())["threads"] if one["name"] == f"Longer {number}"
        ]
        assert numbers(await running.bot_messages(int(thread["id"]))) == [
            "0",
            "1",
            "2",
            "3",
            "4",
            "5",
        ]
    assert len(await running.bot_messages()) == 1, "the card of the first"


async def test_a_channel_reply_is_moved_into_the_essays_thread_if_the_server_moves_replies(
    running: RunningBot,
) -> None:
    thread_id, _ = await publish(running, style="thread")
    await running.database.write(
        lambda tx: settings.set_channel_replies(tx, running.server_id, "move")
    )
    (card,) = await running.bot_messages()
    reply = await running.write("Ann", "To the card.", to=card["id"])
    await running.settle(60)
    assert str(reply) not in {message["id"] for message in await running.messages()}
    copies = [m for m in await running.messages(thread_id) if m["content"] == "To the card."]
    assert [copy["author"]["username"] for copy in copies] == ["Ann"]
    await running.write("Ben", "To the copy.", to=copies[0]["id"], channel_id=thread_id)
    await running.settle()
    replies = await kept(running)
    assert replies["To the card."]["id"] == str(reply)
    assert (replies["To the card."]["parent"], replies["To the copy."]["parent"]) == (
        None,
        str(reply),
    )


# -- what was missed ------------------------------------------------------------------------------


@pytest.mark.parametrize("channel", ["essays", "essay-forum"])
async def test_messages_of_an_outage_are_read(tmp_path: Path, channel: str) -> None:
    style = "thread" if channel == "essays" else None
    async with run_emulator() as emulator:
        async with run_bot(tmp_path, emulator) as running:
            thread_id, (first, *_) = await publish(running, channel=channel, style=style)
            early = await running.write("Ann", "Before.", channel_id=thread_id)
            await running.settle()
        await house_acts(running, thread_id, early, int(first["id"]))
        async with run_bot(tmp_path, emulator) as running:
            await running.settle()
            replies = await kept(running)
            assert set(replies) == {"", "To a part.", "Plain."}
            assert replies[""]["deleted"]
            assert replies["Plain."]["parent"] is None
            assert {reply["thread_id"] for reply in replies.values()} == {str(thread_id)}


async def house_acts(running: RunningBot, thread_id: int, early: int, part: int) -> None:
    """What members do while nobody listens; the thread is archived at the end."""
    async with aiohttp.ClientSession() as session:
        running.session = session
        await running.write("Ben", "Plain.", channel_id=thread_id)
        await running.write("Chloe", "To a part.", to=part, channel_id=thread_id)
        path = f"/channels/{thread_id}/messages/{early}"
        await running.call_as(running.member("Ann"), "DELETE", path)
        await change(running, thread_id, archived=True)
        running.emulator.world.touch()


async def test_a_reply_before_the_forum_post_is_recorded_is_saved(running: RunningBot) -> None:
    """The answer to the call is lost; until it is found, nobody knows that it is an essay's."""
    await fault(running, "POST", "/channels/*/threads", status=502, after_effect=True)
    await fault(running, "GET", "/guilds/*/threads/active", status=503, times=3)
    options = [{"type": 7, "name": "channel", "value": str(running.channel("essay-forum"))}]
    shown = await running.run_command(
        "essay publish", file=("long.md", LONG.encode()), options=options
    )
    await running.press(shown, "Publish")
    await running.settle()
    (thread,) = (await running.world())["threads"]
    await running.write("Ann", "First!", channel_id=int(thread["id"]))
    await running.settle(600)
    assert len((await running.world())["threads"]) == 1
    assert (await kept(running))["First!"]["thread_id"] == thread["id"]
    await running.write("Ben", "Second.", channel_id=int(thread["id"]))
    await running.settle()
    assert "Second." in await kept(running)


async def test_a_forum_post_is_not_started_again_if_its_history_cannot_be_read(
    running: RunningBot,
) -> None:
    """Not finding it proves nothing without the right to read."""
    forum = running.channel("essay-forum")
    deny = {"type": 1, "allow": "0", "deny": str(1 << 16)}
    path = f"/channels/{forum}/permissions/{running.salon.own_id}"
    options = [{"type": 7, "name": "channel", "value": str(forum)}]
    shown = await running.run_command(
        "essay publish", file=("long.md", LONG.encode()), options=options
    )
    await fault(running, "POST", "/channels/*/threads", status=502, after_effect=False)
    await running.press(shown, "Publish")
    await running.call_as(running.member(), "PUT", path, deny)
    await running.settle(1800)
    assert (await running.world())["threads"] == []
    assert "*Read Message History*" in await running.answer_text(await command(running, "show"))
    await running.call_as(running.member(), "DELETE", path)
    await running.settle(2 * 3600)
    (thread,) = (await running.world())["threads"]
    assert numbers(await running.bot_messages(int(thread["id"]))) == ["0", "1", "2", "3", "4"]
