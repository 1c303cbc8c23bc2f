"""Forms that are submitted to another process than the one that showed them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.emulator.server import Emulator
from tests.support.running_bot import (
    ESSAY,
    RunningBot,
    component_texts,
    form_data,
    run_bot,
    run_emulator,
)


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    async with run_emulator() as world:
        yield world


async def draft_form(running: RunningBot, button: str) -> tuple[dict[str, Any], str]:
    """Make a draft and press a button that shows a form; that, and the message below which."""
    interaction = await running.run_command("essay publish", file=("bread.md", ESSAY.encode()))
    pressed = await running.press(interaction, button)
    assert pressed["answer"]["type"] == 9
    return pressed["answer"], (await running.answer_message(interaction))["id"]


@pytest.mark.smoke
async def test_an_essay_submitted_after_a_restart_becomes_a_draft(
    tmp_path: Path, emulator: Emulator
) -> None:
    async with run_bot(tmp_path, emulator) as running:
        form = (await running.run_command("essay publish"))["answer"]
    async with run_bot(tmp_path, emulator) as again:
        entered = {"Or the text": ESSAY, "Title": "Slower bread"}
        told = await again.answer_text(await again.interact(5, form_data(form, entered)))
        assert "Slower bread" in told
        assert "Draft 1" in told


async def test_corrections_submitted_after_a_restart_reach_the_draft(
    tmp_path: Path, emulator: Emulator
) -> None:
    async with run_bot(tmp_path, emulator) as running:
        form, below = await draft_form(running, "Edit details")
    async with run_bot(tmp_path, emulator) as again:
        sent = await again.interact(5, form_data(form, {"Title": "Rye"}), message_id=below)
        assert sent["state"] == "answered"
        await again.settle()
        assert "Rye — draft" in await again.answer_text(await again.run_command("essay list"))


async def test_a_time_submitted_after_a_restart_schedules_the_draft(
    tmp_path: Path, emulator: Emulator
) -> None:
    async with run_bot(tmp_path, emulator) as running:
        form, below = await draft_form(running, "Schedule …")
    async with run_bot(tmp_path, emulator) as again:
        label = form["data"]["components"][0]["label"]
        await again.interact(5, form_data(form, {label: "in 3 hours"}), message_id=below)
        await again.settle()
        assert "Slow bread — scheduled" in await again.answer_text(
            await again.run_command("essay list")
        )


async def test_a_form_for_a_discarded_draft_is_answered_with_a_sentence(
    tmp_path: Path, emulator: Emulator
) -> None:
    async with run_bot(tmp_path, emulator) as running:
        interaction = await running.run_command("essay publish", file=("bread.md", ESSAY.encode()))
        form = (await running.press(interaction, "Edit details"))["answer"]
        await running.press(interaction, "Discard")
        await running.press(interaction, "Discard")
        below = (await running.answer_message(interaction))["id"]
        sent = await running.interact(5, form_data(form, {"Title": "Rye"}), message_id=below)
        assert "was discarded" in await running.answer_text(sent)


async def test_a_submitted_form_is_handled_once(tmp_path: Path, emulator: Emulator) -> None:
    async with run_bot(tmp_path, emulator) as running:
        form = (await running.run_command("essay publish"))["answer"]
        entered = {"Or the text": ESSAY}
        interaction = await running.interact(5, form_data(form, entered))
        assert "Draft 1" in await running.answer_text(interaction)
        await running.press(interaction, "Publish")
        await running.settle()
        card, *_ = await running.bot_messages()
        assert "Slow bread" in component_texts(card["components"])
        assert len(await running.bot_messages()) == 3
