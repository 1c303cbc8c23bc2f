"""The styles of a discussion besides a thread a reply: one thread for the essay, a forum's post."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.emulator.world.models import ChannelType
from bot.emulator.world.seed import put_channel
from tests.support.running_bot import (
    ESSAY,
    RunningBot,
    component_texts,
    find_buttons,
    run_bot,
    run_emulator,
    running_bot,
)

LONG = "# Long\n\n" + "\n\n".join(f"Paragraph {n}. " + "It takes time. " * 90 for n in range(5))


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[RunningBot]:
    async with running_bot(tmp_path) as opened:
        yield opened


async def publish(
    running: RunningBot, essay: str = LONG, *, channel: str = "essays", style: str | None = None
) -> tuple[int, list[dict[str, Any]]]:
    """Publish in a channel; the essay's own thread or post, and what stands in it of ours."""
    options: list[dict[str, Any]] = [
        {"type": 7, "name": "channel", "value": str(running.channel(channel))}
    ]
    if style is not None:
        options.append({"type": 3, "name": "style", "value": style})
    shown = await running.run_command(
        "essay publish", file=("long.md", essay.encode()), options=options
    )
    await running.press(shown, "Publish")
    await running.settle()
    assert "is published" in await running.answer_text(shown)
    (thread,) = (await running.world())["threads"]
    return int(thread["id"]), await running.bot_messages(int(thread["id"]))


def numbers(messages: list[dict[str, Any]]) -> list[str]:
    """The paragraphs of the essay that stand in these messages, in order."""
    together = "\n".join(message["content"] for message in messages)
    return [word.split(".")[0] for word in together.split("Paragraph ")[1:]]


async def kept(running: RunningBot, essay: str = "1") -> dict[str, dict[str, Any]]:
    return {reply["text"]: reply for reply in (await running.export(essay))["replies"]}


async def command(running: RunningBot, name: str, essay: str = "1") -> dict[str, Any]:
    return await running.run_command(
        f"essay {name}", options=[{"type": 3, "name": "essay", "value": essay}]
    )


async def test_a_single_thread_is_on_the_card_and_contains_the_parts(running: RunningBot) -> None:
    thread_id, inside = await publish(running, style="thread")
    (card,) = await running.bot_messages()
    assert card["id"] == str(thread_id)
    thread = running.emulator.world.channels[thread_id]
    assert (thread.name, thread.parent_id) == ("Long", running.channel())
    assert numbers(inside) == ["0", "1", "2", "3", "4"]
    assert "What do you think?" in inside[-1]["content"]
    assert (await running.export())["essay"]["state"] == "open"


async def test_messages_in_the_single_thread_answer_the_essay_or_the_part_they_reply_to(
    running: RunningBot,
) -> None:
    thread_id, inside = await publish(running, style="thread")
    await running.write("Ann", "To a part.", to=inside[0]["id"], channel_id=thread_id)
    plain = await running.write("Ben", "To nothing.", channel_id=thread_id)
    await running.write("Chloe", "To Ben.", to=plain, channel_id=thread_id)
    await running.settle()
    replies = await kept(running)
    assert replies["To a part."]["parent"] is None
    assert replies["To a part."]["passages"]
    assert (replies["To nothing."]["parent"], replies["To nothing."]["passages"]) == (None, [])
    assert replies["To Ben."]["parent"] == str(plain)
    assert {reply["thread_id"] for reply in replies.values()} == {str(thread_id)}
    assert len((await running.world())["threads"]) == 1, "no thread besides"


async def test_a_reply_in_the_channel_gets_a_link_to_the_essays_thread(running: RunningBot) -> None:
    thread_id, _ = await publish(running, style="thread")
    (card,) = await running.bot_messages()
    first = await running.write("Ann", "To the card.", to=card["id"])
    await running.settle()
    _, pointer = await running.bot_messages()
    assert f"<#{thread_id}>" in pointer["content"]
    await running.write("Ben", "To Ann.", to=first)
    await running.settle(11 * 60)
    assert len(await running.bot_messages()) == 1, "the lines are taken away again"
    replies = await kept(running)
    assert replies["To the card."]["parent"] is None
    assert replies["To Ann."]["parent"] == str(first)
    assert len((await running.world())["threads"]) == 1


