"""A discussion, end to end: published, answered, threaded, kept, brought back."""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from bot.emulator.faults.steps import Step
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

COMPONENTS_V2, SUPPRESS_EMBEDS, SILENT = 1 << 15, 1 << 2, 1 << 12


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[RunningBot]:
    async with running_bot(tmp_path) as opened:
        yield opened


@pytest.mark.smoke
async def test_an_essay_is_posted_as_card_parts_and_closing_question(running: RunningBot) -> None:
    card, part, closing = await running.publish(f"{ESSAY}\nPS. Rye takes two nights.\n")
    assert card["flags"] & COMPONENTS_V2
    assert "Slow bread" in component_texts(card["components"])
    assert "Ann Baker" in component_texts(card["components"])
    assert "It takes a night" in part["content"]
    assert "Slow bread" not in part["content"], "the title stands on the card alone"
    assert part["flags"] & (SILENT | SUPPRESS_EMBEDS) == SILENT | SUPPRESS_EMBEDS
    assert "Would you wait a night for bread?" in closing["content"]
    exported = await running.export()
    assert exported["essay"]["title"] == "Slow bread"
    assert exported["essay"]["state"] == "open"
    assert exported["essay"]["channel_id"] == str(running.channel())


async def test_an_essay_of_many_parts_is_posted_in_order(running: RunningBot) -> None:
    paragraphs = [f"Paragraph {number}. " + "It takes time. " * 60 for number in range(12)]
    posted = await running.publish("# Long\n\n" + "\n\n".join(paragraphs))
    together = "\n".join(message["content"] for message in posted[1:])
    places = [together.index(f"Paragraph {number}.") for number in range(12)]
    assert places == sorted(places)
    assert all(len(message["content"]) <= 2000 for message in posted)


@pytest.mark.parametrize("which", [0, 1])
async def test_a_reply_to_any_of_the_bots_messages_opens_a_thread_named_after_it(
    running: RunningBot, which: int
) -> None:
    posted = await running.publish()
    reply = await running.write("Ann", "I would wait two nights.", to=posted[which]["id"])
    await running.settle()
    world = await running.world()
    (thread,) = [thread for thread in world["threads"] if thread["id"] == str(reply)]
    assert thread["name"] == "Ann: I would wait two nights"
    state = running.emulator.world.channels[reply].thread
    assert state is not None
    assert running.member("Ann").id in state.members, "its author is in it"
    (kept,) = (await running.export())["replies"]
    assert (kept["parent"], kept["thread_id"]) == (None, str(reply))
    assert kept["author"] == {"id": str(running.member("Ann").id), "name": "Ann"}


@pytest.mark.smoke
async def test_messages_in_a_thread_are_saved_with_their_parents(running: RunningBot) -> None:
    *_, closing = await running.publish()
    head = await running.write("Ann", "I would.", to=closing["id"])
    await running.settle()
    first = await running.write("Ben", "Why?", channel_id=head)
    second = await running.write("Ann", "For the crust.", to=first, channel_id=head)
    third = await running.write("Chloe", "Me too.", channel_id=head)
    beside = await running.write("Dev", "So would I.", to=head)
    await running.write("Dev", "Is anybody hungry?")
    await running.settle()
    parents = {r["id"]: r["parent"] for r in (await running.export())["replies"]}
    assert parents == {
        str(head): None,
        str(first): str(head),
        str(second): str(first),
        str(third): str(head),
        str(beside): str(head),
    }


@pytest.mark.smoke
async def test_edits_deletions_reactions_and_files_are_recorded(running: RunningBot) -> None:
    *_, closing = await running.publish()
    ann = running.member("Ann")
    head = await running.write("Ann", "I would.", to=closing["id"], file=("crust.png", b"png"))
    await running.settle()
    gone = await running.write("Ben", "Hasty words", channel_id=head)
    here = f"/channels/{running.channel()}/messages/{head}"
    await running.call_as(ann, "PATCH", here, {"content": "I would, gladly."})
    await running.call_as(running.member("Ben"), "PUT", f"{here}/reactions/🍞/@me")
    await running.call_as(running.member("Dev"), "PUT", f"{here}/reactions/🍞/@me")
    await running.call_as(running.member("Dev"), "DELETE", f"{here}/reactions/🍞/@me")
    await running.call_as(running.member("Ben"), "DELETE", f"/channels/{head}/messages/{gone}")
    await running.settle()
    kept = {reply["id"]: reply for reply in (await running.export())["replies"]}
    assert kept[str(head)]["text"] == "I would, gladly."
    assert kept[str(head)]["edited_at"] is not None
    assert kept[str(head)]["reactions"] == [{"emoji": "🍞", "count": 1}]
    (file,) = kept[str(head)]["attachments"]
    assert (file["name"], file["size"]) == ("crust.png", 3)
    assert (kept[str(gone)]["text"], kept[str(gone)]["deleted"]) == ("", True)


