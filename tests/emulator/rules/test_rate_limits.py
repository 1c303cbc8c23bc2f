"""Rate limits. docs: Topics › Rate Limits."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import aiohttp
import pytest

from bot.emulator.rules.errors import ApiError
from bot.emulator.rules.rate_limits import (
    CHANNEL_CHANGES,
    GLOBAL,
    INVALID,
    MESSAGE_CHANGES,
    OLD_EDITS,
    RENAMES,
    Limit,
    RateLimits,
)
from bot.emulator.server import Emulator
from bot.emulator.world.seed import seed_world
from tests.emulator.http_clients import SeededServer, seeded_server


@pytest.fixture
async def busy() -> AsyncIterator[SeededServer]:
    """An emulator with rate limits."""
    emulator = Emulator(seed_world())
    await emulator.start()
    try:
        async with aiohttp.ClientSession() as session:
            yield seeded_server(emulator, session)
    finally:
        await emulator.stop()


class Watch:
    """A monotonic clock that only moves when a test moves it."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


async def test_headers_announce_a_bucket(busy: SeededServer) -> None:
    """docs: Rate Limits › Header Format."""
    reply = await busy.bot.post(f"/channels/{busy.essays}/messages", {"content": "x"})
    assert (reply.headers["X-RateLimit-Limit"], reply.headers["X-RateLimit-Remaining"]) == (
        "5",
        "4",
    )
    assert 0 < float(reply.headers["X-RateLimit-Reset-After"]) <= 5
    assert reply.headers["X-RateLimit-Bucket"]


async def test_an_exceeded_bucket_says_when_to_retry(busy: SeededServer) -> None:
    """docs: Rate Limits › Exceeding A Rate Limit."""
    path = f"/channels/{busy.essays}/messages"
    for n in range(5):
        await busy.bot.post_message(busy.essays, str(n))
    reply = await busy.bot.post(path, {"content": "x"})
    assert reply.status == 429
    assert 0 < reply.body["retry_after"] <= 5
    assert reply.body["global"] is False
    assert reply.headers["Via"]
    assert reply.headers["X-RateLimit-Scope"] == "user"
    assert int(reply.headers["Retry-After"]) >= reply.body["retry_after"]
    assert reply.headers["X-RateLimit-Remaining"] == "0"
    other = await busy.bot.post(f"/channels/{busy.admins}/messages", {"content": "x"})
    assert other.status == 200


async def test_members_are_not_counted(busy: SeededServer) -> None:
    for n in range(7):
        await busy.ann.post_message(busy.essays, str(n))


async def test_renaming_has_a_limit_that_no_header_shows(busy: SeededServer) -> None:
    """docs: Rate Limits › Exceeding A Rate Limit: the 429 has the headers of the route."""
    message = await busy.ann.post_message(busy.essays, "one")
    thread = await busy.bot.open_thread(busy.essays, message["id"])
    path = f"/channels/{thread['id']}"
    for name in ("a", "b"):
        renamed = await busy.bot.patch(path, {"name": name})
        assert renamed.status == 200
        assert renamed.headers["X-RateLimit-Limit"] == str(CHANNEL_CHANGES.calls)
    reply = await busy.bot.patch(path, {"name": "c"})
    assert reply.status == 429
    assert reply.body["retry_after"] > 500
    assert reply.headers["X-RateLimit-Limit"] == str(CHANNEL_CHANGES.calls)
    assert reply.headers["X-RateLimit-Remaining"] != "0"
    assert (await busy.bot.patch(path, {"archived": True})).status == 200


async def test_without_rate_limits_nothing_is_announced(server: SeededServer) -> None:
    for n in range(7):
        reply = await server.bot.post(f"/channels/{server.essays}/messages", {"content": str(n)})
        assert reply.status == 200
        assert "X-RateLimit-Limit" not in reply.headers


