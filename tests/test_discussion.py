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

COMPONENTS_V2, SUPPRESS_EMBEDS, SILENT = 1 << 15, 1 << 2, 1 << 12


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with a_house(tmp_path) as opened:
        yield opened


async def test_an_essay_stands_as_card_parts_and_closing_question(house: House) -> None:
    card, part, closing = await house.publish(f"{ESSAY}\nPS. Rye takes two nights.\n")
    assert card["flags"] & COMPONENTS_V2
    assert "Slow bread" in texts(card["components"])
    assert "Ann Baker" in texts(card["components"])
    assert "It takes a night" in part["content"]
    assert "Slow bread" not in part["content"], "the title stands on the card alone"
    assert part["flags"] & (SILENT | SUPPRESS_EMBEDS) == SILENT | SUPPRESS_EMBEDS
    assert "Would you wait a night for bread?" in closing["content"]
    exported = await house.export()
    assert exported["essay"]["title"] == "Slow bread"
    assert exported["essay"]["state"] == "open"
    assert exported["essay"]["channel_id"] == str(house.channel())


async def test_an_essay_of_many_parts_stands_in_order(house: House) -> None:
    paragraphs = [f"Paragraph {number}. " + "It takes time. " * 60 for number in range(12)]
    posted = await house.publish("# Long\n\n" + "\n\n".join(paragraphs))
    together = "\n".join(message["content"] for message in posted[1:])
    places = [together.index(f"Paragraph {number}.") for number in range(12)]
    assert places == sorted(places)
    assert all(len(message["content"]) <= 2000 for message in posted)


@pytest.mark.parametrize("which", [0, 1])
async def test_a_reply_to_any_of_the_bots_messages_heads_a_thread_named_after_it(
    house: House, which: int
) -> None:
    posted = await house.publish()
    reply = await house.write("Ann", "I would wait two nights.", to=posted[which]["id"])
    await house.settle()
    world = await house.world()
    (thread,) = [thread for thread in world["threads"] if thread["id"] == str(reply)]
    assert thread["name"] == "Ann: I would wait two nights"
    state = house.emulator.world.channels[reply].thread
    assert state is not None
    assert house.member("Ann").id in state.members, "its author is in it"
    (kept,) = (await house.export())["replies"]
    assert (kept["parent"], kept["thread_id"]) == (None, str(reply))
    assert kept["author"] == {"id": str(house.member("Ann").id), "name": "Ann"}


async def test_talk_in_a_thread_is_kept_with_its_parents(house: House) -> None:
    *_, closing = await house.publish()
    head = await house.write("Ann", "I would.", to=closing["id"])
    await house.settle()
    first = await house.write("Ben", "Why?", channel_id=head)
    second = await house.write("Ann", "For the crust.", to=first, channel_id=head)
    third = await house.write("Chloe", "Me too.", channel_id=head)
    beside = await house.write("Dev", "So would I.", to=head)
    await house.write("Dev", "Is anybody hungry?")
    await house.settle()
    parents = {r["id"]: r["parent"] for r in (await house.export())["replies"]}
    assert parents == {
        str(head): None,
        str(first): str(head),
        str(second): str(first),
        str(third): str(head),
        str(beside): str(head),
    }


async def test_edits_deletions_reactions_and_files_follow(house: House) -> None:
    *_, closing = await house.publish()
    ann = house.member("Ann")
    head = await house.write("Ann", "I would.", to=closing["id"], file=("crust.png", b"png"))
    await house.settle()
    gone = await house.write("Ben", "Hasty words", channel_id=head)
    here = f"/channels/{house.channel()}/messages/{head}"
    await house.act(ann, "PATCH", here, {"content": "I would, gladly."})
    await house.act(house.member("Ben"), "PUT", f"{here}/reactions/🍞/@me")
    await house.act(house.member("Dev"), "PUT", f"{here}/reactions/🍞/@me")
    await house.act(house.member("Dev"), "DELETE", f"{here}/reactions/🍞/@me")
    await house.act(house.member("Ben"), "DELETE", f"/channels/{head}/messages/{gone}")
    await house.settle()
    kept = {reply["id"]: reply for reply in (await house.export())["replies"]}
    assert kept[str(head)]["text"] == "I would, gladly."
    assert kept[str(head)]["edited_at"] is not None
    assert kept[str(head)]["reactions"] == [{"emoji": "🍞", "count": 1}]
    (file,) = kept[str(head)]["attachments"]
    assert (file["name"], file["size"]) == ("crust.png", 3)
    assert (kept[str(gone)]["text"], kept[str(gone)]["deleted"]) == ("", True)


