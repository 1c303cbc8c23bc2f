"""The bot, killed at any step of a direct message to an author, sends it exactly once."""

from __future__ import annotations

from pathlib import Path

import aiohttp
import pytest

from tests.cogs.members.test_questions import (
    DAY,
    ask,
    direct_messages,
    list_questions,
    publish_by,
)
from tests.delivery.test_reply_moves import allow
from tests.delivery.test_reply_moves_killed import Play, strike_once
from tests.support.running_bot import run_bot
from tests.support.samples import every_nth
from tests.support.spawned_bot import spawned_bot

#: Manage Messages and Manage Webhooks (docs: Topics › Permissions).
TO_MOVE = 1 << 13 | 1 << 29
MOMENTS = [
    (what, moment)
    for what in ("POST /users/@me/channels", "POST /channels/{id}/messages")
    for moment in ("before", "after")
]


@pytest.mark.parametrize(("what", "moment"), every_nth(MOMENTS, 2))
async def test_an_author_gets_one_message_if_the_bot_is_killed_at_any_step(
    tmp_path: Path, what: str, moment: str
) -> None:
    async with spawned_bot(tmp_path, forked=True) as spawned, aiohttp.ClientSession() as session:
        async with run_bot(tmp_path, spawned.emulator) as running:
            await allow(running, TO_MOVE)
            steps = [{"type": 3, "name": "steps", "value": "none"}]
            await running.run_command("prompts plan", options=steps)
            ann = running.member("Ann")
            closing = await publish_by(running, ann)
            panel = await list_questions(running, ann)
            await running.press(panel, "Send me a daily message", who=ann)
            await ask(running, running.member("Ben"), closing, "Why a night?")
            assert direct_messages(running, ann) == []
        spawned.emulator.steps.hook = strike_once(spawned, "call", what, moment)
        await spawned.bot.start()
        play = Play(spawned, session)
        for seconds in (DAY + 60, 3600, DAY):
            await play.settle(seconds)
        assert spawned.restarts, "nobody was struck"
        (message,) = direct_messages(running, ann)
        assert "1 new question" in message