def test_the_global_limit_is_fifty_calls_a_second() -> None:
    """docs: Rate Limits › Global Rate Limit."""
    watch = Watch()
    rates = RateLimits(monotonic=watch)
    for _ in range(GLOBAL.calls):
        rates.take_global("bot")
    with pytest.raises(ApiError) as refused:
        rates.take_global("bot")
    assert refused.value.status == 429
    assert refused.value.body["global"] is True
    assert refused.value.headers["X-RateLimit-Global"] == "true"
    rates.take_global("other bot")
    watch.now = GLOBAL.seconds
    rates.take_global("bot")


def test_ten_thousand_invalid_calls_ban_the_address() -> None:
    """docs: Rate Limits › Invalid Request Limit Aka Cloudflare Bans."""
    watch = Watch()
    rates = RateLimits(monotonic=watch)
    for _ in range(INVALID.calls - 1):
        rates.note_answer(403)
        rates.note_answer(404)
    rates.check_ban()
    rates.note_answer(429)
    with pytest.raises(ApiError) as refused:
        rates.check_ban()
    assert refused.value.status == 429
    assert "Via" not in refused.value.headers
    watch.now = INVALID.seconds
    rates.check_ban()


def test_a_window_resets_when_it_ends() -> None:
    watch = Watch()
    rates = RateLimits(monotonic=watch)
    limit = Limit("test", 1, 2.0)
    assert rates.take(limit, "bot", "here")["X-RateLimit-Remaining"] == "0"
    with pytest.raises(ApiError):
        rates.take(limit, "bot", "here")
    watch.now = 2.0
    rates.take(limit, "bot", "here")


def test_a_hidden_limit_has_no_headers() -> None:
    assert RateLimits(monotonic=Watch()).take(RENAMES, "bot", "here") == {}


async def test_few_messages_over_an_hour_old_can_be_edited_at_once(busy: SeededServer) -> None:
    """docs: Opcodes and Status Codes › JSON Error Codes, 30046."""
    path = f"/channels/{busy.essays}/messages"
    said = [
        (await busy.bot.post_message(busy.essays, str(n)))["id"] for n in range(OLD_EDITS.calls + 1)
    ]
    for message_id in said:
        assert (await busy.bot.patch(f"{path}/{message_id}", {"content": "x"})).status == 200
    clock = busy.emulator.world.clock
    clock.advance_to(busy.emulator.world.now() + timedelta(hours=1, seconds=1))
    *first, last = said
    for message_id in first:
        assert (await busy.bot.patch(f"{path}/{message_id}", {"content": "y"})).status == 200
    reply = await busy.bot.patch(f"{path}/{last}", {"content": "y"})
    assert (reply.status, reply.code) == (429, 30046)
    assert 0 < reply.body["retry_after"] <= OLD_EDITS.seconds
    assert reply.headers["Via"]
    assert reply.headers["X-RateLimit-Limit"] == str(MESSAGE_CHANGES.calls)


async def test_200_commands_are_created_in_a_day(busy: SeededServer) -> None:
    """docs: Application Commands › Registering a Command; JSON Error Codes (30034)."""
    path = f"/applications/{busy.application_id}/guilds/{busy.guild_id}/commands"

    def named(first: int, last: int) -> list[dict[str, str]]:
        return [{"name": f"c{n}", "description": "d"} for n in range(first, last)]

    assert (await busy.bot.put(path, named(0, 100))).status == 200
    assert (await busy.bot.put(path, named(0, 100))).status == 200
    assert (await busy.bot.put(path, named(100, 200))).status == 200
    refused = await busy.bot.put(path, named(199, 201))
    assert (refused.status, refused.code) == (429, 30034)
    assert refused.headers["X-RateLimit-Remaining"] == "0"
    assert float(refused.headers["X-RateLimit-Reset-After"]) > 3600
    assert len((await busy.bot.get(path)).body) == 100
    assert (await busy.bot.post(path, named(200, 201)[0])).code == 30034
    assert (await busy.bot.post(path, named(199, 200)[0])).status == 200
    everywhere = f"/applications/{busy.application_id}/commands"
    assert (await busy.bot.post(everywhere, named(200, 201)[0])).status == 201
