"""Questions to the author: how they are asked and marked, and ``/questions`` for the author."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.emulator.world.models import User
from storage.replies import author_questions
from storage.servers import settings
from tests.cogs.members.test_answers import TO_MOVE, add_channel, get_answers, press_answer
from tests.cogs.members.test_moved_replies import choose
from tests.cogs.setup.test_panel import flat, text_of
from tests.delivery.test_reply_moves import allow, fault, kept
from tests.support.running_bot import (
    EmulatorClient,
    RunningBot,
    component_texts,
    find_buttons,
    form_data,
    running_bot,
)

ESSAY = "# Slow bread\n\nIt takes a night.\n\nIt is worth it.\n\nWould you wait a night for it?\n"
DAY = 24 * 3600


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[RunningBot]:
    async with running_bot(tmp_path) as opened:
        await allow(opened, TO_MOVE)
        yield opened


async def name_authors(
    running: EmulatorClient, panel: dict[str, Any], *members: User, names: str | None = None
) -> dict[str, Any]:
    """Submit the form *Authors and cover* below a draft or an edit."""
    form = (await running.press(panel, "Authors and cover …"))["answer"]
    entered = form_data(form, {} if names is None else {"Author names": names})
    entered["components"][0]["component"]["values"] = [str(one.id) for one in members]
    below = (await running.answer_message(panel))["id"]
    return await running.interact(5, entered, message_id=below)


async def publish_by(running: EmulatorClient, *members: User, essay: str = ESSAY) -> dict[str, Any]:
    """Publish an essay by members; its closing message."""
    draft = await running.run_command("essay publish", file=("bread.md", essay.encode()))
    await name_authors(running, draft, *members)
    await running.press(draft, "Publish")
    await running.settle()
    return (await running.bot_messages())[-1]


async def ask(running: RunningBot, who: User, closing: dict[str, Any], text: str) -> int:
    """Ask the author with the form; the reply's id."""
    form = await press_answer(running, who, closing, "Ask the author")
    entered = form_data(form["answer"], {"Your question": text})
    await running.interact(5, entered, who=who)
    await running.settle()
    return int((await get_answers(running))[-1]["id"])


async def list_questions(running: RunningBot, who: User) -> dict[str, Any]:
    shown = await running.run_command("questions", who=who)
    await running.settle()
    return shown


async def use(
    running: RunningBot,
    who: User,
    panel: dict[str, Any],
    what: str,
    *values: object,
    question: int | None = None,
    channel_id: int | None = None,
) -> dict[str, Any]:
    """Press a button of the list, or choose in a select of it."""
    message = await running.answer_message(panel)
    number = 0 if question is None else question
    (part,) = [
        one
        for one in flat(message["components"])
        if one.get("custom_id", "").startswith(f"salon:questions:{what}:{number}:")
    ]
    data: dict[str, Any] = {"component_type": part["type"], "custom_id": part["custom_id"]}
    if part["type"] != 2:
        data["values"] = [str(value) for value in values]
    return await running.interact(
        3,
        data,
        who=who,
        channel_id=channel_id,
        message_id=message["id"],
        message_flags=message["flags"],
    )


async def answer_question(
    running: RunningBot, who: User, panel: dict[str, Any], question: int, text: str
) -> dict[str, Any]:
    form = await use(running, who, panel, "answer", question=question)
    told = await running.interact(5, form_data(form["answer"], {"Your answer": text}), who=who)
    await running.settle()
    return told


def labels(message: dict[str, Any]) -> list[str]:
    return [one["label"] for one in find_buttons(message["components"])]


