"""``/search`` in a server: what a member finds, and what they must not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import discord
import pytest

from bot.discord_api.readable_channels import ReadableChannels, ThreadPlaces
from bot.emulator.world.models import User
from tests.support.running_bot import RunningBot, find_buttons, run_bot, run_emulator, running_bot


def options(words: str, **more: Any) -> list[dict[str, Any]]:
    kinds = {"essay": 3, "by": 6, "passage": 4, "since": 3}
    return [
        {"type": 3, "name": "words", "value": words},
        *({"type": kinds[name], "name": name, "value": value} for name, value in more.items()),
    ]


async def search(
    running: RunningBot, words: str, *, who: User | None = None, **more: Any
) -> tuple[dict[str, Any], str]:
    asked = await running.run_command("search", options=options(words, **more), who=who)
    return asked, (await running.answer_text(asked)).strip()


@pytest.mark.smoke
async def test_a_member_finds_replies_and_essays_with_links_to_them(tmp_path: Path) -> None:
    async with running_bot(tmp_path) as running:
        _, part, *_rest = await running.publish()
        head = await running.write(
            "Ann", "I would wait for **DOUGH** ||at midnight||.", to=part["id"]
        )
        await running.settle()
        answer = await running.write("Ben", "Which doúgh?", channel_id=head)
        await running.settle()
        asked, text = await search(running, "dough", who=running.member("Ben"))
        server, channel = running.server_id, running.channel()
        links = [
            f"https://discord.com/channels/{server}/{head}/{answer}",
            f"https://discord.com/channels/{server}/{channel}/{head}",
            f"https://discord.com/channels/{server}/{channel}/{part['id']}",
        ]
        places = [text.index(link) for link in links]
        assert places == sorted(places)
        assert "> Which **doúgh**?" in text
        assert "> I would wait for \\*\\***DOUGH**\\*\\* ||at midnight||." in text
        assert "**Essay text** by Ann Baker" in text
        assert "“Slow bread” ¶3" in text
        message = await running.answer_message(asked)
        assert message["flags"] & 64
        assert find_buttons(message["components"]) == []
        _, text = await search(running, "dough", by=str(running.member("Ben").id))
        assert "doúgh" in text
        assert "> I would" not in text
        _, text = await search(running, "dough", essay="1", passage=3, since="yesterday")
        assert "**Essay text**" in text


async def test_pages_are_turned_and_have_nothing_that_was_deleted_meanwhile(
    tmp_path: Path,
) -> None:
    async with run_emulator() as emulator:
        async with run_bot(tmp_path, emulator) as running:
            *_, closing = await running.publish()
            head = await running.write("Ann", "crumb 0", to=closing["id"])
            await running.settle()
            posted = [
                await running.write("Ann", f"crumb {number}", channel_id=head)
                for number in range(1, 7)
            ]
            await running.settle()
            asked, text = await search(running, "crumb")
            assert "> **crumb** 6" in text
            assert "> **crumb** 1" not in text
            assert "2 more." in text
            path = f"/channels/{head}/messages/{posted[0]}"
            await running.call_as(running.member("Ann"), "DELETE", path)
            await running.settle()
            pressed = await running.press(asked, "More")
            text = await running.answer_text(pressed)
            text = text or await running.answer_text(asked)
            text = (await running.answer_text(asked)).strip()
            assert "> **crumb** 0" in text
            assert "> **crumb** 1" not in text
            await running.press(asked, "Back")
            assert "> **crumb** 6" in await running.answer_text(asked)
        async with run_bot(tmp_path, emulator) as again:
            pressed = await again.press(asked, "More")
            assert "This search is out of date" in await again.answer_text(pressed)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("?!", "There is nothing to search for"),
        ("a", "A single letter"),
        ("x" * 4000, "too long to search for"),
        ("nonexistent", "Nothing was found in what you may read here."),
    ],
)
async def test_a_search_without_hits_gets_a_clear_sentence(
    tmp_path: Path, words: str, sentence: str
) -> None:
    async with running_bot(tmp_path) as running:
        await running.publish()
        _, text = await search(running, words)
        assert sentence in text


async def test_a_channel_that_a_member_may_not_read_reveals_nothing(tmp_path: Path) -> None:
    async with running_bot(tmp_path) as running:
        *_, closing = await running.publish()
        head = await running.write("Ann", "a secret crumb", to=closing["id"])
        await running.settle()
        await running.write("Ann", "another crumb", channel_id=head)
        await running.settle()
        ben = running.member("Ben")
        path = f"/guilds/{running.server_id}/channels"
        made = await running.call_as(running.member(), "POST", path, {"name": "lobby", "type": 0})
        await running.settle()
        _, text = await search(running, "crumb", who=ben)
        assert text.count("Ann") >= 2
        for denied in (1 << 10, 1 << 16):  # View Channel, Read Message History
            overwrite = {"id": str(ben.id), "type": 1, "allow": "0", "deny": str(denied)}
            await running.call_as(
                running.member(),
                "PATCH",
                f"/channels/{running.channel()}",
                {"permission_overwrites": [overwrite]},
            )
            await running.settle()
            asked = await running.run_command(
                "search", options=options("crumb"), who=ben, channel_id=int(made["id"])
            )
            text = await running.answer_text(asked)
            assert "Nothing was found in what you may read here." in text
            assert "more" not in text
            for command in ("search", "book", "new"):
                words = options("crumb") if command == "search" else []
                sentences = []
                for essay in ("1", "Slow bread", "99"):
                    asked = await running.run_command(
                        command,
                        options=[*words, {"name": "essay", "type": 3, "value": essay}],
                        who=ben,
                        channel_id=int(made["id"]),
                    )
                    text = await running.answer_text(asked)
                    assert "You may read no essay here with the number or the title" in text
                    sentences.append(text.replace(essay, "…"))
                assert len(set(sentences)) == 1


async def test_an_archived_thread_is_searched_too(tmp_path: Path) -> None:
    async with run_emulator() as emulator:
        async with run_bot(tmp_path, emulator) as running:
            *_, closing = await running.publish()
            head = await running.write("Ann", "I would.", to=closing["id"])
            await running.settle()
            await running.write("Ben", "a crumb", channel_id=head)
            await running.settle()
            await running.call_as(
                running.member(), "PATCH", f"/channels/{head}", {"archived": True}
            )
            await running.settle()
        async with run_bot(tmp_path, emulator) as again:
            assert again.salon.get_channel(head) is None, "the gateway names active threads only"
            _, text = await search(again, "crumb", who=again.member("Ann"))
            assert "> a **crumb**" in text


async def test_a_private_thread_is_read_by_its_members_and_those_who_manage_threads(
    tmp_path: Path,
) -> None:
    async with running_bot(tmp_path) as running:
        ann, admin = running.member("Ann"), running.member()
        body = {"name": "aside", "type": 12, "invitable": True}
        made = await running.call_as(ann, "POST", f"/channels/{running.channel()}/threads", body)
        thread = int(made["id"])
        bot = emulator_bot(running)
        await running.call_as(ann, "PUT", f"/channels/{thread}/thread-members/{bot}")
        await running.settle()
        for archived in (False, True):
            if archived:
                await running.call_as(ann, "PATCH", f"/channels/{thread}", {"archived": True})
                await running.settle()
            can = {}
            for member in (ann, running.member("Ben"), admin):
                can[member.display_name] = await read_as(running, member, thread)
            assert can == {ann.display_name: True, "Ben": False, admin.display_name: True}
        gone = running.emulator.world.new_id()
        assert not await read_as(running, admin, gone)


def emulator_bot(running: RunningBot) -> int:
    return running.emulator.world.bot.id


async def read_as(running: RunningBot, member: User, channel_id: int) -> bool:
    """Whether the bot lets a member read a channel."""
    server = running.salon.get_guild(running.server_id)
    assert server is not None
    found: discord.Member = await server.fetch_member(member.id)
    readable = ReadableChannels(running.salon, server, found, ThreadPlaces())
    return await readable.can_read(channel_id)
