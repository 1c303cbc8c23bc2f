"""What admins write and are answered: odd titles, faulty plans, questions that are not there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.cogs.prompts.test_prompts import DAY, HOUR, came, prompts, rows
from tests.support.running_bot import ESSAY, House, a_house

ODD = ESSAY.replace("Slow bread", "Slow \\*\\*bread\\*\\* <@1> `now`")


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with a_house(tmp_path) as opened:
        yield opened


async def test_a_title_is_shown_as_it_is_in_every_answer(house: House) -> None:
    await house.publish(ODD)
    for command, options in (
        ("now", {"what": "default"}),
        ("pause", {}),
        ("resume", {}),
        ("add", {"when": "in 3 hours", "what": "default"}),
        ("edit", {"prompt": "1", "what": "default"}),
        ("list", {}),
    ):
        given = options if command == "edit" else {"essay": "1", **options}
        told = await prompts(house, command, **given)
        assert "bread" in told, command
        assert "**bread**" not in told, command
        assert "`now`" not in told, command
        assert "<@1>" not in told.replace("\\<", ""), command


@pytest.mark.parametrize(
    ("what", "says"),
    [
        ("question 7", "no question 7: it has one question"),
        ("passage 99", "no passage 99: it has"),
        ("passage 99999999999: Why?", "No essay has"),
    ],
)
async def test_what_the_essay_does_not_have_is_refused_at_once(
    house: House, what: str, says: str
) -> None:
    await house.publish()
    assert says in await prompts(house, "add", essay="1", when="in 3 hours", what=what)
    assert says in await prompts(house, "edit", prompt="1", what=what)
    assert "no" in (await prompts(house, "now", essay="1", what=what)).lower()
    assert len(await rows(house)) == 3


async def test_an_edit_of_words_leaves_the_time(house: House) -> None:
    posted = await house.publish()
    await prompts(house, "edit", prompt="1", what="text: Come back!")
    await house.settle(DAY + HOUR)
    assert ["Come back!" in said for said in await came(house, posted)] == [True]


@pytest.mark.parametrize(
    ("steps", "says"),
    [
        ("x" * 4000, "says not what to ask"),
        ("after 1 day: " + "x" * 3900, "nothing I can say"),
        ("x" * 3900 + ": questions", "no time of a plan"),
        (" ", "“none” for no prompts"),
    ],
)
async def test_a_faulty_plan_is_refused_with_a_sentence_and_the_old_one_holds(
    house: House, steps: str, says: str
) -> None:
    told = await prompts(house, "plan", steps=steps)
    assert says in told
    assert len(told) < 500
    assert "after 1 day: questions" in await prompts(house, "plan")


async def test_a_plan_is_named_none_or_default_in_any_case(house: House) -> None:
    assert "get no prompts" in await prompts(house, "plan", steps=" None")
    assert "comes with me" in await prompts(house, "plan", steps="DEFAULT")


async def test_a_plans_words_hold_a_semicolon(house: House) -> None:
    steps = "after 2 hours: text: Come\\; in an hour it is gone; after 3 hours: default"
    assert "in an hour it is gone" in await prompts(house, "plan", steps=steps)
    posted = await house.publish()
    await house.settle(2.5 * HOUR)
    (said,) = await came(house, posted)
    assert "Come; in an hour it is gone" in said


async def test_an_open_code_block_does_not_swallow_what_follows(house: House) -> None:
    posted = await house.publish()
    await prompts(house, "now", essay="1", what="text: Look: ```bake(bread)")
    (said,) = await came(house, posted)
    assert said.splitlines()[-2:] == [
        "```",
        "-# Reply to this message, and your reply opens a thread of its own.",
    ]


async def test_a_reopened_discussion_says_again_that_it_is_closed(house: House) -> None:
    posted = await house.publish()
    said = 0
    for number in range(2):
        await house.run("essay close", options=[_essay()])
        await house.write("Ann", f"Too late, {number}?", to=posted[-1]["id"])
        await house.settle()
        found = [one for one in await came(house, posted) if "closed" in one]
        assert len(found) > said
        said = len(found)
        await house.run("essay reopen", options=[_essay()])


async def test_a_long_time_is_offered_as_it_is_understood(house: House) -> None:
    known = next(c for c in house.emulator.world.commands.values() if c.name == "prompts")
    typed = "tomorrow" + " " * 120 + "9:00"
    option = {"type": 3, "name": "when", "value": typed, "focused": True}
    data = {
        "id": str(known.id),
        "name": "prompts",
        "type": 1,
        "version": str(known.version),
        "options": [{"type": 1, "name": "add", "options": [option]}],
    }
    interaction = await house.interact(4, data)
    (choice,) = interaction["answer"]["data"]["choices"]
    assert choice["value"] == "tomorrow 9:00"


def _essay() -> dict[str, Any]:
    return {"type": 3, "name": "essay", "value": "1"}