async def test_prompts_go_into_the_single_thread_and_nobody_is_nudged(running: RunningBot) -> None:
    thread_id, inside = await publish(running, style="thread")
    await running.write("Ann", "Hm.", channel_id=thread_id)
    await running.settle(4 * 86_400)
    added = (await running.bot_messages(thread_id))[len(inside) :]
    assert added, "a prompt"
    assert all("Write here, or reply" in prompt["content"] for prompt in added)
    assert len(await running.bot_messages()) == 1
    kinds = await running.database.read(lambda tx: tx.rows("SELECT DISTINCT kind FROM prompts"))
    assert {row["kind"] for row in kinds} == {"step"}


async def test_a_forum_post_starts_with_the_card_and_contains_the_parts(
    running: RunningBot,
) -> None:
    thread_id, (card, *inside) = await publish(running, channel="essay-forum")
    assert card["id"] == str(thread_id)
    assert "# Long" in component_texts(card["components"])
    thread = running.emulator.world.channels[thread_id]
    assert (thread.name, thread.parent_id) == ("Long", running.channel("essay-forum"))
    assert numbers(inside) == ["0", "1", "2", "3", "4"]
    assert await running.bot_messages() == []
    assert f"/{thread_id}/{thread_id}" in await running.answer_text(
        await running.run_command("essay list")
    )
    shown = await running.answer_text(await command(running, "show"))
    assert f"in its own post: <#{thread_id}>" in shown


async def test_no_reply_is_moved_in_a_forum_post(running: RunningBot) -> None:
    thread_id, (card, part, *_) = await publish(running, channel="essay-forum")
    await running.write("Ann", "To the card.", to=card["id"], channel_id=thread_id)
    to_part = await running.write("Ben", "To a part.", to=part["id"], channel_id=thread_id)
    await running.write("Chloe", "To Ben.", to=to_part, channel_id=thread_id)
    await running.settle()
    before = len(await running.bot_messages(thread_id))
    replies = await kept(running)
    assert replies["To the card."]["parent"] is None
    assert replies["To a part."]["passages"]
    assert replies["To Ben."]["parent"] == str(to_part)
    assert (await running.export())["essay"]["channel_id"] == str(running.channel("essay-forum"))
    await running.settle(11 * 60)
    assert len(await running.bot_messages(thread_id)) == before
    assert len((await running.world())["threads"]) == 1


async def test_closing_locks_the_essays_own_thread_and_reopening_unlocks_it(
    running: RunningBot,
) -> None:
    for number, place in enumerate(("essays", "essay-forum"), 1):
        style = "thread" if place == "essays" else None
        before = {thread["id"] for thread in (await running.world())["threads"]}
        options = [{"type": 7, "name": "channel", "value": str(running.channel(place))}]
        if style is not None:
            options.append({"type": 3, "name": "style", "value": style})
        shown = await running.run_command(
            "essay publish", file=("e.md", ESSAY.encode()), options=options
        )
        await running.press(shown, "Publish")
        await running.settle()
        (thread_id,) = {t["id"] for t in (await running.world())["threads"]} - before
        state = running.emulator.world.channels[int(thread_id)].thread
        assert state is not None
        await command(running, "close", str(number))
        await running.settle()
        assert (state.locked, state.archived) == (True, True)
        await command(running, "reopen", str(number))
        await running.settle()
        assert (state.locked, state.archived) == (False, False)


async def test_withdrawing_a_single_thread_deletes_the_bots_messages_and_keeps_members(
    running: RunningBot,
) -> None:
    thread_id, _ = await publish(running, style="thread")
    await running.write("Ann", "Mine.", channel_id=thread_id)
    await running.settle()
    await running.press(await command(running, "withdraw"), "Withdraw")
    await running.settle(60)
    assert await running.bot_messages() == []
    assert await running.bot_messages(thread_id) == []
    assert "Mine." in [message["content"] for message in await running.messages(thread_id)]
    state = running.emulator.world.channels[thread_id].thread
    assert state is not None
    assert state.locked


