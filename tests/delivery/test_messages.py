"""Exactly once: whatever happens at a call, the post or thread stands once, and in order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.emulator.faults.steps import Step
from bot.emulator.server import Emulator
from bot.publishing.publish import Actor
from tests.support.running_bot import ESSAY, House, a_house, a_world, buttons, lived_in

CREATE = "/channels/*/messages"
START_THREAD = "/channels/*/messages/*/threads"
ADD_MEMBER = "/channels/*/thread-members/*"

LONG = "# Long\n\n" + "\n\n".join(f"Paragraph {n}. " + "It takes time. " * 90 for n in range(5))


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with a_house(tmp_path) as opened:
        yield opened


async def fault(house: House, method: str, path: str, **more: Any) -> None:
    body = {"kind": "http", "method": method, "path": path, "times": 1, "after_effect": False}
    await house.control("faults", body | more)


async def whole(house: House, essay: str = LONG) -> list[str]:
    """The essay's paragraphs as they stand in the channel, in order."""
    together = "\n".join(message["content"] for message in await house.ours())
    return [word.split(".")[0] for word in together.split("Paragraph ")[1:]]


@pytest.mark.parametrize("after_effect", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("status", [500, 502, 503, 429, None])
async def test_a_call_that_fails_once_posts_its_part_once(
    house: House, status: int | None, after_effect: bool
) -> None:
    if status == 429 and after_effect:
        pytest.skip("a 429 has no effect (docs: Topics › Rate Limits)")
    await fault(house, "POST", CREATE, status=status, after_effect=after_effect)
    interaction = await house.publishing(LONG)
    await house.settle(120)
    assert "is published" in await house.said(interaction)
    assert await whole(house) == ["0", "1", "2", "3", "4"]


async def test_an_outage_of_an_hour_is_outlasted_in_order(house: House) -> None:
    await fault(house, "POST", CREATE, status=503, times=10_000)
    await house.publishing(LONG)
    await house.settle(3600)
    assert await house.ours() == []
    async with house.session.delete(f"{house.emulator.page}/rehearsal/faults") as response:
        assert response.status < 300
    await house.settle(600)
    assert await whole(house) == ["0", "1", "2", "3", "4"]


async def test_a_cut_after_the_effect_long_ago_is_found_in_the_history(house: House) -> None:
    """The nonce is forgotten after a minute; then the channel is looked through."""
    await fault(house, "POST", CREATE, status=None, after_effect=True)
    # Until then nothing gets through, so that more than a minute lies between the attempts,
    # and no gateway tells of the message either.
    await house.settle()
    house.salon.services.recorder.put = lambda events: 0  # type: ignore[method-assign]
    await house.publishing()
    await house.settle()
    standing = await house.ours()
    assert len(standing) == 1
    # The attempts come after 2, 4, 8, 16 and 32 seconds: the last of these looks first.
    await fault(house, "POST", CREATE, status=503, times=4)
    await house.settle(600)
    now = await house.ours()
    assert [message["id"] for message in now[: len(standing)]] == [m["id"] for m in standing]
    assert len(now) == 2


async def test_without_the_history_nothing_is_sent_again_after_the_nonce_is_forgotten(
    house: House,
) -> None:
    """An empty history proves nothing where it may not be read."""
    await fault(house, "POST", CREATE, status=None, after_effect=True)
    house.salon.services.recorder.put = lambda events: 0  # type: ignore[method-assign]
    await house.publishing()
    await house.settle()
    await fault(house, "POST", CREATE, status=503, times=4)
    path = f"/channels/{house.channel()}/permissions/{house.salon.own_id}"
    deny = {"type": 1, "allow": "0", "deny": str(1 << 16)}
    await house.act(house.member(), "PUT", path, deny)
    await house.settle(1800)
    assert len(await house.ours()) == 1, "not twice"
    shown = await house.database.read(
        lambda tx: tx.rows("SELECT last_error FROM planned_messages ORDER BY id")
    )
    assert "*Read Message History*" in shown[0]["last_error"]
    await house.act(house.member(), "DELETE", path)
    await house.settle(2 * 3600)
    assert len(await house.ours()) == 2


async def test_a_message_deleted_before_its_id_was_known_counts_as_sent(house: House) -> None:
    """A repeated nonce whose message is gone is answered with 10008: it had been sent."""
    await fault(house, "POST", CREATE, status=None, after_effect=True)
    house.salon.services.recorder.put = lambda events: 0  # type: ignore[method-assign]
    await house.publishing()
    await house.settle()
    (card,) = await house.ours()
    path = f"/channels/{house.channel()}/messages/{card['id']}"
    await house.act(house.member(), "DELETE", path)
    await house.settle(60)
    assert len(await house.ours()) == 1, "the part, and no second card"
    assert (await house.export())["essay"]["state"] == "open"


@pytest.mark.parametrize("after_effect", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("status", [502, 503, None])
@pytest.mark.parametrize("method_and_path", [("POST", START_THREAD), ("PUT", ADD_MEMBER)])
async def test_a_thread_whose_call_fails_stands_once_with_its_author(
    house: House, method_and_path: tuple[str, str], status: int | None, after_effect: bool
) -> None:
    *_, closing = await house.publish()
    await fault(house, *method_and_path, status=status, after_effect=after_effect)
    reply = await house.write("Ann", "I would.", to=closing["id"])
    await house.settle(120)
    state = house.emulator.world.channels[reply].thread
    assert state is not None
    assert house.member("Ann").id in state.members


async def test_one_thread_that_fails_does_not_hold_up_the_others(house: House) -> None:
    *_, closing = await house.publish()
    first = await house.write("Ann", "I would.", to=closing["id"])
    await fault(house, "POST", f"/channels/*/messages/{first}/threads", status=503, times=1000)
    others = [await house.write("Ben", f"Point {n}.", to=closing["id"]) for n in range(10)]
    await house.settle()
    threads = {thread["id"] for thread in (await house.world())["threads"]}
    assert {str(other) for other in others} <= threads


async def test_a_reply_that_is_deleted_before_its_thread_gets_none(tmp_path: Path) -> None:
    async with a_world() as emulator, lived_in(tmp_path, emulator) as house:
        *_, closing = await house.publish()
        await fault(house, "POST", START_THREAD, status=503, times=1000)
        reply = await house.write("Ann", "I would.", to=closing["id"])
        await house.settle()
        here = f"/channels/{house.channel()}/messages/{reply}"
        await house.act(house.member("Ann"), "DELETE", here)
        await clear(house, emulator)
        await house.settle(600)
        (kept,) = (await house.export())["replies"]
        assert (kept["deleted"], kept["thread_id"]) == (True, None)
        assert house.salon.services.sweep.next_due is not None, "the prompt, and nothing else"


async def clear(house: House, emulator: Emulator) -> None:
    async with house.session.delete(f"{emulator.page}/rehearsal/faults") as response:
        assert response.status < 300


async def test_a_right_that_is_lost_midway_is_waited_for(house: House) -> None:
    await fault(house, "POST", CREATE, status=503, times=1000)
    await house.publishing(LONG)
    await house.settle()
    path = f"/channels/{house.channel()}/permissions/{house.salon.own_id}"
    deny = {"type": 1, "allow": "0", "deny": str(1 << 11)}
    await house.act(house.member(), "PUT", path, deny)
    await clear(house, house.emulator)
    await house.settle(3600)
    assert await house.ours() == []
    await house.act(house.member(), "DELETE", path)
    await house.settle(2 * 3600)
    assert await whole(house) == ["0", "1", "2", "3", "4"]


async def test_a_line_that_replies_waits_for_the_right_to_read_the_history(house: House) -> None:
    """docs: Topics › Opcodes and Status Codes › JSON Error Codes, 160002."""
    *_, closing = await house.publish()
    head = await house.write("Ann", "The crust.", to=closing["id"])
    await house.settle()
    before = len(await house.ours())
    path = f"/channels/{house.channel()}/permissions/{house.salon.own_id}"
    deny = {"type": 1, "allow": "0", "deny": str(1 << 16)}
    await house.act(house.member(), "PUT", path, deny)
    await house.write("Ben", "The crumb.", to=str(head))
    await house.settle(300)
    assert len(await house.ours()) == before
    await house.act(house.member(), "DELETE", path)
    await house.settle(3600)
    # It was taken away again by now.
    lines = [
        m["content"] for m in (await house.world())["messages"] if "goes on in" in m["content"]
    ]
    assert len(lines) == 1


async def test_a_message_that_automod_refuses_stops_the_essay_and_says_so(house: House) -> None:
    """docs: Topics › Opcodes and Status Codes › JSON Error Codes, 200000."""
    await house.publish(ESSAY)
    before = len(await house.ours())
    await fault(house, "POST", CREATE, status=400, code=200000, message="Blocked", times=1)
    interaction = await house.publishing(LONG)
    told = await house.said(interaction)
    assert "stopped after 0 of" in told
    assert "AutoMod" in told
    assert len(await house.ours()) == before, "an essay with a hole is worse than one that stops"


async def test_a_prompt_of_which_no_answer_came_ends_with_its_deleted_channel(
    house: House,
) -> None:
    """Whether it got through is not to be learned any more; it is not tried for ever."""
    await house.publish(ESSAY)
    await fault(house, "POST", CREATE, status=503, times=1)
    await house.settle(24 * 3600)

    async def prompt() -> tuple[str, str | None]:
        first = "SELECT state, reason FROM prompts WHERE kind = 'step' ORDER BY id"
        row, *_ = await house.database.read(lambda tx: tx.rows(first))
        return row["state"], row["reason"]

    assert await prompt() == ("claimed", None)
    await house.act(house.member(), "DELETE", f"/channels/{house.channel()}")
    await house.settle(3600)
    assert await prompt() == ("failed", "The channel is gone.")


MESSAGE = "/channels/*/messages/*"
WITHDRAW: dict[str, Any] = {"options": [{"type": 3, "name": "essay", "value": "1"}]}


async def withdraw(house: House) -> int:
    """Withdraw an essay that has a thread; the thread."""
    *_, closing = await house.publish()
    head = await house.write("Ann", "I would.", to=closing["id"])
    await house.settle()
    await house.press(await house.run("essay withdraw", **WITHDRAW), "Withdraw")
    return head


async def taken_back(house: House, head: int) -> bool:
    state = house.emulator.world.channels[head].thread
    return await house.ours() == [] and state is not None and state.locked


@pytest.mark.parametrize("after_effect", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("status", [502, 503, None])
@pytest.mark.parametrize("method_and_path", [("DELETE", MESSAGE), ("PATCH", "/channels/*")])
async def test_an_errand_whose_call_fails_is_run_until_it_is_done(
    house: House, method_and_path: tuple[str, str], status: int | None, after_effect: bool
) -> None:
    await fault(house, *method_and_path, status=status, after_effect=after_effect)
    head = await withdraw(house)
    await house.settle(120)
    assert await taken_back(house, head)


async def test_an_errand_waits_for_a_right_and_goes_on_after_a_restart(tmp_path: Path) -> None:
    async with a_world() as emulator:
        async with lived_in(tmp_path, emulator) as house:
            await fault(house, "DELETE", MESSAGE, status=403, code=50013, times=50)
            head = await withdraw(house)
            await house.settle(600)
            assert not await taken_back(house, head)
            await clear(house, emulator)
        async with lived_in(tmp_path, emulator) as house:
            await house.settle(2 * 3600)
            assert await taken_back(house, head)


async def test_an_errand_that_discord_refuses_for_good_is_given_up(house: House) -> None:
    await fault(house, "DELETE", MESSAGE, status=400, code=50021, times=1)
    await withdraw(house)
    await house.settle(60)
    rows = await house.database.read(
        lambda tx: tx.rows("SELECT kind, state FROM message_edits WHERE state <> 'done'")
    )
    assert [(row["kind"], row["state"]) for row in rows] == [("delete", "failed")]


async def test_what_is_gone_already_needs_no_errand(house: House) -> None:
    *_, part = await house.publish()
    path = f"/channels/{house.channel()}/messages/{part['id']}"
    await house.act(house.member(), "DELETE", path)
    await house.press(await house.run("essay withdraw", **WITHDRAW), "Withdraw")
    await house.settle(60)
    assert await house.ours() == []
    rows = await house.database.read(lambda tx: tx.rows("SELECT DISTINCT state FROM message_edits"))
    assert [row["state"] for row in rows] == ["done"]


async def test_a_message_that_got_through_after_a_withdrawal_is_taken_back(house: House) -> None:
    interaction = await house.run("essay publish", file=("bread.md", ESSAY.encode()))
    await house.said(interaction)
    (button,) = [
        b for b in buttons((await house.seen(interaction))["components"]) if b["label"] == "Publish"
    ]
    under_way, withdrawn = asyncio.Event(), asyncio.Event()

    async def hold(step: Step) -> None:
        if step.what == "POST /channels/{id}/messages" and step.moment == "before":
            under_way.set()
            await withdrawn.wait()

    house.emulator.steps.hook = hold
    shown = await house.seen(interaction)
    await house.interact(
        3,
        {"component_type": 2, "custom_id": button["custom_id"]},
        message_id=shown["id"],
        message_flags=shown["flags"],
    )
    await under_way.wait()
    actor = Actor(house.member().id, "Ada")
    await house.salon.services.publishing.withdraw(1, actor)
    withdrawn.set()
    await house.settle(60)
    deleted = [m for m in (await house.world())["messages"] if m["deleted"]]
    assert len(deleted) == 1, "it was posted, and then taken back"
    assert await house.ours() == []
