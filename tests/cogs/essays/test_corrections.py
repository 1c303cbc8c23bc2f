"""What an admin gave for an essay stays with it when it gets a new text, and can be changed."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from storage.db.writer import Transaction
from tests.support.running_bot import ESSAY, House, a_house, form_data, texts

CHOSEN = [{"type": 3, "name": "essay", "value": "1"}]
GIVEN = {
    "Title": "Rye",
    "Byline": "By the two Bakers",
    "Epigraph": "Wait.",
    "Whose words": "A baker",
    "Closing question (empty: the essay's own)": "And you?",
}
CLOSING = "Closing question (empty: the essay's own)"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with a_house(tmp_path) as opened:
        yield opened


async def correct(house: House, interaction: dict[str, Any], entered: dict[str, str]) -> None:
    form = (await house.press(interaction, "Edit …"))["answer"]
    await house.interact(5, form_data(form, entered))
    await house.settle()


async def published(house: House, text: str = ESSAY, entered: dict[str, str] | None = None) -> None:
    """Publish an essay whose draft was corrected before."""
    interaction = await house.run("essay publish", file=("bread.md", text.encode()))
    await correct(house, interaction, GIVEN if entered is None else entered)
    await house.press(interaction, "Publish")
    await house.settle()


async def hand_in(house: House, text: str, name: str = "bread.md") -> dict[str, Any]:
    return await house.run("essay edit", options=CHOSEN, file=(name, text.encode()))


async def stands(house: House) -> tuple[str, str]:
    """What the card says, and what is asked at the end."""
    card, *_, closing = await house.ours()
    return texts(card["components"]), closing["content"]


async def apply(house: House, interaction: dict[str, Any]) -> tuple[str, str]:
    await house.press(interaction, "Apply")
    await house.settle()
    return await stands(house)


async def test_what_was_given_for_the_draft_stays_with_a_new_text(house: House) -> None:
    await published(house)
    before = await stands(house)
    assert "# Rye\nBy the two Bakers" in before[0]
    assert "> Wait.\n> — A baker" in before[0]
    interaction = await hand_in(house, ESSAY.replace("a loaf", "two loaves"))
    told = await house.said(interaction)
    assert "As given here, not as the text says: title, byline, epigraph" in told
    assert "~~Rye~~" not in told
    card, closing = await apply(house, interaction)
    assert (card.split("-#")[0], closing) == (before[0].split("-#")[0], "And you?")
    assert "two loaves" in (await house.ours())[1]["content"]


async def test_the_same_text_again_changes_nothing_of_what_was_given(house: House) -> None:
    await published(house)
    assert "Nothing changes" in await house.said(await hand_in(house, ESSAY))


async def test_what_a_new_text_says_otherwise_than_before_holds(house: House) -> None:
    await published(house)
    text = ESSAY.replace("# Slow bread", "# Slower bread").replace("By Ann Baker", "By Ann Miller")
    interaction = await hand_in(house, text)
    told = await house.said(interaction)
    assert "Title: ~~Rye~~ **Slower bread**" in told
    assert "Byline: ~~By the two Bakers~~ **By Ann Miller**" in told
    card, _ = await apply(house, interaction)
    assert "# Slower bread\nBy Ann Miller" in card
    assert "> Wait." in card


async def test_a_title_that_is_only_guessed_does_not_take_a_given_ones_place(house: House) -> None:
    text = "It was raining in the town\n\nNobody minded, least of all the baker.\n\nDo you?"
    await published(house, text, {"Title": "Rye"})
    interaction = await hand_in(house, text.replace("raining", "snowing"), "snow.txt")
    told = await house.said(interaction)
    assert "# Rye" in told
    assert "“It was snowing in the town”, once taken for the title, stands in the text" in told
    await apply(house, interaction)
    assert (await house.ours())[1]["content"] == text.replace("raining", "snowing")


async def test_the_new_text_is_corrected_before_it_is_applied(house: House) -> None:
    await published(house)
    interaction = await hand_in(house, ESSAY.replace("a loaf", "two loaves"))
    await correct(house, interaction, {"Title": "Rye again", "Byline": "", CLOSING: ""})
    told = await house.said(interaction)
    assert "Title: ~~Rye~~ **Rye again**" in told
    assert "Byline: ~~By the two Bakers~~" in told
    assert "Asked at the end: the essay's own question" in told
    await house.press(interaction, "Apply")
    await house.settle()
    card, part = await house.ours()
    assert "# Rye again\n" in texts(card["components"])
    assert "By the two Bakers" not in texts(card["components"])
    assert part["content"].endswith("Would you wait a night for bread?")


async def test_a_correction_of_an_edit_that_was_applied_meanwhile_says_so(house: House) -> None:
    await published(house)
    interaction = await hand_in(house, ESSAY.replace("a loaf", "two loaves"))
    form = (await house.press(interaction, "Edit …"))["answer"]
    await apply(house, interaction)
    late = await house.interact(5, form_data(form, {"Title": "Late"}))
    assert "not there any more" in await house.said(late)
    assert "# Rye" in (await stands(house))[0]


async def test_the_form_shows_what_was_given_and_takes_it_back(house: House) -> None:
    await published(house)
    form = (await house.run("essay edit", options=CHOSEN))["answer"]
    shown = {
        label["label"]: label["component"].get("value", "") for label in form["data"]["components"]
    }
    assert (shown["Title"], shown["Closing question"]) == ("Rye", "And you?")
    entered = {"Title": "", "Closing question": ""}
    interaction = await house.interact(5, form_data(form, entered))
    told = await house.said(interaction)
    assert "Title: ~~Rye~~ **Slow bread**" in told
    assert "Asked at the end: the essay's own question" in told
    assert "As given here, not as the text says: byline, epigraph" in told


async def test_a_title_given_when_it_was_handed_in_stays_too(house: House) -> None:
    form = (await house.run("essay publish"))["answer"]
    entered = {"Or the text": ESSAY, "Title": "Rye", "Closing question": "And you?"}
    interaction = await house.interact(5, form_data(form, entered))
    await house.press(interaction, "Publish")
    await house.settle()
    card, closing = await apply(house, await hand_in(house, ESSAY.replace("a loaf", "two loaves")))
    assert "# Rye\nBy Ann Baker" in card
    assert closing == "And you?"


async def test_what_was_given_in_an_archive_of_before_is_read_off_its_text(house: House) -> None:
    await published(house)

    async def age(tx: Transaction) -> None:
        row = await tx.row("SELECT essay FROM revision_contents")
        assert row is not None
        essay = json.loads(row["essay"])
        del essay["extracted"]
        await tx.run("UPDATE revisions SET essay = :essay", {"essay": json.dumps(essay)})

    await house.database.write(age)
    assert "Nothing changes" in await house.said(await hand_in(house, ESSAY))
    card, _ = await apply(house, await hand_in(house, ESSAY.replace("a loaf", "two loaves")))
    assert "# Rye\nBy the two Bakers" in card
