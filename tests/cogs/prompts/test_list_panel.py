"""``/prompts list``: one essay's prompts in readable lines, and what its buttons do."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.core.prompts.policy import PromptKind
from bot.core.text.length import count_utf16_units
from storage.db.writer import Transaction
from storage.prompts import prompts as prompt_rows
from tests.cogs.prompts.test_prompts import DAY, HOUR, TWO, came, close, prompts, rows
from tests.support.running_bot import (
    ESSAY,
    RunningBot,
    component_texts,
    find_buttons,
    form_data,
    run_bot,
    run_emulator,
    running_bot,
)

QUESTIONS = ESSAY.replace(
    "Would you wait a night for bread?\n",
    "Would you wait a night for bread?\n\nOr would you rather buy it?\n\nWhy not both?\n",
)


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[RunningBot]:
    async with running_bot(tmp_path) as opened:
        yield opened


async def press(
    running: RunningBot, panel: dict[str, Any], what: str, *values: object
) -> dict[str, Any]:
    """Use the panel's control with this name: a button, or a select with what is chosen."""
    message = await running.answer_message(panel)
    custom_id = find_id(message, what)
    return await use(running, panel, custom_id, *values)


async def use(
    running: RunningBot, panel: dict[str, Any], custom_id: str, *values: object
) -> dict[str, Any]:
    message = await running.answer_message(panel)
    data: dict[str, Any] = {"component_type": 3 if values else 2, "custom_id": custom_id}
    if values:
        data["values"] = [str(value) for value in values]
    used = await running.interact(3, data, message_id=message["id"], message_flags=message["flags"])
    await running.settle()
    return used


def find_id(message: dict[str, Any], what: str) -> str:
    found: list[str] = re.findall(rf"'(salon:prompts:{what}:\d+:\d+)'", str(message["components"]))
    assert found, f"no control {what}"
    return found[0]


async def read(running: RunningBot, panel: dict[str, Any]) -> str:
    """The text of the panel as it is now."""
    return component_texts((await running.answer_message(panel))["components"])


async def labels(running: RunningBot, panel: dict[str, Any]) -> list[str]:
    """The labels of its buttons."""
    return [
        one["label"] for one in find_buttons((await running.answer_message(panel))["components"])
    ]


async def test_each_prompt_is_a_line_that_says_when_it_comes_and_what_it_asks(
    running: RunningBot,
) -> None:
    await running.publish(QUESTIONS)
    panel = await running.run_command("prompts list")
    lines = [line for line in (await read(running, panel)).splitlines() if line.startswith("- ")]
    when = r"- \w{3} \d{1,2} \w{3,4}, \d\d:\d\d"
    assert re.fullmatch(rf"{when}: asks \d of the essay's questions", lines[0])
    assert re.fullmatch(rf"{when}: asks “What do you think\?”, if quiet for 24 hours", lines[1])
    assert re.fullmatch(rf"{when}: makes the last call", lines[2])
    assert await labels(running, panel) == [], "no prompt is chosen"


async def test_a_server_without_prompts_is_told_how_to_get_some(running: RunningBot) -> None:
    panel = await running.run_command("prompts list")
    assert "No prompts are planned" in await read(running, panel)
    await running.publish()
    for number in (1, 2, 3):
        await prompts(running, "cancel", prompt=str(number))
    panel = await running.run_command("prompts list")
    told = await read(running, panel)
    assert "No prompts are planned" in told
    assert told.count("skipped: cancelled by Ada") == 3
    assert told.count("**Slow bread**") == 3
    told = await prompts(running, "list", essay="1")
    assert "No prompts are planned for this essay" in told


async def test_another_essay_can_be_chosen(running: RunningBot) -> None:
    await running.publish()
    await running.publish(TWO, "fast.md")
    panel = await running.run_command("prompts list")
    assert "**Slow bread**" in await read(running, panel)
    await press(running, panel, "essay", 2)
    told = await read(running, panel)
    assert "**Fast bread**" in told
    assert "**Slow bread**" not in told
    assert "asks “Would you hurry bread?”" in told


async def open_panel(running: RunningBot, prompt: int) -> dict[str, Any]:
    """A panel with a prompt chosen."""
    panel = await running.run_command("prompts list")
    await press(running, panel, "choose", prompt)
    return panel