async def test_a_prompt_asks_the_essays_question_a_day_later(running: RunningBot) -> None:
    posted = await running.publish()
    await running.settle(23 * 3600)
    assert len(await running.bot_messages()) == len(posted)
    await running.settle(2 * 3600)
    *_, prompt = await running.bot_messages()
    assert "Would you wait a night for bread?" in prompt["content"]
    await running.settle(3600)
    assert len(await running.bot_messages()) == len(posted) + 1, "once"


async def test_an_essay_without_a_question_gets_the_default_one_in_its_language(
    running: RunningBot,
) -> None:
    await running.publish("# パン\n\nパンを焼くには一晩かかる。そのほとんどは待つ時間だ。")
    *_, closing = await running.bot_messages()
    assert closing["content"] == f"あなたはどう思いますか？\n{ANSWER_HINT}"
    await running.settle(25 * 3600)
    *_, prompt = await running.bot_messages()
    assert "> あなたはどう思いますか？" in prompt["content"]


async def test_a_reply_to_the_prompt_opens_a_thread_too(running: RunningBot) -> None:
    await running.publish()
    await running.settle(25 * 3600)
    *_, prompt = await running.bot_messages()
    reply = await running.write("Ben", "Now that you ask again: no.", to=prompt["id"])
    await running.settle()
    assert str(reply) in {thread["id"] for thread in (await running.world())["threads"]}


async def test_the_form_takes_a_pasted_essay(running: RunningBot) -> None:
    shown = await running.run_command("essay publish")
    assert shown["answer"]["type"] == 9
    entered = {"Or the text": ESSAY, "Title": "Slower bread", "Closing question": "And you?"}
    interaction = await running.interact(5, form_data(shown["answer"], entered))
    told = await running.answer_text(interaction)
    assert "Slower bread" in told
    assert "And you?" in told
    assert await running.bot_messages() == [], "nothing stands before it is published"
    await running.press(interaction, "Publish")
    assert "is published" in await running.answer_text(interaction)
    card, _, closing = await running.bot_messages()
    assert "Slower bread" in component_texts(card["components"])
    assert closing["content"] == f"And you?\n{ANSWER_HINT}"


async def test_an_empty_form_is_answered_with_a_sentence(running: RunningBot) -> None:
    shown = await running.run_command("essay publish")
    interaction = await running.interact(5, form_data(shown["answer"], {"Or the text": "  "}))
    assert "The form was empty" in await running.answer_text(interaction)


async def test_replies_of_an_outage_are_saved_and_get_their_threads(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "bot.ingest.catch_up")
    async with run_emulator() as emulator:
        async with run_bot(tmp_path, emulator) as running:
            *_, closing = await running.publish()
            head = await running.write("Ann", "I would.", to=closing["id"])
            await running.settle()
            await running.salon.close()
            unseen = await running.write("Ben", "I would not.", to=closing["id"])
            talk = [
                await running.write("Chloe", f"Point {number}.", channel_id=head)
                for number in range(120)
            ]
        async with run_bot(tmp_path, emulator) as again:
            kept = [reply["id"] for reply in (await again.export())["replies"]]
            assert kept == [str(head), str(unseen), *map(str, talk)]
            assert str(unseen) in {thread["id"] for thread in (await again.world())["threads"]}
    (told,) = [r.getMessage() for r in caplog.records if r.getMessage().startswith("Back after")]
    assert "121 replies recovered" in told
    assert " d" not in told.split(":")[0], "it was away for seconds, not since 1970"


async def test_an_essay_submitted_again_is_noticed_and_asked_about(
    running: RunningBot,
) -> None:
    await running.publish()
    again = await running.run_command("essay publish", file=("bread.md", ESSAY.encode()))
    assert "**Already published** as essay 1" in await running.answer_text(again)
    assert len(await running.bot_messages()) == 3
    await running.press(again, "Publish again")
    await running.settle()
    assert len(await running.bot_messages()) == 6, "if it is meant, it is done"


