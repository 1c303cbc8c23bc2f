"""What admins are told of prompts at odd moments, and what becomes of these: a crowded list, one
pause over another, an essay that is edited, not published yet, or closed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.core.text.length import count_utf16_units
from cogs.prompts.text import listed
from tests.cogs.prompts.test_prompts import DAY, HOUR, came, close, prompts, rows
from tests.delivery.test_styles import publish
from tests.support.running_bot import ESSAY, House, a_house


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with a_house(tmp_path) as opened:
        yield opened


def test_a_list_of_much_to_come_still_shows_what_came_of_the_last_ones() -> None:
    told = listed(["c" * 200] * 25, ["p" * 200] * 10)
    assert count_utf16_units(told) <= 2000
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


QUESTIONS = ("Would you wait a night for bread?", "Who taught you to bake?", "What is a crust for?")


def asking(*questions: str) -> str:
    listed = "\n".join(f"{number}. {one}" for number, one in enumerate(questions, 1))
    return ESSAY.replace(QUESTIONS[0], f"## Questions\n\n{listed}")


@pytest.mark.parametrize("kept", [QUESTIONS[1:], (QUESTIONS[0], QUESTIONS[2])])
async def test_what_a_pause_holds_follows_an_edit_of_the_essay(
    house: House, kept: tuple[str, ...]
) -> None:
    await prompts(house, "plan", steps="after 1 day: question 2")
    posted = await house.publish(asking(*QUESTIONS))
    await prompts(house, "pause")
    await house.settle(DAY + HOUR)
    shown = await house.run(
        "essay edit",
        file=("bread.md", asking(*kept).encode()),
        options=[{"type": 3, "name": "essay", "value": "1"}],
    )
    await house.press(shown, "Apply")
    await house.settle()
    await prompts(house, "resume")
    await house.settle(60)
    said = await came(house, posted)
    if QUESTIONS[1] in kept:
        assert f"> {QUESTIONS[1]}" in said[0]
    else:
        assert said == []
        assert "not in the essay any more" in await prompts(house, "list")


async def test_a_prompt_for_an_essay_that_is_still_to_be_published_waits_for_it(
    house: House,
) -> None:
    await house.said(await house.run("essay publish", file=("bread.md", ESSAY.encode())))
    given = [{"type": 3, "name": "essay", "value": "1"}]
    given.append({"type": 3, "name": "when", "value": "in 2 hours"})
    await house.said(await house.run("essay schedule", options=given))
    told = await prompts(house, "add", essay="1", when="in 2 hours", what="text: Read it!")
    assert "comes only if the essay is published by then" in told
    assert "skipped" not in told
    await house.settle(3 * HOUR)
    assert "Read it!" in (await house.ours())[-1]["content"]


async def test_that_a_closed_essay_gets_no_prompt_is_told_before_that_it_is_night(
    house: House,
) -> None:
    await house.publish()
    night = house.clock.now() + timedelta(days=1)
    await prompts(
        house,
        "manners",
        quiet=f"{night - timedelta(hours=2):%H:%M}-{night + timedelta(hours=2):%H:%M}",
    )
    await close(house)
    told = await prompts(house, "edit", prompt="1", what="last call")
    assert "would be skipped: the discussion is closed" in told
    assert "goes out at their end" not in told
