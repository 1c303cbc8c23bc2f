"""The one place where errors are spoken, and only to the one who asked."""

from __future__ import annotations

import logging
import secrets
from typing import Any

import discord
from discord import app_commands

from bot.errors import SalonError

__all__ = ["speak"]

_log = logging.getLogger(__name__)


async def speak(interaction: discord.Interaction[Any], error: BaseException) -> None:
    """Answer an interaction that failed: with a foreseen failure's own sentence, or a reference."""
    sentence = _sentence(error)
    try:
        if interaction.response.is_done():
            await interaction.followup.send(sentence, ephemeral=True)
        else:
            await interaction.response.send_message(sentence, ephemeral=True)
    except (discord.HTTPException, OSError) as failure:
        _log.warning("An answer could not be given (%s): %s", failure, sentence)


def _sentence(error: BaseException) -> str:
    """A foreseen failure's own words, or else a reference to what the log says of it."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, SalonError):
            return str(cause)
        cause = cause.__cause__
    if isinstance(error, app_commands.CommandSignatureMismatch | app_commands.CommandNotFound):
        return "This command has just changed; try it again in a minute."
    reference = secrets.token_hex(4)
    _log.error("Unexpected, reference %s", reference, exc_info=error)
    return (
        f"Something went wrong that should not have. If it happens again, give the operator this "
        f"reference: `{reference}`."
    )
