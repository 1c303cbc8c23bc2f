"""What admins write and are answered: odd titles, faulty plans, questions that are not there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.cogs.prompts.test_prompts import DAY, HOUR, came, prompts, rows
from tests.support.running_bot import ESSAY, RunningBot, running_bot

ODD = ESSAY.replace("Slow bread", "Slow \\*\\*bread\\*\\* <@1> `now`")


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[RunningBot]:
    async with running_bot(tmp_path) as opened:
        yield opened


async def test_a_title_is_shown_as_it_is_in_every_answer(running: RunningBot) -> None:
    await running.publish(ODD)
    for command, options in (
        ("now", {"what": "default"}),
        ("pause", {}),
        ("resume", {}),
        ("add", {"when": "in 3 hours", "what": "default"}),
        ("edit", {"prompt": "1", "what": "default"}),
        ("list", {}),
    ):
        given = options if command == "edit" else {"essay": "1", **options}
        told = await prompts(running, command, **given)
        assert "bread" in told, command
        assert "**bread**" not in told, command
        assert "`now`" not in told, command
        assert "<@1>" not in told.replace("\\<", ""), command


@pytest.mark.parametrize(
    ("what", "says"),
    [
        ("question 7", "no question 7. It has only one."),
        ("passage 99", "no passage 99. Its last one"),
        ("passage 99999999999: Why?", "No essay has"),
    ],
)
async def test_content_the_essay_does_not_have_is_rejected_at_once(
    running: RunningBot, what: str, says: str
) -> None:
    await running.publish()
    assert says in await prompts(running, "add", essay="1", when="in 3 hours", what=what)
    assert says in await prompts(running, "edit", prompt="1", what=what)
    assert "no" in (await prompts(running, "now", essay="1", what=what)).lower()
    assert len(await rows(running)) == 3


async def test_editing_a_prompts_content_keeps_its_time(running: RunningBot) -> None:
    posted = await running.publish()
    await prompts(running, "edit", prompt="1", what="text: Come back!")
    await running.settle(DAY + HOUR)
    assert ["Come back!" in said for said in await came(running, posted)] == [True]


@pytest.mark.parametrize(
    ("steps", "says"),
    [
        ("x" * 4000, "doesn't say what to post"),
        ("after 1 day: " + "x" * 3900, "can't post"),
        ("x" * 3900 + ": questions", "understand the time"),
        (" ", "“none” for no prompts"),
    ],
)
async def test_an_invalid_plan_is_rejected_with_a_sentence_and_the_old_one_kept(
    running: RunningBot, steps: str, says: str
) -> None:
    told = await prompts(running, "plan", steps=steps)
    assert says in told
    assert len(told) < 500
    assert "after 1 day: questions" in await prompts(running, "plan")


async def test_a_plan_is_named_none_or_default_in_any_case(running: RunningBot) -> None:
    assert "get no prompts" in await prompts(running, "plan", steps=" None")
    assert "the built-in one" in await prompts(running, "plan", steps="DEFAULT")


async def test_a_text_in_a_plan_can_contain_a_semicolon(running: RunningBot) -> None:
    steps = "after 2 hours: text: Come\\; in an hour it is gone; after 3 hours: default"
    assert "in an hour it is gone" in await prompts(running, "plan", steps=steps)
    posted = await running.publish()
    await running.settle(2.5 * HOUR)
    (said,) = await came(running, posted)
    assert "Come; in an hour it is gone" in said


async def test_an_open_code_block_does_not_swallow_what_follows(running: RunningBot) -> None:
    posted = await running.publish()
    await prompts(running, "now", essay="1", what="text: Look: ```bake(bread)")
    (said,) = await came(running, posted)
    assert said.splitlines()[-2:] == [
        "```",
        "-# Reply to this message to start a thread.",
    ]


async def test_a_discussion_that_is_closed_again_informs_members_again(running: RunningBot) -> None:
    posted = await running.publish()
    said = 0
    for number in range(2):
        await running.run_command("essay close", options=[_essay()])
        await running.write("Ann", f"Too late, {number}?", to=posted[-1]["id"])
        await running.settle()
        found = [one for one in await came(running, posted) if "closed" in one]
        assert len(found) > said
        said = len(found)
        await running.run_command("essay reopen", options=[_essay()])


async def test_a_long_time_is_offered_as_it_is_understood(running: RunningBot) -> None:
    known = next(c for c in running.emulator.world.commands.values() if c.name == "prompts")
    typed = "tomorrow" + " " * 120 + "9:00"
    option = {"type": 3, "name": "when", "value": typed, "focused": True}
    data = {
        "id": str(known.id),
        "name": "prompts",
        "type": 1,
        "version": str(known.version),
        "options": [{"type": 1, "name": "add", "options": [option]}],
    }
    interaction = await running.interact(4, data)
    (choice,) = interaction["answer"]["data"]["choices"]
    assert choice["value"] == "tomorrow 9:00"


def _essay() -> dict[str, Any]:
    return {"type": 3, "name": "essay", "value": "1"}
