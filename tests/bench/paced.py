"""A gateway that feeds at a steady pace, with a slash command now and then, and times the answers.

`python -m tests.bench.paced SECONDS RATE EVERY` prints its port, serves one client and ends with
its standard input. ``POST /flow`` feeds RATE messages a second for SECONDS, a command with every
EVERYth message, and answers with the milliseconds from each command's frame to its first answer.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from typing import Any

import orjson
from aiohttp import web

from tests.bench import feeder, frames
from tests.bench.frames import Talk

_BEAT = 0.01
_FIRST_COMMAND = 10**18
_COMMANDS = (("essay", "list"), ("prompts", "list"))
_ANSWERED_WITHIN = 10.0


def command(number: int) -> dict[str, Any]:
    """INTERACTION_CREATE of a slash command (docs: Receiving and Responding › Interaction)."""
    name, part = _COMMANDS[number % len(_COMMANDS)]
    everything = str((1 << 50) - 1)
    return {
        "id": str(_FIRST_COMMAND + number),
        "application_id": str(frames.APPLICATION_ID),
        "type": 2,
        "token": f"bench-{number}",
        "version": 1,
        "guild_id": str(frames.GUILD_ID),
        "guild": {"id": str(frames.GUILD_ID), "features": [], "locale": "en-US"},
        "guild_locale": "en-US",
        "locale": "en-US",
        "channel_id": str(frames.CHANNEL_ID),
        "channel": {"id": str(frames.CHANNEL_ID), "type": 0, "name": "essays"}
        | {"permissions": everything, "guild_id": str(frames.GUILD_ID)},
        "member": frames.member() | {"user": frames.user(1, "Admin"), "permissions": everything},
        "app_permissions": everything,
        "entitlements": [],
        "authorizing_integration_owners": {},
        "context": 0,
        "attachment_size_limit": 10_485_760,
        "data": {"id": "1", "name": name, "type": 1, "options": [{"name": part, "type": 1}]},
    }


class Paced(feeder.Feeder):
    """Feeds the talk a beat at a time."""

    def __init__(self, talk: Talk, rate: int, every: int) -> None:
        segments = talk.segments()
        main, size = segments.pop("main"), round(rate * _BEAT)
        self._beats: list[list[int]] = []
        sequence, commands, end = 10**7, 0, main.pop()
        for start in range(0, len(main), size):
            beat, asked = main[start : start + size], []
            if start // every != (start + size) // every:
                asked.append(commands)
                beat.append(frames.dispatch("INTERACTION_CREATE", sequence, command(commands)))
                sequence, commands = sequence + 1, commands + 1
            segments[f"beat {len(self._beats)}"] = beat
            self._beats.append(asked)
        segments["end"] = [end]
        self._sent: dict[int, float] = {}
        self._took: dict[int, float] = {}
        self._all = asyncio.Event()
        super().__init__(talk, [segments])

    def app(self) -> web.Application:
        app = super().app()
        app.router.add_post("/flow", self._flow)
        return app

    async def _flow(self, _: web.Request) -> web.Response:
        assert self._transport is not None
        began = time.monotonic()
        for number, asked in enumerate(self._beats):
            await asyncio.sleep(max(0.0, began + number * _BEAT - time.monotonic()))
            now = time.monotonic()
            self._sent |= dict.fromkeys(asked, now)
            self._transport.write(self._stream[f"beat {number}"])
        flowed = time.monotonic() - began
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._all.wait(), _ANSWERED_WITHIN)
        told = {"seconds": flowed, "asked": len(self._sent), "took": [*self._took.values()]}
        return feeder.answer(told)

    async def _rest(self, request: web.Request) -> web.Response:
        path = request.match_info["path"]
        if path.startswith("interactions/"):
            number = int(path.split("/")[1]) - _FIRST_COMMAND
            self._took.setdefault(number, (time.monotonic() - self._sent[number]) * 1000)
            if len(self._took) == sum(map(len, self._beats)):
                self._all.set()
            kind = orjson.loads(await _payload(request))["type"]
            told = {"id": path.split("/")[1], "type": 2, "response_message_id": "1"}
            resource = {"type": kind, "message": _message(number)}
            return feeder.answer({"interaction": told, "resource": resource})
        if path.startswith("webhooks/"):
            return feeder.answer(_message(0))
        return await super()._rest(request)


async def _payload(request: web.Request) -> bytes:
    if request.content_type != "multipart/form-data":
        return await request.read()
    field = (await request.post())["payload_json"]
    assert isinstance(field, str)
    return field.encode()


def _message(number: int) -> dict[str, Any]:
    message: dict[str, Any] = dict(frames.bare_message(number))
    return message | {"author": frames.me(), "flags": 64, "channel_id": str(frames.CHANNEL_ID)}


async def _main(talk: Talk, rate: int, every: int) -> None:
    await feeder.serve(Paced(talk, rate, every))


if __name__ == "__main__":
    seconds, rate, every = (int(argument) for argument in sys.argv[1:])
    asyncio.run(_main(Talk(seconds * rate, 1000), rate, every))
