"""A bot that is stopped waits for the answers to its requests, so that it knows what they did."""

from __future__ import annotations

import asyncio
from pathlib import Path

import aiohttp

from bot.emulator.faults.steps import Step
from tests.cogs.members.test_answers import TO_MOVE, get_answers, press_answer, submit
from tests.delivery.test_reply_moves import allow
from tests.support.running_bot import EmulatorClient, run_bot, run_emulator

#: Seconds between the creation of a message and the answer that tells the bot of it.
_DELAY = 0.3


async def test_an_answer_deleted_while_the_bot_is_away_is_not_posted_again(tmp_path: Path) -> None:
    """The bot is stopped after Discord has created the message, before the answer arrives."""
    is_created = asyncio.Event()

    async def delay_answer(step: Step) -> None:
        if (step.what, step.moment) == ("POST /webhooks/{id}/{token}", "after"):
            is_created.set()
            await asyncio.sleep(_DELAY)

    async with run_emulator() as emulator:
        async with run_bot(tmp_path, emulator) as running:
            await allow(running, TO_MOVE)
            *_, closing = await running.publish()
            ann = running.member("Ann")
            form = await press_answer(running, ann, closing)
            emulator.steps.hook = delay_answer
            await submit(running, ann, form, "I would wait.")
            await is_created.wait()
        async with aiohttp.ClientSession() as session:
            client = EmulatorClient(emulator, session)
            (message,) = await get_answers(client)
            path = f"/channels/{message['channel_id']}/messages/{message['id']}"
            await client.call_as(client.member(), "DELETE", path)
        async with run_bot(tmp_path, emulator) as running:
            await running.settle(600)
            assert await get_answers(running) == []
            (reply,) = (await running.export())["replies"]
    assert (reply["id"], reply["text"], reply["deleted"]) == (message["id"], "", True)
