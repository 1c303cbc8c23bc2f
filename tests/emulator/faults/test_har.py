"""The recorder of the bot's traffic. Format: HTTP Archive (HAR) 1.2."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.emulator.faults.har import Exchange, Recorder
from bot.emulator.server import Emulator
from tests.emulator.gateway_client import (
    call,
    channel,
    control,
    dispatch_message,
    identified,
    member,
)

Entries = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def entries(emulator: Emulator, tmp_path: Path) -> Iterator[Entries]:
    """Reads the archive's entries from disk."""
    path = tmp_path / "traffic.har"
    emulator.recorder = Recorder(path)

    def read() -> list[dict[str, Any]]:
        log = json.loads(path.read_text())["log"]
        assert log["version"] == "1.2"
        found: list[dict[str, Any]] = log["entries"]
        return found

    yield read
    emulator.recorder.close()


def bots(emulator: Emulator) -> str:
    """The bot's authorization."""
    return f"Bot {emulator.world.bot.token}"


async def test_an_archive_without_traffic_is_valid(entries: Entries) -> None:
    assert entries() == []


async def test_a_call_is_recorded_with_its_bodies_and_without_its_token(
    emulator: Emulator, entries: Entries, tmp_path: Path
) -> None:
    path = f"/channels/{channel(emulator, 'essays').id}/messages"
    _, message = await call(emulator, "POST", path, bots(emulator), {"content": "Grüße"})
    (entry,) = entries()
    assert entry["request"]["method"] == "POST"
    assert entry["request"]["url"] == emulator.api + path
    assert json.loads(entry["request"]["postData"]["text"]) == {"content": "Grüße"}
    assert entry["response"]["status"] == 200
    assert json.loads(entry["response"]["content"]["text"]) == message
    assert "_injected" not in entry
    assert emulator.world.bot.token not in (tmp_path / "traffic.har").read_text()


async def test_only_the_bots_calls_are_recorded(emulator: Emulator, entries: Entries) -> None:
    await call(emulator, "GET", "/users/@me", member(emulator, "Ann").token)
    await control(emulator, "GET", "/faults")
    await call(emulator, "GET", "/users/@me", bots(emulator))
    assert len(entries()) == 1


async def test_a_form_is_recorded_as_its_fields_without_the_files(
    emulator: Emulator, entries: Entries, tmp_path: Path
) -> None:
    form = aiohttp.FormData()
    form.add_field("payload_json", json.dumps({"content": "See"}), content_type="application/json")
    form.add_field("files[0]", b"unwritten bytes", filename="a.bin")
    address = f"{emulator.api}/channels/{channel(emulator, 'essays').id}/messages"
    async with (
        aiohttp.ClientSession() as session,
        session.post(address, data=form, headers={"Authorization": bots(emulator)}) as response,
    ):
        assert response.status == 200, await response.text()
        assert (await response.json())["attachments"][0]["size"] == len(b"unwritten bytes")
    (entry,) = entries()
    params = {param["name"]: param for param in entry["request"]["postData"]["params"]}
    assert json.loads(params["payload_json"]["value"]) == {"content": "See"}
    assert params["files[0]"]["fileName"] == "a.bin"
    assert "unwritten bytes" not in (tmp_path / "traffic.har").read_text()


async def test_injected_faults_are_marked(emulator: Emulator, entries: Entries) -> None:
    path = f"/channels/{channel(emulator, 'essays').id}/messages"
    fault = {"kind": "http", "method": "POST", "path": path, "status": 503}
    await control(emulator, "POST", "/faults", fault)
    await control(emulator, "POST", "/faults", {**fault, "status": None})
    await call(emulator, "POST", path, bots(emulator), {"content": "1"})
    with pytest.raises(aiohttp.ClientConnectionError):
        await call(emulator, "POST", path, bots(emulator), {"content": "2"})
    await call(emulator, "POST", path, bots(emulator), {"content": "3"})
    found = [(entry["response"]["status"], entry.get("_injected")) for entry in entries()]
    assert found == [(503, True), (0, True), (200, None)]


async def test_a_gateway_connection_is_one_entry_with_its_frames(
    emulator: Emulator, entries: Entries, tmp_path: Path
) -> None:
    event = {"kind": "duplicate", "event": "MESSAGE_CREATE"}
    await control(emulator, "POST", "/faults", event)
    async with identified(emulator, emulator.world.bot) as client:
        await client.send(1, client.sequence)
        assert (await client.receive())["op"] == 11
        dispatch_message(emulator, member(emulator, "Ann"), channel(emulator, "essays"), "Hello")
        await client.event("MESSAGE_CREATE")
        await client.event("MESSAGE_CREATE")
    await emulator.stop()
    assert emulator.recorder is not None
    emulator.recorder.close()
    (entry,) = entries()
    frames = entry["_webSocketMessages"]
    told = [(frame["type"], json.loads(frame["data"])) for frame in frames]
    assert [(kind, payload["op"], payload.get("t")) for kind, payload in told] == [
        ("receive", 10, None),
        ("send", 2, None),
        ("receive", 0, "READY"),
        ("receive", 0, "GUILD_CREATE"),
        ("send", 1, None),
        ("receive", 11, None),
        ("receive", 0, "MESSAGE_CREATE"),
        ("receive", 0, "MESSAGE_CREATE"),
    ]
    assert [frame.get("_injected") for frame in frames[-2:]] == [None, True]
    assert all(frame["opcode"] == 1 for frame in frames)
    assert emulator.world.bot.token not in (tmp_path / "traffic.har").read_text()
    assert [path.name for path in tmp_path.iterdir()] == ["traffic.har"]


async def test_members_connections_are_not_recorded(emulator: Emulator, entries: Entries) -> None:
    async with identified(emulator, member(emulator, "Ann")):
        pass
    await emulator.stop()
    assert emulator.recorder is not None
    emulator.recorder.close()
    assert entries() == []


async def test_an_archive_is_valid_after_every_entry_and_after_its_end(tmp_path: Path) -> None:
    path = tmp_path / "a.har"
    recorder = Recorder(path)
    began = recorder.connection("ws://127.0.0.1/gateway")
    for number in range(3):
        exchange = Exchange(began._began, 1.0, "GET", f"http://x/api/v10/{number}?a=1", status=200)
        recorder.call(exchange)
        assert len(json.loads(path.read_text())["log"]["entries"]) == number + 1
    began.received("{}")
    recorder.close()
    recorder.call(exchange)
    log = json.loads(path.read_text())["log"]["entries"]
    assert len(log) == 4
    assert log[0]["request"]["queryString"] == [{"name": "a", "value": "1"}]
    assert [frame["data"] for frame in log[3]["_webSocketMessages"]] == ["{}"]
