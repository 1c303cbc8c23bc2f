"""Responses to interactions that only the person who used the command sees."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import logging
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

import discord
from discord import ui
from discord.http import Route
from discord.utils import MISSING

from bot.core import limits
from bot.core.text.translate import gettext as _
from bot.core.text.truncate import truncate
from bot.discord_api.errors import TRANSIENT
from bot.errors import UserError
from cogs.ui.deadline import claim_answer
from cogs.ui.errors import AnswerRefused

__all__ = ["answer", "answer_with_file", "follow_up", "follow_up_with_files", "show", "update"]

_log = logging.getLogger(__name__)

_TYPES = {"json": "application/json", "md": "text/markdown", "zip": "application/zip"}
_TYPES |= {"html": "text/html", "epub": "application/epub+zip"}
#: docs: Message Resource › Message Flags.
_EPHEMERAL = 1 << 6
#: Interaction has already been acknowledged (docs: JSON Error Codes).
_ALREADY_ANSWERED = 40060
_REFUSALS = (HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


async def answer(
    interaction: discord.Interaction[Any],
    text: str | None = None,
    *,
    view: ui.View | ui.LayoutView | None = None,
) -> None:
    """Answer with a message: a text, truncated to the length of one, or a view.

    For a button, the message that it is on stays as it is.
    """
    message: dict[str, Any] = {}
    if text is not None:
        message["content"] = truncate(text, limits.MESSAGE_CONTENT)
    if view is not None:
        message["view"] = view
    with _reporting_failure():
        if await claim_answer(interaction) and _has_own_message(interaction):
            await interaction.edit_original_response(**message)
            _forget_view(view)
            return
        message |= {"ephemeral": True, "suppress_embeds": text is not None}
        if interaction.response.is_done():
            await interaction.followup.send(**message)
        else:
            await interaction.response.send_message(**message)
        _forget_view(view)


async def update(
    interaction: discord.Interaction[Any],
    view: ui.LayoutView | None = None,
    *,
    text: str | None = None,
) -> None:
    """Replace the message that a button is on by a view, or by a text without buttons."""
    content = MISSING if text is None else truncate(text, limits.MESSAGE_CONTENT)
    with _reporting_failure():
        if await claim_answer(interaction):
            await interaction.edit_original_response(content=content, view=view)
        else:
            await interaction.response.edit_message(content=content, view=view)
        _forget_view(view)


async def follow_up(interaction: discord.Interaction[Any], view: ui.LayoutView) -> None:
    """Send a further message after the answer."""
    with _reporting_failure():
        await interaction.followup.send(view=view, ephemeral=True)
        _forget_view(view)


async def show(
    interaction: discord.Interaction[Any],
    view: ui.LayoutView,
    pictures: Mapping[str, bytes] | None = None,
) -> None:
    """Replace the interaction's answer by ``view``, with the pictures by name that it shows."""
    files = [discord.File(io.BytesIO(data), name) for name, data in (pictures or {}).items()]
    with _reporting_failure():
        await interaction.edit_original_response(content=None, view=view, attachments=files)
        _forget_view(view)


def _forget_view(view: ui.View | ui.LayoutView | None) -> None:
    """Have discord.py forget a view that was sent.

    It would keep an ephemeral one for 15 minutes, with a task; the custom ids of our buttons say
    all that is needed.
    """
    if view is not None:
        view.stop()


def _has_own_message(interaction: discord.Interaction[Any]) -> bool:
    """Whether the interaction's original response is a message of its own.

    That of a button that was deferred is the message that the button is on.
    """
    return interaction.response.type is discord.InteractionResponseType.deferred_channel_message


@contextlib.contextmanager
def _reporting_failure() -> Iterator[None]:
    """Log a failure to send an answer: what was asked for was done before, and stays done.

    An answer that Discord refuses is a bug, and reported to the person.
    """
    try:
        yield
    except discord.HTTPException as failure:
        if failure.status in _REFUSALS and failure.code != _ALREADY_ANSWERED:
            raise AnswerRefused(failure) from failure
        _log.warning("Couldn't send an answer (%s).", failure)
    except (discord.InteractionResponded, *TRANSIENT) as failure:
        _log.warning("Couldn't send an answer (%s).", failure)


async def answer_with_file(
    interaction: discord.Interaction[Any], content: str, text: str | bytes, name: str
) -> None:
    """Send ``content`` and ``text`` as a file, as the answer of a deferred interaction.

    Text that is too long for a file is zipped; raises UserError if that is too long as well.
    discord.py sends the ids of files as numbers, Discord's API description has strings (docs:
    Reference › Uploading Files), so the call is made here.
    """
    data = text if isinstance(text, bytes) else text.encode("utf-8", "replace")
    if len(data) > limits.FILE_BYTES:
        data, name = await asyncio.to_thread(_zip, name, data), f"{name}.zip"
        if len(data) > limits.FILE_BYTES:
            raise UserError(
                _(
                    "This is more than Discord allows in one file (10 MiB), even zipped. Ask "
                    "whoever runs the bot to export it from the archive."
                )
            )
    upload = (name, data)
    if _has_own_message(interaction):
        body = {"content": truncate(content, limits.MESSAGE_CONTENT)}
        await _send_files(interaction, "PATCH", "/messages/@original", body, upload)
    else:
        await follow_up_with_files(interaction, content, [upload])


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
    body = {"content": truncate(content, limits.MESSAGE_CONTENT), "flags": _EPHEMERAL}
    await _send_files(interaction, "POST", "", body, *uploads)


async def _send_files(
    interaction: discord.Interaction[Any],
    method: str,
    path: str,
    body: dict[str, Any],
    *uploads: tuple[str, bytes],
) -> None:
    """Send a message of the interaction with files."""
    files = [discord.File(io.BytesIO(data), name) for name, data in uploads]
    route = Route(
        method,
        "/webhooks/{webhook_id}/{webhook_token}" + path,
        webhook_id=interaction.application_id,
        webhook_token=interaction.token,
    )
    attachments = [
        {"id": str(number), "filename": file.filename} for number, file in enumerate(files)
    ]
    payload = json.dumps({**body, "attachments": attachments})
    form: list[dict[str, Any]] = [
        {"name": "payload_json", "value": payload, "content_type": "application/json"}
    ]
    form += [
        {
            "name": f"files[{number}]",
            "value": file.fp,
            "filename": file.filename,
            "content_type": _TYPES[file.filename.rpartition(".")[2]],
        }
        for number, file in enumerate(files)
    ]
    with _reporting_failure():
        await interaction.client.http.request(route, form=form, files=files)
