"""Two servers, each served by a process of its own, whose archive they share on PostgreSQL."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp

from bot.emulator.world.models import Message
from bot.emulator.world.seed import put_channel
from tests.support.archive_queries import query_postgresql
from tests.support.archives import get_postgresql_address
from tests.support.call_origins import CallOrigins
from tests.support.forked_bot import run_forked_bot
from tests.support.processes import TwoProcesses, two_processes, wait_for_shards
from tests.support.running_bot import ServerClient, find_buttons, form_data
from tests.support.shards import add_servers

__all__ = [
    "DAY",
    "HINT",
    "Scene",
    "answer_by_form",
    "count",
    "find_failed_jobs",
    "find_wrong_posts",
    "get_bot_messages",
    "get_contents",
    "get_due_time",
    "get_texts",
    "make_essay",
    "open_scene",
    "plan_prompts",
    "say",
    "set_up_server",
]

DAY = timedelta(days=1)
_FAILED_JOB = re.compile(r"\S+ \S+ (WARNING|ERROR|CRITICAL) +bot\.delivery\.worker:")
#: Below every essay.
HINT = "-# Reply to any part of the essay, or press **Answer**."
#: docs: Application Commands › Application Command Option Type; every other option is a string.
_OPTION_TYPES = {"channel": 7, "notices": 7, "nudges": 4}


@dataclass
class Scene:
    """Two servers, one of each process; the first one's process is ``both.spawned``.

    calls:  which process makes which call
    """

    both: TwoProcesses
    folder: Path
    servers: tuple[ServerClient, ServerClient]
    calls: CallOrigins

    async def together(self, act: Callable[[ServerClient], Awaitable[Any]]) -> list[Any]:
        """Do something in both servers at the same time."""
        return await asyncio.gather(*(act(server) for server in self.servers))

    async def settle(self, seconds: float = 0) -> None:
        """Let time pass for both processes, and wait until they are idle."""
        await self.servers[0].settle(seconds)

    async def advance_to(self, moment: datetime) -> None:
        """Let time pass for both processes, until a moment and five minutes more."""
        left = moment - self.both.spawned.emulator.world.now() + timedelta(minutes=5)
        await self.settle(left.total_seconds())

    def rows(self, sql: str, **parameters: Any) -> list[dict[str, Any]]:
        """Query the archive."""
        return query_postgresql(get_postgresql_address(self.folder), sql, parameters)

    async def wait_for_shards(self) -> None:
        """Wait until both processes are connected, and idle."""
        await wait_for_shards(self.both.spawned.emulator, 2)
        await self.settle()


@contextlib.asynccontextmanager
async def open_scene(
    folder: Path, main: Callable[[], int] = run_forked_bot
) -> AsyncIterator[Scene]:
    """Start both processes, with an empty archive. ``main``: what runs in them."""
    async with (
        two_processes(folder, count=2) as both,
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None)) as session,
    ):
        emulator = both.spawned.emulator
        own = emulator.world.guild
        (other,) = (one for one in add_servers(emulator.world, 2).values() if one is not own)
        put_channel(emulator.world, other, "admins")
        first, second = (ServerClient(emulator, session, guild) for guild in (own, other))
        scene = Scene(both, folder, (first, second), CallOrigins(emulator.world, both.get_shards))
        emulator.call_listeners.append(scene.calls.note)
        for bot in both.bots:
            bot.main = main
        await asyncio.gather(*(bot.start() for bot in both.bots))
        await scene.wait_for_shards()
        yield scene


# -- what is done in a server ---------------------------------------------------------------------


async def say(server: ServerClient, command: str, *words: str, **options: Any) -> None:
    """Run a command as the admin; its answer has ``words``."""
    given = []
    for name, value in options.items():
        kind = _OPTION_TYPES.get(name, 3)
        given.append({"type": kind, "name": name, "value": value if kind == 4 else str(value)})
    answer = await server.answer_text(await server.run_command(command, options=given))
    assert all(word in answer for word in words), answer


def make_essay(server: ServerClient, title: str) -> str:
    """An essay that no other server has."""
    name = server.guild.name
    return f"# {title}\n\n{title} of {name}, at night.\n\nWhere does {name} sit?\n"


def get_due_time(scene: Scene) -> datetime:
    """Tomorrow at 18:00, when the first prompts and the digests are due."""
    tomorrow = scene.both.spawned.emulator.world.now() + DAY
    return tomorrow.replace(hour=18, minute=0, second=0, microsecond=0)


async def set_up_server(server: ServerClient, due: datetime) -> None:
    """Have notices and a weekly digest at ``due``, and publish the essay *Chairs*."""
    admins = server.channel("admins")
    await say(server, "prompts plan", "no prompts", steps="none")
    await say(server, "prompts settings", f"<#{admins}>", notices=admins, nudges=0)
    await say(server, "prompts digest", "posted in", when=f"{due:%A} 18:00", channel=admins)
    await server.start_publishing(make_essay(server, "Chairs"))


async def plan_prompts(scene: Scene, server: ServerClient, due: datetime, days: int) -> None:
    """Add a prompt for each of so many days to the only essay: ``Asked of … on day 0.``"""
    (row,) = scene.rows("SELECT id FROM discussions WHERE server_id = :id", id=server.server_id)
    for day in range(days):
        when = f"{due + day * DAY:%Y-%m-%d} 18:00"
        what = f"text: Asked of {server.guild.name} on day {day}."
        await say(server, "prompts add", essay=row["id"], when=when, what=what)


async def answer_by_form(server: ServerClient, who: str, text: str) -> None:
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


# -- what came of it ------------------------------------------------------------------------------


def get_bot_messages(scene: Scene, server: ServerClient) -> list[Message]:
    """What the bot posted for all to see in a server, in channels and threads."""
    world = scene.both.spawned.emulator.world
    channels = {channel.id for channel in world.channels_of(server.server_id)}
    return [
        message
        for message in world.messages.values()
        if message.channel_id in channels
        and not message.deleted
        and (message.author_id == world.bot.id or message.webhook_id is not None)
        and message.type in (0, 19)
        and message.ephemeral_to is None
    ]


def get_contents(scene: Scene, server: ServerClient) -> Counter[str]:
    """What the bot posted in a server, by its content."""
    return Counter(one.content for one in get_bot_messages(scene, server) if one.content)


def count(contents: Counter[str], words: str) -> int:
    """How many messages have these words."""
    return sum(number for content, number in contents.items() if words in content)


async def get_texts(scene: Scene, server: ServerClient) -> list[str]:
    """What the archive has of the first discussion in a server, with its authors' names."""
    (row,) = scene.rows(
        "SELECT min(id) AS id FROM discussions WHERE server_id = :id", id=server.server_id
    )
    exported = await scene.both.spawned.export(str(row["id"]))
    return sorted(
        f"{one['author'] and one['author']['name']}: {one['text']}" for one in exported["replies"]
    )


