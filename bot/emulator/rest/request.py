"""REST requests: authentication, rate limits, reading the body, and writing the response."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import parse_qsl

import orjson
from aiohttp import BodyPartReader, MultipartReader, StreamReader, web
from aiohttp.base_protocol import BaseProtocol

from bot.emulator.address import API_VERSIONS, Address
from bot.emulator.rest.refused_fields import REFUSED_FIELDS
from bot.emulator.rules.errors import ApiError, api_error
from bot.emulator.rules.json_form import Form, FormText, form_error, read_id
from bot.emulator.rules.rate_limits import TABLE, Limit, RateLimits, headers_when_exceeded
from bot.emulator.rules.uploads import Upload
from bot.emulator.world.models import Application, User
from bot.emulator.world.world import World

__all__ = ["Api", "Call", "Created", "Result", "json_response"]

_log = logging.getLogger(__name__)
_FILE_FIELD = re.compile(r"^files\[(\d+)\]$")
MAX_BODY = 25 * 1024 * 1024
"""docs: Reference › Uploading Files: bytes of one request."""


@dataclass(frozen=True, slots=True)
class Created:
    """A response with status 201."""

    body: Any


Result: TypeAlias = "dict[str, Any] | list[Any] | Created | web.Response | None"


@dataclass(frozen=True, slots=True)
class Call:
    """A request whose caller was identified and whose body was read."""

    request: web.Request
    world: World
    address: Address
    rates: RateLimits
    caller: User | None
    body: dict[str, Any] | list[Any] = field(default_factory=dict)
    uploads: list[Upload] = field(default_factory=list)
    parameters: dict[str, Any] = field(default_factory=dict)

    @property
    def user(self) -> User:
        """The caller. Raises 401 if there is none."""
        if self.caller is None:
            raise ApiError(401, 0, "401: Unauthorized")
        return self.caller

    @property
    def form(self) -> Form:
        """The body, which must be an object."""
        if not isinstance(self.body, dict):
            raise form_error(
                "_", "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType"
            )
        return Form(self.body)

    def id(self, name: str) -> int:
        """An id in the path."""
        value = self.request.match_info[name]
        if value == "@me":
            return self.user.id
        found = read_id(value)
        if found is None:
            raise form_error(name, "NUMBER_TYPE_COERCE", f'Value "{value}" is not snowflake.')
        return found

    def text(self, name: str) -> str:
        """A text in the path."""
        return self.request.match_info[name]

    @property
    def query(self) -> Form:
        """The query string's parameters."""
        return Form(self.parameters)

    def flag(self, name: str) -> bool:
        """A boolean query parameter. docs: Reference › Boolean Query Strings."""
        value = str(self.parameters.get(name, "")).lower()
        if value not in {"", "0", "1", "false", "true"}:
            raise form_error(name, "BASE_TYPE_CONVERT", "Could not interpret value as boolean.")
        return value in {"1", "true"}

    def own_application(self) -> Application:
        """The path's application, which must be the caller's own. docs: error 20012."""
        application = self.world.application_of(self.user.id)
        if application is None or application.id != self.id("application_id"):
            raise api_error(20012)
        return application


class _Body(dict[str, Any]):
    """An object in a request; it and those in it remember the fields that were looked up."""

    def __init__(self, fields: dict[str, Any]) -> None:
        super().__init__({name: _watched(value) for name, value in fields.items()})
        self._known: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        self._known.add(name)
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        self._known.add(str(name))
        return super().__contains__(name)

    def get(self, name: str, default: Any = None) -> Any:
        self._known.add(name)
        return super().get(name, default)

    @property
    def is_read(self) -> bool:
        """Whether any of its fields was looked up."""
        return bool(self._known)

    def ignored(self, path: str = "") -> Iterator[str]:
        """The paths of fields that nobody looked up, written with dots.

        Of an object that is taken as a whole, nothing counts as ignored.
        """
        for name, value in self.items():
            if not (name.isascii() and name.isidentifier()):
                continue
            where = f"{path}{name}"
            if name not in self._known:
                yield where
                continue
            inner = value if isinstance(value, list) else [value]
            for number, one in enumerate(inner):
                if isinstance(one, _Body) and one.is_read:
                    at = f"{where}.{number}." if isinstance(value, list) else f"{where}."
                    yield from one.ignored(at)