@pytest.mark.smoke
async def test_a_question_is_asked_and_answered_in_its_thread(running: RunningBot) -> None:
    ann, ben = running.member("Ann"), running.member("Ben")
    closing = await publish_by(running, ann)
    assert "Ask the author" in labels(closing)
    question = await ask(running, ben, closing, "Why a *night*?")
    (posted,) = await get_answers(running)
    assert posted["content"] == "-# A question to the author\nWhy a *night*?"
    assert posted["author"]["username"] == "Ben"

    panel = await list_questions(running, ann)
    said = await text_of(running, panel)
    assert "**Ben** about “Slow bread”" in said
    assert "> Why a night?" in said
    told = await answer_question(running, ann, panel, question, "It *rests*.")
    assert f"in <#{question}>" in await running.answer_text(told)
    (answered,) = await get_answers(running, question)
    assert (answered["content"], answered["author"]["username"]) == ("It *rests*.", "Ann")
    reply = (await kept(running))[answered["id"]]
    assert (reply["parent"], reply["author"]["id"]) == (str(question), str(ann.id))
    assert (reply["by_author"], reply["asks_author"]) == (True, False)
    assert (await kept(running))[str(question)]["asks_author"]
    panel = await list_questions(running, ann)
    assert "No open questions" in await text_of(running, panel)


async def test_only_an_author_sees_questions_and_can_answer_them(running: RunningBot) -> None:
    ann, ben, dev = running.member("Ann"), running.member("Ben"), running.member("Dev")
    closing = await publish_by(running, ann)
    question = await ask(running, ben, closing, "Why?")
    assert "named you as the author" in await running.answer_text(
        await list_questions(running, dev)
    )
    refused = await press_answer(running, ann, closing, "Ask the author")
    assert "You wrote this essay" in await running.answer_text(refused)
    panel = await list_questions(running, ann)
    form = await use(running, ann, panel, "answer", question=question)
    # What was shown before somebody else became the author.
    await running.database.write(
        lambda tx: tx.run("UPDATE essay_authors SET member_id = :id", {"id": dev.id})
    )
    entered = form_data(form["answer"], {"Your answer": "It rests."})
    told = await running.answer_text(await running.interact(5, entered, who=ann))
    assert "Only an author" in told
    assert "It rests." in told
    for what in ("answer", "later", "same"):
        used = await use(running, ann, panel, what, question=question)
        assert "Only an author" in await running.answer_text(used), what
    used = await use(running, ann, panel, "messages")
    assert "Only an author" in await running.answer_text(used)
    rows = """
        SELECT reply_id FROM author_questions
        WHERE later_at IS NOT NULL OR same_as_id IS NOT NULL
        UNION ALL SELECT id FROM author_messages
    """
    assert await running.database.read(lambda tx: tx.rows(rows)) == []
    assert await get_answers(running, question) == []


@pytest.mark.parametrize(
    "how", ["in the thread", "as a reply in the channel", "as a reply that heads a thread"]
)
async def test_a_question_is_answered_by_what_the_author_writes(
    running: RunningBot, how: str
) -> None:
    ann, ben = running.member("Ann"), running.member("Ben")
    closing = await publish_by(running, ann)
    question = await ask(running, ben, closing, "Why a night?")
    await running.write("Ben", "I mean it.", channel_id=question)
    await running.settle()
    assert "Why a night?" in await text_of(running, await list_questions(running, ann))
    if how == "in the thread":
        said = await running.write("Ann", "It rests.", channel_id=question)
    else:
        said = await running.write("Ann", "It rests.", to=question)
    await running.settle()
    if how == "as a reply that heads a thread":
        path = f"/channels/{running.channel()}/messages/{said}/threads"
        await running.call_as(running.member("Dev"), "POST", path, {"name": "Aside"})
        await running.settle()
    assert "No open questions" in await text_of(running, await list_questions(running, ann))
    if how == "in the thread":  # what the author deletes again is no answer
        await running.call_as(ann, "DELETE", f"/channels/{question}/messages/{said}")
        await running.settle()
        assert "Why a night?" in await text_of(running, await list_questions(running, ann))


