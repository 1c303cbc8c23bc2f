"""What the tests compare with: the world as it is, and the files it holds.

``GET /rehearsal/world`` is the emulator's own; files are served where Discord's CDN would.
"""

from __future__ import annotations

import mimetypes
from typing import TYPE_CHECKING, Any

from aiohttp import web

from bot.emulator import payloads
from bot.emulator.rest.request import answer
from bot.emulator.world.models import Interaction, Message
from bot.emulator.world.signed_urls import is_good
from bot.emulator.world.world import World

if TYPE_CHECKING:
    from bot.emulator.server import Emulator

__all__ = ["add_routes", "describe"]

_PICTURES = {"image/png", "image/jpeg", "image/gif", "image/webp"}


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


def describe(world: World) -> dict[str, Any]:
    """The whole truth; what only one member sees stands under its interaction."""
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


def add_routes(app: web.Application, emulator: Emulator) -> None:
    """Serve the truth and the files."""

    async def world(_: web.Request) -> web.Response:
        return answer(200, describe(emulator.world))

    async def file(request: web.Request) -> web.Response:
        """docs: Reference › CDN Formatting, Signed Attachment CDN URLs."""
        wanted = request.match_info["attachment_id"]
        content = emulator.world.files.get(int(wanted)) if wanted.isdecimal() else None
        # Discord's client renews an address before it shows the file, so the page need not.
        shown = request.headers.get("Sec-Fetch-Site") == "same-origin"
        there = emulator.world
        if not shown and not is_good(request.path, request.query, there.cdn_secret, there.now()):
            content = None
        if content is None:
            return web.Response(status=404, text="This content is no longer available.")
        # Only pictures are shown in a browser; anything else could be a page with a script.
        guessed = mimetypes.guess_type(request.match_info["filename"])[0] or ""
        kind = guessed if guessed in _PICTURES else "application/octet-stream"
        return web.Response(body=content, content_type=kind)

    app.router.add_get("/rehearsal/world", world)
    app.router.add_get("/attachments/{channel_id}/{attachment_id}/{filename}", file)
