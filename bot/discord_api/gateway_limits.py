"""How many shards Discord recommends, and how many sessions the bot may start.

docs: Gateway Resource › Get Gateway Bot; Gateway › Session Start Limit Object.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Any

import aiohttp
import discord
from discord.http import HTTPClient, Route

from bot.discord_api.call_budget import CallBudget

__all__ = ["GatewayLimits", "fetch_gateway_limits"]

_TIMEOUT = aiohttp.ClientTimeout(total=30)


@dataclass(frozen=True, slots=True)
class GatewayLimits:
    """What Discord says before the bot connects.

    shards:           how many it recommends
    max_concurrency:  how many shards may identify in 5 seconds, one in each bucket
    remaining:        sessions that may be started until the limit is reset. A bot that starts more
                      loses its token.
    reset_after:      how long it is until then
    """

    shards: int
    max_concurrency: int
    remaining: int
    reset_after: timedelta


async def fetch_gateway_limits(token: str, call_budget: CallBudget | None = None) -> GatewayLimits:
    """Ask Discord, before there is a client: it is another one if there are several shards.

    Raises LoginFailure if the token is refused, else aiohttp's ClientError or TimeoutError.
    """
    user_agent = HTTPClient(asyncio.get_running_loop()).user_agent
    headers = {"Authorization": f"Bot {token}", "User-Agent": user_agent}
    traces = [call_budget.make_trace()] if call_budget is not None else []
    async with aiohttp.ClientSession(
        headers=headers, timeout=_TIMEOUT, trace_configs=traces
    ) as session:
        response = await session.request("GET", f"{Route.BASE}/gateway/bot")
        if response.status == HTTPStatus.UNAUTHORIZED:
            raise discord.LoginFailure("Discord refuses the token.")
        response.raise_for_status()
        try:
            return _parse(await response.json())
        except (KeyError, TypeError, ValueError) as error:
            raise aiohttp.ClientPayloadError(f"unexpected answer: {error!r}") from error


def _parse(data: Any) -> GatewayLimits:
    limit = data["session_start_limit"]
    return GatewayLimits(
        shards=max(1, int(data["shards"])),
        max_concurrency=max(1, int(limit["max_concurrency"])),
        remaining=int(limit["remaining"]),
        reset_after=timedelta(milliseconds=int(limit["reset_after"])),
    )
