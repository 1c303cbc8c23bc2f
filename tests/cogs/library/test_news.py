"""What's new: what a member is shown, since when, and what is stored about it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.emulator.world.models import User
from storage.db.writer import Transaction
from storage.privacy.members import get_member_data
from tests.cogs.members.test_questions import ask, publish_by
from tests.delivery.test_styles import publish
from tests.support.running_bot import (
    RunningBot,
    find_buttons,
    run_bot,
    run_emulator,
    running_bot,
)

ESSAY = "# Slow bread\n\nIt takes a night.\n\nIt is worth it.\n\nWould you wait a night for it?\n"
DAY = 86_400


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[RunningBot]:
    async with running_bot(tmp_path) as opened:
        yield opened


async def press(
    running: RunningBot, message: dict[str, Any], who: str, label: str = "What's new"
) -> dict[str, Any]:
    (button,) = [one for one in find_buttons(message["components"]) if one["label"] == label]
    return await running.interact(
        3,
        {"component_type": 2, "custom_id": button["custom_id"]},
        who=running.member(who),
        channel_id=int(message["channel_id"]),
        message_id=message["id"],
        message_flags=message["flags"],
    )


async def look(running: RunningBot, who: str, **options: str) -> tuple[dict[str, Any], str]:
    """Run ``/new``; the interaction and its text."""
    given = [{"type": 3, "name": name, "value": value} for name, value in options.items()]
    asked = await running.run_command("new", who=running.member(who), options=given)
    return asked, (await running.answer_text(asked)).strip()


async def choose_period(running: RunningBot, asked: dict[str, Any], who: User, period: str) -> str:
    shown = await running.answer_message(asked)
    select = next(
        one for row in shown["components"] for one in row.get("components", ()) if one["type"] == 3
    )
    data = {"component_type": 3, "custom_id": select["custom_id"], "values": [period]}
    await running.interact(3, data, who=who, message_id=shown["id"], message_flags=shown["flags"])
    return await running.answer_text(asked)


def sections(text: str) -> dict[str, list[str]]:
    """The lines below each heading."""
    found: dict[str, list[str]] = {}
    heading = ""
    for line in text.split("\n"):
        if line.startswith("**"):
            heading = line.strip("*")
            found[heading] = []
        elif line.startswith("- "):
            found[heading].append(line.removeprefix("- "))
    return found


async def get_marks(running: RunningBot) -> list[dict[str, Any]]:
    rows = await running.database.read(lambda tx: tx.rows("SELECT * FROM reading_marks"))
    return [dict(row) for row in rows]


@pytest.mark.smoke
async def test_a_member_sees_what_is_new_with_links_to_it(running: RunningBot) -> None:
    *_, closing = await running.publish(ESSAY)
    mine = await running.write("Ann", "I would wait.", to=closing["id"])
    await running.settle()
    other = await running.write("Ben", "I would not.", to=closing["id"])
    await running.settle()
    await running.write("Ann", "You would not?", channel_id=other)
    await running.settle(5)
    to_me = await running.write("Chloe", "> I would\nWhy, **Ann**?", channel_id=mine)
    in_thread = await running.write("Ben", "Really not.", channel_id=other)
    new = await running.write("Dev", "It depends.", to=closing["id"])
    await running.settle()
    asked, text = await look(running, "Ann")
    link = f"https://discord.com/channels/{running.server_id}"
    assert "**What's new** in “Slow bread”, since <t:" in text
    assert sections(text) == {
        f"What's new** in “Slow bread”, since {text.split('since ')[1].split(chr(10))[0]}": [],
        "Replies to you": [f"**Chloe**: Why, \\*\\*Ann\\*\\*? · [Open]({link}/{mine}/{to_me})"],
        "Threads you took part in": [
            f"<#{other}> · 1 new · **Ben**: Really not. · [Open]({link}/{other}/{in_thread})"
        ],
        "New threads": [f"<#{new}> · ● unanswered · [Open]({link}/{running.channel()}/{new})"],
        "Here for the first time": [
            f"**Dev** · [Open]({link}/{running.channel()}/{new})",
            f"**Chloe** · [Open]({link}/{mine}/{to_me})",
        ],
    }
    assert (await running.answer_message(asked))["flags"] & 64
    assert "Nothing new." in (await look(running, "Ann"))[1]


async def test_the_buttons_on_card_closing_message_and_prompts_show_it(
    running: RunningBot,
) -> None:
    card, _part, closing = await running.publish(ESSAY)
    await running.settle(2 * DAY)
    prompts = (await running.bot_messages())[3:]
    assert prompts
    for message in (card, closing, prompts[0]):
        asked = await press(running, message, "Ann")
        assert "in “Slow bread”" in await running.answer_text(asked)


async def test_unanswered_questions_and_changes_of_the_text_are_news(running: RunningBot) -> None:
    *_, closing = await running.publish(ESSAY)
    await running.write("Ann", "I would wait.", to=closing["id"])
    await running.settle(2 * DAY)
    _, text = await look(running, "Ann")
    (question,) = sections(text)["Unanswered questions"]
    assert question.startswith("Would you wait a night for it? · [Open](")
    given = [{"type": 3, "name": "essay", "value": "1"}]
    changed = ESSAY.replace("worth it", "worth waiting for").encode()
    shown = await running.run_command("essay edit", file=("b.md", changed), options=given)
    await running.press(shown, "Apply")
    await running.settle()
    _, text = await look(running, "Ann")
    (line,) = sections(text)["The text"]
    _, part, *_rest = await running.bot_messages()
    assert " · 1 passage · [Open](" in line
    assert line.endswith(f"/{part['id']})")
    assert "The text" not in sections((await look(running, "Ann"))[1])


async def test_undo_shows_the_same_again_and_other_periods_can_be_chosen(
    running: RunningBot,
) -> None:
    *_, closing = await running.publish(ESSAY)
    ben = running.member("Ben")
    asked, text = await look(running, "Ben")
    assert "from the beginning" in text
    assert len(await get_marks(running)) == 1
    await running.press(asked, "Undo", who=ben)
    assert "will show this again" in await running.answer_text(asked)
    assert await get_marks(running) == []
    await look(running, "Ben")
    head = await running.write("Ann", "I would wait.", to=closing["id"])
    await running.settle()
    asked, text = await look(running, "Ben")
    assert f"<#{head}>" in text
    before = await get_marks(running)
    assert "Nothing new." in (await look(running, "Ben"))[1]
    await running.press(asked, "Undo", who=ben)
    assert (await get_marks(running))[0]["looked_at"] < before[0]["looked_at"]
    asked, text = await look(running, "Ben")
    assert f"<#{head}>" in text
    await running.settle(2 * DAY)
    asked, text = await look(running, "Ben")
    assert f"<#{head}>" not in text
    for period, is_there in (("day", False), ("week", True), ("all", True), ("visit", False)):
        marks = await get_marks(running)
        text = await choose_period(running, asked, ben, period)
        assert (f"<#{head}>" in text) is is_there, period
        assert await get_marks(running) == marks, "only looking moves it"


async def test_a_long_list_has_pages_that_work_after_a_restart(tmp_path: Path) -> None:
    async with run_emulator() as emulator:
        async with run_bot(tmp_path, emulator) as running:
            *_, closing = await running.publish(ESSAY)
            head = await running.write("Ann", "I would wait.", to=closing["id"])
            await running.settle()
            for number in range(40):
                await running.write("Ben", f"{number} {'word ' * 60}", channel_id=head)
            await running.settle()
            asked, first = await look(running, "Ann")
            assert len(first.encode("utf-16-le")) // 2 <= 4000
            assert "**Ben**: 0 word" in first
            assert "**Ben**: 39 word" not in first
        async with run_bot(tmp_path, emulator) as again:
            pages = 1
            labels = [""]
            while "More" in labels or pages == 1:
                await again.press(asked, "More", who=again.member("Ann"))
                text = await again.answer_text(asked)
                pages += 1
                shown = await again.answer_message(asked)
                labels = [one["label"] for one in find_buttons(shown["components"])]
            assert "**Ben**: 39 word" in text
            await again.press(asked, "Back", who=again.member("Ann"))
            assert "**Ben**: 39 word" not in await again.answer_text(asked)


async def test_in_an_essays_own_thread_its_new_replies_are_counted(running: RunningBot) -> None:
    post, _inside = await publish(running, channel="essay-forum")
    first = await running.write("Ann", "I would wait.", channel_id=post)
    await running.write("Chloe", "I too.", channel_id=post)
    await running.settle()
    _, text = await look(running, "Ben")
    (line,) = sections(text)["New replies"]
    assert line.startswith(f"<#{post}> · 2 new · **Ann**: I would wait. · [Open](")
    assert line.endswith(f"/{post}/{first})")
    assert "New threads" not in sections(text)


async def test_who_may_not_read_the_channel_sees_nothing_of_it(running: RunningBot) -> None:
    card, _part, closing = await running.publish(ESSAY)
    await running.write("Ann", "I would wait.", to=closing["id"])
    await running.settle()
    ben = running.member("Ben")
    asked, _ = await look(running, "Ben")
    overwrite = {"id": str(ben.id), "type": 1, "allow": "0", "deny": str(1 << 10)}
    path = f"/channels/{running.channel()}"
    made = await running.call_as(
        running.member(),
        "POST",
        f"/guilds/{running.server_id}/channels",
        {"name": "lobby", "type": 0},
    )
    await running.call_as(running.member(), "PATCH", path, {"permission_overwrites": [overwrite]})
    await running.settle()
    nothing = "There is no published essay that you may read here."
    named = "You may read no essay here with the number or the title “1”."
    for options, sentence in (
        ([], nothing),
        ([{"type": 3, "name": "essay", "value": "1"}], named),
    ):
        again = await running.run_command(
            "new", who=ben, channel_id=int(made["id"]), options=options
        )
        text = await running.answer_text(again)
        assert sentence in text
        assert "Slow bread" not in text
    del card, asked


async def test_what_was_erased_or_never_saved_is_in_nobodys_news(running: RunningBot) -> None:
    *_, closing = await running.publish(ESSAY)
    head = await running.write("Ann", "I would wait.", to=closing["id"])
    await running.settle()
    await running.write("Ben", "Heliotrope.", channel_id=head)
    await running.write("Dev", "Vermilion.", channel_id=head)
    await running.settle()
    for name, button in (("Ben", "Delete"), ("Dev", "Delete and stop saving")):
        asked = await running.run_command("privacy forget-me", who=running.member(name))
        await running.press(asked, button, who=running.member(name))
    await running.settle()
    await running.write("Dev", "Vermilion again.", to=closing["id"])
    await running.settle()
    _, text = await look(running, "Ann")
    for word in ("Heliotrope", "Vermilion", "Ben", "Dev"):
        assert word not in text
    assert "Nothing new." in text


async def test_a_mark_is_stored_only_of_who_looked_and_is_erased_on_request(
    running: RunningBot,
) -> None:
    *_, closing = await running.publish(ESSAY)
    await running.write("Ann", "I would wait.", to=closing["id"])
    await running.settle()
    await look(running, "Ben")
    ben, chloe = running.member("Ben"), running.member("Chloe")
    assert [row["member_id"] for row in await get_marks(running)] == [ben.id]

    async def get_data(tx: Transaction) -> dict[str, Any]:
        return await get_member_data(tx, running.server_id, ben.id)

    (mark,) = (await running.database.read(get_data))["looked_at_news"]
    assert mark["essay"] == "Slow bread"
    for who, button in ((ben, "Delete"), (chloe, "Delete and stop saving")):
        asked = await running.run_command("privacy forget-me", who=who)
        await running.press(asked, button, who=who)
        await running.settle()
    assert await get_marks(running) == []
    asked, text = await look(running, "Chloe")
    assert "from the beginning" in text
    shown = await running.answer_message(asked)
    assert "Undo" not in [one["label"] for one in find_buttons(shown["components"])]
    assert await get_marks(running) == [], "nothing is stored about who opted out"


async def test_a_server_without_essays_gets_a_sentence(running: RunningBot) -> None:
    assert "There is no published essay" in (await look(running, "Ann"))[1]


async def test_what_the_author_wrote_and_what_they_are_asked_is_news(running: RunningBot) -> None:
    author, ben = running.member("Dev"), running.member("Ben")
    closing = await publish_by(running, author, essay=ESSAY)
    question = await ask(running, ben, closing, "How long is a night?")
    await running.write("Dev", "As long as it takes.", to=closing["id"])
    await running.settle()
    found = sections((await look(running, "Ann"))[1])
    (wrote,) = found["The author wrote"]
    assert wrote.startswith("**Dev**: As long as it takes. · [Open](")
    (asked,) = found["Open questions to the author"]
    assert asked.startswith("**Ben**: How long is a night? · [Open](")
    assert "Open questions to the author" not in sections((await look(running, "Ben"))[1])

    await running.write("Dev", "Eight hours.", channel_id=question)
    await running.settle()
    shown, _text = await look(running, "Ann")
    found = sections(await choose_period(running, shown, running.member("Ann"), "all"))
    assert "Open questions to the author" not in found
    assert len(found["The author wrote"]) == 2


async def test_a_reply_to_me_on_which_somebody_opens_a_thread_is_still_a_reply_to_me(
    running: RunningBot,
) -> None:
    *_, closing = await running.publish(ESSAY)
    mine = await running.write("Ann", "I would wait two nights for it.", to=closing["id"])
    await running.settle()
    theirs = await running.write("Ben", "Two nights, really?", to=mine)
    await running.settle()
    path = f"/channels/{running.channel()}/messages/{theirs}/threads"
    await running.call_as(running.member("Dev"), "POST", path, {"name": "Aside"})
    await running.settle()
    _, said = await look(running, "Ann")
    (line,) = sections(said)["Replies to you"]
    assert "Two nights, really?" in line
