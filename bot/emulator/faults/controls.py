"""The controls of a rehearsal: time, faults, and the bot's process."""

from __future__ import annotations

import math
from datetime import UTC
from typing import TYPE_CHECKING, Any, Protocol

import orjson
from aiohttp import web

from bot.emulator.faults.clock_link import ClockLink
from bot.emulator.faults.faults import FaultBox, UnusableFaultError
from bot.emulator.faults.time_travel import TimeMachine

if TYPE_CHECKING:
    from bot.emulator.server import Emulator

__all__ = ["BotControl", "Controls", "add_routes"]

LINK = "/rehearsal/clock/link"
_MOST_ADVANCE = 100 * 366 * 86400.0
_CLOSE_CODES = range(1000, 5000)


class BotControl(Protocol):
    """The bot's process, where the rehearsal has one."""

    @property
    def is_running(self) -> bool:
        """Whether it runs, and so will be linked if it is not yet."""

    async def kill(self) -> str:
        """End it with SIGKILL; the state it is in then."""

    async def stop(self) -> str:
        """End it with SIGTERM."""

    async def start(self) -> str:
        """Start it."""


class Controls:
    """What the routes act on. ``bot`` is None where the rehearsal starts none (``--no-bot``)."""

    def __init__(self, emulator: Emulator) -> None:
        self.bot: BotControl | None = None
        self.link = ClockLink()
        self.time = TimeMachine(emulator, self.link, self._is_bot_running)

    def _is_bot_running(self) -> bool:
        return self.bot is not None and self.bot.is_running


def add_routes(app: web.Application, emulator: Emulator) -> None:
    """Serve the controls under ``/rehearsal``."""
    controls = Controls(emulator)
    emulator.controls = controls

    async def link(request: web.Request) -> web.StreamResponse:
        return await controls.link.serve(request, emulator.world.clock.offset)

    async def clock(request: web.Request) -> web.Response:
        return await _let_pass(controls, request)

    async def bot(request: web.Request) -> web.Response:
        return await _order_bot(controls, request)

    async def plan(request: web.Request) -> web.Response:
        return await _plan(emulator, request)

    async def waiting(_: web.Request) -> web.Response:
        return _answer({"waiting": len(emulator.faults)})

    async def take_back(_: web.Request) -> web.Response:
        emulator.faults.clear()
        emulator.gateway_hub.disarm()
        return _answer({"waiting": 0})

    async def close(_: web.Application) -> None:
        await controls.link.close()

    if emulator.faults is None:
        emulator.faults = FaultBox()
    app.router.add_get(LINK, link)
    app.router.add_post("/rehearsal/clock", clock)
    app.router.add_post("/rehearsal/bot", bot)
    app.router.add_post("/rehearsal/faults", plan)
    app.router.add_get("/rehearsal/faults", waiting)
    app.router.add_delete("/rehearsal/faults", take_back)
    app.on_shutdown.append(close)


def _answer(body: dict[str, Any], status: int = 200) -> web.Response:
    return web.Response(
        status=status, body=orjson.dumps(body), headers={"Content-Type": "application/json"}
    )


def _refuse(sentence: str, status: int = 400) -> web.Response:
    return _answer({"message": sentence}, status)


async def _body(request: web.Request) -> dict[str, Any]:
    """The JSON object that came with a control. Raises UnusableFaultError if none did."""
    try:
        body = orjson.loads(await request.read())
    except ValueError as error:
        raise UnusableFaultError("The body must be JSON.") from error
    if not isinstance(body, dict):
        raise UnusableFaultError("The body must be a JSON object.")
    return body


async def _let_pass(controls: Controls, request: web.Request) -> web.Response:
    try:
        seconds = (await _body(request)).get("advance")
    except UnusableFaultError as error:
        return _refuse(str(error))
    if not isinstance(seconds, int | float) or isinstance(seconds, bool):
        return _refuse('"advance" must be a number of seconds.')
    if not math.isfinite(seconds) or not 0 <= seconds <= _MOST_ADVANCE:
        return _refuse('"advance" must be from 0 seconds to a hundred years: time only goes on.')
    now = await controls.time.advance(float(seconds))
    return _answer({"now": now.astimezone(UTC).isoformat()})


async def _order_bot(controls: Controls, request: web.Request) -> web.Response:
    try:
        do = (await _body(request)).get("do")
    except UnusableFaultError as error:
        return _refuse(str(error))
    if do not in {"kill", "stop", "start"}:
        return _refuse('"do" must be "kill", "stop" or "start".')
    if controls.bot is None:
        return _refuse("This rehearsal runs no bot of its own (--no-bot).", 409)
    orders = {"kill": controls.bot.kill, "stop": controls.bot.stop, "start": controls.bot.start}
    return _answer({"bot": await orders[do]()})


async def _plan(emulator: Emulator, request: web.Request) -> web.Response:
    try:
        struck = _plan_one(emulator, await _body(request))
    except UnusableFaultError as error:
        return _refuse(str(error))
    return _answer({"waiting": len(emulator.faults), **struck})


def _plan_one(emulator: Emulator, body: dict[str, Any]) -> dict[str, int]:
    """Plan a fault, or let it strike where it does so at once: how many connections it struck."""
    faults, hub = emulator.faults, emulator.gateway_hub
    kind = body.get("kind")
    if kind == "http":
        faults.add_call(body)
    elif kind == "slow":
        faults.add_slow(body)
    elif kind in {"duplicate", "reorder"}:
        faults.add_event(kind, body)
    elif kind == "gateway_close":
        code = body.get("code")
        is_code = isinstance(code, int) and not isinstance(code, bool) and code in _CLOSE_CODES
        if code is not None and not is_code:
            raise UnusableFaultError('"code" must be from 1000 to 4999, or null to cut.')
        return {"struck": hub.close_bots(code)}
    elif kind == "invalid_session":
        return {"struck": hub.invalidate_bots(resumable=body.get("resumable") is True)}
    elif kind == "reconnect":
        return {"struck": hub.reconnect_bots()}
    elif kind == "silence":
        return {"struck": hub.silence_bots()}
    elif kind == "server_outage":
        return {"struck": hub.outages.begin()}
    elif kind == "server_return":
        return {"struck": hub.outages.end()}
    elif kind == "event":
        event, data = body.get("event"), body.get("data", {})
        if not isinstance(event, str) or not event or not isinstance(data, dict):
            raise UnusableFaultError('"event" must be a name and "data" an object.')
        return {"struck": hub.inject_event(event, data)}
    else:
        raise UnusableFaultError(
            '"kind" must be "http", "slow", "duplicate", "reorder", "gateway_close", "silence",'
            ' "invalid_session", "reconnect", "server_outage", "server_return" or "event".'
        )
    return {}
