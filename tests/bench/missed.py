"""An emulator with a long discussion that a bot has missed, served until its input ends.

`python -m tests.bench.missed THREADS EACH on|off` prints a line of JSON: where it is, the bot's
token, and what stands where; `on` announces the rate limits. Each line of input is answered with
the history calls made since the last one: how many, and the monotonic times of first and last.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from datetime import timedelta

from bot.emulator.faults.steps import Step
from bot.emulator.server import Emulator
from bot.emulator.world.models import Channel, ChannelType, Message, MessageType, ThreadState
from bot.emulator.world.seed import seed_world
from bot.emulator.world.world import World
from tests.bench.archives import Place
from tests.bench.frames import HEAD

_HISTORY = "GET /channels/{id}/messages"
_WORDS = "Perhaps the reader never promised to finish; it is kindness that closes the page."


def _say(world: World, channel_id: int, author_id: int, text: str, reply_to: int | None) -> int:
    message_id = world.new_id()
    reference = None
    if reply_to is not None:
        reference = {"type": 0, "message_id": str(reply_to), "channel_id": str(channel_id)}
    world.add_message(
        Message(
            id=message_id,
            channel_id=channel_id,
            author_id=author_id,
            type=MessageType.DEFAULT if reply_to is None else MessageType.REPLY,
            content=text,
            timestamp=world.now(),
            guild_id=world.guild.id,
            reference=reference,
            reply_to=reply_to,
        )
    )
    return message_id


def _open(world: World, parent: Channel, head_id: int, owner_id: int) -> None:
    now = world.now()
    thread = ThreadState(owner_id, False, now, 10080, now, now)
    world.add_channel(
        Channel(
            id=head_id,
            type=ChannelType.PUBLIC_THREAD,
            name="Talk",
            guild_id=parent.guild_id,
            parent_id=parent.id,
            thread=thread,
        )
    )


def talk(world: World, threads: int, each: int) -> Place:
    """Fill the world with an essay and its threads, each with so many messages."""
    channel = next(c for c in world.channels.values() if c.name == "essays")
    bot_id = world.bot.id
    members = [user.id for user in world.users.values() if not user.bot]
    before_id = world.new_id()
    card, part, closing = (_say(world, channel.id, bot_id, one, None) for one in "abc")
    heads = [
        _say(world, channel.id, members[number % len(members)], HEAD, closing)
        for number in range(threads)
    ]
    for number, head_id in enumerate(heads):
        _open(world, channel, head_id, bot_id)
        for turn in range(each):
            author_id = members[(number + turn) % len(members)]
            _say(world, head_id, author_id, f"{_WORDS} {turn}", None)
    return Place(world.guild.id, channel.id, before_id, (card, part, closing), heads)


async def _main(threads: int, each: int, *, rates: bool) -> None:
    world = seed_world()
    place = talk(world, threads, each)
    world.clock.advance_to(world.now() + timedelta(seconds=1))
    emulator = Emulator(world, rates=rates)
    calls: list[float] = []

    async def note(step: Step) -> None:
        if step.kind == "call" and step.what == _HISTORY:
            calls.append(time.monotonic())

    emulator.steps.hook = note
    await emulator.start()
    described = {
        "api": emulator.api,
        "gateway": emulator.gateway,
        "token": world.bot.token,
        "place": [*vars(place).values()],
    }
    print(json.dumps(described), flush=True)
    while await asyncio.to_thread(sys.stdin.readline):
        told = [len(calls) // 2, calls[0], calls[-1]] if calls else [0, 0, 0]
        print(json.dumps(told), flush=True)
        calls.clear()
    await emulator.stop()


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1]), int(sys.argv[2]), rates=sys.argv[3] == "on"))