def _watched(value: Any) -> Any:
    if isinstance(value, dict):
        return _Body(value)
    return [_watched(one) for one in value] if isinstance(value, list) else value


def _ignored_header(body: dict[str, Any] | list[Any], parameters: _Body) -> dict[str, str]:
    """Names the ignored fields in a response, at most twenty; ``?`` is before a parameter's."""
    parts = body if isinstance(body, list) else [body]
    found = {name for one in parts if isinstance(one, _Body) for name in one.ignored()}
    names = sorted({f"?{name}" for name in parameters.ignored()} | found)[:20]
    return {"X-Emulator-Ignored": ", ".join(names)} if names else {}


def _route_headers(method: str, path: str, refusal: ApiError) -> dict[str, str]:
    """The rate-limit headers in a 429 for a limit that isn't announced; none for others.

    docs: Rate Limits › Exceeding A Rate Limit.
    """
    hidden = refusal.headers.get("X-RateLimit-Scope") == "user"
    if not hidden or "X-RateLimit-Limit" in refusal.headers:
        return {}
    return headers_when_exceeded(method, path, refusal.body["retry_after"])


Handler: TypeAlias = Callable[[Call], Awaitable[Result]]


def json_response(
    status: int, body: Any = None, headers: dict[str, str] | None = None
) -> web.Response:
    """A response in Discord's form: JSON without a charset, an empty body for 204."""
    if status == 204:
        return web.Response(status=204, headers=headers)
    return web.Response(
        status=status,
        body=orjson.dumps(body),
        headers={"Content-Type": "application/json", **(headers or {})},
    )


class Api:
    """Registers handlers under ``/api/v9`` and ``/api/v10``; each request takes the same steps."""

    def __init__(
        self, app: web.Application, world: World, address: Address, rates: RateLimits
    ) -> None:
        self._app = app
        self._world = world
        self._address = address
        self._rates = rates

    def add(self, method: str, path: str, handler: Handler, *, open_to_all: bool = False) -> None:
        """Serve a path; with ``open_to_all`` a token in the path authenticates the request."""
        limit = TABLE.get((method, path))

        async def handle(request: web.Request) -> web.Response:
            headers: dict[str, str] = {}
            header = request.headers.get("Authorization")
            caller = self._world.user_by_authorization(header)
            body: dict[str, Any] | list[Any] = {}
            parameters = _Body(dict(request.query))
            try:
                if caller is None and not open_to_all:
                    raise ApiError(401, 0, "401: Unauthorized")
                headers = self._count(request, caller, limit, open_to_all)
                body, uploads = await _read(request)
                body = _watched(body)
                if isinstance(body, dict):
                    form = Form(body)
                    form.refuse(*REFUSED_FIELDS.get((method, path), ()))
                    form.check()
                call = Call(
                    request,
                    self._world,
                    self._address,
                    self._rates,
                    caller,
                    body,
                    uploads,
                    parameters,
                )
                result = await handler(call)
                headers |= _ignored_header(body, parameters)
            except ApiError as refusal:
                if caller is None or caller.bot:
                    self._rates.note_answer(refusal.status)
                headers |= _ignored_header(body, parameters)
                headers = _route_headers(method, path, refusal) | headers
                return json_response(refusal.status, refusal.body, headers | refusal.headers)
            if isinstance(result, web.Response):
                result.headers.update(headers)
                return result
            if result is None:
                return json_response(204, headers=headers)
            if isinstance(result, Created):
                return json_response(201, result.body, headers)
            return json_response(200, result, headers)

        for version in API_VERSIONS:
            self._app.router.add_route(method, f"/api/v{version}{path}", handle)

    def _count(
        self, request: web.Request, caller: User | None, limit: Limit | None, open_to_all: bool
    ) -> dict[str, str]:
        """Count a request; the rate-limit headers to send.

        docs: Rate Limits › Global Rate Limit (interactions and webhooks don't count).
        """
        if caller is not None and not caller.bot:
            return {}
        self._rates.check_ban()
        who = str(caller.id) if caller is not None and not open_to_all else ""
        if not open_to_all:
            self._rates.take_global(who)
        if limit is None:
            return {}
        where = request.match_info
        major = where.get("channel_id") or f"{where.get('webhook_id')}/{where.get('webhook_token')}"
        return self._rates.take(limit, who, major)


