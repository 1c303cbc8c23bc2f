"""Downloads files from Discord's CDN: the attachments of commands and forms."""

from __future__ import annotations

import discord
from discord.http import HTTPClient

from bot.core.text.translate import gettext as _
from bot.discord_api.errors import TRANSIENT, get_error_name
from bot.errors import UserError

__all__ = ["download_attachment"]


async def download_attachment(http: HTTPClient, url: str) -> bytes:
    """The file at an attachment's URL; UserError where Discord doesn't answer with it."""
    try:
        return await http.get_from_cdn(url)
    except (discord.HTTPException, *TRANSIENT) as error:
        why = error.status if isinstance(error, discord.HTTPException) else get_error_name(error)
        raise UserError(
            _("I couldn't download the file from Discord ({why}). Attach it again.", why=why)
        ) from error
