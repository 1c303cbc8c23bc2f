"""A published essay gets a new text: shown, applied, laid over its messages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.house import ESSAY, House, a_house, texts

CHOSEN = [{"type": 3, "name": "essay", "value": "1"}]
WORDS = "The dough rests in the cold while the street goes to sleep and wakes again. "


def written(*paragraphs: str, title: str = "Slow bread") -> str:
    return f"# {title}\n\n" + "\n\n".join(paragraphs)


def long(*names: str, title: str = "Slow bread") -> str:
    """An essay whose every paragraph fills most of a message."""
    return written(*(f"{name}. {WORDS * 21}".strip() for name in names), title=title)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with a_house(tmp_path) as opened:
        yield opened


async def hand_in(house: House, text: str) -> dict[str, Any]:
    return await house.run("essay edit", options=CHOSEN, file=("bread.md", text.encode()))


async def edited(house: House, text: str) -> str:
    """Edit the essay and apply it; what the admin was told in the end."""
    interaction = await hand_in(house, text)
    await house.press(interaction, "Apply")
    return await house.said(interaction)


def contents(messages: list[dict[str, Any]]) -> list[str]:
    return [message["content"] or texts(message["components"]) for message in messages]


async def test_a_new_text_is_shown_first_and_changes_nothing(house: House) -> None:
    before = contents(await house.publish())
    told = await house.said(await hand_in(house, ESSAY.replace("Slow bread", "Slower bread")))
    assert "Slower bread" in told
    assert "~~Slow bread~~" in told
    assert "1 stay as they are, 1 change" in told
    assert contents(await house.ours()) == before


async def test_applied_it_is_laid_over_the_old_messages(house: House) -> None:
    before = await house.publish()
    text = ESSAY.replace("Slow bread", "Slower bread").replace("takes a night", "takes two nights")
    assert "stands as revision 2" in await edited(house, text)
    after = await house.ours()
    assert [m["id"] for m in after] == [m["id"] for m in before]
    assert "Slower bread" in texts(after[0]["components"])
    assert "takes two nights" in after[1]["content"]
    assert after[1]["flags"] == before[1]["flags"]
    assert "Slower bread — open" in await house.said(await house.run("essay list"))
    shown = await house.said(await house.run("essay show", options=CHOSEN))
    assert "edited (revision 2) by Ada" in shown
    assert (await house.export())["essay"]["title"] == "Slower bread"


async def test_the_same_text_changes_nothing(house: House) -> None:
    await house.publish()
    assert "Nothing changes" in await house.said(await hand_in(house, ESSAY))


async def test_what_does_not_fit_goes_on_below_and_both_say_where(house: House) -> None:
    posted = await house.publish(long("One", "Two", "Three"))
    assert len(posted) == 5
    await house.write("Ann", "I would.", to=posted[-1]["id"])
    await house.settle(25 * 3600)
    await edited(house, long("One", "New", "Two", "Three", "Four"))
    await house.settle(600)
    after = {message["id"]: message for message in await house.ours()}
    *_, fourth, fifth = after.values()
    told = [after[message["id"]]["content"][:5] for message in posted[1:4]]
    assert told == ["One. ", "New. ", "Two. "]
    last = after[posted[3]["id"]]["content"]
    here = f"https://discord.com/channels/{house.server_id}/{house.channel()}"
    assert last.endswith(f"-# Continued below: {here}/{fourth['id']}")
    assert fourth["content"].startswith(f"-# Continued from {here}/{posted[3]['id']}\n")
    assert "Three. " in fourth["content"]
    assert fifth["content"].startswith("Four. ")


async def test_a_part_that_is_not_needed_is_removed_or_emptied_where_it_was_answered(
    house: House,
) -> None:
    posted = await house.publish(long("One", "Two", "Three", "Four"))
    reply = await house.write("Ann", "This one.", to=posted[2]["id"])
    await house.settle()
    interaction = await hand_in(house, long("One", "Four"))
    told = await house.said(interaction)
    assert "1 are removed" in told
    assert "1 are emptied" in told
    await house.press(interaction, "Apply")
    await house.settle()
    after = {message["id"]: message for message in await house.ours()}
    assert posted[3]["id"] not in after
    assert after[posted[2]["id"]]["content"] == "-# This part is no longer in the essay."
    assert after[posted[4]["id"]]["content"].startswith("Four.")
    assert str(reply) in {thread["id"] for thread in (await house.world())["threads"]}
    (kept,) = (await house.export())["replies"]
    assert kept["passages"] == [2], "of the revision that it answered"
