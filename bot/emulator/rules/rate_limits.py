"""The rate limits that the emulator announces and enforces.

Discord documents only the global one; the others are chosen near what people report, and
``docs/emulator.md`` lists them as ours. They apply to bots and webhooks and use real time, since
they are about traffic and not about the world.
docs: Topics › Rate Limits.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass

from bot.emulator.rules.errors import ApiError, api_error

__all__ = [
    "CHANNEL_CHANGES",
    "COMMAND_CREATES",
    "GLOBAL",
    "INVALID",
    "MESSAGE_CHANGES",
    "OLD_EDITS",
    "RENAMES",
    "TABLE",
    "Limit",
    "RateLimits",
    "headers_when_exceeded",
]


@dataclass(frozen=True, slots=True)
class Limit:
    """A number of calls within a number of seconds.

    One that isn't ``announced`` appears in no header: exceeding it is answered with the headers of
    its route. ``code`` is the JSON error code sent when it is exceeded, 0 for none.
    docs: Rate Limits › Exceeding A Rate Limit, Header Format.
    """

    name: str
    calls: int
    seconds: float
    announced: bool = True
    code: int = 0

    @property
    def bucket(self) -> str:
        """The bucket hash, by which clients group routes."""
        return hashlib.md5(self.name.encode(), usedforsecurity=False).hexdigest()


GLOBAL = Limit("global", 50, 1.0)
MESSAGES = Limit("messages", 5, 5.0)
THREADS = Limit("thread starts", 5, 10.0)
REACTIONS = Limit("reactions", 1, 0.25)
RENAMES = Limit("renames", 2, 600.0, announced=False)
#: Edits of messages over an hour old, per channel. docs: Opcodes and Status Codes › JSON Error
#: Codes, 30046; no number is documented.
OLD_EDITS = Limit("old edits", 3, 20.0, announced=False, code=30046)
HISTORY = Limit("history", 10, 1.0)
MESSAGE_CHANGES = Limit("message changes", 10, 5.0)
CHANNEL_CHANGES = Limit("channel changes", 10, 5.0)
WEBHOOKS = Limit("webhooks", 5, 2.0)
#: New commands of an application, global or of one server; documented.
#: docs: Application Commands › Registering a Command; JSON Error Codes, 30034.
COMMAND_CREATES = Limit("command creates", 200, 86_400.0, announced=False, code=30034)
INVALID = Limit("invalid requests", 10_000, 600.0, announced=False)

_REACTION = "/channels/{channel_id}/messages/{message_id}/reactions"
_WEBHOOK = "/webhooks/{webhook_id}/{webhook_token}"
TABLE: dict[tuple[str, str], Limit] = {
    ("POST", "/channels/{channel_id}/messages"): MESSAGES,
    ("POST", "/channels/{channel_id}/threads"): THREADS,
    ("POST", "/channels/{channel_id}/messages/{message_id}/threads"): THREADS,
    ("PUT", f"{_REACTION}/{{emoji}}/@me"): REACTIONS,
    ("DELETE", f"{_REACTION}/{{emoji}}/@me"): REACTIONS,
    ("DELETE", f"{_REACTION}/{{emoji}}/{{user_id}}"): REACTIONS,
    ("DELETE", f"{_REACTION}/{{emoji}}"): REACTIONS,
    ("DELETE", _REACTION): REACTIONS,
    ("GET", "/channels/{channel_id}/messages"): HISTORY,
    ("PATCH", "/channels/{channel_id}/messages/{message_id}"): MESSAGE_CHANGES,
    ("PATCH", "/channels/{channel_id}"): CHANNEL_CHANGES,
    ("POST", _WEBHOOK): WEBHOOKS,
    ("PATCH", f"{_WEBHOOK}/messages/{{message_id}}"): WEBHOOKS,
    ("DELETE", f"{_WEBHOOK}/messages/{{message_id}}"): WEBHOOKS,
}
"""By method and path; each limit is counted per channel or webhook."""


@dataclass(slots=True)
class _Window:
    ends: float
    used: int = 0


def headers_when_exceeded(method: str, path: str, after: float) -> dict[str, str]:
    """A route's rate-limit headers in a 429; ``path`` is the route's, with names in braces.

    docs: Rate Limits › Exceeding A Rate Limit (the headers of the route are in it too).
    """
    limit = TABLE.get((method, path)) or Limit(f"{method} {path}", 1, after)
    return {
        "X-RateLimit-Limit": str(limit.calls),
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": f"{time.time() + after:.3f}",
        "X-RateLimit-Reset-After": f"{after:.3f}",
        "X-RateLimit-Bucket": limit.bucket,
    }


class RateLimits:
    """Counts calls against the limits. With ``on`` false it limits and announces nothing."""

    def __init__(self, *, on: bool = True, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.on = on
        self._monotonic = monotonic
        self._windows: dict[tuple[str, str], _Window] = {}
        self._invalid = _Window(0.0)

    def note_answer(self, status: int) -> None:
        """Count an answer of 401, 403 or 429. docs: Rate Limits › Invalid Request Limit."""
        if status not in {401, 403, 429}:
            return
        now = self._monotonic()
        if self._invalid.ends <= now:
            self._invalid = _Window(now + INVALID.seconds)
        self._invalid.used += 1

    def check_ban(self) -> None:
        """Raises a 429 without ``Via`` while the address is banned for too many invalid calls."""
        left = self._invalid.ends - self._monotonic()
        if self.on and left > 0 and self._invalid.used >= INVALID.calls:
            message = "You are being blocked from accessing our API temporarily."
            headers = {"Retry-After": str(int(left) + 1)}
            raise ApiError(429, 0, message, headers=headers)

    def take_global(self, who: str) -> None:
        """Count a call against the global limit. Raises an error with status 429."""
        if self.on:
            self._take(GLOBAL, who, scope="global")

    def take(self, limit: Limit, who: str, where: str) -> dict[str, str]:
        """Count a call; the headers to send. Raises an error with status 429."""
        if not self.on:
            return {}
        window = self._take(limit, f"{who} {where}", scope="user")
        return self._headers(limit, window) if limit.announced else {}

    def _take(self, limit: Limit, key: str, *, scope: str) -> _Window:
        now = self._monotonic()
        window = self._windows.get((limit.name, key))
        if window is None or window.ends <= now:
            if len(self._windows) > 10_000:
                self._windows = {k: w for k, w in self._windows.items() if w.ends > now}
            window = self._windows[limit.name, key] = _Window(now + limit.seconds)
        if window.used >= limit.calls:
            raise self._error(limit, window, window.ends - now, scope)
        window.used += 1
        return window

    def _headers(self, limit: Limit, window: _Window) -> dict[str, str]:
        after = max(0.0, window.ends - self._monotonic())
        return {
            "X-RateLimit-Limit": str(limit.calls),
            "X-RateLimit-Remaining": str(limit.calls - window.used),
            "X-RateLimit-Reset": f"{time.time() + after:.3f}",
            "X-RateLimit-Reset-After": f"{after:.3f}",
            "X-RateLimit-Bucket": limit.bucket,
        }

    def _error(self, limit: Limit, window: _Window, after: float, scope: str) -> ApiError:
        """docs: Rate Limits › Exceeding A Rate Limit. Without ``Via`` it would look like a ban."""
        headers = {
            "Retry-After": str(int(after) + 1),
            "X-RateLimit-Scope": scope,
            "Via": "1.1 google",
        }
        if scope == "global":
            headers["X-RateLimit-Global"] = "true"
        elif limit.announced:
            headers |= self._headers(limit, window)
        body = {"retry_after": round(after, 3), "global": scope == "global"}
        if limit.code:
            message = api_error(limit.code).body["message"]
            return ApiError(429, limit.code, message, more=body, headers=headers)
        return ApiError(429, 0, "You are being rate limited.", more=body, headers=headers)
