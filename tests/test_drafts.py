"""Drafts: handed in once more, and corrected."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.house import House, a_house, form_data

TEXT = (
    "---\ntitle: {title}\nauthor: {author}\nepigraph: {epigraph}\n---\n\n"
    "It takes a night to make a loaf.\n\nWould you wait?\n"
)
FACTS = {"title": "Slow bread", "author": "Ann Baker", "epigraph": "Wait."}


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with a_house(tmp_path) as opened:
        yield opened


async def hand_in(house: House, **facts: str) -> dict[str, Any]:
    text = TEXT.format(**(FACTS | facts))
    return await house.run("essay publish", file=("bread.md", text.encode()))


@pytest.mark.parametrize("fact", FACTS)
async def test_the_same_words_with_another_head_are_another_draft(house: House, fact: str) -> None:
    await house.said(await hand_in(house))
    told = await house.said(await hand_in(house, **{fact: "Corrected"}))
    assert "Corrected" in told
    assert "this very essay is essay 1 (draft)" in told


async def test_a_corrected_draft_is_meant_when_its_file_is_handed_in_again(house: House) -> None:
    interaction = await hand_in(house)
    form = (await house.press(interaction, "Edit …"))["answer"]
    await house.interact(5, form_data(form, {"Title": "Rye"}))
    told = await house.said(await hand_in(house))
    assert "Draft 1," in told
    assert "Rye" in told


async def test_correcting_one_thing_keeps_the_others(house: House) -> None:
    long = "Wait and see. " * 200
    interaction = await hand_in(house, epigraph=long)
    form = (await house.press(interaction, "Edit …"))["answer"]
    await house.interact(5, form_data(form, {"Title": "Rye"}))
    await house.settle()
    preview = await house.salon.services.publishing.preview(1, house.server_id)
    essay = preview.draft.essay
    assert (essay.title, essay.author) == ("Rye", "Ann Baker")
    assert essay.epigraph is not None
    assert essay.epigraph.text == long.strip()
