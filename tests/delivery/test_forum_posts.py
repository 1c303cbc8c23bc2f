"""Essays as posts of a forum: their tags, what is missing there, and where they are found."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from storage.prompts import digest
from tests.delivery.test_essay_threads import change, fault, state_of
from tests.delivery.test_styles import LONG, command, numbers, publish
from tests.support.running_bot import ESSAY, House, a_house, a_world, buttons, lived_in


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with a_house(tmp_path) as opened:
        yield opened


async def tag_forum(house: House, *, required: bool = False) -> None:
    tags = [
        {"name": "News", "moderated": False},
        {"name": "Fiction", "moderated": False},
        {"name": "Picked", "moderated": True},
    ]
    forum = house.channel("essay-forum")
    await change(house, forum, available_tags=tags, flags=1 << 4 if required else 0)
    await house.settle()


def tags_of(house: House, thread_id: int) -> list[str]:
    """The names of the tags on a post."""
    known = house.emulator.world.channels[house.channel("essay-forum")].available_tags
    names = {int(tag["id"]): tag["name"] for tag in known}
    return [names[tag] for tag in state_of(house, thread_id).applied_tags]


async def hand_in(house: House, tags: str | None = None) -> dict[str, Any]:
    options = [{"type": 7, "name": "channel", "value": str(house.channel("essay-forum"))}]
    if tags is not None:
        options.append({"type": 3, "name": "tags", "value": tags})
    return await house.run("essay publish", file=("long.md", LONG.encode()), options=options)


async def pick(house: House, shown: dict[str, Any], tag: str) -> dict[str, Any]:
    """Pick a tag in the list below a preview."""
    answer = await house.seen(shown)
    rows = [row["components"][0] for row in answer["components"] if row["type"] == 1]
    (picker,) = [one for one in rows if one["type"] == 3]
    (value,) = [one["value"] for one in picker["options"] if one["label"] == tag]
    data = {"component_type": 3, "custom_id": picker["custom_id"], "values": [value]}
    return await house.interact(3, data, message_id=answer["id"], message_flags=answer["flags"])


async def test_a_forums_post_bears_the_tags_that_were_named(house: House) -> None:
    await tag_forum(house, required=True)
    shown = await hand_in(house, "fiction, News")
    assert "tagged “News”, “Fiction”" in await house.said(shown)
    await house.press(shown, "Publish")
    await house.settle()
    (thread,) = (await house.world())["threads"]
    assert sorted(tags_of(house, int(thread["id"]))) == ["Fiction", "News"]


async def test_a_tag_that_is_not_there_is_refused_with_those_that_are(house: House) -> None:
    await tag_forum(house)
    told = await house.said(await hand_in(house, "Poetry"))
    assert "has no tag “Poetry”. Its tags: News, Fiction, Picked." in told


async def test_a_tag_that_is_needed_is_picked_below_the_preview(house: House) -> None:
    await tag_forum(house, required=True)
    shown = await hand_in(house)
    assert "needs a tag: choose one" in await house.said(shown)
    refused = await house.press(shown, "Publish")
    assert "needs a tag" in await house.said(refused)
    await pick(house, shown, "Fiction")
    assert "tagged “Fiction”" in await house.said(shown)
    await house.press(shown, "Publish")
    await house.settle()
    (thread,) = (await house.world())["threads"]
    assert tags_of(house, int(thread["id"])) == ["Fiction"]


async def test_a_moderators_tag_needs_the_right_to_manage_threads(house: House) -> None:
    await tag_forum(house)
    forum = house.channel("essay-forum")
    path = f"/channels/{forum}/permissions/{house.salon.own_id}"
    deny = {"type": 1, "allow": "0", "deny": str(1 << 34)}
    await house.act(house.member(), "PUT", path, deny)
    await house.settle()
    assert "give me *Manage Threads*" in await house.said(await hand_in(house, "Picked"))
    await house.act(house.member(), "DELETE", path)
    await house.settle()
    assert "tagged “Picked”" in await house.said(await hand_in(house, "Picked"))


async def test_tags_are_offered_while_they_are_typed(house: House) -> None:
    await tag_forum(house)
    known = next(c for c in house.emulator.world.commands.values() if c.name == "essay")
    typed = [
        {"type": 7, "name": "channel", "value": str(house.channel("essay-forum"))},
        {"type": 3, "name": "tags", "value": "News, f", "focused": True},
    ]
    data = {
        "id": str(known.id),
        "name": "essay",
        "type": 1,
        "version": str(known.version),
        "options": [{"type": 1, "name": "publish", "options": typed}],
    }
    asked = await house.interact(4, data)
    assert [one["name"] for one in asked["answer"]["data"]["choices"]] == ["News, Fiction"]


async def test_a_forum_that_needs_a_tag_since_the_preview_says_so(house: House) -> None:
    await tag_forum(house)
    shown = await hand_in(house)
    await fault(house, "POST", "/channels/*/threads", status=400, code=40067, message="A tag")
    await house.press(shown, "Publish")
    told = await house.said(shown)
    assert "stopped after 0 of" in told
    assert "needs a tag" in told


async def stopped_for_a_tag(house: House) -> None:
    """Schedule an essay without tags, and have the forum require one before it comes."""
    await tag_forum(house)
    await house.said(await hand_in(house))
    options = [
        {"type": 3, "name": "essay", "value": "1"},
        {"type": 3, "name": "when", "value": "in 2 hours"},
    ]
    told = await house.said(await house.run("essay schedule", options=options))
    assert "Not yet" not in told
    await tag_forum(house, required=True)
    told = await house.said(await house.run("essay schedule", options=options))
    assert "**Not yet:** Each post in #essay-forum needs a tag: choose one." in told
    await house.settle(3 * 3600)
    assert (await house.world())["threads"] == []


async def test_a_publishing_that_stopped_for_want_of_a_tag_is_given_one_and_goes_on(
    house: House,
) -> None:
    await stopped_for_a_tag(house)
    shown = await command(house, "show")
    assert "needs a tag: choose one with `/essay show`" in await house.said(shown)
    assert "needs a tag: choose one." in await house.said(await house.press(shown, "Go on"))
    await pick(house, shown, "Fiction")
    await house.press(shown, "Go on")
    await house.settle()
    (thread,) = (await house.world())["threads"]
    assert tags_of(house, int(thread["id"])) == ["Fiction"]
    assert numbers(await house.ours(int(thread["id"]))) == ["0", "1", "2", "3", "4"]


async def test_an_essay_that_stands_keeps_its_tags(house: House) -> None:
    await stopped_for_a_tag(house)
    shown, late = [await command(house, "show") for _ in range(2)]
    await pick(house, shown, "News")
    await house.press(shown, "Go on")
    await house.settle()
    assert "stands already" in await house.said(await pick(house, late, "Fiction"))
    (thread,) = (await house.world())["threads"]
    assert tags_of(house, int(thread["id"])) == ["News"]


async def test_a_tag_that_is_gone_is_chosen_anew(house: House) -> None:
    await tag_forum(house)
    shown = await hand_in(house, "News")
    await house.settle()
    await change(house, house.channel("essay-forum"), available_tags=[{"name": "Prose"}])
    await house.settle()
    assert "is gone from #essay-forum" in await house.said(await house.press(shown, "Publish"))
    again = await command(house, "show")
    assert "**Not yet:** A tag that was chosen is gone" in await house.said(again)
    await pick(house, again, "Prose")
    await house.press(again, "Publish")
    await house.settle()
    (thread,) = (await house.world())["threads"]
    assert tags_of(house, int(thread["id"])) == ["Prose"]


async def test_style_and_forum_do_not_go_together_and_tags_need_a_forum(house: House) -> None:
    options = [
        {"type": 7, "name": "channel", "value": str(house.channel("essay-forum"))},
        {"type": 3, "name": "style", "value": "thread"},
    ]
    shown = await house.run("essay publish", file=("e.md", ESSAY.encode()), options=options)
    assert "each essay is a post: leave `style` out" in await house.said(shown)
    options = [{"type": 3, "name": "tags", "value": "News"}]
    shown = await house.run("essay publish", file=("e.md", ESSAY.encode()), options=options)
    assert "only a forum's posts have tags" in await house.said(shown)


async def test_a_forum_lacks_only_what_a_post_needs(house: House) -> None:
    forum = house.channel("essay-forum")
    path = f"/channels/{forum}/permissions/{house.salon.own_id}"
    deny = {"type": 1, "allow": "0", "deny": str(1 << 35 | 1 << 38)}
    await house.act(house.member(), "PUT", path, deny)
    await house.settle()
    told = await house.said(await hand_in(house))
    assert "*Send Messages in Threads*" in told
    assert "*Create Public Threads*" not in told
    labels = [b["label"] for b in buttons((await house.seen(await hand_in(house)))["components"])]
    assert "One thread instead" not in labels


async def test_tags_are_picked_and_styles_switched_after_a_restart_too(tmp_path: Path) -> None:
    async with a_world() as emulator:
        async with lived_in(tmp_path, emulator) as house:
            await tag_forum(house)
            shown = await hand_in(house)
            other = await house.run("essay publish", file=("bread.md", ESSAY.encode()))
            await house.said(other)
        async with lived_in(tmp_path, emulator) as house:
            await pick(house, shown, "News")
            assert "tagged “News”" in await house.said(shown)
            await house.press(other, "One thread instead")
            assert "in one thread on the card" in await house.said(other)


async def test_a_scheduled_essay_comes_into_its_forum_with_its_tags(house: House) -> None:
    await tag_forum(house)
    shown = await hand_in(house, "News")
    await house.said(shown)
    options = [
        {"type": 3, "name": "essay", "value": "1"},
        {"type": 3, "name": "when", "value": "in 3 hours"},
    ]
    assert "will be published" in await house.said(
        await house.run("essay schedule", options=options)
    )
    await house.settle(3 * 3600 + 60)
    (thread,) = (await house.world())["threads"]
    assert tags_of(house, int(thread["id"])) == ["News"]
    assert numbers(await house.ours(int(thread["id"]))) == ["0", "1", "2", "3", "4"]


async def test_the_digest_links_a_forums_post_where_it_stands(house: House) -> None:
    thread_id, _ = await publish(house, channel="essay-forum")
    await house.write("Ann", "Mine.", channel_id=thread_id)
    await house.settle(86_400 + 7200)
    now = house.clock.now()
    week = await house.database.read(lambda tx: digest.get_week(tx, house.server_id, now))
    (essay,) = week.essays
    assert (essay.channel_id, essay.card_id, essay.replies) == (thread_id, thread_id, 1)
    assert {prompt.channel_id for prompt in week.unanswered} == {thread_id}


async def test_what_is_published_twice_in_a_forum_stands_twice(house: House) -> None:
    """The one is never taken for the other, although they say the same."""
    await publish(house, ESSAY, channel="essay-forum")
    await fault(house, "POST", "/channels/*/threads", status=502, after_effect=True)
    options = [{"type": 7, "name": "channel", "value": str(house.channel("essay-forum"))}]
    shown = await house.run("essay publish", file=("long.md", ESSAY.encode()), options=options)
    assert "Already here" in await house.said(shown)
    await house.press(shown, "Publish again")
    await house.settle(600)
    threads = [int(thread["id"]) for thread in (await house.world())["threads"]]
    assert len(threads) == 2
    for thread_id in threads:
        assert len(await house.ours(thread_id)) == 2
    recorded = await house.database.read(
        lambda tx: tx.rows("SELECT thread_id FROM discussions ORDER BY id")
    )
    assert [row["thread_id"] for row in recorded] == sorted(threads)
