"""A year in a server: essays, random replies, admin commands, restarts and outages of the bot."""

from __future__ import annotations

import asyncio
import json
import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import aiohttp

from bot.emulator.faults.steps import NeverArrivedError, Step
from bot.emulator.world.seed import put_channel
from tests.support.archive_queries import query
from tests.support.running_bot import EmulatorClient, find_buttons
from tests.support.spawned_bot import SpawnedBot

__all__ = ["Life", "Log", "Span", "live"]

DAY = timedelta(days=1)
MEMBERS = ("Ann", "Ben", "Chloe", "Dev")
CHANNELS = ("essays", "poems", "letters")
#: How many essays are published, and the days of the year.
ESSAYS = 40
DAYS = 365


@dataclass(frozen=True)
class Span:
    """From one moment to another; None: it goes on."""

    start: datetime
    end: datetime | None

    def holds(self, moment: datetime) -> bool:
        return self.start <= moment and (self.end is None or moment < self.end)

    def touches(self, start: datetime, end: datetime) -> bool:
        return self.start <= end and (self.end is None or self.end >= start)


@dataclass
class Log:
    """A record of what was done in the server."""

    absences: list[Span] = field(default_factory=list)  # the bot was down, or Discord was
    closed: dict[int, datetime] = field(default_factory=dict)
    paused: dict[int | None, list[Span]] = field(default_factory=dict)  # None: the server
    sent_now: int = 0
    restarts: int = 0
    kills: int = 0
    outages: int = 0
    written: int = 0