async def test_the_same_essay_in_another_form_is_noticed_too(running: RunningBot) -> None:
    await running.publish()
    page = ESSAY.replace("\n", "\r\n").encode("utf-16")
    again = await running.run_command("essay publish", file=("another.md", page))
    assert "**Already published** as essay 1" in await running.answer_text(again)


async def test_the_same_draft_with_another_title_is_another_draft(running: RunningBot) -> None:
    await running.answer_text(
        await running.run_command("essay publish", file=("bread.md", ESSAY.encode()))
    )
    form = (await running.run_command("essay publish"))["answer"]
    entered = {"Or the text": ESSAY, "Title": "Rye"}
    told = await running.answer_text(await running.interact(5, form_data(form, entered)))
    assert "Draft 2 ·" in told
    assert "Already published** as essay 1 (draft)" in told


async def test_a_new_connection_does_not_repeat_a_submission_that_is_being_read(
    running: RunningBot,
) -> None:
    publishing = running.salon.services.publishing
    submission = make_submission(running, ESSAY)
    await publishing.save_submission(submission)
    await publishing.resume_submissions(running.salon.services.editing.resume_submission)
    assert "no essays yet" in await running.answer_text(await running.run_command("essay list"))
    (draft,) = (await publishing.create_drafts(submission)).drafts
    assert draft.id == 1


async def test_a_draft_is_published_from_its_preview_after_a_restart(tmp_path: Path) -> None:
    async with run_emulator() as emulator:
        async with run_bot(tmp_path, emulator) as running:
            interaction = await running.run_command(
                "essay publish", file=("bread.md", ESSAY.encode())
            )
            await running.answer_text(interaction)
        async with run_bot(tmp_path, emulator) as again:
            shown = await again.run_command(
                "essay show", options=[{"type": 3, "name": "essay", "value": "1"}]
            )
            assert "Draft 1 · only you" in await again.answer_text(shown)
            await again.press(interaction, "Publish")
            await again.settle()
            assert len(await again.bot_messages()) == 3


async def test_the_answer_shows_the_progress_of_publishing(running: RunningBot) -> None:
    sent, go_on = 0, asyncio.Event()

    async def hold(step: Step) -> None:
        nonlocal sent
        if step.what == "POST /channels/{id}/messages" and step.moment == "before":
            sent += 1
            if sent == 3:
                await go_on.wait()

    text = "# Long\n\n" + "\n\n".join(f"Paragraph {n}. " + "Words. " * 250 for n in range(4))
    interaction = await running.run_command("essay publish", file=("long.md", text.encode()))
    await running.answer_text(interaction)
    running.emulator.steps.hook = hold
    (button,) = [
        b
        for b in find_buttons((await running.answer_message(interaction))["components"])
        if b["label"] == "Publish"
    ]
    shown = await running.answer_message(interaction)
    await running.interact(
        3,
        {"component_type": 2, "custom_id": button["custom_id"]},
        message_id=shown["id"],
        message_flags=shown["flags"],
    )

    async def told() -> bool:
        return "Publishing “Long”: 2 of 6 messages posted." in component_texts(
            (await running.answer_message(interaction))["components"]
        )

    await wait_until(told, "how far it is")
    go_on.set()
    assert "is published as essay 1, in 6 messages" in await running.answer_text(interaction)


async def test_the_same_draft_is_not_made_twice(running: RunningBot) -> None:
    for _ in range(2):
        interaction = await running.run_command("essay publish", file=("bread.md", ESSAY.encode()))
        assert "Draft 1 · only you" in await running.answer_text(interaction)


async def test_the_list_shows_numbers_and_states(running: RunningBot) -> None:
    assert "no essays yet" in await running.answer_text(await running.run_command("essay list"))
    await running.publish()
    told = await running.answer_text(await running.run_command("essay list"))
    assert "**1** Slow bread — open" in told
    await running.answer_text(
        await running.run_command("essay publish", file=("other.md", b"# Other\n\nWords."))
    )
    assert "**2** Other — draft" in await running.answer_text(
        await running.run_command("essay list")
    )


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("empty.txt", b"", "empty"),
        ("blank.md", b" \n\n\t\n", "empty"),
        ("photo.png", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x01\x00", "text"),
        ("noise.txt", bytes(range(256)) * 40, "text"),
    ],
)
async def test_an_unreadable_file_gets_a_sentence_and_changes_nothing(
    running: RunningBot, name: str, content: bytes, sentence: str
) -> None:
    interaction = await running.run_command("essay publish", file=(name, content))
    told = await running.answer_text(interaction)
    assert sentence in told
    assert "reference" not in told
    assert await running.bot_messages() == []
    assert "no essays yet" in await running.answer_text(await running.run_command("essay list"))


