"""What is rare at the start of an essay's own thread or post, and has to end well all the same."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.emulator.faults.steps import Step
from bot.publishing.publish import Actor
from tests.delivery.test_essay_threads import MESSAGES, THREADS, change, fault, state_of
from tests.delivery.test_styles import LONG, command, numbers, publish
from tests.support.running_bot import RunningBot, running_bot

START_POST = "/channels/*/threads"


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[RunningBot]:
    async with running_bot(tmp_path) as opened:
        yield opened


async def begin(running: RunningBot, *, forum: bool) -> dict[str, Any]:
    """Hand an essay in and press Publish; what shows how it goes."""
    options: list[dict[str, Any]] = [{"type": 3, "name": "style", "value": "thread"}]
    if forum:
        options = [{"type": 7, "name": "channel", "value": str(running.channel("essay-forum"))}]
    shown = await running.run_command(
        "essay publish", file=("long.md", LONG.encode()), options=options
    )
    await running.press(shown, "Publish")
    return shown


async def whole(running: RunningBot) -> bool:
    """Whether the essay stands in the one thread there is."""
    (thread,) = (await running.world())["threads"]
    return numbers(await running.bot_messages(int(thread["id"]))) == ["0", "1", "2", "3", "4"]


async def test_a_card_deleted_before_its_id_was_known_stops_publishing(
    running: RunningBot,
) -> None:
    await fault(running, "POST", MESSAGES, status=None, after_effect=True)
    put = running.salon.services.recorder.put
    running.salon.services.recorder.put = lambda events: 0  # type: ignore[method-assign]
    await begin(running, forum=False)
    await running.settle()
    (card,) = await running.bot_messages()
    path = f"/channels/{running.channel()}/messages/{card['id']}"
    await running.call_as(running.member(), "DELETE", path)
    await running.settle(60)
    running.salon.services.recorder.put = put  # type: ignore[method-assign]
    stopped = await command(running, "show")
    assert "The opening card was deleted" in await running.answer_text(stopped)
    await running.press(stopped, "Retry")
    await running.settle(60)
    assert await whole(running)


@pytest.mark.parametrize("beheaded", [False, True], ids=["whole", "without its first message"])
@pytest.mark.parametrize("archived", [False, True], ids=["active", "archived"])
async def test_a_forum_post_is_found_among_active_and_archived_threads(
    running: RunningBot, archived: bool, beheaded: bool
) -> None:
    await fault(running, "POST", START_POST, status=502, after_effect=True)
    await fault(running, "GET", "/guilds/*/threads/active", status=503, times=5)
    await begin(running, forum=True)
    await running.settle()
    (thread,) = (await running.world())["threads"]
    if beheaded:
        path = f"/channels/{thread['id']}/messages/{thread['id']}"
        await running.call_as(running.member(), "DELETE", path)
    if archived:
        await change(running, int(thread["id"]), archived=True)
    await running.settle(900)
    assert await whole(running)


async def test_a_members_post_of_the_same_name_is_not_taken_for_the_essays(
    running: RunningBot,
) -> None:
    await fault(running, "POST", START_POST, status=502, after_effect=False)
    await begin(running, forum=True)
    path = f"/channels/{running.channel('essay-forum')}/threads"
    await running.call_as(
        running.member("Ann"), "POST", path, {"name": "Long", "message": {"content": "Mine."}}
    )
    await running.settle(600)
    owners = {thread["owner_id"] for thread in (await running.world())["threads"]}
    assert owners == {str(running.member("Ann").id), str(running.salon.own_id)}


async def test_a_forum_post_waits_if_the_server_has_too_many_threads(running: RunningBot) -> None:
    """docs: Topics › Opcodes and Status Codes › JSON Error Codes, 160006."""
    world = running.emulator.world
    before, world.thread_limit = world.thread_limit, 0
    await begin(running, forum=True)
    await running.settle(120)
    assert (await running.world())["threads"] == []
    assert "as many active threads as Discord allows" in await running.answer_text(
        await command(running, "show")
    )
    world.thread_limit = before
    await running.settle(2 * 3600)
    assert await whole(running)


async def test_an_essays_thread_waits_if_an_announcement_channel_has_too_many(
    running: RunningBot,
) -> None:
    """docs: Topics › Opcodes and Status Codes › JSON Error Codes, 160007."""
    await fault(running, "POST", THREADS, status=400, code=160007)
    await begin(running, forum=False)
    await running.settle(2 * 3600)
    assert await whole(running)


@pytest.mark.parametrize("forum", [False, True], ids=["thread", "forum"])
async def test_a_title_that_automod_blocks_stops_publishing_with_an_alert(
    running: RunningBot, forum: bool
) -> None:
    """docs: Topics › Opcodes and Status Codes › JSON Error Codes, 200001."""
    await fault(running, "POST", START_POST if forum else THREADS, status=400, code=200001)
    await begin(running, forum=forum)
    await running.settle(120)
    assert "AutoMod blocked" in await running.answer_text(await command(running, "show"))


@pytest.mark.parametrize("code", [50083, 160005], ids=["archived", "locked"])
async def test_a_refused_call_whose_cause_no_event_reported_is_retried(
    running: RunningBot, code: int
) -> None:
    """docs: Topics › Opcodes and Status Codes › JSON Error Codes."""
    thread_id, inside = await publish(running, style="thread")
    await fault(running, "POST", MESSAGES, status=400 if code == 50083 else 403, code=code)
    await running.settle(86_400 + 4 * 3600)
    assert len(await running.bot_messages(thread_id)) == len(inside) + 1


async def test_a_thread_that_opens_after_its_essay_was_withdrawn_is_locked(
    running: RunningBot,
) -> None:
    under_way, withdrawn = asyncio.Event(), asyncio.Event()

    async def hold(step: Step) -> None:
        if step.what == "POST /channels/{id}/messages/{id}/threads" and step.moment == "after":
            under_way.set()
            await withdrawn.wait()

    running.emulator.steps.hook = hold
    pressing = asyncio.create_task(begin(running, forum=False))
    await under_way.wait()
    await running.salon.services.publishing.withdraw(1, Actor(running.member().id, "Ada"))
    withdrawn.set()
    await pressing
    await running.settle(900)
    assert await running.bot_messages() == []
    (thread,) = (await running.world())["threads"]
    assert state_of(running, int(thread["id"])).locked


async def test_a_thread_that_somebody_opened_on_the_card_first_becomes_the_essays(
    running: RunningBot,
) -> None:
    await fault(running, "POST", THREADS, status=503, times=2)
    await begin(running, forum=False)
    await running.settle()
    (card,) = await running.bot_messages()
    path = f"/channels/{running.channel()}/messages/{card['id']}/threads"
    await running.call_as(running.member("Ben"), "POST", path, {"name": "Mine"})
    await running.write("Ben", "In here.", channel_id=int(card["id"]))
    await running.settle(60)
    assert await whole(running)
    (reply,) = (await running.export())["replies"]
    assert (reply["parent"], reply["thread_id"]) == (None, card["id"])
