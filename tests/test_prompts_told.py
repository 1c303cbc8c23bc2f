"""What a crowded list still shows, what two pauses hold, and what is said in an essay's thread."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.discussion.measure import utf16_units
from cogs.prompt_lines import listed
from tests.house import ESSAY, House, a_house
from tests.test_prompts import DAY, HOUR, came, prompts, rows
from tests.test_styles import publish


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with a_house(tmp_path) as opened:
        yield opened


def test_a_list_of_much_to_come_still_shows_what_came_of_the_last_ones() -> None:
    told = listed(["c" * 200] * 25, ["p" * 200] * 10)
    assert utf16_units(told) <= 2000
    assert (told.count("c" * 200), told.count("p" * 200)) == (5, 4)
    assert "… and 20 more lines" in told
    assert listed(["c" * 200] * 8, []).count("c" * 200) == 8, "where nothing came, all is to come"
    assert listed([], ["p"]) == "p"
    assert listed([], []) == ""


async def test_the_list_of_a_busy_server_shows_which_questions_drew_answers(house: House) -> None:
    await house.publish()
    await house.settle(DAY + HOUR)
    prompt = (await house.ours())[-1]
    await house.write("Ann", "A night is nothing.", to=prompt["id"])
    for number in range(22):
        text = f"text: This is the {number}th time that I come back to you, and I shall do so again"
        await prompts(house, "add", essay="1", when=f"in {number + 2} days", what=text)
    told = await prompts(house, "list")
    assert "“Would you wait a night for bread?”: 1 answer" in told
    assert "more lines" in told


async def test_a_resume_under_another_pause_makes_nothing_less_late(house: House) -> None:
    posted = await house.publish()
    await prompts(house, "pause")
    await prompts(house, "pause", essay="1")
    await house.settle(DAY + 11 * HOUR)
    told = await prompts(house, "resume", essay="1")
    assert "the whole server, which are paused" in told
    await house.settle(11 * HOUR)
    await prompts(house, "resume")
    await house.settle(HOUR)
    assert await came(house, posted) == []
    assert (await rows(house))[0] == ("skipped", "prompts were paused")


async def test_a_servers_resume_leaves_what_an_essays_own_pause_holds(house: House) -> None:
    posted = await house.publish()
    await prompts(house, "pause", essay="1")
    await prompts(house, "pause")
    await house.settle(DAY + 11 * HOUR)
    await prompts(house, "resume")
    await house.settle(HOUR / 2)
    assert (await rows(house))[0] == ("skipped", "prompts were paused")
    assert "come again" in await prompts(house, "resume", essay="1")
    await house.settle(HOUR / 4)
    assert len(await came(house, posted)) == 1


async def test_a_last_call_in_the_essays_own_thread_counts_what_was_said_there(
    house: House,
) -> None:
    await prompts(house, "plan", steps="after 7 days: last call")
    thread_id, _ = await publish(house, ESSAY, style="thread")
    await house.write("Ann", "I would.", channel_id=thread_id)
    await house.write("Ben", "Me too.", channel_id=thread_id)
    await house.settle(7 * DAY + HOUR)
    last = (await house.ours(thread_id))[-1]["content"]
    assert "2 replies so far" in last
    assert "thread of its own" not in last


async def test_who_cancelled_a_prompt_is_shown_as_they_are_called(house: House) -> None:
    await house.publish()
    house.member().display_name = "**Ada** <@&5>"
    await prompts(house, "cancel", prompt="1")
    assert r"cancelled by \*\*Ada\*\* \<@&5>" in await prompts(house, "list")