async def test_a_channel_where_the_bot_may_not_write_is_named_with_the_missing_permission(
    running: RunningBot,
) -> None:
    view, send = 1 << 10, 1 << 11
    path = f"/channels/{running.channel()}/permissions/{running.salon.own_id}"
    deny = {"type": 1, "allow": str(view), "deny": str(send)}
    await running.call_as(running.member(), "PUT", path, deny)
    interaction = await running.run_command("essay publish", file=("bread.md", ESSAY.encode()))
    told = await running.answer_text(interaction)
    assert f"<#{running.channel()}>" in told
    assert "*Send Messages*" in told
    pressed = await running.press(interaction, "Publish")
    told = await running.answer_text(pressed)
    assert "*Send Messages*" in told
    assert "Nothing was published" in told
    assert await running.bot_messages() == []


async def test_the_commands_are_registered_once(tmp_path: Path) -> None:
    calls: list[str] = []

    async def note(step: Any) -> None:
        if step.kind == "call" and step.moment == "before":
            calls.append(step.what)

    async with run_emulator() as emulator:
        emulator.steps.hook = note
        for times in (1, 1):
            async with run_bot(tmp_path, emulator):
                pass
            registered = [what for what in calls if what.startswith("PUT") and "commands" in what]
            assert len(registered) == times
        assert calls.count("GET /users/@me") == 2, "it was started twice"


async def test_many_replies_at_once_all_get_their_threads(running: RunningBot) -> None:
    *_, closing = await running.publish()
    heads = [
        await running.write(("Ann", "Ben", "Chloe", "Dev")[n % 4], f"Point {n}.", to=closing["id"])
        for n in range(40)
    ]

    async def all_there() -> bool:
        threads = {thread["id"] for thread in (await running.world())["threads"]}
        return threads >= {str(head) for head in heads}

    await wait_until(all_there, "forty threads")


async def test_withdrawing_an_essay_deletes_the_bots_messages_and_keeps_members(
    running: RunningBot,
) -> None:
    *_, closing = await running.publish()
    head = await running.write("Ann", "I would.", to=closing["id"])
    await running.settle()
    await running.write("Ben", "Why?", channel_id=head)
    asked = await running.run_command(
        "essay withdraw", options=[{"type": 3, "name": "essay", "value": "1"}]
    )
    assert "can't undo this" in await running.answer_text(asked)
    await running.press(asked, "Withdraw")
    await running.settle()
    assert await running.bot_messages() == []
    assert [m["content"] for m in await running.messages(head) if m["type"] == 0] == ["Why?"]
    state = running.emulator.world.channels[head].thread
    assert state is not None
    assert state.locked
    exported = await running.export()
    assert exported["essay"]["state"] == "withdrawn"
    assert [reply["text"] for reply in exported["replies"]] == ["I would.", "Why?"]
    await running.settle(48 * 3600)
    assert await running.bot_messages() == [], "no prompt comes any more"


async def test_a_cancelled_withdrawal_changes_nothing(running: RunningBot) -> None:
    await running.publish()
    asked = await running.run_command(
        "essay withdraw", options=[{"type": 3, "name": "essay", "value": "1"}]
    )
    await running.press(asked, "Cancel")
    await running.settle()
    assert len(await running.bot_messages()) == 3


async def test_a_draft_is_published_at_its_scheduled_time(running: RunningBot) -> None:
    interaction = await running.run_command("essay publish", file=("bread.md", ESSAY.encode()))
    await running.answer_text(interaction)
    told = await running.answer_text(
        await running.run_command(
            "essay schedule",
            options=[
                {"type": 3, "name": "essay", "value": "1"},
                {"type": 3, "name": "when", "value": "in 3 hours"},
            ],
        )
    )
    assert "will be published" in told
    assert "scheduled" in await running.answer_text(await running.run_command("essay list"))
    await running.settle(2 * 3600)
    assert await running.bot_messages() == []
    await running.settle(2 * 3600)
    assert len(await running.bot_messages()) == 3
    shown = await running.run_command(
        "essay show", options=[{"type": 3, "name": "essay", "value": "1"}]
    )
    told = await running.answer_text(shown)
    assert "scheduled by" in told
    assert "published by" in told


