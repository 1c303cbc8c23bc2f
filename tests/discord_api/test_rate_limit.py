"""The library's rate limit buckets: unused ones are looked for twice a minute."""

from __future__ import annotations

import asyncio

import pytest
from discord.http import HTTPClient

from bot.discord_api.rate_limit import clear_buckets_rarely
from tests.support.call_counts import count_calls


def make_bucket(http: HTTPClient, number: int) -> None:
    """Make a bucket, as a call to another channel does."""
    http.get_ratelimit(f"GET /channels/{{channel_id}}/messages:{number}")


async def test_a_new_bucket_costs_the_same_however_many_there_are() -> None:
    http = HTTPClient(asyncio.get_running_loop())
    clear_buckets_rarely(http)
    counts = []
    for first, last in ((0, 300), (300, 3000)):
        for number in range(first, last):
            make_bucket(http, number)
        counts.append(count_calls(lambda last=last: make_bucket(http, last)))  # type: ignore[misc]
    assert counts[0] == counts[1]


async def test_unused_buckets_are_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.discord_api.rate_limit._CLEARING_INTERVAL", 0.0)
    http = HTTPClient(asyncio.get_running_loop())
    clear_buckets_rarely(http)
    for number in range(300):
        make_bucket(http, number)
    for bucket in http._buckets.values():
        bucket._last_request -= 301.0
    make_bucket(http, 300)
    assert len(http._buckets) == 1
