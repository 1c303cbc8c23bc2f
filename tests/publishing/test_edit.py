"""A published essay gets a new text: shown, applied, laid over its messages."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.emulator.faults.steps import Step
from tests.delivery.test_styles import publish
from tests.support.running_bot import (
    ESSAY,
    House,
    a_house,
    a_world,
    buttons,
    form_data,
    lived_in,
    texts,
    until,
)
from tests.support.submissions import submitted

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
    return await concluded(house, await applied(house, text))


async def applied(house: House, text: str) -> dict[str, Any]:
    """Hand a new text in and press *Apply*; the interaction that shows how it goes."""
    interaction = await hand_in(house, text)
    told = await house.said(interaction)
    assert "seen by you alone" in told, told
    await house.press(interaction, "Apply")
    return interaction


async def concluded(house: House, interaction: dict[str, Any]) -> str:
    """What the admin is told once an edit is laid over, or has stopped."""

    async def told() -> str:
        await house.settle(10)  # edits of old messages are spread out
        said = await house.said(interaction)
        return said if "stands as revision" in said or "It stopped" in said else ""

    found: str = await until(told, "the end of an edit")
    return found


def contents(messages: list[dict[str, Any]]) -> list[str]:
    return [message["content"] or texts(message["components"]) for message in messages]


async def test_a_new_text_is_shown_first_and_changes_nothing(house: House) -> None:
    before = contents(await house.publish())
    told = await house.said(await hand_in(house, ESSAY.replace("Slow bread", "Slower bread")))
    assert "Slower bread" in told
    assert "~~Slow bread~~" in told
    assert "1 stays as it is, 1 changes" in told
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
    assert "1 is removed" in told
    assert "1 is emptied" in told
    await house.press(interaction, "Apply")
    await house.settle()
    after = {message["id"]: message for message in await house.ours()}
    assert posted[3]["id"] not in after
    assert after[posted[2]["id"]]["content"] == "-# This part is no longer in the essay."
    assert after[posted[4]["id"]]["content"].startswith("Four.")
    assert str(reply) in {thread["id"] for thread in (await house.world())["threads"]}
    (kept,) = (await house.export())["replies"]
    assert kept["passages"] == [2], "of the revision that it answered"


async def test_new_replies_answer_the_new_text_and_older_ones_the_text_they_answered(
    house: House,
) -> None:
    posted = await house.publish(written("The crust is thin.", "The crumb is open."))
    quote = "> The crumb is open.\nIs it?"
    early = await house.write("Ann", quote, to=posted[1]["id"])
    await house.settle(5)
    await edited(house, written("It begins with rye.", "The crust is thin.", "The crumb is open."))
    await house.settle(5)
    late = await house.write("Ben", quote, to=posted[1]["id"])
    whole = await house.write("Ben", "All of it.", to=posted[1]["id"])
    await house.act(
        house.member("Ann"),
        "PATCH",
        f"/channels/{house.channel()}/messages/{early}",
        {"content": f"{quote} I doubt it."},
    )
    await house.settle()
    kept = {reply["id"]: reply["passages"] for reply in (await house.export())["replies"]}
    assert kept == {str(early): [2], str(late): [3], str(whole): [1, 2, 3]}


@pytest.mark.parametrize("count", [1, 40])
async def test_an_essay_of_twelve_parts_becomes_one_of_another_length_and_twelve_again(
    house: House, count: int
) -> None:
    twelve = long(*(f"Part{n}" for n in range(12)))
    await house.publish(twelve)
    for names in ([f"Other{n}" for n in range(count)], [f"Part{n}" for n in range(12)]):
        assert "stands as revision" in await edited(house, long(*names))
        await house.settle(3600)
        said = " ".join(contents(await house.ours()))
        found = [word for word in said.split() if word.startswith(("Part", "Other"))]
        assert found == [f"{name}." for name in names], "each once, in order"
        assert "no longer in the essay" not in said


async def test_two_edits_in_a_row_both_reach_the_channel(house: House) -> None:
    await house.publish(long("One", "Two", "Three"))
    for text in (long("One", "Too", "Three"), long("One", "Too", "Tree", title="Slower bread")):
        await applied(house, text)
    await house.settle()
    card, *parts, _ = await house.ours()
    assert "Slower bread" in texts(card["components"])
    assert [part["content"][:4] for part in parts] == ["One.", "Too.", "Tree"]
    assert "edited (revision 3)" in await house.said(await house.run("essay show", options=CHOSEN))


async def test_a_new_text_takes_the_place_of_one_that_was_not_applied(house: House) -> None:
    await house.publish()
    first = await hand_in(house, ESSAY.replace("Slow", "Fast"))
    assert "Fast bread" in await house.said(first)
    second = await hand_in(house, ESSAY.replace("Slow", "Very slow"))
    told = await house.said(await house.press(first, "Apply"))
    assert "not there any more" in told
    await house.press(second, "Apply")
    await house.settle()
    card, *_ = await house.ours()
    assert "Very slow bread" in texts(card["components"])


async def test_a_new_text_that_is_not_meant_changes_nothing(house: House) -> None:
    before = contents(await house.publish())
    interaction = await hand_in(house, ESSAY.replace("Slow", "Fast"))
    await house.press(interaction, "Cancel")
    assert "stays as it is" in await house.said(interaction)
    assert contents(await house.ours()) == before
    assert "Fast" not in await house.said(await house.run("essay show", options=CHOSEN))


async def test_what_changes_and_the_whole_text_come_as_files(house: House) -> None:
    await house.publish()
    interaction = await hand_in(house, ESSAY.replace("takes a night", "takes two nights"))
    for label, expected in (
        ("All changes", "~~a~~**two** ~~night~~**nights**"),
        ("Whole text", "two nights"),
    ):
        pressed = await house.press(interaction, label)
        await house.settle()
        (file,) = (await house.seen(pressed))["attachments"]
        async with house.session.get(file["url"]) as response:
            assert expected in await response.text()


async def test_the_form_begins_with_the_text_that_stands(house: House) -> None:
    await house.publish()
    shown = await house.run("essay edit", options=CHOSEN)
    assert "It takes a night" in shown["answer"]["data"]["components"][1]["component"]["value"]
    entered = {"Title": "Slowest bread"}
    interaction = await house.interact(5, form_data(shown["answer"], entered))
    assert "**Slowest bread**" in await house.said(interaction)
    await house.press(interaction, "Apply")
    await house.settle()
    card, *_ = await house.ours()
    assert "Slowest bread" in texts(card["components"])


async def test_a_draft_and_a_withdrawn_essay_are_not_edited(house: House) -> None:
    await house.said(await house.run("essay publish", file=("bread.md", ESSAY.encode())))
    assert "not published yet" in await house.said(await hand_in(house, ESSAY))
    shown = await house.run("essay show", options=CHOSEN)
    await house.press(shown, "Publish")
    await house.settle()
    await house.press(await house.run("essay withdraw", options=CHOSEN), "Withdraw")
    await house.settle()
    assert "was withdrawn" in await house.said(await hand_in(house, ESSAY + "More."))


async def test_an_essay_that_is_being_published_is_not_edited(house: House) -> None:
    fault = {"kind": "http", "method": "POST", "path": "/channels/*/messages", "times": 1}
    await house.control("faults", {**fault, "status": 400, "after_effect": False})
    await house.publishing()
    await house.settle()
    assert "still being published" in await house.said(await hand_in(house, ESSAY + "More."))


async def test_what_is_no_essay_gets_a_sentence_and_changes_nothing(house: House) -> None:
    before = contents(await house.publish())
    assert "empty" in await house.said(await hand_in(house, " \n"))
    both = [*CHOSEN, {"type": 3, "name": "address", "value": "https://example.org"}]
    told = await house.run("essay edit", options=both, file=("bread.md", ESSAY.encode()))
    assert "which is the new text" in await house.said(told)
    assert contents(await house.ours()) == before


async def test_the_buttons_work_after_a_restart_and_show_brings_them_back(tmp_path: Path) -> None:
    async with a_world() as emulator:
        async with lived_in(tmp_path, emulator) as house:
            await house.publish()
            interaction = await hand_in(house, ESSAY.replace("Slow", "Slower"))
            await house.settle()
        async with lived_in(tmp_path, emulator) as again:
            shown = await again.run("essay show", options=CHOSEN)
            assert "~~Slow bread~~" in await again.said(shown)
            await again.press(interaction, "Apply")
            await again.settle()
            card, *_ = await again.ours()
            assert "Slower bread" in texts(card["components"])


async def test_prompts_ask_the_questions_of_the_new_text(house: House) -> None:
    asking = ("Bread takes a night.", "Would you wait?", "Who taught you to bake?")
    await house.publish(written(*asking))
    for when, what in (("in 2 days", "question 2"), ("in 4 days", "question 1")):
        options = [*CHOSEN, {"type": 3, "name": "when", "value": when}]
        options.append({"type": 3, "name": "what", "value": what})
        assert "comes" in await house.said(await house.run("prompts add", options=options))
    new = ("Bread takes a night.", "What is a loaf?", "Who taught you to bake bread?")
    interaction = await hand_in(house, written(*new))
    assert "1 planned one is skipped" in await house.said(interaction)
    await house.press(interaction, "Apply")
    await house.settle(3 * 86400)
    asked = [m["content"] for m in await house.ours() if m["content"].startswith("Back to")]
    assert "What is a loaf?" in asked[0]
    assert "Who taught you to bake bread?" in "".join(asked)
    assert "Would you wait?" not in "".join(asked)


async def test_a_closing_question_is_changed_where_it_was_asked(house: House) -> None:
    posted = await house.publish(written("Bread takes a night."))
    shown = await house.run("essay edit", options=CHOSEN)
    sent = await house.interact(5, form_data(shown["answer"], {"Closing question": "And?"}))
    await house.press(sent, "Apply")
    await concluded(house, sent)
    after = await house.ours()
    assert [m["id"] for m in after] == [m["id"] for m in posted]
    assert after[-1]["content"] == "And?"
    await edited(house, written("Bread takes two nights."))
    assert (await house.ours())[-1]["content"] == "And?", "what was chosen stays chosen"


@pytest.mark.parametrize("answered", [False, True])
async def test_a_question_that_the_text_ends_with_is_not_asked_below_it_unless_answered_there(
    house: House, answered: bool
) -> None:
    *_, closing = await house.publish(written("Bread takes a night."))
    if answered:
        await house.write("Ann", "I think so.", to=closing["id"])
        await house.settle()
    await edited(house, written("Bread takes a night.", "Would you wait for it?"))
    after = contents(await house.ours())
    assert after[2:] == (["Would you wait for it?"] if answered else [])
    await edited(house, written("Bread takes a night."))
    assert contents(await house.ours())[2:] == ["What do you think?"]


async def test_an_edit_that_was_handed_in_before_a_restart_is_shown_after_it(
    tmp_path: Path,
) -> None:
    async with a_world() as emulator:
        async with lived_in(tmp_path, emulator) as house:
            await house.publish()
            submission = submitted(house, ESSAY.replace("Slow", "Slower"), essay_id=1)
            await house.salon.services.publishing.receive(submission)
        async with lived_in(tmp_path, emulator) as again:

            async def there() -> bool:
                shown = await again.run("essay show", options=CHOSEN)
                return "~~Slow bread~~" in await again.said(shown)

            await until(there, "the edit")


@pytest.mark.parametrize("channel", ["essays", "essay-forum"])
async def test_an_essay_with_a_place_of_its_own_is_edited_there_and_its_place_renamed(
    house: House, channel: str
) -> None:
    style = "thread" if channel == "essays" else None
    thread_id, _ = await publish(house, long("One", "Two"), channel=channel, style=style)
    await edited(house, long("One", "Too", "Three", title="Fast bread"))
    inside = [m for m in await house.ours(thread_id) if m["content"]]
    assert [m["content"][:4] for m in inside] == ["One.", "Too.", "What", "-# C"]
    (thread,) = (await house.world())["threads"]
    assert thread["name"] == "Fast bread"
    await house.said(await house.run("essay close", options=CHOSEN))
    await house.settle(60)
    await edited(house, long("Won", "Too", "Three", title="Fast bread"))
    await house.settle(60)
    inside = [m for m in await house.ours(thread_id) if m["content"]]
    assert inside[0]["content"].startswith("Won.")
    state = house.emulator.world.channels[thread_id].thread
    assert state is not None
    assert (state.locked, state.archived) == (True, True)


async def test_a_text_that_an_essay_no_longer_has_is_not_taken_for_it(house: House) -> None:
    await house.publish()
    await edited(house, ESSAY.replace("takes a night", "takes two nights"))
    again = await house.run("essay publish", file=("bread.md", ESSAY.encode()))
    assert "this very essay" not in await house.said(again)


async def test_a_message_answered_just_before_it_is_removed_is_emptied(house: House) -> None:
    posted = await house.publish(long("One", "Two", "Three"))
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def hold(step: Step) -> None:
        if step.what.startswith("PATCH /channels/{id}/messages") and step.moment == "before":
            begun.set()
            await go_on.wait()

    interaction = await hand_in(house, long("Won", "Three"))
    assert "1 is removed" in await house.said(interaction)
    house.emulator.steps.hook = hold
    (button,) = [
        b for b in buttons((await house.seen(interaction))["components"]) if b["label"] == "Apply"
    ]
    shown = await house.seen(interaction)
    await house.interact(
        3,
        {"component_type": 2, "custom_id": button["custom_id"]},
        message_id=shown["id"],
        message_flags=shown["flags"],
    )
    await begun.wait()
    reply = await house.write("Ann", "This one.", to=posted[2]["id"])

    async def kept() -> bool:
        return bool((await house.export())["replies"])

    await until(kept, "the reply")
    go_on.set()
    await house.settle(600)
    after = {message["id"]: message["content"] for message in await house.ours()}
    assert after[posted[2]["id"]] == "-# This part is no longer in the essay."
    assert str(reply) in {thread["id"] for thread in (await house.world())["threads"]}


async def test_what_prompts_asked_and_quote_follows_the_text(house: House) -> None:
    await house.publish(written("Bread takes a night.", "Salt comes last.", "Would you wait?"))
    for when, what in (
        ("in 3 days", "passage 2: Why last?"),
        ("in 5 days", "passage 1: Why?"),
        ("in 7 days", "default"),
    ):
        options = [*CHOSEN, {"type": 3, "name": "when", "value": when}]
        options.append({"type": 3, "name": "what", "value": what})
        assert "comes" in await house.said(await house.run("prompts add", options=options))
    await house.settle(25 * 3600)
    (asked,) = [m["content"] for m in await house.ours() if m["content"].startswith("Back to")]
    assert "Would you wait?" in asked
    interaction = await applied(
        house, written("Rye is older.", "Salt always comes last.", "Is it so?", "Would you wait?")
    )
    assert "stands as" in await concluded(house, interaction)
    rows = await house.database.read(
        lambda tx: tx.rows(
            "SELECT content, state, asked_questions FROM prompts WHERE kind = 'step' ORDER BY id"
        )
    )
    told = [(row["content"], row["state"], row["asked_questions"]) for row in rows]
    assert ("passage 2: Why last?", "planned", "") in told
    assert ("passage 1: Why?", "skipped", "") in told
    assert [asked for _, state, asked in told if state == "sent"] == ["1"], "it is the second now"


async def test_an_essay_whose_every_word_and_fact_changes_is_still_shown(house: House) -> None:
    head = "---\ntitle: {0}\nauthor: {0}\nsubtitle: {0}\nurl: https://a.example/{1}\n---\n\n"
    quote = "> {0}\n\n"
    texts_of = [
        head.format(name * 120, name) + quote.format(f"{name} sleeps. " * 60) + long(name * 9)[14:]
        for name in ("Rye", "Oat")
    ]
    await house.publish(texts_of[0])
    told = await house.said(await hand_in(house, texts_of[1]))
    assert "seen by you alone" in told
    assert "~~RyeRye" in told
    assert len(told) < 4000
