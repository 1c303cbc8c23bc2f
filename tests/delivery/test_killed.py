"""The bot, killed at any moment of a play and started again, completes it.

The play is played once for each step of the bot's traffic: each call that it makes, before the
call has its effect (then the call is lost) and behind it (then the answer is lost), and each
event that it is sent.
"""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.emulator.demo.comments import Comment, read_comments
from bot.emulator.faults.steps import NeverArrivedError, Step
from tests.support.samples import every_nth
from tests.support.spawned_bot import Hook, SpawnedBot, spawned_bot

#: How many steps a play has: at least, and at most. It varies, as events reach the bot before or
#: after the calls they bring about. The first test compares both numbers with a play.
LEAST_STEPS, STEPS = 80, 92
#: The call that sends the prompt, the last one of the play: its path, and which of these it is.
PROMPT = ("POST /channels/{id}/messages", 7)

PLACES = ("harbour", "orchard", "kitchen", "attic", "stairwell", "garden", "cellar", "market")
SAYINGS: list[dict[str, Any]] = [
    {"id": 1, "parent": None, "author": "Ann", "text": "I go to the harbour, mostly."},
    {"id": 2, "parent": 1, "author": "Ben", "text": "Even in winter?"},
    {"id": 3, "parent": 2, "author": "Ann", "text": "In winter it is emptier."},
    {"id": 4, "parent": None, "author": "Somebody new", "text": "Nowhere. I stay in the attic."},
    {"id": 5, "parent": 4, "author": "Ben", "text": "That is a place too."},
]


@pytest.fixture
def essay(tmp_path: Path) -> Path:
    """An essay of some parts, no sentence of which comes twice."""
    paragraphs = [
        " ".join(
            f"In the {place} there was a chair that nobody had chosen, and whoever sat on it "
            f"for {minutes} minutes heard the {place} think."
            for minutes in range(3, 10)
        )
        for place in PLACES
    ]
    text = "Chairs\n\nby Ada\n\n" + "\n\n".join(paragraphs) + "\n\nWhere do you go to sit?\n"
    path = tmp_path / "chairs.txt"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def comments(tmp_path: Path) -> Path:
    path = tmp_path / "comments.jsonl"
    path.write_text("".join(f"{json.dumps(saying)}\n" for saying in SAYINGS), encoding="utf-8")
    return path


async def hold(spawned: SpawnedBot, essay: Path, comments: Path) -> None:
    """Everything that belongs to the play is there once and in order, and nothing besides."""
    world = await spawned.world()
    standing = [message for message in world["messages"] if not message["deleted"]]
    assert len(standing) == len(world["messages"]), "something was deleted"
    essays = next(c["id"] for c in world["channels"] if c["name"] == "essays")
    by_bot = [m for m in standing if m["author"].get("bot") and m["type"] in {0, 19}]
    assert {m["channel_id"] for m in by_bot} == {essays}
    card, *posts = by_bot
    prompt = posts.pop()
    status, shown = await spawned.command("preview", str(essay), "--json")
    assert status == 0
    assert card["components"]
    *parts, closing = [m["content"] for m in posts]
    assert parts == [m["content"] for m in json.loads(shown)["messages"]]
    assert closing.startswith("-# Reply to any part of the essay")
    assert "Where do you go to sit?" in prompt["content"]
    said = [m for m in standing if not m["author"].get("bot") and m["type"] in {0, 19}]
    assert Counter(m["content"] for m in said) == Counter(s["text"] for s in SAYINGS)
    heads = {m["id"]: m for m in said if m["channel_id"] == essays}
    assert sorted(thread["id"] for thread in world["threads"]) == sorted(heads)
    await hold_archive(spawned, read_comments(comments.read_bytes()), heads)


