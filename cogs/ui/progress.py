"""Showing an admin how far something has come that takes longer than an answer."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

import discord

from bot.services import Services
from cogs.ui.errors import show
from cogs.ui.views import make_text_view
from storage.essays.progress import Progress

__all__ = ["show_progress"]

#: Seconds between two looks at how far it has come; design: progress on anything that takes
#: longer than two seconds.
_LOOK_EVERY = 2.0
#: Seconds for which progress is shown: an interaction's token lasts 15 minutes (docs: Receiving
#: and Responding › Followup Messages).
_SHOWN_FOR = 14 * 60


async def show_progress(
    services: Services,
    interaction: discord.Interaction[Any],
    progress: Callable[[], Awaitable[Progress]],
    told: Callable[[Progress], str],
) -> Progress:
    """Show in the answer's place what is ``told`` of ``progress``, until it is done or stopped.

    How far it was in the end; not done, where that takes longer than can be shown.
    """
    loop = asyncio.get_running_loop()
    until, shown = loop.time() + _SHOWN_FOR, ""
    while True:
        far = await _next(services, progress)
        if far.failed or far.sent == far.total or loop.time() > until:
            return far
        text = told(far)
        if text != shown:
            await show(interaction, make_text_view(text))
            shown = text


async def _next(services: Services, progress: Callable[[], Awaitable[Progress]]) -> Progress:
    """How far it has come: at its end, or after a while."""
    far = await progress()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_LOOK_EVERY):
            while far.sent < far.total and not far.failed:
                with services.active_work.track_waiting():
                    await services.delivery.wait_for_change()
                far = await progress()
    return far
