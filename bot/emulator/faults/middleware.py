"""The middleware through which the bot's REST calls pass: struck, counted and written down."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from aiohttp import BodyPartReader, MultipartReader, StreamReader, web
from aiohttp.typedefs import Middleware

from bot.emulator.faults.faults import CallFault
from bot.emulator.faults.har import Exchange, Recorder
from bot.emulator.faults.steps import NeverArrivedError, plain_path

if TYPE_CHECKING:
    from bot.emulator.server import Emulator

__all__ = ["fetches_file", "is_bots", "middleware"]

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_API = "/api/v10"
_FILES = "/attachments/"
_NO_LIMIT = 1 << 30


def is_bots(request: web.Request) -> bool:
    """Whether a call is the bot's: by its token, or by the token of an interaction or webhook.

    docs: Reference › Authentication; Receiving and Responding to Interactions › Endpoints.
    """
    path = request.path
    if not path.startswith(f"{_API}/"):
        return False
    authorization = request.headers.get("Authorization")
    if authorization is not None:
        return authorization.startswith("Bot ")
    pieces = path.removeprefix(_API).split("/")
    return len(pieces) > 3 and pieces[1] in {"webhooks", "interactions"}


def fetches_file(request: web.Request) -> bool:
    """Whether a call is taken for the bot's that fetches an attachment: any but a browser's.

    Its address is all that such a call needs, so nothing in it tells whose it is.
    docs: Reference › Signed Attachment CDN URLs.
    """
    return request.path.startswith(_FILES) and "Sec-Fetch-Site" not in request.headers


def middleware(emulator: Emulator) -> Middleware:
    """The middleware of one emulator; it belongs outside of those that know rules."""

    @web.middleware
    async def pass_through(request: web.Request, handler: _Handler) -> web.StreamResponse:
        if is_bots(request):
            return await _exchange(emulator, request, handler, emulator.recorder)
        if fetches_file(request):  # which is no call of the API, so it is not written down
            return await _exchange(emulator, request, handler, None)
        return await handler(request)

    return pass_through


async def _exchange(
    emulator: Emulator, request: web.Request, handler: _Handler, recorder: Recorder | None
) -> web.StreamResponse:
    began, clock = datetime.now(UTC), asyncio.get_running_loop().time
    start = clock()
    body = await _take_body(request)
    steps, faults = emulator.gateway_hub.steps, emulator.faults
    path = request.path.removeprefix(_API)
    what = f"{request.method} {plain_path(path)}"
    try:
        await steps.take("call", "before", what)
    except NeverArrivedError:
        return _cut(request)
    fault: CallFault | None = faults.on_call(request.method, path)
    response: web.StreamResponse = web.Response(status=500)
    if fault is None or fault.after_effect:
        response = await _carry_out(request, handler)
    is_cut = fault is not None and fault.status is None
    if fault is not None and fault.status is not None:
        response = fault.answer(fault.status)
    await steps.take("call", "after", what)
    wait = faults.on_answer()
    if wait:
        await asyncio.sleep(wait)
    if recorder is not None:
        recorder.call(
            await _told(
                request,
                body,
                None if is_cut else response,
                began=began,
                milliseconds=(clock() - start) * 1000,
                injected=fault is not None,
            )
        )
    return _cut(request) if is_cut else response


async def _carry_out(request: web.Request, handler: _Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except web.HTTPException as error:
        return web.Response(status=error.status, text=error.text, headers=error.headers)


def _cut(request: web.Request) -> web.StreamResponse:
    """Break the connection under a call; what is returned reaches nobody."""
    if request.transport is not None:
        assert isinstance(request.transport, asyncio.WriteTransport)
        request.transport.abort()
    return web.Response(status=500)


async def _take_body(request: web.Request) -> bytes:
    """Read the whole body, and leave it there for the handler to read again."""
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


async def _told(
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
    """The fields of a form; of files only their names and types."""
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
