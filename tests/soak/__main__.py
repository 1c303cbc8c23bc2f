"""A soak test: days with many members, random replies and outages, and what leaks.

`python -m tests.soak [--hours N] [--members N] [--essays N] [--talk N] [--seed N]` plays 48 hours
with 1,000 members and 50 essays, prints the resources of the bot's process after each hour, and
exits with 1 if it holds more at the end than after the first hour: over 10% more memory, or any
additional task, file or connection.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from bot.emulator.world.models import User
from bot.emulator.world.seed import add_member
from tests.support.running_bot import EmulatorClient, find_buttons
from tests.support.spawned_bot import SpawnedBot, spawned_bot

__all__ = ["Resources", "Soak", "find_leaks", "soak"]

#: The allowed ratio of the memory at the end to that after the first hour.
MOST = 1.10
#: Seconds after which connections kept alive for the next call are closed; how often to wait.
_REST, _MOST_RESTS = 35.0, 1
#: A writer and two readers with database, log and index each, and the lock.
_MOST_OF_ARCHIVE = 10
#: How many times the talk of another hour the first one has.
_FIRST = 5
#: The chance of a cut in an hour, of each kind.
_CUTS: tuple[tuple[float, dict[str, Any]], ...] = (
    (0.3, {"kind": "gateway_close", "code": None}),
    (0.2, {"kind": "gateway_close", "code": 4000}),
    (0.2, {"kind": "invalid_session"}),
    (0.2, {"kind": "reconnect"}),
    (0.3, {"kind": "http", "method": "POST", "path": "/channels/**", "status": 502, "times": 3}),
    (0.2, {"kind": "http", "method": "POST", "path": "/channels/**", "status": None, "times": 2}),
    (0.2, {"kind": "duplicate", "event": "MESSAGE_CREATE", "times": 5}),
    (0.2, {"kind": "reorder", "event": "MESSAGE_CREATE", "times": 5}),
)


@dataclass(frozen=True, slots=True)
class Resources:
    """What the process holds: MB of memory, asyncio tasks, open files.

    ``connections``: the files that are sockets. The archive's files aren't counted: each of its
    connections opens three when it first needs them.
    """

    memory: float
    tasks: int
    files: int
    connections: int
    messages: int

    def __str__(self) -> str:
        return (
            f"{self.memory:.1f} MB, {self.tasks} tasks, {self.files} files, "
            f"{self.connections} connections after {self.messages} messages"
        )


class Soak:
    """Plays the hours. ``port``: where the bot serves its metrics."""

    def __init__(
        self, spawned: SpawnedBot, client: EmulatorClient, members: list[User], port: int, seed: int
    ):
        self._spawned = spawned
        self._client = client
        self._members = members
        self._metrics = f"http://127.0.0.1:{port}/metrics"
        self._random = random.Random(seed)
        #: Where something may be said: a channel and the message to answer there, if any.
        self._heads: list[tuple[int, int | None]] = []
        self._written: list[tuple[User, int, int]] = []
        self.messages = 0
        self.cuts = 0

    async def play(self, hours: int, essays: int, talk: int) -> list[Resources]:
        """Advance the hours; the resources after each.

        The first hour contains everything: all essays, most replies and each kind of outage, so
        that the resources after it are those of a bot at work.
        """
        await self._spawned.bot.start()
        await self._client.settle()
        found: list[Resources] = []
        for hour in range(hours):
            if hour == 0:
                for number in range(essays):
                    await self._publish(str(number))
            for _ in range(talk * _FIRST if hour == 0 else talk):
                await self._something()
                if self._random.random() < 1 / 20:
                    await self._client.settle(self._random.uniform(0, 60))
            await asyncio.gather(*map(self._client.run_command, ("essay list", "prompts list")))
            await self._client.settle()
            for chance, fault in _CUTS:
                if hour == 0 or self._random.random() < chance:
                    self.cuts += 1
                    await self._client.control("faults", fault)
            await self._client.settle(1800)
            async with self._client.session.delete(
                f"{self._spawned.emulator.page}/rehearsal/faults"
            ):
                pass
            await self._client.settle(1800)
            is_judged = hour in {0, hours - 1}
            found.append(await (self._rested() if is_judged else self._look()))
        return found

    async def _publish(self, name: str) -> None:
        words = " ".join(f"word{self._random.randrange(1000)}" for _ in range(600))
        text = f"# Essay {name}\n\n{words}\n\nIs it so with {name}? What do you think?\n"
        shown = await self._client.run_command("essay publish", file=("a.md", text.encode()))
        await self._client.settle()
        answer = await self._client.answer_message(shown)
        (button,) = [one for one in find_buttons(answer["components"]) if one["label"] == "Publish"]
        before = set(self._ours())
        await self._client.interact(
            3,
            {"component_type": 2, "custom_id": button["custom_id"]},
            message_id=answer["id"],
            message_flags=answer["flags"],
        )
        await self._client.settle()
        channel = self._client.channel()
        self._heads += [(channel, one) for one in self._ours() if one not in before]

    def _ours(self) -> list[int]:
        world = self._spawned.emulator.world
        own, channel = world.application.bot_id, self._client.channel()
        return [
            one.id
            for one in world.messages.values()
            if one.author_id == own and one.channel_id == channel
        ]

    async def _something(self) -> None:
        """A member writes, answers, edits, deletes or reacts."""
        happens = self._random.random()
        if happens < 0.8 or not self._written:
            channel, answered = self._random.choice(self._heads[-200:])
            who = self._random.choice(self._members)
            body: dict[str, Any] = {"content": f"I say {self._random.random()} " * 8}
            if answered is not None:
                body["message_reference"] = {"message_id": str(answered)}
            path = f"/channels/{channel}/messages"
            message = int((await self._client.call_as(who, "POST", path, body))["id"])
            self.messages += 1
            self._written = [*self._written[-200:], (who, channel, message)]
            if channel == self._client.channel() and self._random.random() < 0.2:
                await self._client.settle()  # its thread is there now
                if message in self._spawned.emulator.world.channels:
                    self._heads.append((message, None))
            return
        who, channel, message = self._random.choice(self._written)
        path = f"/channels/{channel}/messages/{message}"
        if happens < 0.9:
            await self._client.call_as(who, "PATCH", path, {"content": f"Rather {happens}"})
        elif happens < 0.93:
            self._written.remove((who, channel, message))
            await self._client.call_as(who, "DELETE", path)
        else:
            await self._client.call_as(who, "PUT", f"{path}/reactions/%F0%9F%91%8D/@me")

    async def _rested(self) -> Resources:
        """The resources once idle connections have been closed."""
        before = await self._look()
        for _ in range(_MOST_RESTS):
            await asyncio.sleep(_REST)
            held = await self._look()
            if held.files >= before.files and held.tasks >= before.tasks:
                break
            before = held
        return before

    async def _look(self) -> Resources:
        async with self._client.session.get(self._metrics) as response:
            told = {
                sample.name: sample.value
                for family in text_string_to_metric_families(await response.text())
                for sample in family.samples
            }
        folder, opened = Path(f"/proc/{self._spawned.bot.pid}/fd"), list[str]()
        for one in folder.iterdir():
            with contextlib.suppress(FileNotFoundError):  # closed meanwhile
                opened.append(str(one.readlink()))
        own = [one for one in opened if one.startswith(str(self._spawned.database))]
        assert len(own) <= _MOST_OF_ARCHIVE, own
        return Resources(
            memory=told["process_resident_memory_bytes"] / 1e6,
            tasks=int(told["salon_tasks"]),
            files=len(opened) - len(own),
            connections=sum(one.startswith("socket:") for one in opened),
            messages=self.messages,
        )


def find_leaks(hours: list[Resources]) -> list[str]:
    """What the process holds at the end but didn't after the first hour."""
    first, last = hours[0], hours[-1]
    found = []
    if last.memory > first.memory * MOST:
        found.append(f"memory grew from {first.memory:.1f} to {last.memory:.1f} MB")
    for name in ("tasks", "files", "connections"):
        before, after = getattr(first, name), getattr(last, name)
        if after > before:
            found.append(f"{name}: {before} after the first hour, {after} at the end")
    return found


