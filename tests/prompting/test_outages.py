"""What is due after an outage: an essay and the prompts of another one in the same channel."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest

from bot.emulator.faults.steps import Step
from bot.emulator.server import Emulator
from tests.support.running_bot import RunningBot, run_bot, run_emulator

#: An essay of several parts, none of which contains a word of a prompt.
_LONG = "# Long bread\n\n" + "\n\n".join(
    f"Part {number} begins here. " + "Flour and water and salt and time. " * 45
    for number in range(1, 6)
)


async def schedule_other_essay(running: RunningBot, when: str) -> None:
    """Submit a second essay and schedule it."""
    await running.answer_text(
        await running.run_command("essay publish", file=("long.md", _LONG.encode()))
    )
    options = [
        {"type": 3, "name": "essay", "value": "2"},
        {"type": 3, "name": "when", "value": when},
    ]
    answer = await running.answer_text(await running.run_command("essay schedule", options=options))
    assert "Not yet" not in answer


class FailThirdMessage:
    """A step hook: the third message that the bot posts is answered with 400, once."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._posted = 0

    async def __call__(self, step: Step) -> None:
        """Inject the fault before the third message."""
        if (step.what, step.moment) != ("POST /channels/{id}/messages", "before"):
            return
        self._posted += 1
        if self._posted == 3:
            fault: dict[str, object] = {
                "kind": "http",
                "method": "POST",
                "path": "/channels/*/messages",
            }
            fault |= {"status": 400, "after_effect": False, "times": 1}
            async with (
                aiohttp.ClientSession() as session,
                session.post(f"{self._emulator.page}/rehearsal/faults", json=fault) as response,
            ):
                assert response.status < 300


@pytest.mark.parametrize("when", ["in 23 hours", "in 24 hours"])
async def test_a_prompt_due_during_an_outage_waits_for_an_essay_that_stopped_half_posted(
    tmp_path: Path, when: str
) -> None:
    async with run_emulator() as emulator:
        async with run_bot(tmp_path, emulator) as running:
            await running.publish()
            await schedule_other_essay(running, when)
            before = len(await running.bot_messages())
            emulator.steps.hook = FailThirdMessage(emulator)
        emulator.world.clock.advance_to(emulator.world.now() + timedelta(hours=25))
        async with run_bot(tmp_path, emulator) as running:
            await running.settle(3600)
            half = [one["content"] for one in (await running.bot_messages())[before:]]
            assert "Part 5 begins" not in "".join(half), "the essay has stopped"
            assert not [text for text in half if "Slow bread" in text]
            options = [{"type": 3, "name": "essay", "value": "2"}]
            shown = await running.run_command("essay show", options=options)
            await running.press(shown, "Retry")
            await running.settle(3600)
            contents = [one["content"] for one in (await running.bot_messages())[before:]]
    prompts = [at for at, text in enumerate(contents) if "Slow bread" in text]
    parts = [at for at, text in enumerate(contents) if "Flour and water" in text]
    assert len(parts) > 2, contents
    assert "Part 5 begins" in contents[parts[-1]]
    assert len(prompts) == 1, contents
    assert prompts[0] > parts[-1]
