"""The deadline of interactions: answers in time while the archive can't be used."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.running_bot import ESSAY, RunningBot, form_data, running_bot
from tests.support.waits import set_wait

_NOTHING_SAVED = "Nothing was saved. Please try again."

Interactions = dict[str, Callable[[], Awaitable[dict[str, Any]]]]


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[RunningBot]:
    async with running_bot(tmp_path) as started:
        yield started


def text(name: str, value: str) -> dict[str, Any]:
    return {"type": 3, "name": name, "value": value}


@contextlib.contextmanager
def locked(path: Path, how: str) -> Iterator[None]:
    """The archive, locked by another connection as by another process."""
    other = sqlite3.connect(path, isolation_level=None, timeout=5)
    try:
        other.execute(how)
        yield
    finally:
        other.close()


def dump(path: Path) -> list[str]:
    """All rows of the archive."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


async def show_everything(running: RunningBot) -> Interactions:
    """Everything that writes and is there to be used, by what it is."""
    await running.publish()
    draft = await running.run_command(
        "essay publish", file=("b.md", ESSAY.replace("dough", "bread").encode())
    )
    below = (await running.answer_message(draft))["id"]
    corrections = (await running.press(draft, "Edit details"))["answer"]
    schedule = (await running.press(draft, "Schedule …"))["answer"]
    pasted = (await running.run_command("essay publish"))["answer"]
    panel = await running.run_command("setup")
    zone = (
        await running.interact(
            3,
            {"component_type": 2, "custom_id": "salon:setup:time"},
            message_id=(await running.answer_message(panel))["id"],
        )
    )["answer"]
    forget = await running.run_command("privacy forget-me")
    newer = ("b.md", ESSAY.replace("night", "day").encode())
    edit = await running.run_command("essay edit", file=newer, options=[text("essay", "1")])
    withdrawal = await running.run_command("essay withdraw", options=[text("essay", "1")])
    await running.settle()
    discarded_draft = await running.run_command("essay show", options=[text("essay", "2")])
    await running.press(discarded_draft, "Discard")
    discarded_edit = await running.run_command("essay show", options=[text("essay", "1")])
    await running.press(discarded_edit, "Discard")
    await running.settle()

    def command(name: str, *options: dict[str, Any]) -> Callable[[], Awaitable[dict[str, Any]]]:
        return lambda: running.run_command(name, options=list(options))

    def button(shown: dict[str, Any], label: str) -> Callable[[], Awaitable[dict[str, Any]]]:
        return lambda: press(running, shown, label)

    def form(
        shown: dict[str, Any], entered: dict[str, str], message_id: str | None = None
    ) -> Callable[[], Awaitable[dict[str, Any]]]:
        more: dict[str, Any] = {} if message_id is None else {"message_id": message_id}
        return lambda: running.interact(5, form_data(shown, entered), **more)

    when = schedule["data"]["components"][0]["label"]
    return {
        "publish a file": lambda: running.run_command("essay publish", file=("c.md", b"# C\n\nC?")),
        "publish a text": form(pasted, {"Or the text": "# D\n\nIs it D?"}),
        "schedule": command("essay schedule", text("essay", "2"), text("when", "in 3 days")),
        "close": command("essay close", text("essay", "1")),
        "correct": form(corrections, {"Title": "Rye"}, below),
        "schedule by form": form(schedule, {when: "in 3 hours"}, below),
        "discard": button(discarded_draft, "Discard"),
        "publish": button(draft, "Publish"),
        "one thread": button(draft, "Use one thread"),
        "apply an edit": button(edit, "Apply"),
        "discard an edit": button(discarded_edit, "Discard"),
        "withdraw": button(withdrawal, "Withdraw"),
        "time zone": form(zone, {"Time zone": "Berlin"}, None),
        "erase": button(forget, "Delete"),
        "come back": command("privacy opt-in"),
        "add a prompt": command(
            "prompts add", text("essay", "1"), text("when", "in 2 days"), text("what", "text: Hi")
        ),
        "send a prompt": command("prompts now", text("essay", "1"), text("what", "text: Hi")),
        "pause": command("prompts pause"),
        "resume": command("prompts resume"),
        "plan": command("prompts plan", text("steps", "none")),
        "digest": command("prompts digest", text("when", "Sunday 18:00")),
        "policy": command("prompts settings", text("zone", "Berlin")),
    }


