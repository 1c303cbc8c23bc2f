"""Members answer with a form: the button, the choice of a passage, and what is posted."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.core.conversation.answers import MAX_ANSWER
from bot.core.conversation.events import REPLY, Edit, HistoryPage
from bot.discord_api import parse
from bot.emulator.world.models import User
from bot.emulator.world.seed import add_guild, invite_bot, put_channel
from bot.publishing.publish import Actor
from storage.db.writer import Transaction
from storage.privacy.members import get_member_data
from storage.replies import answers
from tests.cogs.members.test_moved_replies import choose
from tests.cogs.setup.test_panel import text_of, use
from tests.delivery.test_reply_moves import allow, fault, kept
from tests.support.running_bot import (
    EmulatorClient,
    RunningBot,
    find_buttons,
    form_data,
    run_bot,
    run_emulator,
    running_bot,
)
from tests.support.submissions import make_submission

ESSAY = "# Slow bread\n\nIt takes a night.\n\nIt is worth it.\n\nWould you wait a night for it?\n"
#: Manage Messages and Manage Webhooks (docs: Topics › Permissions).
TO_MOVE = 1 << 13 | 1 << 29
EXECUTE = "/webhooks/*/*"
MANAGE_THREADS = 1 << 34


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[RunningBot]:
    async with running_bot(tmp_path) as opened:
        await allow(opened, TO_MOVE)
        yield opened


async def press_answer(
    running: RunningBot, who: User, message: dict[str, Any], label: str = "Answer"
) -> dict[str, Any]:
    (button,) = [one for one in find_buttons(message["components"]) if one["label"] == label]
    data = {"component_type": 2, "custom_id": button["custom_id"]}
    return await running.interact(
        3,
        data,
        who=who,
        channel_id=int(message["channel_id"]),
        message_id=message["id"],
        message_flags=message["flags"],
    )


async def submit(
    running: RunningBot, who: User, form: dict[str, Any], text: str, passage: str | None = None
) -> dict[str, Any]:
    entered = {"Your answer": text} | ({} if passage is None else {"About": passage})
    return await running.interact(5, form_data(form["answer"], entered), who=who)


async def get_answers(
    running: EmulatorClient, channel_id: int | None = None
) -> list[dict[str, Any]]:
    """The messages in a channel that were posted with a webhook."""
    found = await running.messages(channel_id)
    return [message for message in found if message.get("webhook_id") is not None]


@pytest.mark.smoke
async def test_an_answer_is_posted_under_the_members_name_and_heads_a_thread(
    running: RunningBot,
) -> None:
    *_, closing = await running.publish(ESSAY)
    ann = running.member("Ann")
    form = await press_answer(running, ann, closing)
    options = form["answer"]["data"]["components"][0]["component"]["options"]
    assert [one["label"] for one in options] == [
        "The whole essay",
        "¶1 It takes a night.",
        "¶2 It is worth it.",
        "¶3 Would you wait a night for it?",
    ]
    told = await submit(running, ann, form, "I *would* wait.", "2")
    assert "posting your answer" in await running.answer_text(told)
    (message,) = await get_answers(running)
    about, said = message["content"].split("\n")
    assert about.startswith("-# About [¶2](https://discord.com/channels/")
    assert (said, message["author"]["username"], message["mentions"]) == (
        "I *would* wait.",
        "Ann",
        [],
    )
    (reply,) = (await kept(running)).values()
    assert reply["id"] == reply["thread_id"] == message["id"]
    assert reply["author"] == {"id": str(ann.id), "name": "Ann"}
    assert (reply["text"], reply["parent"], reply["passages"]) == ("I *would* wait.", None, [2])
    thread = running.emulator.world.channels[int(message["id"])].thread
    assert thread is not None
    assert ann.id in thread.members


async def test_the_author_of_an_answer_edits_and_deletes_it(running: RunningBot) -> None:
    *_, closing = await running.publish(ESSAY)
    ann, essays = running.member("Ann"), running.channel()
    await submit(running, ann, await press_answer(running, ann, closing), "I would.", "1")
    await running.settle()
    (message,) = await get_answers(running)
    form = await choose(running, ann, "Edit my reply", int(message["id"]), essays)
    await running.interact(5, form_data(form["answer"], {"Your reply": "I might."}), who=ann)
    await running.settle()
    (edited,) = await get_answers(running)
    assert edited["content"].split("\n")[1:] == ["I might."]
    (reply,) = (await kept(running)).values()
    assert (reply["text"], reply["passages"]) == ("I might.", [1])
    refused = await choose(
        running, running.member("Ben"), "Delete my reply", int(message["id"]), essays
    )
    assert "Only Ann" in await running.answer_text(refused)
    await choose(running, ann, "Delete my reply", int(message["id"]), essays)
    await running.settle()
    assert await get_answers(running) == []
    (reply,) = (await kept(running)).values()
    assert (reply["text"], reply["deleted"]) == ("", True)


async def test_an_answer_that_is_read_before_it_is_recorded_whole_keeps_its_words(
    running: RunningBot,
) -> None:
    """The bot was killed in between, and catches up with the channel before it goes on."""
    *_, closing = await running.publish(ESSAY)
    ann, essays = running.member("Ann"), running.channel()
    await submit(running, ann, await press_answer(running, ann, closing), "I would.", "1")
    await running.settle()
    (message,) = await get_answers(running)

    async def take_back(tx: Transaction) -> None:
        await tx.run(
            "UPDATE answers SET state = 'posted', text = 'I would.', due_at = 9000000000000"
        )
        await tx.run("DELETE FROM reply_moves")

    await running.database.write(take_back)
    seen = parse.parse_message(message, server_id=running.server_id, own_id=running.salon.own_id)
    recorder = running.salon.services.recorder
    await recorder.wait_until_committed(recorder.put((HistoryPage(essays, (seen,)),)))
    (reply,) = (await kept(running)).values()
    assert (reply["text"], reply["passages"]) == ("I would.", [1])


async def test_an_answer_that_is_edited_while_it_is_recorded_keeps_its_words(
    running: RunningBot,
) -> None:
    """As when somebody opens a thread on it at once: Discord reports that as an edit."""
    *_, closing = await running.publish(ESSAY)
    ann, essays = running.member("Ann"), running.channel()
    await submit(running, ann, await press_answer(running, ann, closing), "I would.", "1")
    await running.settle()
    (posted,) = await get_answers(running)
    message_id = int(posted["id"])

    async def take_back(tx: Transaction) -> None:
        await tx.run(
            "UPDATE answers SET state = 'posted', text = 'I would.', due_at = 9000000000000"
        )
        await tx.run("DELETE FROM reply_moves")
        await tx.run("DELETE FROM threads")
        await tx.run("DELETE FROM replies")

    await running.database.write(take_back)
    seen = parse.parse_message(posted, server_id=running.server_id, own_id=running.salon.own_id)
    message = replace(
        seen,
        author_id=ann.id,
        from_bot=False,
        type=REPLY,
        text="I would.",
        reference_id=int(closing["id"]),
        copyable=False,
    )
    edit = Edit(message_id, essays, posted["content"], None, ())
    recorder = running.salon.services.recorder
    await recorder.wait_until_committed(recorder.put((message, edit)))
    (reply,) = (await kept(running)).values()
    assert reply["text"] == "I would."


@pytest.mark.parametrize("deleted", [True, False], ids=["deleted", "kept"])
async def test_what_happened_to_an_answer_before_it_was_recorded_is_recorded(
    tmp_path: Path, *, deleted: bool
) -> None:
    """The bot was killed in between, and is away when its message is deleted or gets a reaction.

    It goes on after it has caught up, when nothing is compared any more.
    """
    async with run_emulator() as emulator:
        async with run_bot(tmp_path, emulator) as running:
            await allow(running, TO_MOVE)
            *_, closing = await running.publish(ESSAY)
            ann, essays = running.member("Ann"), running.channel()
            await submit(running, ann, await press_answer(running, ann, closing), "I would.", "1")
            await running.settle()
            (message,) = await get_answers(running)
            due_at = running.clock.now_ms() + 60_000
            await running.salon.close()

            async def take_back(tx: Transaction) -> None:
                await tx.run(
                    "UPDATE answers SET state = 'posted', text = 'I would.', due_at = :due_at",
                    {"due_at": due_at},
                )
                await tx.run("DELETE FROM reply_moves")
                await tx.run("DELETE FROM threads")
                await tx.run("DELETE FROM replies")

            await running.database.write(take_back)
            path = f"/channels/{essays}/messages/{message['id']}"
            if deleted:
                await running.call_as(running.member(), "DELETE", path)
            else:
                await running.call_as(running.member(), "PUT", f"{path}/reactions/🍞/@me")
        async with run_bot(tmp_path, emulator) as running:
            assert running.salon.services.catch_up.has_caught_up(running.server_id)
            assert not await kept(running)
            await running.settle(120)
            (reply,) = (await kept(running)).values()
    assert (reply["id"], reply["deleted"]) == (message["id"], deleted)
    assert reply["text"] == ("" if deleted else "I would.")
    assert reply["reactions"] == ([] if deleted else [{"emoji": "🍞", "count": 1}])
    assert reply["passages"] == ([] if deleted else [1])


async def test_without_the_permission_the_bot_posts_it_and_names_the_member(
    tmp_path: Path,
) -> None:
    async with running_bot(tmp_path) as running:
        await allow(running, 0, deny=TO_MOVE)
        *_, closing = await running.publish(ESSAY)
        ann = running.member("Ann")
        await submit(running, ann, await press_answer(running, ann, closing), "I would.")
        await running.settle()
        *_, message = await running.bot_messages()
        assert message["content"] == "**Ann** answers:\nI would."
        (reply,) = (await kept(running)).values()
        assert (reply["id"], reply["text"]) == (message["id"], "I would.")
        form = await choose(running, ann, "Edit my reply", int(message["id"]), running.channel())
        await running.interact(5, form_data(form["answer"], {"Your reply": "No."}), who=ann)
        await running.settle()
        *_, message = await running.bot_messages()
        assert message["content"] == "**Ann** answers:\nNo."


@pytest.mark.parametrize("channel", ["essays", "essay-forum"])
async def test_in_an_essays_own_thread_an_answer_is_posted_there(
    running: RunningBot, channel: str
) -> None:
    options = [{"type": 7, "name": "channel", "value": str(running.channel(channel))}]
    if channel == "essays":
        options.append({"type": 3, "name": "style", "value": "thread"})
    draft = await running.run_command(
        "essay publish", file=("bread.md", ESSAY.encode()), options=options
    )
    await running.press(draft, "Publish")
    await running.settle()
    (thread,) = (await running.world())["threads"]
    *_, closing = await running.bot_messages(int(thread["id"]))
    ann = running.member("Ann")
    form = await press_answer(running, ann, closing)
    data = form_data(form["answer"], {"Your answer": "I would."})
    await running.interact(5, data, who=ann, channel_id=int(thread["id"]))
    await running.settle()
    (message,) = await get_answers(running, int(thread["id"]))
    (reply,) = (await kept(running)).values()
    assert (reply["id"], reply["thread_id"]) == (message["id"], thread["id"])
    assert len((await running.world())["threads"]) == 1


@pytest.mark.parametrize("after_effect", [False, True])
@pytest.mark.parametrize("status", [500, 503, None])
async def test_an_answer_is_posted_once_whatever_the_call_comes_to(
    running: RunningBot, status: int | None, after_effect: bool
) -> None:
    *_, closing = await running.publish(ESSAY)
    ann = running.member("Ann")
    form = await press_answer(running, ann, closing)
    await fault(running, "POST", EXECUTE, status=status, after_effect=after_effect)
    await submit(running, ann, form, "I would.")
    await running.settle(3600)
    assert len(await get_answers(running)) == 1
    assert len(await kept(running)) == 1


async def test_a_form_that_is_sent_twice_is_posted_once(running: RunningBot) -> None:
    *_, closing = await running.publish(ESSAY)
    ann, ben = running.member("Ann"), running.member("Ben")
    for who in (ann, ann, ben):
        await submit(running, who, await press_answer(running, who, closing), "I would.")
        await running.settle()
    names = [message["author"]["username"] for message in await get_answers(running)]
    assert names == ["Ann", "Ben"], "another member may say the same"


async def test_an_essay_with_many_passages_asks_for_the_passage_first(
    running: RunningBot,
) -> None:
    text = "\n\n".join(f"Paragraph {number} is here." for number in range(1, 61))
    *_, closing = await running.publish(f"# Long\n\n{text}\n")
    ann = running.member("Ann")
    asked = await press_answer(running, ann, closing)
    seen: list[int] = []
    for _ in range(3):
        shown = await running.answer_message(asked)
        select = shown["components"][1]["components"][0]
        assert select["options"][0]["label"] == "The whole essay"
        seen.append(len(select["options"]) - 1)
        buttons = [one["label"] for one in find_buttons(shown["components"])]
        if "Next passages" not in buttons:
            break
        await press_answer(running, ann, shown, "Next passages")
        await running.settle()
    assert seen == [24, 24, 12]
    shown = await running.answer_message(asked)
    select = shown["components"][1]["components"][0]
    data = {"component_type": 3, "custom_id": select["custom_id"], "values": ["60"]}
    form = await running.interact(
        3, data, who=ann, message_id=shown["id"], message_flags=shown["flags"]
    )
    await submit(running, ann, form, "The last one.")
    await running.settle()
    (reply,) = (await kept(running)).values()
    assert reply["passages"] == [60]


async def test_an_answer_that_is_too_long_is_given_back(running: RunningBot) -> None:
    *_, closing = await running.publish(ESSAY)
    ann = running.member("Ann")
    form = await press_answer(running, ann, closing)
    text = "🍞" * (MAX_ANSWER // 2)
    await submit(running, ann, form, text)
    await running.settle()
    assert len(await get_answers(running)) == 1, "1,800 UTF-16 units fit"
    form = await press_answer(running, ann, closing)
    told = await running.answer_text(await submit(running, ann, form, text + "a"))
    assert "at most 1800 characters" in told
    assert "🍞🍞🍞" in told
    assert len(await get_answers(running)) == 1


async def test_a_member_who_may_not_write_here_may_not_answer(running: RunningBot) -> None:
    *_, closing = await running.publish(ESSAY)
    ann = running.member("Ann")
    path = f"/channels/{running.channel()}/permissions/{running.server_id}"
    for bit in (1 << 11, 1 << 38):
        form = await press_answer(running, ann, closing)
        denied = {"type": 0, "allow": "0", "deny": str(bit)}
        await running.call_as(running.member(), "PUT", path, denied)
        told = await running.answer_text(await submit(running, ann, form, "I would."))
        assert "You may not" in told
        assert "I would" in told, "what was written isn't lost"
        await running.call_as(running.member(), "DELETE", path)
    assert await get_answers(running) == []


async def test_slow_mode_counts_answers_and_replies(running: RunningBot) -> None:
    *_, closing = await running.publish(ESSAY)
    ann = running.member("Ann")
    form = await press_answer(running, ann, closing)
    path = f"/channels/{running.channel()}"
    await running.call_as(running.member(), "PATCH", path, {"rate_limit_per_user": 60})
    await submit(running, ann, form, "I would.")
    form = await press_answer(running, ann, closing)
    told = await running.answer_text(await submit(running, ann, form, "And again."))
    assert "Slow mode" in told
    await running.settle(61)
    form = await press_answer(running, ann, closing)
    await submit(running, ann, form, "And again.")
    await running.settle()
    assert len(await get_answers(running)) == 2


async def test_a_closed_or_withdrawn_discussion_takes_no_answer(running: RunningBot) -> None:
    *_, closing = await running.publish(ESSAY)
    ann = running.member("Ann")
    form = await press_answer(running, ann, closing)
    chosen = [{"type": 3, "name": "essay", "value": "1"}]
    await running.run_command("essay close", options=chosen)
    assert "is closed" in await running.answer_text(await press_answer(running, ann, closing))
    assert "is closed" in await running.answer_text(await submit(running, ann, form, "Yes."))
    assert await get_answers(running) == []


async def test_a_message_is_answered_only_in_its_own_server(running: RunningBot) -> None:
    *_, closing = await running.publish(ESSAY)
    server_id, message_id = running.server_id, int(closing["id"])
    here = await running.database.read(
        lambda tx: answers.find_answer_place(tx, server_id, message_id)
    )
    elsewhere = await running.database.read(
        lambda tx: answers.find_answer_place(tx, server_id + 1, message_id)
    )
    assert here is not None
    assert (here.discussion_id, elsewhere) == (1, None)


async def test_answer_can_be_switched_off(running: RunningBot) -> None:
    *_, closing = await running.publish(ESSAY)
    panel = await running.run_command("setup")
    assert "AutoMod doesn't check" in await text_of(running, panel)
    await use(running, panel, "answers")
    told = await running.answer_text(await press_answer(running, running.member("Ann"), closing))
    assert "Forms are off" in told
    *_, other = await running.publish("# Other\n\nOne.\n\nIs it?\n", "other.md")
    assert [one["label"] for one in find_buttons(other["components"])] == ["What's new"]
    assert other["content"] == "-# Reply to any part of the essay to answer."


async def test_a_passage_is_discussed_in_its_thread_or_in_a_new_one(running: RunningBot) -> None:
    _, part, _ = await running.publish(ESSAY)
    ann, ben, essays = running.member("Ann"), running.member("Ben"), running.channel()
    form = await choose(running, ann, "Discuss this passage", int(part["id"]), essays)
    await submit(running, ann, form, "It never takes a night.", "1")
    await running.settle()
    (head,) = await get_answers(running)
    form = await choose(running, ben, "Discuss this passage", int(part["id"]), essays)
    asked = await submit(running, ben, form, "It does.", "1")
    await running.settle(60)
    assert len(await get_answers(running)) == 1, "nothing is posted before one is chosen"
    shown = await running.answer_message(asked)
    labels = [one["label"] for one in find_buttons(shown["components"])]
    assert labels == ["Add to “Ann: It never takes a night” (1 person)", "Start a new thread"]
    await press_answer(running, ben, shown, labels[0])
    await running.settle()
    (message,) = await get_answers(running, int(head["id"]))
    reply = (await kept(running))[message["id"]]
    assert (reply["parent"], reply["thread_id"]) == (head["id"], head["id"])
    form = await choose(running, ben, "Discuss this passage", int(part["id"]), essays)
    again = await submit(running, ben, form, "It really does.", "1")
    await press_answer(running, ben, await running.answer_message(again), "Start a new thread")
    await running.settle()
    assert len(await get_answers(running)) == 2


async def test_an_answer_that_is_sent_again_before_its_thread_is_chosen_is_posted_once(
    running: RunningBot,
) -> None:
    _, part, closing = await running.publish(ESSAY)
    ann, ben = running.member("Ann"), running.member("Ben")
    form = await press_answer(running, ann, closing)
    await submit(running, ann, form, "It never takes a night.", "1")
    await running.settle()
    (head,) = await get_answers(running)
    shown = []
    for _ in range(2):
        form = await choose(
            running, ben, "Discuss this passage", int(part["id"]), running.channel()
        )
        asked = await submit(running, ben, form, "It does.", "1")
        shown.append(await running.answer_message(asked))
        assert len(find_buttons(shown[-1]["components"])) == 2, "the choice is offered again"
    pressed = await press_answer(running, ben, shown[0], "Start a new thread")
    assert "was posted or sent again before" in await running.answer_text(pressed)
    await running.call_as(running.member(), "DELETE", f"/channels/{head['id']}")
    await running.settle()
    form = await choose(running, ben, "Discuss this passage", int(part["id"]), running.channel())
    told = await running.answer_text(await submit(running, ben, form, "It does.", "1"))
    assert "I'm posting your answer here" in told
    await running.settle()
    texts = [message["content"].rpartition("\n")[2] for message in await get_answers(running)]
    assert texts == ["It never takes a night.", "It does."]
    waiting = await running.database.read(
        lambda tx: tx.rows("SELECT 1 FROM answers WHERE state = 'choosing'")
    )
    assert not waiting


async def test_an_answer_whose_thread_is_not_chosen_is_erased_after_a_day(
    running: RunningBot,
) -> None:
    _, part, _ = await running.publish(ESSAY)
    ann, essays = running.member("Ann"), running.channel()
    form = await choose(running, ann, "Discuss this passage", int(part["id"]), essays)
    await submit(running, ann, form, "It never takes a night.", "1")
    await running.settle()
    form = await choose(running, ann, "Discuss this passage", int(part["id"]), essays)
    asked = await submit(running, ann, form, "Or it does, heliotrope.", "1")
    await running.settle(24 * 3600 + 60)
    told = await running.answer_text(
        await press_answer(running, ann, await running.answer_message(asked), "Start a new thread")
    )
    assert "older than a day" in told
    rows = await running.database.read(lambda tx: tx.rows("SELECT text FROM answers"))
    assert [row["text"] for row in rows] == ["", ""]


async def test_discussing_a_message_that_is_no_part_is_refused_with_a_sentence(
    running: RunningBot,
) -> None:
    card, _, closing = await running.publish(ESSAY)
    other = await running.write("Ben", "Hello!")
    ann, essays = running.member("Ann"), running.channel()
    for message_id, told in (
        (card["id"], "works on the messages"),
        (closing["id"], "works on the messages"),
        (other, "I can't find the essay"),
    ):
        chosen = await choose(running, ann, "Discuss this passage", int(message_id), essays)
        assert told in await running.answer_text(chosen)


async def set_timeout(running: RunningBot, who: User, until: str | None) -> None:
    path = f"/guilds/{running.server_id}/members/{who.id}"
    body = {"communication_disabled_until": until}
    await running.call_as(running.member(), "PATCH", path, body)
    await running.settle()


async def open_form(running: RunningBot, who: User, how: str, part: str) -> dict[str, Any]:
    """Open the form by the button, or by the message command."""
    if how == "Discuss this passage":
        return await choose(running, who, how, int(part), running.channel())
    *_, closing = await running.bot_messages()
    return await press_answer(running, who, closing)


FORMS = pytest.mark.parametrize("how", ["Answer", "Discuss this passage"])


@FORMS
async def test_a_member_in_a_timeout_may_not_answer(running: RunningBot, how: str) -> None:
    _, part, _ = await running.publish(ESSAY)
    ann = running.member("Ann")
    form = await open_form(running, ann, how, part["id"])
    until = running.clock.now() + timedelta(hours=1)
    await set_timeout(running, ann, until.isoformat())
    told = await running.answer_text(await submit(running, ann, form, "I would.", "1"))
    assert "you aren't allowed to use here" in told
    assert await get_answers(running) == []
    await set_timeout(running, ann, None)
    form = await open_form(running, ann, how, part["id"])
    await submit(running, ann, form, "I would.", "1")
    await running.settle()
    assert len(await get_answers(running)) == 1


@FORMS
@pytest.mark.parametrize("bit", [1 << 11, 1 << 38])
async def test_without_a_permission_to_write_neither_form_is_taken(
    running: RunningBot, how: str, bit: int
) -> None:
    _, part, _ = await running.publish(ESSAY)
    ann = running.member("Ann")
    form = await open_form(running, ann, how, part["id"])
    path = f"/channels/{running.channel()}/permissions/{ann.id}"
    denied = {"type": 1, "allow": "0", "deny": str(bit)}
    await running.call_as(running.member(), "PUT", path, denied)
    told = await running.answer_text(await submit(running, ann, form, "I would.", "1"))
    assert "You may not" in told
    assert await get_answers(running) == []


@FORMS
async def test_slow_mode_holds_for_both_forms(running: RunningBot, how: str) -> None:
    _, part, _ = await running.publish(ESSAY)
    ann = running.member("Ann")
    path = f"/channels/{running.channel()}"
    await running.call_as(running.member(), "PATCH", path, {"rate_limit_per_user": 60})
    form = await open_form(running, ann, how, part["id"])
    await submit(running, ann, form, "I would.", "1")
    await running.settle()
    form = await open_form(running, ann, how, part["id"])
    told = await running.answer_text(await submit(running, ann, form, "And again.", "0"))
    assert "Slow mode" in told
    await running.settle(3600)
    assert len(await get_answers(running)) == 1


async def test_a_member_who_is_timed_out_or_whose_thread_is_locked_may_not_choose_it(
    running: RunningBot,
) -> None:
    _, part, _ = await running.publish(ESSAY)
    ann, ben, essays = running.member("Ann"), running.member("Ben"), running.channel()
    form = await choose(running, ann, "Discuss this passage", int(part["id"]), essays)
    await submit(running, ann, form, "It never takes a night.", "1")
    await running.settle()
    (head,) = await get_answers(running)
    form = await choose(running, ben, "Discuss this passage", int(part["id"]), essays)
    asked = await submit(running, ben, form, "It does.", "1")
    shown = await running.answer_message(asked)
    labels = [one["label"] for one in find_buttons(shown["components"])]
    until = running.clock.now() + timedelta(hours=1)
    await set_timeout(running, ben, until.isoformat())
    for label in labels:
        told = await running.answer_text(await press_answer(running, ben, shown, label))
        assert "you aren't allowed to use here" in told
    await set_timeout(running, ben, None)
    await running.call_as(
        running.member(), "PATCH", f"/channels/{head['id']}", {"locked": True, "archived": False}
    )
    await running.settle()
    told = await running.answer_text(await press_answer(running, ben, shown, labels[0]))
    assert "This thread is locked." in told
    assert len(await get_answers(running)) == 1
    assert await get_answers(running, int(head["id"])) == []


async def test_an_answer_whose_thread_is_not_chosen_is_not_posted_once_the_discussion_is_closed(
    running: RunningBot,
) -> None:
    _, part, _ = await running.publish(ESSAY)
    ann, essays = running.member("Ann"), running.channel()
    form = await choose(running, ann, "Discuss this passage", int(part["id"]), essays)
    await submit(running, ann, form, "It never takes a night.", "1")
    await running.settle()
    form = await choose(running, ann, "Discuss this passage", int(part["id"]), essays)
    asked = await submit(running, ann, form, "It does.", "1")
    chosen = [{"type": 3, "name": "essay", "value": "1"}]
    await running.run_command("essay close", options=chosen)
    shown = await running.answer_message(asked)
    told = await running.answer_text(await press_answer(running, ann, shown, "Start a new thread"))
    assert "its discussion was closed" in told
    assert len(await get_answers(running)) == 1


async def add_channel(running: RunningBot, name: str = "kitchen") -> int:
    path = f"/guilds/{running.server_id}/channels"
    made = await running.call_as(running.member(), "POST", path, {"name": name, "type": 0})
    await running.settle()
    return int(made["id"])


async def test_what_a_member_may_do_counts_where_the_answer_is_posted(
    running: RunningBot,
) -> None:
    """Not where the form was submitted."""
    *_, closing = await running.publish(ESSAY)
    ann, essays, kitchen = running.member("Ann"), running.channel(), await add_channel(running)
    path = f"/channels/{essays}/permissions/{ann.id}"
    for bit, told in (
        (1 << 11, "may not send"),
        (1 << 38, "may not write"),
        (1 << 10, "can't see"),
    ):
        form = await press_answer(running, ann, closing)
        denied = {"type": 1, "allow": "0", "deny": str(bit)}
        await running.call_as(running.member(), "PUT", path, denied)
        await running.settle()
        entered = form_data(form["answer"], {"Your answer": "I would."})
        refused = await running.interact(5, entered, who=ann, channel_id=kitchen)
        assert told in await running.answer_text(refused)
        await running.call_as(running.member(), "DELETE", path)
    assert await get_answers(running) == []
    body = {"type": 1, "allow": "0", "deny": str(1 << 11)}
    await running.call_as(
        running.member(), "PUT", f"/channels/{kitchen}/permissions/{ann.id}", body
    )
    await running.settle()
    form = await press_answer(running, ann, closing)
    entered = form_data(form["answer"], {"Your answer": "I would."})
    posted = await running.interact(5, entered, who=ann, channel_id=kitchen)
    assert f"in <#{essays}>" in await running.answer_text(posted)
    assert len(await get_answers(running)) == 1
    await running.call_as(
        running.member(), "PATCH", f"/channels/{essays}", {"rate_limit_per_user": 60}
    )
    await running.settle()
    form = await press_answer(running, ann, closing)
    entered = form_data(form["answer"], {"Your answer": "And again."})
    refused = await running.interact(5, entered, who=ann, channel_id=kitchen)
    assert "Slow mode" in await running.answer_text(refused)


async def test_slow_mode_of_the_thread_that_is_chosen_counts(running: RunningBot) -> None:
    thread_id, shown = await discuss_in_thread(running)
    await running.write("Ben", "Before.", channel_id=thread_id)
    path = f"/channels/{thread_id}"
    await running.call_as(running.member(), "PATCH", path, {"rate_limit_per_user": 60})
    await running.settle()
    add, new = (one["label"] for one in find_buttons(shown["components"]))
    told = await running.answer_text(await press_answer(running, running.member("Ben"), shown, add))
    assert "Slow mode" in told
    assert await get_answers(running, thread_id) == []
    await press_answer(running, running.member("Ben"), shown, new)
    await running.settle()
    await check_is_in_channel(running)


async def fail_webhook(running: RunningBot, **more: Any) -> None:
    """Have calls of the bot's webhook fail, but not answers to interactions."""
    (webhook,) = running.emulator.world.webhooks.values()
    await fault(running, "POST", f"/webhooks/{webhook.id}/*", **more)


