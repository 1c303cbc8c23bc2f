"""Error messages: the only place where a failed command, button or form is answered."""

from __future__ import annotations

import logging
from typing import Any

import discord
from discord import app_commands

from bot.core import limits
from bot.core.text.translate import gettext as _
from bot.core.text.truncate import truncate
from bot.discord_api.errors import TRANSIENT
from bot.errors import SalonError, make_error_reference
from cogs.ui.deadline import claim_answer
from storage.db.errors import DatabaseUnavailable, ReadAbandoned, WriteWithdrawn

__all__ = ["AnswerRefused", "describe_error", "report_error"]

_log = logging.getLogger(__name__)


class AnswerRefused(Exception):
    """Discord refused an answer: what was asked for was done, but couldn't be shown."""


async def report_error(interaction: discord.Interaction[Any], error: BaseException) -> None:
    """Answer a failed interaction: with an expected error's sentence, or a reference to the log."""
    # A sentence may quote what somebody typed.
    sentence = truncate(describe_error(error), limits.MESSAGE_CONTENT)
    try:
        if await claim_answer(interaction):
            await interaction.followup.send(sentence, ephemeral=True)
        else:
            await interaction.response.send_message(sentence, ephemeral=True)
    except (discord.HTTPException, *TRANSIENT) as failure:
        _log.warning("Couldn't send an answer (%s): %s", failure, sentence)


def describe_error(error: BaseException) -> str:
    """The sentence of an expected error; of any other, a reference to the log."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, SalonError):
            return str(cause)
        if isinstance(cause, TRANSIENT):
            _log.warning("Lost the connection to Discord during a command: %r", cause)
            return _(
                "I lost the connection to Discord. Check whether it worked, and try again if not."
            )
        if isinstance(cause, WriteWithdrawn):
            _log.warning("A command wasn't carried out because the archive was busy: %s", cause)
            return _("The archive is busy at the moment. Nothing was saved. Please try again.")
        if isinstance(cause, ReadAbandoned):
            _log.warning("A command couldn't read the archive: %s", cause)
            return _("The archive is busy at the moment. Please try again.")
        if isinstance(cause, DatabaseUnavailable):
            _log.error("A command couldn't use the archive: %s", cause)
            return _(
                "My archive isn't available right now. Check whether it worked, and try again if "
                "not. If it keeps happening, tell whoever runs the bot."
            )
        cause = cause.__cause__
    if isinstance(error, app_commands.CommandSignatureMismatch | app_commands.CommandNotFound):
        return _("This command was just updated. Try again in a minute.")
    reference = make_error_reference()
    _log.error("Unexpected error in a command", exc_info=error, extra={"reference": reference})
    if isinstance(error, AnswerRefused):
        return _(
            "It worked, but I couldn't show my answer. If it keeps happening, give this reference "
            "to whoever runs the bot: `{reference}`.",
            reference=reference,
        )
    return _(
        "Something went wrong. If it keeps happening, give this reference to whoever runs the "
        "bot: `{reference}`.",
        reference=reference,
    )
