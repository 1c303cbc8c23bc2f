"""Plays in two servers, each served by its own process; either is killed again and again.

``python -m tests.truth.two_processes --seeds 100 [--first N] [--kills N]`` runs them, with their
archive on PostgreSQL. A seed repeats the choices that are made; how far each process has got when
it is killed differs.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import re
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from bot.emulator.faults.bot_process import BotProcess
from bot.emulator.faults.steps import Step
from tests.support.archives import get_postgresql_address, get_server
from tests.support.forked_bot import ForkedBot
from tests.support.running_bot import ServerClient
from tests.support.two_servers import (
    DAY,
    HINT,
    Scene,
    answer_by_form,
    find_wrong_posts,
    get_bot_messages,
    get_due_time,
    get_texts,
    open_scene,
    plan_prompts,
    set_up_server,
)

__all__ = ["KillResult", "play_and_kill_either"]

#: Who answers with the form before the first kill. Ann is erased after every second play's talk.
_FORM_AUTHORS = ("Ann", "Chloe", "Dev")
_ERASED = "Ann"
#: What a member does next: one of these.
_ACTIONS = ("begin",) * 2 + ("begin as Ann", "write in thread", "reply", "edit", "delete")
#: What is done in each server, at least: members go on until all kills are over.
_LEAST_ACTIONS = 14
#: Real seconds between two actions: processes that were killed come back among them.
_PAUSES = (0, 0.05, 0.3)
#: Days with a prompt; when the first is due, so is the digest. How many kills may come on a day: on
#: some none do, and both processes work in the same second.
_DAYS, _KILLS_A_DAY = 4, (0, 2)
#: Calls and events between two kills, and real seconds behind such a step: a process may be
#: reading, deciding or writing then.
_STEPS, _BEHIND = (5, 45), 0.03
#: Real seconds for which a killed process is down, while the other one goes on.
_ABSENCES = (0, 0, 0.5)
#: A warning or an error in a log, except of what members cause.
_COMPLAINT = re.compile(
    r"\S+ \S+ (WARNING|ERROR|CRITICAL) (?!.* isn't opened: The reply was deleted)"
)
#: Seconds after which everything that can be done is done: links to threads, retries, digests.
_SOON, _LATER = 600, 7 * 3600


@dataclass(frozen=True)
class KillResult:
    """What is wrong at the end, how many kills there were, and what the processes printed."""

    wrong: list[str]
    kills: int
    log: list[str]


class _Killer:
    """Kills one of the processes at random steps, and starts it again."""

    def __init__(self, scene: Scene, chance: random.Random) -> None:
        self._scene = scene
        self._steps = scene.both.spawned.emulator.steps
        self._chance = chance
        self._next = 0
        self._pending: asyncio.TimerHandle | None = None
        self._restarts: list[asyncio.Task[None]] = []
        self.left = 0

    @property
    def kills(self) -> int:
        """How many there were."""
        return len(self._restarts)

    @contextlib.asynccontextmanager
    async def kill(self, times: int) -> AsyncIterator[None]:
        """Kill so often in the block, or less if too little happens; then wait for both."""
        self.left = times
        self._choose_step()
        self._steps.hook = self._step
        try:
            yield
        finally:
            self._steps.hook = None
            if self._pending is not None:
                self._pending.cancel()
                self._pending = None
            await asyncio.gather(*self._restarts)
        await self._scene.wait_for_shards()

    def _choose_step(self) -> None:
        self._next = self._steps.count + self._chance.randint(*_STEPS)

    async def _step(self, step: Step) -> None:
        """The emulator's hook."""
        if self.left and self._pending is None and step.number >= self._next:
            delay = self._chance.uniform(0, _BEHIND)
            self._pending = asyncio.get_running_loop().call_later(delay, self._kill_now)

    def _kill_now(self) -> None:
        """Kill either process, unless it is down already."""
        self._pending = None
        self._choose_step()
        bot = self._chance.choice((self._scene.both.spawned.bot, self._scene.both.beside))
        if bot.is_running and bot.is_wanted:
            self.left -= 1
            self._restarts.append(asyncio.create_task(self._restart(bot)))

    async def _restart(self, bot: BotProcess | ForkedBot) -> None:
        await bot.kill()
        await asyncio.sleep(self._chance.choice(_ABSENCES))
        await bot.start()


