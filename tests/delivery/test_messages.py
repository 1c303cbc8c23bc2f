"""Exactly once: whatever happens at a call, the post or thread stands once, and in order."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.core.text.coded_text import read_coded
from bot.emulator.faults.steps import Step
from bot.emulator.server import Emulator
from bot.publishing.publish import Actor
from tests.support.running_bot import (
    ESSAY,
    RunningBot,
    find_buttons,
    run_bot,
    run_emulator,
    running_bot,
)

CREATE = "/channels/*/messages"
START_THREAD = "/channels/*/messages/*/threads"
ADD_MEMBER = "/channels/*/thread-members/*"

LONG = "# Long\n\n" + "\n\n".join(f"Paragraph {n}. " + "It takes time. " * 90 for n in range(5))


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[RunningBot]:
    async with running_bot(tmp_path) as opened:
        yield opened


async def fault(running: RunningBot, method: str, path: str, **more: Any) -> None:
    body = {"kind": "http", "method": method, "path": path, "times": 1, "after_effect": False}
    await running.control("faults", body | more)


SMOKE = pytest.mark.smoke


async def whole(running: RunningBot, essay: str = LONG) -> list[str]:
    """The essay's paragraphs as they stand in the channel, in order."""
    together = "\n".join(message["content"] for message in await running.bot_messages())
    return [word.split(".")[0] for word in together.split("Paragraph ")[1:]]


