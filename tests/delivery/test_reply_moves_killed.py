"""The bot, killed at any step of a move and started again, moves the reply once and loses nothing.

A step is a call of the bot's, before it has its effect (then the call is lost) or behind it (then
the answer is), or an event that it is sent.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.emulator.demo.client import MemberClient
from bot.emulator.faults.steps import NeverArrivedError, Step
from bot.emulator.world.permissions import Permission
from tests.support.archive_queries import query
from tests.support.running_bot import ESSAY
from tests.support.samples import every_nth
from tests.support.spawned_bot import SpawnedBot, spawned_bot

PATIENCE = 60.0
STEPS = [
    ("call", "GET /channels/{id}/messages/{id}"),
    ("call", "GET /channels/{id}"),
    ("call", "GET /channels/{id}/webhooks"),
    ("call", "POST /channels/{id}/webhooks"),
    ("call", "POST /webhooks/{id}/{token}"),
    ("call", "PUT /channels/{id}/thread-members/{id}"),
    ("call", "DELETE /channels/{id}/messages/{id}"),
    ("event", "MESSAGE_CREATE"),
    ("event", "MESSAGE_DELETE"),
]
MOMENTS = [
    (kind, what, moment)
    for kind, what in STEPS
    for moment in (("before", "after") if kind == "call" else ("before",))
]


@pytest.fixture
def essay(tmp_path: Path) -> Path:
    path = tmp_path / "bread.md"
    path.write_text(ESSAY, encoding="utf-8")
    return path


class Play:
    """One reply, moved into one thread."""

    def __init__(self, spawned: SpawnedBot, session: aiohttp.ClientSession) -> None:
        self.spawned = spawned
        self.session = session
        world = spawned.emulator.world
        self.guild = next(iter(world.guilds.values()))
        self.actor = MemberClient(session, spawned.emulator.page, self.guild.id)
        self.channel = next(c.id for c in world.channels.values() if c.name == "essays")

    def token(self, name: str) -> str:
        users = self.spawned.emulator.world.users.values()
        return next(user.token for user in users if user.display_name == name)

    async def call(self, token: str, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body)
        headers = {"Authorization": token, "Content-Type": "application/json"}
        async with self.session.request(
            method, f"{self.spawned.emulator.api}{path}", data=data, headers=headers
        ) as response:
            text = await response.text()
            assert response.status < 300, text
            return json.loads(text) if text else None

    async def say(self, name: str, text: str, to: int) -> int:
        body = {"content": text, "message_reference": {"message_id": str(to)}}
        path = f"/channels/{self.channel}/messages"
        return int((await self.call(self.token(name), "POST", path, body))["id"])

    async def choose_to_move(self) -> None:
        """What an admin chooses, and the rights that go with it."""
        admin = self.spawned.emulator.world.users[self.guild.owner_id].token
        rights = Permission.MANAGE_WEBHOOKS | Permission.MANAGE_MESSAGES
        path = f"/channels/{self.channel}/permissions/{self.spawned.emulator.world.bot.id}"
        await self.call(admin, "PUT", path, {"type": 1, "allow": str(int(rights)), "deny": "0"})
        query(
            self.spawned.database,
            """
            INSERT INTO server_settings (server_id, channel_replies) VALUES (:id, 'move')
            ON CONFLICT (server_id) DO UPDATE SET channel_replies = 'move'
            """,
            {"id": self.guild.id},
        )

    async def settle(self, seconds: float) -> None:
        await asyncio.gather(*self.spawned.restarts)
        await self.actor.advance(seconds)

    async def head(self) -> int:
        world = await self.spawned.world()
        own = str(self.spawned.emulator.world.bot.id)
        ours = [m for m in world["messages"] if m["author"]["id"] == own and not m["deleted"]]
        head = await self.say("Ann", "I would.", int(ours[-1]["id"]))
        await self.settle(0)
        return head

    async def copies(self, head: int) -> list[str]:
        return [
            message["content"]
            for message in (await self.spawned.world())["messages"]
            if message["channel_id"] == str(head)
            and message.get("webhook_id")
            and not message["deleted"]
        ]


async def played(
    spawned: SpawnedBot, session: aiohttp.ClientSession, essay: Path
) -> tuple[Play, int]:
    await spawned.bot.start()
    assert await spawned.play(essay, None), spawned.narration + spawned.log
    play = Play(spawned, session)
    await play.choose_to_move()
    return play, await play.head()


def strike_once(spawned: SpawnedBot, kind: str, what: str, moment: str) -> Any:
    async def strike(step: Step) -> None:
        if spawned.restarts or (step.kind, step.what) != (kind, what):
            return
        if kind == "call" and step.moment != moment:
            return
        spawned.kill()
        if kind == "call" and moment == "before":
            raise NeverArrivedError

    return strike


@pytest.mark.parametrize(("kind", "what", "moment"), every_nth(MOMENTS, 2))
async def test_a_reply_is_moved_once_if_the_bot_is_killed_at_any_step(
    tmp_path: Path,
    essay: Path,
    kind: str,
    what: str,
    moment: str,
) -> None:
    async with spawned_bot(tmp_path, forked=True) as spawned, aiohttp.ClientSession() as session:
        play, head = await played(spawned, session, essay)
        spawned.emulator.steps.hook = strike_once(spawned, kind, what, moment)
        beside = await play.say("Ben", "Why?", head)
        async with asyncio.timeout(PATIENCE):
            while not spawned.restarts:  # noqa: ASYNC110 - the bot comes to that step by itself
                await asyncio.sleep(0.01)
        await play.settle(600)
        assert await play.copies(head) == ["Why?"], spawned.log
        world = {m["id"]: m for m in (await spawned.world())["messages"]}
        assert world[str(beside)]["deleted"]
        reply = {r["id"]: r for r in (await spawned.export())["replies"]}[str(beside)]
        assert (reply["text"], reply["deleted"]) == ("Why?", False)
        assert (reply["parent"], reply["thread_id"]) == (str(head), str(head))


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("does", ["edits", "deletes"])
async def test_edits_and_deletions_of_the_original_while_the_bot_is_down_are_applied(
    tmp_path: Path,
    essay: Path,
    does: str,
    moment: str,
) -> None:
    async with spawned_bot(tmp_path, forked=True) as spawned, aiohttp.ClientSession() as session:
        play, head = await played(spawned, session, essay)
        spawned.emulator.steps.hook = strike_once(
            spawned, "call", "POST /webhooks/{id}/{token}", moment
        )
        spawned.is_restarted = False
        beside = await play.say("Ben", "Wy?", head)
        async with asyncio.timeout(PATIENCE):
            while spawned.killed_at is None:  # noqa: ASYNC110 - the bot gets to that step by itself
                await asyncio.sleep(0.01)
        here = f"/channels/{play.channel}/messages/{beside}"
        if does == "edits":
            await play.call(play.token("Ben"), "PATCH", here, {"content": "Why?"})
        else:
            await play.call(play.token("Ben"), "DELETE", here)
        spawned.restart()
        await play.settle(600)
        wanted = ["Why?"] if does == "edits" else []
        assert await play.copies(head) == wanted, spawned.log
        reply = {r["id"]: r for r in (await spawned.export())["replies"]}[str(beside)]
        assert (reply["text"], reply["deleted"]) == ("".join(wanted), does == "deletes")