@pytest.mark.parametrize(
    ("status", "code", "why"),
    [(400, 200000, "I couldn't post this."), (403, 50013, "I can't post this yet.")],
)
async def test_who_wrote_an_answer_is_told_that_it_is_not_posted(
    running: RunningBot, status: int, code: int, why: str
) -> None:
    *_, closing = await running.publish(ESSAY)
    ann, ben = running.member("Ann"), running.member("Ben")
    await submit(running, ben, await press_answer(running, ben, closing), "I would.")
    await running.settle()
    await fail_webhook(running, status=status, code=code, times=1000)
    form = await press_answer(running, ann, closing)
    told = await running.answer_text(await submit(running, ann, form, "Not *I*,\nheliotrope."))
    assert "posting your answer" in told
    assert why in told
    assert "You wrote:\nNot *I*,\nheliotrope." in told
    news = await press_answer(running, ann, closing, "What's new")
    said = await running.answer_text(news)
    assert f"**Not posted**\n- {why}" in said
    assert "You wrote:\nNot *I*,\nheliotrope." in said
    data = await running.database.read(lambda tx: get_member_data(tx, running.server_id, ann.id))
    assert [one["text"] for one in data["unposted_answers"]] == ["Not *I*,\nheliotrope."]
    others = await running.answer_text(await press_answer(running, ben, closing, "What's new"))
    assert "heliotrope" not in others
    await running.settle(25 * 3600)
    said = await running.answer_text(await press_answer(running, ann, closing, "What's new"))
    assert "Not posted" not in said
    rows = await running.database.read(lambda tx: tx.rows("SELECT text FROM answers"))
    assert {row["text"] for row in rows} == {""}


