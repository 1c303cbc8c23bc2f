"""Two processes on one archive, both at work: each does what its own servers need, once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.emulator.world.events import Event, MessageCreated
from bot.emulator.world.seed import put_channel
from tests.support.archive_queries import query
from tests.support.processes import (
    TwoProcesses,
    needs_postgresql,
    two_processes,
    wait_for_shards,
)
from tests.support.running_bot import ServerClient, find_buttons, form_data
from tests.support.shards import add_servers

pytestmark = [pytest.mark.slow, needs_postgresql]

DAY = timedelta(days=1)
#: Below every essay.
_HINT = "-# Reply to any part of the essay, or press **Answer**."


@pytest.fixture(autouse=True)
def on_postgresql(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the queries of this module read PostgreSQL."""
    monkeypatch.setenv("SALON_TEST_POSTGRESQL", "1")


@dataclass
class Scene:
    """Two servers, one of each process; the first one's process is ``both.spawned``."""

    both: TwoProcesses
    folder: Path
    servers: tuple[ServerClient, ServerClient]

    async def together(self, act: Callable[[ServerClient], Awaitable[Any]]) -> list[Any]:
        """Do something in both servers at the same time."""
        return await asyncio.gather(*(act(server) for server in self.servers))

    async def advance_to(self, moment: datetime) -> None:
        """Let time pass for both processes, until a moment and five minutes more."""
        left = moment - self.both.spawned.emulator.world.now() + timedelta(minutes=5)
        await self.servers[0].settle(left.total_seconds())

    def rows(self, sql: str, **parameters: Any) -> list[dict[str, Any]]:
        """Query the archive."""
        return query(self.folder, sql, parameters)

    async def wait_for_shards(self) -> None:
        """Wait until both processes are connected, and idle."""
        await wait_for_shards(self.both.spawned.emulator, 2)
        await self.servers[0].settle()


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with (
        two_processes(tmp_path, count=2) as both,
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None)) as session,
    ):
        emulator = both.spawned.emulator
        own = emulator.world.guild
        (other,) = (one for one in add_servers(emulator.world, 2).values() if one is not own)
        put_channel(emulator.world, other, "admins")
        first, second = (ServerClient(emulator, session, guild) for guild in (own, other))
        made = Scene(both, tmp_path, (first, second))
        await asyncio.gather(both.spawned.bot.start(), both.beside.start())
        await made.wait_for_shards()
        yield made


async def say(server: ServerClient, command: str, *words: str, **options: Any) -> None:
    """Run a command as the admin; its answer has ``words``."""
    kinds = {"channel": 7, "notices": 7, "nudges": 4}
    given = [
        {
            "type": kinds.get(name, 3),
            "name": name,
            "value": value if kinds.get(name) == 4 else str(value),
        }
        for name, value in options.items()
    ]
    told = await server.answer_text(await server.run_command(command, options=given))
    assert all(word in told for word in words), told


def essay(server: ServerClient, title: str) -> str:
    """An essay that no other server has."""
    name = server.guild.name
    return f"# {title}\n\n{title} of {name}, at night.\n\nWhere does {name} sit?\n"


async def answer(server: ServerClient, who: str, text: str) -> None:
    """Answer the first essay with the form."""
    member, messages = server.member(who), await server.bot_messages()
    message, button = next(
        (message, button)
        for message in messages
        for button in find_buttons(message["components"])
        if button.get("label") == "Answer"
    )
    form = await server.interact(
        3,
        {"component_type": 2, "custom_id": button["custom_id"]},
        who=member,
        message_id=message["id"],
        message_flags=message["flags"],
    )
    await server.interact(5, form_data(form["answer"], {"Your answer": text}), who=member)


def get_contents(scene: Scene, server: ServerClient) -> Counter[str]:
    """What the bot posted in a server, in channels and threads, by its content."""
    world = scene.both.spawned.emulator.world
    channels = {channel.id for channel in world.channels_of(server.server_id)}
    return Counter(
        message.content
        for message in world.messages.values()
        if message.channel_id in channels
        and not message.deleted
        and (message.author_id == world.bot.id or message.webhook_id is not None)
        and message.type in (0, 19)
        and message.content
    )


def count(contents: Counter[str], words: str) -> int:
    """How many messages have these words."""
    return sum(number for content, number in contents.items() if words in content)


async def check(scene: Scene, expected: Iterable[str]) -> None:
    """Everything planned was posted once, and ``expected`` (of each server) in its own server."""
    unsent = scene.rows("SELECT * FROM planned_messages WHERE state NOT IN ('sent', 'draft')")
    assert unsent == []
    world = scene.both.spawned.emulator.world
    for row in scene.rows("SELECT * FROM planned_messages WHERE state = 'sent'"):
        message = world.messages[row["message_id"]]
        assert world.channels[message.channel_id].guild_id == row["server_id"], row
    for server, other in (scene.servers, scene.servers[::-1]):
        contents = get_contents(scene, server)
        assert {text for text, number in contents.items() if number > 1} <= {_HINT}
        for words in expected:
            found = count(contents, words.format(server.guild.name))
            assert found == 1, f"{words}: {found} in {sorted(contents)}"
        assert count(contents, other.guild.name) == 0, sorted(contents)


