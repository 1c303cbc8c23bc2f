"""The web application: REST under ``/api/v10``, files, the truth, and where others plug in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from bot.emulator.faults import controls, middleware, snapshot
from bot.emulator.gateway import socket
from bot.emulator.rest import routes
from bot.emulator.rest.request import Api, unknown
from bot.emulator.rules.rate_limits import Rates
from bot.emulator.web import room

if TYPE_CHECKING:
    from bot.emulator.server import StandIn

__all__ = ["create_app", "plug_in"]

_MOST_BODY = 26 * 1024 * 1024


def create_app(standin: StandIn) -> web.Application:
    """The application that serves one stand-in."""
    app = web.Application(client_max_size=_MOST_BODY)
    plug_in(app, standin)
    routes.add_routes(Api(app, standin, Rates(on=standin.rates)))
    snapshot.add_routes(app, standin)
    app.router.add_route("*", "/{anything:.*}", unknown)
    return app


def plug_in(app: web.Application, standin: StandIn) -> None:
    """The one place where the gateway, the faults, the recorder and the controls are added.

    Middlewares that stand before the rules (guard outermost, then recorder and faults) go to
    ``app.middlewares`` here, routes to ``app.router``.
    """
    room.add_routes(app, standin)
    app.middlewares.append(middleware.middleware(standin))
    socket.add_routes(app, standin)
    controls.add_routes(app, standin)
