"""``GET /rehearsal/world``: the whole world as JSON, for tests; and serving attachments.

Attachments are served as by Discord's CDN.
"""

from __future__ import annotations

import mimetypes
from typing import Any

from aiohttp import web

from bot.emulator import payloads
from bot.emulator.rest.request import json_response
from bot.emulator.rules.json_form import read_id
from bot.emulator.world.models import Interaction, Message
from bot.emulator.world.signed_urls import is_valid_url
from bot.emulator.world.world import World

__all__ = ["add_routes", "take_snapshot"]

_PICTURES = {"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"}


def _message(world: World, message: Message) -> dict[str, Any]:
    return {**payloads.message(world, message), "deleted": message.deleted}


def _interaction(world: World, interaction: Interaction) -> dict[str, Any]:
    return {
        "id": str(interaction.id),
        "type": interaction.type,
        "member_id": str(interaction.member_id),
        "state": interaction.state.name.lower(),
        "answer": interaction.answer,
        "messages": [_message(world, world.messages[i]) for i in interaction.messages],
    }


def take_snapshot(world: World) -> dict[str, Any]:
    """The whole world; ephemeral messages are listed under their interaction."""
    channels = [c for c in world.channels.values() if c.thread is None]
    threads = [c for c in world.channels.values() if c.thread is not None]
    seen = [m for m in world.messages.values() if m.ephemeral_to is None]
    return {
        "now": payloads.iso(world.now()),
        "channels": [payloads.channel(world, channel) for channel in channels],
        "threads": [payloads.channel(world, channel) for channel in threads],
        "messages": [_message(world, m) for m in sorted(seen, key=lambda m: m.id)],
        "interactions": [_interaction(world, one) for one in world.interactions.values()],
    }


def add_routes(app: web.Application, world: World) -> None:
    """Serve the snapshot and the attachments."""

    async def snapshot(_: web.Request) -> web.Response:
        return json_response(200, take_snapshot(world))

    async def file(request: web.Request) -> web.Response:
        """docs: Reference › CDN Formatting, Signed Attachment CDN URLs."""
        wanted = request.match_info["attachment_id"]
        content = world.files.get(read_id(wanted) or 0)
        # Discord's client renews an address before it shows a file, so the page doesn't need to.
        shown = request.headers.get("Sec-Fetch-Site") == "same-origin"
        if not shown and not is_valid_url(
            request.path, request.query, world.cdn_secret, world.now()
        ):
            content = None
        if content is None:
            return web.Response(status=404, text="This content is no longer available.")
        # Only pictures are shown in a browser; anything else could be a page with a script.
        guessed = mimetypes.guess_type(request.match_info["filename"])[0] or ""
        kind = guessed if guessed in _PICTURES else "application/octet-stream"
        return web.Response(body=content, content_type=kind)

    app.router.add_get("/rehearsal/world", snapshot)
    app.router.add_get("/attachments/{channel_id}/{attachment_id}/{filename}", file)
