"""Resumes prompts after a pause: those skipped meanwhile are planned again if not too late."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.clock import to_milliseconds
from bot.core.prompts.local_time import get_quiet_end
from bot.core.prompts.policy import REASON_PAUSED, PromptKind
from bot.prompting.schedule import replace_later_digest
from storage.db.writer import Transaction
from storage.prompts import pauses
from storage.servers import settings as settings_module

__all__ = ["resume_discussion", "resume_server"]

#: Quiet hours are shorter than a day; the lateness of what is due in them counts from their end.
_MAX_QUIET = timedelta(days=1)


async def resume_server(tx: Transaction, server_id: int, now: datetime) -> None:
    """End the server's pause; prompts that were due in it and aren't too late are sent."""
    await pauses.end_pause(tx, server_id)
    await _replan_skipped(tx, server_id, None, now)


async def resume_discussion(
    tx: Transaction, server_id: int, discussion_id: int, now: datetime
) -> None:
    """End a discussion's pause; prompts that were due in it and aren't too late are sent."""
    await pauses.end_discussion_pause(tx, discussion_id)
    await _replan_skipped(tx, server_id, discussion_id, now)


async def _replan_skipped(
    tx: Transaction, server_id: int, discussion_id: int | None, now: datetime
) -> None:
    """Plan again what a pause has skipped and what isn't too late at this moment.

    Its lateness counts from now on, so if these are quiet hours, their end makes nothing late.
    Prompts that another pause still holds stay skipped, and their lateness goes on counting.
    """
    settings = await settings_module.get_settings(tx, server_id)
    if settings.paused:
        return
    now_ms = to_milliseconds(now)
    since = now - settings.tolerance - _MAX_QUIET
    for prompt in await pauses.get_skipped(
        tx, server_id, discussion_id, reason=REASON_PAUSED, since=since
    ):
        late_from = get_quiet_end(prompt.late_from, settings.quiet, settings.zone)
        if now - (late_from or prompt.late_from) > settings.tolerance:
            continue
        if prompt.kind is PromptKind.DIGEST and not await replace_later_digest(
            tx, server_id, prompt.id, now_ms
        ):
            continue
        await pauses.plan_again(tx, prompt.id, now_ms)
