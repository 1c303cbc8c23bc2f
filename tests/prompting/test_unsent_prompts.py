"""Prompts that were claimed and couldn't be sent are decided and worded again, end to end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.cogs.prompts.test_prompts import (
    DAY,
    HOUR,
    TWO,
    came,
    close,
    fault,
    house_without_bot,
    prompts,
    rows,
)
from tests.support.running_bot import RunningBot, run_bot, run_emulator, running_bot

LAST_CALL = "after 1 day: last call"


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[RunningBot]:
    async with running_bot(tmp_path) as opened:
        yield opened


async def forbid(running: RunningBot) -> None:
    path = f"/channels/{running.channel()}/messages"
    await fault(running, path=path, status=403, times=10_000)


async def allow(running: RunningBot) -> None:
    async with running.session.delete(f"{running.emulator.page}/rehearsal/faults") as response:
        assert response.status == 200


async def test_a_prompt_that_waited_for_a_permission_is_worded_when_it_is_sent(
    running: RunningBot,
) -> None:
    await prompts(running, "plan", steps=LAST_CALL)
    posted = await running.publish()
    await forbid(running)
    await running.settle(3 * DAY)
    assert (await rows(running))[0][0] == "planned"
    assert "waits: Discord forbids it" in await prompts(running, "list")
    head = await running.write("Ann", "I would.", to=posted[-1]["id"])
    await allow(running)
    await running.settle(2 * HOUR)
    (text,) = await came(running, posted)
    assert f"<#{head}>" in text, "three days ago nobody had answered yet"


async def test_a_prompt_that_waited_for_a_permission_is_not_sent_into_a_busy_discussion(
    running: RunningBot,
) -> None:
    await prompts(running, "plan", steps="after 1 day, if quiet for 24 hours: questions")
    posted = await running.publish()
    await forbid(running)
    await running.settle(2 * DAY)
    await running.write("Ann", "I would.", to=posted[-1]["id"])
    await allow(running)
    await running.settle(2 * HOUR)
    assert await came(running, posted) == []
    ((state, reason),) = await rows(running)
    assert state == "skipped"
    assert str(reason).startswith("the last reply")


@pytest.mark.parametrize("after_effect", [False, True])
async def test_a_failed_prompt_is_looked_for_and_then_decided_with_the_newest_replies(
    running: RunningBot, after_effect: bool
) -> None:
    await prompts(running, "plan", steps="after 1 day, if quiet for 24 hours: questions")
    posted = await running.publish()
    await fault(running, status=503, times=2, after_effect=after_effect)
    await running.settle(DAY + 30)  # the first two of its attempts
    await running.write("Ann", "I would.", to=posted[-1]["id"])
    await running.settle(HOUR)
    ((state, reason),) = await rows(running)
    if after_effect:
        assert len(await came(running, posted)) == 1
        assert (state, reason) == ("sent", None)
    else:
        assert await came(running, posted) == []
        assert state == "skipped"
        assert str(reason).startswith("the last reply")


async def test_after_weeks_without_permission_one_digest_is_sent(running: RunningBot) -> None:
    await prompts(running, "plan", steps="none")
    await prompts(running, "digest", when="Sunday 18:00", channel=running.channel())
    posted = await running.publish()
    await forbid(running)
    for number in range(3):
        await running.settle(6 * DAY)
        *old, (state, _) = await rows(running, "digest")
        assert set(old) <= {("skipped", "the next digest replaced it")}
        assert state == "planned"
        await running.write("Ann", f"I would, {number}.", to=posted[-1]["id"])
    await allow(running)
    await running.settle(2 * HOUR)
    (digest,) = await came(running, posted)
    assert "2 replies" in digest, "those of the last seven days"
    await running.settle(7 * DAY)
    assert len(await came(running, posted)) == 2
    states = [state for state, _ in await rows(running, "digest") if state != "skipped"]
    assert states == ["sent", "sent", "planned"]


async def test_prompts_that_waited_for_a_permission_are_sent_a_day_apart(
    running: RunningBot,
) -> None:
    await prompts(running, "plan", steps="after 1 day: default")
    await running.publish()
    await running.publish(TWO, "fast.md")
    before = await running.bot_messages()
    await forbid(running)
    await running.settle(20 * DAY)
    await allow(running)
    await running.settle(3 * HOUR)
    assert len(await came(running, before)) == 1
    await running.settle(DAY)
    assert len(await came(running, before)) == 2
    assert await rows(running) == [("sent", None)] * 2


async def test_a_prompt_that_failed_until_a_pause_is_skipped_as_paused(running: RunningBot) -> None:
    posted = await running.publish()
    await fault(running, status=503, times=2)
    await running.settle(DAY + 20)
    await prompts(running, "pause")
    await running.settle(HOUR)
    assert (await rows(running))[0] == ("skipped", "prompts were paused")
    await prompts(running, "resume")
    assert len(await came(running, posted)) == 1


async def test_a_blocked_prompt_sent_at_once_is_skipped_when_its_discussion_ends(
    running: RunningBot,
) -> None:
    posted = await running.publish()
    await forbid(running)
    assert "goes out" in await prompts(running, "now", essay="1", what="default")
    await close(running)
    await allow(running)
    await running.settle(HOUR)
    assert await came(running, posted) == []
    assert await rows(running, "now") == [("skipped", "the discussion is closed")]


async def test_withdrawing_a_discussion_leaves_no_prompt_unsent(running: RunningBot) -> None:
    await running.publish()
    await forbid(running)
    await running.settle(DAY + HOUR)
    interaction = await running.run_command("essay withdraw", options=[_text("essay", "1")])
    await running.press(interaction, "Withdraw")
    await running.settle(8 * DAY)
    states = {state for state, _ in await rows(running)}
    assert states == {"skipped"}


async def test_after_a_restart_no_prompt_is_sent_before_the_history_is_read(tmp_path: Path) -> None:
    async with run_emulator() as emulator:
        async with run_bot(tmp_path, emulator) as running:
            await prompts(running, "plan", steps="after 1 day, if quiet for 24 hours: questions")
            posted = await running.publish()
            await fault(running, status=503, times=2)
            await running.settle(DAY + 30)
            await allow(running)
        async with house_without_bot(running) as outside:
            await outside.write("Ann", "I would.", to=posted[-1]["id"])
        async with run_bot(tmp_path, emulator) as running:
            await running.settle(2 * HOUR)
            assert await came(running, posted) == []
            ((state, reason),) = await rows(running)
            assert (state, str(reason)[:14]) == ("skipped", "the last reply")


def _text(name: str, value: str) -> dict[str, Any]:
    return {"type": 3, "name": name, "value": value}
