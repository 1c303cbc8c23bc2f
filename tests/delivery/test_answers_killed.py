"""The bot, killed at any step of posting an answer and started again, posts it exactly once."""

from __future__ import annotations

import asyncio
import secrets
from pathlib import Path

import aiohttp
import pytest

from tests.delivery.test_reply_moves_killed import PATIENCE, Play, strike_once
from tests.support.running_bot import ESSAY, EmulatorClient, find_buttons, form_data
from tests.support.samples import every_nth
from tests.support.spawned_bot import spawned_bot

STEPS = [
    ("call", "POST /interactions/{id}/{token}/callback"),
    ("call", "GET /channels/{id}/webhooks"),
    ("call", "POST /channels/{id}/webhooks"),
    ("call", "POST /webhooks/{id}/{token}"),
    ("call", "POST /channels/{id}/messages/{id}/threads"),
    ("event", "MESSAGE_CREATE"),
]
MOMENTS = [
    (kind, what, moment)
    for kind, what in STEPS
    for moment in (("before", "after") if kind == "call" else ("before",))
]


@pytest.mark.parametrize(("kind", "what", "moment"), every_nth(MOMENTS, 2))
async def test_an_answer_is_posted_once_if_the_bot_is_killed_at_any_step(
    tmp_path: Path, kind: str, what: str, moment: str
) -> None:
    essay = tmp_path / "bread.md"
    essay.write_text(ESSAY, encoding="utf-8")
    async with spawned_bot(tmp_path, forked=True) as spawned, aiohttp.ClientSession() as session:
        await spawned.bot.start()
        assert await spawned.play(essay, None), spawned.narration + spawned.log
        play = Play(spawned, session)
        await play.choose_to_move()
        client = EmulatorClient(spawned.emulator, session)
        closing = next(
            message
            for message in await client.bot_messages()
            if any(one["label"] == "Answer" for one in find_buttons(message["components"]))
        )
        button, *_others = find_buttons(closing["components"])
        ann = client.member("Ann")
        form = await client.interact(
            3,
            {"component_type": 2, "custom_id": button["custom_id"]},
            who=ann,
            message_id=closing["id"],
            message_flags=closing["flags"],
        )
        spawned.emulator.steps.hook = strike_once(spawned, kind, what, moment)
        submission = {
            "type": 5,
            "application_id": str(spawned.emulator.world.application.id),
            "guild_id": str(client.server_id),
            "channel_id": str(client.channel()),
            "session_id": secrets.token_hex(16),
            "nonce": str(secrets.randbits(60)),
            "data": form_data(form["answer"], {"Your answer": "I would.", "About": "1"}),
        }
        await client.call_as(ann, "POST", "/interactions", submission)
        async with asyncio.timeout(PATIENCE):
            while not spawned.restarts:  # noqa: ASYNC110 - the bot comes to that step by itself
                await asyncio.sleep(0.01)
        await play.settle(600)
        posted = [m for m in await client.messages() if m.get("webhook_id")]
        assert [m["content"].split("\n")[-1] for m in posted] == ["I would."], spawned.log
        (reply,) = (await spawned.export())["replies"]
        assert reply["id"] == reply["thread_id"] == posted[0]["id"]
        assert (reply["text"], reply["author"]["name"], reply["passages"]) == (
            "I would.",
            "Ann",
            [1],
        )