async def test_an_answer_whose_thread_is_not_chosen_is_shown_to_its_author(
    running: RunningBot,
) -> None:
    await discuss_in_thread(running)
    *_, closing = await running.bot_messages()
    ben = running.member("Ben")
    said = await running.answer_text(await press_answer(running, ben, closing, "What's new"))
    assert "You haven't chosen where this belongs" in said
    assert "You wrote:\nIt does." in said


async def test_the_admins_are_alerted_while_answers_cannot_be_posted(running: RunningBot) -> None:
    *_, closing = await running.publish(ESSAY)
    ann, ben = running.member("Ann"), running.member("Ben")
    await submit(running, ben, await press_answer(running, ben, closing), "I would.")
    await running.settle()
    await fail_webhook(running, status=403, code=50013)
    await submit(running, ann, await press_answer(running, ann, closing), "Not I.")
    await running.settle()
    alerts = "SELECT about FROM alerts"
    rows = await running.database.read(lambda tx: tx.rows(alerts))
    assert [row["about"] for row in rows] == [f"answers in {running.channel()}"]
    await running.settle(3600)
    assert len(await get_answers(running)) == 2
    assert await running.database.read(lambda tx: tx.rows(alerts)) == []


FORGED = (
    "salon:form:answer:1:{closing}:2",  # a revision that doesn't exist
    "salon:form:answer:1:{closing}:0",
    "salon:form:answer:2:{closing}:1",  # another discussion
    "salon:form:answer:1:1:1",  # a message that doesn't exist
    "salon:form:answer:1:{closing}:1:99",  # a passage that doesn't exist
    "salon:form:answer:1:{closing}:-1",
    "salon:form:answer:1:{closing}:١",
    "salon:form:answer:1:9999999999999999999:1",
    "salon:form:answer:1:{closing}:9223372036854775808",
    "salon:form:answer:1:{elsewhere}:1",  # an essay of another server
    "salon:form:answer:2:{elsewhere}:1",
    "salon:form:answer:x:y:z",
)