async def _read(request: web.Request) -> tuple[dict[str, Any] | list[Any], list[Upload]]:
    """Read the body: its JSON and its files.

    The whole body is read first, because the recorder before this has read it too.
    docs: Reference › Content Type, Uploading Files.
    """
    try:
        content = await request.read()
    except web.HTTPRequestEntityTooLarge as error:
        raise api_error(40005) from error
    if not content:
        return {}, []
    if len(content) > MAX_BODY:
        raise api_error(40005)
    if request.content_type == "multipart/form-data":
        return await _multipart(request, content)
    if request.content_type == "application/x-www-form-urlencoded":
        return _urlencoded(content), []
    if request.content_type != "application/json":
        raise form_error(
            "_",
            "CONTENT_TYPE_INVALID",
            "Expected \"Content-Type\" header to be one of {'application/json',"
            " 'application/x-www-form-urlencoded', 'multipart/form-data'}.",
        )
    return _json(content), []


def _urlencoded(content: bytes) -> dict[str, Any] | list[Any]:
    """A form's fields, or the JSON in its field ``payload_json``. docs: Reference › HTTP API."""
    try:
        fields = dict(parse_qsl(content.decode(), keep_blank_values=True, strict_parsing=True))
    except ValueError as error:
        raise api_error(50109) from error
    payload = fields.get("payload_json")
    if payload is not None:
        return _json(payload.encode())
    return {name: FormText(value) for name, value in fields.items()}


def _json(content: bytes) -> dict[str, Any] | list[Any]:
    try:
        value = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise api_error(50109) from error
    if not isinstance(value, dict | list):
        raise api_error(50109)
    return value


async def _multipart(
    request: web.Request, content: bytes
) -> tuple[dict[str, Any] | list[Any], list[Upload]]:
    loop = asyncio.get_running_loop()
    stream = StreamReader(BaseProtocol(loop), limit=len(content) + 1, loop=loop)
    stream.feed_data(content)
    stream.feed_eof()
    body: dict[str, Any] | list[Any] = {}
    uploads: list[Upload] = []
    try:
        reader = MultipartReader(request.headers, stream)
        while (part := await reader.next()) is not None:
            if not isinstance(part, BodyPartReader):
                raise api_error(50109)
            held = bytes(await part.read(decode=True))
            name = part.name or ""
            numbered = _FILE_FIELD.match(name)
            if name == "payload_json":
                body = _json(held)
            elif numbered or part.filename:
                number = int(numbered[1]) if numbered else len(uploads)
                kind = part.headers.get("Content-Type", "application/octet-stream")
                uploads.append(Upload(number, part.filename or "file", kind, held))
            elif isinstance(body, dict):
                body[name] = FormText(held.decode(errors="replace"))
    except (ValueError, AssertionError) as error:
        raise api_error(50109) from error
    return body, uploads


async def unknown(request: web.Request) -> web.Response:
    """The response to a route the emulator doesn't have: a 404 and a logged error."""
    _log.error("The emulator has no route %s %s", request.method, request.path)
    message = f"404: Not Found ({request.method} {request.path} isn't emulated)"
    return json_response(404, {"message": message, "code": 0})