async def test_a_day_later_the_prompt_asks_what_the_essay_asks(house: House) -> None:
    posted = await house.publish()
    await house.settle(23 * 3600)
    assert len(await house.ours()) == len(posted)
    await house.settle(2 * 3600)
    *_, prompt = await house.ours()
    assert "Would you wait a night for bread?" in prompt["content"]
    await house.settle(3600)
    assert len(await house.ours()) == len(posted) + 1, "once"


async def test_an_essay_that_asks_nothing_is_asked_after_in_its_language(house: House) -> None:
    await house.publish("# パン\n\nパンを焼くには一晩かかる。そのほとんどは待つ時間だ。")
    *_, closing = await house.ours()
    assert closing["content"] == "あなたはどう思いますか？"
    await house.settle(25 * 3600)
    *_, prompt = await house.ours()
    assert "> あなたはどう思いますか？" in prompt["content"]


async def test_a_reply_to_the_prompt_heads_a_thread_too(house: House) -> None:
    await house.publish()
    await house.settle(25 * 3600)
    *_, prompt = await house.ours()
    reply = await house.write("Ben", "Now that you ask again: no.", to=prompt["id"])
    await house.settle()
    assert str(reply) in {thread["id"] for thread in (await house.world())["threads"]}


async def test_the_form_takes_a_pasted_essay(house: House) -> None:
    shown = await house.run("essay publish")
    assert shown["answer"]["type"] == 9
    entered = {"Or the text": ESSAY, "Title": "Slower bread", "Closing question": "And you?"}
    interaction = await house.interact(5, form_data(shown["answer"], entered))
    told = await house.said(interaction)
    assert "Slower bread" in told
    assert "And you?" in told
    assert await house.ours() == [], "nothing stands before it is published"
    await house.press(interaction, "Publish")
    assert "is published" in await house.said(interaction)
    card, _, closing = await house.ours()
    assert "Slower bread" in texts(card["components"])
    assert closing["content"] == "And you?"


async def test_an_empty_form_is_answered_with_a_sentence(house: House) -> None:
    shown = await house.run("essay publish")
    interaction = await house.interact(5, form_data(shown["answer"], {"Or the text": "  "}))
    assert "The form was empty" in await house.said(interaction)


async def test_what_was_said_while_the_bot_was_away_is_kept_and_gets_its_thread(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "bot.ingest.catch_up")
    async with a_world() as emulator:
        async with lived_in(tmp_path, emulator) as house:
            *_, closing = await house.publish()
            head = await house.write("Ann", "I would.", to=closing["id"])
            await house.settle()
            await house.salon.close()
            unseen = await house.write("Ben", "I would not.", to=closing["id"])
            talk = [
                await house.write("Chloe", f"Point {number}.", channel_id=head)
                for number in range(120)
            ]
        async with lived_in(tmp_path, emulator) as again:
            kept = [reply["id"] for reply in (await again.export())["replies"]]
            assert kept == [str(head), str(unseen), *map(str, talk)]
            assert str(unseen) in {thread["id"] for thread in (await again.world())["threads"]}
    (told,) = [r.getMessage() for r in caplog.records if r.getMessage().startswith("Back after")]
    assert "121 replies recovered" in told
    assert " d" not in told.split(":")[0], "it was away for seconds, not since 1970"


