"""The styles of a discussion besides a thread a reply: one thread for the essay, a forum's post."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.emulator.world.models import ChannelType
from bot.emulator.world.seed import put_channel
from tests.support.running_bot import ESSAY, House, a_house, a_world, buttons, lived_in, texts

LONG = "# Long\n\n" + "\n\n".join(f"Paragraph {n}. " + "It takes time. " * 90 for n in range(5))


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with a_house(tmp_path) as opened:
        yield opened


async def publish(
    house: House, essay: str = LONG, *, channel: str = "essays", style: str | None = None
) -> tuple[int, list[dict[str, Any]]]:
    """Publish in a channel; the essay's own thread or post, and what stands in it of ours."""
    options: list[dict[str, Any]] = [
        {"type": 7, "name": "channel", "value": str(house.channel(channel))}
    ]
    if style is not None:
        options.append({"type": 3, "name": "style", "value": style})
    shown = await house.run("essay publish", file=("long.md", essay.encode()), options=options)
    await house.press(shown, "Publish")
    await house.settle()
    assert "is published" in await house.said(shown)
    (thread,) = (await house.world())["threads"]
    return int(thread["id"]), await house.ours(int(thread["id"]))


def numbers(messages: list[dict[str, Any]]) -> list[str]:
    """The paragraphs of the essay that stand in these messages, in order."""
    together = "\n".join(message["content"] for message in messages)
    return [word.split(".")[0] for word in together.split("Paragraph ")[1:]]


async def kept(house: House, essay: str = "1") -> dict[str, dict[str, Any]]:
    return {reply["text"]: reply for reply in (await house.export(essay))["replies"]}


async def command(house: House, name: str, essay: str = "1") -> dict[str, Any]:
    return await house.run(f"essay {name}", options=[{"type": 3, "name": "essay", "value": essay}])


async def test_one_thread_stands_on_the_card_and_holds_the_parts(house: House) -> None:
    thread_id, inside = await publish(house, style="thread")
    (card,) = await house.ours()
    assert card["id"] == str(thread_id)
    thread = house.emulator.world.channels[thread_id]
    assert (thread.name, thread.parent_id) == ("Long", house.channel())
    assert numbers(inside) == ["0", "1", "2", "3", "4"]
    assert "What do you think?" in inside[-1]["content"]
    assert (await house.export())["essay"]["state"] == "open"


async def test_talk_in_the_one_thread_answers_the_essay_and_the_part_it_replies_to(
    house: House,
) -> None:
    thread_id, inside = await publish(house, style="thread")
    await house.write("Ann", "To a part.", to=inside[0]["id"], channel_id=thread_id)
    plain = await house.write("Ben", "To nothing.", channel_id=thread_id)
    await house.write("Chloe", "To Ben.", to=plain, channel_id=thread_id)
    await house.settle()
    replies = await kept(house)
    assert replies["To a part."]["parent"] is None
    assert replies["To a part."]["passages"]
    assert (replies["To nothing."]["parent"], replies["To nothing."]["passages"]) == (None, [])
    assert replies["To Ben."]["parent"] == str(plain)
    assert {reply["thread_id"] for reply in replies.values()} == {str(thread_id)}
    assert len((await house.world())["threads"]) == 1, "no thread besides"


async def test_a_reply_in_the_channel_is_pointed_into_the_one_thread(house: House) -> None:
    thread_id, _ = await publish(house, style="thread")
    (card,) = await house.ours()
    first = await house.write("Ann", "To the card.", to=card["id"])
    await house.settle()
    _, pointer = await house.ours()
    assert f"<#{thread_id}>" in pointer["content"]
    await house.write("Ben", "To Ann.", to=first)
    await house.settle(11 * 60)
    assert len(await house.ours()) == 1, "the lines are taken away again"
    replies = await kept(house)
    assert replies["To the card."]["parent"] is None
    assert replies["To Ann."]["parent"] == str(first)
    assert len((await house.world())["threads"]) == 1


async def test_prompts_go_into_the_one_thread_and_nobody_is_nudged(house: House) -> None:
    thread_id, inside = await publish(house, style="thread")
    await house.write("Ann", "Hm.", channel_id=thread_id)
    await house.settle(4 * 86_400)
    added = (await house.ours(thread_id))[len(inside) :]
    assert added, "a prompt"
    assert all("Write here, or reply" in prompt["content"] for prompt in added)
    assert len(await house.ours()) == 1
    kinds = await house.database.read(lambda tx: tx.rows("SELECT DISTINCT kind FROM prompts"))
    assert {row["kind"] for row in kinds} == {"step"}


async def test_a_forums_post_begins_with_the_card_and_holds_the_parts(house: House) -> None:
    thread_id, (card, *inside) = await publish(house, channel="essay-forum")
    assert card["id"] == str(thread_id)
    assert "# Long" in texts(card["components"])
    thread = house.emulator.world.channels[thread_id]
    assert (thread.name, thread.parent_id) == ("Long", house.channel("essay-forum"))
    assert numbers(inside) == ["0", "1", "2", "3", "4"]
    assert await house.ours() == []
    assert f"/{thread_id}/{thread_id}" in await house.said(await house.run("essay list"))
    shown = await house.said(await command(house, "show"))
    assert f"in its own post: <#{thread_id}>" in shown


