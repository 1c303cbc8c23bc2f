"""Corrections of an essay are kept when it gets a new text, and can be changed."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from storage.db.writer import Transaction
from tests.support.essays import ANSWER_HINT
from tests.support.running_bot import ESSAY, RunningBot, component_texts, form_data, running_bot

CHOSEN = [{"type": 3, "name": "essay", "value": "1"}]
GIVEN = {
    "Title": "Rye",
    "Byline": "By the two Bakers",
    "Epigraph": "Wait.",
    "Source of the epigraph": "A baker",
    "Closing question": "And you?",
}
CLOSING = "Closing question"


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[RunningBot]:
    async with running_bot(tmp_path) as opened:
        yield opened


async def correct(
    running: RunningBot, interaction: dict[str, Any], entered: dict[str, str]
) -> None:
    form = (await running.press(interaction, "Edit details"))["answer"]
    await running.interact(5, form_data(form, entered))
    await running.settle()


async def published(
    running: RunningBot, text: str = ESSAY, entered: dict[str, str] | None = None
) -> None:
    """Publish an essay whose draft was corrected before."""
    interaction = await running.run_command("essay publish", file=("bread.md", text.encode()))
    await correct(running, interaction, GIVEN if entered is None else entered)
    await running.press(interaction, "Publish")
    await running.settle()


async def hand_in(running: RunningBot, text: str, name: str = "bread.md") -> dict[str, Any]:
    return await running.run_command("essay edit", options=CHOSEN, file=(name, text.encode()))


async def stands(running: RunningBot) -> tuple[str, str]:
    """What the card says, and what is asked at the end."""
    card, *_, closing = await running.bot_messages()
    return component_texts(card["components"]), closing["content"]


async def apply(running: RunningBot, interaction: dict[str, Any]) -> tuple[str, str]:
    await running.press(interaction, "Apply")
    await running.settle()
    return await stands(running)


async def test_corrections_of_the_draft_are_kept_for_a_new_text(running: RunningBot) -> None:
    await published(running)
    before = await stands(running)
    assert "# Rye\nBy the two Bakers" in before[0]
    assert "> Wait.\n> — A baker" in before[0]
    interaction = await hand_in(running, ESSAY.replace("a loaf", "two loaves"))
    told = await running.answer_text(interaction)
    for fact in ("title", "byline", "epigraph"):
        assert f"The {fact} was given here and isn't the text's own." in told
    assert "~~Rye~~" not in told
    card, closing = await apply(running, interaction)
    assert (card.split("-#")[0], closing) == (before[0].split("-#")[0], f"And you?\n{ANSWER_HINT}")
    assert "two loaves" in (await running.bot_messages())[1]["content"]


async def test_the_same_text_again_keeps_all_corrections(running: RunningBot) -> None:
    await published(running)
    assert "Nothing changes" in await running.answer_text(await hand_in(running, ESSAY))


async def test_what_a_new_text_states_differently_replaces_a_correction(
    running: RunningBot,
) -> None:
    await published(running)
    text = ESSAY.replace("# Slow bread", "# Slower bread").replace("By Ann Baker", "By Ann Miller")
    interaction = await hand_in(running, text)
    told = await running.answer_text(interaction)
    assert "Title: ~~Rye~~ **Slower bread**" in told
    assert "Byline: ~~By the two Bakers~~ **By Ann Miller**" in told
    card, _ = await apply(running, interaction)
    assert "# Slower bread\nBy Ann Miller" in card
    assert "> Wait." in card


async def test_a_guessed_title_does_not_replace_a_given_one(
    running: RunningBot,
) -> None:
    text = "It was raining in the town\n\nNobody minded, least of all the baker.\n\nDo you?"
    await published(running, text, {"Title": "Rye"})
    interaction = await hand_in(running, text.replace("raining", "snowing"), "snow.txt")
    told = await running.answer_text(interaction)
    assert "# Rye" in told
    assert "“It was snowing in the town” was read as the title" in told
    await apply(running, interaction)
    assert (await running.bot_messages())[1]["content"] == text.replace("raining", "snowing")


async def test_the_new_text_is_corrected_before_it_is_applied(running: RunningBot) -> None:
    await published(running)
    interaction = await hand_in(running, ESSAY.replace("a loaf", "two loaves"))
    await correct(running, interaction, {"Title": "Rye again", "Byline": "", CLOSING: ""})
    told = await running.answer_text(interaction)
    assert "Title: ~~Rye~~ **Rye again**" in told
    assert "Byline: ~~By the two Bakers~~" in told
    assert "Closing question: the essay's own" in told
    await running.press(interaction, "Apply")
    await running.settle()
    card, part, _ = await running.bot_messages()
    assert "# Rye again\n" in component_texts(card["components"])
    assert "By the two Bakers" not in component_texts(card["components"])
    assert part["content"].endswith("Would you wait a night for bread?")


async def test_a_correction_of_an_edit_that_was_applied_meanwhile_says_so(
    running: RunningBot,
) -> None:
    await published(running)
    interaction = await hand_in(running, ESSAY.replace("a loaf", "two loaves"))
    form = (await running.press(interaction, "Edit details"))["answer"]
    await apply(running, interaction)
    late = await running.interact(5, form_data(form, {"Title": "Late"}))
    assert "was applied, discarded or replaced" in await running.answer_text(late)
    assert "# Rye" in (await stands(running))[0]


async def test_the_form_shows_the_corrections_and_can_remove_them(running: RunningBot) -> None:
    await published(running)
    form = (await running.run_command("essay edit", options=CHOSEN))["answer"]
    shown = {
        label["label"]: label["component"].get("value", "") for label in form["data"]["components"]
    }
    assert (shown["Title"], shown["Closing question"]) == ("Rye", "And you?")
    entered = {"Title": "", "Closing question": ""}
    interaction = await running.interact(5, form_data(form, entered))
    told = await running.answer_text(interaction)
    assert "Title: ~~Rye~~ **Slow bread**" in told
    assert "Closing question: the essay's own" in told
    assert "The title was given here" not in told
    for fact in ("byline", "epigraph"):
        assert f"The {fact} was given here and isn't the text's own." in told


async def test_a_title_given_with_the_submission_is_kept_too(running: RunningBot) -> None:
    form = (await running.run_command("essay publish"))["answer"]
    entered = {"Or the text": ESSAY, "Title": "Rye", "Closing question": "And you?"}
    interaction = await running.interact(5, form_data(form, entered))
    await running.press(interaction, "Publish")
    await running.settle()
    card, closing = await apply(
        running, await hand_in(running, ESSAY.replace("a loaf", "two loaves"))
    )
    assert "# Rye\nBy Ann Baker" in card
    assert closing == f"And you?\n{ANSWER_HINT}"


async def test_corrections_in_an_older_archive_are_found_by_reading_its_text(
    running: RunningBot,
) -> None:
    await published(running)

    async def age(tx: Transaction) -> None:
        row = await tx.row("SELECT essay FROM revision_contents")
        assert row is not None
        essay = json.loads(row["essay"])
        del essay["extracted"]
        await tx.run("UPDATE revision_contents SET essay = :essay", {"essay": json.dumps(essay)})

    await running.database.write(age)
    assert "Nothing changes" in await running.answer_text(await hand_in(running, ESSAY))
    card, _ = await apply(running, await hand_in(running, ESSAY.replace("a loaf", "two loaves")))
    assert "# Rye\nBy the two Bakers" in card
