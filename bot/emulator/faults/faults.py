"""Injected faults: those requested by ``POST /rehearsal/faults`` that haven't happened yet.

They affect only the bot's traffic, never a member's. Fetching a file counts as the bot's unless a
browser does it.
"""

from __future__ import annotations

import fnmatch
import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Literal

import orjson
from aiohttp import web

from bot.emulator.address import without_api_prefix

__all__ = ["CallFault", "FaultQueue", "InvalidFaultError"]

_MAX_TIMES = 1_000_000
_MAX_SECONDS = 600.0
_METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}
_CODES = {401: 0, 403: 50013}
_MESSAGES = {
    401: "401: Unauthorized",
    403: "Missing Permissions",
    429: "You are being rate limited.",
}
EventFault = Literal["duplicate", "reorder"]


class InvalidFaultError(Exception):
    """A request for a fault is invalid; the text says why."""


@dataclass(frozen=True, slots=True)
class CallFault:
    """A REST call fails with ``status``, or its connection is cut if that is None.

    With ``after_effect`` the call is executed first. ``code`` and ``message`` are those of
    Discord's JSON error; ``retry_after`` (seconds) and ``is_global`` are for a 429.
    """

    method: str | None
    path: str
    status: int | None
    after_effect: bool
    code: int = 0
    message: str | None = None
    retry_after: float = 0.1
    is_global: bool = False

    def matches(self, method: str, path: str) -> bool:
        """Whether the fault applies to a call."""
        return self.method in {None, method} and path_matches(self.path, path)

    def response(self, status: int) -> web.Response:
        """The response sent instead of the real one.

        docs: Rate Limits › Exceeding A Rate Limit (429: ``retry_after``, ``global``, headers);
        Opcodes and Status Codes › JSON. ``Via`` shows that Discord answers, not Cloudflare.
        """
        message = self.message or _MESSAGES.get(status) or f"{status}: {_phrase(status)}"
        code = self.code or _CODES.get(status, 0)
        body: dict[str, Any] = {"message": message, "code": code}
        headers = {"Content-Type": "application/json"}
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            body = {"message": message, "retry_after": self.retry_after, "global": self.is_global}
            body |= {"code": self.code} if self.code else {}
            headers |= {
                "Via": "1.1 google",
                "Retry-After": str(max(1, round(self.retry_after))),
                "X-RateLimit-Scope": "global" if self.is_global else "shared",
            }
            if self.is_global:
                headers["X-RateLimit-Global"] = "true"
        return web.Response(status=status, body=orjson.dumps(body), headers=headers)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"


def path_matches(pattern: str, path: str) -> bool:
    """Whether a pattern matches a path; both may start with ``/api/v10``.

    ``*`` and ``{name}`` match within one path segment, ``**`` matches anything, and so does a
    ``*`` at the start. A regular expression that matches the whole path works too.
    """
    path = without_api_prefix(path)
    pattern = without_api_prefix(pattern)
    if re.fullmatch(_glob(pattern), path):
        return True
    try:
        return re.fullmatch(pattern, path) is not None
    except re.error:
        return False


def _glob(pattern: str) -> str:
    found: list[str] = []
    for piece in re.findall(r"^\*+|\*\*|\*|\{[^{}/]*\}|[^*{]+|\{", pattern):
        if piece.startswith("**") or (piece == "*" and not found):
            found.append(".*")
        elif piece == "*" or (piece.startswith("{") and piece.endswith("}")):
            found.append("[^/]+")
        else:
            found.append(re.escape(piece))
    return "".join(found)


@dataclass(slots=True)
class _Pending:
    fault: CallFault | EventFault | float
    times: int
    event: str = "*"


