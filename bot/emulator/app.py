"""The web application: the REST API, the gateway, attachments, the page and the controls."""

from __future__ import annotations

from aiohttp import web

from bot.emulator.address import Address
from bot.emulator.faults import controls, snapshot
from bot.emulator.faults.controls import Controls
from bot.emulator.faults.middleware import BotTraffic
from bot.emulator.gateway import socket
from bot.emulator.rest import routes
from bot.emulator.rest.request import Api, unknown
from bot.emulator.rules.rate_limits import RateLimits
from bot.emulator.web import room
from bot.emulator.web.room import Room

__all__ = ["create_app"]

_MAX_BODY = 26 * 1024 * 1024


def create_app(
    address: Address,
    rate_limits: RateLimits,
    traffic: BotTraffic,
    control_state: Controls,
    rehearsal_room: Room,
) -> web.Application:
    """Put the parts of an emulator together into one web application.

    The middlewares' order matters: the origin guard is outermost, then faults and recorder.
    """
    app = web.Application(client_max_size=_MAX_BODY)
    world, dispatcher = control_state.world, control_state.dispatcher
    room.add_routes(app, rehearsal_room)
    app.middlewares.append(traffic.middleware())
    socket.add_routes(app, dispatcher)
    controls.add_routes(app, control_state)
    routes.add_routes(Api(app, world, address, rate_limits))
    snapshot.add_routes(app, world)
    app.router.add_route("*", "/{anything:.*}", unknown)
    return app
