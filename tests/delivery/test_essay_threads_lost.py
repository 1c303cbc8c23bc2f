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
from tests.support.running_bot import House, a_house

START_POST = "/channels/*/threads"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with a_house(tmp_path) as opened:
        yield opened


async def begin(house: House, *, forum: bool) -> dict[str, Any]:
    """Hand an essay in and press Publish; what shows how it goes."""
    options: list[dict[str, Any]] = [{"type": 3, "name": "style", "value": "thread"}]
    if forum:
        options = [{"type": 7, "name": "channel", "value": str(house.channel("essay-forum"))}]
    shown = await house.run("essay publish", file=("long.md", LONG.encode()), options=options)
    await house.press(shown, "Publish")
    return shown


async def whole(house: House) -> bool:
    """Whether the essay stands in the one thread there is."""
    (thread,) = (await house.world())["threads"]
    return numbers(await house.ours(int(thread["id"]))) == ["0", "1", "2", "3", "4"]


async def test_a_card_deleted_before_its_id_was_known_stops_the_publishing(house: House) -> None:
    await fault(house, "POST", MESSAGES, status=None, after_effect=True)
    put = house.salon.services.recorder.put
    house.salon.services.recorder.put = lambda events: 0  # type: ignore[method-assign]
    await begin(house, forum=False)
    await house.settle()
    (card,) = await house.ours()
    path = f"/channels/{house.channel()}/messages/{card['id']}"
    await house.act(house.member(), "DELETE", path)
    await house.settle(60)
    house.salon.services.recorder.put = put  # type: ignore[method-assign]
    stopped = await command(house, "show")
    assert "The opening card was deleted" in await house.said(stopped)
    await house.press(stopped, "Go on")
    await house.settle(60)
    assert await whole(house)


@pytest.mark.parametrize("beheaded", [False, True], ids=["whole", "without its first message"])
@pytest.mark.parametrize("archived", [False, True], ids=["active", "archived"])
async def test_a_forums_post_is_found_wherever_it_is(
    house: House, archived: bool, beheaded: bool
) -> None:
    await fault(house, "POST", START_POST, status=502, after_effect=True)
    await fault(house, "GET", "/guilds/*/threads/active", status=503, times=5)
    await begin(house, forum=True)
    await house.settle()
    (thread,) = (await house.world())["threads"]
    if beheaded:
        path = f"/channels/{thread['id']}/messages/{thread['id']}"
        await house.act(house.member(), "DELETE", path)
    if archived:
        await change(house, int(thread["id"]), archived=True)
    await house.settle(900)
    assert await whole(house)


async def test_a_members_post_of_the_same_name_is_not_taken_for_the_essays(house: House) -> None:
    await fault(house, "POST", START_POST, status=502, after_effect=False)
    await begin(house, forum=True)
    path = f"/channels/{house.channel('essay-forum')}/threads"
    await house.act(
        house.member("Ann"), "POST", path, {"name": "Long", "message": {"content": "Mine."}}
    )
    await house.settle(600)
    owners = {thread["owner_id"] for thread in (await house.world())["threads"]}
    assert owners == {str(house.member("Ann").id), str(house.salon.own_id)}


async def test_a_forums_post_waits_where_the_server_is_full_of_threads(house: House) -> None:
    """docs: Topics › Opcodes and Status Codes › JSON Error Codes, 160006."""
    world = house.emulator.world
    before, world.thread_limit = world.thread_limit, 0
    await begin(house, forum=True)
    await house.settle(120)
    assert (await house.world())["threads"] == []
    assert "as many active threads as Discord allows" in await house.said(
        await command(house, "show")
    )
    world.thread_limit = before
    await house.settle(2 * 3600)
    assert await whole(house)


async def test_an_essays_thread_waits_where_announcements_have_too_many(house: House) -> None:
    """docs: Topics › Opcodes and Status Codes › JSON Error Codes, 160007."""
    await fault(house, "POST", THREADS, status=400, code=160007)
    await begin(house, forum=False)
    await house.settle(2 * 3600)
    assert await whole(house)


@pytest.mark.parametrize("forum", [False, True], ids=["thread", "forum"])
async def test_a_title_that_automod_refuses_stops_the_essay_and_says_so(
    house: House, forum: bool
) -> None:
    """docs: Topics › Opcodes and Status Codes › JSON Error Codes, 200001."""
    await fault(house, "POST", START_POST if forum else THREADS, status=400, code=200001)
    await begin(house, forum=forum)
    await house.settle(120)
    assert "AutoMod refused" in await house.said(await command(house, "show"))


@pytest.mark.parametrize("code", [50083, 160005], ids=["archived", "locked"])
async def test_a_refusal_that_the_gateway_did_not_announce_is_overcome(
    house: House, code: int
) -> None:
    """docs: Topics › Opcodes and Status Codes › JSON Error Codes."""
    thread_id, inside = await publish(house, style="thread")
    await fault(house, "POST", MESSAGES, status=400 if code == 50083 else 403, code=code)
    await house.settle(86_400 + 4 * 3600)
    assert len(await house.ours(thread_id)) == len(inside) + 1


async def test_a_thread_that_opens_after_its_essay_was_withdrawn_is_locked(house: House) -> None:
    under_way, withdrawn = asyncio.Event(), asyncio.Event()

    async def hold(step: Step) -> None:
        if step.what == "POST /channels/{id}/messages/{id}/threads" and step.moment == "after":
            under_way.set()
            await withdrawn.wait()

    house.emulator.steps.hook = hold
    pressing = asyncio.create_task(begin(house, forum=False))
    await under_way.wait()
    await house.salon.services.publishing.withdraw(1, Actor(house.member().id, "Ada"))
    withdrawn.set()
    await pressing
    await house.settle(900)
    assert await house.ours() == []
    (thread,) = (await house.world())["threads"]
    assert state_of(house, int(thread["id"])).locked


async def test_a_thread_that_somebody_opened_on_the_card_first_becomes_the_essays(
    house: House,
) -> None:
    await fault(house, "POST", THREADS, status=503, times=2)
    await begin(house, forum=False)
    await house.settle()
    (card,) = await house.ours()
    path = f"/channels/{house.channel()}/messages/{card['id']}/threads"
    await house.act(house.member("Ben"), "POST", path, {"name": "Mine"})
    await house.write("Ben", "In here.", channel_id=int(card["id"]))
    await house.settle(60)
    assert await whole(house)
    (reply,) = (await house.export())["replies"]
    assert (reply["parent"], reply["thread_id"]) == (None, card["id"])
