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
from tests.support.running_bot import House, a_house, a_world, lived_in

LAST_CALL = "after 1 day: last call"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with a_house(tmp_path) as opened:
        yield opened


async def forbid(house: House) -> None:
    path = f"/channels/{house.channel()}/messages"
    await fault(house, path=path, status=403, times=10_000)


async def allow(house: House) -> None:
    async with house.session.delete(f"{house.emulator.page}/rehearsal/faults") as response:
        assert response.status == 200


async def test_what_waited_for_a_permission_has_the_words_of_the_day(house: House) -> None:
    await prompts(house, "plan", steps=LAST_CALL)
    posted = await house.publish()
    await forbid(house)
    await house.settle(3 * DAY)
    assert (await rows(house))[0][0] == "planned"
    assert "waits: Discord forbids it" in await prompts(house, "list")
    head = await house.write("Ann", "I would.", to=posted[-1]["id"])
    await allow(house)
    await house.settle(2 * HOUR)
    (said,) = await came(house, posted)
    assert f"<#{head}>" in said, "three days ago nobody had answered yet"


async def test_what_waited_for_a_permission_does_not_go_into_a_lively_talk(house: House) -> None:
    await prompts(house, "plan", steps="after 1 day, if quiet for 24 hours: questions")
    posted = await house.publish()
    await forbid(house)
    await house.settle(2 * DAY)
    await house.write("Ann", "I would.", to=posted[-1]["id"])
    await allow(house)
    await house.settle(2 * HOUR)
    assert await came(house, posted) == []
    ((state, reason),) = await rows(house)
    assert state == "skipped"
    assert str(reason).startswith("somebody wrote")


@pytest.mark.parametrize("after_effect", [False, True])
async def test_what_failed_is_looked_for_and_then_heeds_what_was_written_meanwhile(
    house: House, after_effect: bool
) -> None:
    await prompts(house, "plan", steps="after 1 day, if quiet for 24 hours: questions")
    posted = await house.publish()
    await fault(house, status=503, times=2, after_effect=after_effect)
    await house.settle(DAY + 30)  # the first two of its attempts
    await house.write("Ann", "I would.", to=posted[-1]["id"])
    await house.settle(HOUR)
    ((state, reason),) = await rows(house)
    if after_effect:
        assert len(await came(house, posted)) == 1
        assert (state, reason) == ("sent", None)
    else:
        assert await came(house, posted) == []
        assert state == "skipped"
        assert str(reason).startswith("somebody wrote")


async def test_after_weeks_of_a_missing_permission_one_digest_comes(house: House) -> None:
    await prompts(house, "plan", steps="none")
    await prompts(house, "digest", when="Sunday 18:00", channel=house.channel())
    posted = await house.publish()
    await forbid(house)
    for number in range(3):
        await house.settle(6 * DAY)
        *old, (state, _) = await rows(house, "digest")
        assert set(old) <= {("skipped", "the next digest took its place")}
        assert state == "planned"
        await house.write("Ann", f"I would, {number}.", to=posted[-1]["id"])
    await allow(house)
    await house.settle(2 * HOUR)
    (digest,) = await came(house, posted)
    assert "2 replies" in digest, "those of the last seven days"
    await house.settle(7 * DAY)
    assert len(await came(house, posted)) == 2
    states = [state for state, _ in await rows(house, "digest") if state != "skipped"]
    assert states == ["sent", "sent", "planned"]


async def test_essays_that_waited_for_a_permission_come_a_day_apart(house: House) -> None:
    await prompts(house, "plan", steps="after 1 day: default")
    await house.publish()
    await house.publish(TWO, "fast.md")
    before = await house.ours()
    await forbid(house)
    await house.settle(20 * DAY)
    await allow(house)
    await house.settle(3 * HOUR)
    assert len(await came(house, before)) == 1
    await house.settle(DAY)
    assert len(await came(house, before)) == 2
    assert await rows(house) == [("sent", None)] * 2


async def test_what_failed_into_a_pause_says_that_prompts_were_paused(house: House) -> None:
    posted = await house.publish()
    await fault(house, status=503, times=2)
    await house.settle(DAY + 20)
    await prompts(house, "pause")
    await house.settle(HOUR)
    assert (await rows(house))[0] == ("skipped", "prompts were paused")
    await prompts(house, "resume")
    assert len(await came(house, posted)) == 1


async def test_what_is_sent_at_once_and_forbidden_ends_with_its_discussion(house: House) -> None:
    posted = await house.publish()
    await forbid(house)
    assert "goes out" in await prompts(house, "now", essay="1", what="default")
    await close(house)
    await allow(house)
    await house.settle(HOUR)
    assert await came(house, posted) == []
    assert await rows(house, "now") == [("skipped", "the discussion is closed")]


async def test_a_withdrawn_discussion_leaves_no_prompt_under_way(house: House) -> None:
    await house.publish()
    await forbid(house)
    await house.settle(DAY + HOUR)
    interaction = await house.run("essay withdraw", options=[_text("essay", "1")])
    await house.press(interaction, "Withdraw")
    await house.settle(8 * DAY)
    states = {state for state, _ in await rows(house)}
    assert states == {"skipped"}


async def test_after_a_restart_nothing_goes_out_before_the_record_is_read(tmp_path: Path) -> None:
    async with a_world() as emulator:
        async with lived_in(tmp_path, emulator) as house:
            await prompts(house, "plan", steps="after 1 day, if quiet for 24 hours: questions")
            posted = await house.publish()
            await fault(house, status=503, times=2)
            await house.settle(DAY + 30)
            await allow(house)
        async with house_without_bot(house) as outside:
            await outside.write("Ann", "I would.", to=posted[-1]["id"])
        async with lived_in(tmp_path, emulator) as house:
            await house.settle(2 * HOUR)
            assert await came(house, posted) == []
            ((state, reason),) = await rows(house)
            assert (state, str(reason)[:14]) == ("skipped", "somebody wrote")


def _text(name: str, value: str) -> dict[str, Any]:
    return {"type": 3, "name": name, "value": value}
