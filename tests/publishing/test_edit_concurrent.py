"""A published essay gets a new text, and something comes in between."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.essays import submissions
from tests.delivery.test_styles import publish
from tests.publishing.test_edit import CHOSEN, applied, concluded, contents, edited, hand_in, long
from tests.support.running_bot import ESSAY, RunningBot, run_bot, run_emulator, running_bot
from tests.support.submissions import make_submission


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[RunningBot]:
    async with running_bot(tmp_path) as opened:
        yield opened


async def test_a_withdrawal_during_an_edit_leaves_nothing(
    running: RunningBot,
) -> None:
    await running.publish(long("One", "Two", "Three"))
    fault = {"kind": "http", "method": "PATCH", "path": "/channels/*/messages/*", "times": 1}
    await running.control("faults", {**fault, "status": 503, "after_effect": False})
    interaction = await hand_in(running, long("New", "Too", "Tree", "Four"))
    await running.press(interaction, "Apply")
    await running.press(await running.run_command("essay withdraw", options=CHOSEN), "Withdraw")
    await running.settle(7200)
    assert await running.bot_messages() == []


async def cut_off(running: RunningBot, text: str, *, number: int = 7) -> int:
    """A new text was handed in and the bot killed before it read it; its submission."""
    # The start has taken up what there was.
    await running.salon.wait_until_ready()
    await running.settle()
    handed = make_submission(running, text, essay_id=1, number=number)
    await running.database.write(lambda tx: submissions.save(tx, handed, 0))
    return number


async def take_up_again(running: RunningBot) -> None:
    """What a start does."""
    services = running.salon.services
    await services.publishing.resume_submissions(services.editing.resume_submission)


async def test_an_interrupted_text_is_not_shown_again_once_it_was_applied(
    running: RunningBot, caplog: pytest.LogCaptureFixture
) -> None:
    """It was handed in once more, and another text was applied after it."""
    await running.publish(long("One", "Two"))
    await cut_off(running, long("Uno", "Two"))
    await edited(running, long("Uno", "Two"))
    await edited(running, long("Eins", "Two"))
    await take_up_again(running)
    told = await running.answer_text(await running.run_command("essay show", options=CHOSEN))
    assert "New text of essay" not in told
    assert "was submitted after this one" in caplog.text


async def test_an_interrupted_text_does_not_replace_a_later_one(running: RunningBot) -> None:
    await running.publish(long("One", "Two"))
    await cut_off(running, long("Eins", "Two"))
    waiting = await hand_in(running, long("Uno", "Dos"))
    await running.settle()
    await take_up_again(running)
    await running.press(waiting, "Apply")
    await running.settle()
    assert [text[:4] for text in contents(await running.bot_messages())[1:3]] == ["Uno.", "Dos."]


async def test_an_interrupted_text_is_shown_if_the_later_one_was_cancelled(
    running: RunningBot,
) -> None:
    await running.publish(long("One", "Two"))
    await cut_off(running, long("Eins", "Two"))
    later = await hand_in(running, long("Uno", "Dos"))
    await running.press(later, "Discard")
    await running.press(later, "Discard")
    await running.settle()
    await take_up_again(running)
    assert "Eins" in await running.answer_text(
        await running.run_command("essay show", options=CHOSEN)
    )


async def test_closing_during_an_edit_does_not_stop_it(running: RunningBot) -> None:
    await running.publish(long("One", "Two", "Three"))
    fault = {"kind": "http", "method": "PATCH", "path": "/channels/*/messages/*", "times": 1}
    await running.control("faults", {**fault, "status": 503, "after_effect": False})
    await applied(running, long("New", "Too", "Tree"))
    await running.run_command("essay close", options=CHOSEN)
    await running.settle(600)
    assert [text[:4] for text in contents(await running.bot_messages())[1:4]] == [
        "New.",
        "Too.",
        "Tree",
    ]
    assert (await running.export())["essay"]["state"] == "closed"


@pytest.mark.parametrize("style", ["threads", "thread", "forum"])
async def test_reopening_during_an_edit_leaves_it_complete_and_open(
    running: RunningBot, style: str
) -> None:
    text = long("One", "Two", "Three")
    place = running.channel()
    if style == "threads":
        await running.publish(text)
    else:
        channel = "essay-forum" if style == "forum" else "essays"
        place, _ = await publish(
            running, text, channel=channel, style="thread" if style == "thread" else None
        )
    await running.run_command("essay close", options=CHOSEN)
    await running.settle()
    fault = {"kind": "http", "method": "PATCH", "path": "/channels/*/messages/*", "times": 2}
    await running.control("faults", {**fault, "status": 503, "after_effect": False})
    await applied(running, long("New", "Too", "Tree"))
    assert "is open again" in await running.answer_text(
        await running.run_command("essay reopen", options=CHOSEN)
    )
    await running.settle(600)
    said = [text[:4] for text in contents(await running.bot_messages(place))]
    assert [text for text in said if text in ("New.", "Too.", "Tree")] == ["New.", "Too.", "Tree"]
    assert (await running.export())["essay"]["state"] == "open"
    if style != "threads":
        (thread,) = (await running.world())["threads"]
        assert not thread["thread_metadata"]["locked"]
        assert not thread["thread_metadata"]["archived"]


async def test_a_deleted_card_is_reported_and_not_posted_below_the_text(
    running: RunningBot,
) -> None:
    card, *_ = await running.publish(long("One", "Two"))
    path = f"/channels/{running.channel()}/messages/{card['id']}"
    await running.call_as(running.member(), "DELETE", path)
    await running.settle()
    assert card["id"] not in await running.answer_text(await running.run_command("essay list"))
    interaction = await hand_in(running, long("One", "Two", "Three", title="Rye"))
    assert "**The card** was deleted. An edit doesn't post it" in await running.answer_text(
        interaction
    )
    await running.press(interaction, "Apply")
    assert "is posted" in await concluded(running, interaction)
    assert all(message["content"] for message in await running.bot_messages())


async def test_a_missing_permission_is_named_before_anything_changes(
    running: RunningBot,
) -> None:
    before = contents(await running.publish())
    view, send = 1 << 10, 1 << 11
    path = f"/channels/{running.channel()}/permissions/{running.salon.own_id}"
    deny = {"type": 1, "allow": str(view), "deny": str(send)}
    await running.call_as(running.member(), "PUT", path, deny)
    interaction = await hand_in(running, ESSAY.replace("Slow", "Slower"))
    assert "*Send Messages*" in await running.answer_text(interaction)
    assert "Nothing was changed" in await running.answer_text(
        await running.press(interaction, "Apply")
    )
    assert contents(await running.bot_messages()) == before


@pytest.mark.parametrize("status", [403, 500, 502, None])
@pytest.mark.parametrize("after_effect", [False, True], ids=["before", "after"])
async def test_every_edit_is_made_whatever_fails_meanwhile(
    running: RunningBot, status: int | None, after_effect: bool
) -> None:
    await running.publish(long("One", "Two", "Three", "Four"))
    fault = {"kind": "http", "method": "PATCH", "path": "/channels/*/messages/*", "times": 2}
    await running.control("faults", {**fault, "status": status, "after_effect": after_effect})
    fault |= {"method": "POST", "path": "/channels/*/messages", "times": 1}
    await running.control("faults", {**fault, "status": status, "after_effect": after_effect})
    await applied(running, long("New", "Too", "Three", "Foul", "Five"))
    await running.settle(7200)
    said = [text[:5] for text in contents(await running.bot_messages())[1:]]
    assert said == ["New. ", "Too. ", "Three", "Foul.", "-# Co", "What "]
    assert "is posted" not in await running.answer_text(
        await running.run_command("essay show", options=CHOSEN)
    )


async def test_edits_of_old_messages_are_spread_out_and_shown_as_waiting(
    running: RunningBot,
) -> None:
    await running.publish(long(*(f"Part{n}" for n in range(6))))
    await running.settle(7200)
    fault = {"kind": "http", "method": "PATCH", "path": "/channels/*/messages/*", "times": 5}
    too_many = {"status": 429, "code": 30046, "message": "Too many edits.", "retry_after": 0.01}
    await running.control("faults", {**fault, **too_many, "after_effect": False})
    await applied(running, long(*(f"Teil{n}" for n in range(6))))
    await running.settle()
    shown = await running.answer_text(await running.run_command("essay show", options=CHOSEN))
    assert (
        "0 of 6 steps done. Waiting: Discord limits edits of messages that are older than an hour"
        in shown
    )
    await running.settle(30)
    await running.settle(200)
    said = [text[:4] for text in contents(await running.bot_messages())[1:7]]
    assert said == ["Teil"] * 6


async def test_the_next_edit_puts_the_text_of_a_deleted_message_elsewhere(
    running: RunningBot,
) -> None:
    posted = await running.publish(long("One", "Two", "Three"))
    path = f"/channels/{running.channel()}/messages/{posted[2]['id']}"
    await running.call_as(running.member(), "DELETE", path)
    await running.settle()
    interaction = await applied(running, long("One", "Two", "Three"))
    assert "is posted" in await concluded(running, interaction)
    await hold_order(running, "One", "Two", "Three")


async def test_an_edit_posts_the_text_of_a_message_that_was_deleted_during_an_outage(
    tmp_path: Path,
) -> None:
    async with run_emulator() as emulator:
        async with run_bot(tmp_path, emulator) as running:
            posted = await running.publish(long("One", "Two", "Three"))
            await running.salon.close()
            path = f"/channels/{running.channel()}/messages/{posted[2]['id']}"
            await running.call_as(running.member(), "DELETE", path)
        async with run_bot(tmp_path, emulator) as again:
            told = await edited(again, long("One", "Too", "Three"))
            assert "is posted" in told
            await hold_order(again, "One", "Too", "Three")


async def hold_order(running: RunningBot, *names: str) -> None:
    """These paragraphs stand, each once and in order."""
    await running.settle(600)
    said = " ".join(contents(await running.bot_messages()))
    assert [said.count(f"{name}. The dough") for name in names] == [1] * len(names)
    places = [said.index(f"{name}. The dough") for name in names]
    assert places == sorted(places)


async def test_an_edit_blocked_by_automod_is_reported_and_can_be_retried(
    running: RunningBot,
) -> None:
    await running.publish(long("One", "Two"))
    for method, path in (
        ("PATCH", "/channels/*/messages/*"),
        ("POST", "/channels/*/messages"),
    ):
        fault = {"kind": "http", "method": method, "path": path, "times": 1, "status": 400}
        await running.control("faults", {**fault, "code": 200000, "after_effect": False})
    interaction = await hand_in(running, long("New", "Two", "Three"))
    await running.press(interaction, "Apply")
    assert "AutoMod blocked" in await concluded(running, interaction)
    shown = await running.run_command("essay show", options=CHOSEN)
    await running.press(shown, "Retry")
    await running.settle(600)
    said = [text[:5] for text in contents(await running.bot_messages())[1:]]
    assert said == ["New. ", "Two. ", "-# Co", "What "]
    assert "is posted" not in await running.answer_text(
        await running.run_command("essay show", options=CHOSEN)
    )