async def test_a_draft_can_be_corrected_read_and_discarded(running: RunningBot) -> None:
    interaction = await running.run_command("essay publish", file=("bread.md", ESSAY.encode()))
    form = (await running.press(interaction, "Edit details"))["answer"]
    entered = {
        "Title": "Very slow bread",
        "Byline": "",
        "Epigraph": "Wait.",
        "Source of the epigraph": "Ann",
    }
    await running.interact(
        5,
        form_data(form, entered),
        message_id=(await running.answer_message(interaction))["id"],
    )
    told = await running.answer_text(interaction)
    assert "Very slow bread" in told
    assert "> Wait." in told
    assert "Ann Baker" not in told
    text = await running.answer_text(await running.press(interaction, "Full text"))
    assert "It takes a night" in text
    await running.press(interaction, "Discard")
    await running.press(interaction, "Discard")
    assert "is discarded" in await running.answer_text(interaction)
    assert "no essays yet" in await running.answer_text(await running.run_command("essay list"))


async def test_a_closed_discussion_opens_no_threads_until_it_is_reopened(
    running: RunningBot,
) -> None:
    *_, closing = await running.publish()
    essay = [{"type": 3, "name": "essay", "value": "1"}]
    assert "is closed" in await running.answer_text(
        await running.run_command("essay close", options=essay)
    )
    late = await running.write("Ann", "Am I late?", to=closing["id"])
    await running.settle()
    assert str(late) not in {thread["id"] for thread in (await running.world())["threads"]}
    assert "is open again" in await running.answer_text(
        await running.run_command("essay reopen", options=essay)
    )
    again = await running.write("Ann", "Or not?", to=closing["id"])
    await running.settle()
    assert str(again) in {thread["id"] for thread in (await running.world())["threads"]}


async def test_two_essays_published_at_once_are_posted_one_after_the_other(
    running: RunningBot,
) -> None:
    essays = {
        name: f"# {name}\n\n" + "\n\n".join(f"{name} {n}. " + "Words. " * 200 for n in range(4))
        for name in ("Rye", "Wheat")
    }
    asked = [
        await running.run_command("essay publish", file=(f"{name}.md", text.encode()))
        for name, text in essays.items()
    ]
    for interaction in asked:
        await running.press(interaction, "Publish")
    await running.settle()
    told = [
        "Rye" if "Rye" in f"{m['content']}{component_texts(m['components'])}" else "Wheat"
        for m in await running.bot_messages()
        if m["content"] != "What do you think?"
    ]
    assert len([name for name, _ in itertools.groupby(told)]) == 2, told


async def test_publishing_that_discord_refused_can_be_retried(running: RunningBot) -> None:
    fault = {"kind": "http", "method": "POST", "path": "/channels/*/messages", "times": 1}
    await running.control("faults", {**fault, "status": 400, "after_effect": False})
    interaction = await running.start_publishing()
    assert "stopped after 0 of 3" in await running.answer_text(interaction)
    assert "stopped: Discord refused" in await running.answer_text(
        await running.run_command("essay list")
    )
    shown = await running.run_command(
        "essay show", options=[{"type": 3, "name": "essay", "value": "1"}]
    )
    await running.press(shown, "Retry")
    await running.settle()
    assert len(await running.bot_messages()) == 3
    assert (await running.export())["essay"]["state"] == "open"