def find_wrong_posts(
    scene: Scene, expected: Iterable[str], *, may_repeat: Iterable[str] = (HINT,)
) -> list[str]:
    """What isn't posted, twice, or in the other server, and calls of the other server's process.

    expected:    words of messages that each server has once; ``{}`` is its name
    may_repeat:  words of messages that it may have more often
    """
    wrong = _find_unsent(scene) + _find_misplaced(scene) + scene.calls.wrong
    served = (scene.both.own, scene.both.others)
    wrong += [f"{one} called nothing" for one in served if not scene.calls.counts[one]]
    repeated = tuple(may_repeat)
    for server, other in (scene.servers, scene.servers[::-1]):
        name, contents = server.guild.name, get_contents(scene, server)
        wrong += [
            f"{name}: posted {number} times: {content!r}"
            for content, number in contents.items()
            if number > 1 and not any(words in content for words in repeated)
        ]
        for words in (one.format(name) for one in expected):
            if (number := count(contents, words)) != 1:
                wrong.append(f"{name}: {words!r} is in {number} messages of {sorted(contents)}")
        wrong += [
            f"{name}: words of {other.guild.name}: {content!r}"
            for content in contents
            if other.guild.name in content
        ]
    return wrong


def find_failed_jobs(scene: Scene, *, except_for: str) -> list[str]:
    """What the processes logged of jobs that failed, without lines that have some words.

    A process that takes a job of the other one's server may notice it before it calls Discord.
    """
    lines = (*scene.both.spawned.log, *scene.both.lines)
    return [one for one in lines if _FAILED_JOB.match(one) and except_for not in one]


def _find_unsent(scene: Scene) -> list[str]:
    unsent = scene.rows("SELECT * FROM planned_messages WHERE state NOT IN ('sent', 'draft')")
    return [f"not sent: {row}" for row in unsent]


def _find_misplaced(scene: Scene) -> list[str]:
    """Messages that were sent to another server than planned, or don't exist."""
    world = scene.both.spawned.emulator.world
    wrong = []
    for row in scene.rows("SELECT * FROM planned_messages WHERE state = 'sent'"):
        message = world.messages.get(row["message_id"])
        channel = None if message is None else world.channels[message.channel_id]
        if channel is None or channel.guild_id != row["server_id"]:
            wrong.append(f"not in its server: {row}")
    return wrong
