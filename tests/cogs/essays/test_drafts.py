"""Drafts: handed in once more, corrected, and scheduled."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.publishing.publish import ChapterDraft
from storage.db.writer import Transaction
from storage.essays import discussions, submissions
from storage.essays.discussions import ListedDiscussion
from storage.servers import settings
from tests.support.catalogs import Sentences, use_sentences
from tests.support.running_bot import RunningBot, find_buttons, form_data, running_bot
from tests.support.submissions import make_submission

TEXT = (
    "---\ntitle: {title}\nauthor: {author}\nepigraph: {epigraph}\n---\n\n"
    "It takes a night to make a loaf.\n\nWould you wait?\n"
)
FACTS = {"title": "Slow bread", "author": "Ann Baker", "epigraph": "Wait."}


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[RunningBot]:
    async with running_bot(tmp_path) as opened:
        yield opened


async def hand_in(running: RunningBot, **facts: str) -> dict[str, Any]:
    text = TEXT.format(**(FACTS | facts))
    return await running.run_command("essay publish", file=("bread.md", text.encode()))


async def discard(running: RunningBot, draft: dict[str, Any]) -> None:
    """Press *Discard* below a draft, and confirm it."""
    await running.press(draft, "Discard")
    await running.press(draft, "Discard")


@pytest.mark.parametrize("fact", FACTS)
async def test_the_same_text_with_another_title_is_another_draft(
    running: RunningBot, fact: str
) -> None:
    await running.answer_text(await hand_in(running))
    told = await running.answer_text(await hand_in(running, **{fact: "Corrected"}))
    assert "Corrected" in told
    assert "Already published** as essay 1 (draft)" in told


@pytest.mark.smoke
async def test_submitting_the_file_of_a_corrected_draft_again_finds_that_draft(
    running: RunningBot,
) -> None:
    interaction = await hand_in(running)
    form = (await running.press(interaction, "Edit details"))["answer"]
    await running.interact(5, form_data(form, {"Title": "Rye"}))
    told = await running.answer_text(await hand_in(running))
    assert "Draft 1 · only you" in told
    assert "Rye" in told


async def test_correcting_one_thing_keeps_the_others(running: RunningBot) -> None:
    long = "Wait and see. " * 200
    interaction = await hand_in(running, epigraph=long)
    form = (await running.press(interaction, "Edit details"))["answer"]
    await running.interact(5, form_data(form, {"Title": "Rye"}))
    await running.settle()
    preview = await running.salon.services.publishing.get_preview(1, running.server_id)
    essay = preview.draft.essay
    assert (essay.title, essay.author) == ("Rye", "Ann Baker")
    assert essay.epigraph is not None
    assert essay.epigraph.text == long.strip()


async def cut_off(running: RunningBot, text: str = TEXT, *, title: str | None = None) -> None:
    """An essay was handed in, and the bot killed before it was made a draft."""
    # The start has taken up what there was.
    await running.salon.wait_until_ready()
    await running.settle()
    submission = make_submission(running, text.format(**FACTS), title=title)
    await running.database.write(lambda tx: submissions.save(tx, submission, 0))


async def take_up_again(running: RunningBot) -> list[ListedDiscussion]:
    """What a start does; the essays that there are then."""
    services = running.salon.services
    await services.publishing.resume_submissions(services.editing.resume_submission)
    return await running.database.read(
        lambda tx: discussions.list_discussions(tx, running.server_id)
    )


async def test_submitting_again_with_the_same_title_finds_the_draft_with_that_title(
    running: RunningBot,
) -> None:
    services = running.salon.services
    drafts: list[ChapterDraft] = []
    for number, title in enumerate(("Rye", "Wheat", "Rye", "Wheat", "Oats"), 7):
        handed = make_submission(running, TEXT.format(**FACTS), title=title, number=number)
        await services.publishing.save_submission(handed)
        drafts += (await services.publishing.create_drafts(handed)).drafts
    assert [draft.id for draft in drafts] == [1, 2, 1, 2, 3]


@pytest.mark.parametrize("button", ["Publish", "Discard"])
async def test_an_interrupted_submission_is_no_second_draft_if_it_was_submitted_again(
    running: RunningBot, button: str
) -> None:
    await cut_off(running)
    submitted = await hand_in(running)
    if button == "Publish":
        await running.press(submitted, button)
    else:
        await discard(running, submitted)
    await running.settle()
    found = await take_up_again(running)
    assert [one.state for one in found] == (["open"] if button == "Publish" else [])
    kept = await running.database.read(
        lambda tx: tx.rows("SELECT 1 FROM submissions WHERE content_hash IS NOT NULL")
    )
    assert kept == [], "nothing is recognised any more"


@pytest.mark.parametrize(
    ("text", "title"), [(TEXT, "Rye"), ("# Slow bread\n\nOther words.\n", None)]
)
async def test_an_interrupted_submission_of_another_essay_is_a_draft_of_its_own(
    running: RunningBot, text: str, title: str | None
) -> None:
    await cut_off(running, text, title=title)
    await running.press(await hand_in(running), "Publish")
    await running.settle()
    assert [one.state for one in await take_up_again(running)] == ["draft", "open"]


async def test_an_interrupted_submission_is_a_draft_if_the_other_was_for_another_channel(
    running: RunningBot,
) -> None:
    await cut_off(running)
    options = [{"type": 7, "name": "channel", "value": str(running.channel("admins"))}]
    file = ("bread.md", TEXT.format(**FACTS).encode())
    await running.answer_text(
        await running.run_command("essay publish", file=file, options=options)
    )
    assert [one.state for one in await take_up_again(running)] == ["draft", "draft"]


async def set_notices(running: RunningBot) -> None:
    board, now = running.channel("admins"), running.clock.now_ms()

    async def choose(tx: Transaction) -> None:
        await settings.register_server(tx, running.server_id, "", now)
        await settings.set_alerts_channel(tx, running.server_id, board)

    await running.database.write(choose)


async def schedule(running: RunningBot) -> None:
    await running.answer_text(await hand_in(running))
    options = [
        {"type": 3, "name": "essay", "value": "1"},
        {"type": 3, "name": "when", "value": "in 2 hours"},
    ]
    assert "will be published" in await running.answer_text(
        await running.run_command("essay schedule", options=options)
    )


async def told(running: RunningBot) -> list[str]:
    return [message["content"] for message in await running.bot_messages(running.channel("admins"))]


async def test_admins_are_alerted_when_a_scheduled_essay_is_rejected(running: RunningBot) -> None:
    await set_notices(running)
    await schedule(running)
    path = f"/channels/{running.channel()}/messages"
    fault = {"kind": "http", "method": "POST", "path": path, "times": 1, "status": 400}
    await running.control("faults", {**fault, "code": 200000, "after_effect": False})
    await running.settle(3 * 3600)
    (notice,) = await told(running)
    assert "Publishing “Slow bread” in" in notice
    assert "AutoMod blocked" in notice
    assert "`/essay show`" in notice


async def test_admins_are_alerted_once_that_a_scheduled_essay_waits_for_a_permission(
    running: RunningBot,
) -> None:
    await set_notices(running)
    await schedule(running)
    role = str(running.server_id)
    path = f"/channels/{running.channel()}/permissions/{role}"
    denied = {"type": 0, "allow": "0", "deny": str(1 << 11)}
    await running.call_as(running.member(), "PUT", path, denied)
    await running.settle(6 * 3600)
    (notice,) = await told(running)
    assert "Publishing “Slow bread” in" in notice
    assert "*Send Messages*" in notice
    await running.call_as(running.member(), "DELETE", path)
    await running.settle(2 * 3600)
    assert len(await running.bot_messages()) == 3
    assert len(await told(running)) == 1


async def test_admins_are_alerted_when_an_essays_own_thread_is_rejected(
    running: RunningBot,
) -> None:
    await set_notices(running)
    options = [{"type": 3, "name": "style", "value": "thread"}]
    text = TEXT.format(**FACTS).encode()
    interaction = await running.run_command(
        "essay publish", file=("bread.md", text), options=options
    )
    path = "/channels/*/messages/*/threads"
    fault = {"kind": "http", "method": "POST", "path": path, "times": 1, "status": 400}
    await running.control("faults", {**fault, "code": 200001, "after_effect": False})
    await running.press(interaction, "Publish")
    await running.settle(60)
    (notice,) = await told(running)
    assert "Publishing “Slow bread” in" in notice
    assert "AutoMod blocked" in notice


async def test_a_title_that_is_given_takes_no_line_from_a_text_without_one(
    running: RunningBot,
) -> None:
    form = (await running.run_command("essay publish"))["answer"]
    text = "It was raining in the town\n\nNobody minded, least of all the baker.\n\nDo you?"
    entered = {"Or the text": text, "Title": "Rye"}
    interaction = await running.interact(5, form_data(form, entered))
    assert "# Rye" in await running.answer_text(interaction)
    await running.press(interaction, "Publish")
    await running.settle()
    assert [message["content"] for message in await running.bot_messages()][1:-1] == [text]


async def test_a_heading_taken_for_the_title_goes_back_into_the_text_under_another_title(
    running: RunningBot,
) -> None:
    text = "# Slow bread\nA loaf takes a night, and nobody has ever hurried one.\n\nDo you?"
    interaction = await running.run_command("essay publish", file=("bread.md", text.encode()))
    assert "# Slow bread" in await running.answer_text(interaction)
    for title, returns in (
        ("Rye and water", True),
        ("Slow bread", False),
        ("Slow breads, and others", False),
        ("Flour", True),
    ):
        form = (await running.press(interaction, "Edit details"))["answer"]
        await running.interact(5, form_data(form, {"Title": title}))
        told = await running.answer_text(interaction)
        assert f"# {title}" in told
        assert ("“Slow bread” was read as the title" in told) == returns
    await running.press(interaction, "Publish")
    await running.settle()
    assert [message["content"] for message in await running.bot_messages()][1:-1] == [text]


async def test_a_line_taken_for_the_title_goes_back_into_the_text_under_another_title(
    running: RunningBot,
) -> None:
    line = "It was raining in the town"
    text = f"{line}\n\nNobody minded, least of all the baker.\n\nDo you?"
    interaction = await running.run_command("essay publish", file=("rain.txt", text.encode()))
    assert f"# {line}" in await running.answer_text(interaction)
    for title, kept in (("Rye", True), (line, False), ("It was raining in a town", True)):
        form = (await running.press(interaction, "Edit details"))["answer"]
        await running.interact(5, form_data(form, {"Title": title}))
        told = await running.answer_text(interaction)
        assert f"# {title}" in told
        assert (f"“{line}” was read as the title" in told) == kept
    await running.press(interaction, "Publish")
    await running.settle()
    assert [message["content"] for message in await running.bot_messages()][1:-1] == [text]
    head = await running.write(
        "Ann", f"> {line}\nIt was.", to=(await running.bot_messages())[1]["id"]
    )
    await running.settle()
    replies = (await running.export())["replies"]
    assert [(reply["id"], reply["passages"]) for reply in replies] == [(str(head), [1])]


async def test_correcting_the_spelling_of_a_title_keeps_its_line_out_of_the_text(
    running: RunningBot,
) -> None:
    text = "Slow bred\n\nIt takes a night to make a loaf.\n\nWould you wait?"
    interaction = await running.run_command("essay publish", file=("bread.txt", text.encode()))
    form = (await running.press(interaction, "Edit details"))["answer"]
    await running.interact(5, form_data(form, {"Title": "Slow bread"}))
    await running.press(interaction, "Publish")
    await running.settle()
    assert "Slow bred" not in (await running.bot_messages())[1]["content"]


async def deny(running: RunningBot, right: int) -> None:
    path = f"/channels/{running.channel()}/permissions/{running.server_id}"
    await running.call_as(
        running.member(), "PUT", path, {"type": 0, "allow": "0", "deny": str(right)}
    )
    await running.settle()


@pytest.mark.parametrize(
    ("right", "name"), [(1 << 11, "Send Messages"), (1 << 35, "Create Public Threads")]
)
async def test_scheduling_says_what_is_missing(running: RunningBot, right: int, name: str) -> None:
    await deny(running, right)
    await running.answer_text(await hand_in(running))
    options = [
        {"type": 3, "name": "essay", "value": "1"},
        {"type": 3, "name": "when", "value": "in 2 hours"},
    ]
    told = await running.answer_text(await running.run_command("essay schedule", options=options))
    assert "will be published" in told
    here = f"<#{running.channel()}>"
    assert f"**Not yet:** I can't host a discussion in {here}. Give me *{name}*" in told


async def test_what_prevents_publishing_is_shown_first_in_a_long_summary(
    running: RunningBot,
) -> None:
    await deny(running, 1 << 11)
    form = (await running.run_command("essay publish"))["answer"]
    entered = {"Or the text": "# Bread\n\nRye", "Closing question": "Why would you? " * 60}
    told = await running.answer_text(await running.interact(5, form_data(form, entered)))
    assert "1 minute to read · 1 word\n" in told
    rest = told.partition("to see or delete yours.")[2]
    assert rest.index("**Not yet:**") < rest.index("**Messages in ")
    assert ">: 3** (the card, 1 part and the closing question)" in rest


async def test_a_draft_from_before_an_upgrade_keeps_its_line_too(running: RunningBot) -> None:
    text = "It was raining in the town\n\nNobody minded.\n\nDo you?"
    interaction = await running.run_command("essay publish", file=("rain.txt", text.encode()))
    await running.settle()

    async def age(tx: Transaction) -> None:
        row = await tx.row("SELECT essay FROM revision_contents")
        assert row is not None
        essay = {
            key: value for key, value in json.loads(row["essay"]).items() if key != "extracted"
        }
        await tx.run("UPDATE revision_contents SET essay = :essay", {"essay": json.dumps(essay)})

    await running.database.write(age)
    form = (await running.press(interaction, "Edit details"))["answer"]
    await running.interact(5, form_data(form, {"Title": "Rye"}))
    await running.press(interaction, "Publish")
    await running.settle()
    assert [message["content"] for message in await running.bot_messages()][1:-1] == [text]


async def test_a_draft_with_a_very_long_title_is_discarded_with_an_answer(tmp_path: Path) -> None:
    async with running_bot(tmp_path) as running:
        essay = (
            f"---\ntitle: {'Long ' * 800}\nauthor: {'Ann ' * 900}\n---\n\nIt rained.\n\nDid it?\n"
        )
        draft = await running.run_command("essay publish", file=("long.md", essay.encode()))
        await discard(running, draft)
        assert "is discarded" in await running.answer_text(draft)


def labels(message: dict[str, Any]) -> list[tuple[str, int]]:
    """The label and the style of each button."""
    return [(button["label"], button["style"]) for button in find_buttons(message["components"])]


@pytest.mark.parametrize("scheduled", [False, True])
async def test_discard_asks_first_and_cancel_shows_the_draft_again(
    running: RunningBot, scheduled: bool
) -> None:
    draft = await hand_in(running)
    await running.settle()
    if scheduled:
        options = [
            {"type": 3, "name": "essay", "value": "1"},
            {"type": 3, "name": "when", "value": "in 2 hours"},
        ]
        await running.answer_text(await running.run_command("essay schedule", options=options))
    await running.press(draft, "Discard")
    asked = await running.answer_text(draft)
    assert "Discard “Slow bread”?" in asked
    assert "will be deleted. You can't undo this." in asked
    assert ("It won't be published" in asked) == scheduled
    assert labels(await running.answer_message(draft)) == [("Discard", 4), ("Cancel", 2)]
    await running.press(draft, "Cancel")
    again = await running.answer_text(draft)
    assert ("**Scheduled** for" in again) == scheduled
    assert "Draft 1 · only you can see this" in again
    assert ("Publish", 3) in labels(await running.answer_message(draft))
    await discard(running, draft)
    assert "is discarded" in await running.answer_text(draft)


async def test_a_discard_that_is_confirmed_after_the_essay_was_published_changes_nothing(
    running: RunningBot,
) -> None:
    draft = await hand_in(running)
    await running.press(draft, "Discard")
    shown = await running.run_command(
        "essay show", options=[{"type": 3, "name": "essay", "value": "1"}]
    )
    await running.press(shown, "Publish")
    await running.settle()
    pressed = await running.press(draft, "Discard")
    assert "isn't a draft any more" in await running.answer_text(pressed)
    assert len(await running.bot_messages()) > 1


async def test_withdrawing_an_essay_that_stopped_asks_first(running: RunningBot) -> None:
    fault = {"kind": "http", "method": "POST", "path": "/channels/*/messages", "times": 1}
    await running.control("faults", {**fault, "status": 400, "after_effect": False})
    stopped = await running.start_publishing()
    assert "stopped after 0 of" in await running.answer_text(stopped)
    await running.press(stopped, "Withdraw")
    assert "Withdraw “Slow bread”?" in await running.answer_text(stopped)
    assert labels(await running.answer_message(stopped)) == [("Withdraw", 4), ("Cancel", 2)]
    await running.press(stopped, "Withdraw")
    assert "is withdrawn" in await running.answer_text(stopped)


async def test_the_schedule_form_names_the_time_zone_and_the_time_there(
    running: RunningBot,
) -> None:
    await running.run_command(
        "prompts settings", options=[{"type": 3, "name": "zone", "value": "Tokyo"}]
    )
    draft = await hand_in(running)
    form = (await running.press(draft, "Schedule …"))["answer"]
    (field,) = form["data"]["components"]
    local = running.clock.now().astimezone(ZoneInfo("Asia/Tokyo"))
    assert field["description"].startswith("Time zone: Asia/Tokyo, where it's ")
    assert f"{local:%Y-%m-%d}" in field["description"]


async def test_the_list_does_not_show_when_it_was_published_as_when_it_was_closed(
    running: RunningBot,
) -> None:
    await running.publish()
    await running.run_command("essay close", options=[{"type": 3, "name": "essay", "value": "1"}])
    told = await running.answer_text(await running.run_command("essay list"))
    assert re.search(r"— closed \(published <t:\d+:R>\) —", told)


async def test_each_admin_reads_what_was_not_reproduced_in_their_own_language(
    running: RunningBot, tmp_path: Path
) -> None:
    german: Sentences = {
        "Links that lead nowhere from Discord are shown as their text: {count}.": (
            "Links ohne Ziel: {count}."
        ),
        "This isn't text. It looks like a picture, an archive or another kind of file.": (
            "Das ist kein Text."
        ),
    }
    with use_sentences(tmp_path / "locales", {"de": german}):
        draft = await running.run_command(
            "essay publish", file=("bread.md", b"# Bread\n\n[Rye](/rye) and [wheat](/wheat).\n")
        )
        assert "are shown as their text: 2." in await running.answer_text(draft)
        running.member().locale = "de"
        options = [{"type": 3, "name": "essay", "value": "1"}]
        shown = await running.run_command("essay show", options=options)
        assert "- Links ohne Ziel: 2." in await running.answer_text(shown)
        refused = await running.run_command("essay publish", file=("bread.md", b"\x89PNG..."))
        assert "Das ist kein Text." in await running.answer_text(refused)


async def test_the_prompts_that_will_follow_are_listed_in_the_admins_language(
    running: RunningBot, tmp_path: Path
) -> None:
    german: Sentences = {
        "after {wait}": "nach {wait}",
        ("{count} day", "{count} days"): ("{count} Tag", "{count} Tagen"),
        "asks “{question}”": "fragt „{question}“",
        "says “{text}”": "sagt „{text}“",
    }
    with use_sentences(tmp_path / "locales", {"de": german}):
        running.member().locale = "de"
        for plan, shown in (
            (
                "after 3 days: next question; after 9 days: text: *So?*",
                "- nach 3 Tagen: fragt „Would you wait?“\n- nach 9 Tagen: sagt „\\*So?\\*“",
            ),
            ("none", "None. `/prompts plan` changes this."),
        ):
            options = [{"type": 3, "name": "steps", "value": plan}]
            await running.run_command("prompts plan", options=options)
            assert shown in await running.answer_text(await hand_in(running, title=plan[:5]))
