"""Messages of an essay that somebody deletes in Discord: noticed, reported, and posted again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.emulator.rules import messages as rules
from storage.db.writer import Transaction
from storage.essays.deleted_messages import find_deleted_messages
from storage.servers import settings
from tests.support.running_bot import (
    EmulatorClient,
    RunningBot,
    component_texts,
    find_buttons,
    run_bot,
    run_emulator,
    running_bot,
)

PARAGRAPHS = [
    f"Paragraph {n} begins. " + "The dough rests and rises slowly. " * 40 for n in range(4)
]
ESSAY = "# Slow bread\n\nBy Ann Baker\n\n" + "\n\n".join(PARAGRAPHS) + "\n\nWould you wait?\n"
DAY = 86_400


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[RunningBot]:
    """A bot and its emulator."""
    async with running_bot(tmp_path) as found:
        yield found


async def delete(running: EmulatorClient, message_id: str) -> None:
    path = f"/channels/{running.channel()}/messages/{message_id}"
    await running.call_as(running.member(), "DELETE", path)
    await running.settle()


async def get_alerts(running: EmulatorClient) -> list[dict[str, Any]]:
    found = await running.bot_messages(running.channel("admins"))
    return [message for message in found if "deleted in" in message["content"]]


async def set_alerts_channel(running: RunningBot) -> None:
    board, now = running.channel("admins"), running.clock.now_ms()

    async def choose(tx: Transaction) -> None:
        await settings.register_server(tx, running.server_id, "", now)
        await settings.set_alerts_channel(tx, running.server_id, board)

    await running.database.write(choose)


async def press_restore(running: EmulatorClient, alert: dict[str, Any]) -> str:
    (button,) = find_buttons(alert["components"])
    interaction = await running.interact(
        3,
        {"component_type": 2, "custom_id": button["custom_id"]},
        channel_id=running.channel("admins"),
        message_id=alert["id"],
        message_flags=alert["flags"],
    )
    return await running.answer_text(interaction)


async def show(running: EmulatorClient, command: str, **option: str) -> str:
    options = [{"type": 3, "name": name, "value": value} for name, value in option.items()]
    return await running.answer_text(await running.run_command(command, options=options))


async def test_a_deleted_part_is_reported_once_and_restored_once(running: RunningBot) -> None:
    await set_alerts_channel(running)
    card, *parts = await running.publish(ESSAY)
    assert len(parts) >= 3
    reply = await running.write("Ben", "I would.", to=parts[1]["id"])
    await running.settle()
    await delete(running, parts[1]["id"])
    await delete(running, card["id"])
    (alert,) = await get_alerts(running)
    assert "1 message of “Slow bread” was deleted" in alert["content"]
    shown = await show(running, "essay show", essay="1")
    assert "Deleted in Discord: the card, 1 part." in shown
    assert "2 messages of “Slow bread” were deleted" in await show(running, "doctor")

    before = {message["id"] for message in await running.bot_messages()}
    assert "I'm posting 2 messages again" in await press_restore(running, alert)
    again = [message for message in await running.bot_messages() if message["id"] not in before]
    assert "Slow bread" in component_texts(again[0]["components"])
    assert parts[1]["content"] in again[1]["content"]
    assert "No message of this essay is missing any more." in await press_restore(running, alert)
    assert len(await running.bot_messages()) == len(before) + 2
    assert "Deleted in Discord" not in await show(running, "essay show", essay="1")
    assert "were deleted" not in await show(running, "doctor")

    # Replies stay linked, and the new message is answered like the old one.
    later = await running.write("Dev", "So would I.", to=again[1]["id"])
    inside = await running.write("Ann", "Me too.", channel_id=reply)
    await running.settle()
    kept = {one["id"]: one for one in (await running.export())["replies"]}
    assert kept[str(inside)]["parent"] == str(reply)
    assert kept[str(later)]["thread_id"] == str(later)
    assert kept[str(later)]["passages"] == kept[str(reply)]["passages"] != []
    # The same text again puts the restored part in order.
    interaction = await running.run_command(
        "essay edit",
        options=[{"type": 3, "name": "essay", "value": "1"}],
        file=("bread.md", ESSAY.encode()),
    )
    await running.press(interaction, "Apply")
    await running.settle(600)
    posted = [message["content"] for message in await running.bot_messages()]
    text = "".join(content for content in posted if "dough" in content)
    assert [text.count(f"Paragraph {number} begins") for number in range(4)] == [1] * 4
    assert sorted(range(4), key=lambda n: text.index(f"Paragraph {n} begins")) == [0, 1, 2, 3]
    # A second deletion is a new problem.
    await delete(running, again[1]["id"])
    assert len(await get_alerts(running)) == 2


async def test_what_was_deleted_while_the_bot_was_away_is_noticed_however_old_it_is(
    tmp_path: Path,
) -> None:
    async with run_emulator() as emulator:
        async with run_bot(tmp_path, emulator) as running:
            await set_alerts_channel(running)
            posted = await running.publish(ESSAY)
            await running.run_command(
                "prompts pause", options=[{"type": 3, "name": "essay", "value": "1"}]
            )
            await running.settle(10 * DAY)
        world = emulator.world
        rules.delete(world, world.messages[int(posted[2]["id"])])
        async with run_bot(tmp_path, emulator) as running:
            await running.settle()
            assert len(await get_alerts(running)) == 1
            (one,) = await running.database.read(lambda tx: find_deleted_messages(tx, 1))
            assert one.payload["content"].strip() == posted[2]["content"]


async def test_what_the_bot_removes_itself_is_not_reported(running: RunningBot) -> None:
    await set_alerts_channel(running)
    await running.publish(ESSAY)
    interaction = await running.run_command(
        "essay withdraw", options=[{"type": 3, "name": "essay", "value": "1"}]
    )
    answer = await running.answer_message(interaction)
    label = find_buttons(answer["components"])[0]["label"]
    await running.press(interaction, label)
    await running.settle()
    assert await running.bot_messages() == []
    assert await get_alerts(running) == []


async def test_a_message_that_discord_refused_to_post_again_can_be_restored_later(
    running: RunningBot,
) -> None:
    await set_alerts_channel(running)
    _, part, *_ = await running.publish(ESSAY)
    await delete(running, part["id"])
    (alert,) = await get_alerts(running)
    body = {"kind": "http", "method": "POST", "path": f"/channels/{running.channel()}/messages"}
    await running.control("faults", body | {"status": 400, "times": 1})
    await press_restore(running, alert)
    interaction = await running.run_command(
        "essay show", options=[{"type": 3, "name": "essay", "value": "1"}]
    )
    assert "Discord refused 1 message that I tried to post again" in await running.answer_text(
        interaction
    )
    before = len(await running.bot_messages())
    await running.press(interaction, "Restore")
    await running.settle()
    assert len(await running.bot_messages()) == before + 1
    assert "Discord refused" not in await show(running, "essay show", essay="1")
