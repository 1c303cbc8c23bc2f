"""Responses to interactions that only the person who used the command sees."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import zipfile
from collections.abc import Sequence
from typing import Any

import discord
from discord.http import Route

from bot.core import limits
from bot.core.text.truncate import truncate
from bot.discord_api.errors import TRANSIENT
from bot.errors import UserError

__all__ = ["acknowledge", "answer", "answer_with_file", "follow_up_with_files", "show"]

_log = logging.getLogger(__name__)

_TYPES = {"json": "application/json", "md": "text/markdown", "zip": "application/zip"}
#: docs: Message Resource › Message Flags.
_EPHEMERAL = 1 << 6


async def answer(interaction: discord.Interaction, text: str) -> None:
    """Answer with a text, truncated to the length of a message."""
    content = truncate(text, limits.MESSAGE_CONTENT)
    await interaction.response.send_message(content, ephemeral=True, suppress_embeds=True)


async def acknowledge(interaction: discord.Interaction[Any], **how: bool) -> None:
    """Defer: tell Discord that the answer will follow.

    A failure is logged and the work goes on: an answer is a view of rows, and a command shows the
    same view again.
    """
    try:
        await interaction.response.defer(**how)
    except (discord.HTTPException, discord.InteractionResponded, *TRANSIENT) as failure:
        _log.warning("A command could not be acknowledged (%s); it is carried out anyway.", failure)


async def show(interaction: discord.Interaction[Any], view: discord.ui.LayoutView) -> None:
    """Replace the interaction's answer by ``view``; a failure is logged."""
    try:
        await interaction.edit_original_response(content=None, view=view)
    except (discord.HTTPException, *TRANSIENT) as failure:
        _log.warning("An answer could not be shown (%s).", failure)


async def answer_with_file(
    interaction: discord.Interaction[Any], content: str, text: str, name: str
) -> None:
    """Send ``content`` and ``text`` as a file, as the answer of a deferred interaction.

    Text that is too long for a file is zipped; raises UserError if that is too long as well.
    discord.py sends the ids of files as numbers, Discord's API description has strings (docs:
    Reference › Uploading Files), so the call is made here.
    """
    data = text.encode("utf-8", "replace")
    if len(data) > limits.FILE_BYTES:
        data, name = await asyncio.to_thread(_zip, name, data), f"{name}.zip"
        if len(data) > limits.FILE_BYTES:
            raise UserError(
                "This is more than Discord takes in one file (10 MiB), even packed: ask whoever "
                "runs the bot to take it from the archive."
            )
    file = discord.File(io.BytesIO(data), name)
    route = Route(
        "PATCH",
        "/webhooks/{webhook_id}/{webhook_token}/messages/@original",
        webhook_id=interaction.application_id,
        webhook_token=interaction.token,
    )
    body = {"content": content, "attachments": [{"id": "0", "filename": file.filename}]}
    form: list[dict[str, Any]] = [
        {"name": "payload_json", "value": json.dumps(body), "content_type": "application/json"},
        {
            "name": "files[0]",
            "value": file.fp,
            "filename": file.filename,
            "content_type": _TYPES[name.rpartition(".")[2]],
        },
    ]
    await interaction.client.http.request(route, form=form, files=[file])


def _zip(name: str, data: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return packed.getvalue()


async def follow_up_with_files(
    interaction: discord.Interaction[Any], content: str, uploads: Sequence[tuple[str, bytes]]
) -> None:
    """Send a follow-up with files, given as names and bytes.

    At most ``limits.FILES``, each within ``FILE_BYTES``, together within ``REQUEST_BYTES``.
    """
    files = [discord.File(io.BytesIO(content), name) for name, content in uploads]
    route = Route(
        "POST",
        "/webhooks/{webhook_id}/{webhook_token}",
        webhook_id=interaction.application_id,
        webhook_token=interaction.token,
    )
    attachments = [
        {"id": str(number), "filename": file.filename} for number, file in enumerate(files)
    ]
    body = {"content": content, "flags": _EPHEMERAL, "attachments": attachments}
    form: list[dict[str, Any]] = [
        {"name": "payload_json", "value": json.dumps(body), "content_type": "application/json"}
    ]
    form += [
        {
            "name": f"files[{number}]",
            "value": file.fp,
            "filename": file.filename,
            "content_type": "application/zip",
        }
        for number, file in enumerate(files)
    ]
    await interaction.client.http.request(route, form=form, files=files)
