"""What admins are told of prompts at odd moments, and what becomes of these: a crowded list, one
pause over another, an essay that is edited, not published yet, or closed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.core.text.length import count_utf16_units
from tests.cogs.prompts.test_prompts import DAY, HOUR, came, close, prompts, rows
from tests.delivery.test_styles import publish
from tests.support.running_bot import ESSAY, RunningBot, running_bot


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[RunningBot]:
    async with running_bot(tmp_path) as opened:
        yield opened


async def test_the_list_of_a_busy_server_shows_which_questions_drew_answers(
    running: RunningBot,
) -> None:
    await running.publish()
    await running.settle(DAY + HOUR)
    prompt = (await running.bot_messages())[-1]
    await running.write("Ann", "A night is nothing.", to=prompt["id"])
    for number in range(22):
        text = f"text: This is the {number}th time that I come back to you, and I shall do so again"
        await prompts(running, "add", essay="1", when=f"in {number + 2} days", what=text)
    told = await prompts(running, "list")
    assert "asked “Would you wait a night for bread?” — 1 reply" in told
    assert "… and 4 more prompts." in told
    assert count_utf16_units(told) <= 4000


async def test_a_resume_during_another_pause_does_not_reset_lateness(running: RunningBot) -> None:
    posted = await running.publish()
    await prompts(running, "pause")
    await prompts(running, "pause", essay="1")
    await running.settle(DAY + 11 * HOUR)
    told = await prompts(running, "resume", essay="1")
    assert "prompts in the whole server are still paused" in told
    await running.settle(11 * HOUR)
    await prompts(running, "resume")
    await running.settle(HOUR)
    assert await came(running, posted) == []
    assert (await rows(running))[0] == ("skipped", "prompts were paused")


async def test_a_servers_resume_does_not_end_an_essays_own_pause(running: RunningBot) -> None:
    posted = await running.publish()
    await prompts(running, "pause", essay="1")
    await prompts(running, "pause")
    await running.settle(DAY + 11 * HOUR)
    await prompts(running, "resume")
    await running.settle(HOUR / 2)
    assert (await rows(running))[0] == ("skipped", "prompts were paused")
    assert "are resumed" in await prompts(running, "resume", essay="1")
    await running.settle(HOUR / 4)
    assert len(await came(running, posted)) == 1


async def test_a_last_call_in_the_essays_own_thread_counts_its_messages(
    running: RunningBot,
) -> None:
    await prompts(running, "plan", steps="after 7 days: last call")
    thread_id, _ = await publish(running, ESSAY, style="thread")
    await running.write("Ann", "I would.", channel_id=thread_id)
    await running.write("Ben", "Me too.", channel_id=thread_id)
    await running.settle(7 * DAY + HOUR)
    last = (await running.bot_messages(thread_id))[-1]["content"]
    assert "2 replies so far" in last
    assert "thread of its own" not in last


async def test_the_name_of_the_admin_who_cancelled_a_prompt_is_shown_literally(
    running: RunningBot,
) -> None:
    await running.publish()
    running.member().display_name = "**Ada** <@&5>"
    await prompts(running, "cancel", prompt="1")
    assert r"cancelled by \*\*Ada\*\* \<@&5>" in await prompts(running, "list")


QUESTIONS = ("Would you wait a night for bread?", "Who taught you to bake?", "What is a crust for?")


def asking(*questions: str) -> str:
    listed = "\n".join(f"{number}. {one}" for number, one in enumerate(questions, 1))
    return ESSAY.replace(QUESTIONS[0], f"## Questions\n\n{listed}")


@pytest.mark.parametrize("kept", [QUESTIONS[1:], (QUESTIONS[0], QUESTIONS[2])])
async def test_paused_prompts_follow_an_edit_of_the_essay(
    running: RunningBot, kept: tuple[str, ...]
) -> None:
    await prompts(running, "plan", steps="after 1 day: question 2")
    posted = await running.publish(asking(*QUESTIONS))
    await prompts(running, "pause")
    await running.settle(DAY + HOUR)
    shown = await running.run_command(
        "essay edit",
        file=("bread.md", asking(*kept).encode()),
        options=[{"type": 3, "name": "essay", "value": "1"}],
    )
    await running.press(shown, "Apply")
    await running.settle()
    await prompts(running, "resume")
    await running.settle(60)
    said = await came(running, posted)
    if QUESTIONS[1] in kept:
        assert f"> {QUESTIONS[1]}" in said[0]
    else:
        assert said == []
        assert "not in the essay any more" in await prompts(running, "list")


async def test_a_prompt_for_an_essay_that_is_still_to_be_published_waits_for_it(
    running: RunningBot,
) -> None:
    await running.answer_text(
        await running.run_command("essay publish", file=("bread.md", ESSAY.encode()))
    )
    given = [{"type": 3, "name": "essay", "value": "1"}]
    given.append({"type": 3, "name": "when", "value": "in 2 hours"})
    await running.answer_text(await running.run_command("essay schedule", options=given))
    told = await prompts(running, "add", essay="1", when="in 2 hours", what="text: Read it!")
    assert "will be sent only if the essay is published by then" in told
    assert "skipped" not in told
    await running.settle(3 * HOUR)
    assert "Read it!" in (await running.bot_messages())[-1]["content"]


async def test_the_list_names_a_closed_essay_before_quiet_hours(
    running: RunningBot,
) -> None:
    await running.publish()
    night = running.clock.now() + timedelta(days=1)
    await prompts(
        running,
        "settings",
        quiet=f"{night - timedelta(hours=2):%H:%M}-{night + timedelta(hours=2):%H:%M}",
    )
    await close(running)
    told = await prompts(running, "edit", prompt="1", what="last call")
    assert "It would be skipped: the discussion is closed" in told
    assert "goes out at their end" not in told