async def soak(
    folder: Path, port: int, *, hours: int, members: int, essays: int, talk: int, seed: int
) -> tuple[list[Resources], Soak, SpawnedBot]:
    """Play in ``folder``; the resources after each hour, the soak and the bot."""
    async with (
        spawned_bot(folder, SALON_HEALTH=f"127.0.0.1:{port}") as spawned,
        aiohttp.ClientSession() as session,
    ):
        world = spawned.emulator.world
        guild = next(iter(world.guilds.values()))
        people = [add_member(world, guild, f"Member {number}") for number in range(members)]
        client = EmulatorClient(spawned.emulator, session)
        play = Soak(spawned, client, people, port, seed)
        return await play.play(hours, essays, talk), play, spawned


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--hours", type=int, default=48)
    parser.add_argument("--members", type=int, default=1000)
    parser.add_argument("--essays", type=int, default=50)
    parser.add_argument("--talk", type=int, default=200, help="what happens in an hour")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--port", type=int, default=8719)
    options = vars(parser.parse_args())
    with tempfile.TemporaryDirectory() as name:
        hours, play, spawned = asyncio.run(soak(Path(name), options.pop("port"), **options))
    for number, held in enumerate(hours, start=1):
        print(f"hour {number}: {held}")  # noqa: T201
    errors = [line for line in spawned.log if " ERROR " in line or "Traceback" in line]
    found = find_leaks(hours) + errors
    print(f"{play.cuts} cuts; " + ("; ".join(found) if found else "no leaks"))  # noqa: T201
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
