"""Progress of a publishing or an edit, shown in the answer until it is done."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

import discord

from bot.services import Services
from cogs.ui.responses import show
from cogs.ui.views import make_text_view
from storage.essays.progress import Progress

__all__ = ["show_progress"]

#: Seconds between updates; design: progress on anything that takes longer than two seconds.
_UPDATE_EVERY = 2.0
#: Seconds for which progress is shown: an interaction's token lasts 15 minutes (docs: Receiving
#: and Responding › Followup Messages).
_SHOWN_FOR = 14 * 60


async def show_progress(
    services: Services,
    interaction: discord.Interaction[Any],
    progress: Callable[[], Awaitable[Progress]],
    describe: Callable[[Progress], str],
) -> Progress:
    """Show the progress in the answer until it is done or stopped; return the last state.

    ``describe``: makes the text. The state isn't done where that takes longer than can be shown.
    """
    loop = asyncio.get_running_loop()
    until, shown = loop.time() + _SHOWN_FOR, ""
    while True:
        current = await _wait_for_change(services, progress)
        if current.failed or current.sent == current.total or loop.time() > until:
            return current
        text = describe(current)
        if text != shown:
            await show(interaction, make_text_view(text))
            shown = text


async def _wait_for_change(
    services: Services, progress: Callable[[], Awaitable[Progress]]
) -> Progress:
    """The progress at its end, or after a while."""
    current = await progress()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_UPDATE_EVERY):
            while current.sent < current.total and not current.failed:
                with services.active_work.track_waiting():
                    await services.delivery.wait_for_change()
                current = await progress()
    return current