async def test_the_chosen_prompt_is_skipped_once(running: RunningBot) -> None:
    posted = await running.publish()
    panel, stale = await open_panel(running, 1), await open_panel(running, 1)
    assert await labels(running, panel) == ["Edit …", "Skip", "Send now"]
    await press(running, panel, "skip")
    told = await read(running, panel)
    assert "✅ The prompt is skipped." in told
    assert "skipped: cancelled by Ada" in told
    assert await labels(running, panel) == []
    await press(running, stale, "skip")
    assert "⚠️ Prompt 1 can't be changed: it was skipped." in await read(running, stale)
    await running.settle(DAY + HOUR)
    assert await came(running, posted) == []


async def test_the_chosen_prompt_is_sent_now_and_not_again(running: RunningBot) -> None:
    posted = await running.publish()
    panel, stale = await open_panel(running, 1), await open_panel(running, 1)
    await press(running, panel, "now")
    assert "goes out now" in await read(running, panel)
    (said,) = await came(running, posted)
    assert "Would you wait a night for bread?" in said
    await press(running, stale, "now")
    assert "can't be changed: it was sent" in await read(running, stale)
    await running.settle(2 * DAY)
    assert len(await came(running, posted)) == 1


async def test_a_prompt_that_was_sent_in_between_is_neither_edited_nor_sent_again(
    running: RunningBot,
) -> None:
    posted = await running.publish()
    panels = {what: await open_panel(running, 1) for what in ("edit", "now", "skip")}
    await running.settle(DAY + HOUR)
    assert len(await came(running, posted)) == 1
    for what, panel in panels.items():
        await press(running, panel, what)
        assert "⚠️ Prompt 1 can't be changed: it was sent." in await read(running, panel)
    assert len(await came(running, posted)) == 1
    assert (await rows(running))[0] == ("sent", None)


async def test_a_form_that_is_submitted_after_the_prompt_was_sent_gives_the_words_back(
    running: RunningBot,
) -> None:
    posted = await running.publish()
    panel = await running.run_command("prompts list")
    await press(running, panel, "choose", 1)
    form = (await press(running, panel, "edit"))["answer"]
    await running.settle(DAY + HOUR)
    submitted = await submit(running, panel, form, {"What": "Is it worth it?"})
    told = await running.answer_text(submitted)
    assert "can't be changed: it was sent" in told
    assert "Is it worth it?" in told
    assert len(await came(running, posted)) == 1


async def test_the_chosen_prompt_is_edited_in_a_form(running: RunningBot) -> None:
    posted = await running.publish()
    panel = await running.run_command("prompts list")
    await press(running, panel, "choose", 1)
    form = (await press(running, panel, "edit"))["answer"]
    await submit(running, panel, form, {"What": "Is it worth it?", "When": "in 3 hours"})
    told = await read(running, panel)
    assert "says “Is it worth it?”" in told
    await running.settle(4 * HOUR)
    (said,) = await came(running, posted)
    assert "Is it worth it?" in said


async def test_a_form_submitted_unchanged_changes_nothing(running: RunningBot) -> None:
    await running.publish()

    async def look() -> list[tuple[Any, ...]]:
        found = await running.database.read(
            lambda tx: tx.rows(
                "SELECT planned_for, due_at, content, condition FROM prompts ORDER BY id"
            )
        )
        return [tuple(row) for row in found]

    before = await look()
    panel = await running.run_command("prompts list")
    await press(running, panel, "choose", 2)
    form = (await press(running, panel, "edit"))["answer"]
    await submit(running, panel, form, {})
    assert await look() == before


@pytest.mark.parametrize(
    ("entered", "says"),
    [
        ({"When": "soon"}, "don't understand the time"),
        ({"What": "question 9"}, "no question 9"),
        ({"Condition": "if ever"}, "understand the condition"),
        ({"When": "in 3 hours", "What": " "}, "nothing to post"),
    ],
)
async def test_an_invalid_form_is_answered_with_a_sentence_and_the_words(
    running: RunningBot, entered: dict[str, str], says: str
) -> None:
    await running.publish()
    panel = await running.run_command("prompts list")
    await press(running, panel, "choose", 1)
    form = (await press(running, panel, "edit"))["answer"]
    submitted = await submit(running, panel, form, entered)
    told = await running.answer_text(submitted)
    assert says in told
    assert all(text.strip() in told for text in entered.values())
    assert (await rows(running))[0] == ("planned", None)