async def test_a_member_marks_only_their_own_reply(running: RunningBot) -> None:
    ann, ben, essays = running.member("Ann"), running.member("Ben"), running.channel()
    closing = await publish_by(running, ann)
    mine = await running.write("Ben", "Why does it take a whole night?", to=closing["id"])
    theirs = await running.write("Ann", "It takes what it takes.", to=closing["id"])
    await running.settle()

    async def mark(who: User, message: int) -> str:
        return await running.answer_text(
            await choose(running, who, "Ask the author this", message, essays)
        )

    assert "what you wrote yourself" in await mark(running.member("Dev"), mine)
    assert "You wrote this essay" in await mark(ann, theirs)
    assert "your own replies" in await mark(ben, int(closing["id"]))
    assert "No open questions" in await text_of(running, await list_questions(running, ann))
    assert await mark(ben, mine) == "Your reply is marked as a question to the author.\n"
    assert "already" in await mark(ben, mine)
    panel = await list_questions(running, ann)
    assert (await text_of(running, panel)).count("a whole night?") == 1
    await answer_question(running, ann, panel, mine, "It rests.")
    (answered,) = await get_answers(running, mine)
    assert answered["content"] == "It rests."


async def test_a_question_without_a_thread_gets_one_for_its_answer(running: RunningBot) -> None:
    ann, ben, essays = running.member("Ann"), running.member("Ben"), running.channel()
    await publish_by(running, ann)
    await running.database.write(
        lambda tx: tx.run(
            """
            INSERT INTO server_settings (server_id, plain_messages, channel_id)
            VALUES (:id, 'join', :channel)
            ON CONFLICT (server_id) DO UPDATE SET plain_messages = 'join', channel_id = :channel
            """,
            {"id": running.server_id, "channel": essays},
        )
    )
    short = await running.write("Ben", "Why wait?")
    await running.settle()
    assert (await kept(running))[str(short)]["thread_id"] is None
    await choose(running, ben, "Ask the author this", short, essays)
    panel = await list_questions(running, ann)
    await answer_question(running, ann, panel, short, "It rests.")
    await running.settle()
    (answered,) = await get_answers(running, short)
    assert answered["content"] == "It rests."
    assert (await kept(running))[answered["id"]]["parent"] == str(short)
    assert "No open questions" in await text_of(running, await list_questions(running, ann))


async def test_in_an_essays_own_thread_the_answer_links_to_the_question(
    running: RunningBot,
) -> None:
    ann, ben = running.member("Ann"), running.member("Ben")
    draft = await running.run_command("essay publish", file=("bread.md", ESSAY.encode()))
    await name_authors(running, draft, ann)
    await running.press(draft, "Use one thread")
    await running.press(draft, "Publish")
    await running.settle()
    (thread,) = (await running.world())["threads"]
    place = int(thread["id"])
    closing = (await running.bot_messages(place))[-1]
    form = await press_answer(running, ben, closing, "Ask the author")
    entered = form_data(form["answer"], {"Your question": "Why?"})
    await running.interact(5, entered, who=ben, channel_id=place)
    await running.settle()
    (posted,) = await get_answers(running, place)
    question = int(posted["id"])
    panel = await list_questions(running, ann)
    await answer_question(running, ann, panel, question, "It rests.")
    _, answered = await get_answers(running, place)
    link = f"https://discord.com/channels/{running.server_id}/{place}/{question}"
    assert answered["content"] == f"-# Answers [this question]({link})\nIt rests."
    assert (await kept(running))[answered["id"]]["parent"] == str(question)
    assert "No open questions" in await text_of(running, await list_questions(running, ann))


async def test_questions_are_put_off_merged_and_sorted(running: RunningBot) -> None:
    ann, ben, dev = running.member("Ann"), running.member("Ben"), running.member("Dev")
    closing = await publish_by(running, ann)
    first = await ask(running, ben, closing, "Why a night?")
    second = await ask(running, dev, closing, "Why so long?")
    third = await ask(running, ben, closing, "Which flour?")
    path = f"/channels/{running.channel()}/messages/{first}/reactions/%F0%9F%91%8D/@me"
    await running.call_as(dev, "PUT", path)
    await running.settle()
    panel = await list_questions(running, ann)

    async def order() -> list[str]:
        said = await text_of(running, panel)
        found = {said.find(one): one for one in ("Why a night?", "Why so long?", "Which flour?")}
        return [found[place] for place in sorted(found) if place >= 0]

    assert await order() == ["Which flour?", "Why so long?"]
    assert "1 more question by them" in await text_of(running, panel)
    await running.press(panel, "All questions of each person", who=ann)
    assert await order() == ["Which flour?", "Why so long?", "Why a night?"]
    await use(running, ann, panel, "order", "wanted")
    assert await order() == ["Why a night?", "Which flour?", "Why so long?"]
    assert "👍 1" in await text_of(running, panel)
    await use(running, ann, panel, "later", question=first)
    assert await order() == ["Which flour?", "Why so long?", "Why a night?"]
    await use(running, ann, panel, "same", question=second)
    await running.settle()
    await use(running, ann, panel, "merge", first, question=second)
    assert "listed as one" in await text_of(running, panel)
    await running.press(panel, "Back to the list", who=ann)
    assert await order() == ["Which flour?", "Why a night?"]
    assert "+1 also asks" in await text_of(running, panel)
    await answer_question(running, ann, panel, first, "It rests.")
    panel = await list_questions(running, ann)
    assert await order() == ["Which flour?"]
    assert third in {
        one.id
        for one in await running.database.read(
            lambda tx: author_questions.get_questions(tx, running.server_id, ann.id)
        )
    }