async def press(running: RunningBot, shown: dict[str, Any], label: str) -> dict[str, Any]:
    """Press a button without waiting until the bot is idle."""
    message = await running.answer_message(shown)
    stack, found = list(message["components"]), None
    while stack:
        one = stack.pop()
        if one.get("label") == label:
            found = one
        stack += one.get("components", [])
    assert found is not None, f"no button {label!r}"
    data = {"component_type": 2, "custom_id": found["custom_id"]}
    return await running.interact(3, data, message_id=message["id"])


@pytest.mark.sqlite
@pytest.mark.parametrize("how", ["BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"])
async def test_nothing_is_saved_by_what_finds_the_archive_locked(
    running: RunningBot, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    everything = await show_everything(running)
    set_wait(monkeypatch, "archive in a command", 1.0)
    before = dump(running.database.path)
    answered = {}
    with locked(running.database.path, how):
        for what, use in everything.items():
            answered[what] = await use()
    for what, interaction in answered.items():
        assert interaction["state"] == "answered", what
        assert _NOTHING_SAVED in await running.answer_text(interaction), what
    assert dump(running.database.path) == before


async def test_a_read_that_takes_too_long_is_answered_in_time(
    running: RunningBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    await running.publish()
    set_wait(monkeypatch, "archive in a command", 0.5)
    end = asyncio.Event()
    reads = [asyncio.create_task(running.database.read(lambda _: end.wait())) for _ in range(2)]
    essay = text("essay", "1")
    asked = [
        await running.run_command("essay list"),
        await running.run_command("essay show", options=[essay]),
        await running.run_command("essay edit", options=[essay]),
        await running.run_command("essay close", options=[essay]),
        await running.run_command("prompts list"),
        await running.run_command("setup"),
        await running.run_command("doctor"),
    ]
    end.set()
    await asyncio.gather(*reads)
    for one in asked:
        assert one["state"] == "answered"
        assert "busy at the moment. Please try again" in await running.answer_text(one)


async def test_what_takes_longer_is_acknowledged_by_itself_and_answered_later(
    running: RunningBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    everything = await show_everything(running)
    panel = await running.run_command("setup")
    set_wait(monkeypatch, "acknowledgement by itself", 0.0)
    essay = text("essay", "1")
    for name in ("essay list", "essay show", "prompts preview", "prompts list", "doctor"):
        options = [essay] if name in ("essay show", "prompts preview") else []
        shown = await running.run_command(name, options=options)
        assert shown["answer"]["type"] == 5, name
        assert (await running.answer_text(shown)).strip(), name
    for name, expected in (("plan", "no prompts"), ("policy", "Berlin"), ("pause", "are paused")):
        shown = await everything[name]()
        assert shown["answer"]["type"] == 5
        assert expected in await running.answer_text(shown)
    for name, expected in (
        ("discard an edit", "is discarded"),
        ("discard", "is discarded"),
        ("erase", "is deleted"),
        ("withdraw", "is withdrawn"),
    ):
        pressed = await everything[name]()
        assert pressed["answer"]["type"] == 6, "the message below the button stays until it changes"
        await running.settle()
        assert expected in str((await running.world())["interactions"]), name
    message = await running.answer_message(panel)
    data = {"component_type": 2, "custom_id": "salon:setup:numbers"}
    pressed = await running.interact(3, data, message_id=message["id"])
    await running.settle()
    assert "Hide numbers" in str((await running.answer_message(panel))["components"])
    form = await running.run_command("essay publish")
    assert "Please try again" in await running.answer_text(form)