async def submit(
    running: RunningBot, panel: dict[str, Any], form: dict[str, Any], entered: dict[str, str]
) -> dict[str, Any]:
    message = await running.answer_message(panel)
    submitted = await running.interact(5, form_data(form, entered), message_id=message["id"])
    await running.settle()
    return submitted


async def test_nudges_are_listed_apart_and_can_be_sent_or_skipped(running: RunningBot) -> None:
    posted = await running.publish()
    heads = [await running.write(who, "I would.", to=posted[-1]["id"]) for who in ("Ann", "Ben")]
    await running.settle()
    panel = await running.run_command("prompts list")
    nudges = (await read(running, panel)).partition("**Nudges**")[2]
    assert all(f"nudges <#{head}>" in nudges for head in heads)
    await press(running, panel, "choose", 4)
    assert await labels(running, panel) == ["Skip", "Send now"]
    await press(running, panel, "now")
    assert "The nudge goes out now." in await read(running, panel)
    assert len(await running.bot_messages(heads[0])) == 1
    await press(running, panel, "choose", 5)
    await press(running, panel, "skip")
    await running.settle(30 * DAY)
    assert [len(await running.bot_messages(head)) for head in heads] == [1, 0]


async def test_a_prompt_of_a_closed_essay_is_not_sent_now(running: RunningBot) -> None:
    posted = await running.publish()
    panel = await running.run_command("prompts list")
    await press(running, panel, "choose", 1)
    await close(running)
    await press(running, panel, "now")
    assert "⚠️ “Slow bread” is closed." in await read(running, panel)
    assert await came(running, posted) == []
    assert (await rows(running))[0] == ("planned", None)


async def test_a_long_list_stays_within_the_limits(running: RunningBot) -> None:
    await running.publish()
    text = "text: " + "long *words* " * 30
    for number in range(23):
        await prompts(running, "add", essay="1", when=f"in {number + 2} days", what=text)
    panel = await running.run_command("prompts list")
    told = await read(running, panel)
    assert count_utf16_units(told) <= 4000
    assert "more line" in told


async def test_the_list_works_after_a_restart(tmp_path: Path) -> None:
    async with run_emulator() as emulator:
        async with run_bot(tmp_path, emulator) as running:
            await running.publish()
            panel = await running.run_command("prompts list")
            await running.settle()
        async with run_bot(tmp_path, emulator) as running:
            await press(running, panel, "choose", 1)
            await press(running, panel, "skip")
            assert "✅ The prompt is skipped." in await read(running, panel)


async def test_the_first_25_of_many_essays_can_be_chosen_and_each_other_one_named(
    running: RunningBot,
) -> None:
    await running.publish()
    now_ms, server_id = running.clock.now_ms(), running.server_id

    async def add_essays(tx: Transaction) -> None:
        for number in range(2, 31):
            row = {"id": number, "server": server_id, "now": now_ms, "title": f"Essay {number}"}
            await tx.run(
                """
                INSERT INTO discussions (id, server_id, channel_id, state, created_at,
                    published_at)
                VALUES (:id, :server, 1, 'open', :now, :now)
                """,
                {name: row[name] for name in ("id", "server", "now")},
            )
            await tx.run(
                """
                INSERT INTO revisions (discussion_id, number, title, words, content_hash,
                    created_at)
                VALUES (:id, 1, :title, 1, 'x', :now)
                """,
                {name: row[name] for name in ("id", "title", "now")},
            )
            await prompt_rows.add(
                tx,
                server_id=server_id,
                discussion_id=number,
                kind=PromptKind.STEP,
                at=running.clock.now() + timedelta(days=number),
                content="default",
            )

    await running.database.write(add_essays)
    panel = await running.run_command("prompts list")
    await running.settle()
    message = await running.answer_message(panel)
    shown = re.findall(r"'label': '(\d+): ", str(message["components"]))
    assert shown == [str(number) for number in range(1, 26)]
    assert "name it in the command" in await read(running, panel)
    told = await prompts(running, "list", essay="Essay 30")
    assert "**Essay 30**" in told