@pytest.mark.parametrize("after_effect", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("status", [500, 502, pytest.param(503, marks=SMOKE), 429, None])
async def test_a_call_that_fails_once_posts_its_part_once(
    running: RunningBot, status: int | None, after_effect: bool
) -> None:
    if status == 429 and after_effect:
        pytest.skip("a 429 has no effect (docs: Topics › Rate Limits)")
    await fault(running, "POST", CREATE, status=status, after_effect=after_effect)
    interaction = await running.start_publishing(LONG)
    await running.settle(120)
    assert "is published" in await running.answer_text(interaction)
    assert await whole(running) == ["0", "1", "2", "3", "4"]


async def test_an_hours_outage_is_survived_and_messages_stay_in_order(running: RunningBot) -> None:
    await fault(running, "POST", CREATE, status=503, times=10_000)
    await running.start_publishing(LONG)
    await running.settle(3600)
    assert await running.bot_messages() == []
    async with running.session.delete(f"{running.emulator.page}/rehearsal/faults") as response:
        assert response.status < 300
    await running.settle(600)
    assert await whole(running) == ["0", "1", "2", "3", "4"]


async def test_a_message_whose_response_was_lost_long_ago_is_found_in_the_history(
    running: RunningBot,
) -> None:
    """The nonce is forgotten after a minute; then the channel is looked through."""
    await fault(running, "POST", CREATE, status=None, after_effect=True)
    # Until then nothing gets through, so that more than a minute lies between the attempts,
    # and no gateway tells of the message either.
    await running.settle()
    running.salon.services.recorder.put = lambda events: 0  # type: ignore[method-assign]
    await running.start_publishing()
    await running.settle()
    standing = await running.bot_messages()
    assert len(standing) == 1
    # The attempts come after 2, 4, 8, 16 and 32 seconds: the last of these looks first.
    await fault(running, "POST", CREATE, status=503, times=4)
    await running.settle(600)
    now = await running.bot_messages()
    assert [message["id"] for message in now[: len(standing)]] == [m["id"] for m in standing]
    assert len(now) == 3


async def test_without_the_history_nothing_is_sent_again_after_the_nonce_has_expired(
    running: RunningBot,
) -> None:
    """An empty history proves nothing where it may not be read."""
    await fault(running, "POST", CREATE, status=None, after_effect=True)
    running.salon.services.recorder.put = lambda events: 0  # type: ignore[method-assign]
    await running.start_publishing()
    await running.settle()
    await fault(running, "POST", CREATE, status=503, times=4)
    path = f"/channels/{running.channel()}/permissions/{running.salon.own_id}"
    deny = {"type": 1, "allow": "0", "deny": str(1 << 16)}
    await running.call_as(running.member(), "PUT", path, deny)
    await running.settle(1800)
    assert len(await running.bot_messages()) == 1, "not twice"
    shown = await running.database.read(
        lambda tx: tx.rows("SELECT last_error FROM planned_messages ORDER BY id")
    )
    assert json.loads(shown[0]["last_error"])["code"] == "history-unreadable"
    await running.call_as(running.member(), "DELETE", path)
    await running.settle(2 * 3600)
    assert len(await running.bot_messages()) == 3


async def test_a_message_deleted_before_its_id_was_known_counts_as_sent(
    running: RunningBot,
) -> None:
    """A repeated nonce whose message is gone is answered with 10008: it had been sent."""
    await fault(running, "POST", CREATE, status=None, after_effect=True)
    running.salon.services.recorder.put = lambda events: 0  # type: ignore[method-assign]
    await running.start_publishing()
    await running.settle()
    (card,) = await running.bot_messages()
    path = f"/channels/{running.channel()}/messages/{card['id']}"
    await running.call_as(running.member(), "DELETE", path)
    await running.settle(60)
    assert len(await running.bot_messages()) == 2, "part and closing message, no second card"
    assert (await running.export())["essay"]["state"] == "open"


@pytest.mark.parametrize("after_effect", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("status", [502, 503, None])
@pytest.mark.parametrize("method_and_path", [("POST", START_THREAD), ("PUT", ADD_MEMBER)])
async def test_a_thread_whose_call_fails_is_opened_once_with_its_author(
    running: RunningBot, method_and_path: tuple[str, str], status: int | None, after_effect: bool
) -> None:
    *_, closing = await running.publish()
    await fault(running, *method_and_path, status=status, after_effect=after_effect)
    reply = await running.write("Ann", "I would.", to=closing["id"])
    await running.settle(120)
    state = running.emulator.world.channels[reply].thread
    assert state is not None
    assert running.member("Ann").id in state.members


async def test_a_thread_that_fails_does_not_delay_the_others(running: RunningBot) -> None:
    *_, closing = await running.publish()
    first = await running.write("Ann", "I would.", to=closing["id"])
    await fault(running, "POST", f"/channels/*/messages/{first}/threads", status=503, times=1000)
    others = [await running.write("Ben", f"Point {n}.", to=closing["id"]) for n in range(10)]
    await running.settle()
    threads = {thread["id"] for thread in (await running.world())["threads"]}
    assert {str(other) for other in others} <= threads


async def test_a_reply_deleted_before_its_thread_is_opened_gets_none(tmp_path: Path) -> None:
    async with run_emulator() as emulator, run_bot(tmp_path, emulator) as running:
        *_, closing = await running.publish()
        await fault(running, "POST", START_THREAD, status=503, times=1000)
        reply = await running.write("Ann", "I would.", to=closing["id"])
        await running.settle()
        here = f"/channels/{running.channel()}/messages/{reply}"
        await running.call_as(running.member("Ann"), "DELETE", here)
        await clear(running, emulator)
        await running.settle(600)
        (kept,) = (await running.export())["replies"]
        assert (kept["deleted"], kept["thread_id"]) == (True, None)
        assert running.salon.services.scheduler.next_due is not None, "the prompt, and nothing else"


async def clear(running: RunningBot, emulator: Emulator) -> None:
    async with running.session.delete(f"{emulator.page}/rehearsal/faults") as response:
        assert response.status < 300


async def test_publishing_waits_for_a_permission_that_was_lost_midway(running: RunningBot) -> None:
    await fault(running, "POST", CREATE, status=503, times=1000)
    await running.start_publishing(LONG)
    await running.settle()
    path = f"/channels/{running.channel()}/permissions/{running.salon.own_id}"
    deny = {"type": 1, "allow": "0", "deny": str(1 << 11)}
    await running.call_as(running.member(), "PUT", path, deny)
    await clear(running, running.emulator)
    await running.settle(3600)
    assert await running.bot_messages() == []
    await running.call_as(running.member(), "DELETE", path)
    await running.settle(2 * 3600)
    assert await whole(running) == ["0", "1", "2", "3", "4"]


async def test_a_message_that_is_a_reply_waits_for_the_permission_to_read_the_history(
    running: RunningBot,
) -> None:
    """docs: Topics › Opcodes and Status Codes › JSON Error Codes, 160002."""
    *_, closing = await running.publish()
    head = await running.write("Ann", "The crust.", to=closing["id"])
    await running.settle()
    before = len(await running.bot_messages())
    path = f"/channels/{running.channel()}/permissions/{running.salon.own_id}"
    deny = {"type": 1, "allow": "0", "deny": str(1 << 16)}
    await running.call_as(running.member(), "PUT", path, deny)
    await running.write("Ben", "The crumb.", to=str(head))
    await running.settle(300)
    assert len(await running.bot_messages()) == before
    await running.call_as(running.member(), "DELETE", path)
    await running.settle(3600)
    # It was taken away again by now.
    lines = [
        m["content"] for m in (await running.world())["messages"] if "continues in" in m["content"]
    ]
    assert len(lines) == 1


async def test_a_message_that_automod_blocks_stops_publishing_with_an_alert(
    running: RunningBot,
) -> None:
    """docs: Topics › Opcodes and Status Codes › JSON Error Codes, 200000."""
    await running.publish(ESSAY)
    before = len(await running.bot_messages())
    await fault(running, "POST", CREATE, status=400, code=200000, message="Blocked", times=1)
    interaction = await running.start_publishing(LONG)
    told = await running.answer_text(interaction)
    assert "stopped after 0 of" in told
    assert "AutoMod" in told
    assert len(await running.bot_messages()) == before, (
        "an essay with a hole is worse than one that stops"
    )


async def test_a_prompt_without_a_response_ends_when_its_channel_is_deleted(
    running: RunningBot,
) -> None:
    """Whether it got through is not to be learned any more; it is not tried for ever."""
    await running.publish(ESSAY)
    await fault(running, "POST", CREATE, status=503, times=1)
    await running.settle(24 * 3600)

    async def prompt() -> tuple[str, str | None]:
        first = "SELECT state, reason FROM prompts WHERE kind = 'step' ORDER BY id"
        row, *_ = await running.database.read(lambda tx: tx.rows(first))
        reason = read_coded(row["reason"])
        return row["state"], None if reason is None else str(reason)

    assert await prompt() == ("claimed", None)
    await running.call_as(running.member(), "DELETE", f"/channels/{running.channel()}")
    await running.settle(3600)
    assert await prompt() == ("failed", "The channel was deleted.")


MESSAGE = "/channels/*/messages/*"
WITHDRAW: dict[str, Any] = {"options": [{"type": 3, "name": "essay", "value": "1"}]}


async def withdraw(running: RunningBot) -> int:
    """Withdraw an essay that has a thread; the thread."""
    *_, closing = await running.publish()
    head = await running.write("Ann", "I would.", to=closing["id"])
    await running.settle()
    await running.press(await running.run_command("essay withdraw", **WITHDRAW), "Withdraw")
    return head


async def taken_back(running: RunningBot, head: int) -> bool:
    state = running.emulator.world.channels[head].thread
    return await running.bot_messages() == [] and state is not None and state.locked


@pytest.mark.parametrize("after_effect", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("status", [502, 503, None])
@pytest.mark.parametrize("method_and_path", [("DELETE", MESSAGE), ("PATCH", "/channels/*")])
async def test_an_edit_whose_call_fails_is_retried_until_it_is_done(
    running: RunningBot, method_and_path: tuple[str, str], status: int | None, after_effect: bool
) -> None:
    await fault(running, *method_and_path, status=status, after_effect=after_effect)
    head = await withdraw(running)
    await running.settle(120)
    assert await taken_back(running, head)


async def test_an_edit_waits_for_a_permission_and_continues_after_a_restart(tmp_path: Path) -> None:
    async with run_emulator() as emulator:
        async with run_bot(tmp_path, emulator) as running:
            await fault(running, "DELETE", MESSAGE, status=403, code=50013, times=50)
            head = await withdraw(running)
            await running.settle(600)
            assert not await taken_back(running, head)
            await clear(running, emulator)
        async with run_bot(tmp_path, emulator) as running:
            await running.settle(2 * 3600)
            assert await taken_back(running, head)


async def test_an_edit_that_discord_refuses_permanently_is_given_up(running: RunningBot) -> None:
    await fault(running, "DELETE", MESSAGE, status=400, code=50021, times=1)
    await withdraw(running)
    await running.settle(60)
    rows = await running.database.read(
        lambda tx: tx.rows("SELECT kind, state FROM message_edits WHERE state <> 'done'")
    )
    assert [(row["kind"], row["state"]) for row in rows] == [("delete", "failed")]


async def test_a_message_that_is_deleted_already_needs_no_edit(running: RunningBot) -> None:
    *_, part = await running.publish()
    path = f"/channels/{running.channel()}/messages/{part['id']}"
    await running.call_as(running.member(), "DELETE", path)
    await running.press(await running.run_command("essay withdraw", **WITHDRAW), "Withdraw")
    await running.settle(60)
    assert await running.bot_messages() == []
    rows = await running.database.read(
        lambda tx: tx.rows("SELECT DISTINCT state FROM message_edits")
    )
    assert [row["state"] for row in rows] == ["done"]


async def test_a_message_posted_after_its_essay_was_withdrawn_is_deleted(
    running: RunningBot,
) -> None:
    interaction = await running.run_command("essay publish", file=("bread.md", ESSAY.encode()))
    await running.answer_text(interaction)
    (button,) = [
        b
        for b in find_buttons((await running.answer_message(interaction))["components"])
        if b["label"] == "Publish"
    ]
    under_way, withdrawn = asyncio.Event(), asyncio.Event()

    async def hold(step: Step) -> None:
        if step.what == "POST /channels/{id}/messages" and step.moment == "before":
            under_way.set()
            await withdrawn.wait()

    running.emulator.steps.hook = hold
    shown = await running.answer_message(interaction)
    await running.interact(
        3,
        {"component_type": 2, "custom_id": button["custom_id"]},
        message_id=shown["id"],
        message_flags=shown["flags"],
    )
    await under_way.wait()
    actor = Actor(running.member().id, "Ada")
    await running.salon.services.publishing.withdraw(1, actor)
    withdrawn.set()
    await running.settle(60)
    deleted = [m for m in (await running.world())["messages"] if m["deleted"]]
    assert len(deleted) == 1, "it was posted, and then taken back"
    assert await running.bot_messages() == []
