"""The one place where errors are spoken, and only to the one who asked."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import zipfile
from collections.abc import Sequence
from typing import Any

import discord
from discord import app_commands
from discord.http import Route

from bot.core import limits
from bot.core.text.truncate import truncate
from bot.discord_api.errors import TRANSIENT
from bot.errors import SalonError, UserError, make_error_reference
from storage.db.errors import DatabaseUnavailable

__all__ = ["acknowledge", "answer_with_file", "follow_up_with_files", "report_error", "show"]

_log = logging.getLogger(__name__)

_TYPES = {"json": "application/json", "md": "text/markdown", "zip": "application/zip"}
#: docs: Message Resource › Message Flags.
_EPHEMERAL = 1 << 6


async def acknowledge(interaction: discord.Interaction[Any], **how: bool) -> None:
    """Tell Discord that the interaction is being worked on.

    Whether that arrives does not matter to the work: an answer is a view of rows, and the same
    view is had again by command. So a failure is logged and the work goes on.
    """
    try:
        await interaction.response.defer(**how)
    except (discord.HTTPException, discord.InteractionResponded, *TRANSIENT) as failure:
        _log.warning("A command could not be acknowledged (%s); it is carried out.", failure)


async def show(interaction: discord.Interaction[Any], view: discord.ui.LayoutView) -> None:
    """Put ``view`` in the place of the interaction's answer; a failure is logged."""
    try:
        await interaction.edit_original_response(content=None, view=view)
    except (discord.HTTPException, *TRANSIENT) as failure:
        _log.warning("An answer could not be shown (%s).", failure)


async def answer_with_file(
    interaction: discord.Interaction[Any], content: str, text: str, name: str
) -> None:
    """Put ``content`` and a file of ``text`` in the place of the answer that was promised.

    Text that is more than a file of an answer may hold is packed; raises UserError where it is too
    much even so. The library numbers files where Discord's description asks for ids as strings
    (docs: Reference › Uploading Files), so the call is made here.
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
    """One more answer, which only the asker sees, with files: their names and bytes.

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


async def report_error(interaction: discord.Interaction[Any], error: BaseException) -> None:
    """Answer an interaction that failed: with a foreseen failure's own sentence, or a reference."""
    # A sentence may repeat what somebody typed.
    sentence = truncate(describe_error(error), limits.MESSAGE_CONTENT)
    try:
        if interaction.response.is_done():
            await interaction.followup.send(sentence, ephemeral=True)
        else:
            await interaction.response.send_message(sentence, ephemeral=True)
    except (discord.HTTPException, *TRANSIENT) as failure:
        _log.warning("An answer could not be given (%s): %s", failure, sentence)


def describe_error(error: BaseException) -> str:
    """A foreseen failure's own words, or else a reference to what the log says of it."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, SalonError):
            return str(cause)
        if isinstance(cause, TRANSIENT):
            _log.warning("A command was cut off: %r", cause)
            return "Discord could not be reached in between; look how it stands, and try again."
        if isinstance(cause, DatabaseUnavailable):
            _log.error("A command could not use the archive: %s", cause)
            return (
                "My archive cannot be used at this moment: look how it stands, and try again. "
                "If it goes on, tell the operator."
            )
        cause = cause.__cause__
    if isinstance(error, app_commands.CommandSignatureMismatch | app_commands.CommandNotFound):
        return "This command has just changed; try it again in a minute."
    reference = make_error_reference()
    _log.error("Unexpected in a command", exc_info=error, extra={"reference": reference})
    return (
        f"Something went wrong that should not have. If it happens again, give the operator this "
        f"reference: `{reference}`."
    )
