"""Exactly once, in each style: whatever happens at any post of a publishing, it stands once.

Each case publishes one essay for each of its posts, and strikes at that post.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.emulator.faults.steps import Step
from tests.support.running_bot import RunningBot, component_texts, running_bot
from tests.support.samples import every_nth

#: The calls by which an essay comes to stand: messages, a thread on a message, a forum's post.
POSTING = {
    "POST /channels/{id}/messages",
    "POST /channels/{id}/messages/{id}/threads",
    "POST /channels/{id}/threads",
}
#: How many of them an essay of two parts and a closing question takes.
POSTS = {"threads": 4, "thread": 5, "forum": 4}
PATH = "(/api/v10)?/channels/[0-9]+/(messages|threads|messages/[0-9]+/threads)"
FAULTS: dict[str, dict[str, Any]] = {
    "502 before": {"status": 502},
    "502 after the effect": {"status": 502, "after_effect": True},
    "503 after the effect": {"status": 503, "after_effect": True},
    "cut before": {"status": None},
    "cut after the effect": {"status": None, "after_effect": True},
    "429": {"status": 429, "retry_after": 0.2},
}


def essay(number: int) -> str:
    paragraphs = [f"Paragraph {n} of {number}. " + "It takes time. " * 128 for n in range(2)]
    return f"# Essay {number}\n\n" + "\n\n".join(paragraphs)


@dataclass
class Striker:
    """Strikes at the posting call with a number, counted from 1 in each publishing."""

    running: RunningBot
    fault: dict[str, Any]
    at: int = 0
    count: int = 0

    async def on_step(self, step: Step) -> None:
        if step.moment == "before" and step.what in POSTING:
            self.count += 1
            if self.count == self.at:
                body = {"method": "POST", "path": PATH, "times": 1}
                self.running.emulator.faults.add_call(body | self.fault)


async def publish(running: RunningBot, number: int, style: str) -> None:
    channel = running.channel("essay-forum" if style == "forum" else "essays")
    options: list[dict[str, Any]] = [{"type": 7, "name": "channel", "value": str(channel)}]
    if style != "forum":
        options.append({"type": 3, "name": "style", "value": style})
    shown = await running.run_command(
        "essay publish", file=("essay.md", essay(number).encode()), options=options
    )
    await running.press(shown, "Publish")


async def hold(running: RunningBot, number: int, style: str) -> None:
    """The essay stands once, in order, where its style puts it."""
    title = f"Essay {number}"
    world = await running.world()
    own = str(running.salon.own_id)
    ours = [m for m in world["messages"] if m["author"]["id"] == own and m["type"] in (0, 19)]
    ours = [m for m in ours if not m["deleted"]]
    cards = [m for m in ours if component_texts(m["components"]).startswith(f"\n# {title}\n")]
    assert len(cards) == 1, f"{len(cards)} cards of {title}"
    threads = [thread for thread in world["threads"] if thread["name"] == title]
    place = {
        "threads": str(running.channel()),
        "thread": cards[0]["id"],
        "forum": cards[0]["channel_id"],
    }[style]
    assert [thread["id"] for thread in threads] == ([] if style == "threads" else [place])
    inside = [m for m in ours if m["channel_id"] == place and int(m["id"]) > int(cards[0]["id"])]
    said = [m["content"] for m in sorted(inside, key=lambda m: int(m["id"]))][:3]
    begins = [f"Paragraph 0 of {number}.", f"Paragraph 1 of {number}.", "What do you think?"]
    assert all(text.startswith(one) for text, one in zip(said, begins, strict=True)), said
    everywhere = "\n".join(m["content"] for m in ours)
    assert [everywhere.count(one) for one in begins[:2]] == [1, 1]
    assert (await running.export(title))["essay"]["state"] == "open"


@pytest.mark.parametrize(
    ("style", "fault"), every_nth([(style, fault) for style in POSTS for fault in FAULTS], 2)
)
async def test_a_fault_at_any_message_leaves_it_posted_once(
    fault: str, style: str, tmp_path: Path
) -> None:
    async with running_bot(tmp_path) as running:
        striker = Striker(running, FAULTS[fault])
        running.emulator.steps.hook = striker.on_step
        for at in range(1, POSTS[style] + 1):
            striker.at, striker.count = at, 0
            await publish(running, at, style)
            await running.settle(600)
            assert striker.count > POSTS[style] or "after" in fault, "it was tried again"
            await hold(running, at, style)


@pytest.mark.parametrize("hears", [True, False], ids=["hears", "deaf"])
@pytest.mark.parametrize("style", POSTS)
async def test_an_hours_outage_after_any_message_is_survived(
    style: str, hears: bool, tmp_path: Path
) -> None:
    """What was posted is found, although neither answer nor gateway told of it."""
    async with running_bot(tmp_path) as running:
        striker = Striker(running, {"status": None, "after_effect": True})
        recorder, put = running.salon.services.recorder, running.salon.services.recorder.put
        for at in range(1, POSTS[style] + 1):
            struck = False

            async def strike(step: Step, at: int = at) -> None:
                nonlocal struck
                await striker.on_step(step)
                if striker.count == at and step.moment == "after" and not struck:
                    struck = True
                    running.emulator.faults.add_call(
                        {"method": "POST", "path": "/channels/**", "status": 503, "times": 10_000}
                    )

            striker.at, striker.count = at, 0
            running.emulator.steps.hook = strike
            if not hears:
                recorder.put = lambda events: 0  # type: ignore[method-assign]
            await publish(running, at, style)
            await running.settle(3600)
            assert struck
            running.emulator.faults.clear()
            await running.settle(900)
            recorder.put = put  # type: ignore[method-assign]
            await hold(running, at, style)


async def test_faults_are_injected_at_every_message_of_an_essay(tmp_path: Path) -> None:
    """The numbers above are those of the calls that a publishing makes."""
    async with running_bot(tmp_path) as running:
        for number, (style, posts) in enumerate(POSTS.items(), 1):
            striker = Striker(running, {})
            running.emulator.steps.hook = striker.on_step
            await publish(running, number, style)
            await running.settle()
            assert striker.count == posts, style
