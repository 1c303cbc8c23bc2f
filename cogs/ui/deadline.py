"""The deadline of interactions: how long one waits for the archive, and when it is acknowledged.

Discord wants a first answer within 3 seconds (docs: Receiving and Responding to Interactions ›
Interaction Callback). A write that another process keeps from beginning is withdrawn before that,
and whatever takes longer is acknowledged by itself, so that its answer can follow.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import discord

from bot.discord_api.errors import TRANSIENT
from storage.db.timeouts import ArchiveTimeout, get_timeout, set_timeout

__all__ = ["acknowledge", "begin_interaction", "claim_answer"]

_log = logging.getLogger(__name__)

#: Seconds that the archive has before the first answer, and every write after it.
_ARCHIVE_SECONDS = 2.0
#: Seconds after which an interaction is acknowledged that nobody has answered.
_ACKNOWLEDGE_AFTER = 2.3

#: Where an interaction keeps its timer and the acknowledgement under way, in its ``extras``.
_TIMER, _ACKNOWLEDGEMENT = "salon:timer", "salon:acknowledgement"


def begin_interaction(interaction: discord.Interaction[Any]) -> None:
    """Limit how long the current task waits for the archive, and see to an answer in time."""
    set_timeout(ArchiveTimeout(_ARCHIVE_SECONDS))
    if interaction.type is not discord.InteractionType.autocomplete:
        loop = asyncio.get_running_loop()
        interaction.extras[_TIMER] = loop.call_later(
            _ACKNOWLEDGE_AFTER, _acknowledge_late, interaction
        )


def _acknowledge_late(interaction: discord.Interaction[Any]) -> None:
    if interaction.response.is_done() or interaction.client.is_closed():
        return
    # A component's message stays until it is changed; a command or its form shows "thinking".
    how = {} if interaction.message is not None else {"ephemeral": True, "thinking": True}
    interaction.extras[_ACKNOWLEDGEMENT] = asyncio.create_task(_defer(interaction, how))


async def claim_answer(interaction: discord.Interaction[Any]) -> bool:
    """Stop the timer; whether the interaction is answered or acknowledged already."""
    timer: asyncio.TimerHandle | None = interaction.extras.pop(_TIMER, None)
    if timer is not None:
        timer.cancel()
    acknowledgement: asyncio.Task[None] | None = interaction.extras.get(_ACKNOWLEDGEMENT)
    if acknowledgement is not None:
        await asyncio.shield(acknowledgement)
    _extend_timeout()
    return interaction.response.is_done()


def _extend_timeout() -> None:
    timeout = get_timeout()
    if timeout is not None:
        timeout.extend()


async def acknowledge(interaction: discord.Interaction[Any], **how: bool) -> None:
    """Defer: tell Discord that the answer will follow.

    A failure is logged and the work goes on: an answer is a view of rows, and a command shows the
    same view again.
    """
    if not await claim_answer(interaction):
        await _defer(interaction, how)


async def _defer(interaction: discord.Interaction[Any], how: dict[str, bool]) -> None:
    try:
        await interaction.response.defer(**how)
        _extend_timeout()
    except (discord.HTTPException, discord.InteractionResponded, *TRANSIENT) as failure:
        _log.warning("Couldn't acknowledge a command (%s); it is carried out anyway.", failure)
