"""Essays as posts of a forum: their tags, what is missing there, and where they are found."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from storage.prompts import digest
from tests.delivery.test_essay_threads import change, fault, state_of
from tests.delivery.test_styles import LONG, command, numbers, publish
from tests.support.running_bot import (
    ESSAY,
    RunningBot,
    find_buttons,
    run_bot,
    run_emulator,
    running_bot,
)


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[RunningBot]:
    async with running_bot(tmp_path) as opened:
        yield opened


async def tag_forum(running: RunningBot, *, required: bool = False) -> None:
    tags = [
        {"name": "News", "moderated": False},
        {"name": "Fiction", "moderated": False},
        {"name": "Picked", "moderated": True},
    ]
    forum = running.channel("essay-forum")
    await change(running, forum, available_tags=tags, flags=1 << 4 if required else 0)
    await running.settle()


def tags_of(running: RunningBot, thread_id: int) -> list[str]:
    """The names of the tags on a post."""
    known = running.emulator.world.channels[running.channel("essay-forum")].available_tags
    names = {int(tag["id"]): tag["name"] for tag in known}
    return [names[tag] for tag in state_of(running, thread_id).applied_tags]


async def hand_in(running: RunningBot, tags: str | None = None) -> dict[str, Any]:
    options = [{"type": 7, "name": "channel", "value": str(running.channel("essay-forum"))}]
    if tags is not None:
        options.append({"type": 3, "name": "tags", "value": tags})
    return await running.run_command(
        "essay publish", file=("long.md", LONG.encode()), options=options
    )


async def pick(running: RunningBot, shown: dict[str, Any], tag: str) -> dict[str, Any]:
    """Pick a tag in the list below a preview."""
    answer = await running.answer_message(shown)
    rows = [row["components"][0] for row in answer["components"] if row["type"] == 1]
    (picker,) = [one for one in rows if one["type"] == 3]
    (value,) = [one["value"] for one in picker["options"] if one["label"] == tag]
    data = {"component_type": 3, "custom_id": picker["custom_id"], "values": [value]}
    return await running.interact(3, data, message_id=answer["id"], message_flags=answer["flags"])


@pytest.mark.smoke
async def test_a_forum_post_has_the_tags_that_were_named(running: RunningBot) -> None:
    await tag_forum(running, required=True)
    shown = await hand_in(running, "fiction, News")
    assert "tagged “News”, “Fiction”" in await running.answer_text(shown)
    await running.press(shown, "Publish")
    await running.settle()
    (thread,) = (await running.world())["threads"]
    assert sorted(tags_of(running, int(thread["id"]))) == ["Fiction", "News"]


async def test_an_unknown_tag_is_rejected_with_a_list_of_the_tags(running: RunningBot) -> None:
    await tag_forum(running)
    told = await running.answer_text(await hand_in(running, "Poetry"))
    assert "has no tag “Poetry”. Its tags are: News, Fiction, Picked." in told


async def test_a_required_tag_is_chosen_below_the_preview(running: RunningBot) -> None:
    await tag_forum(running, required=True)
    shown = await hand_in(running)
    assert "needs a tag. Choose one" in await running.answer_text(shown)
    refused = await running.press(shown, "Publish")
    assert "needs a tag" in await running.answer_text(refused)
    await pick(running, shown, "Fiction")
    assert "tagged “Fiction”" in await running.answer_text(shown)
    await running.press(shown, "Publish")
    await running.settle()
    (thread,) = (await running.world())["threads"]
    assert tags_of(running, int(thread["id"])) == ["Fiction"]


async def test_a_moderated_tag_needs_the_manage_threads_permission(running: RunningBot) -> None:
    await tag_forum(running)
    forum = running.channel("essay-forum")
    path = f"/channels/{forum}/permissions/{running.salon.own_id}"
    deny = {"type": 1, "allow": "0", "deny": str(1 << 34)}
    await running.call_as(running.member(), "PUT", path, deny)
    await running.settle()
    assert "Give me *Manage Threads*" in await running.answer_text(await hand_in(running, "Picked"))
    await running.call_as(running.member(), "DELETE", path)
    await running.settle()
    assert "tagged “Picked”" in await running.answer_text(await hand_in(running, "Picked"))


async def test_tags_are_autocompleted(running: RunningBot) -> None:
    await tag_forum(running)
    known = next(c for c in running.emulator.world.commands.values() if c.name == "essay")
    typed = [
        {"type": 7, "name": "channel", "value": str(running.channel("essay-forum"))},
        {"type": 3, "name": "tags", "value": "News, f", "focused": True},
    ]
    data = {
        "id": str(known.id),
        "name": "essay",
        "type": 1,
        "version": str(known.version),
        "options": [{"type": 1, "name": "publish", "options": typed}],
    }
    asked = await running.interact(4, data)
    assert [one["name"] for one in asked["answer"]["data"]["choices"]] == ["News, Fiction"]


async def test_a_forum_that_has_required_a_tag_since_the_preview_is_reported(
    running: RunningBot,
) -> None:
    await tag_forum(running)
    shown = await hand_in(running)
    await fault(running, "POST", "/channels/*/threads", status=400, code=40067, message="A tag")
    await running.press(shown, "Publish")
    told = await running.answer_text(shown)
    assert "stopped after 0 of" in told
    assert "needs a tag" in told


async def stopped_for_a_tag(running: RunningBot) -> None:
    """Schedule an essay without tags, and have the forum require one before it comes."""
    await tag_forum(running)
    await running.answer_text(await hand_in(running))
    options = [
        {"type": 3, "name": "essay", "value": "1"},
        {"type": 3, "name": "when", "value": "in 2 hours"},
    ]
    told = await running.answer_text(await running.run_command("essay schedule", options=options))
    assert "Not yet" not in told
    await tag_forum(running, required=True)
    told = await running.answer_text(await running.run_command("essay schedule", options=options))
    assert "**Not yet:** Each post in #essay-forum needs a tag. Choose one." in told
    await running.settle(3 * 3600)
    assert (await running.world())["threads"] == []


async def test_publishing_that_stopped_for_a_missing_tag_continues_once_one_is_chosen(
    running: RunningBot,
) -> None:
    await stopped_for_a_tag(running)
    shown = await command(running, "show")
    assert "needs a tag. Choose one with `/essay show`" in await running.answer_text(shown)
    assert "needs a tag. Choose one." in await running.answer_text(
        await running.press(shown, "Retry")
    )
    await pick(running, shown, "Fiction")
    await running.press(shown, "Retry")
    await running.settle()
    (thread,) = (await running.world())["threads"]
    assert tags_of(running, int(thread["id"])) == ["Fiction"]
    assert numbers(await running.bot_messages(int(thread["id"]))) == ["0", "1", "2", "3", "4"]


async def test_the_tags_of_a_published_essay_cannot_be_changed(running: RunningBot) -> None:
    await stopped_for_a_tag(running)
    shown, late = [await command(running, "show") for _ in range(2)]
    await pick(running, shown, "News")
    await running.press(shown, "Retry")
    await running.settle()
    assert "was posted already" in await running.answer_text(await pick(running, late, "Fiction"))
    (thread,) = (await running.world())["threads"]
    assert tags_of(running, int(thread["id"])) == ["News"]


async def test_a_tag_that_was_deleted_has_to_be_chosen_again(running: RunningBot) -> None:
    await tag_forum(running)
    shown = await hand_in(running, "News")
    await running.settle()
    await change(running, running.channel("essay-forum"), available_tags=[{"name": "Prose"}])
    await running.settle()
    assert "no longer has one of the chosen tags" in await running.answer_text(
        await running.press(shown, "Publish")
    )
    again = await command(running, "show")
    assert "no longer has one of the chosen tags" in await running.answer_text(again)
    await pick(running, again, "Prose")
    await running.press(again, "Publish")
    await running.settle()
    (thread,) = (await running.world())["threads"]
    assert tags_of(running, int(thread["id"])) == ["Prose"]


async def test_a_style_cannot_be_given_for_a_forum_and_tags_need_one(
    running: RunningBot,
) -> None:
    options = [
        {"type": 7, "name": "channel", "value": str(running.channel("essay-forum"))},
        {"type": 3, "name": "style", "value": "thread"},
    ]
    shown = await running.run_command(
        "essay publish", file=("e.md", ESSAY.encode()), options=options
    )
    assert "each essay is a post. Leave `style` out" in await running.answer_text(shown)
    options = [{"type": 3, "name": "tags", "value": "News"}]
    shown = await running.run_command(
        "essay publish", file=("e.md", ESSAY.encode()), options=options
    )
    assert "Only forum posts can have tags" in await running.answer_text(shown)


async def test_only_permissions_that_a_forum_post_needs_are_reported_missing(
    running: RunningBot,
) -> None:
    forum = running.channel("essay-forum")
    path = f"/channels/{forum}/permissions/{running.salon.own_id}"
    deny = {"type": 1, "allow": "0", "deny": str(1 << 35 | 1 << 38)}
    await running.call_as(running.member(), "PUT", path, deny)
    await running.settle()
    told = await running.answer_text(await hand_in(running))
    assert "*Send Messages in Threads*" in told
    assert "*Create Public Threads*" not in told
    labels = [
        b["label"]
        for b in find_buttons((await running.answer_message(await hand_in(running)))["components"])
    ]
    assert "Use one thread" not in labels


async def test_tags_and_styles_can_be_chosen_after_a_restart(tmp_path: Path) -> None:
    async with run_emulator() as emulator:
        async with run_bot(tmp_path, emulator) as running:
            await tag_forum(running)
            shown = await hand_in(running)
            other = await running.run_command("essay publish", file=("bread.md", ESSAY.encode()))
            await running.answer_text(other)
        async with run_bot(tmp_path, emulator) as running:
            await pick(running, shown, "News")
            assert "tagged “News”" in await running.answer_text(shown)
            await running.press(other, "Use one thread")
            assert "in one thread on the card" in await running.answer_text(other)


async def test_a_scheduled_essay_is_posted_in_its_forum_with_its_tags(running: RunningBot) -> None:
    await tag_forum(running)
    shown = await hand_in(running, "News")
    await running.answer_text(shown)
    options = [
        {"type": 3, "name": "essay", "value": "1"},
        {"type": 3, "name": "when", "value": "in 3 hours"},
    ]
    assert "will be published" in await running.answer_text(
        await running.run_command("essay schedule", options=options)
    )
    await running.settle(3 * 3600 + 60)
    (thread,) = (await running.world())["threads"]
    assert tags_of(running, int(thread["id"])) == ["News"]
    assert numbers(await running.bot_messages(int(thread["id"]))) == ["0", "1", "2", "3", "4"]


async def test_the_digest_links_to_a_forum_post(running: RunningBot) -> None:
    thread_id, _ = await publish(running, channel="essay-forum")
    await running.write("Ann", "Mine.", channel_id=thread_id)
    await running.settle(86_400 + 7200)
    now = running.clock.now()
    since = now - timedelta(days=7)
    week = await running.database.read(
        lambda tx: digest.get_week(tx, running.server_id, since=since, since_id=0)
    )
    (essay,) = week.essays
    assert (essay.channel_id, essay.card_id, essay.replies) == (thread_id, thread_id, 1)
    assert {prompt.channel_id for prompt in week.unanswered} == {thread_id}


async def test_an_essay_published_twice_in_a_forum_has_two_posts(running: RunningBot) -> None:
    """The one is never taken for the other, although they say the same."""
    await publish(running, ESSAY, channel="essay-forum")
    await fault(running, "POST", "/channels/*/threads", status=502, after_effect=True)
    options = [{"type": 7, "name": "channel", "value": str(running.channel("essay-forum"))}]
    shown = await running.run_command(
        "essay publish", file=("long.md", ESSAY.encode()), options=options
    )
    assert "Already published" in await running.answer_text(shown)
    await running.press(shown, "Publish again")
    await running.settle(600)
    threads = [int(thread["id"]) for thread in (await running.world())["threads"]]
    assert len(threads) == 2
    for thread_id in threads:
        assert len(await running.bot_messages(thread_id)) == 3
    recorded = await running.database.read(
        lambda tx: tx.rows("SELECT thread_id FROM discussions ORDER BY id")
    )
    assert [row["thread_id"] for row in recorded] == sorted(threads)
