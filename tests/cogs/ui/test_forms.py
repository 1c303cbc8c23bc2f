"""Forms, sent in to another process than the one that showed them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.emulator.server import Emulator
from tests.support.running_bot import ESSAY, House, a_world, form_data, lived_in, texts


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    async with a_world() as world:
        yield world


async def draft_form(house: House, button: str) -> tuple[dict[str, Any], str]:
    """Make a draft and press a button that shows a form; that, and the message below which."""
    interaction = await house.run("essay publish", file=("bread.md", ESSAY.encode()))
    pressed = await house.press(interaction, button)
    assert pressed["answer"]["type"] == 9
    return pressed["answer"], (await house.seen(interaction))["id"]


async def test_an_essay_sent_in_after_a_restart_becomes_a_draft(
    tmp_path: Path, emulator: Emulator
) -> None:
    async with lived_in(tmp_path, emulator) as house:
        form = (await house.run("essay publish"))["answer"]
    async with lived_in(tmp_path, emulator) as again:
        entered = {"Or the text": ESSAY, "Title": "Slower bread"}
        told = await again.said(await again.interact(5, form_data(form, entered)))
        assert "Slower bread" in told
        assert "Draft 1" in told


async def test_corrections_sent_in_after_a_restart_reach_the_draft(
    tmp_path: Path, emulator: Emulator
) -> None:
    async with lived_in(tmp_path, emulator) as house:
        form, below = await draft_form(house, "Edit …")
    async with lived_in(tmp_path, emulator) as again:
        sent = await again.interact(5, form_data(form, {"Title": "Rye"}), message_id=below)
        assert sent["state"] == "answered"
        await again.settle()
        assert "Rye — draft" in await again.said(await again.run("essay list"))


async def test_a_time_sent_in_after_a_restart_schedules_the_draft(
    tmp_path: Path, emulator: Emulator
) -> None:
    async with lived_in(tmp_path, emulator) as house:
        form, below = await draft_form(house, "Schedule …")
    async with lived_in(tmp_path, emulator) as again:
        label = form["data"]["components"][0]["label"]
        await again.interact(5, form_data(form, {label: "in 3 hours"}), message_id=below)
        await again.settle()
        assert "Slow bread — scheduled" in await again.said(await again.run("essay list"))


async def test_a_form_for_a_draft_that_is_gone_is_answered_with_a_sentence(
    tmp_path: Path, emulator: Emulator
) -> None:
    async with lived_in(tmp_path, emulator) as house:
        interaction = await house.run("essay publish", file=("bread.md", ESSAY.encode()))
        form = (await house.press(interaction, "Edit …"))["answer"]
        await house.press(interaction, "Discard")
        below = (await house.seen(interaction))["id"]
        sent = await house.interact(5, form_data(form, {"Title": "Rye"}), message_id=below)
        assert "not there any more" in await house.said(sent)


async def test_a_form_sent_in_is_taken_once(tmp_path: Path, emulator: Emulator) -> None:
    async with lived_in(tmp_path, emulator) as house:
        form = (await house.run("essay publish"))["answer"]
        entered = {"Or the text": ESSAY}
        interaction = await house.interact(5, form_data(form, entered))
        assert "Draft 1" in await house.said(interaction)
        await house.press(interaction, "Publish")
        await house.settle()
        card, *_ = await house.ours()
        assert "Slow bread" in texts(card["components"])
        assert len(await house.ours()) == 2
