"""HTTP calls without discord.py's automatic retries, for endpoints that aren't idempotent.

discord.py repeats a call that was answered with 500 to 524, though it may have had its effect. A
call without a nonce (executing a webhook, creating one) would have it twice, and of a deletion it
wouldn't be known who deleted. Here a call is repeated only where Discord says that it had no
effect: 429 (docs: Topics › Rate Limits).
"""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp
import discord
from discord.http import HTTPClient, Route

from bot.discord_api.call_budget import CallBudget

__all__ = ["SingleCalls", "Upload"]

#: Seconds for one call, files included, where nothing else is said.
_SECONDS = 120.0
#: Rate limits a call waits for before it fails.
_MOST_WAITS = 20


@dataclass(frozen=True, slots=True)
class Upload:
    """A file to send along."""

    name: str
    type: str | None
    content: bytes


class SingleCalls:
    """Makes calls in its own session, those of a rate limit bucket one after the other."""

    def __init__(self, http: HTTPClient, call_budget: CallBudget) -> None:
        self._http = http
        self._call_budget = call_budget
        self._session: aiohttp.ClientSession | None = None
        self._locks: dict[str, asyncio.Lock] = {}
        self._free_at: dict[str, float] = {}

    async def close(self) -> None:
        """Close the session; a later call would open another."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def call(
        self,
        route: Route,
        *,
        as_bot: bool,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        files: Sequence[Upload] = (),
        within: float = _SECONDS,
    ) -> Any:
        """Make the call and return Discord's answer, None for no content.

        ``as_bot``: with the bot's token; not where the URL has a token. ``within``: seconds for
        the answer; calls of the same bucket wait for it. Raises discord.HTTPException for a status
        of 400 and more, else what aiohttp raises.
        """
        key = f"{route.key} {route.major_parameters}"
        async with self._locks.setdefault(key, asyncio.Lock()):
            for _ in range(_MOST_WAITS):
                await self._wait(key)
                if as_bot:
                    await self._call_budget.wait_for_turn()
                async with self._request(route, as_bot, query, body, files, within) as response:
                    answer = await _read_answer(response)
                    self._note_rate_limit(key, response)
                    if response.status == 429 and isinstance(answer, dict):
                        wait = float(answer.get("retry_after") or 1.0)
                        self._free_at[key] = self._now() + wait
                        continue
                    if response.status >= 400:
                        raise discord.HTTPException(response, answer)
                    return answer
            raise discord.HTTPException(response, answer)

    def _request(
        self,
        route: Route,
        as_bot: bool,
        query: Mapping[str, str] | None,
        body: Mapping[str, Any] | None,
        files: Sequence[Upload],
        within: float,
    ) -> Any:
        if self._session is None:
            self._session = aiohttp.ClientSession()
        headers = {"User-Agent": self._http.user_agent}
        if as_bot:
            headers["Authorization"] = f"Bot {self._http.token}"
        data: Any = None
        if files:
            data = aiohttp.FormData(quote_fields=False)
            data.add_field("payload_json", json.dumps(body), content_type="application/json")
            for number, file in enumerate(files):
                kind = file.type or "application/octet-stream"
                data.add_field(
                    f"files[{number}]",
                    io.BytesIO(file.content),
                    filename=file.name,
                    content_type=kind,
                )
        elif body is not None:
            data = json.dumps(body)
            headers["Content-Type"] = "application/json"
        return self._session.request(
            route.method,
            route.url,
            params=query,
            headers=headers,
            data=data,
            timeout=aiohttp.ClientTimeout(total=within),
            middlewares=(_make_send_once(),),
        )

    def _note_rate_limit(self, key: str, response: aiohttp.ClientResponse) -> None:
        """docs: Topics › Rate Limits › Header Format."""
        if response.headers.get("X-RateLimit-Remaining") == "0":
            after = float(response.headers.get("X-RateLimit-Reset-After") or 0)
            self._free_at[key] = self._now() + after

    async def _wait(self, key: str) -> None:
        wait = self._free_at.pop(key, 0.0) - self._now()
        if wait > 0:
            await asyncio.sleep(wait)

    def _now(self) -> float:
        return asyncio.get_running_loop().time()


def _make_send_once() -> aiohttp.ClientMiddlewareType:
    """aiohttp itself repeats a DELETE whose connection broke; this prevents that."""
    sent = False

    async def send(
        request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        nonlocal sent
        if sent:
            raise aiohttp.ClientConnectionError("the connection was lost during the call")
        sent = True
        return await handler(request)

    return send


async def _read_answer(response: aiohttp.ClientResponse) -> Any:
    text = await response.text(encoding="utf-8")
    if response.content_type == "application/json" and text:
        return json.loads(text)
    return text or None
