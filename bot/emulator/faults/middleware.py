"""Middleware for the bot's REST calls: injects faults, counts steps, records traffic."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from http import HTTPStatus

from aiohttp import BodyPartReader, MultipartReader, StreamReader, web
from aiohttp.typedefs import Middleware

from bot.emulator.address import without_api_prefix
from bot.emulator.faults.faults import FaultQueue
from bot.emulator.faults.har import Exchange, Recorder
from bot.emulator.faults.steps import NeverArrivedError, Steps, plain_path
from bot.emulator.rules.rate_limits import headers_when_exceeded

__all__ = ["BotTraffic", "is_bot_call", "is_file_fetch"]

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_FILES = "/attachments/"
_NO_LIMIT = 1 << 30


def is_bot_call(request: web.Request) -> bool:
    """Whether a call is the bot's, by its token or the token of an interaction or webhook.

    docs: Reference › Authentication; Receiving and Responding to Interactions › Endpoints.
    """
    path = without_api_prefix(request.path)
    if path == request.path:
        return False
    authorization = request.headers.get("Authorization")
    if authorization is not None:
        return authorization.startswith("Bot ")
    pieces = path.split("/")
    return len(pieces) > 3 and pieces[1] in {"webhooks", "interactions"}


def is_file_fetch(request: web.Request) -> bool:
    """Whether a call fetches an attachment and isn't a browser's, so that it counts as the bot's.

    Such a call needs no token, so it doesn't say who makes it.
    docs: Reference › Signed Attachment CDN URLs.
    """
    return request.path.startswith(_FILES) and "Sec-Fetch-Site" not in request.headers


class BotTraffic:
    """The middleware; it has to run before the rules do. ``recorder`` may be set at any time.

    ``listeners``: called with the request of each call before anything is done about it.
    """

    def __init__(self, faults: FaultQueue, steps: Steps) -> None:
        self._faults = faults
        self._steps = steps
        self.recorder: Recorder | None = None
        self.listeners: list[Callable[[web.Request], None]] = []

    def middleware(self) -> Middleware:
        """The middleware function for aiohttp."""

        @web.middleware
        async def pass_through(request: web.Request, handler: _Handler) -> web.StreamResponse:
            if is_bot_call(request):
                for listener in self.listeners:
                    listener(request)
                return await self._exchange(request, handler, self.recorder)
            if is_file_fetch(request):  # not an API call, so it isn't recorded
                return await self._exchange(request, handler, None)
            return await handler(request)

        return pass_through

    async def _exchange(
        self, request: web.Request, handler: _Handler, recorder: Recorder | None
    ) -> web.StreamResponse:
        began, clock = datetime.now(UTC), asyncio.get_running_loop().time
        start = clock()
        body = await _read_body(request)
        what = f"{request.method} {plain_path(without_api_prefix(request.path))}"
        try:
            await self._steps.reach("call", "before", what)
        except NeverArrivedError:
            return _cut(request)
        fault = self._faults.on_call(request.method, request.path)
        response: web.StreamResponse = web.Response(status=500)
        if fault is None or fault.after_effect:
            response = await _call_handler(request, handler)
        is_cut = fault is not None and fault.status is None
        if fault is not None and fault.status is not None:
            response = fault.response(fault.status)
            if fault.status == HTTPStatus.TOO_MANY_REQUESTS and not fault.is_global:
                route = _route(request)
                after = fault.retry_after
                response.headers.update(headers_when_exceeded(request.method, route, after))
        await self._steps.reach("call", "after", what)
        delay = self._faults.on_answer()
        if delay:
            await asyncio.sleep(delay)
        if recorder is not None:
            recorder.call(
                await _to_exchange(
                    request,
                    body,
                    None if is_cut else response,
                    began=began,
                    milliseconds=(clock() - start) * 1000,
                    injected=fault is not None,
                )
            )
        return _cut(request) if is_cut else response


async def _call_handler(request: web.Request, handler: _Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except web.HTTPException as error:
        return web.Response(status=error.status, text=error.text, headers=error.headers)


def _route(request: web.Request) -> str:
    """The path of a call's route below the API's address, with names in braces."""
    resource = request.match_info.route.resource
    return without_api_prefix(resource.canonical if resource is not None else request.path)


def _cut(request: web.Request) -> web.StreamResponse:
    """Abort the connection of a call; the returned response isn't sent."""
    if request.transport is not None:
        assert isinstance(request.transport, asyncio.WriteTransport)
        request.transport.abort()
    return web.Response(status=500)


async def _read_body(request: web.Request) -> bytes:
    """Read the whole body and keep it for the handler to read again."""
    if request.content_type != "multipart/form-data":
        return await request.read() if request.can_read_body else b""
    body = await request.content.read()
    request._payload = _stream(request, body)  # noqa: SLF001 - aiohttp reads a form only once
    return body


def _stream(request: web.Request, body: bytes) -> StreamReader:
    stream = StreamReader(request.protocol, _NO_LIMIT, loop=asyncio.get_running_loop())
    stream.feed_data(body)
    stream.feed_eof()
    return stream


async def _to_exchange(
    request: web.Request,
    body: bytes,
    response: web.StreamResponse | None,
    *,
    began: datetime,
    milliseconds: float,
    injected: bool,
) -> Exchange:
    text: str | None = None
    params: list[dict[str, str]] = []
    mime_type = request.headers.get("Content-Type", "")
    if request.content_type == "multipart/form-data":
        params = await _params(request, body)
    elif body:
        text = body.decode(errors="replace")
    answer: str | None = None
    if isinstance(response, web.Response) and isinstance(response.body, bytes) and response.body:
        answer = response.body.decode(errors="replace")
    return Exchange(
        began=began,
        milliseconds=milliseconds,
        method=request.method,
        url=str(request.url),
        request_headers=list(request.headers.items()),
        mime_type=mime_type,
        text=text,
        params=params,
        status=response.status if response is not None else 0,
        reason=(response.reason if response is not None else None) or "",
        response_headers=list(response.headers.items()) if response is not None else [],
        answer=answer,
        answer_type=response.content_type if response is not None and answer is not None else "",
        injected=injected,
    )


async def _params(request: web.Request, body: bytes) -> list[dict[str, str]]:
    """The fields of a form; for files only their names and types."""
    found: list[dict[str, str]] = []
    reader = MultipartReader(request.headers, _stream(request, body))
    while (part := await reader.next()) is not None:
        if not isinstance(part, BodyPartReader):
            continue
        param = {"name": part.name or ""}
        if part.filename is not None:
            param["fileName"] = part.filename
        kind = part.headers.get("Content-Type")
        if kind is not None:
            param["contentType"] = kind
        content = await part.read(decode=True)
        if part.filename is None:
            param["value"] = bytes(content).decode(errors="replace")
        found.append(param)
    return found