class Life:
    """Plays the year, without any knowledge of the prompt policy."""

    def __init__(self, spawned: SpawnedBot, client: EmulatorClient, seed: int) -> None:
        self._spawned = spawned
        self._client = client
        self._world = spawned.emulator.world
        self._random = random.Random(seed)
        self._open: list[int] = []
        self._quiet: set[int] = set()  # nobody ever talks about these
        self._said: dict[int, int] = {}
        self.log = Log()

    @property
    def now(self) -> datetime:
        """The present moment of the world."""
        return self._world.now()

    async def live(self, days: int, essays: int) -> None:
        """Advance the days; the bot is stopped or killed between some of them."""
        end = self.now + days * DAY
        gap = days * 0.9 / essays
        published, next_essay = 0, self.now
        await self._spawned.bot.start()
        await self._client.settle()
        await self._set_up()
        while self.now < end:
            stay = min(self.now + DAY * self._random.uniform(2, 25), end)
            while self.now < stay:
                while published < essays and self.now >= next_essay:
                    published += 1
                    await self._publish(published)
                    next_essay += DAY * self._random.uniform(0, 2 * gap)
                await self._part_of_a_day()
                await self._occasional_event()
            await self._away()
        await self._client.settle(60)

    async def _set_up(self) -> None:
        options = {"zone": "Europe/Berlin", "quiet": "22:00-07:30"}
        await self._command("settings", **options)
        await self._command("digest", when="Sunday 18:00")

    async def _command(self, command: str, **options: str) -> str:
        given = [{"type": 3, "name": name, "value": value} for name, value in options.items()]
        interaction = await self._client.run_command(f"prompts {command}", options=given)
        await self._client.settle()
        return json.dumps(interaction["answer"])

    async def _publish(self, number: int) -> None:
        channel = self._client.channel(self._random.choice(CHANNELS))
        questions = "\n\n".join(
            f"Is it so with number {number}, way {way}?"
            for way in range(self._random.choice((0, 1, 1, 2, 4)))
        )
        text = f"# Essay {number}\n\nIt is about number {number}.\n\n{questions}\n"
        file = (f"{number}.md", text.encode())
        draft = await self._client.run_command("essay publish", file=file, channel_id=channel)
        await self._client.settle()
        shown = await self._client.answer_message(draft)
        (button,) = [one for one in find_buttons(shown["components"]) if one["label"] == "Publish"]
        await self._client.interact(
            3,
            {"component_type": 2, "custom_id": button["custom_id"]},
            channel_id=channel,
            message_id=shown["id"],
            message_flags=shown["flags"],
        )
        await self._client.settle(self._random.uniform(0, 3600))
        self._open.append(number)
        self._said[number] = 0
        if self._random.random() < 0.4:
            self._quiet.add(number)

    async def _part_of_a_day(self) -> None:
        for number in self._open:
            # A discussion starts lively and dies down; some essays get no replies at all.
            if number not in self._quiet and self._random.random() < 0.5 ** self._said[number]:
                await self._write(number)
                self._said[number] += self._random.random() < 0.3
        await self._client.settle(self._random.uniform(1, 12) * 3600)

    async def _write(self, number: int) -> None:
        """A member answers one of the bot's messages, or writes in a thread."""

        posts = query(
            self._spawned.database,
            """
            SELECT channel_id, message_id FROM planned_messages
            WHERE discussion_id = :id AND message_id IS NOT NULL AND purpose <> 'nudge'
            ORDER BY id DESC LIMIT 4
            """,
            {"id": number},
        )
        threads = query(
            self._spawned.database,
            "SELECT id FROM threads WHERE discussion_id = :id AND state = 'ready' ORDER BY id",
            {"id": number},
        )
        who = self._random.choice(MEMBERS)
        text = f"{who} says {self._random.random()}"
        self.log.written += 1
        if threads and self._random.random() < 0.6:
            await self._client.write(who, text, channel_id=self._random.choice(threads)["id"])
        elif posts:
            post = self._random.choice(posts)
            await self._client.write(
                who, text, to=post["message_id"], channel_id=post["channel_id"]
            )

    async def _occasional_event(self) -> None:
        """Occasional events."""
        happens = self._random.random()
        if happens < 0.03:
            await self._outage()
        elif happens < 0.07 and self._open:
            answer = await self._command(
                "now", essay=str(self._random.choice(self._open)), what="text: Come back."
            )
            self.log.sent_now += "goes out" in answer
        elif happens < 0.10 and self._open:
            await self._command(
                "add",
                essay=str(self._random.choice(self._open)),
                when=self._random.choice(("tomorrow 23:30", "in 5 hours", "Thursday 18:00")),
                what="text: And now?",
                condition=self._random.choice(("always", "if fewer than 3 replies")),
            )
        elif happens < 0.115:
            await self._pause()

    async def _outage(self) -> None:
        """Discord refuses every message for a while, or the connection is lost."""
        if self._random.random() < 0.5:
            await self._client.control("faults", {"kind": "gateway_close", "code": 4000})
            await self._client.settle()
            return
        self.log.outages += 1
        start = self.now
        fault = {
            "kind": "http",
            "method": "POST",
            "path": "/channels/*/messages",
            "status": 503,
            "times": 100_000,
            "after_effect": self._random.random() < 0.5,
        }
        await self._client.control("faults", fault)
        await self._client.settle(self._random.uniform(0.2, 20) * 3600)
        async with aiohttp.ClientSession() as session:
            await session.delete(f"{self._spawned.emulator.page}/rehearsal/faults")
        self.log.absences.append(Span(start, self.now))

    async def _pause(self) -> None:
        number = self._random.choice([None, *self._open]) if self._open else None
        which = {} if number is None else {"essay": str(number)}
        start = self.now
        await self._command("pause", **which)
        await self._client.settle(self._random.uniform(1, 60) * 3600)
        self.log.paused.setdefault(number, []).append(Span(start, self.now))
        await self._command("resume", **which)

    async def _away(self) -> None:
        """Stop or kill the bot for a moment, a night, or days."""
        self.log.restarts += 1
        hours = self._random.choice((0, 0, 0.1, 3, 9, 14, 50))
        if self._random.random() < 0.5:
            await self._killed(timedelta(hours=hours))
            return
        await self._spawned.bot.stop()
        start = self.now
        if self._open and self._random.random() < 0.4:
            self._close(self._open.pop(self._random.randrange(len(self._open))))
        await self._client.settle(hours * 3600)
        for number in self._open[-3:]:
            if self._random.random() < 0.3:  # written while the bot is away
                await self._write(number)
        await self._spawned.bot.start()
        await self._client.settle()
        self.log.absences.append(Span(start, self.now))

    async def _killed(self, pause: timedelta) -> None:
        """SIGKILL, before or after a call of the bot's has its effect, within the coming days."""
        left = self._random.randint(1, 6)

        async def strike(step: Step) -> None:
            nonlocal left
            if step.kind != "call" or not self._spawned.bot.is_running:
                return
            left -= 1
            if left == 0:
                self.log.kills += 1
                self._spawned.kill(pause)
                if step.moment == "before":
                    raise NeverArrivedError

        self._spawned.emulator.steps.hook = strike
        await self._client.settle(self._random.uniform(1, 4) * 86400)
        self._spawned.emulator.steps.hook = None
        await asyncio.gather(*self._spawned.restarts)
        # The real length of the absence: the days of the play pass without the bot, too.
        self.log.absences += [Span(start, end) for start, end in self._spawned.absences]
        self._spawned.absences.clear()
        await self._client.settle()

    def _close(self, number: int) -> None:
        """Close an essay in the archive while the bot is stopped, which has it exclusively."""
        self.log.closed[number] = self.now
        query(
            self._spawned.database,
            "UPDATE discussions SET state = 'closed' WHERE id = :id",
            {"id": number},
        )


async def live(spawned: SpawnedBot, *, days: int, essays: int, seed: int) -> Log:
    """Play ``days``; the log of what was done."""
    for name in CHANNELS[1:]:
        put_channel(
            spawned.emulator.world, next(iter(spawned.emulator.world.guilds.values())), name
        )
    async with aiohttp.ClientSession() as session:
        client = EmulatorClient(spawned.emulator, session)
        life = Life(spawned, client, seed)
        await life.live(days, essays)
        return life.log