async def test_what_was_merged_by_mistake_is_separated_again(running: RunningBot) -> None:
    ann = running.member("Ann")
    closing = await publish_by(running, ann)
    first = await ask(running, running.member("Ben"), closing, "Why a night?")
    second = await ask(running, running.member("Dev"), closing, "Which flour?")
    panel = await list_questions(running, ann)
    await use(running, ann, panel, "same", question=second)
    await running.settle()
    await use(running, ann, panel, "merge", first, question=second)
    await running.settle()
    await running.press(panel, "Back to the list", who=ann)
    await running.settle()
    await use(running, ann, panel, "same", question=first)
    await running.settle()
    await running.press(panel, "List them separately again", who=ann)
    assert "Which flour?" in await text_of(running, panel)
    await use(running, ann, panel, "same", question=second)
    await running.settle()
    await use(running, ann, panel, "merge", first, question=second)
    await running.settle()
    await running.press(panel, "Undo", who=ann)
    said = await text_of(running, panel)
    assert "Why a night?" in said
    assert "Which flour?" in said


async def test_a_question_is_shown_only_to_an_author_who_may_read_it(running: RunningBot) -> None:
    ann, ada = running.member("Ann"), running.member()
    closing = await publish_by(running, ann)
    await ask(running, running.member("Ben"), closing, "Why a night?")
    body = {"name": "kitchen", "type": 0}
    path = f"/guilds/{running.server_id}/channels"
    elsewhere = int((await running.call_as(ada, "POST", path, body))["id"])
    deny = {"type": 1, "allow": "0", "deny": str(1 << 10)}
    path = f"/channels/{running.channel()}/permissions/{ann.id}"
    await running.call_as(ada, "PUT", path, deny)
    await running.settle()
    shown = await running.run_command("questions", who=ann, channel_id=elsewhere)
    said = await text_of(running, shown)
    assert "open questions" in said.lower()
    assert "Why a night?" not in said


async def test_forgotten_members_are_neither_authors_nor_askers(running: RunningBot) -> None:
    ann, ben, dev = running.member("Ann"), running.member("Ben"), running.member("Dev")
    closing = await publish_by(running, ann, dev)
    await ask(running, ben, closing, "Why a night?")
    data = await _my_data(running, ben)
    assert [one["asks_author"] for one in data["replies"]] == [True]
    data = await _my_data(running, ann)
    assert data["author_of"] == [{"essay": "1", "title": "Slow bread"}]
    panel = await list_questions(running, ann)
    await running.press(panel, "Send me a daily message", who=ann)
    assert (await _my_data(running, ann))["daily_messages"] == "on"
    for who, button in ((ben, "Delete"), (ann, "Delete and stop saving")):
        asked = await running.run_command("privacy forget-me", who=who)
        await running.press(asked, button, who=who)
        await running.settle()
    assert "named you as the author" in await running.answer_text(
        await list_questions(running, ann)
    )
    said = await text_of(running, await list_questions(running, dev))
    assert "No open questions" in said
    assert "Why" not in said
    data = await _my_data(running, ann)
    assert (data["author_of"], data["daily_messages"]) == ([], None)
    left = """
        SELECT reply_id FROM author_questions UNION ALL SELECT id FROM author_messages
    """
    assert await running.database.read(lambda tx: tx.rows(left)) == []
    # Nobody who stopped saving is named again.
    draft = await running.run_command("essay publish", file=("new.md", b"# New\n\nOne.\n\nWhy?"))
    told = await running.answer_text(await name_authors(running, draft, ann))
    assert "can't be named as an author" in told