class _Conversation:
    """What the members of one server say in its discussion."""

    def __init__(self, scene: Scene, server: ServerClient, chance: random.Random) -> None:
        self._server = server
        self._world = scene.both.spawned.emulator.world
        self._chance = chance
        self._actions = 0
        #: The author and text of each message that wasn't deleted, by its id.
        self._said: dict[int, tuple[str, str]] = {}
        #: The messages that threads are opened from.
        self._heads: list[int] = []
        self._answers: list[tuple[str, str]] = []

    async def answer_by_form(self) -> None:
        """Answer the essay with its form, as several members."""
        for who in _FORM_AUTHORS:
            text = f"{who} fills in the form of {self._server.guild.name}."
            await answer_by_form(self._server, who, text)
            self._answers.append((who, text))

    async def talk(self, killer: _Killer) -> None:
        """Write, edit and delete until all kills are over."""
        question = await self._find_question()
        while self._actions < _LEAST_ACTIONS or killer.left:
            await self._act(self._chance.choice(_ACTIONS), question)
            await asyncio.sleep(self._chance.choice(_PAUSES))

    async def answer_prompt(self, day: int) -> None:
        """Reply to the prompt of a day, if it was posted."""
        for message in await self._server.bot_messages():
            if f"on day {day}." in message["content"]:
                await self._write("Ben", f"Ben was asked on day {day}.", to=int(message["id"]))

    def forget(self, who: str) -> None:
        """Expect nothing of a member who was erased."""
        self._said = {id_: said for id_, said in self._said.items() if said[0] != who}
        self._answers = [said for said in self._answers if said[0] != who]

    def get_texts(self) -> Counter[str]:
        """What the archive has to have."""
        return Counter(f"{who}: {text}" for who, text in (*self._said.values(), *self._answers))

    def get_answers(self) -> list[str]:
        """The texts that the bot has to have posted."""
        return [text for _, text in self._answers]

    async def _find_question(self) -> int:
        """The message with the essay's closing question."""
        messages = await self._server.bot_messages()
        return int(next(one["id"] for one in reversed(messages) if "sit?" in one["content"]))

    async def _act(self, action: str, question: int) -> None:
        """Do it; without messages to do it with, a new one is begun."""
        self._actions += 1
        text = f"{action.capitalize()} {self._actions} in {self._server.guild.name}."
        threads = [head for head in self._heads if head in self._world.channels]
        if action == "begin as Ann":
            await self._write(_ERASED, text, to=question)
        elif action == "write in thread" and threads:
            await self._write(self._choose_member(), text, channel_id=self._chance.choice(threads))
        elif action == "reply" and self._heads:
            await self._write(self._choose_member(), text, to=self._chance.choice(self._heads))
        elif action == "edit" and self._said:
            await self._edit(self._chance.choice(list(self._said)), text)
        elif action == "delete" and (others := self._said.keys() - set(self._heads)):
            await self._delete(self._chance.choice(sorted(others)))
        else:
            self._heads.append(await self._write(self._choose_member(), text, to=question))

    def _choose_member(self) -> str:
        return self._chance.choice(("Ben", "Chloe", "Dev"))

    async def _write(
        self, who: str, text: str, *, to: int | None = None, channel_id: int | None = None
    ) -> int:
        message_id = await self._server.write(who, text, to=to, channel_id=channel_id)
        self._said[message_id] = who, text
        return message_id

    async def _edit(self, message_id: int, text: str) -> None:
        who, _ = self._said[message_id]
        path = f"/channels/{self._world.messages[message_id].channel_id}/messages/{message_id}"
        await self._server.call_as(self._server.member(who), "PATCH", path, {"content": text})
        self._said[message_id] = who, text

    async def _delete(self, message_id: int) -> None:
        who, _ = self._said.pop(message_id)
        path = f"/channels/{self._world.messages[message_id].channel_id}/messages/{message_id}"
        await self._server.call_as(self._server.member(who), "DELETE", path)