async def test_the_same_essay_handed_in_again_is_noticed_and_asked_about(house: House) -> None:
    await house.publish()
    again = await house.run("essay publish", file=("bread.md", ESSAY.encode()))
    assert "this very essay is essay 1" in await house.said(again)
    assert len(await house.ours()) == 2
    await house.press(again, "Publish again")
    await house.settle()
    assert len(await house.ours()) == 4, "if it is meant, it is done"


async def test_the_same_essay_in_another_form_is_noticed_too(house: House) -> None:
    await house.publish()
    page = ESSAY.replace("\n", "\r\n").encode("utf-16")
    again = await house.run("essay publish", file=("another.md", page))
    assert "this very essay is essay 1" in await house.said(again)


async def test_the_same_draft_with_another_title_is_another_draft(house: House) -> None:
    await house.said(await house.run("essay publish", file=("bread.md", ESSAY.encode())))
    form = (await house.run("essay publish"))["answer"]
    entered = {"Or the text": ESSAY, "Title": "Rye"}
    told = await house.said(await house.interact(5, form_data(form, entered)))
    assert "Draft 2," in told
    assert "this very essay is essay 1 (draft)" in told


async def test_a_new_connection_does_not_take_up_what_is_being_read(house: House) -> None:
    publishing = house.salon.services.publishing
    submission = submitted(house, ESSAY)
    await publishing.receive(submission)
    await publishing.take_up_again(house.salon.services.editing.take_up_again)
    assert "No essay" in await house.said(await house.run("essay list"))
    assert await publishing.draft(submission) == 1


async def test_a_draft_is_published_from_its_preview_after_a_restart(tmp_path: Path) -> None:
    async with a_world() as emulator:
        async with lived_in(tmp_path, emulator) as house:
            interaction = await house.run("essay publish", file=("bread.md", ESSAY.encode()))
            await house.said(interaction)
        async with lived_in(tmp_path, emulator) as again:
            shown = await again.run(
                "essay show", options=[{"type": 3, "name": "essay", "value": "1"}]
            )
            assert "Draft 1," in await again.said(shown)
            await again.press(interaction, "Publish")
            await again.settle()
            assert len(await again.ours()) == 2


async def test_while_it_posts_the_answer_shows_how_far_it_is(house: House) -> None:
    sent, go_on = 0, asyncio.Event()

    async def hold(step: Step) -> None:
        nonlocal sent
        if step.what == "POST /channels/{id}/messages" and step.moment == "before":
            sent += 1
            if sent == 3:
                await go_on.wait()

    text = "# Long\n\n" + "\n\n".join(f"Paragraph {n}. " + "Words. " * 250 for n in range(4))
    interaction = await house.run("essay publish", file=("long.md", text.encode()))
    await house.said(interaction)
    house.emulator.steps.hook = hold
    (button,) = [
        b for b in buttons((await house.seen(interaction))["components"]) if b["label"] == "Publish"
    ]
    shown = await house.seen(interaction)
    await house.interact(
        3,
        {"component_type": 2, "custom_id": button["custom_id"]},
        message_id=shown["id"],
        message_flags=shown["flags"],
    )

    async def told() -> bool:
        return "Publishing “Long”: 2 of 6" in texts((await house.seen(interaction))["components"])

    await until(told, "how far it is")
    go_on.set()
    assert "is published as essay 1, in 6 messages" in await house.said(interaction)


async def test_the_same_draft_is_not_made_twice(house: House) -> None:
    for _ in range(2):
        interaction = await house.run("essay publish", file=("bread.md", ESSAY.encode()))
        assert "Draft 1," in await house.said(interaction)


