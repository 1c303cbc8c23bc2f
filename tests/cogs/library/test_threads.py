"""The *Threads* button: all threads, in several orders, on pages, of what one may read."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.cogs.library.test_news import ESSAY, press
from tests.delivery.test_styles import publish
from tests.support.running_bot import RunningBot, find_buttons, run_bot, run_emulator, running_bot


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[RunningBot]:
    async with running_bot(tmp_path) as opened:
        yield opened


def threads_in(text: str) -> list[str]:
    return [line for line in text.split("\n") if line.startswith(("<#", "["))]


async def sort_by(running: RunningBot, asked: dict[str, Any], order: str) -> list[str]:
    shown = await running.answer_message(asked)
    (select,) = [
        one for row in shown["components"] for one in row.get("components", ()) if one["type"] == 3
    ]
    data = {"component_type": 3, "custom_id": select["custom_id"], "values": [order]}
    await running.interact(
        3, data, who=running.member("Ann"), message_id=shown["id"], message_flags=shown["flags"]
    )
    return threads_in(await running.answer_text(asked))


@pytest.mark.smoke
async def test_all_threads_are_listed_in_the_order_that_is_chosen(running: RunningBot) -> None:
    card, part, closing = await running.publish(ESSAY)
    second = await running.write("Ann", "> It is worth it.\nIs it?", to=part["id"])
    await running.settle()
    first = await running.write("Ben", "> It takes a night.\nI know.", to=part["id"])
    await running.settle()
    busy = await running.write("Chloe", "I would.", to=closing["id"])
    await running.settle()
    await running.write("Ann", "You too?", channel_id=busy)
    await running.write("Ann", "I see.", channel_id=first)
    await running.write("Dev", "Me too.", channel_id=busy)
    await running.settle()
    asked = await press(running, card, "Ann", "Threads")
    text = await running.answer_text(asked)
    assert "**Threads** in “Slow bread”" in text
    assert "-# 4 people · 6 replies · 3 threads · latest <t:" in text
    assert threads_in(text) == [
        f"<#{busy}> · 2 replies",
        f"<#{first}> · ¶1 · 1 reply",
        f"<#{second}> · ¶2 · ● unanswered",
    ]
    assert (await running.answer_message(asked))["flags"] & 64
    for order, expected in (
        ("newest", [busy, first, second]),
        ("unanswered", [second, busy, first]),
        ("passage", [first, second, busy]),
        ("busiest", [busy, first, second]),
    ):
        found = await sort_by(running, asked, order)
        assert [line.split(">")[0] for line in found] == [f"<#{one}" for one in expected], order


async def test_many_threads_have_pages_that_work_after_a_restart(tmp_path: Path) -> None:
    async with run_emulator() as emulator:
        async with run_bot(tmp_path, emulator) as running:
            card, _part, closing = await running.publish(ESSAY)
            for number in range(25):
                await running.write("Ann", f"Bread number {number}.", to=closing["id"])
            await running.settle(4000)
            asked = await press(running, card, "Ann", "Threads")
            assert len(threads_in(await running.answer_text(asked))) == 20
        async with run_bot(tmp_path, emulator) as again:
            await again.press(asked, "More", who=again.member("Ann"))
            assert len(threads_in(await again.answer_text(asked))) == 5
            await again.press(asked, "Back", who=again.member("Ann"))
            assert len(threads_in(await again.answer_text(asked))) == 20


async def test_without_threads_it_says_so(running: RunningBot) -> None:
    card, *_ = await running.publish(ESSAY)
    asked = await press(running, card, "Ann", "Threads")
    assert "Nothing yet." in await running.answer_text(asked)
    assert find_buttons((await running.answer_message(asked))["components"]) == []


async def test_in_a_forum_post_its_replies_are_listed(running: RunningBot) -> None:
    post, _inside = await publish(running, channel="essay-forum")
    head = await running.write("Ann", "I would wait.", channel_id=post)
    await running.settle()
    await running.write("Ben", "Why?", to=head, channel_id=post)
    await running.write("Chloe", "Nobody asked.", channel_id=post)
    await running.settle()
    card = (await running.bot_messages(post))[0]
    text = await running.answer_text(await press(running, card, "Ann", "Threads"))
    answered, alone = threads_in(text)
    assert answered.endswith(f"/{post}/{head}) · 1 reply")
    assert alone.endswith(" · ● unanswered")


async def test_who_may_not_read_the_channel_any_more_sees_no_thread(running: RunningBot) -> None:
    card, _part, closing = await running.publish(ESSAY)
    for number in range(25):
        await running.write("Ann", f"Bread number {number}.", to=closing["id"])
    await running.settle(4000)
    ben = running.member("Ben")
    asked = await press(running, card, "Ben", "Threads")
    made = await running.call_as(
        running.member(),
        "POST",
        f"/guilds/{running.server_id}/channels",
        {"name": "lobby", "type": 0},
    )
    overwrite = {"id": str(ben.id), "type": 1, "allow": "0", "deny": str(1 << 16)}
    await running.call_as(
        running.member(),
        "PATCH",
        f"/channels/{running.channel()}",
        {"permission_overwrites": [overwrite]},
    )
    await running.settle()
    shown = await running.answer_message(asked)
    (more,) = [one for one in find_buttons(shown["components"]) if one["label"] == "More"]
    pressed = await running.interact(
        3,
        {"component_type": 2, "custom_id": more["custom_id"]},
        who=ben,
        message_id=shown["id"],
        message_flags=shown["flags"],
    )
    assert "There is no published essay" in await running.answer_text(pressed)
    del made