async def play_and_kill_either(seed: int, folder: Path, *, kills: int = 8) -> KillResult:
    """Kill either process ``kills`` times while members talk, and while prompts are due.

    After every second seed's talk a member is erased in both servers.
    """
    async with open_scene(folder) as scene:
        due, chance = get_due_time(scene), random.Random(seed)
        killer = _Killer(scene, chance)
        conversations = {
            server.server_id: _Conversation(scene, server, random.Random(f"{number} of {seed}"))
            for number, server in enumerate(scene.servers)
        }

        async def prepare(server: ServerClient) -> None:
            await plan_prompts(scene, server, due, _DAYS)
            await conversations[server.server_id].answer_by_form()

        await scene.together(lambda server: set_up_server(server, due))
        await scene.settle()
        await scene.together(prepare)
        async with killer.kill(kills):
            await scene.together(lambda server: conversations[server.server_id].talk(killer))
        await scene.settle(_SOON)
        if seed % 2:
            await _erase(scene, conversations)
        for day in range(_DAYS):
            async with killer.kill(chance.choice(_KILLS_A_DAY)):
                await scene.advance_to(due + day * DAY)
            await scene.settle(_SOON)
            for conversation in conversations.values():
                await conversation.answer_prompt(day)
        await scene.settle(_LATER)
        wrong = _find_wrong_posts(scene, conversations)
        for server in scene.servers:
            expected = conversations[server.server_id].get_texts()
            wrong += _compare_texts(server.guild.name, expected, await get_texts(scene, server))
        log = [*scene.both.spawned.log, "-- the other process", *scene.both.lines]
        # A process that does the other's work can't see the channel: it logs that and retries.
        wrong += [f"logged: {line}" for line in log if _COMPLAINT.match(line)]
        return KillResult(wrong, killer.kills, log)


async def _erase(scene: Scene, conversations: dict[int, _Conversation]) -> None:
    """Erase a member in both servers, in each by its process."""
    member = scene.servers[0].member(_ERASED)
    status, output = await scene.both.spawned.command("forget", str(member.id))
    assert (status, "was erased in 2 servers" in output) == (0, True), output
    for conversation in conversations.values():
        conversation.forget(_ERASED)


def _find_wrong_posts(scene: Scene, conversations: dict[int, _Conversation]) -> list[str]:
    """What isn't posted, twice, in the other server, or without a row of the archive."""
    expected = [
        "Chairs of {}",
        "This week's",
        *(f"Asked of {{}} on day {n}." for n in range(_DAYS)),
    ]
    # Several replies to one message are answered with the same link to its thread.
    wrong = find_wrong_posts(scene, expected, may_repeat=(HINT, "<#"))
    planned = {row["message_id"] for row in scene.rows("SELECT message_id FROM planned_messages")}
    for server in scene.servers:
        name, messages = server.guild.name, get_bot_messages(scene, server)
        for text in conversations[server.server_id].get_answers():
            if (number := sum(text in message.content for message in messages)) != 1:
                wrong.append(f"{name}: {text!r} is in {number} messages")
        wrong += [
            f"{name}: sent without a plan: {message.content!r}"
            for message in messages
            if message.webhook_id is None and message.id not in planned
        ]
    return wrong


def _compare_texts(name: str, expected: Counter[str], archived: list[str]) -> list[str]:
    """How the archive of one server differs; what was deleted may have a row without a text."""
    found = Counter(text for text in archived if not text.endswith(": "))
    return [
        *(f"{name}: not archived: {text!r}" for text in (expected - found).elements()),
        *(
            f"{name}: archived, but nobody says so: {text!r}"
            for text in (found - expected).elements()
        ),
    ]


def main() -> int:
    """Run the plays one after the other; 1 if one failed."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.truth.two_processes", description=__doc__
    )
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--kills", type=int, default=8, help="while members talk")
    parser.add_argument("--log", action="store_true", help="print the logs of plays that fail")
    options = parser.parse_args()
    failed, kills = [], 0
    for seed in range(options.first, options.first + options.seeds):
        with tempfile.TemporaryDirectory() as folder:
            played = asyncio.run(play_and_kill_either(seed, Path(folder), kills=options.kills))
            get_server().drop(get_postgresql_address(Path(folder)))
        kills += played.kills
        result = "; ".join(played.wrong) or "equal"
        print(f"seed {seed}: {played.kills} kills, {result}", flush=True)  # noqa: T201
        if played.wrong:
            failed.append(seed)
            again = f"--first {seed} --seeds 1 --kills {options.kills}"
            print(f"again: python -m tests.truth.two_processes {again}", flush=True)  # noqa: T201
            if options.log:
                print("\n".join(played.log))  # noqa: T201
    print(  # noqa: T201
        f"{options.seeds - len(failed)} of {options.seeds} equal after {kills} kills; "
        f"failing: {failed}"
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
