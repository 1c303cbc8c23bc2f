"""The bot, killed around each post of an essay in a place of its own, completes the play."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.emulator.faults.steps import NeverArrivedError, Step
from storage.db.writer import Transaction
from storage.servers import settings
from tests.delivery.test_every_message import POSTING
from tests.delivery.test_killed import SAYINGS, comments, essay
from tests.support.archives import open_archive
from tests.support.samples import every_nth
from tests.support.spawned_bot import Hook, SpawnedBot, spawned_bot

__all__ = ["comments", "essay"]

#: The posting calls of the play: card, thread, three parts, closing question and hint, prompt.
CALLS = {"thread": 7, "forum": 6}
CHANNELS = {"thread": "essays", "forum": "essay-forum"}


async def choose(spawned: SpawnedBot, style: str) -> None:
    """What an admin would choose in /setup, before the bot is started."""
    world = spawned.emulator.world
    forum = next(c.id for c in world.channels.values() if c.name == CHANNELS["forum"])

    async def chosen(tx: Transaction) -> None:
        await settings.register_server(tx, world.guild.id, world.guild.name, 0)
        if style == "thread":
            await settings.set_style(tx, world.guild.id, style)
        else:
            await settings.set_channel(tx, world.guild.id, forum)

    async with open_archive(spawned.database) as database:
        await database.write(chosen)


def killer(spawned: SpawnedBot, number: int, moment: str, pause: timedelta) -> Hook:
    """Kills at the posting call with this number: before its effect or behind it."""
    count = 0

    async def strike(step: Step) -> None:
        nonlocal count
        if step.what not in POSTING or step.moment != moment:
            return
        count += 1
        if count == number and spawned.bot.is_running:
            spawned.kill(pause)
            if moment == "before":
                raise NeverArrivedError

    return strike


async def hold(spawned: SpawnedBot, style: str, essay: Path) -> None:
    """Everything that belongs to the play is there once and in order, and nothing besides."""
    world = await spawned.world()
    standing = [message for message in world["messages"] if not message["deleted"]]
    assert len(standing) == len(world["messages"]), "something was deleted"
    by_bot = [m for m in standing if m["author"].get("bot") and m["type"] in {0, 19}]
    (thread,) = world["threads"]
    card, *posts, prompt = sorted(by_bot, key=lambda m: int(m["id"]))
    place = next(c["id"] for c in world["channels"] if c["name"] == CHANNELS[style])
    assert thread["parent_id"] == place
    assert thread["id"] == card["id"]
    assert card["channel_id"] == (place if style == "thread" else thread["id"])
    assert {m["channel_id"] for m in [*posts, prompt]} == {thread["id"]}
    status, shown = await spawned.command("preview", str(essay), "--json")
    assert status == 0
    *parts, closing = [m["content"] for m in posts]
    assert parts == [m["content"] for m in json.loads(shown)["messages"]]
    assert closing.startswith("-# ")
    assert "Where do you go to sit?" in prompt["content"]
    said = [m for m in standing if not m["author"].get("bot") and m["type"] in {0, 19}]
    assert Counter(m["content"] for m in said) == Counter(s["text"] for s in SAYINGS)
    exported = await spawned.export()
    assert exported["essay"]["state"] == "open"
    texts: dict[int, str] = {saying["id"]: saying["text"] for saying in SAYINGS}
    ids = {reply["text"]: reply["id"] for reply in exported["replies"]}
    parents: dict[str, Any] = {reply["text"]: reply["parent"] for reply in exported["replies"]}
    assert len(ids) == len(exported["replies"])
    assert parents == {
        saying["text"]: None if saying["parent"] is None else ids[texts[saying["parent"]]]
        for saying in SAYINGS
    }
    assert {reply["thread_id"] for reply in exported["replies"]} == {thread["id"]}


@pytest.mark.parametrize(
    ("moment", "pause"),
    [("before", 0), ("after", 0), ("after", 40)],
    ids=["before", "after", "after, when nonces are forgotten"],
)
@pytest.mark.parametrize(
    ("style", "number"),
    every_nth([(style, n) for style in CALLS for n in range(1, CALLS[style] + 1)], 3),
)
async def test_a_bot_killed_around_any_message_completes_the_play(
    style: str,
    number: int,
    moment: str,
    pause: int,
    tmp_path: Path,
    essay: Path,
    comments: Path,
) -> None:
    async with spawned_bot(tmp_path, forked=True) as spawned:
        await choose(spawned, style)
        spawned.emulator.steps.hook = killer(spawned, number, moment, timedelta(minutes=pause))
        await spawned.bot.start()
        done = await spawned.play(essay, comments, channel=CHANNELS[style])
        assert done, "\n".join([*spawned.narration, *spawned.log])
        await hold(spawned, style, essay)
        assert len(spawned.restarts) == 1