async def test_the_list_shows_numbers_and_states(house: House) -> None:
    assert "No essay" in await house.said(await house.run("essay list"))
    await house.publish()
    told = await house.said(await house.run("essay list"))
    assert "**1** Slow bread — open" in told
    await house.said(await house.run("essay publish", file=("other.md", b"# Other\n\nWords.")))
    assert "**2** Other — draft" in await house.said(await house.run("essay list"))


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("empty.txt", b"", "empty"),
        ("blank.md", b" \n\n\t\n", "empty"),
        ("photo.png", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x01\x00", "text"),
        ("noise.txt", bytes(range(256)) * 40, "text"),
    ],
)
async def test_what_is_no_essay_gets_a_sentence_and_changes_nothing(
    house: House, name: str, content: bytes, sentence: str
) -> None:
    interaction = await house.run("essay publish", file=(name, content))
    told = await house.said(interaction)
    assert sentence in told
    assert "reference" not in told
    assert await house.ours() == []
    assert "No essay" in await house.said(await house.run("essay list"))


async def test_a_channel_where_the_bot_may_not_write_is_named_with_the_missing_right(
    house: House,
) -> None:
    view, send = 1 << 10, 1 << 11
    path = f"/channels/{house.channel()}/permissions/{house.salon.own_id}"
    deny = {"type": 1, "allow": str(view), "deny": str(send)}
    await house.act(house.member(), "PUT", path, deny)
    interaction = await house.run("essay publish", file=("bread.md", ESSAY.encode()))
    told = await house.said(interaction)
    assert "#essays" in told
    assert "*Send Messages*" in told
    pressed = await house.press(interaction, "Publish")
    told = await house.said(pressed)
    assert "*Send Messages*" in told
    assert "Nothing was published" in told
    assert await house.ours() == []


async def test_the_commands_are_registered_once(tmp_path: Path) -> None:
    calls: list[str] = []

    async def note(step: Any) -> None:
        if step.kind == "call" and step.moment == "before":
            calls.append(step.what)

    async with a_world() as emulator:
        emulator.steps.hook = note
        for times in (1, 1):
            async with lived_in(tmp_path, emulator):
                pass
            registered = [what for what in calls if what.startswith("PUT") and "commands" in what]
            assert len(registered) == times
        assert calls.count("GET /users/@me") == 2, "it was started twice"


async def test_replies_in_a_crowd_all_get_their_threads(house: House) -> None:
    *_, closing = await house.publish()
    heads = [
        await house.write(("Ann", "Ben", "Chloe", "Dev")[n % 4], f"Point {n}.", to=closing["id"])
        for n in range(40)
    ]

    async def all_there() -> bool:
        threads = {thread["id"] for thread in (await house.world())["threads"]}
        return threads >= {str(head) for head in heads}

    await until(all_there, "forty threads")


async def test_a_withdrawn_essay_takes_back_what_the_bot_posted_and_no_members_words(
    house: House,
) -> None:
    *_, closing = await house.publish()
    head = await house.write("Ann", "I would.", to=closing["id"])
    await house.settle()
    await house.write("Ben", "Why?", channel_id=head)
    asked = await house.run("essay withdraw", options=[{"type": 3, "name": "essay", "value": "1"}])
    assert "cannot be undone" in await house.said(asked)
    await house.press(asked, "Withdraw")
    await house.settle()
    assert await house.ours() == []
    assert [m["content"] for m in await house.messages(head) if m["type"] == 0] == ["Why?"]
    state = house.emulator.world.channels[head].thread
    assert state is not None
    assert state.locked
    exported = await house.export()
    assert exported["essay"]["state"] == "withdrawn"
    assert [reply["text"] for reply in exported["replies"]] == ["I would.", "Why?"]
    await house.settle(48 * 3600)
    assert await house.ours() == [], "no prompt comes any more"


async def test_a_withdrawal_that_is_not_meant_changes_nothing(house: House) -> None:
    await house.publish()
    asked = await house.run("essay withdraw", options=[{"type": 3, "name": "essay", "value": "1"}])
    await house.press(asked, "Keep")
    await house.settle()
    assert len(await house.ours()) == 2


