"""Admins are told of what Discord refuses of replies' threads and of edits."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.db.writer import Transaction
from storage.servers import settings
from tests.publishing.test_edit import applied, concluded, long
from tests.support.running_bot import RunningBot, running_bot

THREADS = "/channels/*/messages/*/threads"
MESSAGE = "/channels/*/messages/*"
CHOSEN = [{"type": 3, "name": "essay", "value": "1"}]


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[RunningBot]:
    async with running_bot(tmp_path) as opened:
        board, now = opened.channel("admins"), opened.clock.now_ms()

        async def choose(tx: Transaction) -> None:
            await settings.register_server(tx, opened.server_id, "", now)
            await settings.set_alerts_channel(tx, opened.server_id, board)

        await opened.database.write(choose)
        yield opened


async def refuse(running: RunningBot, method: str, path: str, code: int, times: int) -> None:
    """Have AutoMod refuse; docs: Topics › Opcodes and Status Codes › JSON Error Codes."""
    fault = {"kind": "http", "method": method, "path": path, "times": times, "status": 400}
    await running.control("faults", {**fault, "code": code, "after_effect": False})


async def told(running: RunningBot) -> list[str]:
    return [message["content"] for message in await running.bot_messages(running.channel("admins"))]


async def names(running: RunningBot) -> list[str]:
    return [thread["name"] for thread in (await running.world())["threads"]]


async def test_a_thread_whose_name_automod_blocks_gets_a_plain_one(running: RunningBot) -> None:
    *_, closing = await running.publish()
    await refuse(running, "POST", THREADS, 200001, times=1)
    head = await running.write("Ann", "A word that AutoMod minds.", to=closing["id"])
    await running.settle(5)
    assert await names(running) == ["A reply to Slow bread"]
    assert (await running.export())["replies"][0]["thread_id"] == str(head)
    assert await told(running) == []


async def test_an_erased_name_is_replaced_even_if_automod_blocks_the_essays_title(
    running: RunningBot,
) -> None:
    *_, closing = await running.publish()
    head = await running.write("Ann", "A heliotrope secret.", to=closing["id"])
    await running.settle()
    await refuse(running, "PATCH", f"/channels/{head}", 200001, times=1)
    path = f"/channels/{running.channel()}/messages/{head}"
    await running.call_as(running.member("Ann"), "DELETE", path)
    await running.settle(5)
    assert await names(running) == ["A reply"]
    rows = await running.database.read(lambda tx: tx.rows("SELECT name FROM threads"))
    assert [row["name"] for row in rows] == ["A reply"]


async def test_admins_are_alerted_once_if_automod_blocks_the_plain_name_too(
    running: RunningBot,
) -> None:
    *_, closing = await running.publish()
    await refuse(running, "POST", THREADS, 200001, times=4)
    for text in ("One.", "Two."):
        await running.write("Ann", text, to=closing["id"])
        await running.settle(5)
    assert await names(running) == []
    (notice,) = await told(running)
    assert "won't get a thread" in notice
    assert "AutoMod blocked" in notice
    await running.write("Ann", "Three.", to=closing["id"])
    await running.settle(5)
    assert await names(running) == ["Ann: Three."]
    await refuse(running, "POST", THREADS, 200001, times=2)
    await running.write("Ann", "Four.", to=closing["id"])
    await running.settle(5)
    assert len(await told(running)) == 2, "it had passed, so it is news again"


async def test_admins_are_alerted_once_of_the_permission_that_threads_wait_for(
    running: RunningBot,
) -> None:
    *_, closing = await running.publish()
    path = f"/channels/{running.channel()}/permissions/{running.server_id}"
    denied = {"type": 0, "allow": "0", "deny": str(1 << 35)}
    await running.call_as(running.member(), "PUT", path, denied)
    for text in ("One.", "Two."):
        await running.write("Ann", text, to=closing["id"])
    await running.settle(4 * 3600)
    (notice,) = await told(running)
    assert "can't open a thread" in notice
    assert "*Create Public Threads*" in notice
    await running.call_as(running.member(), "DELETE", path)
    await running.settle(2 * 3600)
    assert sorted(await names(running)) == ["Ann: One.", "Ann: Two."]


async def test_admins_are_alerted_once_of_messages_of_an_edit_that_automod_blocks(
    running: RunningBot,
) -> None:
    await running.publish(long("One", "Two", "Three", "Four"))
    await refuse(running, "PATCH", MESSAGE, 200000, times=1)
    interaction = await applied(running, long("New", "Too", "Tree", "For"))
    assert "AutoMod blocked" in await concluded(running, interaction)
    await running.settle(60)
    (notice,) = await told(running)
    assert notice.startswith("Publishing the new text of “Slow bread”")
    assert "AutoMod blocked" in notice
    assert "`/essay show`" in notice
    await refuse(running, "PATCH", MESSAGE, 200000, times=1)
    await running.press(await running.run_command("essay show", options=CHOSEN), "Retry")
    await running.settle(60)
    assert len(await told(running)) == 1, "it stops where it stopped before"
    await running.press(await running.run_command("essay show", options=CHOSEN), "Retry")
    await running.settle(60)
    said = [message["content"][:4] for message in await running.bot_messages()][1:5]
    assert said == ["New.", "Too.", "Tree", "For."]
    await refuse(running, "PATCH", MESSAGE, 200000, times=1)
    await concluded(running, await applied(running, long("One", "Two", "Three", "Four")))
    assert len(await told(running)) == 2, "it had passed, so it is news again"


async def test_admins_are_alerted_of_the_permission_that_an_edit_waits_for(
    running: RunningBot,
) -> None:
    await running.publish(long("One", "Two"))
    fault = {"kind": "http", "method": "PATCH", "path": MESSAGE, "times": 1, "status": 403}
    await running.control("faults", {**fault, "code": 50001, "after_effect": False})
    await applied(running, long("New", "Two"))
    await running.settle(3600)
    (notice,) = await told(running)
    assert notice.startswith("Publishing the new text of “Slow bread”")
    assert (await running.bot_messages())[1]["content"].startswith("New.")


async def test_admins_are_alerted_that_a_message_an_edit_needs_was_deleted(
    running: RunningBot,
) -> None:
    _, first, *_ = await running.publish(long("One", "Two"))
    fault = {"kind": "http", "method": "PATCH", "path": MESSAGE, "times": 1, "status": 404}
    await running.control("faults", {**fault, "code": 10008, "after_effect": False})
    await applied(running, long("New", "Two"))
    await running.settle(60)
    (notice,) = await told(running)
    assert "A message of the essay was deleted. Edit the essay again" in notice
    assert "/essay show" not in notice
    await running.call_as(
        running.member(), "DELETE", f"/channels/{running.channel()}/messages/{first['id']}"
    )
    await concluded(running, await applied(running, long("New", "Two")))
    said = " ".join(message["content"] for message in await running.bot_messages())
    assert (said.count("New. The"), said.count("Two. The")) == (1, 1)