@FORMS
@pytest.mark.parametrize("custom_id", FORGED)
async def test_a_forged_form_posts_nothing(running: RunningBot, how: str, custom_id: str) -> None:
    _, part, closing = await running.publish(ESSAY)
    other = await publish_elsewhere(running)
    ann = running.member("Ann")
    form = await open_form(running, ann, how, part["id"])
    forged = custom_id.format(closing=closing["id"], elsewhere=other)
    for one in running.emulator.world.interactions.values():
        if one.modal is not None:
            one.modal["custom_id"] = forged
    entered = form_data(form["answer"], {"Your answer": "I would."}) | {"custom_id": forged}
    told = await running.answer_text(await running.interact(5, entered, who=ann))
    assert "Something went wrong" not in told
    assert "I would." in told, "what was written isn't lost"
    await running.settle(60)
    assert await get_answers(running) == []
    rows = await running.database.read(lambda tx: tx.rows("SELECT 1 FROM answers"))
    assert rows == []


async def publish_elsewhere(running: RunningBot) -> int:
    """Publish an essay in another server; the id of its last message."""
    world = running.emulator.world
    owner = world.add_user("zoe", "Zoe")
    guild = add_guild(world, "Elsewhere", owner)
    channel = put_channel(world, guild, "lounge")
    invite_bot(world, guild, world.bot)
    await running.settle()
    essay = replace(
        make_submission(running, "# Theirs\n\nTheir words.\n\nTheir question?\n", number=77),
        server_id=guild.id,
        channel_id=channel.id,
    )
    publishing = running.salon.services.publishing
    await publishing.save_submission(essay)
    (made,) = (await publishing.create_drafts(essay)).drafts
    await publishing.publish(made.id, Actor(owner.id, "Zoe"), 78)
    await running.settle()
    assert made.id == 2
    return max(world.timelines[channel.id])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("salon:place:{thread}:{answer}", "salon:place:{thread}:1"),
        ("salon:place:{thread}:{answer}", "salon:place:1:{answer}"),
        ("salon:place:{thread}:{answer}", "salon:place:{closing}:{answer}"),
        ("salon:place:{thread}:{answer}", "salon:place:{thread}:{others}"),
        ("salon:place:0:{answer}", "salon:place:0:{others}"),
        ("salon:place:0:{answer}", "salon:place:0:9999999999999999999"),
    ],
)
async def test_a_forged_choice_of_a_thread_posts_nothing(
    running: RunningBot, before: str, after: str
) -> None:
    _, part, closing = await running.publish(ESSAY)
    ann, ben, essays = running.member("Ann"), running.member("Ben"), running.channel()
    form = await choose(running, ann, "Discuss this passage", int(part["id"]), essays)
    await submit(running, ann, form, "It never takes a night.", "1")
    await running.settle()
    (head,) = await get_answers(running)
    asked: dict[str, dict[str, Any]] = {}
    for who in (ann, ben):
        form = await choose(running, who, "Discuss this passage", int(part["id"]), essays)
        asked[who.name] = await submit(running, who, form, f"{who.name} agrees.", "1")
    shown = await running.answer_message(asked[ben.name])
    ids = {
        "thread": head["id"],
        "answer": asked[ben.name]["id"],
        "others": asked[ann.name]["id"],
        "closing": closing["id"],
    }
    message = running.emulator.world.messages[int(shown["id"])]
    for row in message.components:
        for button in row.get("components", ()):
            if button["custom_id"] == before.format(**ids):
                button["custom_id"] = after.format(**ids)
    data = {"component_type": 2, "custom_id": after.format(**ids)}
    told = await running.interact(
        3, data, who=ben, message_id=shown["id"], message_flags=shown["flags"]
    )
    assert "Something went wrong" not in await running.answer_text(told)
    await running.settle(60)
    assert len(await get_answers(running)) == 1
    assert await get_answers(running, int(head["id"])) == []


