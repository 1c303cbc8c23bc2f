"""Files are served as Discord's CDN serves them. docs: Reference › Signed Attachment CDN URLs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import aiohttp

from tests.emulator.http_clients import SeededServer


async def _attached(server: SeededServer) -> dict[str, Any]:
    path = f"/channels/{server.essays}/messages"
    reply = await server.ann.post(path, {"content": "look"}, files={"a.png": b"picture"})
    assert reply.status == 200, reply
    found: dict[str, Any] = reply.body
    return found


async def _get(address: str) -> tuple[int, bytes]:
    async with aiohttp.ClientSession() as session, session.get(address) as response:
        return response.status, await response.read()


async def test_a_file_is_served_at_its_address_for_a_day(server: SeededServer) -> None:
    message = await _attached(server)
    address = message["attachments"][0]["url"]
    assert await _get(address) == (200, b"picture")
    clock = server.emulator.world.clock
    clock.advance_to(server.emulator.world.now() + timedelta(hours=26))
    assert (await _get(address))[0] == 404
    path = f"/channels/{server.essays}/messages/{message['id']}"
    renewed = (await server.bot.get(path)).body["attachments"][0]["url"]
    assert renewed != address
    assert await _get(renewed) == (200, b"picture")


async def test_a_file_address_with_a_missing_or_wrong_signature_is_404(
    server: SeededServer,
) -> None:
    address = (await _attached(server))["attachments"][0]["url"]
    assert (await _get(address.split("?")[0]))[0] == 404
    assert (await _get(address[:-1] + ("0" if address[-1] != "0" else "1")))[0] == 404