async def test_nothing_is_moved_in_a_forums_post(house: House) -> None:
    thread_id, (card, part, *_) = await publish(house, channel="essay-forum")
    await house.write("Ann", "To the card.", to=card["id"], channel_id=thread_id)
    to_part = await house.write("Ben", "To a part.", to=part["id"], channel_id=thread_id)
    await house.write("Chloe", "To Ben.", to=to_part, channel_id=thread_id)
    await house.settle()
    before = len(await house.ours(thread_id))
    replies = await kept(house)
    assert replies["To the card."]["parent"] is None
    assert replies["To a part."]["passages"]
    assert replies["To Ben."]["parent"] == str(to_part)
    assert (await house.export())["essay"]["channel_id"] == str(house.channel("essay-forum"))
    await house.settle(11 * 60)
    assert len(await house.ours(thread_id)) == before
    assert len((await house.world())["threads"]) == 1


async def test_closing_locks_the_essays_own_thread_and_reopening_unlocks_it(house: House) -> None:
    for number, place in enumerate(("essays", "essay-forum"), 1):
        style = "thread" if place == "essays" else None
        before = {thread["id"] for thread in (await house.world())["threads"]}
        options = [{"type": 7, "name": "channel", "value": str(house.channel(place))}]
        if style is not None:
            options.append({"type": 3, "name": "style", "value": style})
        shown = await house.run("essay publish", file=("e.md", ESSAY.encode()), options=options)
        await house.press(shown, "Publish")
        await house.settle()
        (thread_id,) = {t["id"] for t in (await house.world())["threads"]} - before
        state = house.emulator.world.channels[int(thread_id)].thread
        assert state is not None
        await command(house, "close", str(number))
        await house.settle()
        assert (state.locked, state.archived) == (True, True)
        await command(house, "reopen", str(number))
        await house.settle()
        assert (state.locked, state.archived) == (False, False)


async def test_withdrawing_one_thread_takes_the_bots_words_and_keeps_the_members(
    house: House,
) -> None:
    thread_id, _ = await publish(house, style="thread")
    await house.write("Ann", "Mine.", channel_id=thread_id)
    await house.settle()
    await house.press(await command(house, "withdraw"), "Withdraw")
    await house.settle(60)
    assert await house.ours() == []
    assert await house.ours(thread_id) == []
    assert "Mine." in [message["content"] for message in await house.messages(thread_id)]
    state = house.emulator.world.channels[thread_id].thread
    assert state is not None
    assert state.locked


async def test_withdrawing_a_forums_post_empties_it_and_locks_it(house: House) -> None:
    thread_id, ours = await publish(house, channel="essay-forum")
    await house.write("Ann", "Mine.", channel_id=thread_id)
    await house.settle(2 * 86_400)  # with a prompt
    await house.press(await command(house, "withdraw"), "Withdraw")
    await house.settle(60)
    left = await house.ours(thread_id)
    assert len(left) > len(ours), "nothing is deleted"
    told = {f"{message['content']}{texts(message['components'])}".strip() for message in left}
    assert told == {"-# This essay was withdrawn."}
    assert "Mine." in [message["content"] for message in await house.messages(thread_id)]
    state = house.emulator.world.channels[thread_id].thread
    assert state is not None
    assert (state.locked, state.archived) == (True, True)


@pytest.mark.parametrize("style", ["threads", "thread"])
async def test_an_announcement_channel_works_like_a_text_channel(
    tmp_path: Path, style: str
) -> None:
    """docs: Channel Resource › Channel Types: threads there are of type 10."""
    async with a_world() as emulator:
        put_channel(emulator.world, emulator.world.guild, "news", ChannelType.ANNOUNCEMENT)
        async with lived_in(tmp_path, emulator) as house:
            news = house.channel("news")
            options = [
                {"type": 7, "name": "channel", "value": str(news)},
                {"type": 3, "name": "style", "value": style},
            ]
            shown = await house.run(
                "essay publish", file=("long.md", LONG.encode()), options=options
            )
            await house.press(shown, "Publish")
            await house.settle()
            card, *_ = await house.ours(news)
            reply = await house.write("Ann", "News!", to=card["id"], channel_id=news)
            await house.settle()
            (thread,) = (await house.world())["threads"]
            assert thread["type"] == 10
            own = thread["id"] == card["id"]
            assert own == (style == "thread")
            assert own or thread["id"] == str(reply)
            inside = await house.ours(int(thread["id"])) if own else await house.ours(news)
            assert numbers(inside) == ["0", "1", "2", "3", "4"]
            assert (await kept(house))["News!"]["parent"] is None


async def test_a_long_essay_goes_into_its_own_thread_unless_an_admin_says_otherwise(
    house: House,
) -> None:
    very_long = "# Long\n\n" + "\n\n".join(f"Paragraph {n}. " + "It is. " * 250 for n in range(23))
    shown = await house.run("essay publish", file=("long.md", very_long.encode()))
    told = await house.said(shown)
    assert "one thread on the card" in told
    assert "more than 20 parts" in told
    await house.press(shown, "A thread a reply instead")
    await house.settle()
    assert "in a thread for each reply" in await house.said(shown)
    await house.press(shown, "One thread instead")
    await house.press(shown, "Publish")
    await house.settle()
    (thread,) = (await house.world())["threads"]
    assert len(numbers(await house.ours(int(thread["id"])))) == 23


async def test_the_servers_style_holds_where_nothing_is_said(house: House) -> None:
    server = {"id": house.server_id}
    await house.run("essay list")
    await house.database.write(
        lambda tx: tx.run("INSERT INTO servers (id, name, joined_at) VALUES (:id, '', 0)", server)
    )
    await house.database.write(
        lambda tx: tx.run(
            "INSERT INTO server_settings (server_id, style) VALUES (:id, 'thread')", server
        )
    )
    shown = await house.run("essay publish", file=("bread.md", ESSAY.encode()))
    assert "one thread on the card" in await house.said(shown)
    labels = [button["label"] for button in buttons((await house.seen(shown))["components"])]
    assert "A thread a reply instead" in labels