async def test_an_answer_that_cannot_be_posted_is_erased_after_a_day(running: RunningBot) -> None:
    *_, closing = await running.publish(ESSAY)
    ann = running.member("Ann")
    form = await press_answer(running, ann, closing)
    await fault(running, "POST", EXECUTE, status=403, times=1000)
    await submit(running, ann, form, "I would, heliotrope.")
    await running.settle(3600)
    data = await running.database.read(lambda tx: get_member_data(tx, running.server_id, ann.id))
    (unposted,) = data["unposted_answers"]
    assert (unposted["text"], unposted["name"]) == ("I would, heliotrope.", "Ann")
    assert (unposted["essay"], unposted["answers"]) == ("Slow bread", closing["id"])
    await running.settle(24 * 3600 + 600)
    rows = await running.database.read(lambda tx: tx.rows("SELECT text, state FROM answers"))
    assert [(row["text"], row["state"]) for row in rows] == [("", "failed")]
    assert await get_answers(running) == []


async def test_an_answer_that_is_not_posted_yet_is_in_its_authors_data_and_forgotten_with_it(
    running: RunningBot,
) -> None:
    _, part, _ = await running.publish(ESSAY)
    ann, essays = running.member("Ann"), running.channel()
    form = await choose(running, ann, "Discuss this passage", int(part["id"]), essays)
    await submit(running, ann, form, "It never takes a night.", "1")
    await running.settle()
    form = await choose(running, ann, "Discuss this passage", int(part["id"]), essays)
    await submit(running, ann, form, "Or it does, heliotrope.", "1")
    await running.settle()

    async def get_unposted() -> list[dict[str, Any]]:
        found = await running.database.read(
            lambda tx: get_member_data(tx, running.server_id, ann.id)
        )
        return list(found["unposted_answers"])

    (unposted,) = await get_unposted()
    assert (unposted["text"], unposted["passages"]) == ("Or it does, heliotrope.", [1])
    other = await running.database.read(
        lambda tx: get_member_data(tx, running.server_id, running.member("Ben").id)
    )
    assert other["unposted_answers"] == []
    asked = await running.run_command("privacy forget-me", who=ann)
    await running.press(asked, "Delete", who=ann)
    await running.settle()
    assert await get_unposted() == []
    rows = await running.database.read(lambda tx: tx.rows("SELECT text FROM answers"))
    assert {row["text"] for row in rows} == {""}