async def _my_data(running: RunningBot, who: User) -> dict[str, Any]:
    interaction = await running.run_command("privacy my-data", who=who)
    await running.settle()
    (file,) = (await running.answer_message(interaction))["attachments"]
    async with running.session.get(file["url"]) as response:
        found: dict[str, Any] = json.loads(await response.text())
        return found


async def test_prompts_have_the_button_while_forms_are_on(running: RunningBot) -> None:
    ann = running.member("Ann")
    await publish_by(running, ann)
    await running.settle(2 * DAY)
    prompt = (await running.bot_messages())[-1]
    assert labels(prompt)[0] == "Answer"
    assert "Ask the author" in labels(prompt)
    question = await ask(running, running.member("Ben"), prompt, "Why a night?")
    panel = await list_questions(running, ann)
    await running.database.write(lambda tx: settings.set_answer_forms(tx, running.server_id, False))
    refused = await use(running, ann, panel, "answer", question=question)
    told = await running.answer_text(refused)
    assert "Forms are off" in told
    assert f"/{question}" in told


async def test_who_may_not_write_in_threads_has_no_answer_posted(running: RunningBot) -> None:
    ann = running.member("Ann")
    closing = await publish_by(running, ann)
    question = await ask(running, running.member("Ben"), closing, "Why a night?")
    deny = {"type": 1, "allow": "0", "deny": str(1 << 38)}
    path = f"/channels/{running.channel()}/permissions/{ann.id}"
    await running.call_as(running.member(), "PUT", path, deny)
    await running.settle()
    panel = await list_questions(running, ann)
    told = await answer_question(running, ann, panel, question, "It rests.")
    assert "may not write in threads" in await running.answer_text(told)
    assert await get_answers(running, question) == []


async def test_an_author_answers_only_where_they_may_write_wherever_the_list_is_shown(
    running: RunningBot,
) -> None:
    ann, ada = running.member("Ann"), running.member()
    closing = await publish_by(running, ann)
    question = await ask(running, running.member("Ben"), closing, "Why a night?")
    await running.write("Ann", "Hm.", channel_id=running.channel(), to=closing["id"])
    await running.settle()
    kitchen = await add_channel(running)
    shown = await running.run_command("questions", who=ann, channel_id=kitchen)
    await running.settle()
    thread = f"/channels/{question}"

    async def submit(text: str) -> str:
        form = await use(running, ann, shown, "answer", question=question, channel_id=kitchen)
        entered = form_data(form["answer"], {"Your answer": text})
        told = await running.interact(5, entered, who=ann, channel_id=kitchen)
        return await running.answer_text(told)

    await running.call_as(ada, "PATCH", thread, {"locked": True})
    await running.settle()
    assert "This thread is locked." in await submit("It rests.")
    await running.call_as(ada, "PATCH", thread, {"locked": False, "archived": False})
    denied = {"type": 1, "allow": "0", "deny": str(1 << 10)}
    path = f"/channels/{running.channel()}/permissions/{ann.id}"
    await running.call_as(ada, "PUT", path, denied)
    await running.settle()
    assert "You can't see the channel" in await submit("It rests.")
    assert await get_answers(running, question) == []
    await running.call_as(ada, "DELETE", path)
    await running.settle()
    assert f"in <#{question}>" in await submit("It rests.")
    assert len(await get_answers(running, question)) == 1