async def test_withdrawing_a_forum_post_empties_and_locks_it(running: RunningBot) -> None:
    thread_id, ours = await publish(running, channel="essay-forum")
    await running.write("Ann", "Mine.", channel_id=thread_id)
    await running.settle(2 * 86_400)  # with a prompt
    await running.press(await command(running, "withdraw"), "Withdraw")
    await running.settle(60)
    left = await running.bot_messages(thread_id)
    assert len(left) > len(ours), "nothing is deleted"
    told = {
        f"{message['content']}{component_texts(message['components'])}".strip() for message in left
    }
    assert told == {"-# This essay was withdrawn."}
    assert "Mine." in [message["content"] for message in await running.messages(thread_id)]
    state = running.emulator.world.channels[thread_id].thread
    assert state is not None
    assert (state.locked, state.archived) == (True, True)


@pytest.mark.parametrize("style", ["threads", "thread"])
async def test_an_announcement_channel_works_like_a_text_channel(
    tmp_path: Path, style: str
) -> None:
    """docs: Channel Resource › Channel Types: threads there are of type 10."""
    async with run_emulator() as emulator:
        put_channel(emulator.world, emulator.world.guild, "news", ChannelType.ANNOUNCEMENT)
        async with run_bot(tmp_path, emulator) as running:
            news = running.channel("news")
            options = [
                {"type": 7, "name": "channel", "value": str(news)},
                {"type": 3, "name": "style", "value": style},
            ]
            shown = await running.run_command(
                "essay publish", file=("long.md", LONG.encode()), options=options
            )
            await running.press(shown, "Publish")
            await running.settle()
            card, *_ = await running.bot_messages(news)
            reply = await running.write("Ann", "News!", to=card["id"], channel_id=news)
            await running.settle()
            (thread,) = (await running.world())["threads"]
            assert thread["type"] == 10
            own = thread["id"] == card["id"]
            assert own == (style == "thread")
            assert own or thread["id"] == str(reply)
            inside = (
                await running.bot_messages(int(thread["id"]))
                if own
                else await running.bot_messages(news)
            )
            assert numbers(inside) == ["0", "1", "2", "3", "4"]
            assert (await kept(running))["News!"]["parent"] is None


async def test_a_long_essay_gets_its_own_thread_unless_an_admin_chooses_otherwise(
    running: RunningBot,
) -> None:
    very_long = "# Long\n\n" + "\n\n".join(f"Paragraph {n}. " + "It is. " * 250 for n in range(23))
    shown = await running.run_command("essay publish", file=("long.md", very_long.encode()))
    told = await running.answer_text(shown)
    assert "one thread on the card" in told
    assert "more than 20 parts" in told
    await running.press(shown, "Use a thread for each reply")
    await running.settle()
    assert "in a thread for each reply" in await running.answer_text(shown)
    await running.press(shown, "Use one thread")
    await running.press(shown, "Publish")
    await running.settle()
    (thread,) = (await running.world())["threads"]
    assert len(numbers(await running.bot_messages(int(thread["id"])))) == 23


async def test_the_servers_style_is_used_if_the_command_names_none(running: RunningBot) -> None:
    server = {"id": running.server_id}
    await running.run_command("essay list")
    await running.database.write(
        lambda tx: tx.run("INSERT INTO servers (id, name, joined_at) VALUES (:id, '', 0)", server)
    )
    await running.database.write(
        lambda tx: tx.run(
            "INSERT INTO server_settings (server_id, style) VALUES (:id, 'thread')", server
        )
    )
    shown = await running.run_command("essay publish", file=("bread.md", ESSAY.encode()))
    assert "one thread on the card" in await running.answer_text(shown)
    labels = [
        button["label"]
        for button in find_buttons((await running.answer_message(shown))["components"])
    ]
    assert "Use a thread for each reply" in labels
