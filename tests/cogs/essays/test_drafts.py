"""Drafts: handed in once more, corrected, and scheduled."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from storage.db.writer import Transaction
from storage.essays import discussions, submissions
from storage.essays.discussions import Listed
from storage.servers import settings
from tests.support.running_bot import House, a_house, form_data
from tests.support.submissions import submitted

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


async def cut_off(house: House, text: str = TEXT, *, title: str | None = None) -> None:
    """An essay was handed in, and the bot killed before it was made a draft."""
    # The start has taken up what there was.
    await house.salon.wait_until_ready()
    await house.settle()
    submission = submitted(house, text.format(**FACTS), title=title)
    await house.database.write(lambda tx: submissions.receive(tx, submission, 0))


async def take_up_again(house: House) -> list[Listed]:
    """What a start does; the essays that there are then."""
    services = house.salon.services
    await services.publishing.take_up_again(services.editing.take_up_again)
    return await house.database.read(lambda tx: discussions.listed(tx, house.server_id))


async def test_what_is_handed_in_again_with_the_same_title_is_the_draft_of_that_title(
    house: House,
) -> None:
    services = house.salon.services
    drafts = []
    for number, title in enumerate(("Rye", "Wheat", "Rye", "Wheat", "Oats"), 7):
        handed = submitted(house, TEXT.format(**FACTS), title=title, number=number)
        await services.publishing.receive(handed)
        drafts.append(await services.publishing.draft(handed))
    assert drafts == [1, 2, 1, 2, 3]


@pytest.mark.parametrize("button", ["Publish", "Discard"])
async def test_what_was_cut_off_is_no_second_draft_once_it_was_handed_in_again(
    house: House, button: str
) -> None:
    await cut_off(house)
    await house.press(await hand_in(house), button)
    await house.settle()
    found = await take_up_again(house)
    assert [one.state for one in found] == (["open"] if button == "Publish" else [])
    kept = await house.database.read(
        lambda tx: tx.rows("SELECT 1 FROM submissions WHERE content_hash IS NOT NULL")
    )
    assert kept == [], "nothing is recognised any more"


@pytest.mark.parametrize(
    ("text", "title"), [(TEXT, "Rye"), ("# Slow bread\n\nOther words.\n", None)]
)
async def test_what_was_cut_off_is_a_draft_of_its_own_where_it_is_another_essay(
    house: House, text: str, title: str | None
) -> None:
    await cut_off(house, text, title=title)
    await house.press(await hand_in(house), "Publish")
    await house.settle()
    assert [one.state for one in await take_up_again(house)] == ["draft", "open"]


async def test_what_was_cut_off_is_a_draft_where_it_was_handed_in_for_another_channel(
    house: House,
) -> None:
    await cut_off(house)
    options = [{"type": 7, "name": "channel", "value": str(house.channel("admins"))}]
    file = ("bread.md", TEXT.format(**FACTS).encode())
    await house.said(await house.run("essay publish", file=file, options=options))
    assert [one.state for one in await take_up_again(house)] == ["draft", "draft"]


async def set_notices(house: House) -> None:
    board, now = house.channel("admins"), house.clock.now_ms()

    async def choose(tx: Transaction) -> None:
        await settings.register(tx, house.server_id, "", now)
        await settings.set_notices_channel(tx, house.server_id, board)

    await house.database.write(choose)


async def schedule(house: House) -> None:
    await house.said(await hand_in(house))
    options = [
        {"type": 3, "name": "essay", "value": "1"},
        {"type": 3, "name": "when", "value": "in 2 hours"},
    ]
    assert "will be published" in await house.said(
        await house.run("essay schedule", options=options)
    )


async def told(house: House) -> list[str]:
    return [message["content"] for message in await house.ours(house.channel("admins"))]


async def test_admins_are_told_when_a_scheduled_essay_is_refused(house: House) -> None:
    await set_notices(house)
    await schedule(house)
    path = f"/channels/{house.channel()}/messages"
    fault = {"kind": "http", "method": "POST", "path": path, "times": 1, "status": 400}
    await house.control("faults", {**fault, "code": 200000, "after_effect": False})
    await house.settle(3 * 3600)
    (notice,) = await told(house)
    assert "“Slow bread” stopped" in notice
    assert "AutoMod refused" in notice
    assert "`/essay show`" in notice


async def test_admins_are_told_once_that_a_scheduled_essay_waits_for_a_right(house: House) -> None:
    await set_notices(house)
    await schedule(house)
    role = str(house.server_id)
    path = f"/channels/{house.channel()}/permissions/{role}"
    denied = {"type": 0, "allow": "0", "deny": str(1 << 11)}
    await house.act(house.member(), "PUT", path, denied)
    await house.settle(6 * 3600)
    (notice,) = await told(house)
    assert "“Slow bread” waits" in notice
    assert "*Send Messages*" in notice
    await house.act(house.member(), "DELETE", path)
    await house.settle(2 * 3600)
    assert len(await house.ours()) == 2
    assert len(await told(house)) == 1


async def test_admins_are_told_that_an_essays_own_thread_is_refused(house: House) -> None:
    await set_notices(house)
    options = [{"type": 3, "name": "style", "value": "thread"}]
    text = TEXT.format(**FACTS).encode()
    interaction = await house.run("essay publish", file=("bread.md", text), options=options)
    path = "/channels/*/messages/*/threads"
    fault = {"kind": "http", "method": "POST", "path": path, "times": 1, "status": 400}
    await house.control("faults", {**fault, "code": 200001, "after_effect": False})
    await house.press(interaction, "Publish")
    await house.settle(60)
    (notice,) = await told(house)
    assert "“Slow bread” stopped" in notice
    assert "AutoMod refused" in notice


async def test_a_title_that_is_given_takes_no_line_from_a_text_without_one(house: House) -> None:
    form = (await house.run("essay publish"))["answer"]
    text = "It was raining in the town\n\nNobody minded, least of all the baker.\n\nDo you?"
    entered = {"Or the text": text, "Title": "Rye"}
    interaction = await house.interact(5, form_data(form, entered))
    assert "# Rye" in await house.said(interaction)
    await house.press(interaction, "Publish")
    await house.settle()
    assert [message["content"] for message in await house.ours()][1:] == [text]


async def test_a_line_taken_for_the_title_goes_back_into_the_text_under_another_title(
    house: House,
) -> None:
    line = "It was raining in the town"
    text = f"{line}\n\nNobody minded, least of all the baker.\n\nDo you?"
    interaction = await house.run("essay publish", file=("rain.txt", text.encode()))
    assert f"# {line}" in await house.said(interaction)
    for title, kept in (("Rye", True), (line, False), ("It was raining in a town", True)):
        form = (await house.press(interaction, "Edit …"))["answer"]
        await house.interact(5, form_data(form, {"Title": title}))
        told = await house.said(interaction)
        assert f"# {title}" in told
        assert (f"“{line}”, once taken for the title, stands in the text" in told) == kept
    await house.press(interaction, "Publish")
    await house.settle()
    assert [message["content"] for message in await house.ours()][1:] == [text]
    head = await house.write("Ann", f"> {line}\nIt was.", to=(await house.ours())[1]["id"])
    await house.settle()
    replies = (await house.export())["replies"]
    assert [(reply["id"], reply["passages"]) for reply in replies] == [(str(head), [1])]


async def test_a_title_whose_spelling_is_mended_takes_its_line_along(house: House) -> None:
    text = "Slow bred\n\nIt takes a night to make a loaf.\n\nWould you wait?"
    interaction = await house.run("essay publish", file=("bread.txt", text.encode()))
    form = (await house.press(interaction, "Edit …"))["answer"]
    await house.interact(5, form_data(form, {"Title": "Slow bread"}))
    await house.press(interaction, "Publish")
    await house.settle()
    assert "Slow bred" not in (await house.ours())[1]["content"]


async def deny(house: House, right: int) -> None:
    path = f"/channels/{house.channel()}/permissions/{house.server_id}"
    await house.act(house.member(), "PUT", path, {"type": 0, "allow": "0", "deny": str(right)})
    await house.settle()


@pytest.mark.parametrize(
    ("right", "name"), [(1 << 11, "Send Messages"), (1 << 35, "Create Public Threads")]
)
async def test_scheduling_tells_what_is_missing(house: House, right: int, name: str) -> None:
    await deny(house, right)
    await house.said(await hand_in(house))
    options = [
        {"type": 3, "name": "essay", "value": "1"},
        {"type": 3, "name": "when", "value": "in 2 hours"},
    ]
    told = await house.said(await house.run("essay schedule", options=options))
    assert "will be published" in told
    assert f"**Not yet:** I may not host a discussion in #essays: give me *{name}*" in told


async def test_what_hinders_stands_above_however_much_there_is_to_tell(house: House) -> None:
    await deny(house, 1 << 11)
    form = (await house.run("essay publish"))["answer"]
    entered = {"Or the text": "# Bread\n\nRye", "Closing question": "Why would you? " * 60}
    told = await house.said(await house.interact(5, form_data(form, entered)))
    assert "1 minute to read · 1 word\n" in told
    rest = told.partition("`/privacy`")[2]
    assert rest.index("**Not yet:**") < rest.index("**3 messages** in")
    assert "the card, 1 part, the closing question" in rest


async def test_a_draft_of_before_an_upgrade_keeps_its_line_too(house: House) -> None:
    text = "It was raining in the town\n\nNobody minded.\n\nDo you?"
    interaction = await house.run("essay publish", file=("rain.txt", text.encode()))
    await house.settle()

    async def age(tx: Transaction) -> None:
        await tx.run("UPDATE revisions SET essay = json_remove(essay, '$.extracted')")

    await house.database.write(age)
    form = (await house.press(interaction, "Edit …"))["answer"]
    await house.interact(5, form_data(form, {"Title": "Rye"}))
    await house.press(interaction, "Publish")
    await house.settle()
    assert [message["content"] for message in await house.ours()][1:] == [text]