async def get_texts(scene: Scene, server: ServerClient) -> list[str]:
    """What the archive has of the first discussion in a server, with its authors' names."""
    (row,) = scene.rows(
        "SELECT min(id) AS id FROM discussions WHERE server_id = :id", id=server.server_id
    )
    exported = await scene.both.spawned.export(str(row["id"]))
    return sorted(
        f"{one['author'] and one['author']['name']}: {one['text']}" for one in exported["replies"]
    )


async def test_two_processes_at_work_do_everything_once_and_others_take_over(
    scene: Scene,
) -> None:
    first, _ = scene.servers
    spawned, beside = scene.both.spawned, scene.both.beside
    world = spawned.emulator.world
    due = (world.now() + DAY).replace(hour=18, minute=0, second=0, microsecond=0)
    threads: dict[int, int] = {}

    async def set_up(server: ServerClient) -> None:
        admins = server.channel("admins")
        await say(server, "prompts plan", "no prompts", steps="none")
        await say(server, "prompts settings", f"<#{admins}>", notices=admins, nudges=0)
        await say(server, "prompts digest", "posted in", when=f"{due:%A} 18:00", channel=admins)
        await server.start_publishing(essay(server, "Chairs"))

    async def talk(server: ServerClient) -> None:
        name = server.guild.name
        (row,) = scene.rows("SELECT id FROM discussions WHERE server_id = :id", id=server.server_id)
        for day in range(3):
            when, what = due + day * DAY, f"text: Asked of {name} on day {day}."
            await say(
                server, "prompts add", essay=row["id"], when=f"{when:%Y-%m-%d} 18:00", what=what
            )
        file = ("tables.md", essay(server, "Tables").encode())
        await server.run_command("essay publish", file=file)
        await server.settle()
        (row,) = scene.rows(
            "SELECT id FROM discussions WHERE server_id = :id AND state = 'draft'",
            id=server.server_id,
        )
        await say(server, "essay schedule", essay=row["id"], when=f"{due:%Y-%m-%d} 18:30")
        closing = (await server.bot_messages())[-1]["id"]
        head = await server.write("Ann", f"Ann sits in {name}.", to=closing)
        thread = await server.write("Chloe", f"Chloe leaves {name}.", to=closing)
        threads[server.server_id] = thread
        await server.settle(5)
        await server.write("Ben", f"Ben replies in {name}.", to=head)
        await answer(server, "Dev", f"Dev answers {name}.")

    async def write_on(server: ServerClient) -> None:
        for number in range(5):
            await server.write("Ben", f"Line {number}.", channel_id=threads[server.server_id])

    async def react(server: ServerClient) -> None:
        *_, prompt = (one for one in await server.bot_messages() if "Asked of" in one["content"])
        await server.write("Ben", f"Ben was asked {prompt['id']}.", to=prompt["id"])

    async def delete_thread(server: ServerClient) -> None:
        await server.call_as(server.member(), "DELETE", f"/channels/{threads[server.server_id]}")

    await scene.together(set_up)
    await first.settle()
    await scene.together(talk)
    await first.settle(60)
    expected = ["Chairs of {}", "Dev answers {}."]
    await check(scene, [*expected, "<#"])  # the link to the thread that Ben replied to

    # Ann is erased in both servers, in each by its process, while Ben goes on writing.
    (status, told), _ = await asyncio.gather(
        spawned.command("forget", str(first.member("Ann").id)), scene.together(write_on)
    )
    assert (status, "was erased in 2 servers. The running bot" in told) == (0, True), told
    await first.settle(600)
    for server in scene.servers:
        assert await get_texts(scene, server) == sorted(
            [
                "None: ",
                f"Ben: Ben replies in {server.guild.name}.",
                f"Chloe: Chloe leaves {server.guild.name}.",
                f"Dev: Dev answers {server.guild.name}.",
                *(f"Ben: Line {number}." for number in range(5)),
            ]
        )
    assert all("Ann" not in thread["name"] for thread in (await first.world())["threads"])

    # Admins are alerted; then prompts, digests and essays are due in the same seconds.
    await scene.together(delete_thread)
    await first.settle(60)
    await scene.advance_to(due + timedelta(minutes=30))
    expected += ["Asked of {} on day 0", "Tables of {}", "was deleted. Its messages", "This week's"]
    await check(scene, expected)
    await scene.together(react)

    # One process is killed while it posts its prompt; the other posts its own.
    def kill_at_prompt(event: Event) -> None:
        if isinstance(event, MessageCreated) and (
            f"Asked of {first.guild.name} on day 1" in event.message.content
        ):
            spawned.kill()

    spawned.is_restarted = False
    world.listeners.append(kill_at_prompt)
    await scene.advance_to(due + DAY)
    world.listeners.remove(kill_at_prompt)
    assert not spawned.bot.is_running
    expected.append("Asked of {} on day 1")
    await scene.together(react)
    await first.settle(60)
    await spawned.bot.start()
    await scene.wait_for_shards()
    await check(scene, expected)
    for server in scene.servers:
        assert sum("was asked" in text for text in await get_texts(scene, server)) == 2

    # Both are gone, and one process with all shards does what is due in both servers.
    await asyncio.gather(spawned.bot.stop(), beside.kill())
    spawned.set_environment(SALON_SHARDS="2")
    await spawned.bot.start()
    await scene.wait_for_shards()
    await scene.advance_to(due + 2 * DAY)
    await check(scene, [*expected, "Asked of {} on day 2"])