async def test_a_draft_is_published_at_the_hour_it_was_scheduled_for(house: House) -> None:
    interaction = await house.run("essay publish", file=("bread.md", ESSAY.encode()))
    await house.said(interaction)
    told = await house.said(
        await house.run(
            "essay schedule",
            options=[
                {"type": 3, "name": "essay", "value": "1"},
                {"type": 3, "name": "when", "value": "in 3 hours"},
            ],
        )
    )
    assert "will be published" in told
    assert "scheduled" in await house.said(await house.run("essay list"))
    await house.settle(2 * 3600)
    assert await house.ours() == []
    await house.settle(2 * 3600)
    assert len(await house.ours()) == 2
    shown = await house.run("essay show", options=[{"type": 3, "name": "essay", "value": "1"}])
    told = await house.said(shown)
    assert "scheduled by" in told
    assert "published by" in told


async def test_a_draft_can_be_corrected_read_and_discarded(house: House) -> None:
    interaction = await house.run("essay publish", file=("bread.md", ESSAY.encode()))
    form = (await house.press(interaction, "Edit …"))["answer"]
    entered = {"Title": "Very slow bread", "Byline": "", "Epigraph": "Wait.", "Whose words": "Ann"}
    await house.interact(
        5,
        form_data(form, entered),
        message_id=(await house.seen(interaction))["id"],
    )
    told = await house.said(interaction)
    assert "Very slow bread" in told
    assert "> Wait." in told
    assert "Ann Baker" not in told
    text = await house.said(await house.press(interaction, "Whole text"))
    assert "It takes a night" in text
    await house.press(interaction, "Discard")
    assert "is discarded" in await house.said(interaction)
    assert "No essay" in await house.said(await house.run("essay list"))


async def test_a_closed_discussion_opens_no_threads_until_it_is_reopened(house: House) -> None:
    *_, closing = await house.publish()
    essay = [{"type": 3, "name": "essay", "value": "1"}]
    assert "is closed" in await house.said(await house.run("essay close", options=essay))
    late = await house.write("Ann", "Am I late?", to=closing["id"])
    await house.settle()
    assert str(late) not in {thread["id"] for thread in (await house.world())["threads"]}
    assert "is open again" in await house.said(await house.run("essay reopen", options=essay))
    again = await house.write("Ann", "Or not?", to=closing["id"])
    await house.settle()
    assert str(again) in {thread["id"] for thread in (await house.world())["threads"]}


async def test_two_essays_published_at_once_stand_one_after_the_other(house: House) -> None:
    essays = {
        name: f"# {name}\n\n" + "\n\n".join(f"{name} {n}. " + "Words. " * 200 for n in range(4))
        for name in ("Rye", "Wheat")
    }
    asked = [
        await house.run("essay publish", file=(f"{name}.md", text.encode()))
        for name, text in essays.items()
    ]
    for interaction in asked:
        await house.press(interaction, "Publish")
    await house.settle()
    told = [
        "Rye" if "Rye" in f"{m['content']}{texts(m['components'])}" else "Wheat"
        for m in await house.ours()
        if m["content"] != "What do you think?"
    ]
    assert len([name for name, _ in itertools.groupby(told)]) == 2, told


async def test_a_publishing_that_discord_refuses_can_be_gone_on_with(house: House) -> None:
    fault = {"kind": "http", "method": "POST", "path": "/channels/*/messages", "times": 1}
    await house.control("faults", {**fault, "status": 400, "after_effect": False})
    interaction = await house.publishing()
    assert "stopped after 0 of 2" in await house.said(interaction)
    assert "stopped: Discord refused" in await house.said(await house.run("essay list"))
    shown = await house.run("essay show", options=[{"type": 3, "name": "essay", "value": "1"}])
    await house.press(shown, "Go on")
    await house.settle()
    assert len(await house.ours()) == 2
    assert (await house.export())["essay"]["state"] == "open"


