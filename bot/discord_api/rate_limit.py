"""The upkeep of discord.py's rate limit buckets."""

from __future__ import annotations

import asyncio

from discord.http import HTTPClient

__all__ = ["clear_buckets_rarely"]

#: Seconds between two looks for the library's buckets that aren't used any more.
_CLEARING_INTERVAL = 30.0


def clear_buckets_rarely(http: HTTPClient) -> None:
    """Have discord.py look for unused rate limit buckets twice a minute.

    It has a bucket for each channel that it made a call to in the last five minutes, and looks at
    all of them whenever it makes another one: at 40 calls a second, that is most of what it does.
    """
    clear = http._try_clear_expired_ratelimits  # noqa: SLF001 - it has no setting for it
    next_at = 0.0

    def clear_if_due() -> None:
        nonlocal next_at
        now = asyncio.get_running_loop().time()
        if now >= next_at:
            next_at = now + _CLEARING_INTERVAL
            clear()

    http._try_clear_expired_ratelimits = clear_if_due  # type: ignore[method-assign] # noqa: SLF001
