"""A published essay gets a new text: shown, applied, laid over its messages."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.emulator.faults.steps import Step
from tests.delivery.test_styles import publish
from tests.support.essays import ANSWER_HINT
from tests.support.running_bot import (
    ESSAY,
    RunningBot,
    component_texts,
    find_buttons,
    form_data,
    run_bot,
    run_emulator,
    running_bot,
    wait_until,
)
from tests.support.submissions import make_submission

CHOSEN = [{"type": 3, "name": "essay", "value": "1"}]
WORDS = "The dough rests in the cold while the street goes to sleep and wakes again. "


def written(*paragraphs: str, title: str = "Slow bread") -> str:
    return f"# {title}\n\n" + "\n\n".join(paragraphs)


def long(*names: str, title: str = "Slow bread") -> str:
    """An essay whose every paragraph fills most of a message."""
    return written(*(f"{name}. {WORDS * 21}".strip() for name in names), title=title)


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[RunningBot]:
    async with running_bot(tmp_path) as opened:
        yield opened


async def hand_in(running: RunningBot, text: str) -> dict[str, Any]:
    return await running.run_command("essay edit", options=CHOSEN, file=("bread.md", text.encode()))


async def edited(running: RunningBot, text: str) -> str:
    """Edit the essay and apply it; what the admin was told in the end."""
    return await concluded(running, await applied(running, text))


async def applied(running: RunningBot, text: str) -> dict[str, Any]:
    """Hand a new text in and press *Apply*; the interaction that shows how it goes."""
    interaction = await hand_in(running, text)
    told = await running.answer_text(interaction)
    assert "only you can see this" in told, told
    await running.press(interaction, "Apply")
    return interaction


async def concluded(running: RunningBot, interaction: dict[str, Any]) -> str:
    """What the admin is told once an edit is laid over, or has stopped."""

    async def told() -> str:
        await running.settle(10)  # edits of old messages are spread out
        said = await running.answer_text(interaction)
        return said if "is posted" in said or "It stopped" in said else ""

    found: str = await wait_until(told, "the end of an edit")
    return found


def contents(messages: list[dict[str, Any]]) -> list[str]:
    return [message["content"] or component_texts(message["components"]) for message in messages]


async def test_a_new_text_is_shown_first_and_changes_nothing(running: RunningBot) -> None:
    before = contents(await running.publish())
    told = await running.answer_text(
        await hand_in(running, ESSAY.replace("Slow bread", "Slower bread"))
    )
    assert "Slower bread" in told
    assert "~~Slow bread~~" in told
    assert "2 messages stay as they are. 1 message will change." in told
    assert contents(await running.bot_messages()) == before


@pytest.mark.smoke
async def test_applying_a_new_text_edits_the_old_messages(running: RunningBot) -> None:
    before = await running.publish()
    text = ESSAY.replace("Slow bread", "Slower bread").replace("takes a night", "takes two nights")
    assert "is posted" in await edited(running, text)
    after = await running.bot_messages()
    assert [m["id"] for m in after] == [m["id"] for m in before]
    assert "Slower bread" in component_texts(after[0]["components"])
    assert "takes two nights" in after[1]["content"]
    assert after[1]["flags"] == before[1]["flags"]
    assert "Slower bread — open" in await running.answer_text(
        await running.run_command("essay list")
    )
    shown = await running.answer_text(await running.run_command("essay show", options=CHOSEN))
    assert "edited (revision 2) by Ada" in shown
    assert (await running.export())["essay"]["title"] == "Slower bread"


async def test_the_same_text_changes_nothing(running: RunningBot) -> None:
    await running.publish()
    assert "Nothing changes" in await running.answer_text(await hand_in(running, ESSAY))


async def test_the_links_between_parts_are_in_the_essays_language(running: RunningBot) -> None:
    posted = await running.publish(f"---\nlang: de\n---\n\n{long('One', 'Two', 'Three')}")
    await running.write("Ann", "I would.", to=posted[-1]["id"])
    await running.settle()
    new = long("One", "New", "Two", "Three", "Four")
    await edited(running, f"---\nlang: de\n---\n\n{new}")
    await running.settle(600)
    lines = [line for one in await running.bot_messages() for line in one["content"].split("\n")]
    assert [line.partition("https:")[0] for line in lines if "https:" in line] == [
        "-# Fortsetzung weiter unten: ",
        "-# Fortsetzung von ",
    ]


async def test_text_that_does_not_fit_continues_below_with_links_both_ways(
    running: RunningBot,
) -> None:
    posted = await running.publish(long("One", "Two", "Three"))
    assert len(posted) == 5
    await running.write("Ann", "I would.", to=posted[-1]["id"])
    await running.settle(25 * 3600)
    await edited(running, long("One", "New", "Two", "Three", "Four"))
    await running.settle(600)
    after = {message["id"]: message for message in await running.bot_messages()}
    *_, fourth, fifth = after.values()
    told = [after[message["id"]]["content"][:5] for message in posted[1:4]]
    assert told == ["One. ", "New. ", "Two. "]
    last = after[posted[3]["id"]]["content"]
    here = f"https://discord.com/channels/{running.server_id}/{running.channel()}"
    assert last.endswith(f"-# Continued below: {here}/{fourth['id']}")
    assert fourth["content"].startswith(f"-# Continued from {here}/{posted[3]['id']}\n")
    assert "Three. " in fourth["content"]
    assert fifth["content"].startswith("Four. ")


async def test_a_part_that_is_not_needed_is_removed_or_emptied_where_it_was_answered(
    running: RunningBot,
) -> None:
    posted = await running.publish(long("One", "Two", "Three", "Four"))
    reply = await running.write("Ann", "This one.", to=posted[2]["id"])
    await running.settle()
    interaction = await hand_in(running, long("One", "Four"))
    told = await running.answer_text(interaction)
    assert "1 message will be deleted." in told
    assert "1 message has replies, so only its text will be removed." in told
    await running.press(interaction, "Apply")
    await running.settle()
    after = {message["id"]: message for message in await running.bot_messages()}
    assert posted[3]["id"] not in after
    assert after[posted[2]["id"]]["content"] == "-# This part is no longer in the essay."
    assert after[posted[4]["id"]]["content"].startswith("Four.")
    assert str(reply) in {thread["id"] for thread in (await running.world())["threads"]}
    (kept,) = (await running.export())["replies"]
    assert kept["passages"] == [2], "of the revision that it answered"


async def test_new_replies_answer_the_new_text_and_older_ones_the_text_they_answered(
    running: RunningBot,
) -> None:
    posted = await running.publish(written("The crust is thin.", "The crumb is open."))
    quote = "> The crumb is open.\nIs it?"
    early = await running.write("Ann", quote, to=posted[1]["id"])
    await running.settle(5)
    await edited(
        running, written("It begins with rye.", "The crust is thin.", "The crumb is open.")
    )
    await running.settle(5)
    late = await running.write("Ben", quote, to=posted[1]["id"])
    whole = await running.write("Ben", "All of it.", to=posted[1]["id"])
    await running.call_as(
        running.member("Ann"),
        "PATCH",
        f"/channels/{running.channel()}/messages/{early}",
        {"content": f"{quote} I doubt it."},
    )
    await running.settle()
    kept = {reply["id"]: reply["passages"] for reply in (await running.export())["replies"]}
    assert kept == {str(early): [2], str(late): [3], str(whole): [1, 2, 3]}


@pytest.mark.parametrize("count", [1, 40])
async def test_an_essay_of_twelve_parts_becomes_one_of_another_length_and_twelve_again(
    running: RunningBot, count: int
) -> None:
    twelve = long(*(f"Part{n}" for n in range(12)))
    await running.publish(twelve)
    for names in ([f"Other{n}" for n in range(count)], [f"Part{n}" for n in range(12)]):
        assert "is posted" in await edited(running, long(*names))
        await running.settle(3600)
        said = " ".join(contents(await running.bot_messages()))
        found = [word for word in said.split() if word.startswith(("Part", "Other"))]
        assert found == [f"{name}." for name in names], "each once, in order"
        assert "no longer in the essay" not in said


async def test_two_edits_in_a_row_both_reach_the_channel(running: RunningBot) -> None:
    await running.publish(long("One", "Two", "Three"))
    for text in (long("One", "Too", "Three"), long("One", "Too", "Tree", title="Slower bread")):
        await applied(running, text)
    await running.settle()
    card, *parts, _ = await running.bot_messages()
    assert "Slower bread" in component_texts(card["components"])
    assert [part["content"][:4] for part in parts] == ["One.", "Too.", "Tree"]
    assert "edited (revision 3)" in await running.answer_text(
        await running.run_command("essay show", options=CHOSEN)
    )


async def test_a_new_text_replaces_one_that_was_not_applied(running: RunningBot) -> None:
    await running.publish()
    first = await hand_in(running, ESSAY.replace("Slow", "Fast"))
    assert "Fast bread" in await running.answer_text(first)
    second = await hand_in(running, ESSAY.replace("Slow", "Very slow"))
    told = await running.answer_text(await running.press(first, "Apply"))
    assert "was applied, discarded or replaced" in told
    await running.press(second, "Apply")
    await running.settle()
    card, *_ = await running.bot_messages()
    assert "Very slow bread" in component_texts(card["components"])


async def test_a_discarded_new_text_changes_nothing(running: RunningBot) -> None:
    before = contents(await running.publish())
    interaction = await hand_in(running, ESSAY.replace("Slow", "Fast"))
    await running.press(interaction, "Discard")
    assert "You can't undo this." in await running.answer_text(interaction)
    await running.press(interaction, "Discard")
    assert "stays as it is" in await running.answer_text(interaction)
    assert contents(await running.bot_messages()) == before
    assert "Fast" not in await running.answer_text(
        await running.run_command("essay show", options=CHOSEN)
    )


async def test_the_changes_and_the_full_text_are_sent_as_files(running: RunningBot) -> None:
    await running.publish()
    interaction = await hand_in(running, ESSAY.replace("takes a night", "takes two nights"))
    for label, expected in (
        ("All changes", "~~a~~**two** ~~night~~**nights**"),
        ("Full text", "two nights"),
    ):
        pressed = await running.press(interaction, label)
        await running.settle()
        (file,) = (await running.answer_message(pressed))["attachments"]
        async with running.session.get(file["url"]) as response:
            assert expected in await response.text()


async def test_the_form_starts_with_the_current_text(running: RunningBot) -> None:
    await running.publish()
    shown = await running.run_command("essay edit", options=CHOSEN)
    assert "It takes a night" in shown["answer"]["data"]["components"][1]["component"]["value"]
    entered = {"Title": "Slowest bread"}
    interaction = await running.interact(5, form_data(shown["answer"], entered))
    assert "**Slowest bread**" in await running.answer_text(interaction)
    await running.press(interaction, "Apply")
    await running.settle()
    card, *_ = await running.bot_messages()
    assert "Slowest bread" in component_texts(card["components"])


async def test_a_withdrawn_essay_is_not_edited(running: RunningBot) -> None:
    await running.publish()
    await running.press(await running.run_command("essay withdraw", options=CHOSEN), "Withdraw")
    await running.settle()
    assert "was withdrawn" in await running.answer_text(await hand_in(running, ESSAY + "More."))


async def test_an_essay_that_is_being_published_is_not_edited(running: RunningBot) -> None:
    fault = {"kind": "http", "method": "POST", "path": "/channels/*/messages", "times": 1}
    await running.control("faults", {**fault, "status": 400, "after_effect": False})
    await running.start_publishing()
    await running.settle()
    assert "still being published" in await running.answer_text(
        await hand_in(running, ESSAY + "More.")
    )


async def test_an_unreadable_file_gets_a_sentence_and_changes_nothing(running: RunningBot) -> None:
    before = contents(await running.publish())
    assert "empty" in await running.answer_text(await hand_in(running, " \n"))
    both = [*CHOSEN, {"type": 3, "name": "url", "value": "https://example.org"}]
    told = await running.run_command("essay edit", options=both, file=("bread.md", ESSAY.encode()))
    assert "Give either a file or a link" in await running.answer_text(told)
    assert contents(await running.bot_messages()) == before


async def test_the_buttons_work_after_a_restart_and_show_brings_them_back(tmp_path: Path) -> None:
    async with run_emulator() as emulator:
        async with run_bot(tmp_path, emulator) as running:
            await running.publish()
            interaction = await hand_in(running, ESSAY.replace("Slow", "Slower"))
            await running.settle()
        async with run_bot(tmp_path, emulator) as again:
            shown = await again.run_command("essay show", options=CHOSEN)
            assert "~~Slow bread~~" in await again.answer_text(shown)
            await again.press(interaction, "Apply")
            await again.settle()
            card, *_ = await again.bot_messages()
            assert "Slower bread" in component_texts(card["components"])


async def test_prompts_ask_the_questions_of_the_new_text(running: RunningBot) -> None:
    asking = ("Bread takes a night.", "Would you wait?", "Who taught you to bake?")
    await running.publish(written(*asking))
    for when, what in (("in 2 days", "question 2"), ("in 4 days", "question 1")):
        options = [*CHOSEN, {"type": 3, "name": "when", "value": when}]
        options.append({"type": 3, "name": "what", "value": what})
        assert "is planned for" in await running.answer_text(
            await running.run_command("prompts add", options=options)
        )
    new = ("Bread takes a night.", "What is a loaf?", "Who taught you to bake bread?")
    interaction = await hand_in(running, written(*new))
    assert "1 planned prompt will be skipped" in await running.answer_text(interaction)
    await running.press(interaction, "Apply")
    await running.settle(3 * 86400)
    asked = [
        m["content"] for m in await running.bot_messages() if m["content"].startswith("Back to")
    ]
    assert "What is a loaf?" in asked[0]
    assert "Who taught you to bake bread?" in "".join(asked)
    assert "Would you wait?" not in "".join(asked)


async def test_a_closing_question_is_changed_where_it_was_asked(running: RunningBot) -> None:
    posted = await running.publish(written("Bread takes a night."))
    shown = await running.run_command("essay edit", options=CHOSEN)
    sent = await running.interact(5, form_data(shown["answer"], {"Closing question": "And?"}))
    await running.press(sent, "Apply")
    await concluded(running, sent)
    after = await running.bot_messages()
    assert [m["id"] for m in after] == [m["id"] for m in posted]
    assert after[-1]["content"] == f"And?\n{ANSWER_HINT}"
    await edited(running, written("Bread takes two nights."))
    assert (await running.bot_messages())[-1]["content"] == after[-1]["content"], (
        "what was chosen stays chosen"
    )


@pytest.mark.parametrize("answered", [False, True])
async def test_a_question_that_the_text_ends_with_is_not_asked_again_below_it(
    running: RunningBot, answered: bool
) -> None:
    *_, closing = await running.publish(written("Bread takes a night."))
    if answered:
        await running.write("Ann", "I think so.", to=closing["id"])
        await running.settle()
    await edited(running, written("Bread takes a night.", "Would you wait for it?"))
    after = contents(await running.bot_messages())
    assert after[2:] == [ANSWER_HINT]
    await edited(running, written("Bread takes a night."))
    assert contents(await running.bot_messages())[2:] == [f"What do you think?\n{ANSWER_HINT}"]


async def test_an_edit_submitted_before_a_restart_is_shown_after_it(
    tmp_path: Path,
) -> None:
    async with run_emulator() as emulator:
        async with run_bot(tmp_path, emulator) as running:
            await running.publish()
            submission = make_submission(running, ESSAY.replace("Slow", "Slower"), essay_id=1)
            await running.salon.services.publishing.save_submission(submission)
        async with run_bot(tmp_path, emulator) as again:

            async def there() -> bool:
                shown = await again.run_command("essay show", options=CHOSEN)
                return "~~Slow bread~~" in await again.answer_text(shown)

            await wait_until(there, "the edit")


@pytest.mark.parametrize("channel", ["essays", "essay-forum"])
async def test_an_essay_in_its_own_thread_is_edited_there_and_the_thread_renamed(
    running: RunningBot, channel: str
) -> None:
    style = "thread" if channel == "essays" else None
    thread_id, _ = await publish(running, long("One", "Two"), channel=channel, style=style)
    await edited(running, long("One", "Too", "Three", title="Fast bread"))
    inside = [m for m in await running.bot_messages(thread_id) if m["content"]]
    assert [m["content"][:4] for m in inside] == ["One.", "Too.", "-# C", "What"]
    (thread,) = (await running.world())["threads"]
    assert thread["name"] == "Fast bread"
    await running.answer_text(await running.run_command("essay close", options=CHOSEN))
    await running.settle(60)
    await edited(running, long("Won", "Too", "Three", title="Fast bread"))
    await running.settle(60)
    inside = [m for m in await running.bot_messages(thread_id) if m["content"]]
    assert inside[0]["content"].startswith("Won.")
    state = running.emulator.world.channels[thread_id].thread
    assert state is not None
    assert (state.locked, state.archived) == (True, True)


async def test_an_earlier_text_of_an_essay_is_not_recognized_as_the_essay(
    running: RunningBot,
) -> None:
    await running.publish()
    await edited(running, ESSAY.replace("takes a night", "takes two nights"))
    again = await running.run_command("essay publish", file=("bread.md", ESSAY.encode()))
    assert "Already published" not in await running.answer_text(again)


async def test_a_message_answered_just_before_it_is_removed_is_emptied(running: RunningBot) -> None:
    posted = await running.publish(long("One", "Two", "Three"))
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def hold(step: Step) -> None:
        if step.what.startswith("PATCH /channels/{id}/messages") and step.moment == "before":
            begun.set()
            await go_on.wait()

    interaction = await hand_in(running, long("Won", "Three"))
    assert "1 message will be deleted." in await running.answer_text(interaction)
    running.emulator.steps.hook = hold
    (button,) = [
        b
        for b in find_buttons((await running.answer_message(interaction))["components"])
        if b["label"] == "Apply"
    ]
    shown = await running.answer_message(interaction)
    await running.interact(
        3,
        {"component_type": 2, "custom_id": button["custom_id"]},
        message_id=shown["id"],
        message_flags=shown["flags"],
    )
    await begun.wait()
    reply = await running.write("Ann", "This one.", to=posted[2]["id"])

    async def kept() -> bool:
        return bool((await running.export())["replies"])

    await wait_until(kept, "the reply")
    go_on.set()
    await running.settle(600)
    after = {message["id"]: message["content"] for message in await running.bot_messages()}
    assert after[posted[2]["id"]] == "-# This part is no longer in the essay."
    assert str(reply) in {thread["id"] for thread in (await running.world())["threads"]}


async def test_questions_and_quotes_of_prompts_follow_the_text(running: RunningBot) -> None:
    await running.publish(written("Bread takes a night.", "Salt comes last.", "Would you wait?"))
    for when, what in (
        ("in 3 days", "passage 2: Why last?"),
        ("in 5 days", "passage 1: Why?"),
        ("in 7 days", "default"),
    ):
        options = [*CHOSEN, {"type": 3, "name": "when", "value": when}]
        options.append({"type": 3, "name": "what", "value": what})
        assert "is planned for" in await running.answer_text(
            await running.run_command("prompts add", options=options)
        )
    await running.settle(25 * 3600)
    (asked,) = [
        m["content"] for m in await running.bot_messages() if m["content"].startswith("Back to")
    ]
    assert "Would you wait?" in asked
    interaction = await applied(
        running, written("Rye is older.", "Salt always comes last.", "Is it so?", "Would you wait?")
    )
    assert "is posted" in await concluded(running, interaction)
    rows = await running.database.read(
        lambda tx: tx.rows(
            "SELECT content, state, asked_questions FROM prompts WHERE kind = 'step' ORDER BY id"
        )
    )
    told = [(row["content"], row["state"], row["asked_questions"]) for row in rows]
    assert ("passage 2: Why last?", "planned", "") in told
    assert ("passage 1: Why?", "skipped", "") in told
    assert [asked for _, state, asked in told if state == "sent"] == ["1"], "it is the second now"


async def test_an_essay_whose_every_word_and_fact_changes_is_still_shown(
    running: RunningBot,
) -> None:
    head = "---\ntitle: {0}\nauthor: {0}\nsubtitle: {0}\nurl: https://a.example/{1}\n---\n\n"
    quote = "> {0}\n\n"
    texts_of = [
        head.format(name * 120, name) + quote.format(f"{name} sleeps. " * 60) + long(name * 9)[14:]
        for name in ("Rye", "Oat")
    ]
    await running.publish(texts_of[0])
    told = await running.answer_text(await hand_in(running, texts_of[1]))
    assert "only you can see this" in told
    assert "~~RyeRye" in told
    assert len(told) < 4000