async def test_an_answer_is_posted_in_the_channel_if_the_thread_of_the_question_is_deleted(
    running: RunningBot,
) -> None:
    ann, essays = running.member("Ann"), running.channel()
    closing = await publish_by(running, ann)
    head = await running.write("Dev", "I have wondered for years.", to=closing["id"])
    await running.settle()
    asked = await running.write("Ben", "Why does it take a night?", channel_id=head)
    await running.settle()
    await choose(running, running.member("Ben"), "Ask the author this", asked, head)
    panel = await list_questions(running, ann)
    await fault(running, "POST", "/channels/*/webhooks", status=503)
    await answer_question(running, ann, panel, asked, "It rests.")
    await running.call_as(running.member(), "DELETE", f"/channels/{head}")
    await running.settle(60)
    (answered,) = await get_answers(running)
    assert answered["content"].endswith("\nIt rests.")
    assert (await kept(running))[answered["id"]]["text"] == "It rests."
    assert len(await running.bot_messages()) == 3, "no link to the deleted thread"
    form = await choose(running, ann, "Edit my reply", int(answered["id"]), essays)
    await running.interact(5, form_data(form["answer"], {"Your reply": "It sleeps."}), who=ann)
    await running.settle()
    (answered,) = await get_answers(running)
    assert answered["content"].endswith("\nIt sleeps.")


async def test_what_was_answered_in_a_deleted_thread_is_listed_while_its_message_is_there(
    running: RunningBot,
) -> None:
    ann, ben = running.member("Ann"), running.member("Ben")
    closing = await publish_by(running, ann)
    head = await ask(running, ben, closing, "Why a night?")
    below = await running.write("Chloe", "Is a day too long?", to=head)
    inside = await running.write("Dev", "Is an hour too short?", channel_id=head)
    await running.settle()
    await choose(running, running.member("Chloe"), "Ask the author this", below, running.channel())
    await choose(running, running.member("Dev"), "Ask the author this", inside, head)
    await running.write("Ann", "It rests.", channel_id=head)
    await running.settle()
    panel = await text_of(running, await list_questions(running, ann))
    assert ("> Why a night?" in panel, "> Is a day too long?" in panel) == (False, True)
    await running.call_as(running.member(), "DELETE", f"/channels/{head}")
    await running.settle()
    listed = await list_questions(running, ann)
    panel = await text_of(running, listed)
    assert "> Why a night?" in panel
    assert "> Is a day too long?" in panel
    assert "Is an hour too short?" not in panel
    await answer_question(running, ann, listed, head, "It still rests.")
    await running.settle(60)
    assert "> Why a night?" not in await text_of(running, await list_questions(running, ann))


async def test_the_button_disappears_with_the_last_author(running: RunningBot) -> None:
    ann, ben, dev = running.member("Ann"), running.member("Ben"), running.member("Dev")
    await publish_by(running, ann, dev)
    draft = await running.run_command("essay publish", file=("new.md", b"# New\n\nOne.\n\nWhy?"))
    await name_authors(running, draft, ann)
    await running.settle(2 * DAY)

    async def get_labels() -> list[list[str]]:
        found = [labels(message) for message in await running.bot_messages()]
        return [one for one in found if "What's new" in one and "Threads" not in one]

    assert await get_labels() == [["Answer", "What's new", "Ask the author"]] * 2
    closing = (await running.bot_messages())[-1]
    for who, left in ((ann, True), (dev, False)):
        asked = await running.run_command("privacy forget-me", who=who)
        await running.press(asked, "Delete", who=who)
        await running.settle(60)
        expected = ["Answer", "What's new"] + ["Ask the author"] * left
        assert await get_labels() == [expected] * 2
    # A client that hasn't seen the edit yet.
    data = {"component_type": 2, "custom_id": "salon:discussion:ask"}
    world = running.emulator.world
    world.messages[int(closing["id"])].components = closing["components"]
    told = await running.interact(
        3, data, who=ben, message_id=closing["id"], message_flags=closing["flags"]
    )
    assert "don't know any more which member wrote" in await running.answer_text(told)
    await running.press(draft, "Publish")
    await running.settle()
    assert (await get_labels())[-1] == ["Answer", "What's new"]


async def test_an_edit_without_authors_removes_the_button_from_prompts(
    running: RunningBot,
) -> None:
    await publish_by(running, running.member("Ann"))
    await running.settle(2 * DAY)
    given = [{"type": 3, "name": "essay", "value": "1"}]
    shown = await running.run_command("essay show", options=given)
    edit = await running.press(shown, "Edit details")
    await running.settle()
    await name_authors(running, edit)
    await running.press(edit, "Apply")
    await running.settle(60)
    *_, closing, prompt = await running.bot_messages()
    assert labels(closing) == labels(prompt) == ["Answer", "What's new"]


