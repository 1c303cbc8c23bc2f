"""Two hundred replies within a moment: every one gets its thread, in order, none waits in vain."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.emulator.rules import rate_limits
from bot.emulator.rules.rate_limits import Limit
from bot.emulator.server import Emulator
from bot.emulator.world.events import ChannelCreated, Event
from bot.emulator.world.seed import seed_world
from tests.support.running_bot import RunningBot, run_bot

CROWD = 200
START = "/channels/{channel_id}/messages/{message_id}/threads"
#: As Discord's, but for the waiting: so many threads at once, then none for a second.
LIMIT = Limit("thread starts", 40, 1.0)


async def faults(running: RunningBot, *, status: int, times: int) -> None:
    body = {"kind": "http", "method": "POST", "path": "/channels/*/messages/*/threads"}
    await running.control(
        "faults", body | {"status": status, "times": times, "after_effect": False}
    )


async def test_many_replies_get_their_threads_in_order_although_some_fail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(rate_limits.TABLE, ("POST", START), LIMIT)
    emulator = Emulator(seed_world(), rates=True)
    await emulator.start()
    opened: list[int] = []

    def listen(event: Event) -> None:
        if isinstance(event, ChannelCreated):
            opened.append(event.channel.id)

    emulator.world.listeners.append(listen)
    try:
        async with run_bot(tmp_path, emulator) as running:
            *_, closing = await running.publish()
            await faults(running, status=500, times=3)
            await faults(running, status=403, times=1)
            said = [
                await running.write("Ben", f"Point {number}.", to=closing["id"])
                for number in range(CROWD)
            ]
            await running.settle()
            # The first four met a fault each; nobody waited for them, and they come later.
            others = [reply for reply in opened if reply not in said[:4]]
            assert others == said[4:]
            assert said[3] not in opened, "a right that lacks is not tried again at once"
            await running.settle(3600)
            assert sorted(opened) == said
            states = await running.database.read(
                lambda tx: tx.rows("SELECT DISTINCT state FROM threads")
            )
            assert [row["state"] for row in states] == ["ready"]
    finally:
        await emulator.stop()
