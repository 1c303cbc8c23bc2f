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
    from bot.emulator.server import Emulator

__all__ = ["create_app", "plug_in"]

_MOST_BODY = 26 * 1024 * 1024


def create_app(emulator: Emulator) -> web.Application:
    """The application that serves one emulator."""
    app = web.Application(client_max_size=_MOST_BODY)
    plug_in(app, emulator)
    routes.add_routes(Api(app, emulator, Rates(on=emulator.rates)))
    snapshot.add_routes(app, emulator)
    app.router.add_route("*", "/{anything:.*}", unknown)
    return app


def plug_in(app: web.Application, emulator: Emulator) -> None:
    """The one place where the gateway, the faults, the recorder and the controls are added.

    Middlewares that stand before the rules (guard outermost, then recorder and faults) go to
    ``app.middlewares`` here, routes to ``app.router``.
    """
    room.add_routes(app, emulator)
    app.middlewares.append(middleware.middleware(emulator))
    socket.add_routes(app, emulator)
    controls.add_routes(app, emulator)
