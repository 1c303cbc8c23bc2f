"""What is claimed and could not be sent is decided and worded anew, end to end."""

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


async def test_what_waited_for_a_permission_has_the_words_of_the_day(running: RunningBot) -> None:
    await prompts(running, "plan", steps=LAST_CALL)
    posted = await running.publish()
    await forbid(running)
    await running.settle(3 * DAY)
    assert (await rows(running))[0][0] == "planned"
    assert "waits: Discord forbids it" in await prompts(running, "list")
    head = await running.write("Ann", "I would.", to=posted[-1]["id"])
    await allow(running)
    await running.settle(2 * HOUR)
    (said,) = await came(running, posted)
    assert f"<#{head}>" in said, "three days ago nobody had answered yet"


async def test_what_waited_for_a_permission_does_not_go_into_a_lively_talk(
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
    assert str(reason).startswith("somebody wrote")


@pytest.mark.parametrize("after_effect", [False, True])
async def test_what_failed_is_looked_for_and_then_heeds_what_was_written_meanwhile(
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
        assert str(reason).startswith("somebody wrote")


async def test_after_weeks_of_a_missing_permission_one_digest_comes(running: RunningBot) -> None:
    await prompts(running, "plan", steps="none")
    await prompts(running, "digest", when="Sunday 18:00", channel=running.channel())
    posted = await running.publish()
    await forbid(running)
    for number in range(3):
        await running.settle(6 * DAY)
        *old, (state, _) = await rows(running, "digest")
        assert set(old) <= {("skipped", "the next digest took its place")}
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


async def test_essays_that_waited_for_a_permission_come_a_day_apart(running: RunningBot) -> None:
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


async def test_what_failed_into_a_pause_says_that_prompts_were_paused(running: RunningBot) -> None:
    posted = await running.publish()
    await fault(running, status=503, times=2)
    await running.settle(DAY + 20)
    await prompts(running, "pause")
    await running.settle(HOUR)
    assert (await rows(running))[0] == ("skipped", "prompts were paused")
    await prompts(running, "resume")
    assert len(await came(running, posted)) == 1


async def test_what_is_sent_at_once_and_forbidden_ends_with_its_discussion(
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


async def test_a_withdrawn_discussion_leaves_no_prompt_under_way(running: RunningBot) -> None:
    await running.publish()
    await forbid(running)
    await running.settle(DAY + HOUR)
    interaction = await running.run_command("essay withdraw", options=[_text("essay", "1")])
    await running.press(interaction, "Withdraw")
    await running.settle(8 * DAY)
    states = {state for state, _ in await rows(running)}
    assert states == {"skipped"}


async def test_after_a_restart_nothing_goes_out_before_the_record_is_read(tmp_path: Path) -> None:
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
            assert (state, str(reason)[:14]) == ("skipped", "somebody wrote")


def _text(name: str, value: str) -> dict[str, Any]:
    return {"type": 3, "name": name, "value": value}