class FaultQueue:
    """The pending faults, in the order they were requested."""

    def __init__(self) -> None:
        self._pending: list[_Pending] = []

    def __len__(self) -> int:
        return len(self._pending)

    def clear(self) -> None:
        """Remove all pending faults."""
        self._pending.clear()

    @property
    def call_faults(self) -> list[CallFault]:
        """The pending faults of calls, in the order in which they apply."""
        return [one.fault for one in self._pending if isinstance(one.fault, CallFault)]

    def put_first(self, fault: CallFault) -> None:
        """Add a fault before all others: the next call that it matches uses it up."""
        self._pending.insert(0, _Pending(fault, 1))

    def add_call(self, body: dict[str, Any]) -> None:
        """Add an ``http`` fault. Raises InvalidFaultError."""
        path = body.get("path")
        if not isinstance(path, str) or not path:
            raise InvalidFaultError('"path" must be a pattern such as "/channels/*/messages".')
        method = body.get("method")
        if isinstance(method, str):
            method = method.upper()
        if method is not None and method != "*" and method not in _METHODS:
            raise InvalidFaultError('"method" must be GET, POST, PUT, PATCH, DELETE or "*".')
        if "status" not in body:
            raise InvalidFaultError('"status" must be a number, or null to cut the connection.')
        status = body["status"]
        if status is not None and not _is_whole(status, 400, 599):
            raise InvalidFaultError('"status" must be from 400 to 599, or null.')
        after = body.get("after_effect", False)
        if not isinstance(after, bool):
            raise InvalidFaultError('"after_effect" must be true or false.')
        code, message = body.get("code", 0), body.get("message")
        if not _is_whole(code, 0, 10**9) or not isinstance(message, str | None):
            raise InvalidFaultError('"code" must be a number and "message" a text.')
        wait = _seconds(body, "retry_after", 0.1)
        fault = CallFault(
            None if method == "*" else method,
            path,
            status,
            after,
            code,
            message,
            wait,
            body.get("global") is True,
        )
        self._pending.append(_Pending(fault, read_times(body)))

    def add_event(self, kind: EventFault, body: dict[str, Any]) -> None:
        """Add a fault that sends an event twice, or after the following one."""
        event = body.get("event")
        if not isinstance(event, str) or not event:
            raise InvalidFaultError('"event" must be the name of an event: MESSAGE_CREATE.')
        self._pending.append(_Pending(kind, read_times(body), event.upper()))

    def add_slow(self, body: dict[str, Any]) -> None:
        """Add a fault that delays responses by some seconds."""
        if "seconds" not in body:
            raise InvalidFaultError('"seconds" must say how long an answer is held back.')
        self._pending.append(_Pending(_seconds(body, "seconds", 0.0), read_times(body)))

    def on_call(self, method: str, path: str) -> CallFault | None:
        """The fault for a call, which it uses up; None for none."""
        for pending in self._pending:
            fault = pending.fault
            if isinstance(fault, CallFault) and fault.matches(method, path):
                self._use(pending)
                return fault
        return None

    def on_answer(self) -> float:
        """Seconds by which to delay a response; uses up a fault."""
        for pending in self._pending:
            if isinstance(pending.fault, float):
                self._use(pending)
                return pending.fault
        return 0.0

    def on_event(self, name: str) -> EventFault | None:
        """The fault for an event, which it uses up; None for none."""
        for pending in self._pending:
            fault = pending.fault
            if isinstance(fault, str) and fnmatch.fnmatchcase(name, pending.event):
                self._use(pending)
                return fault
        return None

    def _use(self, pending: _Pending) -> None:
        pending.times -= 1
        if pending.times == 0:
            self._pending.remove(pending)


def _is_whole(value: Any, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def read_times(body: dict[str, Any]) -> int:
    """How often a fault happens, once by default. Raises InvalidFaultError."""
    times = body.get("times", 1)
    if not _is_whole(times, 1, _MAX_TIMES):
        raise InvalidFaultError('"times" must be a whole number of at least 1.')
    assert isinstance(times, int)
    return times


def _seconds(body: dict[str, Any], name: str, default: float) -> float:
    value = body.get(name, default)
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise InvalidFaultError(f'"{name}" must be a number of seconds.')
    if not 0 <= value <= _MAX_SECONDS:
        raise InvalidFaultError(f'"{name}" must be from 0 to {_MAX_SECONDS:.0f} seconds.')
    return float(value)
