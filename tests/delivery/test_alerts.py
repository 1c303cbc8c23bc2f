"""Admins are told of what Discord refuses of replies' threads and of edits."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.db.writer import Transaction
from storage.servers import settings
from tests.publishing.test_edit import applied, concluded, long
from tests.support.running_bot import House, a_house

THREADS = "/channels/*/messages/*/threads"
MESSAGE = "/channels/*/messages/*"
CHOSEN = [{"type": 3, "name": "essay", "value": "1"}]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with a_house(tmp_path) as opened:
        board, now = opened.channel("admins"), opened.clock.now_ms()

        async def choose(tx: Transaction) -> None:
            await settings.register(tx, opened.server_id, "", now)
            await settings.set_notices_channel(tx, opened.server_id, board)

        await opened.database.write(choose)
        yield opened


async def refuse(house: House, method: str, path: str, code: int, times: int) -> None:
    """Have AutoMod refuse; docs: Topics › Opcodes and Status Codes › JSON Error Codes."""
    fault = {"kind": "http", "method": method, "path": path, "times": times, "status": 400}
    await house.control("faults", {**fault, "code": code, "after_effect": False})


async def told(house: House) -> list[str]:
    return [message["content"] for message in await house.ours(house.channel("admins"))]


async def names(house: House) -> list[str]:
    return [thread["name"] for thread in (await house.world())["threads"]]


async def test_a_thread_whose_name_automod_refuses_gets_a_plain_one(house: House) -> None:
    *_, closing = await house.publish()
    await refuse(house, "POST", THREADS, 200001, times=1)
    head = await house.write("Ann", "A word that AutoMod minds.", to=closing["id"])
    await house.settle(5)
    assert await names(house) == ["A reply to Slow bread"]
    assert (await house.export())["replies"][0]["thread_id"] == str(head)
    assert await told(house) == []


async def test_admins_are_told_once_where_the_plain_name_is_refused_too(house: House) -> None:
    *_, closing = await house.publish()
    await refuse(house, "POST", THREADS, 200001, times=4)
    for text in ("One.", "Two."):
        await house.write("Ann", text, to=closing["id"])
        await house.settle(5)
    assert await names(house) == []
    (notice,) = await told(house)
    assert "got no thread" in notice
    assert "AutoMod refused" in notice
    await house.write("Ann", "Three.", to=closing["id"])
    await house.settle(5)
    assert await names(house) == ["Ann: Three."]
    await refuse(house, "POST", THREADS, 200001, times=2)
    await house.write("Ann", "Four.", to=closing["id"])
    await house.settle(5)
    assert len(await told(house)) == 2, "it had passed, so it is news again"


async def test_admins_are_told_once_of_the_right_that_threads_wait_for(house: House) -> None:
    *_, closing = await house.publish()
    path = f"/channels/{house.channel()}/permissions/{house.server_id}"
    denied = {"type": 0, "allow": "0", "deny": str(1 << 35)}
    await house.act(house.member(), "PUT", path, denied)
    for text in ("One.", "Two."):
        await house.write("Ann", text, to=closing["id"])
    await house.settle(4 * 3600)
    (notice,) = await told(house)
    assert "waits for its thread" in notice
    assert "*Create Public Threads*" in notice
    await house.act(house.member(), "DELETE", path)
    await house.settle(2 * 3600)
    assert sorted(await names(house)) == ["Ann: One.", "Ann: Two."]


async def test_admins_are_told_once_of_messages_of_an_edit_that_automod_refuses(
    house: House,
) -> None:
    await house.publish(long("One", "Two", "Three", "Four"))
    await refuse(house, "PATCH", MESSAGE, 200000, times=1)
    interaction = await applied(house, long("New", "Too", "Tree", "For"))
    assert "AutoMod refused" in await concluded(house, interaction)
    await house.settle(60)
    (notice,) = await told(house)
    assert notice.startswith("The new text of “Slow bread” stopped")
    assert "AutoMod refused" in notice
    assert "`/essay show`" in notice
    await refuse(house, "PATCH", MESSAGE, 200000, times=1)
    await house.press(await house.run("essay show", options=CHOSEN), "Go on")
    await house.settle(60)
    assert len(await told(house)) == 1, "it stops where it stopped before"
    await house.press(await house.run("essay show", options=CHOSEN), "Go on")
    await house.settle(60)
    said = [message["content"][:4] for message in await house.ours()][1:5]
    assert said == ["New.", "Too.", "Tree", "For."]
    await refuse(house, "PATCH", MESSAGE, 200000, times=1)
    await concluded(house, await applied(house, long("One", "Two", "Three", "Four")))
    assert len(await told(house)) == 2, "it had passed, so it is news again"


async def test_admins_are_told_of_the_right_that_an_edit_waits_for(house: House) -> None:
    await house.publish(long("One", "Two"))
    fault = {"kind": "http", "method": "PATCH", "path": MESSAGE, "times": 1, "status": 403}
    await house.control("faults", {**fault, "code": 50001, "after_effect": False})
    await applied(house, long("New", "Two"))
    await house.settle(3600)
    (notice,) = await told(house)
    assert notice.startswith("The new text of “Slow bread” waits")
    assert (await house.ours())[1]["content"].startswith("New.")


async def test_admins_are_told_that_a_message_an_edit_needs_was_deleted(house: House) -> None:
    _, first, *_ = await house.publish(long("One", "Two"))
    fault = {"kind": "http", "method": "PATCH", "path": MESSAGE, "times": 1, "status": 404}
    await house.control("faults", {**fault, "code": 10008, "after_effect": False})
    await applied(house, long("New", "Two"))
    await house.settle(60)
    (notice,) = await told(house)
    assert "A message of the essay was deleted; edit the essay once more" in notice
    assert "/essay show" not in notice
    await house.act(house.member(), "DELETE", f"/channels/{house.channel()}/messages/{first['id']}")
    await concluded(house, await applied(house, long("New", "Two")))
    said = " ".join(message["content"] for message in await house.ours())
    assert (said.count("New. The"), said.count("Two. The")) == (1, 1)