async def hold_archive(
    spawned: SpawnedBot, comments: tuple[Comment, ...], heads: dict[str, dict[str, Any]]
) -> None:
    """The exported tree is the comments' tree."""
    exported = await spawned.export()
    assert exported["essay"]["state"] == "open"
    by_text = {comment.text: comment for comment in comments}
    ids = {by_text[reply["text"]].id: reply["id"] for reply in exported["replies"]}
    assert len(ids) == len(exported["replies"]) == len(comments)
    head = {comment.id: comment.id for comment in comments if comment.parent is None}
    for comment in comments:
        if comment.parent is not None:
            head[comment.id] = head[comment.parent]
    for reply in exported["replies"]:
        comment = by_text[reply["text"]]
        assert reply["author"]["name"] == comment.author
        assert reply["parent"] == (None if comment.parent is None else ids[comment.parent])
        assert reply["thread_id"] == ids[head[comment.id]]
        assert reply["thread_id"] in heads
        assert not reply["deleted"]


async def played(spawned: SpawnedBot, essay: Path, comments: Path) -> None:
    """Play, and hold that all of it happened; what was said and printed explains a failure."""
    await spawned.bot.start()
    done = await spawned.play(essay, comments)
    assert done, "\n".join([*spawned.narration, *spawned.log])
    await hold(spawned, essay, comments)


async def test_the_steps_of_the_kills_are_those_of_a_play(
    tmp_path: Path, essay: Path, comments: Path
) -> None:
    steps: list[Step] = []

    async def record(step: Step) -> None:
        steps.append(step)

    async with spawned_bot(tmp_path, forked=True) as spawned:
        spawned.emulator.steps.hook = record
        await played(spawned, essay, comments)
    recorded = "\n".join(f"{s.number} {s.kind} {s.moment} {s.what}" for s in steps)
    assert LEAST_STEPS <= len(steps) <= STEPS, recorded
    assert [step.what for step in steps if step.kind == "call"].count(PROMPT[0]) == 2 * PROMPT[1]
    assert [step for step in steps if step.kind == "call"][-1].what == PROMPT[0]


@pytest.mark.parametrize("number", every_nth(range(1, STEPS + 1), 4))
async def test_a_bot_killed_at_any_step_completes_the_play(
    number: int, tmp_path: Path, essay: Path, comments: Path
) -> None:
    async with spawned_bot(tmp_path, forked=True) as spawned:
        spawned.emulator.steps.hook = spawned.killer(number)
        await played(spawned, essay, comments)
        taken = spawned.emulator.steps.count
        assert spawned.restarts or taken < number, "the play had that step, but nobody was struck"


@pytest.mark.parametrize("number", every_nth(range(12, LEAST_STEPS, 7), 2))
async def test_a_bot_killed_again_while_it_recovers_completes_the_play(
    number: int, tmp_path: Path, essay: Path, comments: Path
) -> None:
    # A start takes some eight steps, and the reading of the history follows.
    again = number + 5 + number % 9
    async with spawned_bot(tmp_path, forked=True) as spawned:
        spawned.emulator.steps.hook = spawned.killer(number, again)
        await played(spawned, essay, comments)
        assert len(spawned.restarts) == 2


@pytest.mark.parametrize("number", every_nth(range(16, LEAST_STEPS, 6), 2))
async def test_a_bot_started_after_nonces_have_expired_completes_the_play(
    number: int, tmp_path: Path, essay: Path, comments: Path
) -> None:
    async with spawned_bot(tmp_path, forked=True) as spawned:
        spawned.emulator.steps.hook = spawned.killer(number, pause=timedelta(minutes=40))
        await played(spawned, essay, comments)
        assert len(spawned.restarts) == 1


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_a_bot_killed_at_the_prompt_and_started_after_the_nonce_has_expired_sends_it_once(
    moment: str, tmp_path: Path, essay: Path, comments: Path
) -> None:
    async with spawned_bot(tmp_path, forked=True) as spawned:
        spawned.emulator.steps.hook = kill_at_prompt(spawned, moment)
        await played(spawned, essay, comments)
        assert len(spawned.restarts) == 1


def kill_at_prompt(spawned: SpawnedBot, moment: str) -> Hook:
    """Kill the bot around the call that sends the prompt, and start it 40 minutes later."""
    path, number = PROMPT
    count = 0

    async def kill(step: Step) -> None:
        nonlocal count
        if (step.kind, step.what, step.moment) != ("call", path, moment):
            return
        count += 1
        if count == number:
            spawned.kill(timedelta(minutes=40))
            if moment == "before":
                raise NeverArrivedError

    return kill
