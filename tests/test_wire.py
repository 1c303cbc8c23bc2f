"""The check of recorded traffic can fail, and the bot's own traffic passes it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.emulator.faults.har import Recorder
from bot.emulator.server import Emulator
from bot.emulator.world.seed import seed_world
from tests.support.running_bot import run_bot
from tests.support.wire_check import load_checker, wire_faults


async def test_a_fault_in_recorded_traffic_is_found(tmp_path: Path) -> None:
    if load_checker() is None:
        pytest.skip("Discord's API description isn't available")
    archive = tmp_path / "traffic.har"
    emulator = Emulator(seed_world(), rates=False)
    emulator.recorder = Recorder(archive)
    await emulator.start()
    async with run_bot(tmp_path, emulator) as running:
        await running.publish()
    await emulator.stop()
    emulator.recorder.close()
    assert wire_faults(archive) == []
    recorded = json.loads(archive.read_text(encoding="utf-8"))
    creations = [
        entry
        for entry in recorded["log"]["entries"]
        if entry["request"]["method"] == "POST" and entry["request"]["url"].endswith("/messages")
    ]
    assert creations, "the bot's calls were recorded"
    message = json.loads(creations[-1]["response"]["content"]["text"])
    message["author"]["id"] = 7
    creations[-1]["response"]["content"]["text"] = json.dumps(message)
    archive.write_text(json.dumps(recorded), encoding="utf-8")
    (fault,) = wire_faults(archive)
    assert "/channels/{channel_id}/messages" in fault