@pytest.mark.parametrize("after_effect", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("status", [500, None])
async def test_a_failed_acknowledgement_does_not_stop_the_command(
    running: RunningBot, status: int | None, after_effect: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """Interaction answers are views of rows: nothing depends on their arriving."""
    strike = {
        "kind": "http",
        "method": "POST",
        "path": "/interactions/*/*/callback",
        "status": status,
        "after_effect": after_effect,
        "times": 5,
    }
    await running.control("faults", strike)
    await running.run_command("essay publish", file=("bread.md", ESSAY.encode()))
    async with running.session.delete(f"{running.emulator.page}/rehearsal/faults") as response:
        assert response.status < 300
    await running.settle()
    assert "Slow bread — draft" in await running.answer_text(
        await running.run_command("essay list")
    )
    assert "Traceback" not in caplog.text


async def test_an_essay_on_the_web_is_published_with_its_source(running: RunningBot) -> None:
    page = (
        "<html><head><title>Slow bread</title></head><body><article><h1>Slow bread</h1>"
        + "".join(f"<p>Paragraph {n}. It takes a night to make a loaf.</p>" for n in range(9))
        + "</article></body></html>"
    )

    async def serve(request: web.Request) -> web.Response:
        del request
        return web.Response(text=page, content_type="text/html")

    app = web.Application()
    app.router.add_get("/bread", serve)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        address = f"http://127.0.0.1:{runner.addresses[0][1]}/bread"
        interaction = await running.run_command(
            "essay publish", options=[{"type": 3, "name": "url", "value": address}]
        )
        assert "Slow bread" in await running.answer_text(interaction)
        await running.press(interaction, "Publish")
        await running.settle()
        card, *parts = await running.bot_messages()
        assert address in json.dumps(card["components"])
        assert "Paragraph 8." in "".join(part["content"] for part in parts)
    finally:
        await runner.cleanup()


async def test_an_invalid_web_address_is_rejected_with_a_sentence(
    running: RunningBot,
) -> None:
    for address in ("http://169.254.169.254/latest", "file:///etc/passwd", "bread"):
        interaction = await running.run_command(
            "essay publish", options=[{"type": 3, "name": "url", "value": address}]
        )
        told = await running.answer_text(interaction)
        assert told.strip()
        assert "reference" not in told
    assert "no essays yet" in await running.answer_text(await running.run_command("essay list"))


@pytest.mark.parametrize("form", ["json", "markdown"])
async def test_an_admin_gets_the_essay_and_its_replies_as_a_file(
    running: RunningBot, form: str
) -> None:
    *_, closing = await running.publish()
    await running.write("Ann", "I would wait two nights.", to=closing["id"])
    await running.settle()
    options = [
        {"type": 3, "name": "essay", "value": "1"},
        {"type": 3, "name": "format", "value": form},
    ]
    interaction = await running.run_command("essay export", options=options)
    assert "and 1 reply." in await running.answer_text(interaction)
    (file,) = (await running.answer_message(interaction))["attachments"]
    async with running.session.get(file["url"]) as response:
        text = await response.text()
    if form == "json":
        assert json.loads(text) == await running.export()
    else:
        assert "# Slow bread" in text
        assert "I would wait two nights." in text


async def test_the_full_text_of_a_long_essay_is_sent_as_a_file(running: RunningBot) -> None:
    text = "# Long\n\n" + "\n\n".join(f"Paragraph {n}. " + "Words. " * 200 for n in range(9))
    interaction = await running.run_command("essay publish", file=("long.md", text.encode()))
    pressed = await running.press(interaction, "Full text")
    assert "This file has all" in await running.answer_text(pressed)
    (file,) = (await running.answer_message(pressed))["attachments"]
    async with running.session.get(file["url"]) as response:
        whole = await response.text()
    assert [n for n in range(9) if f"Paragraph {n}." in whole] == list(range(9))


async def test_a_draft_for_which_prompts_were_planned_can_be_discarded(running: RunningBot) -> None:
    interaction = await running.run_command("essay publish", file=("bread.md", ESSAY.encode()))
    await running.answer_text(interaction)
    given = {"essay": "1", "when": "in 3 days", "what": "text: Still waiting?"}
    options = [{"type": 3, "name": name, "value": value} for name, value in given.items()]
    assert "is planned for" in await running.answer_text(
        await running.run_command("prompts add", options=options)
    )
    await running.press(interaction, "Discard")
    await running.press(interaction, "Discard")
    assert "is discarded" in await running.answer_text(interaction)
    assert "no essays yet" in await running.answer_text(await running.run_command("essay list"))


async def test_an_answer_that_repeats_what_was_typed_is_truncated(running: RunningBot) -> None:
    options = [{"type": 3, "name": "essay", "value": "x" * 5000}]
    told = await running.answer_text(await running.run_command("essay show", options=options))
    assert told.strip()
    assert len(told.strip()) <= 2000
