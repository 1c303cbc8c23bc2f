"""Faults made on purpose: what ``POST /rehearsal/faults`` asks for, until it has struck.

Only the bot's traffic is struck, never a member's. Of files, that is whatever no page shows.
"""

from __future__ import annotations

import fnmatch
import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Literal

import orjson
from aiohttp import web

__all__ = ["CallFault", "FaultBox", "UnusableFaultError"]

_MOST_TIMES = 1_000_000
_MOST_SECONDS = 600.0
_PREFIX = "/api/v10"
_METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}
_CODES = {401: 0, 403: 50013}
_MESSAGES = {
    401: "401: Unauthorized",
    403: "Missing Permissions",
    429: "You are being rate limited.",
}
EventFault = Literal["duplicate", "reorder"]


class UnusableFaultError(Exception):
    """A fault was described in a way that nobody understands; the text says what is wrong."""


@dataclass(frozen=True, slots=True)
class CallFault:
    """A REST call is answered with ``status``, or its connection is cut where that is None.

    With ``after_effect`` the call is carried out first. ``code`` and ``message`` are those of
    Discord's JSON error; ``retry_after`` is in seconds and stands in a 429, as ``is_global``.
    """

    method: str | None
    path: str
    status: int | None
    after_effect: bool
    code: int = 0
    message: str | None = None
    retry_after: float = 0.1
    is_global: bool = False

    def hits(self, method: str, path: str) -> bool:
        """Whether a call is meant."""
        return self.method in {None, method} and path_fits(self.path, path)

    def answer(self, status: int) -> web.Response:
        """The answer in place of the true one.

        docs: Rate Limits › Exceeding A Rate Limit (429: ``retry_after``, ``global``, headers);
        Opcodes and Status Codes › JSON. ``Via`` says that Discord answers and not its shield.
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


def path_fits(pattern: str, path: str) -> bool:
    """Whether a pattern means a path (both with or without ``/api/v10`` before them).

    ``*`` and ``{name}`` stand for one piece between slashes, or a part of it, ``**`` for
    anything; a ``*`` in front stands for anything, too. What is a regular expression for the
    whole path is taken as one.
    """
    path = path.removeprefix(_PREFIX)
    pattern = pattern.removeprefix(_PREFIX)
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
class _Planned:
    fault: CallFault | EventFault | float
    times: int
    event: str = "*"


class FaultBox:
    """The faults that have not struck yet, in the order in which they were asked for."""

    def __init__(self) -> None:
        self._planned: list[_Planned] = []

    def __len__(self) -> int:
        return len(self._planned)

    def clear(self) -> None:
        """Take everything back."""
        self._planned.clear()

    def add_call(self, body: dict[str, Any]) -> None:
        """Plan an ``http`` fault. Raises UnusableFaultError."""
        path = body.get("path")
        if not isinstance(path, str) or not path:
            raise UnusableFaultError('"path" must be a pattern such as "/channels/*/messages".')
        method = body.get("method")
        if isinstance(method, str):
            method = method.upper()
        if method is not None and method != "*" and method not in _METHODS:
            raise UnusableFaultError('"method" must be GET, POST, PUT, PATCH, DELETE or "*".')
        if "status" not in body:
            raise UnusableFaultError('"status" must be a number, or null to cut the connection.')
        status = body["status"]
        if status is not None and not _is_whole(status, 400, 599):
            raise UnusableFaultError('"status" must be from 400 to 599, or null.')
        after = body.get("after_effect", False)
        if not isinstance(after, bool):
            raise UnusableFaultError('"after_effect" must be true or false.')
        code, message = body.get("code", 0), body.get("message")
        if not _is_whole(code, 0, 10**9) or not isinstance(message, str | None):
            raise UnusableFaultError('"code" must be a number and "message" a text.')
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
        self._planned.append(_Planned(fault, times_of(body)))

    def add_event(self, kind: EventFault, body: dict[str, Any]) -> None:
        """Plan to send an event twice, or after the one that follows it."""
        event = body.get("event")
        if not isinstance(event, str) or not event:
            raise UnusableFaultError('"event" must be the name of an event: MESSAGE_CREATE.')
        self._planned.append(_Planned(kind, times_of(body), event.upper()))

    def add_slow(self, body: dict[str, Any]) -> None:
        """Plan to hold answers back for some seconds."""
        if "seconds" not in body:
            raise UnusableFaultError('"seconds" must say how long an answer is held back.')
        self._planned.append(_Planned(_seconds(body, "seconds", 0.0), times_of(body)))

    def on_call(self, method: str, path: str) -> CallFault | None:
        """The fault that strikes a call, which is used up by it."""
        for planned in self._planned:
            fault = planned.fault
            if isinstance(fault, CallFault) and fault.hits(method, path):
                self._use(planned)
                return fault
        return None

    def on_answer(self) -> float:
        """Seconds that an answer is held back."""
        for planned in self._planned:
            if isinstance(planned.fault, float):
                self._use(planned)
                return planned.fault
        return 0.0

    def on_event(self, name: str) -> EventFault | None:
        """The fault that strikes an event."""
        for planned in self._planned:
            fault = planned.fault
            if isinstance(fault, str) and fnmatch.fnmatchcase(name, planned.event):
                self._use(planned)
                return fault
        return None

    def _use(self, planned: _Planned) -> None:
        planned.times -= 1
        if planned.times == 0:
            self._planned.remove(planned)


def _is_whole(value: Any, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def times_of(body: dict[str, Any]) -> int:
    """How often a fault strikes; once unless it is said. Raises UnusableFaultError."""
    times = body.get("times", 1)
    if not _is_whole(times, 1, _MOST_TIMES):
        raise UnusableFaultError('"times" must be a whole number of at least 1.')
    assert isinstance(times, int)
    return times


def _seconds(body: dict[str, Any], name: str, default: float) -> float:
    value = body.get(name, default)
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise UnusableFaultError(f'"{name}" must be a number of seconds.')
    if not 0 <= value <= _MOST_SECONDS:
        raise UnusableFaultError(f'"{name}" must be from 0 to {_MOST_SECONDS:.0f} seconds.')
    return float(value)
