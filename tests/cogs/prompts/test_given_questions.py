"""Closing questions that an admin gives are the essay's: prompts ask them, by number too."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.cogs.essays.test_corrections import correct, hand_in
from tests.cogs.prompts.test_prompts import DAY, HOUR, came, prompts
from tests.support.running_bot import ESSAY, RunningBot, running_bot

GIVEN = "Is a night long?\n- Who waits with you?"
WITHOUT = ESSAY.replace("\nWould you wait a night for bread?\n", "")


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[RunningBot]:
    async with running_bot(tmp_path) as opened:
        yield opened


async def test_the_preview_says_what_each_prompt_will_ask(running: RunningBot) -> None:
    draft = await running.run_command("essay publish", file=("bread.md", ESSAY.encode()))
    told = await running.answer_text(draft)
    assert "- after 1 day: asks “Would you wait a night for bread?”" in told
    assert "- after 3 days, if quiet for 24 hours: asks “What do you think?”" in told
    assert "- after 7 days: makes the last call" in told
    assert "They will only ask" not in told
    await correct(running, draft, {"Closing question": GIVEN})
    assert "- after 1 day: asks 2 of the essay's questions" in await running.answer_text(draft)


async def test_the_preview_warns_if_the_prompts_only_ask_what_everybody_asks(
    running: RunningBot,
) -> None:
    draft = await running.run_command("essay publish", file=("bread.md", WITHOUT.encode()))
    assert "⚠️ They will only ask “What do you think?”." in await running.answer_text(draft)
    await correct(running, draft, {"Closing question": GIVEN})
    assert "They will only ask" not in await running.answer_text(draft)


async def test_given_questions_are_asked_again_and_found_by_number(running: RunningBot) -> None:
    draft = await running.run_command("essay publish", file=("bread.md", ESSAY.encode()))
    await correct(running, draft, {"Closing question": GIVEN})
    await running.press(draft, "Publish")
    await running.settle()
    before = await running.bot_messages()
    closing = before[-1]["content"]
    assert closing.startswith("Is a night long?\nWho waits with you?\n")
    assert "goes out" in await prompts(running, "now", essay="1", what="question 2")
    assert "> Who waits with you?" in (await came(running, before))[-1]
    assert "no question 3" in await prompts(running, "now", essay="1", what="question 3")
    await running.settle(DAY + HOUR)
    asked = (await came(running, before))[-1]
    assert "> Is a night long?" in asked
    assert "Who waits" not in asked, "it was asked before"
    assert "Would you wait a night" not in asked


async def test_a_new_text_keeps_what_was_asked_of_the_given_questions(running: RunningBot) -> None:
    draft = await running.run_command("essay publish", file=("bread.md", ESSAY.encode()))
    await correct(running, draft, {"Closing question": GIVEN})
    await running.press(draft, "Publish")
    await running.settle()
    await prompts(running, "now", essay="1", what="question 1")
    await prompts(running, "add", essay="1", when="in 5 hours", what="question 2")
    edit = await hand_in(running, ESSAY.replace("a loaf", "two loaves"))
    await running.press(edit, "Apply")
    await running.settle()
    before = await running.bot_messages()
    await running.settle(6 * HOUR)
    (asked,) = await came(running, before)
    assert "> Who waits with you?" in asked