async def test_an_app_is_no_author(running: RunningBot) -> None:
    draft = await running.run_command("essay publish", file=("bread.md", ESSAY.encode()))
    told = await name_authors(running, draft, running.emulator.world.bot)
    assert "An app can't be an author" in await running.answer_text(told)


async def test_authors_of_a_published_essay_are_changed_and_the_button_follows(
    running: RunningBot,
) -> None:
    ann = running.member("Ann")
    *_, closing = await running.publish(ESSAY)
    assert labels(closing) == [one for one in labels(closing) if one != "Ask the author"]
    given = [{"type": 3, "name": "essay", "value": "1"}]
    shown = await running.run_command("essay show", options=given)
    edit = await running.press(shown, "Edit details")
    await running.settle()
    await name_authors(running, edit, ann, names="Ann Lee, Ben Fox")
    said = await text_of(running, edit)
    assert f"Authors in this server: <@{ann.id}>" in said
    await running.press(edit, "Apply")
    await running.settle()
    card, *_, closing = await running.bot_messages()
    assert "Ann Lee, Ben Fox" in component_texts(card["components"])
    assert "Ask the author" in labels(closing)
    shown = await running.run_command("essay show", options=given)
    edit = await running.press(shown, "Edit details")
    await running.settle()
    await name_authors(running, edit)
    await running.press(edit, "Apply")
    await running.settle()
    *_, closing = await running.bot_messages()
    assert "Ask the author" not in labels(closing)


async def test_an_author_gets_one_direct_message_a_day_about_new_questions(
    running: RunningBot,
) -> None:
    ann, ben, dev = running.member("Ann"), running.member("Ben"), running.member("Dev")
    closing = await publish_by(running, ann)
    panel = await list_questions(running, ann)
    await running.press(panel, "Send me a daily message", who=ann)
    assert "You get a direct message" in await text_of(running, panel)
    await running.settle(DAY + 60)
    assert direct_messages(running, ann) == []
    await ask(running, ben, closing, "Why a night?")
    await ask(running, dev, closing, "Which flour?")
    await running.settle(DAY + 60)
    (message,) = direct_messages(running, ann)
    assert "2 new questions about your essays" in message
    assert "“Slow bread”: 2 open questions" in message
    assert "night" not in message
    await running.settle(3 * DAY)
    assert len(direct_messages(running, ann)) == 1
    await ask(running, ben, closing, "And salt?")
    await running.settle(DAY + 60)
    assert len(direct_messages(running, ann)) == 2
    panel = await list_questions(running, ann)
    await running.press(panel, "Stop the daily messages", who=ann)
    await ask(running, dev, closing, "And water?")
    await running.settle(2 * DAY)
    assert len(direct_messages(running, ann)) == 2


async def test_an_author_who_takes_no_direct_messages_is_told_so(running: RunningBot) -> None:
    ann = running.member("Ann")
    closing = await publish_by(running, ann)
    panel = await list_questions(running, ann)
    await running.press(panel, "Send me a daily message", who=ann)
    ann.refuses_messages = True
    await ask(running, running.member("Ben"), closing, "Why a night?")
    await running.settle(2 * DAY)
    assert direct_messages(running, ann) == []
    panel = await list_questions(running, ann)
    assert "doesn't let me send you direct messages" in await text_of(running, panel)
    ann.refuses_messages = False
    await running.press(panel, "Send me a daily message", who=ann)
    await ask(running, running.member("Dev"), closing, "Which flour?")
    await running.settle(2 * DAY)
    assert len(direct_messages(running, ann)) == 1


def direct_messages(running: RunningBot, who: User) -> list[str]:
    """What the bot wrote to a member."""
    world = running.emulator.world
    return [
        one.content
        for one in world.messages.values()
        if one.guild_id is None and who.id in world.channels[one.channel_id].recipients
    ]
