"""Origin guard: in a browser only the emulator's own page may send requests to it.

Listening on loopback keeps other machines out, but not pages of other sites in a browser on this
machine. Their requests have another ``Origin``, or another ``Host`` that they made resolve to
127.0.0.1 (DNS rebinding); both are rejected before the body is read. Clients other than browsers
send no ``Origin``, and the address they were given as ``Host``.

Sources: Fetch Standard › Origin header; Fetch Metadata › Sec-Fetch-Site.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.typedefs import Middleware

from bot.emulator.rest.request import json_response

__all__ = ["add_security_headers", "find_violation", "guard"]

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
#: The header ``Host`` is a host and perhaps a port, and nothing else (RFC 9110 §7.2).
_LOOPBACK = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:[0-9]{1,5})?", re.IGNORECASE)
_OTHERS = frozenset({"cross-site", "same-site"})
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob:",
        "connect-src 'self' ws://{host}",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)


def find_violation(
    method: str, path: str, *, host: str | None, origin: str | None, site: str | None
) -> str | None:
    """Why a request is rejected, by its headers; None if it is allowed.

    ``site`` is the header ``Sec-Fetch-Site``. Other sites may only open the page itself, as with a
    link.
    """
    if host is None or _LOOPBACK.fullmatch(host) is None:
        return "The emulator answers only to loopback addresses."
    if origin is not None and origin.lower() != f"http://{host}".lower():
        return "Pages of other sites can't use the emulator."
    if site is not None and site.strip().lower() in _OTHERS and (method, path) != ("GET", "/"):
        return "Pages of other sites can't use the emulator."
    return None


def guard() -> Middleware:
    """The outermost middleware; it also covers the gateway's handshake."""

    @web.middleware
    async def check_origin(request: web.Request, handler: _Handler) -> web.StreamResponse:
        headers = request.headers
        fault = find_violation(
            request.method,
            request.path,
            host=headers.get("Host"),
            origin=headers.get("Origin"),
            site=headers.get("Sec-Fetch-Site"),
        )
        if fault is not None:
            return json_response(403, {"message": fault, "code": 0})
        return await handler(request)

    return check_origin


async def add_security_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Add security headers to a response: no MIME sniffing, and only the page's own scripts.

    Content Security Policy Level 3; Fetch Standard › X-Content-Type-Options.
    """
    response.headers["X-Content-Type-Options"] = "nosniff"
    if request.path == "/" or request.path.startswith("/page/"):
        host = request.headers.get("Host", "")
        response.headers["Content-Security-Policy"] = _POLICY.format(host=host)
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cache-Control"] = "no-cache"
    elif request.path.startswith("/attachments/"):
        response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
