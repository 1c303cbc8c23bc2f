"""The bot, killed at any step of laying a new text over an essay, completes it.

A step is a call of the bot's, before it has its effect (then the call is lost) or behind it (then
the answer is), or an event that it is sent; they are counted from the press of *Apply* on.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.emulator.demo.client import MemberClient, RequestFailedError
from bot.emulator.faults.steps import NeverArrivedError, Step
from tests.support.running_bot import EmulatorClient, find_buttons
from tests.support.samples import every_nth
from tests.support.spawned_bot import SpawnedBot, spawned_bot

PATIENCE = 60.0
PLACES = ("harbour", "orchard", "kitchen", "attic", "stairwell", "garden")
STEPS = {"grows": 60, "shrinks": 30}


def written(*places: str) -> str:
    paragraphs = [
        f"The {place}. "
        + " ".join(
            f"In the {place} there was a chair that nobody had chosen, and whoever sat on it for "
            f"{minutes} minutes heard the {place} think."
            for minutes in range(3, 16)
        )
        for place in places
    ]
    return "# Chairs\n\n" + "\n\n".join(paragraphs)


TEXTS = {
    "grows": ("cellar", *PLACES[:3], "market", *PLACES[3:], "bridge"),
    "shrinks": (PLACES[0], PLACES[5]),
}


class Play:
    """An admin who edits an essay, whatever becomes of the bot meanwhile."""

    def __init__(self, spawned: SpawnedBot, session: aiohttp.ClientSession) -> None:
        self.spawned = spawned
        self.session = session
        world = spawned.emulator.world
        self.guild = next(iter(world.guilds.values()))
        self.actor = MemberClient(session, spawned.emulator.page, self.guild.id)
        self.client = EmulatorClient(spawned.emulator, session)
        self.channel = next(c.id for c in world.channels.values() if c.name == "essays")
        self.before = 0  # steps

    async def settle(self, seconds: float = 0) -> None:
        await asyncio.gather(*self.spawned.restarts)
        await self.actor.advance(seconds)

    async def hand_in(self, text: str) -> dict[str, Any]:
        """Run the command; the message that shows what changes."""
        world = self.spawned.emulator.world
        known = next(c for c in world.commands.values() if c.name == "essay")
        options = [
            {"type": 3, "name": "essay", "value": "1"},
            {"type": 11, "name": "file", "value": "0"},
        ]
        body = {
            "type": 2,
            "application_id": str(world.application.id),
            "guild_id": str(self.guild.id),
            "channel_id": str(self.channel),
            "session_id": "0" * 32,
            "nonce": "1",
            "data": {
                "id": str(known.id),
                "name": "essay",
                "type": 1,
                "version": str(known.version),
                "options": [{"type": 1, "name": "edit", "options": options}],
                "attachments": [{"id": "0", "filename": "chairs.md"}],
            },
        }
        admin = world.users[self.guild.owner_id]
        file = ("chairs.md", text.encode())
        await self.client.call_as(admin, "POST", "/interactions", body, file)
        await self.settle()
        one = (await self.spawned.world())["interactions"][-1]
        found: dict[str, Any] = one["messages"][0]
        return found

    async def press(self, message: dict[str, Any], label: str) -> None:
        (button,) = [b for b in find_buttons(message["components"]) if b["label"] == label]
        world = self.spawned.emulator.world
        await self.actor.press(
            world.users[self.guild.owner_id],
            world.application,
            world.messages[int(message["id"])],
            button["custom_id"],
        )

    def strike(self, number: int) -> None:
        """Kill the bot at this step from now on."""
        self.before = self.spawned.emulator.steps.count

        async def struck(step: Step) -> None:
            if step.number - self.before == number and not self.spawned.restarts:
                self.spawned.kill()
                if step.kind == "call" and step.moment == "before":
                    raise NeverArrivedError

        self.spawned.emulator.steps.hook = struck

    @property
    def steps(self) -> int:
        count: int = self.spawned.emulator.steps.count
        return count - self.before


async def played(spawned: SpawnedBot, session: aiohttp.ClientSession, tmp_path: Path) -> Play:
    path = tmp_path / "chairs.md"
    path.write_text(written(*PLACES), encoding="utf-8")
    await spawned.bot.start()
    assert await spawned.play(path, None), spawned.narration + spawned.log
    return Play(spawned, session)


async def hold(play: Play, text: str, tmp_path: Path) -> None:
    """The new text stands, each word once and in order, and the parts say where they go on."""
    path = tmp_path / "new.md"
    path.write_text(text, encoding="utf-8")
    status, shown = await play.spawned.command("preview", str(path), "--json")
    assert status == 0
    wanted = " ".join(m["content"] for m in json.loads(shown)["messages"][:-1]).split()
    _, *posts = await play.client.bot_messages()
    parts = [
        [line for line in message["content"].split("\n") if not line.startswith("-# Continued")]
        for message in posts
        if not message["content"].startswith(("What do you think?", "Back to", "Last call"))
    ]
    assert " ".join(" ".join(lines) for lines in parts).split() == wanted, play.spawned.log
    links = [line for m in posts for line in m["content"].split("\n") if "-# Continued" in line]
    assert len(links) in (0, 2)
    for link in links:
        assert link.rsplit("/", 1)[-1] in {message["id"] for message in posts}


@pytest.mark.parametrize("way", STEPS)
async def test_the_steps_of_the_kills_are_those_of_an_edit(tmp_path: Path, way: str) -> None:
    async with spawned_bot(tmp_path, forked=True) as spawned, aiohttp.ClientSession() as session:
        play = await played(spawned, session, tmp_path)
        message = await play.hand_in(written(*TEXTS[way]))
        play.before = spawned.emulator.steps.count
        await play.press(message, "Apply")
        await play.settle(600)
        taken = play.steps
        await hold(play, written(*TEXTS[way]), tmp_path)
        assert STEPS[way] - 10 <= taken <= STEPS[way]


@pytest.mark.parametrize(
    ("way", "number"),
    every_nth([(way, number) for way in STEPS for number in range(1, STEPS[way] - 10)], 6),
)
async def test_an_edit_is_completed_after_a_kill_at_any_step(
    tmp_path: Path, way: str, number: int
) -> None:
    async with spawned_bot(tmp_path, forked=True) as spawned, aiohttp.ClientSession() as session:
        play = await played(spawned, session, tmp_path)
        text = written(*TEXTS[way])
        message = await play.hand_in(text)
        play.strike(number)
        with contextlib.suppress(RequestFailedError, aiohttp.ClientError):
            await play.press(message, "Apply")
        async with asyncio.timeout(PATIENCE):
            while not spawned.restarts:  # noqa: ASYNC110 - the bot comes to that step by itself
                await asyncio.sleep(0.01)
        await play.settle()
        with contextlib.suppress(ValueError):  # it was applied already, and shows so
            await play.press(play_message(spawned, message), "Apply")
        await play.settle(600)
        await hold(play, text, tmp_path)


def play_message(spawned: SpawnedBot, message: dict[str, Any]) -> dict[str, Any]:
    """A message as it stands now."""
    found = spawned.emulator.world.messages[int(message["id"])]
    return {"id": message["id"], "components": found.components}