@pytest.mark.parametrize("after_effect", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("status", [500, None])
async def test_an_acknowledgement_that_fails_does_not_stop_what_was_asked(
    house: House, status: int | None, after_effect: bool, caplog: pytest.LogCaptureFixture
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
    await house.control("faults", strike)
    await house.run("essay publish", file=("bread.md", ESSAY.encode()))
    async with house.session.delete(f"{house.emulator.page}/rehearsal/faults") as response:
        assert response.status < 300
    await house.settle()
    assert "Slow bread — draft" in await house.said(await house.run("essay list"))
    assert "Traceback" not in caplog.text


async def test_an_essay_on_the_web_is_published_with_its_source(house: House) -> None:
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
        interaction = await house.run(
            "essay publish", options=[{"type": 3, "name": "address", "value": address}]
        )
        assert "Slow bread" in await house.said(interaction)
        await house.press(interaction, "Publish")
        await house.settle()
        card, *parts = await house.ours()
        assert address in json.dumps(card["components"])
        assert "Paragraph 8." in "".join(part["content"] for part in parts)
    finally:
        await runner.cleanup()


async def test_an_address_that_is_no_page_of_the_web_is_refused_with_a_sentence(
    house: House,
) -> None:
    for address in ("http://169.254.169.254/latest", "file:///etc/passwd", "bread"):
        interaction = await house.run(
            "essay publish", options=[{"type": 3, "name": "address", "value": address}]
        )
        told = await house.said(interaction)
        assert told.strip()
        assert "reference" not in told
    assert "No essay" in await house.said(await house.run("essay list"))


@pytest.mark.parametrize("form", ["json", "markdown"])
async def test_an_admin_gets_the_essay_and_its_replies_as_a_file(house: House, form: str) -> None:
    *_, closing = await house.publish()
    await house.write("Ann", "I would wait two nights.", to=closing["id"])
    await house.settle()
    options = [
        {"type": 3, "name": "essay", "value": "1"},
        {"type": 3, "name": "format", "value": form},
    ]
    interaction = await house.run("essay export", options=options)
    assert "and 1 reply." in await house.said(interaction)
    (file,) = (await house.seen(interaction))["attachments"]
    async with house.session.get(file["url"]) as response:
        text = await response.text()
    if form == "json":
        assert json.loads(text) == await house.export()
    else:
        assert "# Slow bread" in text
        assert "I would wait two nights." in text


async def test_the_whole_text_of_a_long_essay_comes_as_a_file(house: House) -> None:
    text = "# Long\n\n" + "\n\n".join(f"Paragraph {n}. " + "Words. " * 200 for n in range(9))
    interaction = await house.run("essay publish", file=("long.md", text.encode()))
    pressed = await house.press(interaction, "Whole text")
    assert "are in this file" in await house.said(pressed)
    (file,) = (await house.seen(pressed))["attachments"]
    async with house.session.get(file["url"]) as response:
        whole = await response.text()
    assert [n for n in range(9) if f"Paragraph {n}." in whole] == list(range(9))


async def test_a_draft_for_which_prompts_were_planned_can_be_discarded(house: House) -> None:
    interaction = await house.run("essay publish", file=("bread.md", ESSAY.encode()))
    await house.said(interaction)
    given = {"essay": "1", "when": "in 3 days", "what": "text: Still waiting?"}
    options = [{"type": 3, "name": name, "value": value} for name, value in given.items()]
    assert "comes" in await house.said(await house.run("prompts add", options=options))
    await house.press(interaction, "Discard")
    assert "is discarded" in await house.said(interaction)
    assert "No essay" in await house.said(await house.run("essay list"))


async def test_a_sentence_that_repeats_what_was_typed_is_cut_to_fit(house: House) -> None:
    options = [{"type": 3, "name": "essay", "value": "x" * 5000}]
    told = await house.said(await house.run("essay show", options=options))
    assert told.strip()
    assert len(told.strip()) <= 2000
