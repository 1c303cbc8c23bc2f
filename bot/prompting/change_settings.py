"""Settings that move planned prompts: the time zone, the quiet hours and the delay of nudges."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from bot.clock import to_milliseconds
from bot.core.prompts.local_time import QuietHours, local_to_utc
from bot.core.prompts.policy import REASON_QUIET_HOURS
from bot.core.text.coded_text import make_coded
from storage.db.writer import Transaction
from storage.prompts import nudges, prompts
from storage.servers import settings

__all__ = ["set_nudges", "set_quiet_hours", "set_time_zone"]

_NO_NUDGES = make_coded("nudges-off")
_HOUR_MS = 3_600_000


async def set_time_zone(tx: Transaction, server_id: int, zone: ZoneInfo, now: datetime) -> None:
    """Set the time zone; prompts planned for a local time move with it.

    A prompt that would have been due before is due now.
    """
    await settings.set_time_zone(tx, server_id, zone)
    for prompt in await prompts.get_local(tx, server_id, now):
        wall = prompt.local_at
        at = max(local_to_utc(wall.date(), wall.time(), zone), now)
        await prompts.reschedule(tx, prompt.id, at=at, local_at=wall)
    await prompts.make_due(tx, server_id, reason=REASON_QUIET_HOURS, now=now)


async def set_quiet_hours(
    tx: Transaction, server_id: int, quiet: QuietHours | None, now: datetime
) -> None:
    """Set the quiet hours; prompts that wait for the end of the old ones are decided again."""
    await settings.set_quiet_hours(tx, server_id, quiet)
    await prompts.make_due(tx, server_id, reason=REASON_QUIET_HOURS, now=now)


async def set_nudges(tx: Transaction, server_id: int, hours: int, now: datetime) -> None:
    """Set after how many hours an unanswered thread is nudged; 0 for never.

    Planned nudges move with it: one that would have been due before is due now. 0 skips them;
    another setting later plans those again that are still to come.
    """
    now_ms, after_ms = to_milliseconds(now), hours * _HOUR_MS
    await settings.set_nudge_hours(tx, server_id, hours)
    if not hours:
        await nudges.skip_planned(tx, server_id, reason=_NO_NUDGES, now_ms=now_ms)
        return
    await nudges.plan_skipped(tx, server_id, reason=_NO_NUDGES, after_ms=after_ms, now_ms=now_ms)
    await nudges.move_planned(tx, server_id, after_ms=after_ms, now_ms=now_ms)