async def test_an_answer_opens_the_archived_thread_that_its_author_chose(
    running: RunningBot,
) -> None:
    _, part, _ = await running.publish(ESSAY)
    ann, ben, essays = running.member("Ann"), running.member("Ben"), running.channel()
    form = await choose(running, ann, "Discuss this passage", int(part["id"]), essays)
    await submit(running, ann, form, "It never takes a night.", "1")
    await running.settle()
    (head,) = await get_answers(running)
    path = f"/channels/{head['id']}"
    await running.call_as(running.member(), "PATCH", path, {"archived": True})
    form = await choose(running, ben, "Discuss this passage", int(part["id"]), essays)
    shown = await running.answer_message(await submit(running, ben, form, "It does.", "1"))
    (add, _new) = [one["label"] for one in find_buttons(shown["components"])]
    await press_answer(running, ben, shown, add)
    await running.settle(60)
    (message,) = await get_answers(running, int(head["id"]))
    assert (await kept(running))[message["id"]]["text"] == "It does."


async def discuss_in_thread(running: RunningBot) -> tuple[int, dict[str, Any]]:
    """Ann's thread about a passage, and where Ben is asked whether his answer belongs there."""
    _, part, _ = await running.publish(ESSAY)
    ann, ben, essays = running.member("Ann"), running.member("Ben"), running.channel()
    form = await choose(running, ann, "Discuss this passage", int(part["id"]), essays)
    await submit(running, ann, form, "It never takes a night.", "1")
    await running.settle()
    (thread,) = (await running.world())["threads"]
    form = await choose(running, ben, "Discuss this passage", int(part["id"]), essays)
    asked = await submit(running, ben, form, "It does.", "1")
    return int(thread["id"]), await running.answer_message(asked)


