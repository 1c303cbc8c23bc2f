"""The lines that narrate a rehearsal."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.emulator.demo.narration import Narrator
from bot.emulator.server import Emulator
from tests.emulator.gateway_client import call, channel, member

Told = Callable[[], list[str]]


@pytest.fixture
def told(emulator: Emulator) -> Told:
    """The lines so far, without their times."""
    narrator = Narrator(emulator.world)
    lines: list[str] = []

    def read() -> list[str]:
        return lines

    emulator.world.listeners.append(
        lambda event: lines.extend(filter(None, [(narrator.line(event) or "")[21:]]))
    )
    return read


async def test_messages_edits_threads_and_deletions_are_narrated(
    emulator: Emulator, told: Told
) -> None:
    ann, ben = member(emulator, "Ann").token, member(emulator, "Ben").token
    path = f"/channels/{channel(emulator, 'essays').id}/messages"
    _, first = await call(emulator, "POST", path, ann, {"content": "One\n\n  thought " + "x" * 300})
    answer = {"content": "Yes", "message_reference": {"message_id": first["id"]}}
    await call(emulator, "POST", path, ben, answer)
    await call(emulator, "PATCH", f"{path}/{first['id']}", ann, {"content": "Another"})
    await call(emulator, "POST", f"{path}/{first['id']}/threads", ann, {"name": "Talk"})
    await call(emulator, "POST", f"/channels/{first['id']}/messages", ben, {"content": "Inside"})
    await call(emulator, "DELETE", f"{path}/{first['id']}", ann)
    lines = told()
    assert lines[0].startswith("#essays Ann: One thought xxx")
    assert lines[0].endswith("…")
    assert "#essays Ben → Ann: Yes" in lines
    assert "#essays Ann edits: Another" in lines
    assert "#essays new thread: Talk" in lines
    assert "#essays › Talk Ben: Inside" in lines
    assert lines[-1] == "#essays a message was deleted"


async def test_control_characters_are_left_out(emulator: Emulator, told: Told) -> None:
    path = f"/channels/{channel(emulator, 'essays').id}/messages"
    text = {"content": "a\x1b[2Jb\u202ec"}
    await call(emulator, "POST", path, member(emulator, "Ann").token, text)
    assert told() == ["#essays Ann: a [2Jb c"]
