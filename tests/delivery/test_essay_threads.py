"""An essay's own thread or post: archived, locked, deleted, missed, and tags of a forum."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.emulator.faults.steps import Step
from bot.emulator.world.models import ThreadState
from bot.publishing.publish import Actor
from storage.servers import settings, setup_choices
from tests.delivery.test_styles import LONG, command, kept, numbers, publish
from tests.support.running_bot import ESSAY, House, a_house, a_world, lived_in, texts

THREADS = "/channels/*/messages/*/threads"
MESSAGES = "/channels/*/messages"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with a_house(tmp_path) as opened:
        yield opened


def state_of(house: House, thread_id: int) -> ThreadState:
    state = house.emulator.world.channels[thread_id].thread
    assert state is not None
    return state


async def change(house: House, channel_id: int, **body: Any) -> None:
    await house.act(house.member(), "PATCH", f"/channels/{channel_id}", body)


async def fault(house: House, method: str, path: str, **more: Any) -> None:
    body = {"kind": "http", "method": method, "path": path, "times": 1, "after_effect": False}
    await house.control("faults", body | more)


# -- what moderators and Discord do to threads ----------------------------------------------------


@pytest.mark.parametrize("channel", ["essays", "essay-forum"])
async def test_a_prompt_opens_a_thread_that_discord_archived(house: House, channel: str) -> None:
    style = "thread" if channel == "essays" else None
    thread_id, inside = await publish(house, channel=channel, style=style)
    await change(house, thread_id, archived=True)
    await house.settle(86_400 + 7200)
    assert len(await house.ours(thread_id)) > len(inside)
    assert not state_of(house, thread_id).archived


@pytest.mark.parametrize("archived", [False, True], ids=["locked", "locked and archived"])
async def test_nothing_is_posted_into_a_thread_that_a_moderator_locked(
    house: House, archived: bool
) -> None:
    thread_id, inside = await publish(house, style="thread")
    await change(house, thread_id, locked=True, archived=archived)
    await house.settle(86_400 + 7200)
    assert len(await house.ours(thread_id)) == len(inside)
    assert (state_of(house, thread_id).locked, state_of(house, thread_id).archived) == (
        True,
        archived,
    )
    listed = await house.said(await house.run("prompts list"))
    assert f"<#{thread_id}> is locked: unlock it" in listed
    await change(house, thread_id, locked=False, archived=False)
    await house.settle(2 * 3600)
    assert len(await house.ours(thread_id)) == len(inside) + 1


async def test_a_thread_locked_while_the_essay_goes_in_is_waited_for(house: House) -> None:
    await fault(house, "POST", MESSAGES, status=503, times=10_000)
    shown = await house.run(
        "essay publish",
        file=("long.md", LONG.encode()),
        options=[{"type": 7, "name": "channel", "value": str(house.channel("essay-forum"))}],
    )
    await house.press(shown, "Publish")
    await house.settle()
    (thread,) = (await house.world())["threads"]
    await change(house, int(thread["id"]), locked=True)
    house.emulator.faults.clear()
    await house.settle(3600)
    assert len(await house.ours(int(thread["id"]))) == 1, "the card"
    assert "is locked: unlock it" in await house.said(await command(house, "show"))
    await change(house, int(thread["id"]), locked=False)
    await house.settle(2 * 3600)
    assert numbers(await house.ours(int(thread["id"]))) == ["0", "1", "2", "3", "4"]


async def test_prompts_end_when_the_essays_own_thread_is_deleted(house: House) -> None:
    thread_id, _ = await publish(house, style="thread")
    await house.write("Ann", "Mine.", channel_id=thread_id)
    await house.settle()
    await house.act(house.member(), "DELETE", f"/channels/{thread_id}")
    await house.settle(2 * 86_400)
    rows = await house.database.read(
        lambda tx: tx.rows("SELECT state, reason FROM prompts ORDER BY id")
    )
    assert rows[0]["state"] == "skipped"
    assert "thread" in rows[0]["reason"]
    assert "own thread was deleted" in await house.said(await command(house, "show"))
    (reply,) = (await house.export())["replies"]
    assert reply["deleted"], "what stood there is hidden"
    (card,) = await house.ours()
    await house.write("Ben", "And now?", to=card["id"])
    await house.settle()
    assert "And now?" in await kept(house)


async def test_an_essay_whose_own_thread_is_gone_is_not_edited_into_nowhere(house: House) -> None:
    thread_id, _ = await publish(house, style="thread")
    options = [{"type": 3, "name": "essay", "value": "1"}]
    new = ("new.md", LONG.replace("Paragraph 0", "Paragraph zero").encode())
    shown = await house.run("essay edit", options=options, file=new)
    await house.settle()
    await house.act(house.member(), "DELETE", f"/channels/{thread_id}")
    await house.settle()
    assert "own thread is gone" in await house.said(await house.press(shown, "Apply"))
    again = await house.run("essay edit", options=options, file=new)
    assert "own thread is gone, and its text with it" in await house.said(again)
    assert (await house.export())["essay"]["state"] == "open"


@pytest.mark.parametrize("channel", ["essays", "essay-forum"])
async def test_a_publishing_whose_thread_is_deleted_stops_and_can_begin_anew(
    house: House, channel: str
) -> None:
    # The card and its thread get through, and then nothing.
    await fault(house, "POST", MESSAGES, status=503, after_effect=False, times=10_000)
    options = [
        {"type": 7, "name": "channel", "value": str(house.channel(channel))},
    ]
    if channel == "essays":
        options.append({"type": 3, "name": "style", "value": "thread"})
        house.emulator.faults.clear()
        await fault(house, "POST", THREADS, status=None, after_effect=True)
        await fault(house, "POST", THREADS, status=503, times=10_000)
    shown = await house.run("essay publish", file=("long.md", LONG.encode()), options=options)
    await house.press(shown, "Publish")
    await house.settle()
    (thread,) = (await house.world())["threads"]
    await house.act(house.member(), "DELETE", f"/channels/{thread['id']}")
    house.emulator.faults.clear()
    await house.settle(900)
    stopped = await command(house, "show")
    assert "stopped" in await house.said(stopped)
    await house.press(stopped, "Go on")
    await house.settle(60)
    (again,) = (await house.world())["threads"]
    assert again["id"] != thread["id"]
    assert numbers(await house.ours(int(again["id"]))) == ["0", "1", "2", "3", "4"]
    assert len(await house.ours()) == (1 if channel == "essays" else 0), "one card"
    assert (await house.export())["essay"]["state"] == "open"


async def test_a_card_deleted_before_its_thread_stops_the_publishing(house: House) -> None:
    await fault(house, "POST", THREADS, status=503, times=10_000)
    options = [{"type": 3, "name": "style", "value": "thread"}]
    shown = await house.run("essay publish", file=("long.md", LONG.encode()), options=options)
    await house.press(shown, "Publish")
    await house.settle()
    (card,) = await house.ours()
    path = f"/channels/{house.channel()}/messages/{card['id']}"
    await house.act(house.member(), "DELETE", path)
    house.emulator.faults.clear()
    await house.settle(60)
    stopped = await command(house, "show")
    assert "The opening card was deleted" in await house.said(stopped)
    await house.press(stopped, "Go on")
    await house.settle(60)
    (thread,) = (await house.world())["threads"]
    assert numbers(await house.ours(int(thread["id"]))) == ["0", "1", "2", "3", "4"]


async def test_another_essay_waits_for_no_thread_that_cannot_be_opened(house: House) -> None:
    """What belongs into a thread holds up nobody once that thread is given up."""
    await fault(house, "POST", THREADS, status=400, times=1)
    options = [{"type": 3, "name": "style", "value": "thread"}]
    shown = await house.run("essay publish", file=("long.md", LONG.encode()), options=options)
    await house.press(shown, "Publish")
    await house.settle()
    assert len(await house.publish(ESSAY)) == 2


async def test_withdrawn_before_its_thread_stands_nothing_is_left(house: House) -> None:
    await fault(house, "POST", THREADS, status=503, times=10_000)
    options = [{"type": 3, "name": "style", "value": "thread"}]
    shown = await house.run("essay publish", file=("long.md", LONG.encode()), options=options)
    await house.press(shown, "Publish")
    await house.settle()
    await house.press(await command(house, "withdraw"), "Withdraw")
    house.emulator.faults.clear()
    await house.settle(900)
    assert await house.ours() == []
    assert (await house.world())["threads"] == []


async def test_admins_are_told_once_that_a_thread_cannot_be_locked(house: House) -> None:
    await publish(house, style="thread")
    thread_id = house.emulator.world.channels[int((await house.ours())[0]["id"])].id
    await house.database.write(
        lambda tx: settings.set_notices_channel(tx, house.server_id, house.channel("admins"))
    )
    path = f"/channels/{house.channel()}/permissions/{house.salon.own_id}"
    deny = {"type": 1, "allow": "0", "deny": str(1 << 34)}
    await house.act(house.member(), "PUT", path, deny)
    await command(house, "close")
    await house.settle(3 * 3600)
    told = [message["content"] for message in await house.ours(house.channel("admins"))]
    assert told == [f"I may not lock <#{thread_id}>: give me *Manage Threads* there."]
    await house.act(house.member(), "DELETE", path)
    await house.settle(2 * 3600)
    assert state_of(house, thread_id).locked


@pytest.mark.parametrize("after_effect", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("status", [502, 503, None])
@pytest.mark.parametrize("path", [f"{MESSAGES}/*", "/channels/*"])
async def test_a_forums_post_is_emptied_and_locked_whatever_fails(
    house: House, path: str, status: int | None, after_effect: bool
) -> None:
    thread_id, ours = await publish(house, channel="essay-forum")
    await fault(house, "PATCH", path, status=status, after_effect=after_effect)
    await house.press(await command(house, "withdraw"), "Withdraw")
    await house.settle(900)
    left = await house.ours(thread_id)
    assert len(left) == len(ours)
    told = {f"{message['content']}{texts(message['components'])}".strip() for message in left}
    assert told == {"-# This essay was withdrawn."}
    assert (state_of(house, thread_id).locked, state_of(house, thread_id).archived) == (True, True)


async def test_a_forums_post_that_comes_to_stand_after_its_withdrawal_is_emptied(
    house: House,
) -> None:
    """The call was under way when the essay was withdrawn."""
    under_way, withdrawn = asyncio.Event(), asyncio.Event()

    async def hold(step: Step) -> None:
        if step.what == "POST /channels/{id}/threads" and step.moment == "before":
            under_way.set()
            await withdrawn.wait()

    options = [{"type": 7, "name": "channel", "value": str(house.channel("essay-forum"))}]
    shown = await house.run("essay publish", file=("long.md", LONG.encode()), options=options)
    await house.said(shown)
    house.emulator.steps.hook = hold
    pressing = asyncio.create_task(house.press(shown, "Publish"))
    await under_way.wait()
    actor = Actor(house.member().id, "Ada")
    await house.salon.services.publishing.withdraw(1, actor)
    withdrawn.set()
    await pressing
    await house.settle(900)
    (thread,) = (await house.world())["threads"]
    (card,) = await house.ours(int(thread["id"]))
    assert "This essay was withdrawn." in texts(card["components"])
    assert state_of(house, int(thread["id"])).locked


async def test_a_prompt_that_is_a_poll_is_deleted_with_its_essays_text(house: House) -> None:
    """A poll cannot be edited away."""
    thread_id, ours = await publish(house, channel="essay-forum")
    options = [
        {"type": 3, "name": "essay", "value": "1"},
        {"type": 3, "name": "what", "value": "poll: Rye or wheat? | Rye | Wheat"},
    ]
    await house.run("prompts now", options=options)
    await house.settle()
    assert len(await house.ours(thread_id)) == len(ours) + 1
    await house.press(await command(house, "withdraw"), "Withdraw")
    await house.settle(900)
    assert len(await house.ours(thread_id)) == len(ours)


async def test_an_edit_reaches_an_essay_in_its_own_place(house: House) -> None:
    for number, place in enumerate(("essays", "essay-forum"), 1):
        channel = [{"type": 7, "name": "channel", "value": str(house.channel(place))}]
        style = [{"type": 3, "name": "style", "value": "thread"}] if number == 1 else []
        source = LONG.replace("# Long", f"# Long {number}")
        shown = await house.run(
            "essay publish", file=("l.md", source.encode()), options=channel + style
        )
        await house.press(shown, "Publish")
        await house.settle()
        longer = source.replace("# Long", "# Longer") + "\n\nParagraph 5. " + "More of it. " * 120
        edited = await house.run(
            "essay edit",
            file=("l.md", longer.encode()),
            options=[{"type": 3, "name": "essay", "value": str(number)}],
        )
        await house.press(edited, "Apply")
        await house.settle(900)
        (thread,) = [
            one for one in (await house.world())["threads"] if one["name"] == f"Longer {number}"
        ]
        assert numbers(await house.ours(int(thread["id"]))) == ["0", "1", "2", "3", "4", "5"]
    assert len(await house.ours()) == 1, "the card of the first"


async def test_a_channel_reply_is_moved_into_the_one_thread_where_the_server_moves(
    house: House,
) -> None:
    thread_id, _ = await publish(house, style="thread")
    await house.database.write(lambda tx: setup_choices.set_bring(tx, house.server_id, "move"))
    (card,) = await house.ours()
    reply = await house.write("Ann", "To the card.", to=card["id"])
    await house.settle(60)
    assert str(reply) not in {message["id"] for message in await house.messages()}
    copies = [m for m in await house.messages(thread_id) if m["content"] == "To the card."]
    assert [copy["author"]["username"] for copy in copies] == ["Ann"]
    await house.write("Ben", "To the copy.", to=copies[0]["id"], channel_id=thread_id)
    await house.settle()
    replies = await kept(house)
    assert replies["To the card."]["id"] == str(reply)
    assert (replies["To the card."]["parent"], replies["To the copy."]["parent"]) == (
        None,
        str(reply),
    )


# -- what was missed ------------------------------------------------------------------------------


@pytest.mark.parametrize("channel", ["essays", "essay-forum"])
async def test_what_was_said_while_the_bot_was_away_is_read(tmp_path: Path, channel: str) -> None:
    style = "thread" if channel == "essays" else None
    async with a_world() as emulator:
        async with lived_in(tmp_path, emulator) as house:
            thread_id, (first, *_) = await publish(house, channel=channel, style=style)
            early = await house.write("Ann", "Before.", channel_id=thread_id)
            await house.settle()
        await house_acts(house, thread_id, early, int(first["id"]))
        async with lived_in(tmp_path, emulator) as house:
            await house.settle()
            replies = await kept(house)
            assert set(replies) == {"", "To a part.", "Plain."}
            assert replies[""]["deleted"]
            assert replies["Plain."]["parent"] is None
            assert {reply["thread_id"] for reply in replies.values()} == {str(thread_id)}


async def house_acts(house: House, thread_id: int, early: int, part: int) -> None:
    """What members do while nobody listens; the thread is archived at the end."""
    async with aiohttp.ClientSession() as session:
        house.session = session
        await house.write("Ben", "Plain.", channel_id=thread_id)
        await house.write("Chloe", "To a part.", to=part, channel_id=thread_id)
        path = f"/channels/{thread_id}/messages/{early}"
        await house.act(house.member("Ann"), "DELETE", path)
        await change(house, thread_id, archived=True)
        house.emulator.world.touch()


async def test_a_reply_before_the_forums_post_is_known_is_kept(house: House) -> None:
    """The answer to the call is lost; until it is found, nobody knows that it is an essay's."""
    await fault(house, "POST", "/channels/*/threads", status=502, after_effect=True)
    await fault(house, "GET", "/guilds/*/threads/active", status=503, times=3)
    options = [{"type": 7, "name": "channel", "value": str(house.channel("essay-forum"))}]
    shown = await house.run("essay publish", file=("long.md", LONG.encode()), options=options)
    await house.press(shown, "Publish")
    await house.settle()
    (thread,) = (await house.world())["threads"]
    await house.write("Ann", "First!", channel_id=int(thread["id"]))
    await house.settle(600)
    assert len((await house.world())["threads"]) == 1
    assert (await kept(house))["First!"]["thread_id"] == thread["id"]
    await house.write("Ben", "Second.", channel_id=int(thread["id"]))
    await house.settle()
    assert "Second." in await kept(house)


async def test_a_forums_post_is_not_started_again_where_its_history_is_not_shown(
    house: House,
) -> None:
    """Not finding it proves nothing without the right to read."""
    forum = house.channel("essay-forum")
    deny = {"type": 1, "allow": "0", "deny": str(1 << 16)}
    path = f"/channels/{forum}/permissions/{house.salon.own_id}"
    options = [{"type": 7, "name": "channel", "value": str(forum)}]
    shown = await house.run("essay publish", file=("long.md", LONG.encode()), options=options)
    await fault(house, "POST", "/channels/*/threads", status=502, after_effect=False)
    await house.press(shown, "Publish")
    await house.act(house.member(), "PUT", path, deny)
    await house.settle(1800)
    assert (await house.world())["threads"] == []
    assert "*Read Message History*" in await house.said(await command(house, "show"))
    await house.act(house.member(), "DELETE", path)
    await house.settle(2 * 3600)
    (thread,) = (await house.world())["threads"]
    assert numbers(await house.ours(int(thread["id"]))) == ["0", "1", "2", "3", "4"]
