"""The control endpoints under ``/rehearsal``: clock, faults, and the bot's process."""

from __future__ import annotations

import math
from datetime import UTC
from typing import Any, Protocol

import orjson
from aiohttp import web

from bot.emulator.faults.clock_link import ClockLink
from bot.emulator.faults.faults import FaultQueue, InvalidFaultError
from bot.emulator.faults.time_travel import TimeTravel
from bot.emulator.gateway.dispatcher import Dispatcher
from bot.emulator.world.world import World

__all__ = ["CLOCK_LINK", "BotControl", "Controls", "add_routes"]

CLOCK_LINK = "/rehearsal/clock/link"
_MAX_ADVANCE = 100 * 366 * 86400.0
_CLOSE_CODES = range(1000, 5000)


class BotControl(Protocol):
    """The bot's process, if the rehearsal has one."""

    @property
    def is_running(self) -> bool:
        """Whether it runs, so that it connects to the clock link if it hasn't yet."""

    @property
    def state(self) -> str:
        """``running``, ``stopped``, or ``ended`` if it stopped by itself."""

    async def kill(self) -> str:
        """Stop it with SIGKILL; its new state."""

    async def stop(self) -> str:
        """Stop it with SIGTERM; its new state."""

    async def start(self) -> str:
        """Start it; its new state."""


class Controls:
    """What the endpoints control. ``bot`` is None if the rehearsal has none (``--no-bot``)."""

    def __init__(self, world: World, dispatcher: Dispatcher, faults: FaultQueue) -> None:
        self.world = world
        self.dispatcher = dispatcher
        self.faults = faults
        self.bot: BotControl | None = None
        self.link = ClockLink()
        self.time = TimeTravel(world, dispatcher, self.link, self._is_bot_running)

    def _is_bot_running(self) -> bool:
        return self.bot is not None and self.bot.is_running


def add_routes(app: web.Application, controls: Controls) -> None:
    """Serve the control endpoints under ``/rehearsal``."""

    async def link(request: web.Request) -> web.StreamResponse:
        return await controls.link.serve(request, controls.world.clock.offset)

    async def clock(request: web.Request) -> web.Response:
        return await _advance(controls, request)

    async def bot(request: web.Request) -> web.Response:
        return await _control_bot(controls, request)

    async def add_fault(request: web.Request) -> web.Response:
        return await _add_fault(controls, request)

    async def count_faults(_: web.Request) -> web.Response:
        return _answer({"waiting": len(controls.faults)})

    async def clear_faults(_: web.Request) -> web.Response:
        controls.faults.clear()
        controls.dispatcher.disarm()
        return _answer({"waiting": 0})

    async def close(_: web.Application) -> None:
        await controls.link.close()

    app.router.add_get(CLOCK_LINK, link)
    app.router.add_post("/rehearsal/clock", clock)
    app.router.add_post("/rehearsal/bot", bot)
    app.router.add_post("/rehearsal/faults", add_fault)
    app.router.add_get("/rehearsal/faults", count_faults)
    app.router.add_delete("/rehearsal/faults", clear_faults)
    app.on_shutdown.append(close)


def _answer(body: dict[str, Any], status: int = 200) -> web.Response:
    return web.Response(
        status=status, body=orjson.dumps(body), headers={"Content-Type": "application/json"}
    )


def _error(sentence: str, status: int = 400) -> web.Response:
    return _answer({"message": sentence}, status)


async def _body(request: web.Request) -> dict[str, Any]:
    """The JSON object in a request's body. Raises InvalidFaultError for anything else."""
    try:
        body = orjson.loads(await request.read())
    except ValueError as error:
        raise InvalidFaultError("The body must be JSON.") from error
    if not isinstance(body, dict):
        raise InvalidFaultError("The body must be a JSON object.")
    return body


async def _advance(controls: Controls, request: web.Request) -> web.Response:
    try:
        seconds = (await _body(request)).get("advance")
    except InvalidFaultError as error:
        return _error(str(error))
    if not isinstance(seconds, int | float) or isinstance(seconds, bool):
        return _error('"advance" must be a number of seconds.')
    if not math.isfinite(seconds) or not 0 <= seconds <= _MAX_ADVANCE:
        return _error('"advance" must be from 0 seconds to a hundred years.')
    now = await controls.time.advance(float(seconds))
    return _answer({"now": now.astimezone(UTC).isoformat()})


async def _control_bot(controls: Controls, request: web.Request) -> web.Response:
    try:
        do = (await _body(request)).get("do")
    except InvalidFaultError as error:
        return _error(str(error))
    if do not in {"kill", "stop", "start"}:
        return _error('"do" must be "kill", "stop" or "start".')
    if controls.bot is None:
        return _error("This rehearsal doesn't run a bot (--no-bot).", 409)
    orders = {"kill": controls.bot.kill, "stop": controls.bot.stop, "start": controls.bot.start}
    return _answer({"bot": await orders[do]()})


async def _add_fault(controls: Controls, request: web.Request) -> web.Response:
    try:
        result = _inject(controls, await _body(request))
    except InvalidFaultError as error:
        return _error(str(error))
    return _answer({"waiting": len(controls.faults), **result})


def _inject(controls: Controls, body: dict[str, Any]) -> dict[str, int]:
    """Queue a fault; a gateway fault happens at once: how many connections it affected."""
    faults, dispatcher = controls.faults, controls.dispatcher
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
            raise InvalidFaultError('"code" must be from 1000 to 4999, or null to cut.')
        return {"struck": dispatcher.close_bots(code)}
    elif kind == "invalid_session":
        return {"struck": dispatcher.invalidate_bots(resumable=body.get("resumable") is True)}
    elif kind == "reconnect":
        return {"struck": dispatcher.reconnect_bots()}
    elif kind == "silence":
        return {"struck": dispatcher.silence_bots()}
    elif kind == "server_outage":
        return {"struck": dispatcher.outages.begin()}
    elif kind == "server_return":
        return {"struck": dispatcher.outages.end()}
    elif kind == "event":
        event, data = body.get("event"), body.get("data", {})
        if not isinstance(event, str) or not event or not isinstance(data, dict):
            raise InvalidFaultError('"event" must be a name and "data" an object.')
        return {"struck": dispatcher.inject_event(event, data)}
    else:
        raise InvalidFaultError(
            '"kind" must be "http", "slow", "duplicate", "reorder", "gateway_close", "silence",'
            ' "invalid_session", "reconnect", "server_outage", "server_return" or "event".'
        )
    return {}
