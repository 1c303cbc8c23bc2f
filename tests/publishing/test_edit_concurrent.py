"""A published essay gets a new text, and something comes in between."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.essays import submissions
from tests.delivery.test_styles import publish
from tests.publishing.test_edit import CHOSEN, applied, concluded, contents, edited, hand_in, long
from tests.support.running_bot import ESSAY, House, a_house, a_world, lived_in
from tests.support.submissions import submitted


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with a_house(tmp_path) as opened:
        yield opened


async def test_a_withdrawal_while_a_new_text_is_laid_over_leaves_nothing(house: House) -> None:
    await house.publish(long("One", "Two", "Three"))
    fault = {"kind": "http", "method": "PATCH", "path": "/channels/*/messages/*", "times": 1}
    await house.control("faults", {**fault, "status": 503, "after_effect": False})
    interaction = await hand_in(house, long("New", "Too", "Tree", "Four"))
    await house.press(interaction, "Apply")
    await house.press(await house.run("essay withdraw", options=CHOSEN), "Withdraw")
    await house.settle(7200)
    assert await house.ours() == []


async def cut_off(house: House, text: str, *, number: int = 7) -> int:
    """A new text was handed in and the bot killed before it read it; its submission."""
    # The start has taken up what there was.
    await house.salon.wait_until_ready()
    await house.settle()
    handed = submitted(house, text, essay_id=1, number=number)
    await house.database.write(lambda tx: submissions.receive(tx, handed, 0))
    return number


async def take_up_again(house: House) -> None:
    """What a start does."""
    services = house.salon.services
    await services.publishing.take_up_again(services.editing.take_up_again)


async def test_a_text_that_was_cut_off_is_not_shown_again_once_it_was_applied(
    house: House,
) -> None:
    """It was handed in once more, and another text was applied after it."""
    await house.publish(long("One", "Two"))
    number = await cut_off(house, long("Uno", "Two"))
    await edited(house, long("Uno", "Two"))
    await edited(house, long("Eins", "Two"))
    await take_up_again(house)
    told = await house.said(await house.run("essay show", options=CHOSEN))
    assert "A new text" not in told
    outcome = await house.database.read(lambda tx: submissions.outcome(tx, number))
    assert "was handed in after" in (outcome or "")


async def test_a_text_that_was_cut_off_takes_no_later_texts_place(house: House) -> None:
    await house.publish(long("One", "Two"))
    await cut_off(house, long("Eins", "Two"))
    waiting = await hand_in(house, long("Uno", "Dos"))
    await house.settle()
    await take_up_again(house)
    await house.press(waiting, "Apply")
    await house.settle()
    assert [text[:4] for text in contents(await house.ours())[1:3]] == ["Uno.", "Dos."]


async def test_a_text_that_was_cut_off_is_shown_where_the_later_one_was_cancelled(
    house: House,
) -> None:
    await house.publish(long("One", "Two"))
    await cut_off(house, long("Eins", "Two"))
    await house.press(await hand_in(house, long("Uno", "Dos")), "Cancel")
    await house.settle()
    await take_up_again(house)
    assert "Eins" in await house.said(await house.run("essay show", options=CHOSEN))


async def test_closing_while_a_new_text_is_laid_over_does_not_stop_it(house: House) -> None:
    await house.publish(long("One", "Two", "Three"))
    fault = {"kind": "http", "method": "PATCH", "path": "/channels/*/messages/*", "times": 1}
    await house.control("faults", {**fault, "status": 503, "after_effect": False})
    await applied(house, long("New", "Too", "Tree"))
    await house.run("essay close", options=CHOSEN)
    await house.settle(600)
    assert [text[:4] for text in contents(await house.ours())[1:4]] == ["New.", "Too.", "Tree"]
    assert (await house.export())["essay"]["state"] == "closed"


@pytest.mark.parametrize("style", ["threads", "thread", "forum"])
async def test_reopening_while_a_new_text_is_laid_over_leaves_it_whole_and_open(
    house: House, style: str
) -> None:
    text = long("One", "Two", "Three")
    place = house.channel()
    if style == "threads":
        await house.publish(text)
    else:
        channel = "essay-forum" if style == "forum" else "essays"
        place, _ = await publish(
            house, text, channel=channel, style="thread" if style == "thread" else None
        )
    await house.run("essay close", options=CHOSEN)
    await house.settle()
    fault = {"kind": "http", "method": "PATCH", "path": "/channels/*/messages/*", "times": 2}
    await house.control("faults", {**fault, "status": 503, "after_effect": False})
    await applied(house, long("New", "Too", "Tree"))
    assert "is open again" in await house.said(await house.run("essay reopen", options=CHOSEN))
    await house.settle(600)
    said = [text[:4] for text in contents(await house.ours(place))]
    assert [text for text in said if text in ("New.", "Too.", "Tree")] == ["New.", "Too.", "Tree"]
    assert (await house.export())["essay"]["state"] == "open"
    if style != "threads":
        (thread,) = (await house.world())["threads"]
        assert not thread["thread_metadata"]["locked"]
        assert not thread["thread_metadata"]["archived"]


async def test_a_card_that_was_deleted_is_told_of_and_not_posted_below_the_text(
    house: House,
) -> None:
    card, *_ = await house.publish(long("One", "Two"))
    path = f"/channels/{house.channel()}/messages/{card['id']}"
    await house.act(house.member(), "DELETE", path)
    await house.settle()
    assert card["id"] not in await house.said(await house.run("essay list"))
    interaction = await hand_in(house, long("One", "Two", "Three", title="Rye"))
    assert "**The card** was deleted. An edit does not post it" in await house.said(interaction)
    await house.press(interaction, "Apply")
    assert "stands as revision 2" in await concluded(house, interaction)
    assert all(message["content"] for message in await house.ours())


async def test_a_right_that_is_missing_is_named_before_anything_changes(house: House) -> None:
    before = contents(await house.publish())
    view, send = 1 << 10, 1 << 11
    path = f"/channels/{house.channel()}/permissions/{house.salon.own_id}"
    deny = {"type": 1, "allow": str(view), "deny": str(send)}
    await house.act(house.member(), "PUT", path, deny)
    interaction = await hand_in(house, ESSAY.replace("Slow", "Slower"))
    assert "*Send Messages*" in await house.said(interaction)
    assert "Nothing was changed" in await house.said(await house.press(interaction, "Apply"))
    assert contents(await house.ours()) == before


@pytest.mark.parametrize("status", [403, 500, 502, None])
@pytest.mark.parametrize("after_effect", [False, True], ids=["before", "after"])
async def test_every_edit_arrives_whatever_fails_in_between(
    house: House, status: int | None, after_effect: bool
) -> None:
    await house.publish(long("One", "Two", "Three", "Four"))
    fault = {"kind": "http", "method": "PATCH", "path": "/channels/*/messages/*", "times": 2}
    await house.control("faults", {**fault, "status": status, "after_effect": after_effect})
    fault |= {"method": "POST", "path": "/channels/*/messages", "times": 1}
    await house.control("faults", {**fault, "status": status, "after_effect": after_effect})
    await applied(house, long("New", "Too", "Three", "Foul", "Five"))
    await house.settle(7200)
    said = [text[:5] for text in contents(await house.ours())[1:]]
    assert said == ["New. ", "Too. ", "Three", "Foul.", "What ", "-# Co"]
    assert "stands as" not in await house.said(await house.run("essay show", options=CHOSEN))


async def test_edits_of_old_messages_are_spread_out_and_told_while_they_wait(house: House) -> None:
    await house.publish(long(*(f"Part{n}" for n in range(6))))
    await house.settle(7200)
    fault = {"kind": "http", "method": "PATCH", "path": "/channels/*/messages/*", "times": 5}
    too_many = {"status": 429, "code": 30046, "message": "Too many edits.", "retry_after": 0.01}
    await house.control("faults", {**fault, **too_many, "after_effect": False})
    await applied(house, long(*(f"Teil{n}" for n in range(6))))
    await house.settle()
    shown = await house.said(await house.run("essay show", options=CHOSEN))
    assert "0 of 6 steps done. Waiting: Discord wants old edits to be spread out" in shown
    await house.settle(30)
    await house.settle(200)
    said = [text[:4] for text in contents(await house.ours())[1:7]]
    assert said == ["Teil"] * 6


async def test_the_text_of_a_message_that_was_deleted_is_put_elsewhere_by_the_next_edit(
    house: House,
) -> None:
    posted = await house.publish(long("One", "Two", "Three"))
    path = f"/channels/{house.channel()}/messages/{posted[2]['id']}"
    await house.act(house.member(), "DELETE", path)
    await house.settle()
    interaction = await applied(house, long("One", "Two", "Three"))
    assert "stands as revision 2" in await concluded(house, interaction)
    await hold_order(house, "One", "Two", "Three")


async def test_a_message_that_was_deleted_unseen_is_told_of_and_made_up_for(
    tmp_path: Path,
) -> None:
    async with a_world() as emulator:
        async with lived_in(tmp_path, emulator) as house:
            posted = await house.publish(long("One", "Two", "Three"))
            await house.salon.close()
            path = f"/channels/{house.channel()}/messages/{posted[2]['id']}"
            await house.act(house.member(), "DELETE", path)
        async with lived_in(tmp_path, emulator) as again:
            told = await edited(again, long("One", "Too", "Three"))
            assert "A message of the essay was deleted" in told
            await edited(again, long("One", "Too", "Three"))
            await hold_order(again, "One", "Too", "Three")


async def hold_order(house: House, *names: str) -> None:
    """These paragraphs stand, each once and in order."""
    await house.settle(600)
    said = " ".join(contents(await house.ours()))
    assert [said.count(f"{name}. The dough") for name in names] == [1] * len(names)
    places = [said.index(f"{name}. The dough") for name in names]
    assert places == sorted(places)


async def test_what_automod_refuses_is_told_and_can_be_gone_on_with(house: House) -> None:
    await house.publish(long("One", "Two"))
    for method, path in (
        ("PATCH", "/channels/*/messages/*"),
        ("POST", "/channels/*/messages"),
    ):
        fault = {"kind": "http", "method": method, "path": path, "times": 1, "status": 400}
        await house.control("faults", {**fault, "code": 200000, "after_effect": False})
    interaction = await hand_in(house, long("New", "Two", "Three"))
    await house.press(interaction, "Apply")
    assert "AutoMod refused" in await concluded(house, interaction)
    shown = await house.run("essay show", options=CHOSEN)
    await house.press(shown, "Go on")
    await house.settle(600)
    said = [text[:5] for text in contents(await house.ours())[1:]]
    assert said == ["New. ", "Two. ", "What ", "-# Co"]
    assert "stands as" not in await house.said(await house.run("essay show", options=CHOSEN))
