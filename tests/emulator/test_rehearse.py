"""``rehearse`` as a process: options, first line, exit."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.emulator.options import UsageError, read_options

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
SOON = 60.0


class Rehearsal:
    """A running rehearsal and its first line."""

    def __init__(self, process: asyncio.subprocess.Process, line: dict[str, Any]) -> None:
        self.process = process
        self.line = line

    async def next_line(self) -> str:
        """The next line of its output."""
        assert self.process.stdout is not None
        return (await asyncio.wait_for(self.process.stdout.readline(), SOON)).decode().rstrip()

    async def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Stop it; its exit status."""
        self.process.send_signal(number)
        return await asyncio.wait_for(self.process.wait(), SOON)

    async def call(
        self, method: str, path: str, token: str | None = None, body: Any = None
    ) -> tuple[int, Any]:
        """Send it a request; status and JSON."""
        headers = {"Authorization": token} if token is not None else {}
        async with (
            aiohttp.ClientSession() as session,
            session.request(
                method, self.line["page"] + path, json=body, headers=headers
            ) as response,
        ):
            text = await response.text()
            return response.status, json.loads(text) if text else None


async def _started(*options: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot",
        "rehearse",
        *options,
        cwd=ROOT,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=1 << 20,
    )


@contextlib.asynccontextmanager
async def rehearsing(*options: str) -> AsyncIterator[Rehearsal]:
    """A rehearsal on a free port that has printed its first line."""
    process = await _started("--port", "0", *options)
    assert process.stdout is not None
    assert process.stderr is not None
    errors = asyncio.create_task(process.stderr.read())
    try:
        line = await asyncio.wait_for(process.stdout.readline(), SOON)
        assert line, (await errors).decode()
        yield Rehearsal(process, json.loads(line))
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)
        await process.wait()
        await process.stdout.read()
        await errors


async def _refused(*options: str) -> tuple[int, str]:
    """The exit status and the message of a rehearsal that doesn't start."""
    process = await _started(*options)
    out, error = await asyncio.wait_for(process.communicate(), SOON)
    assert out == b""
    assert process.returncode is not None
    return process.returncode, error.decode().strip()


async def test_the_first_line_says_where_everything_is() -> None:
    async with rehearsing("--no-bot") as rehearsal:
        line = rehearsal.line
        assert line["api"] == line["page"] + "/api/v10"
        assert line["gateway"] == line["page"].replace("http://", "ws://") + "/gateway"
        assert line["page"].startswith("http://127.0.0.1:")
        assert set(line["channels"]) == {"essays", "essay-forum", "admins"}
        admins = [name for name, one in line["members"].items() if one["admin"]]
        assert len(admins) == 1
        assert len(line["members"]) > 3
        status, me = await rehearsal.call("GET", "/api/v10/users/@me", f"Bot {line['bot_token']}")
        assert (status, me["bot"]) == (200, True)
        for member in line["members"].values():
            status, me = await rehearsal.call("GET", "/api/v10/users/@me", member["token"])
            assert (status, me["id"]) == (200, member["id"])
        ids = [line["application_id"], line["guild_id"], *line["channels"].values()]
        assert all(isinstance(one, str) and one.isdecimal() for one in ids)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_an_interrupted_rehearsal_ends_with_status_0(number: signal.Signals) -> None:
    async with rehearsing("--no-bot") as rehearsal:
        assert await rehearsal.end(number) == 0


async def test_events_are_narrated_line_by_line() -> None:
    async with rehearsing("--no-bot", "--rates", "off") as rehearsal:
        page = rehearsal.line["page"]
        assert (await rehearsal.next_line()).startswith(f"Open {page} in a browser")
        assert await rehearsal.next_line() == "The emulator announces no rate limits (--rates off)."
        essays = rehearsal.line["channels"]["essays"]
        token = rehearsal.line["members"]["Ann"]["token"]
        path = f"/api/v10/channels/{essays}/messages"
        await rehearsal.call("POST", path, token, {"content": "I liked\nthe \x1b[31mending"})
        assert (await rehearsal.next_line()).endswith("#essays Ann: I liked the [31mending")