async def check_is_in_channel(running: RunningBot) -> None:
    """Ben's answer was posted in the channel once, and heads a thread there."""
    messages = [m for m in await running.messages() if m["content"].endswith("\nIt does.")]
    (message,) = messages
    assert message["id"] in {one["id"] for one in (await running.world())["threads"]}
    reply = (await kept(running))[message["id"]]
    assert (reply["text"], reply["deleted"]) == ("It does.", False)
    assert (reply["parent"], reply["thread_id"]) == (None, message["id"])
    assert reply["passages"] == [1]


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("denied", [0, TO_MOVE])
async def test_an_answer_is_posted_in_the_channel_if_its_thread_was_deleted_before(
    running: RunningBot, denied: int, known: bool
) -> None:
    """``known``: to the bot."""
    await allow(running, TO_MOVE & ~denied, deny=denied)
    thread_id, shown = await discuss_in_thread(running)
    if known:
        await running.call_as(running.member(), "DELETE", f"/channels/{thread_id}")
    else:
        del running.emulator.world.channels[thread_id]
    await running.settle()
    add = find_buttons(shown["components"])[0]["label"]
    await press_answer(running, running.member("Ben"), shown, add)
    await running.settle(60)
    await check_is_in_channel(running)


@pytest.mark.parametrize("after_effect", [True, False])
@pytest.mark.parametrize("denied", [0, TO_MOVE])
async def test_an_answer_is_posted_in_the_channel_if_its_thread_is_deleted_meanwhile(
    running: RunningBot, denied: int, after_effect: bool
) -> None:
    await allow(running, TO_MOVE & ~denied, deny=denied)
    thread_id, shown = await discuss_in_thread(running)
    path = "/channels/*/messages" if denied else EXECUTE
    await fault(running, "POST", path, status=503, after_effect=after_effect)
    add = find_buttons(shown["components"])[0]["label"]
    await press_answer(running, running.member("Ben"), shown, add)
    await running.settle()
    await running.call_as(running.member(), "DELETE", f"/channels/{thread_id}")
    await running.settle(60)
    await check_is_in_channel(running)


