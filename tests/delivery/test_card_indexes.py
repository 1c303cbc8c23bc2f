"""The index on the card: what it shows, how often it is edited, and when it isn't."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from storage.delivery import card_indexes
from tests.delivery.test_essay_threads import change, fault, state_of
from tests.delivery.test_styles import publish
from tests.support.next_due import get_next_due
from tests.support.running_bot import (
    RunningBot,
    component_texts,
    find_buttons,
    run_bot,
    run_emulator,
    running_bot,
)

ESSAY = "# Slow bread\n\nIt takes a night.\n\nIt is worth it.\n\nWould you wait a night for it?\n"
#: Seconds from the first change to the edit, on the first day and later.
SOON, LATER, DAY = 600, 1800, 86_400
EDIT = "/channels/*/messages/*"


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[RunningBot]:
    async with running_bot(tmp_path) as opened:
        yield opened


async def wait(running: RunningBot, seconds: int) -> None:
    """Let the bot record what was written, then let time pass."""
    await running.settle()
    await running.settle(seconds)


async def get_card(running: RunningBot, channel_id: int | None = None) -> dict[str, Any]:
    found = await running.bot_messages(channel_id)
    return next(one for one in found if find_buttons(one["components"]) and not one["content"])


async def get_index(running: RunningBot, channel_id: int | None = None) -> list[str]:
    """The lines of the index on the card, without the time; none if there is no index."""
    text = component_texts((await get_card(running, channel_id))["components"])
    lines = re.sub(r" · latest <t:\d+:R>", "", text).split("\n")
    first = next((n for n, line in enumerate(lines) if re.match(r"\*\*\d+ pe", line)), None)
    last = next(n for n, line in enumerate(lines) if "to read" in line)
    return [] if first is None else [line for line in lines[first:last] if line]


@pytest.mark.smoke
async def test_the_card_shows_the_numbers_and_the_busiest_threads(running: RunningBot) -> None:
    *_, closing = await running.publish(ESSAY)
    assert [one["label"] for one in find_buttons((await get_card(running))["components"])] == [
        "Threads",
        "What's new",
    ]
    quiet = await running.write("Ann", "I would wait.", to=closing["id"])
    busy = await running.write("Ben", "I would not.", to=closing["id"])
    await running.settle()
    await running.write("Chloe", "Why not?", channel_id=busy)
    await running.settle(SOON - 60)
    assert await get_index(running) == [], "it isn't edited before ten minutes have passed"
    await running.settle(60)
    assert await get_index(running) == [
        "**3 people · 3 replies · 2 threads**",
        f"<#{busy}> · 1 reply",
        f"<#{quiet}> · ● unanswered",
    ]
    assert "Ann" not in component_texts((await get_card(running))["components"])


async def test_a_thousand_replies_in_an_hour_cause_six_edits_and_silence_none(
    running: RunningBot,
) -> None:
    *_, closing = await running.publish(ESSAY)
    head = await running.write("Ann", "I would wait.", to=closing["id"])
    await running.settle()
    seen = {(await get_card(running))["edited_timestamp"]}
    for minute in range(60):
        for number in range(17):
            await running.write("Ben", f"{minute} {number}", channel_id=head)
        await running.settle(60)
        seen.add((await get_card(running))["edited_timestamp"])
    await running.settle(3600)
    seen.add((await get_card(running))["edited_timestamp"])
    assert 4 <= len(seen - {None}) <= 6
    assert (await get_index(running))[0] == "**2 people · 1,021 replies · 1 thread**"
    before = (await get_card(running))["edited_timestamp"]
    await running.settle(DAY)
    assert (await get_card(running))["edited_timestamp"] == before


async def test_a_card_that_would_show_the_same_is_not_edited(running: RunningBot) -> None:
    *_, closing = await running.publish(ESSAY)
    head = await running.write("Ann", "I would wait.", to=closing["id"])
    await wait(running, SOON)
    before = (await get_card(running))["edited_timestamp"]
    assert before is not None
    path = f"/channels/{running.channel()}/messages/{head}"
    await running.call_as(running.member("Ann"), "PATCH", path, {"content": "I would."})
    await wait(running, 2 * SOON)
    assert (await get_card(running))["edited_timestamp"] == before
    assert await running.database.read(lambda tx: get_next_due(tx, card_indexes.NEXT_DUE)) is None


async def test_a_thread_in_which_the_author_answered_is_marked(running: RunningBot) -> None:
    *_, closing = await running.publish(ESSAY)
    head = await running.write("Ann", "I would wait.", to=closing["id"])
    own = await running.write("Ben", "A note of the author.", to=closing["id"])
    await running.settle()
    await running.write("Ben", "So would I.", channel_id=head)
    await wait(running, SOON)
    assert "✦" not in "".join(await get_index(running))
    author = {"member": running.member("Ben").id, "server": running.server_id}
    await running.database.write(
        lambda tx: tx.run(
            """
            INSERT INTO essay_authors (discussion_id, member_id, server_id)
            VALUES (1, :member, :server)
            """,
            author,
        )
    )
    running.salon.services.scheduler.wake()
    await wait(running, SOON)
    _first, *lines = await get_index(running)
    assert lines == [f"<#{head}> · 1 reply · ✦", f"<#{own}> · ● unanswered"]


async def test_after_a_day_it_is_edited_half_an_hour_after_a_reply(running: RunningBot) -> None:
    *_, closing = await running.publish(ESSAY)
    await running.settle(DAY)
    await running.write("Ann", "I would wait.", to=closing["id"])
    await running.settle(LATER - 60)
    assert await get_index(running) == []
    await running.settle(60)
    assert len(await get_index(running)) == 2


async def test_what_is_deleted_is_not_counted_any_more(running: RunningBot) -> None:
    *_, closing = await running.publish(ESSAY)
    head = await running.write("Ann", "I would wait.", to=closing["id"])
    await wait(running, SOON)
    assert len(await get_index(running)) == 2
    path = f"/channels/{running.channel()}/messages/{head}"
    await running.call_as(running.member("Ann"), "DELETE", path)
    await wait(running, SOON)
    assert await get_index(running) == []


async def test_a_deleted_thread_is_not_listed(running: RunningBot) -> None:
    *_, closing = await running.publish(ESSAY)
    gone = await running.write("Ann", "I would wait.", to=closing["id"])
    stays = await running.write("Ben", "I would not.", to=closing["id"])
    await running.settle()
    await running.write("Chloe", "Why?", channel_id=gone)
    await running.settle()
    await running.call_as(running.member(), "DELETE", f"/channels/{gone}")
    await wait(running, SOON)
    first, *lines = await get_index(running)
    assert first == "**2 people · 2 replies · 1 thread**"
    assert lines == [f"<#{stays}> · ● unanswered"]


@pytest.mark.parametrize(("channel", "style"), [("essays", "thread"), ("essay-forum", None)])
async def test_in_an_essays_own_thread_the_most_answered_replies_are_listed(
    running: RunningBot, channel: str, style: str | None
) -> None:
    thread_id, inside = await publish(running, channel=channel, style=style)
    place = thread_id if style is None else running.channel()
    part = next(one for one in inside if "Paragraph 1" in one["content"])
    asked = await running.write("Ann", "Which flour?", to=part["id"], channel_id=thread_id)
    other = await running.write("Ben", "So it is.", channel_id=thread_id)
    await running.settle()
    for text in ("Rye.", "Wheat."):
        await running.write("Chloe", text, to=asked, channel_id=thread_id)
    await running.write("Ann", "Is it?", to=other, channel_id=thread_id)
    await wait(running, SOON)
    first, *lines = await get_index(running, place)
    assert first == "**3 people · 5 replies**"
    link = f"https://discord.com/channels/{running.server_id}/{thread_id}"
    assert lines[0].endswith(f"]({link}/{asked}) · 2 replies")
    assert lines[0].startswith("[¶")
    assert lines[1:] == [f"[Reply]({link}/{other}) · 1 reply"]


async def test_an_archived_post_is_neither_edited_nor_unarchived(running: RunningBot) -> None:
    post, _inside = await publish(running, channel="essay-forum")
    await running.write("Ann", "I would wait.", channel_id=post)
    await running.settle(60)
    await change(running, post, archived=True)
    await wait(running, 3 * SOON)
    assert state_of(running, post).archived
    assert await get_index(running, post) == []
    await running.write("Ben", "So would I.", channel_id=post)
    await wait(running, SOON)
    assert (await get_index(running, post))[0] == "**2 people · 2 replies**"


async def test_where_discord_limits_old_edits_they_are_retried_later_and_later(
    running: RunningBot,
) -> None:
    *_, closing = await running.publish(ESSAY)
    await running.settle(7200)
    too_many = {"status": 429, "code": 30046, "message": "Too many edits.", "retry_after": 0.01}
    await fault(running, "PATCH", EDIT, **too_many, times=15)  # three attempts of five calls each
    await running.write("Ann", "I would wait.", to=closing["id"])
    await wait(running, SOON)
    waits = []
    for _attempt in range(3):
        due = await running.database.read(lambda tx: get_next_due(tx, card_indexes.NEXT_DUE))
        assert due is not None
        waits.append(round((due - running.clock.now_ms()) / 60_000))
        await running.settle(waits[-1] * 60 + 1)
    assert waits == [30, 60, 120]
    assert len(await get_index(running)) == 2


async def test_a_new_revision_of_the_card_keeps_the_index(running: RunningBot) -> None:
    *_, closing = await running.publish(ESSAY)
    await running.write("Ann", "I would wait.", to=closing["id"])
    await wait(running, SOON)
    index = await get_index(running)
    assert len(index) == 2
    given = [{"type": 3, "name": "essay", "value": "1"}]
    changed = ESSAY.replace("Slow", "Slower").encode()
    shown = await running.run_command("essay edit", file=("b.md", changed), options=given)
    await running.press(shown, "Apply")
    await running.settle()
    card = await get_card(running)
    assert "Slower bread" in component_texts(card["components"])
    assert await get_index(running) == index
    await wait(running, 2 * SOON)
    assert (await get_card(running))["edited_timestamp"] == card["edited_timestamp"]


async def test_a_card_that_is_posted_again_gets_its_index_again(running: RunningBot) -> None:
    *_, closing = await running.publish(ESSAY)
    await running.write("Ann", "I would wait.", to=closing["id"])
    await wait(running, SOON)
    card = await get_card(running)
    path = f"/channels/{running.channel()}/messages/{card['id']}"
    await running.call_as(running.member(), "DELETE", path)
    await running.settle()
    given = [{"type": 3, "name": "essay", "value": "1"}]
    await running.press(await running.run_command("essay show", options=given), "Restore")
    await running.settle()
    assert await get_index(running) == []
    await wait(running, SOON)
    assert len(await get_index(running)) == 2


async def test_an_update_that_was_interrupted_is_made_after_the_restart(tmp_path: Path) -> None:
    async with run_emulator() as emulator:
        async with run_bot(tmp_path, emulator) as running:
            *_, closing = await running.publish(ESSAY)
            await running.write("Ann", "I would wait.", to=closing["id"])
            await running.settle()
            await running.database.write(lambda tx: card_indexes.begin_update(tx, 1))
        async with run_bot(tmp_path, emulator) as again:
            await wait(again, SOON)
            assert len(await get_index(again)) == 2