async def test_a_later_start_on_the_same_folder_continues(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    async with rehearsing("--no-bot", "--data", str(folder)) as first:
        await first.call("POST", "/rehearsal/clock", body={"advance": 86400})
        _, before = await first.call("GET", "/rehearsal/world")
        assert await first.end() == 0
    async with rehearsing("--no-bot", "--data", str(folder)) as second:
        ports = {"api", "gateway", "page"}
        known = {key: value for key, value in first.line.items() if key not in ports}
        assert {k: v for k, v in second.line.items() if k not in ports} == known
        _, after = await second.call("GET", "/rehearsal/world")
        assert after["now"] >= before["now"]


async def test_two_rehearsals_do_not_share_a_folder(tmp_path: Path) -> None:
    async with rehearsing("--no-bot", "--data", str(tmp_path)):
        status, sentence = await _refused("--no-bot", "--port", "0", "--data", str(tmp_path))
        assert (status, sentence) == (
            69,
            f"Another rehearsal is using {tmp_path}. Stop it, or choose another folder.",
        )


async def test_a_port_in_use_is_reported_in_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        status, sentence = await _refused("--no-bot", "--port", str(port))
    assert status == 69
    assert sentence.startswith(f"Port {port} can't be used")


async def test_a_folder_with_an_invalid_world_is_bad_data(tmp_path: Path) -> None:
    (tmp_path / "world.json").write_text("no world")
    status, sentence = await _refused("--no-bot", "--data", str(tmp_path))
    assert status == 65
    assert sentence.endswith("isn't a saved world.")


async def test_a_folder_that_is_a_file_is_no_input(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    status, sentence = await _refused("--no-bot", "--data", str(file))
    assert status == 66
    assert sentence.startswith(f"The folder {file} can't be used")


async def test_an_unwritable_archive_is_reported_in_a_sentence(tmp_path: Path) -> None:
    har = tmp_path / "missing" / "a.har"
    status, sentence = await _refused("--no-bot", "--port", "0", "--har", str(har))
    assert status == 73
    assert sentence == f"{har} can't be written: no such file or directory."


async def test_a_missing_essay_is_no_input(tmp_path: Path) -> None:
    status, sentence = await _refused("--essay", str(tmp_path / "none.md"), "--once")
    assert status == 66
    assert "can't be read" in sentence


async def test_comments_with_an_unknown_parent_are_bad_data(tmp_path: Path) -> None:
    comments = tmp_path / "comments.jsonl"
    row = {"id": "1", "parent": "nobody", "author": "Ann", "text": "Hello"}
    comments.write_text(json.dumps(row))
    status, sentence = await _refused("--comments", str(comments), "--once")
    assert status == 65
    assert "Line 1" in sentence


@pytest.mark.parametrize("options", [["--port", "x"], ["--port", "70000"], ["--what"], ["essay"]])
async def test_an_unknown_option_is_a_usage_error(options: list[str]) -> None:
    with pytest.raises(UsageError):
        read_options(options)
    status, sentence = await _refused(*options)
    assert status == 64
    assert sentence.endswith("See --help.")


async def test_the_archive_is_valid_if_the_rehearsal_is_interrupted(tmp_path: Path) -> None:
    har = tmp_path / "traffic.har"
    async with rehearsing("--no-bot", "--har", str(har)) as rehearsal:
        token = rehearsal.line["bot_token"]
        await rehearsal.call("GET", "/api/v10/users/@me", f"Bot {token}")
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(rehearsal.line["gateway"]) as client,
        ):
            await client.send_json({"op": 2, "d": {"token": token, "intents": 1, "properties": {}}})
            for _ in range(3):
                await asyncio.wait_for(client.receive_json(), SOON)
            assert await rehearsal.end() == 0
    text = har.read_text()
    entries = json.loads(text)["log"]["entries"]
    assert [("_webSocketMessages" in entry) for entry in entries] == [False, True]
    assert token not in text


async def test_the_bot_is_started_controlled_and_stopped_at_the_end(tmp_path: Path) -> None:
    async with rehearsing("--rates", "off", "--data", str(tmp_path)) as rehearsal:
        _, world = await rehearsal.call("GET", "/rehearsal/world")
        assert world["messages"] == []
        assert (tmp_path / "salon.sqlite3").is_file()
        for do, state in (("kill", "stopped"), ("start", "running"), ("stop", "stopped")):
            answer = await rehearsal.call("POST", "/rehearsal/bot", body={"do": do})
            assert answer == (200, {"bot": state})
        await rehearsal.call("POST", "/rehearsal/bot", body={"do": "start"})
        status, _ = await rehearsal.call("POST", "/rehearsal/clock", body={"advance": 3600})
        assert status == 200
        assert await rehearsal.end(signal.SIGINT) == 0


async def test_a_member_runs_a_command_over_http_and_the_bot_answers() -> None:
    async with rehearsing("--rates", "off") as rehearsal:
        line = rehearsal.line
        admin = next(member for member in line["members"].values() if member["admin"])
        body = {
            "type": 2,
            "application_id": line["application_id"],
            "guild_id": line["guild_id"],
            "channel_id": line["channels"]["essays"],
            "session_id": "a session",
            "nonce": "1",
            "data": {"name": "essay", "type": 1, "options": [{"type": 1, "name": "list"}]},
        }
        status, answer = await rehearsal.call("POST", "/api/v10/interactions", admin["token"], body)
        assert status == 204, answer
        async with asyncio.timeout(SOON):
            while True:
                _, world = await rehearsal.call("GET", "/rehearsal/world")
                (interaction,) = world["interactions"]
                if interaction["state"] != "waiting":
                    break
        assert interaction["state"] == "answered"
        assert "no essays yet" in interaction["messages"][0]["content"]