@pytest.mark.parametrize(
    ("denied", "archived"),
    [(0, True), (TO_MOVE, True), (TO_MOVE | MANAGE_THREADS, False)],
)
async def test_an_answer_is_posted_in_the_channel_if_its_thread_is_locked_meanwhile(
    running: RunningBot, denied: int, archived: bool
) -> None:
    await allow(running, TO_MOVE & ~denied, deny=denied)
    thread_id, shown = await discuss_in_thread(running)
    path = "/channels/*/messages" if denied else EXECUTE
    await fault(running, "POST", path, status=503)
    add = find_buttons(shown["components"])[0]["label"]
    await press_answer(running, running.member("Ben"), shown, add)
    await running.settle()
    body = {"locked": True, "archived": archived}
    await running.call_as(running.member(), "PATCH", f"/channels/{thread_id}", body)
    await running.settle(60)
    await check_is_in_channel(running)


async def test_an_answer_for_an_essays_own_thread_waits_while_that_is_locked(
    running: RunningBot,
) -> None:
    options = [
        {"type": 7, "name": "channel", "value": str(running.channel())},
        {"type": 3, "name": "style", "value": "thread"},
    ]
    draft = await running.run_command(
        "essay publish", file=("bread.md", ESSAY.encode()), options=options
    )
    await running.press(draft, "Publish")
    await running.settle()
    (thread,) = (await running.world())["threads"]
    thread_id = int(thread["id"])
    *_, closing = await running.bot_messages(thread_id)
    ann = running.member("Ann")
    form = await press_answer(running, ann, closing)
    data = form_data(form["answer"], {"Your answer": "I would."})
    await fault(running, "POST", EXECUTE, status=503)
    await running.interact(5, data, who=ann, channel_id=thread_id)
    await running.settle()
    path = f"/channels/{thread_id}"
    await running.call_as(running.member(), "PATCH", path, {"locked": True, "archived": True})
    await running.settle(600)
    assert await get_answers(running, thread_id) == []
    await running.call_as(running.member(), "PATCH", path, {"locked": False, "archived": False})
    await running.settle(3600)
    assert len(await get_answers(running, thread_id)) == 1


async def test_an_answer_for_a_deleted_channel_is_erased_after_a_day(
    running: RunningBot,
) -> None:
    *_, closing = await running.publish(ESSAY)
    ann = running.member("Ann")
    form = await press_answer(running, ann, closing)
    await fault(running, "POST", EXECUTE, status=503)
    await submit(running, ann, form, "I would, heliotrope.")
    await running.settle()
    await running.call_as(running.member(), "DELETE", f"/channels/{running.channel()}")
    for seconds, text in ((60, "I would, heliotrope."), (24 * 3600, "")):
        await running.settle(seconds)
        rows = await running.database.read(lambda tx: tx.rows("SELECT text, state FROM answers"))
        assert [(row["text"], row["state"]) for row in rows] == [(text, "failed")]


async def test_an_answer_waits_without_attempts_while_the_bot_is_removed_from_the_server(
    running: RunningBot,
) -> None:
    *_, closing = await running.publish(ESSAY)
    ann = running.member("Ann")
    form = await press_answer(running, ann, closing)
    await fault(running, "POST", EXECUTE, status=503)
    await submit(running, ann, form, "I would.")
    await running.settle()
    world = running.emulator.world
    path = f"/guilds/{running.server_id}/members/{running.salon.own_id}"
    await running.call_as(running.member(), "DELETE", path)
    await running.settle(48 * 3600)
    rows = await running.database.read(lambda tx: tx.rows("SELECT attempts FROM answers"))
    assert [row["attempts"] for row in rows] == [1]
    invite_bot(world, world.guilds[running.server_id], world.bot)
    await running.settle(60)
    (reply,) = (await kept(running)).values()
    assert (reply["text"], reply["deleted"]) == ("I would.", False)


async def test_an_answer_is_posted_when_the_bot_is_back_after_more_than_a_day(
    tmp_path: Path,
) -> None:
    """It isn't known whether an earlier attempt posted it."""
    async with run_emulator() as emulator:
        async with run_bot(tmp_path, emulator) as running:
            await allow(running, TO_MOVE)
            *_, closing = await running.publish(ESSAY)
            form = await press_answer(running, running.member("Ann"), closing)
            await fault(running, "POST", EXECUTE, status=503)
            await submit(running, running.member("Ann"), form, "I would.")
            await running.settle()
        clock = emulator.world.clock
        clock.advance_to(clock.now() + timedelta(hours=48))
        async with run_bot(tmp_path, emulator) as running:
            await running.settle(60)
            (reply,) = (await kept(running)).values()
            assert (reply["text"], reply["deleted"]) == ("I would.", False)


@pytest.mark.parametrize("denied", [0, TO_MOVE])
@pytest.mark.parametrize("offline", [False, True])
async def test_an_answer_that_an_admin_deletes_is_erased_with_the_name_of_its_thread(
    tmp_path: Path, denied: int, offline: bool
) -> None:
    async with run_emulator() as emulator:
        async with run_bot(tmp_path, emulator) as running:
            await allow(running, TO_MOVE & ~denied, deny=denied)
            *_, closing = await running.publish(ESSAY)
            form = await press_answer(running, running.member("Ann"), closing)
            await submit(running, running.member("Ann"), form, "I would, heliotrope.")
            await running.settle(50 * 3600)
            assert "heliotrope" in str((await running.world())["threads"])
            (reply,) = (await kept(running)).values()
            path = f"/channels/{running.channel()}/messages/{reply['id']}"
            if not offline:
                await running.call_as(running.member(), "DELETE", path)
                await running.settle(60)
        if offline:
            async with aiohttp.ClientSession() as session:
                client = EmulatorClient(emulator, session)
                await client.call_as(client.member(), "DELETE", path)
        async with run_bot(tmp_path, emulator) as running:
            await running.settle(60)
            (reply,) = (await kept(running)).values()
            assert (reply["text"], reply["deleted"]) == ("", True)
            world = await running.world()
            shown = [m for m in world["messages"] if not m["deleted"]]
            assert "heliotrope" not in str((world["threads"], shown))
